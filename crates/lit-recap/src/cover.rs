use lit_types::{LitAbility, LitResource, ResourcePrefix, Right, printable_line};

use crate::{BuildError, DecodeError, RECAP_URN_PREFIX, ReCap, RecapAbility, SiweMessage};

impl ReCap {
    /// Whether this ReCap allows an ability on a resource.
    ///
    /// Clients and nodes use the same algorithm. The ability must apply to the kind of resource. If the key `<prefix>://*`
    /// exists, only that key counts: it *shadows* specific keys. Otherwise the exact key counts. Under that key the ability must
    /// be `*/*` or the same ability. `Threshold/*` and `*/Signing` do not count, and notes are ignored.
    #[doc(alias = "verifyCapabilitiesForResource")]
    #[must_use]
    pub fn covers(&self, resource: &LitResource, ability: LitAbility) -> bool {
        resource.supports(ability) && self.covers_id(ability, resource.id())
    }

    /// As [`ReCap::covers`], for any id, as nodes need it.
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

    /// Creates a ReCap that grants exactly these rights. This ReCap must cover all of them.
    ///
    /// Removing single grants would not narrow it: without the key `<prefix>://*`, the specific keys that it shadowed take
    /// effect.
    ///
    /// # Errors
    /// [`NarrowError`] with the first right that is not covered.
    pub fn narrow(&self, requests: &[Right]) -> Result<Self, NarrowError> {
        if let Some(request) = requests
            .iter()
            .find(|r| !self.covers(r.resource(), r.ability()))
        {
            return Err(NarrowError::NotCovered(request.clone()));
        }
        Ok(Self::from_requests(requests)?)
    }

    /// Whether this ReCap allows everything that another one allows on Lit resources.
    ///
    /// The relation is reflexive and transitive. Notes and resources of other schemes are ignored.
    #[must_use]
    pub fn covers_all_of(&self, other: &Self) -> bool {
        ResourcePrefix::ALL.into_iter().all(|prefix| {
            let scheme = format!("{prefix}://");
            let wildcard = other.attenuations().contains_key(&format!("{scheme}*"));
            let ids: Vec<&str> = if wildcard {
                // A wildcard answers for every id; covering `*` covers all of them.
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

/// Checks that a root message allows all rights, as the official client does before it reuses a signature.
///
/// It reads the *first* resource of the message and ignores the statement.
///
/// Returns the first right that is not covered.
///
/// # Errors
/// [`ClientCoverError`] if the message has no resources, or if its first resource is not a ReCap.
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

/// Why the official client cannot tell what a message covers.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ClientCoverError {
    /// No resources: a plain sign-in, which grants nothing.
    #[error("the SIWE message grants nothing: it has no resources")]
    NoResources,
    /// The first resource is not a ReCap.
    #[error(transparent)]
    NotARecap(#[from] DecodeError),
}

/// Checks that a message allows an operation on a resource id, as a node does.
///
/// `id` is the CID of an action, or the token id of a PKP as 64 hex digits.
///
/// # Errors
/// [`NodeCoverError`] with the reason.
pub fn node_covers(
    message: &SiweMessage,
    ability: LitAbility,
    id: &str,
) -> Result<(), NodeCoverError> {
    NodeGrants::of(message)?.check(ability, id)
}

/// The grants of a message, as a node reads them.
///
/// Nodes decode all ReCaps of the message and skip those that are malformed. The statement must end with the statement of
/// every decoded ReCap, so in effect there can be only one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeGrants(Vec<ReCap>);

impl NodeGrants {
    /// Decodes the ReCaps of a message.
    ///
    /// # Errors
    /// [`NodeCoverError::NoRecap`], [`NodeCoverError::StatementMismatch`].
    pub fn of(message: &SiweMessage) -> Result<Self, NodeCoverError> {
        let recaps: Vec<ReCap> = message
            .resources()
            .filter(|resource| resource.starts_with(RECAP_URN_PREFIX))
            .filter_map(|resource| resource.parse().ok())
            .collect();
        if recaps.is_empty() {
            return Err(NodeCoverError::NoRecap);
        }
        // The reference node accepts a message without a statement. Its signer has not seen what it grants, and no client
        // creates such a message, so it is refused here.
        let spelled_out = |text: &str| recaps.iter().all(|recap| recap.is_spelled_out_in(text));
        if !message.statement().is_some_and(spelled_out) {
            return Err(NodeCoverError::StatementMismatch);
        }
        Ok(Self(recaps))
    }

    /// Checks that an ability on a resource id is granted.
    ///
    /// # Errors
    /// [`NodeCoverError::NotCovered`].
    pub fn check(&self, ability: LitAbility, id: &str) -> Result<(), NodeCoverError> {
        if self.0.iter().any(|recap| recap.covers_id(ability, id)) {
            return Ok(());
        }
        Err(NodeCoverError::NotCovered {
            ability,
            id: printable_line(id, 200),
        })
    }

    /// The ids that an ability is granted on: `*` alone, or specific ids.
    pub fn ids(&self, ability: LitAbility) -> impl Iterator<Item = &str> {
        let scheme = format!("{}://", ability.prefix());
        self.0.iter().flat_map(move |recap| {
            let wildcard = recap.attenuations().contains_key(&format!("{scheme}*"));
            let keys = recap.attenuations().keys();
            let ids = keys.filter_map(|key| key.strip_prefix(&scheme));
            // The wildcard shadows specific ids.
            ids.filter(|id| *id == "*" || !wildcard)
                .filter(|id| recap.covers_id(ability, id))
                .collect::<Vec<_>>()
        })
    }
}

/// Why a message does not allow an operation on a node.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NodeCoverError {
    /// The message has no valid ReCap.
    #[error("the SIWE message has no ReCap")]
    NoRecap,
    /// The statement does not end with the statement of the ReCap.
    #[error("the statement of the SIWE message does not spell out its ReCap")]
    StatementMismatch,
    /// The ReCap does not grant the operation.
    #[error("the ReCap does not grant {ability} on {id}")]
    NotCovered {
        /// The required ability.
        ability: LitAbility,
        /// The id of the resource.
        id: String,
    },
}

/// Why a ReCap cannot be narrowed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NarrowError {
    /// The ReCap does not cover this right.
    #[error("the ReCap does not cover {} on {}", .0.ability(), .0.resource())]
    NotCovered(Right),
    /// The rights do not make a valid ReCap.
    #[error(transparent)]
    Build(#[from] BuildError),
}
