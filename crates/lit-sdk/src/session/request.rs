use std::time::Duration;

use lit_session_crypto::SessionKeyPair;
use lit_types::{AuthSig, Right, Timestamp, TimestampError, constants::DEFAULT_SESSION_LIFETIME};

use crate::Encrypted;

/// A request for a session: its rights, its end, and the signer's message.
///
/// The same value serves the first signature and every renewal.
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
pub(super) enum End {
    At(Timestamp),
    After(Duration),
}

impl End {
    /// The end of what is made now.
    pub(super) fn from(&self, now: &Timestamp) -> Result<Timestamp, TimestampError> {
        match self {
            Self::At(expiration) => Ok(expiration.clone()),
            Self::After(lifetime) => now.checked_add(*lifetime),
        }
    }
}

impl SessionRequest {
    /// A request for a session with exactly these rights.
    #[doc(alias = "resourceAbilityRequests")]
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

    /// A request for a session that may only decrypt this.
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

    /// Sets when the session ends. Default: 24 hours after it is made. Nodes accept at most 30 days.
    #[doc(alias = "expiration")]
    #[must_use]
    pub fn until(mut self, expiration: Timestamp) -> Self {
        self.end = Some(End::At(expiration));
        self
    }

    /// Sets how long the session lasts after it is made or renewed. Default: 24 hours. Nodes accept at most 30 days.
    ///
    /// ```
    /// # use lit_sdk::SessionRequest;
    /// use std::time::Duration;
    /// # let request = SessionRequest::new([]);
    /// let request = request.lasting(Duration::from_secs(600));
    /// ```
    #[doc(alias = "expiration")]
    #[must_use]
    pub fn lasting(mut self, lifetime: Duration) -> Self {
        self.end = Some(End::After(lifetime));
        self
    }

    /// Sets the domain of the message. Default: `localhost` for a wallet, `litprotocol.com` for a PKP.
    #[doc(alias = "domain")]
    #[must_use]
    pub fn with_domain(mut self, domain: impl Into<String>) -> Self {
        self.domain = Some(domain.into());
        self
    }

    /// Sets the statement before the list of rights. Default: none.
    #[doc(alias = "statement")]
    #[must_use]
    pub fn with_statement(mut self, statement: impl Into<String>) -> Self {
        self.statement = Some(statement.into());
        self
    }

    /// Sets the name of the wallet's chain. Default: `ethereum`.
    #[doc(alias = "chain")]
    #[must_use]
    pub fn with_chain(mut self, chain: impl Into<String>) -> Self {
        self.chain = chain.into();
        self
    }

    /// Adds a capacity delegation, so that its owner pays. Default: none.
    #[doc(alias("capacityDelegationAuthSig", "capabilityAuthSigs"))]
    #[must_use]
    pub fn with_delegation(mut self, delegation: AuthSig) -> Self {
        self.proofs.push(delegation);
        self
    }

    /// Adds AuthSigs to send with the root, such as capacity delegations. Default: none.
    #[doc(alias = "capabilityAuthSigs")]
    #[must_use]
    pub fn with_proofs(mut self, proofs: impl IntoIterator<Item = AuthSig>) -> Self {
        self.proofs.extend(proofs);
        self
    }

    /// Sets the session key. Default: a new key.
    #[doc(alias("sessionKey", "generateSessionKeyPair"))]
    #[must_use]
    pub fn with_session_key(mut self, key: SessionKeyPair) -> Self {
        self.session_key = Some(key);
        self
    }

    /// Sets a root AuthSig from an earlier session with the same session key. It is reused while it authorizes the whole
    /// request. Default: none.
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

    /// The end of a session that is made now.
    pub(crate) fn end_from(&self, now: &Timestamp) -> Result<Timestamp, TimestampError> {
        match &self.end {
            Some(end) => end.from(now),
            None => now.checked_add(DEFAULT_SESSION_LIFETIME),
        }
    }
}
