mod attenuate;
mod bundle;
mod explain;

use std::fmt;

use alloy_primitives::Address;
use lit_recap::ReCap;
use lit_types::{AuthSig, NodeUrl, Right, SessionSigs, Timestamp, TimestampError};
use time::OffsetDateTime;

use crate::{
    CapabilityRefusal, SessionKeyPair, SessionPublicKey, SessionTemplate, VerifiedRoot, check_proof,
};

pub use attenuate::AttenuationError;
pub use bundle::{BundleError, GrantsMore, SessionBundle};
pub use explain::{Grantor, Missing, ProofExplanation, SessionExplanation};

/// A session: a key, the AuthSig that authorizes it, and proofs such as capacity delegations.
///
/// Signatures are minted from it for each call, for the nodes of that moment.
///
/// It can only be made from a verified root AuthSig, and never outlives the root or a proof.
#[derive(Clone)]
pub struct Session {
    key: SessionKeyPair,
    /// Proofs first, the root last: the order in which nodes try them.
    capabilities: Vec<AuthSig>,
    requests: Vec<Right>,
    address: Address,
    recap: ReCap,
    authorized_until: Timestamp,
    expiration: Timestamp,
}

impl Session {
    /// Creates a session of `key`, authorized by `root` for the verified requests.
    ///
    /// It lasts until `expiration`, or until the first of `root` and `proofs` expires. `proofs` are further AuthSigs for the
    /// nodes, such as capacity delegations, and must be valid at `now`.
    ///
    /// # Errors
    /// [`SessionRefusal`] if `root` is for another key, or if a proof is invalid (see [`check_proof`]).
    pub fn new(
        key: SessionKeyPair,
        root: VerifiedRoot,
        proofs: Vec<AuthSig>,
        expiration: Timestamp,
        now: OffsetDateTime,
    ) -> Result<Self, SessionRefusal> {
        let VerifiedRoot {
            auth_sig,
            session_key,
            requests,
            address,
            recap,
            expiration: root_end,
        } = root;
        if key.public_key() != session_key {
            return Err(SessionRefusal::OtherKey);
        }
        let authorized_until = earlier(expiration, root_end);
        let alone = Self {
            key,
            capabilities: vec![auth_sig],
            requests,
            address,
            recap,
            expiration: authorized_until.clone(),
            authorized_until,
        };
        alone.with_proofs(proofs, now)
    }

    /// Replaces the proofs, which must be valid at `now`. The session lasts until the first of root and proofs expires.
    ///
    /// # Errors
    /// [`SessionRefusal::Proof`] for an invalid proof.
    pub fn with_proofs(
        self,
        proofs: Vec<AuthSig>,
        now: OffsetDateTime,
    ) -> Result<Self, SessionRefusal> {
        let mut expiration = self.authorized_until.clone();
        for (index, proof) in proofs.iter().enumerate() {
            let end = check_proof(proof, now)
                .map_err(|refusal| SessionRefusal::Proof { index, refusal })?;
            expiration = earlier(expiration, end);
        }
        let mut capabilities = proofs;
        capabilities.push(self.root().clone());
        Ok(Self {
            capabilities,
            expiration,
            ..self
        })
    }

    /// The public session key.
    #[must_use]
    pub fn public_key(&self) -> SessionPublicKey {
        self.key.public_key()
    }

    /// The session key pair.
    #[must_use]
    pub const fn key_pair(&self) -> &SessionKeyPair {
        &self.key
    }

    /// The address that authorized the session.
    #[must_use]
    pub const fn address(&self) -> Address {
        self.address
    }

    /// The AuthSig that authorizes the session key.
    #[must_use]
    pub fn root(&self) -> &AuthSig {
        // The constructor pushed the root.
        &self.capabilities[self.capabilities.len() - 1]
    }

    /// The proofs besides the root.
    #[must_use]
    pub fn proofs(&self) -> &[AuthSig] {
        &self.capabilities[..self.capabilities.len() - 1]
    }

