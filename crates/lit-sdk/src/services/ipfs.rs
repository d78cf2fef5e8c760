use std::{error::Error, fmt, iter, sync::Arc, time::Duration};

use lit_node_transport::{HttpClient, HttpRequest, HttpUrl, HttpUrlError, TransportError};
use lit_types::{ActionCid, ActionCidError, constants::FALLBACK_IPFS_GATEWAYS};

use crate::LitAction;

/// Fetches the code of Lit Actions from IPFS gateways, for nodes that cannot fetch it themselves.
///
/// The code is only returned if it has the requested CID.
///
/// ```no_run
/// use lit_sdk::{LitAction, services::IpfsGateways};
///
/// # async fn run(gateways: IpfsGateways) -> Result<LitAction, lit_sdk::services::IpfsError> {
/// let action = gateways.fetch("QmUjX8MW6StQ7NKNdaS6g4RMkvN5hcgtKmEi8Mca6oX4t3").await?.with_param("magicNumber", 42);
/// # Ok(action)
/// # }
/// ```
#[doc(alias = "ipfsOptions")]
#[doc(alias = "overwriteCode")]
#[derive(Clone)]
#[must_use]
pub struct IpfsGateways {
    http: Arc<dyn HttpClient>,
    urls: Vec<String>,
    timeout: Duration,
}

#[cfg(feature = "http")]
impl Default for IpfsGateways {
    fn default() -> Self {
        Self::new(Arc::new(lit_node_transport::HttpTransport::new()))
    }
}

impl IpfsGateways {
    /// The gateways of the official client, through this HTTP client.
    pub fn new(http: Arc<dyn HttpClient>) -> Self {
        Self {
            http,
            urls: FALLBACK_IPFS_GATEWAYS.map(str::to_owned).to_vec(),
            timeout: Duration::from_secs(30),
        }
    }

    /// Adds a gateway that is asked before the others, such as `https://gateway.example/ipfs/`.
    ///
    /// The CID is appended to the URL, after a slash unless the URL ends in `/` or `=`.
    ///
    /// # Errors
    /// [`IpfsError::InvalidUrl`].
    #[doc(alias = "gatewayUrl")]
    pub fn with_gateway(mut self, url: &str) -> Result<Self, IpfsError> {
        let _: HttpUrl = url.parse()?;
        let between = if url.ends_with(['/', '=']) { "" } else { "/" };
        self.urls.insert(0, format!("{url}{between}"));
        Ok(self)
    }

    /// Sets the timeout of each gateway. Default: 30 s.
    pub const fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Fetches the action with this CIDv0 from the first gateway that returns it.
    ///
    /// # Errors
    /// [`IpfsError::InvalidCid`]; [`IpfsError::Unavailable`] with the failure of each gateway.
    pub async fn fetch(&self, cid: &str) -> Result<LitAction, IpfsError> {
        let cid: ActionCid = cid.parse()?;
        let mut failures = Vec::with_capacity(self.urls.len());
        for url in &self.urls {
            match self.fetch_from(url, cid).await {
                Ok(code) => return Ok(LitAction::code(code)),
                Err(error) => failures.push(GatewayFailure {
                    gateway: origin(url).to_owned(),
                    error,
                }),
            }
        }
        Err(IpfsError::Unavailable(failures))
    }

    async fn fetch_from(&self, url: &str, cid: ActionCid) -> Result<String, GatewayError> {
        let url: HttpUrl = format!("{url}{cid}").parse()?;
        let answer = self.http.request(HttpRequest::get(url));
        let answer = tokio::time::timeout(self.timeout, answer)
            .await
            .map_err(|_| TransportError::Timeout(self.timeout))??;
        if !(200..300).contains(&answer.status) {
            return Err(GatewayError::Status(answer.status));
        }
        let found = ActionCid::of_code(&answer.body);
        if found != cid {
            return Err(GatewayError::WrongCid(found));
        }
        String::from_utf8(answer.body.to_vec()).map_err(|_| GatewayError::NotUtf8)
    }
}

impl fmt::Debug for IpfsGateways {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IpfsGateways")
            .field(
                "urls",
                &self.urls.iter().map(|url| origin(url)).collect::<Vec<_>>(),
            )
            .finish_non_exhaustive()
    }
}

/// Scheme and host of a URL. The rest often contains a token.
fn origin(url: &str) -> &str {
    let host = url.find("://").map_or(0, |end| end + 3);
    let end = url[host..]
        .find(['/', '?'])
        .map_or(url.len(), |end| host + end);
    &url[..end]
}

/// A failure to fetch the code of an action.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IpfsError {
    /// The URL of a gateway is malformed.
    #[error("invalid URL of an IPFS gateway")]
    InvalidUrl(#[from] HttpUrlError),
    /// The CID is malformed. Lit Actions have CIDs of version 0.
    #[error("invalid CID of a Lit Action")]
    InvalidCid(#[from] ActionCidError),
    /// No gateway returned the code.
    #[error("no IPFS gateway returned the code: {}", join(.0))]
    Unavailable(Vec<GatewayFailure>),
}

/// The failure of one IPFS gateway, with all its causes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{gateway}: {}", chain(.error))]
#[non_exhaustive]
pub struct GatewayFailure {
    /// Scheme and host of the gateway.
    pub gateway: String,
    /// The failure.
    pub error: GatewayError,
}

/// A failure of an IPFS gateway.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GatewayError {
    /// The CID cannot be appended to the URL.
    #[error(transparent)]
    InvalidUrl(#[from] HttpUrlError),
    /// The gateway did not answer.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// The gateway answered with an error.
    #[error("status {0}")]
    Status(u16),
    /// The returned file has another CID.
    #[error("the returned file has the CID {0}")]
    WrongCid(ActionCid),
    /// The code is not UTF-8.
    #[error("the code is not UTF-8")]
    NotUtf8,
}

fn join(failures: &[GatewayFailure]) -> String {
    let texts: Vec<String> = failures.iter().map(ToString::to_string).collect();
    texts.join("; ")
}

/// An error and its causes on one line.
fn chain(error: &dyn Error) -> String {
    let errors = iter::successors(Some(error), |error| (*error).source());
    errors
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(": ")
}
