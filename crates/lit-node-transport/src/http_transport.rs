use std::{error::Error, io, iter, sync::Arc, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use http::{Method, Request, Response, Uri};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper_rustls::HttpsConnector;
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioTimer},
};
use lit_types::{NodeUrl, NodeUrlError};
use rustls::{CertificateError, ClientConfig, RootCertStore};

use crate::{
    Cause, HttpClient, HttpRequest, HttpResponse, MEMORY_NODE_HOST, NodeRequest, NodeResponse,
    NodeTransport, RootCertificates, TransportError, Turn,
    http_connector::TimedConnector,
    lanes::{Bounds, Lanes},
};

/// Requests over HTTP/1.1, with connections kept alive, TLS by rustls with the web's root certificates and
/// [others](HttpTransportBuilder::with_root_certificates), and a limit on the size of answers.
///
/// A connection carries one request at a time. It bounds how many are in flight, and queues the others until a connection is
/// free or their caller gives up. Clones share the connections.
///
/// Plain `http` is used to this machine only, unless allowed by name.
#[derive(Debug, Clone)]
pub struct HttpTransport {
    client: Client<TimedConnector<HttpsConnector<HttpConnector>>, Full<Bytes>>,
    lanes: Lanes,
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
            write_timeout: Duration::from_secs(20),
            max_connections: 256,
            max_connections_per_node: 32,
            max_idle_per_node: 8,
            idle_timeout: Duration::from_secs(60),
            root_certificates: None,
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
    write_timeout: Duration,
    max_connections: usize,
    max_connections_per_node: usize,
    max_idle_per_node: usize,
    idle_timeout: Duration,
    root_certificates: Option<RootCertificates>,
}

impl HttpTransportBuilder {
    /// Limits the size of an answer, in bytes. Default: 8 MiB.
    pub const fn with_max_body_bytes(mut self, limit: usize) -> Self {
        self.max_body_bytes = limit;
        self
    }

    /// Allows plain `http` to other machines. Anyone on the path can then read and use the credentials. Default: no.
    pub const fn with_insecure_http(mut self, allow: bool) -> Self {
        self.allow_insecure_http = allow;
        self
    }

    /// Limits how long connecting takes, with finding the address and TLS. Default: 10 s.
    pub const fn with_connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// Limits how long a server may read nothing of a request. Default: 20 s.
    pub const fn with_write_timeout(mut self, timeout: Duration) -> Self {
        self.write_timeout = timeout;
        self
    }

    /// Limits how many requests are in flight in all. Each has a connection, which is a file descriptor. Default: 256.
    ///
    /// The servers share them equally, so that one that hangs does not hold up the others. Each server may have one, even if there
    /// are more servers than this. A request over the limit waits for its turn. This counts towards its timeout, and the error
    /// then says that it was queued ([`TransportError::Queued`]).
    pub const fn with_max_connections(mut self, limit: usize) -> Self {
        self.max_connections = limit;
        self
    }

    /// Limits how many requests are in flight to one server. Default: 32.
    pub const fn with_max_connections_per_node(mut self, limit: usize) -> Self {
        self.max_connections_per_node = limit;
        self
    }

    /// Limits how many connections to one server are kept for later requests. Default: 8.
    pub const fn with_max_idle_per_node(mut self, limit: usize) -> Self {
        self.max_idle_per_node = limit;
        self
    }

    /// Sets how long a connection is kept for later requests. Default: 60 s.
    pub const fn with_idle_timeout(mut self, timeout: Duration) -> Self {
        self.idle_timeout = timeout;
        self
    }

    /// Trusts these root certificates besides those of the web. Default: none.
    pub fn with_root_certificates(mut self, certificates: RootCertificates) -> Self {
        self.root_certificates = Some(certificates);
        self
    }

    /// The transport.
    #[must_use]
    pub fn build(self) -> HttpTransport {
        let mut http = HttpConnector::new();
        http.set_nodelay(true);
        http.enforce_http(false);
        let mut roots = RootCertStore::from_iter(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
        roots.extend(
            self.root_certificates
                .iter()
                .flat_map(RootCertificates::anchors),
        );
        // Not the process-wide default: an application may link another provider beside this one.
        let provider = rustls::crypto::ring::default_provider();
        #[allow(
            clippy::expect_used,
            reason = "ring supports the default protocol versions, the only error there is"
        )]
        let tls = ClientConfig::builder_with_provider(Arc::new(provider))
            .with_safe_default_protocol_versions()
            .expect("ring supports TLS 1.2 and 1.3")
            .with_root_certificates(roots)
            .with_no_client_auth();
        let https = hyper_rustls::HttpsConnectorBuilder::new()
            .with_tls_config(tls)
            .https_or_http()
            .enable_http1()
            .wrap_connector(http);
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(self.idle_timeout)
            .pool_max_idle_per_host(self.max_idle_per_node)
            .build(TimedConnector {
                connector: https,
                connect_timeout: self.connect_timeout,
                write_timeout: self.write_timeout,
            });
        HttpTransport {
            client,
            lanes: Lanes::new(Bounds {
                all: self.max_connections,
                per_server: self.max_connections_per_node,
            }),
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
            turn,
        } = request;
        let url = node.endpoint(endpoint);
        let request = HttpParts {
            method: Method::POST,
            url: &url,
            headers,
            body,
        };
        let response = self.ask(&node, request, turn).await?;
        Ok(NodeResponse {
            status: response.status,
            body: response.body,
        })
    }

    fn turns(&self, nodes: &[&NodeUrl]) -> Vec<Turn> {
        self.lanes.turns(nodes.iter().map(|node| server(node)))
    }
}

