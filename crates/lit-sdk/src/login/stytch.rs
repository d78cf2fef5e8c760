use async_trait::async_trait;
use lit_session_crypto::{auth_method_id, unverified_jwt_identity};
use lit_types::{AuthMethod, constants::AuthMethodType};

use super::{AuthProvider, AuthProviderError, LitAuthClient};

/// One-time passwords of Stytch: who has the session of a user of a project is that user.
#[derive(Debug, Clone)]
pub struct StytchOtpProvider {
    auth_client: LitAuthClient,
    app_id: String,
    user_id: Option<String>,
}

impl StytchOtpProvider {
    /// Sessions of this project at Stytch.
    #[must_use]
    pub fn new(auth_client: LitAuthClient, app_id: impl Into<String>) -> Self {
        Self {
            auth_client,
            app_id: app_id.into(),
            user_id: None,
        }
    }

    /// Only sessions of this user. Default: of any user.
    #[must_use]
    pub fn with_user_id(mut self, user_id: impl Into<String>) -> Self {
        self.user_id = Some(user_id.into());
        self
    }

    /// Takes the JWT of a session, as Stytch gives it after the password was right. That it is one of the right project and
    /// user is checked as far as it says so itself; nodes verify it.
    ///
    /// # Errors
    /// [`AuthProviderError::Id`] for what is no such JWT, [`AuthProviderError::WrongApplication`],
    /// [`AuthProviderError::WrongUser`].
    pub fn authenticate(&self, session_jwt: &str) -> Result<AuthMethod, AuthProviderError> {
        let method = AuthMethod::new(AuthMethodType::StytchOtp, session_jwt);
        // Without an id it is of no use.
        auth_method_id(&method)?;
        let identity = unverified_jwt_identity(session_jwt)?;
        if identity.audience.first() != Some(&self.app_id) {
            return Err(AuthProviderError::WrongApplication);
        }
        if self.user_id.is_some() && self.user_id != identity.subject {
            return Err(AuthProviderError::WrongUser);
        }
        Ok(method)
    }
}

#[async_trait]
impl AuthProvider for StytchOtpProvider {
    fn auth_client(&self) -> &LitAuthClient {
        &self.auth_client
    }

    fn auth_method_type(&self) -> AuthMethodType {
        AuthMethodType::StytchOtp
    }
}

/// One-time passwords of Stytch: who has a session with an e-mail address, phone number or authenticator is who has these.
#[derive(Debug, Clone)]
pub struct StytchFactorProvider {
    auth_client: LitAuthClient,
    factor: StytchFactor,
}

impl StytchFactorProvider {
    /// Sessions with this factor.
    #[must_use]
    pub const fn new(auth_client: LitAuthClient, factor: StytchFactor) -> Self {
        Self {
            auth_client,
            factor,
        }
    }

    /// Takes the JWT of a session, which has to have the factor. Nodes verify it.
    ///
    /// # Errors
    /// [`AuthProviderError::Id`] for what is no such JWT.
    pub fn authenticate(&self, session_jwt: &str) -> Result<AuthMethod, AuthProviderError> {
        let method = AuthMethod::new(self.factor.auth_method_type(), session_jwt);
        auth_method_id(&method)?;
        Ok(method)
    }
}

#[async_trait]
impl AuthProvider for StytchFactorProvider {
    fn auth_client(&self) -> &LitAuthClient {
        &self.auth_client
    }

    fn auth_method_type(&self) -> AuthMethodType {
        self.factor.auth_method_type()
    }
}

/// What a one-time password was sent to, or made by.
#[doc(alias = "FactorParser")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StytchFactor {
    /// An e-mail address.
    Email,
    /// A phone number, by SMS.
    Sms,
    /// A phone number, by WhatsApp. The same number has the same id as by SMS, under another type.
    WhatsApp,
    /// An authenticator app (TOTP).
    Totp,
}

impl StytchFactor {
    /// The type of its auth methods.
    #[must_use]
    pub const fn auth_method_type(self) -> AuthMethodType {
        match self {
            Self::Email => AuthMethodType::StytchEmailFactorOtp,
            Self::Sms => AuthMethodType::StytchSmsFactorOtp,
            Self::WhatsApp => AuthMethodType::StytchWhatsAppFactorOtp,
            Self::Totp => AuthMethodType::StytchTotpFactorOtp,
        }
    }
}
