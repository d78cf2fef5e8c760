use std::time::Duration;

use lit_session_crypto::SessionKeyPair;
use lit_types::{AuthSig, Right, Timestamp, TimestampError, constants::DEFAULT_SESSION_LIFETIME};

use crate::Encrypted;

/// A request for a session: its rights, its end, and what the signer sees. The same value serves the first signature and every
/// renewal.
///
/// ```
/// use std::time::Duration;
///
/// use lit_sdk::{Right, SessionRequest};
///
/// let request = SessionRequest::new([Right::run_any_action()])
///     .lasting(Duration::from_secs(600))
///     .with_domain("example.com")
///     .with_statement("Sign in to Example.");
/// ```
#[derive(Debug, Clone)]
pub struct SessionRequest {
    pub(crate) requests: Vec<Right>,
    end: Option<End>,
    pub(crate) domain: Option<String>,
    pub(crate) statement: Option<String>,
    pub(crate) chain: String,
    pub(crate) proofs: Vec<AuthSig>,
    pub(crate) session_key: Option<SessionKeyPair>,
    pub(crate) root: Option<AuthSig>,
}

#[derive(Debug, Clone)]
enum End {
    At(Timestamp),
    After(Duration),
}

impl SessionRequest {
    /// A request for a session with exactly these rights.
    #[must_use]
    pub fn new(requests: impl IntoIterator<Item = Right>) -> Self {
        Self {
            requests: requests.into_iter().collect(),
            end: None,
            domain: None,
            statement: None,
            chain: "ethereum".to_owned(),
            proofs: Vec::new(),
            session_key: None,
            root: None,
        }
    }

    /// A request for a session that may decrypt this, and nothing else.
    ///
    /// ```
    /// use lit_sdk::{Encrypted, SessionRequest};
    ///
    /// fn request(encrypted: &Encrypted) -> SessionRequest {
    ///     SessionRequest::to_decrypt(encrypted)
    /// }
    /// ```
    #[must_use]
    pub fn to_decrypt(encrypted: &Encrypted) -> Self {
        Self::new([encrypted.right()])
    }

    /// When the session ends; the text is kept. Default: 24 hours after it is made. Nodes accept at most 30 days.
    #[must_use]
    pub fn until(mut self, expiration: Timestamp) -> Self {
        self.end = Some(End::At(expiration));
        self
    }

    /// How long the session lasts from the moment it is made or renewed. Default: 24 hours. Nodes accept at most 30 days.
    ///
    /// ```
    /// # use lit_sdk::SessionRequest;
    /// use std::time::Duration;
    /// # let request = SessionRequest::new([]);
    /// let request = request.lasting(Duration::from_secs(600));
    /// ```
    #[must_use]
    pub fn lasting(mut self, lifetime: Duration) -> Self {
        self.end = Some(End::After(lifetime));
        self
    }

    /// The domain that asks for the signature, which the signer sees. Default: up to whoever makes the message; a wallet
    /// names `localhost`.
    #[must_use]
    pub fn with_domain(mut self, domain: impl Into<String>) -> Self {
        self.domain = Some(domain.into());
        self
    }

    /// What the signer is told, before the list of rights. Default: only the list of rights.
    #[must_use]
    pub fn with_statement(mut self, statement: impl Into<String>) -> Self {
        self.statement = Some(statement.into());
        self
    }

    /// The name of the chain the wallet is used on. Default: `ethereum`.
    #[must_use]
    pub fn with_chain(mut self, chain: impl Into<String>) -> Self {
        self.chain = chain.into();
        self
    }

    /// A capacity delegation to show to the nodes beside the root, so that its owner pays. Default: none.
    #[doc(alias("capacityDelegationAuthSig", "capabilityAuthSigs"))]
    #[must_use]
    pub fn with_delegation(mut self, delegation: AuthSig) -> Self {
        self.proofs.push(delegation);
        self
    }

    /// AuthSigs to show to the nodes beside the root, such as capacity delegations. Default: none.
    #[doc(alias = "capabilityAuthSigs")]
    #[must_use]
    pub fn with_proofs(mut self, proofs: impl IntoIterator<Item = AuthSig>) -> Self {
        self.proofs.extend(proofs);
        self
    }

    /// The session key. Default: a fresh one.
    #[must_use]
    pub fn with_session_key(mut self, key: SessionKeyPair) -> Self {
        self.session_key = Some(key);
        self
    }

    /// A root AuthSig from an earlier session of the same session key. It is used if it still authorises all of this, and
    /// asked for anew otherwise. Default: none.
    #[must_use]
    pub fn with_root(mut self, root: AuthSig) -> Self {
        self.root = Some(root);
        self
    }

    /// The end that was set with [`SessionRequest::until`].
    pub(crate) const fn fixed_end(&self) -> Option<&Timestamp> {
        match &self.end {
            Some(End::At(expiration)) => Some(expiration),
            _ => None,
        }
    }

    /// The lifetime that was set with [`SessionRequest::lasting`].
    pub(crate) const fn lifetime(&self) -> Option<Duration> {
        match self.end {
            Some(End::After(lifetime)) => Some(lifetime),
            _ => None,
        }
    }

    /// When a session that is made now ends.
    pub(crate) fn end_from(&self, now: &Timestamp) -> Result<Timestamp, TimestampError> {
        match &self.end {
            Some(End::At(expiration)) => Ok(expiration.clone()),
            Some(End::After(lifetime)) => now.checked_add(*lifetime),
            None => now.checked_add(DEFAULT_SESSION_LIFETIME),
        }
    }
}
