use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::{Method, Request};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper_rustls::HttpsConnector;
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioTimer},
};

use crate::{NodeRequest, NodeResponse, NodeTransport, TransportError};

/// Requests over HTTP/1.1, with connections kept alive, TLS by rustls with the web's root certificates, and a limit on the
/// size of answers.
///
/// Plain `http` is used to this machine only, unless allowed by name.
#[derive(Debug, Clone)]
pub struct HttpTransport {
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    max_body_bytes: usize,
    allow_insecure_http: bool,
}

impl HttpTransport {
    /// Settings.
    pub const fn builder() -> HttpTransportBuilder {
        HttpTransportBuilder {
            max_body_bytes: 8 * 1024 * 1024,
            allow_insecure_http: false,
            connect_timeout: Duration::from_secs(10),
        }
    }

    /// With default settings.
    #[must_use]
    pub fn new() -> Self {
        Self::builder().build()
    }
}

impl Default for HttpTransport {
    fn default() -> Self {
        Self::new()
    }
}

/// Settings of a [`HttpTransport`].
#[derive(Debug, Clone)]
#[must_use]
pub struct HttpTransportBuilder {
    max_body_bytes: usize,
    allow_insecure_http: bool,
    connect_timeout: Duration,
}

impl HttpTransportBuilder {
    /// The largest answer that is read, in bytes. Default: 8 MiB.
    pub const fn max_body_bytes(mut self, limit: usize) -> Self {
        self.max_body_bytes = limit;
        self
    }

    /// Send credentials over plain `http` to other machines. Whoever is on the way can use them. Default: no.
    pub const fn allow_insecure_http(mut self, allow: bool) -> Self {
        self.allow_insecure_http = allow;
        self
    }

    /// How long connecting may take. Default: 10 s.
    pub const fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// The transport.
    #[must_use]
    pub fn build(self) -> HttpTransport {
        let mut http = HttpConnector::new();
        http.set_nodelay(true);
        http.enforce_http(false);
        http.set_connect_timeout(Some(self.connect_timeout));
        // Not the process-wide default: an application may link another provider beside this one.
        let provider = rustls::crypto::ring::default_provider();
        #[allow(
            clippy::expect_used,
            reason = "ring supports the default protocol versions, the only error there is"
        )]
        let https = hyper_rustls::HttpsConnectorBuilder::new()
            .with_provider_and_webpki_roots(provider)
            .expect("ring supports TLS 1.2 and 1.3")
            .https_or_http()
            .enable_http1()
            .wrap_connector(http);
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(Duration::from_secs(60))
            .pool_max_idle_per_host(32)
            .build(https);
        HttpTransport {
            client,
            max_body_bytes: self.max_body_bytes,
            allow_insecure_http: self.allow_insecure_http,
        }
    }
}

#[async_trait]
impl NodeTransport for HttpTransport {
    async fn send(&self, request: NodeRequest) -> Result<NodeResponse, TransportError> {
        let NodeRequest {
            node,
            endpoint,
            headers,
            body,
        } = request;
        if !node.is_https() && !node.is_loopback() && !self.allow_insecure_http {
            return Err(TransportError::InsecureUrl);
        }
        let mut http = Request::builder()
            .method(Method::POST)
            .uri(node.endpoint(endpoint));
        for (name, value) in headers {
            http = http.header(name, value);
        }
        let http = http
            .body(Full::new(body))
            .map_err(|error| TransportError::Request(error.to_string()))?;

        let response = self.client.request(http).await.map_err(|error| {
            let reason = root_cause(&error);
            if error.is_connect() {
                TransportError::Connect(reason)
            } else {
                TransportError::Io(reason)
            }
        })?;
        let status = response.status().as_u16();
        let limit = self.max_body_bytes;
        let body = Limited::new(response.into_body(), limit)
            .collect()
            .await
            .map_err(|error| {
                if error.is::<LengthLimitError>() {
                    TransportError::TooLarge { limit }
                } else {
                    TransportError::Io(root_cause(error.as_ref()))
                }
            })?;
        Ok(NodeResponse {
            status,
            body: body.to_bytes(),
        })
    }
}

/// The innermost error says what happened; those around it only say where.
fn root_cause(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}
