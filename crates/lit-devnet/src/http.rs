use std::{net::Ipv4Addr, sync::Arc};

use bytes::Bytes;
use hyper::{
    Method, Request, Response, StatusCode,
    header::{self, HeaderValue},
    http::request::Parts,
};
use lit_devnet_chain::{
    RpcService,
    http_server::{HttpServer, Limits, Service},
};
use lit_node::{MAX_BODY, Request as NodeRequest};
use lit_node_transport::HttpUrl;
use lit_types::NodeUrl;
use tokio::{net::TcpListener, task::JoinSet};

use crate::{
    DevnetBuilder, DevnetError,
    embedded_node::EmbeddedNode,
    served::Served,
    services,
    tls::Tls,
    urls::{http_url, memory_urls, url_of},
};

/// Where the network listens.
#[derive(Debug)]
pub(crate) struct Addresses {
    pub(crate) nodes: Vec<NodeUrl>,
    /// The URL of the chain's JSON-RPC.
    pub(crate) rpc: Option<HttpUrl>,
    pub(crate) services: Option<NodeUrl>,
}

/// The bound ports of a network that listens.
struct Ports {
    nodes: Vec<TcpListener>,
    rpc: TcpListener,
    services: TcpListener,
    tls: Option<Tls>,
    server: HttpServer,
}

/// The sockets of a network; none if it is in memory only.
pub(crate) struct Sockets(Option<Ports>);

impl Sockets {
    /// Binds all sockets that the builder asks for.
    pub(crate) async fn bind(
        builder: &DevnetBuilder,
        tls: Option<&Tls>,
    ) -> Result<(Addresses, Self), DevnetError> {
        let Some(first_port) = builder.http_port else {
            let addresses = Addresses {
                nodes: memory_urls(builder.nodes),
                rpc: None,
                services: None,
            };
            return Ok((addresses, Self(None)));
        };
        let (urls, nodes) = bind_nodes(first_port, builder.nodes, tls.is_some()).await?;
        let (rpc_url, rpc) = bind_one("http", builder.rpc_port).await?;
        let (services_url, services) = bind_one("http", builder.services_port).await?;
        let addresses = Addresses {
            nodes: urls,
            rpc: Some(http_url(&rpc_url)),
            services: Some(services_url),
        };
        Ok((
            addresses,
            Self(Some(Ports {
                nodes,
                rpc,
                services,
                tls: tls.cloned(),
                server: HttpServer::with_limits(builder.callers.clone(), limits(builder.nodes)),
            })),
        ))
    }

    /// Serves the network until the set is dropped.
    pub(crate) fn serve(self, network: &Served<'_>) -> JoinSet<()> {
        let mut servers = JoinSet::new();
        let Some(ports) = self.0 else {
            return servers;
        };
        let server = ports.server;
        let rpc = RpcService::new(network.chain.chain().clone());
        servers.spawn(serve(server.clone(), ports.rpc, rpc));
        for (listener, node) in ports.nodes.into_iter().zip(network.nodes.iter()) {
            let node = NodeService(Arc::clone(node));
            match ports.tls.clone() {
                None => servers.spawn(serve(server.clone(), listener, node)),
                Some(tls) => servers.spawn(serve_tls(server.clone(), listener, node, tls)),
            };
        }
        servers.spawn(serve(server, ports.services, services::service(network)));
        servers
    }
}

/// The limits of all listeners together. One request of the largest size to every node at once fits, because nodes that work on the
/// same request wait for one another.
fn limits(nodes: usize) -> Limits {
    let limits = Limits::default();
    Limits {
        received: limits.received.max(nodes * MAX_BODY),
        ..limits
    }
}

async fn serve<S: Service>(server: HttpServer, listener: TcpListener, service: S) {
    server.serve(listener, service).await;
}

#[cfg_attr(
    not(feature = "tls"),
    allow(
        unused_variables,
        reason = "without the feature `tls` there is no value of this type"
    )
)]
async fn serve_tls(server: HttpServer, listener: TcpListener, node: NodeService, tls: Tls) {
    let upgrade = move |stream| {
        let tls = tls.clone();
        async move { tls.accept(stream).await }
    };
    server.serve_upgraded(listener, node, upgrade).await;
}

/// Binds listeners on consecutive ports of 127.0.0.1, or on free ones if `first_port` is 0.
async fn bind_nodes(
    first_port: u16,
    nodes: usize,
    is_tls: bool,
) -> Result<(Vec<NodeUrl>, Vec<TcpListener>), DevnetError> {
    let (mut urls, mut listeners) = (Vec::with_capacity(nodes), Vec::with_capacity(nodes));
    let scheme = if is_tls { "https" } else { "http" };
    for i in 0..nodes {
        let port = match first_port {
            0 => 0,
            first => u16::try_from(usize::from(first) + i)
                .map_err(|_| DevnetError::PortRange { first_port, nodes })?,
        };
        let (url, listener) = bind_one(scheme, port).await?;
        urls.push(url);
        listeners.push(listener);
    }
    Ok((urls, listeners))
}

/// Binds a listener on a port of 127.0.0.1, or on a free one if `port` is 0.
async fn bind_one(scheme: &str, port: u16) -> Result<(NodeUrl, TcpListener), DevnetError> {
    let listen = |source| DevnetError::Listen { port, source };
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))
        .await
        .map_err(listen)?;
    let address = listener.local_addr().map_err(listen)?;
    Ok((url_of(scheme, "127.0.0.1", address.port()), listener))
}

/// A node over HTTP.
#[derive(Clone)]
struct NodeService(Arc<EmbeddedNode>);

impl Service for NodeService {
    const METHODS: &'static str = "GET, POST, PATCH, OPTIONS";

    fn max_body(&self, head: &Parts) -> usize {
        lit_node::max_body(head.uri.path())
    }

    /// A stopped node closes connections that the operating system accepted.
    fn is_open(&self) -> bool {
        !self.0.is_stopped()
    }

    async fn answer(&self, request: Request<Bytes>) -> Option<Response<Bytes>> {
        let (head, body) = request.into_parts();
        let headers = head
            .headers
            .iter()
            .map(|(name, value)| {
                (
                    name.as_str().to_owned(),
                    String::from_utf8_lossy(value.as_bytes()).into_owned(),
                )
            })
            .collect();
        let path = if head.method == Method::POST {
            head.uri.path()
        } else {
            ""
        };
        let incoming = NodeRequest {
            path: path.to_owned(),
            headers,
            body,
        };
        let answer = self.0.handle(incoming).await?;
        let status =
            StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = json(status, answer.body.into());
        let version = HeaderValue::from_static("1.0.18");
        response.headers_mut().insert("x-lit-node-version", version);
        Some(response)
    }

    /// JSON with a message and a code. The official client shows nothing else of a refusal.
    fn refusal(&self, status: StatusCode, problem: String) -> Response<Bytes> {
        let reason = status.canonical_reason().unwrap_or("refused");
        let code = reason.to_ascii_lowercase().replace(' ', "_");
        let body = serde_json::json!({ "message": problem, "errorCode": code });
        json(status, body.to_string().into())
    }
}

fn json(status: StatusCode, body: Bytes) -> Response<Bytes> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    response
}
