use std::sync::Arc;

use bytes::Bytes;
use lit_recap::{SiweMessage, node_covers};
use lit_session_crypto::{Session, validate_session_sigs};
use lit_types::{AuthSig, AuthSigKind, LitAbility, LitResource, NodeUrl, Right, SessionSigs};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::{Error, LitNodeClient};

/// Authorizes a call: a [`Session`], or signatures made before.
///
/// Calls take anything that converts to it: `&Session`, `&Arc<Session>`, `Arc<Session>` as a
/// [`SessionManager`](crate::SessionManager) returns it, or `&SessionSigs`.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum SessionAuth<'a> {
    /// Makes signatures for this call.
    Session(&'a Session),
    /// Makes signatures for this call, with a shared session.
    Shared(Arc<Session>),
    /// Uses these signatures.
    Sigs(&'a SessionSigs),
}

impl<'a> From<&'a Session> for SessionAuth<'a> {
    fn from(session: &'a Session) -> Self {
        Self::Session(session)
    }
}

impl<'a> From<&'a Arc<Session>> for SessionAuth<'a> {
    fn from(session: &'a Arc<Session>) -> Self {
        Self::Session(session)
    }
}

impl From<Arc<Session>> for SessionAuth<'_> {
    fn from(session: Arc<Session>) -> Self {
        Self::Shared(session)
    }
}

impl<'a> From<&'a SessionSigs> for SessionAuth<'a> {
    fn from(sigs: &'a SessionSigs) -> Self {
        Self::Sigs(sigs)
    }
}

impl LitNodeClient {
    /// The signatures that a call can use which needs this right. Nodes refuse a session that does not request it.
    ///
    /// # Errors
    /// [`Error::RightMissing`], and those of [`LitNodeClient::sigs_for_call`].
    pub(crate) fn sigs_with_right(
        &self,
        auth: &SessionAuth<'_>,
        right: &Right,
    ) -> Result<Vec<(NodeUrl, AuthSig)>, Error> {
        let sigs = self.sigs_for_call(auth)?;
        auth.check_right(right)?;
        Ok(sigs)
    }

    /// The signatures that a call can use. Given signatures may lack nodes that joined later, as long as a threshold is left.
    pub(crate) fn sigs_for_call(
        &self,
        auth: &SessionAuth<'_>,
    ) -> Result<Vec<(NodeUrl, AuthSig)>, Error> {
        let sigs = match auth {
            SessionAuth::Session(session) => &self.session_sigs(session)?,
            SessionAuth::Shared(session) => &self.session_sigs(session)?,
            SessionAuth::Sigs(sigs) => {
                validate_session_sigs(sigs, self.now())?;
                sigs
            }
        };
        let mut usable = Vec::with_capacity(self.nodes().len());
        let mut missing = None;
        for node in self.nodes().iter() {
            match sigs.for_node(node) {
                Ok(sig) => usable.push((node.clone(), sig.clone())),
                Err(error) => missing = missing.or(Some(error)),
            }
        }
        match missing {
            Some(error) if usable.len() < self.threshold() => Err(error.into()),
            _ => Ok(usable),
        }
    }
}

impl SessionAuth<'_> {
    /// Checks that the session requests this right.
    ///
    /// # Errors
    /// [`Error::RightMissing`].
    pub(crate) fn check_right(&self, right: &Right) -> Result<(), Error> {
        if self.lacks(right) {
            return Err(Error::RightMissing(Box::new(right.clone())));
        }
        Ok(())
    }

    /// Whether calls ask this node. Given signatures may lack it.
    pub(crate) fn is_for(&self, node: &NodeUrl) -> bool {
        match self {
            Self::Session(_) | Self::Shared(_) => true,
            Self::Sigs(sigs) => sigs.for_node(node).is_ok(),
        }
    }

    /// Whether no request of the session is for this resource or all of its kind, compared as text like nodes do.
    fn lacks(&self, right: &Right) -> bool {
        let of_session = |session: &Session| {
            let mut requested = session.requests().iter().map(Right::resource);
            !requested.any(|resource| {
                resource.prefix() == right.resource().prefix()
                    && (resource.is_wildcard() || resource.id() == right.resource().id())
            })
        };
        match self {
            Self::Session(session) => of_session(session),
            Self::Shared(session) => of_session(session),
            Self::Sigs(sigs) => signed_rights(sigs).is_some_and(|signed| {
                let mut requested = signed.resource_ability_requests.iter();
                !requested.any(|request| request.is_for(right.resource()))
            }),
        }
    }

    /// Checks what nodes ask of a wallet's session when a PKP signs, beside the right to sign: the right to run any action.
    ///
    /// # Errors
    /// [`Error::AnyActionRightMissing`].
    pub(crate) fn check_any_action(&self, now: OffsetDateTime) -> Result<(), Error> {
        let is_missing = match self {
            Self::Session(session) => session_lacks_any_action(session, now),
            Self::Shared(session) => session_lacks_any_action(session, now),
            Self::Sigs(sigs) => sigs_lack_any_action(sigs),
        };
        if is_missing {
            return Err(Error::AnyActionRightMissing);
        }
        Ok(())
    }
}

