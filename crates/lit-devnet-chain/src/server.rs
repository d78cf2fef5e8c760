use std::convert::Infallible;

use bytes::Bytes;
use http_body_util::Full;
use hyper::{
    Method, Request, Response, StatusCode,
    body::Incoming,
    header::{self, HeaderValue},
};
use tokio::net::TcpListener;

use crate::{Chain, http_server};

/// The largest request, in bytes.
const MAX_BODY: usize = 16 * 1024 * 1024;

/// Serves JSON-RPC over HTTP/1.1, on every path, until the future is dropped, which also closes connections.
///
/// Requests are limited to 16 MiB.
///
/// ```
/// # tokio::runtime::Runtime::new()?.block_on(async {
/// use lit_devnet_chain::{Chain, serve};
/// use tokio::net::TcpListener;
///
/// let chain = Chain::builder().build();
/// let listener = TcpListener::bind("127.0.0.1:0").await?;
/// tokio::spawn(serve(listener, chain.clone()));
/// # Ok::<(), std::io::Error>(())
/// # })?;
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// Every origin may call it, and every caller can change the chain: listen on this machine only.
pub async fn serve(listener: TcpListener, chain: Chain) {
    http_server::accept(listener, |stream| {
        let chain = chain.clone();
        Some(http_server::serve_http(stream, move |request| {
            let chain = chain.clone();
            async move { Ok::<_, Infallible>(answer(chain, request).await) }
        }))
    })
    .await;
}

async fn answer(chain: Chain, request: Request<Incoming>) -> Response<Full<Bytes>> {
    let mut response = match *request.method() {
        Method::OPTIONS => Response::default(),
        Method::POST => match http_server::read_body(request.into_body(), MAX_BODY).await {
            Ok(body) => respond(chain, body).await,
            Err(refusal) => refusal,
        },
        _ => http_server::text(
            StatusCode::METHOD_NOT_ALLOWED,
            "method not allowed: send JSON-RPC with POST",
        ),
    };
    let headers = http_server::cross_origin("POST, OPTIONS");
    response.headers_mut().extend(headers);
    response
}

/// Answers on a thread for blocking work, because a request may execute contracts, or be a batch.
async fn respond(chain: Chain, body: Bytes) -> Response<Full<Bytes>> {
    let Ok(answer) = tokio::task::spawn_blocking(move || chain.rpc_bytes(&body)).await else {
        return http_server::text(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal error: the request panicked",
        );
    };
    let mut response = Response::new(answer.into());
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json"),
    );
    response
}
