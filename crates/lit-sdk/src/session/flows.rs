//! The three functions of the JavaScript SDK. Each is [`LitNodeClient::session`], then [`LitNodeClient::session_sigs`].

use lit_session_crypto::Session;
use lit_types::SessionSigs;

use crate::{Error, LitActionLogin, LitNodeClient, PkpLogin, SessionAuthorizer, SessionRequest};

impl LitNodeClient {
    /// Makes a session with a wallet, and signs it for every node.
    ///
    /// ```no_run
    /// use alloy_signer_local::PrivateKeySigner;
    /// use lit_sdk::{Error, LitNodeClient, SessionRequest, SessionSigs, WalletAuth};
    ///
    /// # async fn sign_in(client: LitNodeClient, request: SessionRequest) -> Result<SessionSigs, Error> {
    /// let wallet = WalletAuth::new(PrivateKeySigner::random());
    /// client.get_session_sigs(&request, &wallet).await
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`LitNodeClient::session`].
    #[doc(alias("getSessionSigs", "computeSessionSigs"))]
    pub async fn get_session_sigs(
        &self,
        request: &SessionRequest,
        authorizer: &dyn SessionAuthorizer,
    ) -> Result<SessionSigs, Error> {
        self.session_sigs(&self.session(request, authorizer).await?)
    }

    /// Makes a session with a PKP login, and signs it for every node.
    ///
    /// The message names the domain `litprotocol.com` unless the request has one, and chain id 1 unless the login has another;
    /// the chain of the request does not matter.
    ///
    /// ```no_run
    /// use lit_sdk::{AuthMethod, Error, LitNodeClient, PkpLogin, PkpPublicKey, SessionRequest, SessionSigs};
    ///
    /// # async fn sign_in(client: LitNodeClient, request: SessionRequest, pkp: PkpPublicKey, method: AuthMethod) -> Result<SessionSigs, Error> {
    /// client.get_pkp_session_sigs(&request, &PkpLogin::new(pkp).with_auth_method(method)).await
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`LitNodeClient::session`].
    #[doc(alias = "getPkpSessionSigs")]
    pub async fn get_pkp_session_sigs(
        &self,
        request: &SessionRequest,
        login: &PkpLogin,
    ) -> Result<SessionSigs, Error> {
        self.session_sigs(&self.session(request, login).await?)
    }

    /// Makes a session with a Lit Action login, and signs it for every node.
    ///
    /// ```no_run
    /// use lit_sdk::{Error, LitAction, LitActionLogin, LitNodeClient, PkpPublicKey, SessionRequest, SessionSigs};
    ///
    /// # async fn sign_in(client: LitNodeClient, request: SessionRequest, pkp: PkpPublicKey) -> Result<SessionSigs, Error> {
    /// let action = LitAction::code("Lit.Actions.setResponse({ response: String(magicNumber === 42) })");
    /// let login = LitActionLogin::new(pkp, action.with_param("magicNumber", 42));
    /// client.get_lit_action_session_sigs(&request, &login).await
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`LitNodeClient::session`].
    #[doc(alias = "getLitActionSessionSigs")]
    pub async fn get_lit_action_session_sigs(
        &self,
        request: &SessionRequest,
        login: &LitActionLogin,
    ) -> Result<SessionSigs, Error> {
        self.session_sigs(&self.session(request, login).await?)
    }

    /// Signs a session for every node.
    ///
    /// # Errors
    /// [`Error::Session`] if the session has expired.
    #[doc(alias = "signSessionKey")]
    pub fn session_sigs(&self, session: &Session) -> Result<SessionSigs, Error> {
        Ok(session.sign_for(self.nodes().iter(), self.now())?)
    }
}