    /// The requested rights.
    #[must_use]
    pub fn requests(&self) -> &[Right] {
        &self.requests
    }

    /// The rights that the root grants. They may exceed the requested ones.
    #[must_use]
    pub const fn granted(&self) -> &ReCap {
        &self.recap
    }

    /// The end of the root's authorization. A proof may end the session earlier, and can be replaced.
    #[must_use]
    pub const fn authorized_until(&self) -> &Timestamp {
        &self.authorized_until
    }

    /// The expiration of the session.
    #[must_use]
    pub const fn expiration(&self) -> &Timestamp {
        &self.expiration
    }

    /// Whether the session has expired at an instant, without the tolerance of nodes.
    #[must_use]
    pub fn is_expired(&self, now: impl Into<OffsetDateTime>) -> bool {
        self.expiration.at() <= now.into()
    }

    /// Mints session signatures for these nodes, in their order.
    ///
    /// # Errors
    /// [`SessionError::Expired`] for an expired session, [`SessionError::Time`] if `now` is outside the years 0 to 9999.
    pub fn sign_for<'a>(
        &self,
        nodes: impl IntoIterator<Item = &'a NodeUrl>,
        now: impl Into<OffsetDateTime>,
    ) -> Result<SessionSigs, SessionError> {
        Ok(self.template(now.into())?.sign_for_all(&self.key, nodes))
    }

    /// Mints the session signature for one node, or for a service that verifies sessions, by its URL.
    ///
    /// ```
    /// use std::time::SystemTime;
    ///
    /// use lit_session_crypto::{AuthSig, Session};
    ///
    /// fn sign_in(session: &Session) -> Result<AuthSig, Box<dyn std::error::Error>> {
    ///     Ok(session.sign_for_node(&"https://api.example.com".parse()?, SystemTime::now())?)
    /// }
    /// ```
    ///
    /// # Errors
    /// As [`Session::sign_for`].
    pub fn sign_for_node(
        &self,
        node: &NodeUrl,
        now: impl Into<OffsetDateTime>,
    ) -> Result<AuthSig, SessionError> {
        Ok(self.template(now.into())?.sign_for(&self.key, node))
    }

    fn template(&self, now: OffsetDateTime) -> Result<SessionTemplate, SessionError> {
        if self.is_expired(now) {
            return Err(SessionError::Expired {
                expiration: self.expiration.clone(),
            });
        }
        let issued_at = Timestamp::try_from(now)?;
        Ok(SessionTemplate::new(
            self.public_key(),
            &self.requests,
            &self.capabilities,
            &issued_at,
            &self.expiration,
        ))
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("public_key", &self.public_key())
            .field("address", &self.address)
            .field("expiration", &self.expiration)
            .finish_non_exhaustive()
    }
}

/// The grants of these rights, without their data.
#[allow(clippy::expect_used, reason = "Right::new refuses other abilities")]
fn asked(rights: &[Right]) -> ReCap {
    let mut asked = ReCap::new();
    for right in rights {
        asked
            .grant(right.resource(), right.ability())
            .expect("the ability of a right applies to its resource");
    }
    asked
}

/// The earlier of two ends; the first one if they are the same instant.
fn earlier(one: Timestamp, other: Timestamp) -> Timestamp {
    if other.at() < one.at() { other } else { one }
}

/// Why a session cannot be created.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SessionRefusal {
    /// The root authorizes another session key.
    #[error("the root AuthSig authorizes a different session key")]
    OtherKey,
    /// A proof is invalid.
    #[error("invalid proof {index}")]
    Proof {
        /// The index of the proof.
        index: usize,
        /// The reason.
        #[source]
        refusal: CapabilityRefusal,
    },
}

/// Why a session cannot mint signatures.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SessionError {
    /// The session has expired. Create a new one.
    #[error("the session expired at {expiration}")]
    Expired {
        /// The expiration.
        expiration: Timestamp,
    },
    /// The given time is outside the years 0 to 9999.
    #[error(transparent)]
    Time(#[from] TimestampError),
}
