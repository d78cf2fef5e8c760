use std::{fmt, sync::Arc, time::Duration};

use lit_node_transport::{HttpClient, HttpRequest, HttpUrl};
use lit_types::strict_json;
use serde::{Deserialize, de::DeserializeOwned};

use super::AuthRefusal;

/// The timeout of a call to a provider.
const DEADLINE: Duration = Duration::from_secs(10);

/// The API of a provider that verifies access tokens.
#[derive(Clone)]
pub struct OauthApi {
    client: Arc<dyn HttpClient>,
    base: HttpUrl,
}

impl fmt::Debug for OauthApi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("OauthApi").field(&self.base).finish()
    }
}

/// The user and the application of a Discord token, by `GET /oauth2/@me`.
pub(super) async fn discord(
    api: Option<&OauthApi>,
    token: &str,
) -> Result<(String, String), AuthRefusal> {
    const NAME: &str = "Discord";
    #[derive(Deserialize)]
    struct Answer {
        application: Id,
        // Missing if the token lacks the scope `identify`.
        user: Id,
    }
    #[derive(Deserialize)]
    struct Id {
        id: String,
    }
    let api = api.ok_or(AuthRefusal::NoService(NAME))?;
    if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(AuthRefusal::TokenUnknown(NAME));
    }
    let url = api.url("/oauth2/@me", NAME)?;
    let request = HttpRequest::get(url).with_header("authorization", format!("Bearer {token}"));
    let answer: Answer = api.ask(request, NAME).await?;
    Ok((answer.user.id, answer.application.id))
}

/// The user and the app of a Google access token, by `GET /oauth2/v3/tokeninfo`.
pub(super) async fn google(
    api: Option<&OauthApi>,
    token: &str,
) -> Result<(String, String), AuthRefusal> {
    const NAME: &str = "Google";
    #[derive(Deserialize)]
    struct Answer {
        sub: String,
        aud: String,
    }
    let api = api.ok_or(AuthRefusal::NoService(NAME))?;
    let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    if token.is_empty() || !token.bytes().all(unreserved) {
        return Err(AuthRefusal::TokenUnknown(NAME));
    }
    let url = api.url(&format!("/oauth2/v3/tokeninfo?access_token={token}"), NAME)?;
    let answer: Answer = api.ask(HttpRequest::get(url), NAME).await?;
    Ok((answer.sub, answer.aud))
}

impl OauthApi {
    /// The API at this URL, asked through this client.
    #[must_use]
    pub const fn new(client: Arc<dyn HttpClient>, base: HttpUrl) -> Self {
        Self { client, base }
    }

    fn url(&self, path: &str, name: &'static str) -> Result<HttpUrl, AuthRefusal> {
        self.base
            .join(path)
            .map_err(|_| AuthRefusal::NoService(name))
    }

    async fn ask<T: DeserializeOwned>(
        &self,
        request: HttpRequest,
        service: &'static str,
    ) -> Result<T, AuthRefusal> {
        let answer = tokio::time::timeout(DEADLINE, self.client.request(request))
            .await
            .map_err(|_| AuthRefusal::ServiceTimeout(service))?
            .map_err(|source| AuthRefusal::Service { service, source })?;
        match answer.status {
            200 => strict_json::from_slice(&answer.body)
                .map_err(|_| AuthRefusal::ServiceAnswer(service)),
            400..500 => Err(AuthRefusal::TokenUnknown(service)),
            _ => Err(AuthRefusal::ServiceAnswer(service)),
        }
    }
}
