use async_trait::async_trait;
use lit_node_transport::HttpUrl;
use lit_types::{AuthMethod, constants::AuthMethodType};

use super::{
    AuthProvider, LitAuthClient, OAuthError, OAuthState,
    oauth::{OAuthLogin, Token},
};

/// Logins with Google, by id token (JWT).
#[derive(Debug, Clone)]
pub struct GoogleProvider {
    auth_client: LitAuthClient,
    login: OAuthLogin,
}

impl GoogleProvider {
    /// Logins that come back to `redirect_uri`.
    #[must_use]
    pub fn new(auth_client: LitAuthClient, redirect_uri: HttpUrl) -> Self {
        Self {
            auth_client,
            login: OAuthLogin::new("google", redirect_uri),
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
        Ok(Self::auth_method(token))
    }

    /// The method of an id token that was had in another way, such as Google One Tap. Nodes verify it.
    #[must_use]
    pub fn auth_method(id_token: impl Into<String>) -> AuthMethod {
        AuthMethod::new(AuthMethodType::GoogleJwt, id_token)
    }
}

#[async_trait]
impl AuthProvider for GoogleProvider {
    fn auth_client(&self) -> &LitAuthClient {
        &self.auth_client
    }

    fn auth_method_type(&self) -> AuthMethodType {
        AuthMethodType::GoogleJwt
    }
}
