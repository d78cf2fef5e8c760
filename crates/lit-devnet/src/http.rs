use std::{net::Ipv4Addr, sync::Arc};

use bytes::Bytes;
use http_body_util::Full;
use hyper::{
    Method, Request, Response, StatusCode,
    body::Incoming as Body,
    header::{self, HeaderValue},
};
use lit_types::NodeUrl;
use tokio::net::TcpListener;

use crate::{
    DevnetError, listener,
    node::{Incoming, MAX_BODY, Node},
};

/// Binds listeners on consecutive ports of 127.0.0.1, or on free ones if `port` is 0.
pub(crate) async fn bind(
    first_port: u16,
    nodes: usize,
) -> Result<(Vec<NodeUrl>, Vec<TcpListener>), DevnetError> {
    let (mut urls, mut listeners) = (Vec::with_capacity(nodes), Vec::with_capacity(nodes));
    for i in 0..nodes {
        let port = match first_port {
            0 => 0,
            first => u16::try_from(usize::from(first) + i)
                .map_err(|_| DevnetError::PortRange { first_port, nodes })?,
        };
        let (url, listener) = bind_one(port).await?;
        urls.push(url);
        listeners.push(listener);
    }
    Ok((urls, listeners))
}

/// Binds a listener on a port of 127.0.0.1, or on a free one if `port` is 0.
pub(crate) async fn bind_one(port: u16) -> Result<(NodeUrl, TcpListener), DevnetError> {
    let listen = |source| DevnetError::Listen { port, source };
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))
        .await
        .map_err(listen)?;
    let address = listener.local_addr().map_err(listen)?;
    Ok((crate::start::node_url(address.port()), listener))
}

/// Serves one node until the task is aborted, which also closes its connections.
pub(crate) async fn serve(listener: TcpListener, node: Arc<Node>) {
    listener::accept(listener, |stream| {
        // A stopped node closes connections that the operating system accepted.
        if node.is_stopped() {
            return None;
        }
        let node = Arc::clone(&node);
        Some(listener::serve_http(stream, move |request| {
            answer(Arc::clone(&node), request)
        }))
    })
    .await;
}

/// Answers one request. An error closes the connection without a response.
async fn answer(node: Arc<Node>, request: Request<Body>) -> Result<Response<Full<Bytes>>, Stopped> {
    if request.method() == Method::OPTIONS {
        return Ok(with_cors(Response::new(Full::default())));
    }
    let (head, body) = request.into_parts();
    let body = match listener::read_body(body, MAX_BODY).await {
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
    let incoming = Incoming {
        path: path.to_owned(),
        headers,
        body,
    };
    let (status, body) = node.handle(incoming).await.ok_or(Stopped)?;
    let mut response = Response::new(Full::from(body));
    *response.status_mut() =
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json"),
    );
    Ok(with_cors(response))
}

/// Adds CORS headers: nodes accept calls from every origin.
fn with_cors(mut response: Response<Full<Bytes>>) -> Response<Full<Bytes>> {
    let headers = response.headers_mut();
    headers.extend(listener::cross_origin("GET, POST, PATCH, OPTIONS"));
    headers.insert("x-lit-node-version", HeaderValue::from_static("1.0.18"));
    response
}

#[derive(Debug, thiserror::Error)]
#[error("the node is stopped")]
struct Stopped;
