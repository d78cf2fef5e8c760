use std::time::Duration;

use alloy_primitives::B256;
use async_trait::async_trait;
use lit_node_transport::{HttpRequest, HttpUrl, TransportError};
use lit_session_crypto::{DISCORD_CLIENT_ID, discord_auth_method_id};
use lit_types::{AuthMethod, constants::AuthMethodType};
use serde::Deserialize;

use super::{
    AuthProvider, AuthProviderError, LitAuthClient, OAuthError, OAuthState, check_type,
    oauth::{OAuthLogin, Token},
};

/// Logins with Discord. The id of a method is that of the user, for which Discord is asked.
#[derive(Debug, Clone)]
pub struct DiscordProvider {
    auth_client: LitAuthClient,
    login: OAuthLogin,
    client_id: String,
}

impl DiscordProvider {
    /// Logins that come back to `redirect_uri`.
    #[must_use]
    pub fn new(auth_client: LitAuthClient, redirect_uri: HttpUrl) -> Self {
        Self {
            auth_client,
            login: OAuthLogin::new("discord", redirect_uri),
            client_id: DISCORD_CLIENT_ID.to_owned(),
        }
    }

    /// The application at Discord. Default: Lit's own, [`DISCORD_CLIENT_ID`].
    #[must_use]
    pub fn with_client_id(mut self, client_id: impl Into<String>) -> Self {
        self.client_id = client_id.into();
        self
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

    /// Takes the token from the URL that the browser came back with.
    ///
    /// # Errors
    /// [`OAuthError`].
    pub fn authenticate(
        &self,
        callback_url: &str,
        state: &OAuthState,
    ) -> Result<AuthMethod, OAuthError> {
        let token = self.login.token(callback_url, state, Token::Access)?;
        Ok(AuthMethod::new(AuthMethodType::Discord, token))
    }

    async fn user_id(&self, token: &str) -> Result<String, AuthProviderError> {
        #[derive(Deserialize)]
        struct User {
            id: String,
        }
        const TIMEOUT: Duration = Duration::from_secs(30);
        #[allow(clippy::expect_used, reason = "a constant")]
        let url: HttpUrl = "https://discord.com/api/users/@me"
            .parse()
            .expect("the URL of Discord is valid");
        let request = HttpRequest::get(url).with_header("authorization", format!("Bearer {token}"));
        let answer = self.auth_client.relay().http().request(request);
        let answer = tokio::time::timeout(TIMEOUT, answer)
            .await
            .unwrap_or(Err(TransportError::Timeout(TIMEOUT)))
            .map_err(AuthProviderError::Discord)?;
        if !(200..300).contains(&answer.status) {
            return Err(AuthProviderError::DiscordRefused {
                status: answer.status,
            });
        }
        let user: User = serde_json::from_slice(&answer.body)
            .map_err(|error| AuthProviderError::MalformedDiscordAnswer(error.into()))?;
        Ok(user.id)
    }
}

#[async_trait]
impl AuthProvider for DiscordProvider {
    fn auth_client(&self) -> &LitAuthClient {
        &self.auth_client
    }

    fn auth_method_type(&self) -> AuthMethodType {
        AuthMethodType::Discord
    }

    async fn auth_method_id(&self, method: &AuthMethod) -> Result<B256, AuthProviderError> {
        check_type(AuthMethodType::Discord, method)?;
        let user_id = self.user_id(&method.access_token).await?;
        Ok(discord_auth_method_id(&user_id, &self.client_id))
    }
}