fn session_lacks_any_action(session: &Session, now: OffsetDateTime) -> bool {
    // A session that has ended is reported as such.
    if session.is_expired(now) {
        return false;
    }
    let any_action = LitResource::any_lit_action();
    let mut requested = session.requests().iter().map(Right::resource);
    lacks_any_action(
        requested.any(|resource| *resource == any_action),
        &[session.root()],
    )
}

/// The rights that session signatures name. Signatures that cannot be read are left to the nodes.
fn signed_rights(sigs: &SessionSigs) -> Option<SignedRights> {
    let (_, sig) = sigs.iter().next()?;
    serde_json::from_str(&sig.signed_message).ok()
}

fn sigs_lack_any_action(sigs: &SessionSigs) -> bool {
    signed_rights(sigs).is_some_and(|signed| {
        let requested = &signed.resource_ability_requests;
        let is_requested = requested.iter().any(RequestedRight::is_any_action);
        let roots: Vec<&AuthSig> = signed.capabilities.iter().collect();
        lacks_any_action(is_requested, &roots)
    })
}

/// The body for each node, which differs in the signature only.
pub(crate) fn signed_bodies<B: Serialize>(
    sigs: Vec<(NodeUrl, AuthSig)>,
    mut body: B,
    sign: impl Fn(&mut B, AuthSig),
) -> Vec<(NodeUrl, Bytes)> {
    sigs.into_iter()
        .map(|(node, sig)| {
            sign(&mut body, sig);
            #[allow(
                clippy::expect_used,
                reason = "strings and JSON values always serialize"
            )]
            let body = serde_json::to_vec(&body).expect("a request body always serializes");
            (node, Bytes::from(body))
        })
        .collect()
}

/// The rights in the message that a session signature signs.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SignedRights {
    resource_ability_requests: Vec<RequestedRight>,
    capabilities: Vec<AuthSig>,
}

#[derive(Deserialize)]
struct RequestedRight {
    resource: RequestedResource,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RequestedResource {
    resource: String,
    resource_prefix: String,
}

impl RequestedRight {
    fn is_for(&self, resource: &LitResource) -> bool {
        let RequestedResource {
            resource: id,
            resource_prefix: prefix,
        } = &self.resource;
        prefix == resource.prefix().as_str() && (id == "*" || id == resource.id())
    }

    fn is_any_action(&self) -> bool {
        let any = LitResource::any_lit_action();
        self.resource.resource == any.id() && self.resource.resource_prefix == any.prefix().as_str()
    }
}

/// Whether no wallet grants any action, or the session does not ask for it. Sessions of PKPs do not need it.
fn lacks_any_action(is_requested: bool, roots: &[&AuthSig]) -> bool {
    let grants = |root: &&AuthSig| {
        let message = root.signed_message.parse::<SiweMessage>();
        message
            .is_ok_and(|message| node_covers(&message, LitAbility::LitActionExecution, "*").is_ok())
    };
    let is_of_pkp = roots.iter().any(|root| root.kind() == AuthSigKind::Bls);
    let has_right = is_requested && roots.iter().any(grants);
    !is_of_pkp && !has_right
}

/// A placeholder for the signature that [`signed_bodies`] inserts.
pub(crate) fn unsigned() -> AuthSig {
    AuthSig::session(String::new(), String::new(), String::new())
}
