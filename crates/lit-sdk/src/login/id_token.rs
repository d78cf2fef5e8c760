use async_trait::async_trait;
use lit_node_transport::HttpUrl;
use lit_types::{AuthMethod, constants::AuthMethodType};

use super::{
    AuthProvider, LitAuthClient, OAuthError, OAuthState,
    oauth::{OAuthLogin, Token},
};

/// Logs in with Google or Apple, by id token (JWT).
///
/// ```
/// use lit_sdk::{AuthMethod, login::{IdTokenProvider, LitAuthClient, OAuthError, OAuthState}};
///
/// fn log_in(client: LitAuthClient, callback_url: &str, state: &OAuthState) -> Result<AuthMethod, OAuthError> {
///     let redirect_uri = "https://example.com/callback".parse().expect("a URL");
///     let google = IdTokenProvider::google(client, redirect_uri);
///     println!("open {}", google.login_url(state));
///     google.authenticate(callback_url, state)
/// }
/// ```
#[doc(alias = "GoogleProvider")]
#[doc(alias = "AppleProvider")]
#[derive(Debug, Clone)]
pub struct IdTokenProvider {
    auth_client: LitAuthClient,
    login: OAuthLogin,
    method: AuthMethodType,
}

impl IdTokenProvider {
    /// A provider for Google. The browser returns to `redirect_uri`.
    #[must_use]
    pub fn google(auth_client: LitAuthClient, redirect_uri: HttpUrl) -> Self {
        Self {
            auth_client,
            login: OAuthLogin::new("google", redirect_uri),
            method: AuthMethodType::GoogleJwt,
        }
    }

    /// A provider for Apple. The browser returns to `redirect_uri`.
    #[must_use]
    pub fn apple(auth_client: LitAuthClient, redirect_uri: HttpUrl) -> Self {
        Self {
            auth_client,
            login: OAuthLogin::new("apple", redirect_uri),
            method: AuthMethodType::AppleJwt,
        }
    }

    /// Sets the URL of the login gateway. Default: `https://login.litgateway.com`.
    #[must_use]
    pub fn with_gateway(mut self, gateway: HttpUrl) -> Self {
        self.login.gateway = Some(gateway);
        self
    }

    /// The URL that starts the login in a browser.
    #[doc(alias = "signIn")]
    #[must_use]
    pub fn login_url(&self, state: &OAuthState) -> String {
        self.login.url(state)
    }

    /// Reads the id token from the callback URL.
    ///
    /// # Errors
    /// [`OAuthError`].
    pub fn authenticate(
        &self,
        callback_url: &str,
        state: &OAuthState,
    ) -> Result<AuthMethod, OAuthError> {
        let token = self.login.token(callback_url, state, Token::Id)?;
        Ok(self.auth_method(token))
    }

    /// The auth method of an id token from another login, such as Google One Tap. Nodes verify it.
    #[must_use]
    pub fn auth_method(&self, id_token: impl Into<String>) -> AuthMethod {
        AuthMethod::new(self.method, id_token)
    }
}

#[async_trait]
impl AuthProvider for IdTokenProvider {
    fn auth_client(&self) -> &LitAuthClient {
        &self.auth_client
    }

    fn auth_method_type(&self) -> AuthMethodType {
        self.method
    }
}
