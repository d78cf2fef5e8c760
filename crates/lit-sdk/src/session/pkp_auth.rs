use alloy_primitives::Address;
use async_trait::async_trait;
use lit_recap::ReCap;
use lit_session_crypto::Session;
use lit_types::{AuthSig, SessionSigs};

use crate::{
    AuthNeeded, AuthNeededError, AuthRequest, Error, LitActionLogin, LitNodeClient, LoginId,
    PkpLogin, SessionRequest, session::sign_session_key::PkpMessage,
};

/// A PKP: the network signs for it once the login has convinced it.
///
/// ```no_run
/// use lit_sdk::{Error, LitNodeClient, PkpAuth, PkpLogin, Session, SessionRequest};
///
/// # async fn run(client: LitNodeClient, request: SessionRequest, login: PkpLogin) -> Result<Session, Error> {
/// let session = client.get_session(&request, &PkpAuth::new(client.clone(), login)).await?;
/// # Ok(session)
/// # }
/// ```
#[derive(Debug, Clone)]
#[must_use]
pub struct PkpAuth {
    client: LitNodeClient,
    login: PkpLogin,
    chain_id: u64,
}

impl PkpAuth {
    /// Authorises by this network, with this login.
    pub fn new(client: LitNodeClient, login: impl Into<PkpLogin>) -> Self {
        Self {
            client,
            login: login.into(),
            chain_id: 1,
        }
    }

    /// The chain id of the message, whatever the chain of the request. Default: 1.
    pub const fn with_chain_id(mut self, chain_id: u64) -> Self {
        self.chain_id = chain_id;
        self
    }
}

#[async_trait]
impl AuthNeeded for PkpAuth {
    async fn authorise(&self, request: &AuthRequest) -> Result<AuthSig, AuthNeededError> {
        // Without a statement, that of a ReCap without rights, as the official client writes it.
        let statement = match &request.statement {
            Some(statement) => statement.clone(),
            None => ReCap::new().statement(),
        };
        let message = PkpMessage {
            session_key: request.session_key,
            requests: &request.requests,
            expiration: request.expiration.clone(),
            statement: Some(&statement),
            domain: request.domain.as_deref(),
            chain_id: self.chain_id,
        };
        let siwe = message.siwe(
            &self.login.pkp,
            request.nonce.clone(),
            request.issued_at.clone(),
        );
        let root = self.client.sign_for_pkp(&self.login, &siwe?).await?;
        let auth_sig = root.auth_sig().clone();
        self.client.combined_roots().push(root);
        Ok(auth_sig)
    }

    fn address(&self) -> Option<Address> {
        Some(self.login.pkp.address())
    }

    fn login(&self) -> Option<LoginId> {
        Some(self.login.id(self.chain_id))
    }
}

impl LitNodeClient {
    /// Makes a session that a PKP authorises, and its signatures for every node.
    ///
    /// The message names the domain `litprotocol.com` and chain id 1 unless the request has a domain; the chain of the request
    /// does not matter.
    ///
    /// # Errors
    /// As [`LitNodeClient::get_session`]; [`Error::Nodes`] when too few nodes accept the login, [`Error::Shares`] when what
    /// they give makes no signature.
    #[doc(alias = "getPkpSessionSigs")]
    pub async fn get_pkp_session_sigs(
        &self,
        request: &SessionRequest,
        login: &PkpLogin,
    ) -> Result<SessionSigs, Error> {
        let session = self.get_pkp_session(request, login).await?;
        self.session_sigs(&session)
    }

    /// Makes a session that a PKP authorises.
    ///
    /// # Errors
    /// As [`LitNodeClient::get_pkp_session_sigs`].
    pub async fn get_pkp_session(
        &self,
        request: &SessionRequest,
        login: &PkpLogin,
    ) -> Result<Session, Error> {
        let auth = PkpAuth::new(self.clone(), login.clone());
        self.get_session(request, &auth).await
    }

    /// Makes a session that a PKP authorises because a Lit Action says so, and its signatures for every node.
    ///
    /// # Errors
    /// As [`LitNodeClient::get_pkp_session_sigs`].
    #[doc(alias = "getLitActionSessionSigs")]
    pub async fn get_lit_action_session_sigs(
        &self,
        request: &SessionRequest,
        login: &LitActionLogin,
    ) -> Result<SessionSigs, Error> {
        self.get_pkp_session_sigs(request, login.as_ref()).await
    }

    /// Makes a session that a PKP authorises because a Lit Action says so.
    ///
    /// # Errors
    /// As [`LitNodeClient::get_pkp_session_sigs`].
    pub async fn get_lit_action_session(
        &self,
        request: &SessionRequest,
        login: &LitActionLogin,
    ) -> Result<Session, Error> {
        self.get_pkp_session(request, login.as_ref()).await
    }
}
