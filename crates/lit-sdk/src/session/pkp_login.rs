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

/// A login to a PKP: by auth methods, by a Lit Action, or by both. One permitted proof is enough.
///
/// It authorizes sessions: the network signs for the PKP once it accepts the login.
///
/// ```
/// use lit_sdk::{AuthMethod, PkpLogin, types::{PkpPublicKey, constants::AuthMethodType}};
///
/// let pkp: PkpPublicKey = "0209ac7be2018f5ddc1e5057212eed99dd4a40dd6535bbaf6fb664581f7b53837f".parse()?;
/// let login = PkpLogin::new(pkp).with_auth_methods([AuthMethod::new(AuthMethodType::Discord, "token")]);
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
    /// A login to this PKP, without any proof yet.
    pub const fn new(pkp: PkpPublicKey) -> Self {
        Self {
            pkp,
            auth_methods: Vec::new(),
            action: None,
            chain_id: 1,
        }
    }

    /// A proof of who the caller is. Default: none.
    pub fn with_auth_method(mut self, method: AuthMethod) -> Self {
        self.auth_methods.push(method);
        self
    }

    /// Proofs of who the caller is. Default: none.
    #[doc(alias = "authMethods")]
    pub fn with_auth_methods(mut self, methods: impl IntoIterator<Item = AuthMethod>) -> Self {
        self.auth_methods.extend(methods);
        self
    }

    /// A Lit Action that may let the caller in as well. Default: none.
    pub fn with_lit_action(mut self, action: LitAction) -> Self {
        self.action = Some(action);
        self
    }

    /// The chain id of the message, whatever the chain of the request. Default: 1.
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

    /// Identifies this login by everything the nodes are shown.
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

/// A login to a PKP that a Lit Action decides on.
#[derive(Debug, Clone, PartialEq)]
#[must_use]
pub struct LitActionLogin(PkpLogin);

impl LitActionLogin {
    /// A login to this PKP by this action.
    pub fn new(pkp: PkpPublicKey, action: LitAction) -> Self {
        Self(PkpLogin::new(pkp).with_lit_action(action))
    }

    /// A proof of who the caller is, which the action sees in `Lit.Auth`. Default: none.
    pub fn with_auth_method(self, method: AuthMethod) -> Self {
        Self(self.0.with_auth_method(method))
    }

    /// The chain id of the message, whatever the chain of the request. Default: 1.
    #[doc(alias = "chainId")]
    pub const fn with_chain_id(mut self, chain_id: u64) -> Self {
        self.0.chain_id = chain_id;
        self
    }

    /// Proofs of who the caller is, which the action sees in `Lit.Auth`. Default: none.
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
        let (nonce, issued_at) = (request.nonce.clone(), request.issued_at.clone());
        let siwe = message.siwe(&self.pkp, nonce, issued_at)?;
        Ok(request.client().sign_for_pkp(self, &siwe).await?.into())
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
