mod refusal;
mod roots;

use std::{collections::HashSet, fmt, sync::Arc, time::Duration};

use alloy_primitives::Address;
use lit_recap::{NodeGrants, ReCap, SiweMessage};
use lit_types::{
    AuthContext, AuthSig, AuthSigKind, LitAbility, LitResource, MAX_AUTH_SIG_BYTES, NodeUrl,
    NodeUrlError, Right, Timestamp, TokenId,
    constants::{CLOCK_TOLERANCE, MAX_SESSION_LIFETIME},
    printable_line,
};
use time::OffsetDateTime;

use crate::{
    BlsPublicKey, CombinedRoot, SessionPublicKey,
    key::{is_signed_by, parse_point},
    pkp_root::verify_pkp_auth_sig,
    rewrite::resolved_auth_context,
    template::ParsedTemplate,
    wallet_root::verify_wallet_auth_sig,
};
use roots::{Root, Roots};

pub use refusal::{CapabilityRefusal, SessionSigRefusal};

/// The maximum number of capabilities in a session signature.
pub const MAX_CAPABILITIES: usize = 32;

/// How many verified roots a verifier remembers.
const DEFAULT_REMEMBERED_ROOTS: usize = 500;

/// An operation on a node that a session must allow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operation {
    ability: LitAbility,
    id: String,
}

impl Operation {
    /// Runs the Lit Action with this CIDv0, an [`ActionCid`](lit_types::ActionCid) or its text.
    #[must_use]
    pub fn run_action(cid: impl fmt::Display) -> Self {
        Self {
            ability: LitAbility::LitActionExecution,
            id: cid.to_string(),
        }
    }

    /// Signs with this PKP, named by its public key or its token id.
    #[must_use]
    pub fn sign_with(pkp: impl Into<TokenId>) -> Self {
        Self {
            ability: LitAbility::PkpSigning,
            id: pkp.into().to_resource_id(),
        }
    }

    /// Requests a decryption share. `resource_id` is `<conditions hash>/<data hash>`.
    #[must_use]
    pub fn decrypt(resource_id: impl Into<String>) -> Self {
        Self {
            ability: LitAbility::AccessControlConditionDecryption,
            id: resource_id.into(),
        }
    }

    /// The required ability.
    #[must_use]
    pub const fn ability(&self) -> LitAbility {
        self.ability
    }

    /// The id of the resource.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }
}

/// A verified session signature.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct VerifiedSession {
    /// The session key that signed.
    pub session_key: SessionPublicKey,
    /// The wallet or PKP that authorized the session: the address of the first valid capability.
    pub address: Address,
    /// How nodes found the caller to be authorized, if they signed for a PKP.
    ///
    /// It comes from the last valid capability of a PKP, and is `None` if only wallets authorized the session.
    pub auth_context: Option<AuthContext>,
    /// The position of the capability that gave [`VerifiedSession::address`].
    pub capability: usize,
    /// The domain that the wallet or the PKP signed in to, from the same capability.
    pub domain: String,
    /// The rights that the session asks for and the same capability grants, without their data.
    pub rights: Vec<Right>,
    /// The issue time.
    pub issued_at: Timestamp,
    /// The expiration.
    pub expiration: Timestamp,
}

/// Verifies session signatures, for a service or for a node.
///
/// It remembers the roots that it has verified, so that the next request of a session costs one ed25519 verification. Clones share
/// this memory: create one verifier, and keep it. Times, rights and the session key are checked each time.
///
/// There is no call for a batch: the batch equation of ed25519 accepts signatures that strict verification refuses. Clones verify on
/// as many threads as there are.
#[derive(Debug, Clone)]
#[must_use]
pub struct SessionVerifier {
    own_address: NodeUrl,
    network_key: Option<BlsPublicKey>,
    domain: Option<String>,
    unbounded_roots: bool,
    roots: Roots,
}

