use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use lit_node_transport::{HttpClient, HttpRequest, HttpUrl};
use tokio::{sync, time::Instant};

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
            fetched: Mutex::default(),
            last_try: Arc::default(),
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
    /// The keys, and when they were fetched.
    fetched: Mutex<Option<(Arc<Jwks>, Instant)>>,
    /// Locked while keys are fetched.
    last_try: Arc<sync::Mutex<Option<Instant>>>,
}

impl PublishedKeys {
    /// Fetches the keys if they are old, or if this one is not among them. A task that waits for the fetch of another uses its keys. A
    /// known key never waits for a fetch that another key caused.
    async fn with(
        self: &Arc<Self>,
        id: Option<&str>,
        provider: JwtProvider,
    ) -> Result<Arc<Jwks>, AuthRefusal> {
        if let Some(keys) = self.current(id) {
            return Ok(keys);
        }
        let mut last_try = Arc::clone(&self.last_try).lock_owned().await;
        if let Some(keys) = self.current(id) {
            return Ok(keys);
        }
        let now = Instant::now();
        if last_try.is_none_or(|time| now.duration_since(time) >= PAUSE) {
            let this = Arc::clone(self);
            // A task of its own: others wait for the keys too, and this caller may disconnect.
            let fetching = tokio::spawn(async move {
                *last_try = Some(now);
                let keys = Arc::new(this.fetch(provider).await?);
                *this.fetched() = Some((keys, now));
                Ok(())
            });
            let result = fetching
                .await
                .unwrap_or(Err(AuthRefusal::NoKeys(provider.name())));
            // The keys that are known are of use until the issuer answers again.
            if let Err(error) = result
                && !self.knows(id)
            {
                return Err(error);
            }
        }
        let keys = self.fetched().as_ref().map(|(keys, _)| Arc::clone(keys));
        keys.ok_or(AuthRefusal::NoKeys(provider.name()))
    }

    fn knows(&self, id: Option<&str>) -> bool {
        let fetched = self.fetched();
        fetched.as_ref().is_some_and(|(keys, _)| keys.has(id))
    }

    /// The keys, if they are not old and this one is among them.
    fn current(&self, id: Option<&str>) -> Option<Arc<Jwks>> {
        let fetched = self.fetched();
        let (keys, time) = fetched.as_ref()?;
        (keys.has(id) && time.elapsed() < MAX_AGE).then(|| Arc::clone(keys))
    }

    /// Ignores poisoning: the keys change in one step.
    fn fetched(&self) -> MutexGuard<'_, Option<(Arc<Jwks>, Instant)>> {
        self.fetched.lock().unwrap_or_else(PoisonError::into_inner)
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
