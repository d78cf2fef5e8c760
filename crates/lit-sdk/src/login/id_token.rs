use async_trait::async_trait;
use lit_node_transport::HttpUrl;
use lit_types::{AuthMethod, constants::AuthMethodType};

use super::{
    AuthProvider, LitAuthClient, OAuthError, OAuthState,
    oauth::{OAuthLogin, Token},
};

/// Logins with Google or Apple, by id token (JWT).
#[doc(alias = "GoogleProvider")]
#[doc(alias = "AppleProvider")]
#[derive(Debug, Clone)]
pub struct IdTokenProvider {
    auth_client: LitAuthClient,
    login: OAuthLogin,
    method: AuthMethodType,
}

impl IdTokenProvider {
    /// Logins with Google that come back to `redirect_uri`.
    #[must_use]
    pub fn google(auth_client: LitAuthClient, redirect_uri: HttpUrl) -> Self {
        Self {
            auth_client,
            login: OAuthLogin::new("google", redirect_uri),
            method: AuthMethodType::GoogleJwt,
        }
    }

    /// Logins with Apple that come back to `redirect_uri`.
    #[must_use]
    pub fn apple(auth_client: LitAuthClient, redirect_uri: HttpUrl) -> Self {
        Self {
            auth_client,
            login: OAuthLogin::new("apple", redirect_uri),
            method: AuthMethodType::AppleJwt,
        }
    }

    /// Where to send browsers to log in. Default: Lit's own, `https://login.litgateway.com`.
    #[must_use]
    pub fn with_gateway(mut self, gateway: HttpUrl) -> Self {
        self.login.gateway = Some(gateway);
        self
    }

    /// Where to send the browser.
    #[doc(alias = "signIn")]
    #[must_use]
    pub fn login_url(&self, state: &OAuthState) -> String {
        self.login.url(state)
    }

    /// Takes the id token from the URL that the browser came back with.
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

    /// The method of an id token that was had in another way, such as Google One Tap. Nodes verify it.
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