/// Does not follow redirects: the request carries credentials, and where it goes is the caller's decision.
#[async_trait]
impl HttpClient for HttpTransport {
    async fn request(&self, request: HttpRequest) -> Result<HttpResponse, TransportError> {
        let HttpRequest {
            method,
            url,
            headers,
            body,
        } = request;
        let request = HttpParts {
            method,
            url: url.as_str(),
            headers,
            body,
        };
        self.ask(url.origin(), request, Turn::default()).await
    }
}

impl HttpTransport {
    /// Sends any request as it is, and follows no redirects. The body of the answer is not read yet.
    ///
    /// # Errors
    /// [`TransportError`] when there is no answer.
    pub async fn exchange(
        &self,
        request: Request<Bytes>,
    ) -> Result<Response<AnswerBody>, TransportError> {
        let origin =
            origin_of(request.uri()).map_err(|error| TransportError::Request(error.into()))?;
        self.check(&origin)?;
        let turn = self.lanes.turn(&server(&origin)).await;
        self.send_any(request, turn).await
    }

    /// Sends a request to a URL of this origin.
    async fn ask(
        &self,
        origin: &NodeUrl,
        request: HttpParts<'_>,
        turn: Turn,
    ) -> Result<HttpResponse, TransportError> {
        self.check(origin)?;
        let mut http = Request::builder().method(request.method).uri(request.url);
        for (name, value) in request.headers {
            http = http.header(name, value);
        }
        let http = http
            .body(request.body)
            .map_err(|error| TransportError::Request(error.into()))?;
        let turn = if turn.is_new() {
            self.lanes.turn(&server(origin)).await
        } else {
            turn.wait().await;
            turn
        };
        let (head, body) = self.send_any(http, turn).await?.into_parts();
        Ok(HttpResponse {
            status: head.status.as_u16(),
            body: body.read(self.max_body_bytes).await?,
        })
    }

    /// Whether this transport may send to this origin.
    fn check(&self, origin: &NodeUrl) -> Result<(), TransportError> {
        if origin.host() == MEMORY_NODE_HOST {
            return Err(TransportError::MemoryNode {
                node: origin.clone(),
            });
        }
        if !origin.is_https() && !origin.is_loopback() && !self.allow_insecure_http {
            return Err(TransportError::InsecureUrl);
        }
        Ok(())
    }

    async fn send_any(
        &self,
        request: Request<Bytes>,
        turn: Turn,
    ) -> Result<Response<AnswerBody>, TransportError> {
        let sent = self.client.request(request.map(Full::new)).await;
        let answer = sent.map_err(|error| {
            if is_untrusted(&error) {
                TransportError::UntrustedCertificate(Cause::innermost(error))
            } else if error.is_connect() {
                TransportError::Connect(Cause::innermost(error))
            } else {
                TransportError::Io(Cause::innermost(error))
            }
        })?;
        Ok(answer.map(|body| AnswerBody { body, _turn: turn }))
    }
}

/// Scheme, host and port, without a user.
fn origin_of(uri: &Uri) -> Result<NodeUrl, NodeUrlError> {
    let (scheme, host) = (uri.scheme_str(), uri.host());
    let port = uri
        .port()
        .map_or_else(String::new, |port| format!(":{port}"));
    format!(
        "{}://{}{port}",
        scheme.unwrap_or_default(),
        host.unwrap_or_default()
    )
    .parse()
}

/// The name of a server among the lanes: the same for all spellings of its URL.
fn server(origin: &NodeUrl) -> String {
    let scheme = if origin.is_https() { "https" } else { "http" };
    format!("{scheme}://{}", origin.host_and_port())
}

/// Whether the root of a server's certificate is unknown.
fn is_untrusted(error: &(dyn Error + 'static)) -> bool {
    let unknown = rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer);
    iter::successors(Some(error), |error| cause_of(*error))
        .filter_map(|error| error.downcast_ref::<rustls::Error>())
        .any(|error| *error == unknown)
}

/// The error inside an error. For an I/O error, `source` skips the error that it wraps.
fn cause_of<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    match error.downcast_ref::<io::Error>() {
        Some(error) => error.get_ref().map(|inner| inner as _),
        None => error.source(),
    }
}

/// The body of an answer, which is on its way. Dropping it gives it up.
#[derive(Debug)]
pub struct AnswerBody {
    body: Incoming,
    /// The connection is in use until the body is read.
    _turn: Turn,
}

/// A request before it is put together.
struct HttpParts<'a> {
    method: Method,
    url: &'a str,
    headers: Vec<(&'static str, String)>,
    body: Bytes,
}

impl AnswerBody {
    /// Reads the whole body.
    ///
    /// # Errors
    /// [`TransportError::TooLarge`] for more than `max_bytes`, [`TransportError::Io`] if the connection fails.
    pub async fn read(self, max_bytes: usize) -> Result<Bytes, TransportError> {
        let body = Limited::new(self.body, max_bytes).collect().await;
        let body = body.map_err(|error| {
            if error.is::<LengthLimitError>() {
                TransportError::TooLarge { limit: max_bytes }
            } else {
                TransportError::Io(Cause::innermost(error))
            }
        })?;
        Ok(body.to_bytes())
    }
}

#[cfg(test)]
mod tests;
