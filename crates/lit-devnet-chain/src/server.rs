use std::time::{Duration, Instant};

use bytes::Bytes;
use hyper::{
    Method, Request, Response, StatusCode,
    header::{self, HeaderValue},
    http::request::Parts,
};
use tokio::net::TcpListener;

use crate::{
    Chain,
    http_server::{Callers, HttpServer, Service, Workers, text},
    rpc::has_large_answer,
};

/// The largest request, in bytes.
const MAX_BODY: usize = 16 * 1024 * 1024;
/// The number of requests that are answered at once. Each may execute contracts.
const MAX_WORKERS: usize = 16;
/// The number of requests with large answers that are answered at once, besides the others.
const MAX_LARGE: usize = 4;
/// The time for a request. What a batch has left then is refused.
const TIME_LIMIT: Duration = Duration::from_secs(30);

/// Serves JSON-RPC over HTTP/1.1, on every path, until the future is dropped, which also closes connections.
///
/// Only programs and pages of this machine may call it; see [`serve_for`]. Requests are limited to 16 MiB and 30 seconds, answers to
/// 25 MB.
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
/// Every caller can change the chain.
pub async fn serve(listener: TcpListener, chain: Chain) {
    serve_for(Callers::this_machine(), listener, chain).await;
}

/// Serves JSON-RPC as [`serve`] does, for other callers too.
pub async fn serve_for(callers: Callers, listener: TcpListener, chain: Chain) {
    HttpServer::new(callers)
        .serve(listener, RpcService::new(chain))
        .await;
}

/// JSON-RPC over HTTP.
#[derive(Debug, Clone)]
pub struct RpcService {
    chain: Chain,
    workers: Workers,
    /// Those for large answers, so that a flood of them does not keep others waiting.
    large: Workers,
}

impl RpcService {
    /// The JSON-RPC of a chain.
    #[must_use]
    pub fn new(chain: Chain) -> Self {
        Self {
            chain,
            workers: Workers::new(MAX_WORKERS),
            large: Workers::new(MAX_LARGE),
        }
    }
}

impl Service for RpcService {
    const METHODS: &'static str = "POST, OPTIONS";

    fn max_body(&self, _: &Parts) -> usize {
        MAX_BODY
    }

    /// Answers on a thread for blocking work.
    async fn answer(&self, request: Request<Bytes>) -> Option<Response<Bytes>> {
        if request.method() != Method::POST {
            let problem = "method not allowed: send JSON-RPC with POST";
            return Some(text(StatusCode::METHOD_NOT_ALLOWED, problem));
        }
        let chain = self.chain.clone();
        let workers = match has_large_answer(request.body()) {
            true => &self.large,
            false => &self.workers,
        };
        let answer = workers.answer(move |caller| {
            let deadline = Instant::now() + TIME_LIMIT;
            let is_over = || caller.is_gone() || Instant::now() >= deadline;
            let answer = chain.rpc_until(request.body(), &is_over);
            let mut response = Response::new(answer.into());
            response.headers_mut().insert(
                header::CONTENT_TYPE,
                HeaderValue::from_static("application/json"),
            );
            response
        });
        Some(answer.await)
    }
}