impl SessionVerifier {
    /// Creates a verifier for a service, by the URL that its callers sign for, such as `https://api.example.com`.
    ///
    /// Only host and port count. A caller signs with [`Session::sign_for_node`](crate::Session::sign_for_node).
    ///
    /// The wallet or the PKP must have authorized the session key for at most 30 days. Nodes do not ask for that:
    /// [`SessionVerifier::with_unbounded_roots`].
    ///
    /// # Errors
    /// [`NodeUrlError`] if the URL is malformed, or has a path.
    pub fn for_service(url: &str) -> Result<Self, NodeUrlError> {
        let mut verifier = Self::for_node(url.parse()?);
        verifier.unbounded_roots = false;
        Ok(verifier)
    }

    /// Creates a verifier with the rules of the node at `own_address`, such as `https://192.0.2.1:7470`.
    ///
    /// Only host and port count. Roots may be unbounded: [`SessionVerifier::with_unbounded_roots`].
    pub fn for_node(own_address: NodeUrl) -> Self {
        Self {
            own_address,
            network_key: None,
            domain: None,
            unbounded_roots: true,
            roots: Roots::new(DEFAULT_REMEMBERED_ROOTS),
        }
    }

    /// Accepts session keys that were authorized without an end, for more than 30 days, or more than 60 seconds in the future.
    ///
    /// Default: [`SessionVerifier::for_service`] refuses them, [`SessionVerifier::for_node`] accepts them, as nodes do. A stolen
    /// session key is of use for as long as its root lasts.
    pub const fn with_unbounded_roots(mut self) -> Self {
        self.unbounded_roots = true;
        self
    }

    /// Accepts only sessions that signed in to this domain, and ignores capabilities for others. Default: any domain, as nodes do.
    pub fn with_domain(mut self, domain: impl Into<String>) -> Self {
        self.domain = Some(domain.into());
        self
    }

    /// Verifies sessions of PKPs with this network key. Default: none; they are refused.
    pub fn with_network_key(mut self, key: BlsPublicKey) -> Self {
        self.network_key = Some(key);
        // What another key verified does not count.
        self.roots = self.roots.empty();
        self
    }

    /// Remembers about this number of verified roots, the last used, of at most 16 KiB each. Default: 500. `0` remembers none.
    pub fn with_remembered_roots(mut self, count: usize) -> Self {
        self.roots = Roots::new(count);
        self
    }

    /// Verifies a session signature for an operation at `now`.
    ///
    /// `now` is an [`OffsetDateTime`] or a [`SystemTime`](std::time::SystemTime).
    ///
    /// The rules are those of the Lit node, and three more: the `sessionKey` of the document must be the key that signed, the
    /// `address` of a capability must be that of its message, and only a valid capability gives an auth context.
    ///
    /// # Errors
    /// [`SessionSigRefusal`] with the broken rule. [`SessionSigRefusal::node_error_code`] is the code that a node reports.
    #[doc(alias = "verify_session_sig")]
    pub fn verify(
        &self,
        sig: &AuthSig,
        operation: &Operation,
        now: impl Into<OffsetDateTime>,
    ) -> Result<VerifiedSession, SessionSigRefusal> {
        use SessionSigRefusal as Refusal;

        let now = now.into();

        let session_key = verify_session_signature(sig)?;
        let template: ParsedTemplate = serde_json::from_str(&sig.signed_message)
            .map_err(|error| Refusal::Template(error.into()))?;
        if !session_key.is_named_by(&template.session_key) {
            return Err(Refusal::SessionKeyMismatch);
        }

        let requested = template.resource_ability_requests.iter().any(|request| {
            request.resource.resource_prefix == operation.ability.prefix().as_str()
                && (request.resource.resource == "*" || request.resource.resource == operation.id)
        });
        if !requested {
            return Err(Refusal::NotRequested(operation.clone()));
        }

        let (issued_at, expiration) = (template.issued_at.at(), template.expiration.at());
        if issued_at > later(now, CLOCK_TOLERANCE) {
            return Err(Refusal::IssuedInTheFuture { issued_at, now });
        }
        if expiration < issued_at || later(expiration, CLOCK_TOLERANCE) < now {
            return Err(Refusal::Expired { expiration, now });
        }
        if expiration > later(issued_at, MAX_SESSION_LIFETIME) {
            return Err(Refusal::LifetimeTooLong {
                issued_at,
                expiration,
            });
        }

        if !self.own_address.is_named_by(&template.node_address) {
            return Err(Refusal::WrongNode {
                signed_for: printable_line(&template.node_address, 200),
                own: self.own_address.clone(),
            });
        }

        if template.capabilities.len() > MAX_CAPABILITIES {
            return Err(Refusal::TooManyCapabilities(template.capabilities.len()));
        }
        let (mut authorized, mut auth_context, mut elsewhere) = (None, None, None);
        let mut refusals = Vec::new();
        for (place, auth_sig) in template.capabilities.iter().enumerate() {
            // The first one determines the address; a later one may have the auth context.
            if authorized.is_some() && auth_sig.kind() != AuthSigKind::Bls {
                continue;
            }
            match self.verify_capability(auth_sig, session_key, operation, now) {
                Ok(root) if !self.is_for(root.message.domain()) => {
                    elsewhere.get_or_insert(root);
                }
                Ok(root) => {
                    auth_context = root.auth_context.clone().or(auth_context);
                    authorized.get_or_insert((place, root));
                }
                Err(refusal) => refusals.push(refusal),
            }
        }
        let Some((place, root)) = authorized else {
            return Err(match (&self.domain, elsewhere) {
                (Some(expected), Some(found)) => Refusal::WrongDomain {
                    expected: expected.clone(),
                    found: found.message.domain().to_owned(),
                },
                _ => Refusal::NoGoodCapability(refusals),
            });
        };
        Ok(VerifiedSession {
            session_key,
            address: root.address,
            auth_context,
            capability: place,
            rights: rights(&template, &root.grants),
            domain: root.message.domain().to_owned(),
            issued_at: template.issued_at,
            expiration: template.expiration,
        })
    }

