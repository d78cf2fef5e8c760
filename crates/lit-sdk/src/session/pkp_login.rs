use alloy_primitives::Address;
use async_trait::async_trait;
use lit_recap::ReCap;
use lit_types::{AuthMethod, PkpPublicKey};
use zeroize::Zeroizing;

use super::sign_session_key::PkpMessage;
use crate::{
    AuthRequest, Authorization, AuthorizeError, LitAction, SessionAuthorizer, calls::ActionSource,
    session::LoginId,
};

/// Authorizes sessions as a PKP: with auth methods, a Lit Action, or both.
///
/// The network signs for the PKP if one of the auth methods, or the action, may use it.
///
/// ```
/// use lit_sdk::{AuthMethod, Error, LitNodeClient, PkpLogin, PkpPublicKey, Session, SessionRequest, types::constants::AuthMethodType};
///
/// let pkp: PkpPublicKey = "0209ac7be2018f5ddc1e5057212eed99dd4a40dd6535bbaf6fb664581f7b53837f".parse()?;
/// let login = PkpLogin::new(pkp).with_auth_method(AuthMethod::new(AuthMethodType::Discord, "token"));
///
/// async fn sign_in(client: &LitNodeClient, request: &SessionRequest, login: &PkpLogin) -> Result<Session, Error> {
///     client.session(request, login).await
/// }
/// # Ok::<(), lit_sdk::types::PkpError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[must_use]
pub struct PkpLogin {
    pub(crate) pkp: PkpPublicKey,
    pub(crate) auth_methods: Vec<AuthMethod>,
    pub(crate) action: Option<LitAction>,
    chain_id: u64,
}

impl PkpLogin {
    /// A login to this PKP without auth methods.
    #[doc(alias = "pkpPublicKey")]
    pub const fn new(pkp: PkpPublicKey) -> Self {
        Self {
            pkp,
            auth_methods: Vec::new(),
            action: None,
            chain_id: 1,
        }
    }

    /// Adds an auth method. Default: none.
    #[doc(alias = "authMethods")]
    pub fn with_auth_method(mut self, method: AuthMethod) -> Self {
        self.auth_methods.push(method);
        self
    }

    /// Adds auth methods. Default: none.
    #[doc(alias = "authMethods")]
    pub fn with_auth_methods(mut self, methods: impl IntoIterator<Item = AuthMethod>) -> Self {
        self.auth_methods.extend(methods);
        self
    }

    /// Adds a Lit Action that may accept the login. Default: none.
    #[doc(alias("litActionCode", "litActionIpfsId"))]
    pub fn with_lit_action(mut self, action: LitAction) -> Self {
        self.action = Some(action);
        self
    }

    /// Sets the chain id of the message; the chain of the request does not set it. Default: 1.
    #[doc(alias = "chainId")]
    pub const fn with_chain_id(mut self, chain_id: u64) -> Self {
        self.chain_id = chain_id;
        self
    }

    /// The PKP.
    #[must_use]
    pub const fn pkp(&self) -> &PkpPublicKey {
        &self.pkp
    }

    /// Identifies this login by everything it sends to the nodes.
    fn id(&self) -> LoginId {
        let action = self.action.as_ref().map(|action| {
            let (is_code, source) = match &action.source {
                ActionSource::Code(code) => (true, code),
                ActionSource::IpfsId(cid) => (false, cid),
            };
            (is_code, source, &action.js_params)
        });
        let shown = (
            self.pkp.to_string(),
            &self.auth_methods,
            action,
            self.chain_id,
        );
        #[expect(
            clippy::expect_used,
            reason = "texts, numbers and JSON values serialize"
        )]
        let json = serde_json::to_vec(&shown).expect("texts, numbers and JSON values serialize");
        let json = Zeroizing::new(json);
        LoginId::of(&json)
    }
}

/// Authorizes sessions as a PKP if a Lit Action accepts the login.
///
/// ```
/// use lit_sdk::{LitAction, LitActionLogin, PkpPublicKey};
///
/// let pkp: PkpPublicKey = "0209ac7be2018f5ddc1e5057212eed99dd4a40dd6535bbaf6fb664581f7b53837f".parse()?;
/// let action = LitAction::code("Lit.Actions.setResponse({ response: String(magicNumber === 42) })");
/// let login = LitActionLogin::new(pkp, action.with_param("magicNumber", 42));
/// # Ok::<(), lit_sdk::types::PkpError>(())
/// ```
#[doc(alias("litActionCode", "litActionIpfsId", "litActionCodeIpfsCid", "jsParams"))]
#[derive(Debug, Clone, PartialEq)]
#[must_use]
pub struct LitActionLogin(PkpLogin);

impl LitActionLogin {
    /// A login to this PKP with this action.
    pub fn new(pkp: PkpPublicKey, action: LitAction) -> Self {
        Self(PkpLogin::new(pkp).with_lit_action(action))
    }

    /// Adds an auth method, which the action reads in `Lit.Auth`. Default: none.
    #[doc(alias = "authMethods")]
    pub fn with_auth_method(self, method: AuthMethod) -> Self {
        Self(self.0.with_auth_method(method))
    }

    /// Sets the chain id of the message; the chain of the request does not set it. Default: 1.
    #[doc(alias = "chainId")]
    pub const fn with_chain_id(mut self, chain_id: u64) -> Self {
        self.0.chain_id = chain_id;
        self
    }

    /// Adds auth methods, which the action reads in `Lit.Auth`. Default: none.
    #[doc(alias = "authMethods")]
    pub fn with_auth_methods(self, methods: impl IntoIterator<Item = AuthMethod>) -> Self {
        Self(self.0.with_auth_methods(methods))
    }
}

impl From<LitActionLogin> for PkpLogin {
    fn from(login: LitActionLogin) -> Self {
        login.0
    }
}

impl AsRef<PkpLogin> for LitActionLogin {
    fn as_ref(&self) -> &PkpLogin {
        &self.0
    }
}

#[async_trait]
impl SessionAuthorizer for PkpLogin {
    async fn authorize(&self, request: &AuthRequest) -> Result<Authorization, AuthorizeError> {
        // The default is the statement of an empty ReCap, as in the official client.
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
        let (nonce, issued_at) = (request.nonce.clone(), request.issued_at.clone());
        let siwe = message.siwe(&self.pkp, nonce, issued_at)?;
        let root = request.client().sign_for_pkp(self, &siwe).await?;
        Ok(Authorization::combined(root))
    }

    fn address(&self) -> Option<Address> {
        Some(self.pkp.address())
    }

    fn login_id(&self) -> Option<LoginId> {
        Some(self.id())
    }
}

#[async_trait]
impl SessionAuthorizer for LitActionLogin {
    async fn authorize(&self, request: &AuthRequest) -> Result<Authorization, AuthorizeError> {
        self.0.authorize(request).await
    }

    fn address(&self) -> Option<Address> {
        self.0.address()
    }

    fn login_id(&self) -> Option<LoginId> {
        self.0.login_id()
    }
}
