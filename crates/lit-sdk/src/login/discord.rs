use std::time::Duration;

use alloy_primitives::B256;
use async_trait::async_trait;
use lit_node_transport::{HttpRequest, HttpUrl, TransportError};
use lit_types::{AuthMethod, constants::AuthMethodType, strict_json};
use serde::Deserialize;

use super::{
    AuthProvider, AuthProviderError, LitAuthClient, OAuthError, OAuthState, check_type,
    oauth::{OAuthLogin, Token},
};
use crate::auth_method::{DISCORD_CLIENT_ID, discord_auth_method_id};

/// Logs in with Discord. The id of an auth method follows from the user id, which Discord returns.
///
/// ```
/// use lit_sdk::{AuthMethod, login::{DiscordProvider, LitAuthClient, OAuthError, OAuthState}};
///
/// fn log_in(client: LitAuthClient, callback_url: &str, state: &OAuthState) -> Result<AuthMethod, OAuthError> {
///     let redirect_uri = "https://example.com/callback".parse().expect("a URL");
///     let discord = DiscordProvider::new(client, redirect_uri);
///     println!("open {}", discord.login_url(state));
///     discord.authenticate(callback_url, state)
/// }
/// ```
#[derive(Debug, Clone)]
pub struct DiscordProvider {
    auth_client: LitAuthClient,
    login: OAuthLogin,
    client_id: String,
}

impl DiscordProvider {
    /// A provider with logins that return to `redirect_uri`.
    #[must_use]
    pub fn new(auth_client: LitAuthClient, redirect_uri: HttpUrl) -> Self {
        Self {
            auth_client,
            login: OAuthLogin::new("discord", redirect_uri),
            client_id: DISCORD_CLIENT_ID.to_owned(),
        }
    }

    /// Sets the id of the Discord application. Default: [`DISCORD_CLIENT_ID`].
    #[doc(alias = "clientId")]
    #[must_use]
    pub fn with_client_id(mut self, client_id: impl Into<String>) -> Self {
        self.client_id = client_id.into();
        self
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

    /// Reads the access token from the callback URL.
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
        let user: User = strict_json::from_slice(&answer.body)
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
