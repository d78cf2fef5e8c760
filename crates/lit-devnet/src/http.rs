use std::{net::Ipv4Addr, sync::Arc};

use bytes::Bytes;
use http_body_util::Full;
use hyper::{
    Method, Request, Response, StatusCode,
    body::Incoming as Body,
    header::{self, HeaderValue},
};
use lit_devnet_chain::http_server;
use lit_node::{MAX_BODY, Request as NodeRequest};
use lit_node_transport::HttpUrl;
use lit_types::NodeUrl;
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinSet,
};

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
            })),
        ))
    }

    /// Serves the network until the set is dropped.
    pub(crate) fn serve(self, network: &Served<'_>) -> JoinSet<()> {
        let mut servers = JoinSet::new();
        let Some(ports) = self.0 else {
            return servers;
        };
        servers.spawn(lit_devnet_chain::serve(
            ports.rpc,
            network.chain.chain().clone(),
        ));
        for (listener, node) in ports.nodes.into_iter().zip(network.nodes.iter()) {
            servers.spawn(serve(listener, ports.tls.clone(), Arc::clone(node)));
        }
        servers.spawn(services::serve(ports.services, services::router(network)));
        servers
    }
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

/// Serves one node until the task is aborted, which also closes its connections.
async fn serve(listener: TcpListener, tls: Option<Tls>, node: Arc<EmbeddedNode>) {
    http_server::accept(listener, |stream| {
        // A stopped node closes connections that the operating system accepted.
        if node.is_stopped() {
            return None;
        }
        Some(serve_one(stream, tls.clone(), Arc::clone(&node)))
    })
    .await;
}

/// Serves one connection until it closes.
async fn serve_one(stream: TcpStream, tls: Option<Tls>, node: Arc<EmbeddedNode>) {
    let answer = move |request| answer(Arc::clone(&node), request);
    let Some(tls) = tls else {
        return http_server::serve_http(stream, answer).await;
    };
    if let Some(stream) = tls.accept(stream).await {
        http_server::serve_http(stream, answer).await;
    }
}

/// Answers one request. An error closes the connection without a response.
async fn answer(
    node: Arc<EmbeddedNode>,
    request: Request<Body>,
) -> Result<Response<Full<Bytes>>, Stopped> {
    if request.method() == Method::OPTIONS {
        return Ok(with_cors(Response::new(Full::default())));
    }
    let (head, body) = request.into_parts();
    let body = match http_server::read_body(body, MAX_BODY).await {
        Ok(body) => body,
        Err(refusal) => return Ok(with_cors(refusal)),
    };
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
    let answer = node.handle(incoming).await.ok_or(Stopped)?;
    let mut response = Response::new(Full::from(answer.body));
    *response.status_mut() =
        StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json"),
    );
    Ok(with_cors(response))
}

/// Adds CORS headers: nodes accept calls from every origin.
fn with_cors(mut response: Response<Full<Bytes>>) -> Response<Full<Bytes>> {
    let headers = response.headers_mut();
    headers.extend(http_server::cross_origin("GET, POST, PATCH, OPTIONS"));
    headers.insert("x-lit-node-version", HeaderValue::from_static("1.0.18"));
    response
}

#[derive(Debug, thiserror::Error)]
#[error("the node is stopped")]
struct Stopped;
