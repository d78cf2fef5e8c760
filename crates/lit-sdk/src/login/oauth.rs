use std::fmt;

use alloy_primitives::hex;
use base64::{Engine, prelude::BASE64_STANDARD};
use lit_node_transport::HttpUrl;
use lit_types::printable_line;
use rand_core::{OsRng, RngCore};

use super::AuthProviderError;
use crate::services::percent;

/// Ties the callback of a login to its start, so that an attacker cannot inject another login.
///
/// Keep it with the browser's session until the callback.
#[derive(Clone, PartialEq, Eq)]
pub struct OAuthState(String);

impl OAuthState {
    /// Draws a new state from the randomness of the operating system.
    ///
    /// # Errors
    /// [`AuthProviderError::RandomnessUnavailable`].
    pub fn generate() -> Result<Self, AuthProviderError> {
        let mut bytes = [0; 16];
        OsRng
            .try_fill_bytes(&mut bytes)
            .map_err(AuthProviderError::RandomnessUnavailable)?;
        Ok(Self(hex::encode(bytes)))
    }

    /// The secret text to keep.
    #[must_use]
    pub fn expose_secret(&self) -> &str {
        &self.0
    }
}

/// Restores a kept state.
impl TryFrom<String> for OAuthState {
    type Error = InvalidOAuthState;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        // A short state could be guessed, and an empty one would match an absent one.
        if (15..=128).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric()) {
            Ok(Self(text))
        } else {
            Err(InvalidOAuthState(()))
        }
    }
}

impl fmt::Debug for OAuthState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OAuthState")
    }
}

/// The text is not the state of a login.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("malformed login state: expected 15 to 128 letters and digits")]
pub struct InvalidOAuthState(());

/// A login through a gateway, as in `prepareLoginUrl` of `@lit-protocol/lit-auth-client`.
#[derive(Debug, Clone)]
pub(super) struct OAuthLogin {
    /// The name of the provider in URLs.
    provider: &'static str,
    /// The URL of another gateway than Lit's.
    pub(super) gateway: Option<HttpUrl>,
    redirect_uri: HttpUrl,
}

/// The wanted token of a callback.
#[derive(Debug, Clone, Copy)]
pub(super) enum Token {
    Access,
    Id,
}

impl OAuthLogin {
    pub(super) const fn new(provider: &'static str, redirect_uri: HttpUrl) -> Self {
        Self {
            provider,
            gateway: None,
            redirect_uri,
        }
    }

    pub(super) fn url(&self, state: &OAuthState) -> String {
        const LIT_LOGIN_GATEWAY: &str = "https://login.litgateway.com";
        let gateway = self.gateway.as_ref();
        format!(
            "{}/auth/{}?app_redirect={}&state={}",
            gateway.map_or(LIT_LOGIN_GATEWAY, HttpUrl::as_str),
            self.provider,
            percent::encode(self.redirect_uri.as_str()),
            percent::encode(&BASE64_STANDARD.encode(&state.0)),
        )
    }

    /// Reads the token from the callback URL.
    pub(super) fn token(
        &self,
        callback_url: &str,
        state: &OAuthState,
        token: Token,
    ) -> Result<String, OAuthError> {
        let query = callback_url
            .strip_prefix(self.redirect_uri.as_str())
            .map(|rest| rest.strip_prefix('/').unwrap_or(rest))
            .and_then(|rest| rest.strip_prefix(['?', '&']))
            .ok_or(OAuthError::WrongRedirectUri)?;
        let query = query.split_once('#').map_or(query, |(query, _)| query);
        let get = |name| percent::query_value(query, name);
        if let Some(error) = get("error").filter(|error| !error.is_empty()) {
            return Err(OAuthError::LoginFailed(printable_line(&error, 200)));
        }
        if !get("provider").is_some_and(|name| name.eq_ignore_ascii_case(self.provider)) {
            return Err(OAuthError::WrongProvider(self.provider));
        }
        // Gateways encode the state once more.
        let given = get("state").map(|state| percent::decode(&state));
        let given = given.and_then(|state| BASE64_STANDARD.decode(state).ok());
        if given.as_deref() != Some(state.0.as_bytes()) {
            return Err(OAuthError::WrongState);
        }
        let (name, shown) = match token {
            Token::Access => ("access_token", "access token"),
            Token::Id => ("id_token", "id token"),
        };
        get(name)
            .filter(|token| !token.is_empty())
            .ok_or(OAuthError::MissingToken(shown))
    }
}

/// A failed login. It never contains a token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OAuthError {
    /// The URL does not begin with the redirect URI.
    #[error("the callback URL does not match the redirect URI")]
    WrongRedirectUri,
    /// The gateway reported a failed login.
    #[error("the login failed: {0}")]
    LoginFailed(String),
    /// The callback is not from the expected provider.
    #[error("the callback is not from {0}")]
    WrongProvider(&'static str),
    /// The state differs from the one the login started with. Start another login.
    #[error("the state differs from the one the login started with; start another login")]
    WrongState,
    /// The callback URL lacks the token.
    #[error("the callback URL lacks the {0}")]
    MissingToken(&'static str),
}
