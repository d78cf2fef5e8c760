use std::{fmt, sync::Arc, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;

use super::{VcekId, certificate};
use crate::{HttpClient, HttpRequest, HttpUrl, HttpUrlError, TransportError};

/// Gets the certificates of chips.
///
/// What it returns is verified, so that a wrong certificate can only make a node fail.
#[async_trait]
pub trait VcekSource: fmt::Debug + Send + Sync + 'static {
    /// The certificate of a chip with this firmware, in DER.
    ///
    /// # Errors
    /// [`VcekSourceError`]
    async fn certificate(&self, id: &VcekId) -> Result<Bytes, VcekSourceError>;
}

/// Gets certificates from AMD's key distribution service.
///
/// AMD answers few requests a minute from one address. [`AttestationVerifier`](super::AttestationVerifier) keeps what it has.
pub struct HttpVcekSource {
    http: Arc<dyn HttpClient>,
    /// In the order in which they are asked.
    servers: Vec<HttpUrl>,
    timeout: Duration,
}

impl HttpVcekSource {
    /// AMD's key distribution service.
    pub const AMD: &str = "https://kdsintf.amd.com";
    /// The same through Lit's proxy, which the official client asks first. Browsers need it.
    pub const LIT_PROXY: &str = "https://cors.litgateway.com/https://kdsintf.amd.com";

    /// Asks these servers, one after the other until one has the certificate. Each is a base URL such as [`HttpVcekSource::AMD`].
    ///
    /// # Errors
    /// [`HttpUrlError`] for a malformed URL.
    pub fn new<'a>(
        http: Arc<dyn HttpClient>,
        servers: impl IntoIterator<Item = &'a str>,
    ) -> Result<Self, HttpUrlError> {
        let servers = servers.into_iter().map(str::parse);
        Ok(Self {
            http,
            servers: servers.collect::<Result<_, _>>()?,
            timeout: Duration::from_secs(5),
        })
    }

    /// Sets the timeout of a request. Default: 5 s.
    #[must_use]
    pub const fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    async fn ask(&self, server: &HttpUrl, path: &str) -> Result<Bytes, VcekSourceError> {
        let url = server.join(path).map_err(VcekSourceError::Url)?;
        let request = HttpRequest::get(url);
        let answer = tokio::time::timeout(self.timeout, self.http.request(request))
            .await
            .map_err(|_| TransportError::Timeout(self.timeout))
            .flatten()
            .map_err(|error| VcekSourceError::Transport(error.into()))?;
        match answer.status {
            // A proxy may answer with a page.
            200 if certificate::parse(&answer.body).is_err() => {
                Err(VcekSourceError::NotACertificate)
            }
            200 => Ok(answer.body),
            status => Err(VcekSourceError::Status(status)),
        }
    }
}

#[async_trait]
impl VcekSource for HttpVcekSource {
    async fn certificate(&self, id: &VcekId) -> Result<Bytes, VcekSourceError> {
        let path = id.path();
        let mut failure = VcekSourceError::Unknown;
        for server in &self.servers {
            match self.ask(server, &path).await {
                Ok(certificate) => return Ok(certificate),
                Err(error) => {
                    tracing::debug!(?server, %error, "no certificate for {id:?}");
                    failure = error;
                }
            }
        }
        Err(failure)
    }
}

impl fmt::Debug for HttpVcekSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpVcekSource")
            .field("servers", &self.servers)
            .finish_non_exhaustive()
    }
}

/// Why a certificate could not be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VcekSourceError {
    /// The source has no such certificate.
    #[error("unknown chip or firmware")]
    Unknown,
    /// The server did not answer.
    #[error("no answer from the key distribution service")]
    Transport(#[source] Box<TransportError>),
    /// The server refused.
    #[error("the key distribution service answered with status {0}")]
    Status(u16),
    /// The server answered with something else, such as a page.
    #[error("the key distribution service did not answer with a certificate")]
    NotACertificate,
    /// The URL of the server cannot be extended with a path.
    #[error("unusable URL of the key distribution service")]
    Url(#[source] HttpUrlError),
}

impl VcekSourceError {
    /// Whether the certificate may be had later.
    #[must_use]
    pub const fn is_retryable(&self) -> bool {
        match self {
            Self::Transport(_) => true,
            Self::Status(status) => matches!(status, 408 | 429 | 500..),
            Self::Unknown | Self::NotACertificate | Self::Url(_) => false,
        }
    }
}