    /// Verifies one AuthSig of a session at `now`, and returns its expiration, if it has one.
    ///
    /// A wallet or the network must have signed it. Nodes check every AuthSig of a session where requests are paid for.
    ///
    /// # Errors
    /// [`CapabilityRefusal`].
    pub fn verify_proof(
        &self,
        auth_sig: &AuthSig,
        now: OffsetDateTime,
    ) -> Result<Option<Timestamp>, CapabilityRefusal> {
        if let Some(root) = self.roots.get(auth_sig) {
            root.message.check_time(now)?;
            return Ok(root.message.expiration_timestamp());
        }
        let (message, _) = verify_root_auth_sig(auth_sig, self.network_key.as_ref(), None)?;
        message.check_time(now)?;
        Ok(message.expiration_timestamp())
    }

    /// One capability: signature, time window, URI and ReCap.
    fn verify_capability(
        &self,
        auth_sig: &AuthSig,
        session_key: SessionPublicKey,
        operation: &Operation,
        now: OffsetDateTime,
    ) -> Result<Arc<Root>, CapabilityRefusal> {
        if let Some(root) = self.roots.get(auth_sig) {
            self.check_message(&root.message, session_key, now)?;
            root.grants.check(operation.ability, &operation.id)?;
            return Ok(root);
        }
        let (message, address) = verify_root_auth_sig(auth_sig, self.network_key.as_ref(), None)?;
        self.check_message(&message, session_key, now)?;
        let grants = NodeGrants::of(&message)?;
        grants.check(operation.ability, &operation.id)?;
        let auth_context = match auth_sig.kind() {
            AuthSigKind::Bls => {
                let recap = ReCap::extract(&message).ok();
                recap.as_ref().and_then(resolved_auth_context)
            }
            _ => None,
        };
        let root = Arc::new(Root {
            message,
            address,
            grants,
            auth_context,
        });
        self.roots.insert(auth_sig, &root);
        Ok(root)
    }

    fn check_message(
        &self,
        message: &SiweMessage,
        session_key: SessionPublicKey,
        now: OffsetDateTime,
    ) -> Result<(), CapabilityRefusal> {
        message.check_time(now)?;
        if !self.unbounded_roots {
            check_bounded(message, now)?;
        }
        if message.uri() != session_key.uri() {
            return Err(CapabilityRefusal::WrongUri);
        }
        Ok(())
    }

    fn is_for(&self, domain: &str) -> bool {
        let expected = self.domain.as_ref();
        expected.is_none_or(|expected| domain == *expected)
    }
}

