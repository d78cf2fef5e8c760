//! Verification of auth methods: each proves that somebody is a user of an app.

mod error;
mod issuer_keys;
mod jwk;
mod jwt;
mod oauth;
mod stytch;
mod wallet;
mod webauthn;

use lit_types::{AuthMethod, AuthMethodContext, MAX_AUTH_SIG_BYTES, constants::AuthMethodType};
use time::OffsetDateTime;

use crate::{BlockHashes, contracts::Contracts};

pub(crate) use error::AuthRefusal;
pub use jwk::JwksError;
pub use jwt::{JwtIssuer, JwtProvider};
pub use oauth::OauthApi;

/// The identity providers that a node trusts. Default: none.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct AuthProviders {
    /// Issuers of JWTs.
    pub issuers: Vec<JwtIssuer>,
    /// The API that verifies Discord tokens.
    pub discord: Option<OauthApi>,
    /// The API that verifies Google access tokens.
    pub google: Option<OauthApi>,
}

/// The context in which an auth method is verified.
#[derive(Clone, Copy)]
pub(crate) struct Circumstances<'a> {
    pub(crate) now: OffsetDateTime,
    /// The `Origin` header of the request.
    pub(crate) origin: Option<&'a str>,
    pub(crate) blocks: &'a dyn BlockHashes,
    pub(crate) contracts: &'a Contracts,
}

impl AuthProviders {
    /// The user and the app that the auth method proves.
    pub(crate) async fn verify(
        &self,
        method: &AuthMethod,
        at: Circumstances<'_>,
    ) -> Result<AuthMethodContext, AuthRefusal> {
        let number = method.auth_method_type;
        let token = method.access_token.as_str();
        if token.len() > MAX_AUTH_SIG_BYTES {
            return Err(AuthRefusal::TooLong);
        }
        let kind = number.known().ok_or(AuthRefusal::Unsupported(number))?;
        let jwt = async |provider| jwt::verify(token, provider, &self.issuers, at.now).await;
        let (user_id, app_id) = match kind {
            AuthMethodType::EthWallet => wallet::verify(token, at.now)?,
            AuthMethodType::WebAuthn => webauthn::verify(token, at).await?,
            AuthMethodType::Discord => oauth::discord(self.discord.as_ref(), token).await?,
            AuthMethodType::Google => oauth::google(self.google.as_ref(), token).await?,
            AuthMethodType::GoogleJwt => jwt(JwtProvider::Google).await?.identity()?,
            AuthMethodType::AppleJwt => jwt(JwtProvider::Apple).await?.identity()?,
            AuthMethodType::StytchOtp
            | AuthMethodType::StytchEmailFactorOtp
            | AuthMethodType::StytchSmsFactorOtp
            | AuthMethodType::StytchWhatsAppFactorOtp
            | AuthMethodType::StytchTotpFactorOtp => {
                stytch::identity(kind, &jwt(JwtProvider::Stytch).await?)?
            }
            _ => return Err(AuthRefusal::Unsupported(number)),
        };
        Ok(AuthMethodContext {
            app_id,
            auth_method_type: number,
            used_for_sign_session_key_request: true,
            user_id,
        })
    }
}
