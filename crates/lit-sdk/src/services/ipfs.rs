use std::{fmt, sync::Arc, time::Duration};

use lit_contracts::ActionCid;
use lit_node_transport::{HttpClient, HttpRequest, HttpUrl, HttpUrlError, TransportError};
use lit_types::constants::FALLBACK_IPFS_GATEWAYS;

use crate::LitAction;

/// Gateways of IPFS, to fetch the code of a Lit Action here and send it along, where nodes cannot or shall not fetch it.
///
/// What a gateway gives is only taken if its CID is the one that was asked for.
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
    /// The gateways of the official client, over this client.
    pub fn new(http: Arc<dyn HttpClient>) -> Self {
        Self {
            http,
            urls: FALLBACK_IPFS_GATEWAYS.map(str::to_owned).to_vec(),
            timeout: Duration::from_secs(30),
        }
    }

    /// A gateway to ask before the others: a URL that a CID is put behind, such as `https://gateway.example/ipfs/`. A slash
    /// comes in between unless the URL ends in one, or in `=`.
    ///
    /// # Errors
    /// [`IpfsError::Url`].
    #[doc(alias = "gatewayUrl")]
    pub fn with_gateway(mut self, url: &str) -> Result<Self, IpfsError> {
        let _: HttpUrl = url.parse()?;
        let between = if url.ends_with(['/', '=']) { "" } else { "/" };
        self.urls.insert(0, format!("{url}{between}"));
        Ok(self)
    }

    /// How long one gateway may take. Default: 30 s.
    pub const fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// The action with this CIDv0, from the first gateway that gives it.
    ///
    /// # Errors
    /// [`IpfsError::Cid`], or [`IpfsError::Unavailable`] with what each gateway did.
    pub async fn fetch(&self, cid: &str) -> Result<LitAction, IpfsError> {
        if cid.parse::<ActionCid>().is_err() {
            return Err(IpfsError::Cid);
        }
        let mut failures = Vec::with_capacity(self.urls.len());
        for url in &self.urls {
            match self.fetch_from(url, cid).await {
                Ok(code) => return Ok(LitAction::code(code)),
                Err(failure) => failures.push(format!("{}: {failure}", origin(url))),
            }
        }
        Err(IpfsError::Unavailable(failures))
    }

    async fn fetch_from(&self, url: &str, cid: &str) -> Result<String, String> {
        let url: HttpUrl = format!("{url}{cid}")
            .parse()
            .map_err(|error: HttpUrlError| error.to_string())?;
        let answer = self.http.request(HttpRequest::get(url));
        let answer = tokio::time::timeout(self.timeout, answer)
            .await
            .unwrap_or(Err(TransportError::Timeout(self.timeout)))
            .map_err(|error| error.to_string())?;
        if !(200..300).contains(&answer.status) {
            return Err(format!("status {}", answer.status));
        }
        if ActionCid::of_code(&answer.body).to_string() != cid {
            return Err("what it gives has another CID".to_owned());
        }
        String::from_utf8(answer.body.to_vec()).map_err(|_| "the code is no text".to_owned())
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

/// Scheme and host of a URL. What follows is often a token.
fn origin(url: &str) -> &str {
    let host = url.find("://").map_or(0, |end| end + 3);
    let end = url[host..]
        .find(['/', '?'])
        .map_or(url.len(), |end| host + end);
    &url[..end]
}

/// Why the code of an action could not be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IpfsError {
    /// The URL of a gateway is none.
    #[error(transparent)]
    Url(#[from] HttpUrlError),
    /// Actions have CIDs of version 0.
    #[error("not the CIDv0 of a Lit Action")]
    Cid,
    /// No gateway gives it, or what it gives is something else: what each did, by scheme and host.
    #[error("no IPFS gateway gives the code: {}", .0.join("; "))]
    Unavailable(Vec<String>),
}