/// Checks that a message has an end, at most 30 days after its issue time, which has come.
fn check_bounded(message: &SiweMessage, now: OffsetDateTime) -> Result<(), CapabilityRefusal> {
    let issued_at = message.issued_at();
    if issued_at > later(now, CLOCK_TOLERANCE) {
        return Err(CapabilityRefusal::IssuedInTheFuture);
    }
    let expiration = message
        .expiration()
        .ok_or(CapabilityRefusal::NoExpiration)?;
    if expiration > later(issued_at, MAX_SESSION_LIFETIME) {
        return Err(CapabilityRefusal::LifetimeTooLong);
    }
    Ok(())
}

/// The rights that the document asks for and a capability grants, as [`SessionVerifier::verify`] would decide: of a wildcard
/// and a specific id, the specific one.
fn rights(template: &ParsedTemplate, grants: &NodeGrants) -> Vec<Right> {
    let mut found = HashSet::new();
    let mut rights = Vec::new();
    for ability in LitAbility::ALL {
        let asked = || {
            let resources = template.resource_ability_requests.iter();
            let resources = resources.map(|request| &request.resource);
            resources
                .filter(|resource| resource.resource_prefix == ability.prefix().as_str())
                .map(|resource| resource.resource.as_str())
        };
        let specific: HashSet<&str> = asked().collect();
        if specific.is_empty() {
            continue;
        }
        for granted in grants.ids(ability) {
            let both: Vec<&str> = match granted {
                "*" => asked().collect(),
                id if specific.contains("*") || specific.contains(id) => vec![id],
                _ => Vec::new(),
            };
            let new = both
                .into_iter()
                .filter(|id| found.insert((ability, id.to_string())));
            rights.extend(new.filter_map(|id| right(ability, id)));
        }
    }
    rights
}

/// None for an id that [`LitResource::new`] would change: nodes compare ids as they are.
fn right(ability: LitAbility, id: &str) -> Option<Right> {
    let resource = LitResource::new(ability.prefix(), id).ok()?;
    let is_same = resource.id() == id;
    Right::new(resource, ability).ok().filter(|_| is_same)
}

/// Verifies only that the session key made this signature.
///
/// Times, rights and capabilities are not checked.
///
/// # Errors
/// [`SessionSigRefusal::TooLarge`], [`SessionSigRefusal::Kind`], [`SessionSigRefusal::SessionKey`],
/// [`SessionSigRefusal::SignatureEncoding`] or [`SessionSigRefusal::Signature`].
pub fn verify_session_signature(sig: &AuthSig) -> Result<SessionPublicKey, SessionSigRefusal> {
    use SessionSigRefusal as Refusal;

    if sig.signed_message.len() > MAX_AUTH_SIG_BYTES {
        return Err(Refusal::TooLarge);
    }
    if sig.kind() != AuthSigKind::Session {
        return Err(Refusal::Kind(sig.kind()));
    }
    let (session_key, point) = parse_point(&sig.address).map_err(Refusal::SessionKey)?;
    let mut signature = [0; 64];
    hex::decode_to_slice(&sig.sig, &mut signature).map_err(|_| Refusal::SignatureEncoding)?;
    if !is_signed_by(&point, sig.signed_message.as_bytes(), &signature) {
        return Err(Refusal::Signature);
    }
    Ok(session_key)
}

/// `at + duration`, at most the end of the year 9999: a signed time may be any time.
pub(crate) fn later(at: OffsetDateTime, duration: Duration) -> OffsetDateTime {
    at.saturating_add(time::Duration::try_from(duration).unwrap_or(time::Duration::MAX))
}

/// The message and the address of an AuthSig that may authorize a session key: of a wallet, or of a PKP.
pub(crate) fn verify_root_auth_sig(
    auth_sig: &AuthSig,
    network_key: Option<&BlsPublicKey>,
    combined: Option<&CombinedRoot>,
) -> Result<(SiweMessage, Address), CapabilityRefusal> {
    match auth_sig.kind() {
        AuthSigKind::Wallet => verify_wallet_auth_sig(auth_sig),
        AuthSigKind::Bls => {
            let network_key = network_key.ok_or(CapabilityRefusal::NoNetworkKey)?;
            verify_pkp_auth_sig(auth_sig, network_key, combined)
        }
        kind => Err(CapabilityRefusal::Kind(kind)),
    }
}
