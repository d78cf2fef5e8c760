use lit_types::{AuthMethod, PkpPublicKey};
use zeroize::Zeroizing;

use crate::{LitAction, LoginId, calls::ActionSource};

/// Which PKP somebody wants to use, and how they prove that they may: by auth methods, by a Lit Action, or by both. It is
/// enough that one of them is permitted.
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
}

impl PkpLogin {
    /// For this PKP, with nothing to prove it yet.
    pub const fn new(pkp: PkpPublicKey) -> Self {
        Self {
            pkp,
            auth_methods: Vec::new(),
            action: None,
        }
    }

    /// Proofs of who the caller is. Default: none.
    #[doc(alias = "authMethods")]
    pub fn with_auth_methods(mut self, methods: impl IntoIterator<Item = AuthMethod>) -> Self {
        self.auth_methods.extend(methods);
        self
    }

    /// An action that decides as well. Default: none.
    pub fn with_lit_action(mut self, action: LitAction) -> Self {
        self.action = Some(action);
        self
    }

    /// The PKP.
    #[must_use]
    pub const fn pkp(&self) -> &PkpPublicKey {
        &self.pkp
    }

    /// Tells this login from others of the same PKP: by all that nodes are shown.
    pub(crate) fn id(&self, chain_id: u64) -> LoginId {
        let action = self.action.as_ref().map(|action| {
            let (is_code, source) = match &action.source {
                ActionSource::Code(code) => (true, code),
                ActionSource::IpfsId(cid) => (false, cid),
            };
            (is_code, source, &action.js_params)
        });
        let shown = (self.pkp.to_string(), &self.auth_methods, action, chain_id);
        // Texts, numbers and JSON values always serialise.
        let json = Zeroizing::new(serde_json::to_vec(&shown).unwrap_or_default());
        LoginId::of(&json)
    }
}

/// A login in which a Lit Action decides.
#[derive(Debug, Clone, PartialEq)]
#[must_use]
pub struct LitActionLogin(PkpLogin);

impl LitActionLogin {
    /// For this PKP, by this action.
    pub fn new(pkp: PkpPublicKey, action: LitAction) -> Self {
        Self(PkpLogin::new(pkp).with_lit_action(action))
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
