use lit_types::{LitAbility, LitResource, ResourcePrefix, Right};

use crate::{BuildError, DecodeError, RECAP_URN_PREFIX, ReCap, RecapAbility, SiweMessage};

impl ReCap {
    /// Whether this allows an ability on a resource.
    ///
    /// Clients and nodes run the same algorithm: the ability must suit the kind of resource; if there is a key
    /// `<prefix>://*` it is the only one looked at, so it *shadows* specific keys, otherwise the exact key is; under that
    /// key the ability must be `*/*` or the very one. `Threshold/*` and `*/Signing` do not count, notes are ignored.
    #[doc(alias = "verifyCapabilitiesForResource")]
    #[must_use]
    pub fn covers(&self, resource: &LitResource, ability: LitAbility) -> bool {
        resource.supports(ability) && self.covers_id(ability, resource.id())
    }

    /// The same for an id that is no [`LitResource`], as nodes need it.
    fn covers_id(&self, ability: LitAbility, id: &str) -> bool {
        let prefix = ability.prefix();
        let abilities = self
            .attenuations()
            .get(&format!("{prefix}://*"))
            .or_else(|| self.attenuations().get(&format!("{prefix}://{id}")));
        abilities.is_some_and(|abilities| {
            abilities.contains_key(&RecapAbility::any())
                || abilities.contains_key(&RecapAbility::from(ability))
        })
    }

    /// A ReCap that grants exactly these requests, all of which this one must cover.
    ///
    /// Taking grants away one by one is no narrowing: without the key `<prefix>://*` the specific keys it shadowed come into
    /// force.
    ///
    /// # Errors
    /// [`NarrowError`] names the first request that is not covered.
    pub fn narrow(&self, requests: &[Right]) -> Result<Self, NarrowError> {
        if let Some(request) = requests
            .iter()
            .find(|r| !self.covers(r.resource(), r.ability()))
        {
            return Err(NarrowError::NotCovered(request.clone()));
        }
        Ok(Self::from_requests(requests)?)
    }

    /// Whether this allows all that another ReCap allows on Lit resources, for every request there can be.
    ///
    /// Reflexive and transitive. Notes and resources of other schemes are ignored.
    #[must_use]
    pub fn covers_all_of(&self, other: &Self) -> bool {
        ResourcePrefix::ALL.into_iter().all(|prefix| {
            let scheme = format!("{prefix}://");
            let wildcard = other.attenuations().contains_key(&format!("{scheme}*"));
            let ids: Vec<&str> = if wildcard {
                // It answers for every id; being covered on `*` means being covered on all of them.
                vec!["*"]
            } else {
                other
                    .attenuations()
                    .keys()
                    .filter_map(|key| key.strip_prefix(&scheme))
                    .collect()
            };
            let abilities = LitAbility::ALL
                .into_iter()
                .filter(|ability| ability.prefix() == prefix);
            abilities.into_iter().all(|ability| {
                ids.iter()
                    .all(|id| !other.covers_id(ability, id) || self.covers_id(ability, id))
            })
        })
    }
}

/// Whether a root message allows all requests, as the official client checks it before it reuses a signature: by the
/// *first* resource of the message, without a look at the statement.
///
/// Returns the first request that is not covered, or none.
///
/// # Errors
/// [`ClientCoverError`] when the message has no resources or the first is no ReCap.
pub fn client_covers<'a>(
    message: &SiweMessage,
    requests: &'a [Right],
) -> Result<Option<&'a Right>, ClientCoverError> {
    let first = message
        .resources()
        .next()
        .ok_or(ClientCoverError::NoResources)?;
    let recap: ReCap = first.parse()?;
    Ok(requests
        .iter()
        .find(|request| !recap.covers(request.resource(), request.ability())))
}

/// Why the official client cannot say whether a message covers a request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ClientCoverError {
    /// There are no resources: a plain sign-in, which grants nothing.
    #[error("the SIWE message grants nothing: it has no resources")]
    NoResources,
    /// The first resource is no ReCap.
    #[error("malformed ReCap in the first resource of the SIWE message: {0}")]
    NotARecap(#[from] DecodeError),
}

/// Whether a message allows an operation on a resource id, as a node checks it: all ReCaps of the message are decoded,
/// those that cannot be are skipped, and the statement must end with the statement of every decoded one, so that in
/// effect there can be only one.
///
/// `id` is what the operation is about: the CID of an action, the token id of a PKP as 64 hex digits.
///
/// # Errors
/// [`NodeCoverError`] says why not.
pub fn node_covers(
    message: &SiweMessage,
    ability: LitAbility,
    id: &str,
) -> Result<(), NodeCoverError> {
    let recaps: Vec<ReCap> = message
        .resources()
        .filter(|resource| resource.starts_with(RECAP_URN_PREFIX))
        .filter_map(|resource| resource.parse().ok())
        .collect();
    if recaps.is_empty() {
        return Err(NodeCoverError::NoRecap);
    }
    // The reference node lets a message without any statement pass. Its signer has seen nothing of what it grants,
    // and no client makes one, so it is refused here.
    let spelled_out = |text: &str| {
        recaps
            .iter()
            .all(|recap| text.ends_with(&recap.statement()))
    };
    if !message.statement().is_some_and(spelled_out) {
        return Err(NodeCoverError::StatementMismatch);
    }
    if recaps.iter().any(|recap| recap.covers_id(ability, id)) {
        Ok(())
    } else {
        Err(NodeCoverError::NotCovered {
            ability,
            id: id.chars().take(200).collect(),
        })
    }
}

/// Why a message does not allow an operation, from a node's point of view.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NodeCoverError {
    /// No resource of the message is a ReCap that can be decoded.
    #[error("the SIWE message has no ReCap")]
    NoRecap,
    /// The statement does not spell out what the ReCap grants.
    #[error("the statement of the SIWE message does not spell out its ReCap")]
    StatementMismatch,
    /// The ReCap grants other things.
    #[error("the ReCap does not grant {ability} on {id}")]
    NotCovered {
        /// What was needed.
        ability: LitAbility,
        /// On what.
        id: String,
    },
}

/// Why a ReCap cannot be narrowed to some requests.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NarrowError {
    /// It does not cover this one.
    #[error("{} on {} is not covered, so narrowing to it would widen", .0.ability(), .0.resource())]
    NotCovered(Right),
    /// The requests make no ReCap.
    #[error(transparent)]
    Build(#[from] BuildError),
}
