use async_trait::async_trait;
use lit_types::{AuthMethod, constants::AuthMethodType};

use super::{AuthProvider, AuthProviderError, LitAuthClient};
use crate::auth_method::{auth_method_id, unverified_jwt_identity};

/// Logs in with the session of a Stytch user.
///
/// ```
/// use lit_sdk::{AuthMethod, login::{AuthProviderError, LitAuthClient, StytchOtpProvider}};
///
/// fn log_in(client: LitAuthClient, session_jwt: &str) -> Result<AuthMethod, AuthProviderError> {
///     let stytch = StytchOtpProvider::new(client, "project-test-11111111-1111-1111-1111-111111111111");
///     stytch.authenticate(session_jwt)
/// }
/// ```
#[derive(Debug, Clone)]
pub struct StytchOtpProvider {
    auth_client: LitAuthClient,
    app_id: String,
    user_id: Option<String>,
}

impl StytchOtpProvider {
    /// A provider for sessions of this Stytch project.
    #[must_use]
    pub fn new(auth_client: LitAuthClient, app_id: impl Into<String>) -> Self {
        Self {
            auth_client,
            app_id: app_id.into(),
            user_id: None,
        }
    }

    /// Accepts only sessions of this user. Default: any user.
    #[must_use]
    pub fn with_user_id(mut self, user_id: impl Into<String>) -> Self {
        self.user_id = Some(user_id.into());
        self
    }

    /// Makes an auth method from the JWT of a Stytch session.
    ///
    /// The project and the user in the JWT are compared; nodes verify its signature.
    ///
    /// # Errors
    /// [`AuthProviderError::Id`] for a malformed JWT, [`AuthProviderError::WrongApplication`],
    /// [`AuthProviderError::WrongUser`].
    pub fn authenticate(&self, session_jwt: &str) -> Result<AuthMethod, AuthProviderError> {
        let method = AuthMethod::new(AuthMethodType::StytchOtp, session_jwt);
        // Nodes refuse a JWT without an id.
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

/// Logs in with one factor of a Stytch session: an e-mail address, a phone number or an authenticator.
///
/// ```
/// use lit_sdk::{AuthMethod, login::{AuthProviderError, LitAuthClient, StytchFactor, StytchFactorProvider}};
///
/// fn log_in(client: LitAuthClient, session_jwt: &str) -> Result<AuthMethod, AuthProviderError> {
///     StytchFactorProvider::new(client, StytchFactor::Email).authenticate(session_jwt)
/// }
/// ```
#[derive(Debug, Clone)]
pub struct StytchFactorProvider {
    auth_client: LitAuthClient,
    factor: StytchFactor,
}

impl StytchFactorProvider {
    /// A provider for sessions with this factor.
    #[must_use]
    pub const fn new(auth_client: LitAuthClient, factor: StytchFactor) -> Self {
        Self {
            auth_client,
            factor,
        }
    }

    /// Makes an auth method from the JWT of a Stytch session with the factor. Nodes verify its signature.
    ///
    /// # Errors
    /// [`AuthProviderError::Id`] for a malformed JWT, or one without the factor.
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

/// The factor of a one-time password.
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
    /// The type of the factor's auth methods.
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
