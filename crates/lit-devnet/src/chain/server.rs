use std::convert::Infallible;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::{
    Method, Request, Response, StatusCode,
    body::{Body, Incoming},
    header::{self, HeaderValue},
};
use tokio::net::TcpListener;

use super::Chain;
use crate::listener;

/// The largest request that is read, in bytes.
const MAX_BODY: usize = 16 * 1024 * 1024;

/// Answers JSON-RPC over HTTP/1.1, on every path, until the future is dropped; connections end with it.
///
/// Every web page may call it, and whoever can call it can change the chain: listen on this machine only.
pub async fn serve(listener: TcpListener, chain: Chain) {
    listener::accept(listener, |stream| {
        let chain = chain.clone();
        Some(listener::serve_http(stream, move |request| {
            let chain = chain.clone();
            async move { Ok::<_, Infallible>(answer(&chain, request).await) }
        }))
    })
    .await;
}

async fn answer(chain: &Chain, request: Request<Incoming>) -> Response<Full<Bytes>> {
    let mut response = match *request.method() {
        Method::OPTIONS => Response::default(),
        // Said before the body is read, so that a client which waits for an answer first gets it.
        Method::POST if request.body().size_hint().lower() > MAX_BODY as u64 => too_large(),
        Method::POST => match Limited::new(request.into_body(), MAX_BODY).collect().await {
            Ok(body) => {
                let mut response = Response::new(chain.rpc_bytes(&body.to_bytes()).into());
                response.headers_mut().insert(
                    header::CONTENT_TYPE,
                    HeaderValue::from_static("application/json"),
                );
                response
            }
            Err(_) => too_large(),
        },
        _ => status(StatusCode::METHOD_NOT_ALLOWED, "JSON-RPC is sent with POST"),
    };
    let headers = response.headers_mut();
    for (name, value) in [
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
        (header::ACCESS_CONTROL_ALLOW_METHODS, "POST, OPTIONS"),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, "*"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

fn too_large() -> Response<Full<Bytes>> {
    status(StatusCode::PAYLOAD_TOO_LARGE, "the request is too large")
}

fn status(status: StatusCode, text: &'static str) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::from(text));
    *response.status_mut() = status;
    response
}
