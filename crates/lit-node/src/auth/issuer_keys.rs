use std::{fmt, sync::Arc, time::Duration};

use lit_node_transport::{HttpClient, HttpRequest, HttpUrl};
use tokio::{sync::Mutex, time::Instant};

use super::{AuthRefusal, JwtProvider, jwk::Jwks};

/// The timeout of one fetch.
const DEADLINE: Duration = Duration::from_secs(10);
/// The least time between two fetches, also after a failed one: anybody can name an unknown key.
const PAUSE: Duration = Duration::from_secs(10);
/// The age at which keys are fetched again, because the issuer may have withdrawn one.
const MAX_AGE: Duration = Duration::from_secs(600);
/// The largest key set, in bytes. Google's has some 1,500.
const MAX_BYTES: usize = 256 * 1024;

/// The keys of an issuer.
#[derive(Debug, Clone)]
pub(super) enum IssuerKeys {
    /// Keys that never change.
    Fixed(Arc<Jwks>),
    /// Keys that the issuer publishes. All nodes of a process share them.
    Published(Arc<PublishedKeys>),
}

impl IssuerKeys {
    pub(super) fn published(client: Arc<dyn HttpClient>, url: HttpUrl) -> Self {
        Self::Published(Arc::new(PublishedKeys {
            client,
            url,
            fetched: Mutex::new(Fetched::default()),
        }))
    }

    /// The issuer's keys. Published ones are fetched again if this key is not among them.
    pub(super) async fn with(
        &self,
        id: Option<&str>,
        provider: JwtProvider,
    ) -> Result<Arc<Jwks>, AuthRefusal> {
        match self {
            Self::Fixed(keys) => Ok(Arc::clone(keys)),
            Self::Published(keys) => keys.with(id, provider).await,
        }
    }
}

/// The keys behind a URL, fetched when they are needed.
pub(super) struct PublishedKeys {
    client: Arc<dyn HttpClient>,
    url: HttpUrl,
    fetched: Mutex<Fetched>,
}

#[derive(Default)]
struct Fetched {
    keys: Option<(Arc<Jwks>, Instant)>,
    last_try: Option<Instant>,
}

impl PublishedKeys {
    /// Fetches the keys if they are old, or if this one is not among them. A task that waits for the fetch of another uses its keys.
    async fn with(
        &self,
        id: Option<&str>,
        provider: JwtProvider,
    ) -> Result<Arc<Jwks>, AuthRefusal> {
        let mut fetched = self.fetched.lock().await;
        let now = Instant::now();
        let is_current = |(keys, time): &(Arc<Jwks>, Instant)| {
            keys.has(id) && now.duration_since(*time) < MAX_AGE
        };
        let may_fetch = (fetched.last_try).is_none_or(|time| now.duration_since(time) >= PAUSE);
        if may_fetch && !fetched.keys.as_ref().is_some_and(is_current) {
            fetched.last_try = Some(now);
            match self.fetch(provider).await {
                Ok(keys) => fetched.keys = Some((Arc::new(keys), now)),
                // The keys that are known are of use until the issuer answers again.
                Err(error) if fetched.keys.as_ref().is_none_or(|(keys, _)| !keys.has(id)) => {
                    return Err(error);
                }
                Err(_) => {}
            }
        }
        let keys = fetched.keys.as_ref().map(|(keys, _)| Arc::clone(keys));
        keys.ok_or(AuthRefusal::NoKeys(provider.name()))
    }

    async fn fetch(&self, provider: JwtProvider) -> Result<Jwks, AuthRefusal> {
        let service = provider.name();
        let request = HttpRequest::get(self.url.clone()).with_header("accept", "application/json");
        let answer = tokio::time::timeout(DEADLINE, self.client.request(request))
            .await
            .map_err(|_| AuthRefusal::ServiceTimeout(service))?
            .map_err(|source| AuthRefusal::Service { service, source })?;
        let malformed = || AuthRefusal::ServiceAnswer(service);
        if answer.status != 200 || answer.body.len() > MAX_BYTES {
            return Err(malformed());
        }
        let text = std::str::from_utf8(&answer.body).map_err(|_| malformed())?;
        Jwks::parse(text).map_err(|_| malformed())
    }
}

impl fmt::Debug for PublishedKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PublishedKeys")
            .field("url", &self.url)
            .finish_non_exhaustive()
    }
}
