//! The services beside nodes and chain, on one port: relayer, block indexer, IPFS, and an issuer of tokens.

mod block_index;
mod ipfs;
mod refused;
mod relayer;
mod tokens;

use std::{convert::Infallible, sync::Arc};

use axum::{
    Router,
    body::Body,
    extract::Request,
    http::{HeaderMap, Method, StatusCode},
    middleware::{self, Next},
    response::{IntoResponse, Response},
};
use hyper::body::Incoming;
use lit_devnet_chain::http_server;
use lit_types::NodeUrl;
use tokio::net::TcpListener;
use tower::Service;

use self::{
    block_index::BlockIndex,
    refused::Refused,
    relayer::{RELAY_API_KEY, Relayer},
    tokens::Tokens,
};
use crate::{Devnet, served::Served};

/// The largest request, in bytes: that of IPFS. The relayer accepts less.
const MAX_BODY: usize = ipfs::MAX_CONTENT;

impl Devnet {
    /// The URL of the relayer, for `LitRelay` and the official client; `None` if the network does not listen.
    #[must_use]
    pub fn relay_url(&self) -> Option<&str> {
        self.addresses.services.as_ref().map(NodeUrl::as_str)
    }

    /// The API key that the relayer accepts for everything. All requests but `/fund-pkp` accept any key.
    #[must_use]
    pub const fn relay_api_key(&self) -> &'static str {
        RELAY_API_KEY
    }

    /// The URL of the block indexer; `None` if the network does not listen. `/get_most_recent_valid_block` and
    /// `/get_all_valid_blocks` return the block hashes that nodes accept as nonces.
    #[must_use]
    pub fn blockhash_url(&self) -> Option<&str> {
        self.addresses.services.as_ref().map(NodeUrl::as_str)
    }

    /// The URL at which the network's own issuer gives JWTs; `None` if the network does not listen. `POST <url>/google`, `/apple` or
    /// `/stytch` with `{ "sub": "user-1" }` gives `{ "token": .. }`, like [`Devnet::issue_jwt`]. Further members are `aud`, `email`,
    /// `lifetime` in seconds, and for Stytch `sms`, `whatsapp` and `totp`.
    #[must_use]
    pub fn jwt_url(&self) -> Option<String> {
        self.addresses
            .services
            .as_ref()
            .map(|url| format!("{url}/jwt"))
    }

    /// The URL of IPFS; `None` if the network does not listen. `GET <url>/<cid>` reads code, `PUT` or `POST` stores it for nodes,
    /// like [`Devnet::put_ipfs`].
    #[must_use]
    pub fn ipfs_url(&self) -> Option<String> {
        self.addresses
            .services
            .as_ref()
            .map(|url| format!("{url}/ipfs"))
    }
}

/// Serves all services until the task is aborted, which also closes connections.
pub(crate) async fn serve(listener: TcpListener, services: Router) {
    http_server::accept(listener, |stream| {
        let services = services.clone();
        Some(http_server::serve_http(stream, move |request| {
            let services = services.clone();
            async move { Ok::<_, Infallible>(answer(services, request).await) }
        }))
    })
    .await;
}

/// Reads the body before the router does, because axum's extractors have no timeout.
async fn answer(mut services: Router, request: Request<Incoming>) -> Response {
    let (head, body) = request.into_parts();
    match http_server::read_body(body, MAX_BODY).await {
        Ok(body) => {
            let request = Request::from_parts(head, Body::from(body));
            // The body was read, so only work on the chain remains, which blocks.
            let runtime = tokio::runtime::Handle::current();
            let work = move || runtime.block_on(services.call(request)).into_response();
            let lost = |error| Refused::failed(error).into_response();
            tokio::task::spawn_blocking(work).await.unwrap_or_else(lost)
        }
        Err(refusal) => (cross_origin(), refusal.map(Body::new)).into_response(),
    }
}

pub(crate) fn router(network: &Served<'_>) -> Router {
    let (keys, clock) = (Arc::clone(network.keys), Arc::clone(network.clock));
    let relayer = Relayer::new(keys, Arc::clone(&clock), network.chain);
    let tokens = Tokens {
        issuer: Arc::clone(network.jwt_issuer),
        clock: Arc::clone(&clock),
    };
    let index = BlockIndex {
        blocks: Arc::clone(network.blocks),
        clock,
    };
    Router::new()
        .merge(block_index::routes(index))
        .merge(ipfs::routes(Arc::clone(network.ipfs)))
        .merge(relayer::routes(relayer))
        .merge(tokens::routes(tokens))
        .fallback(async || Refused::new(StatusCode::NOT_FOUND, "unknown path"))
        .layer(middleware::from_fn(for_every_page))
}

/// Adds CORS headers for every origin, and answers preflight requests.
async fn for_every_page(request: Request, next: Next) -> Response {
    let mut response = if request.method() == Method::OPTIONS {
        StatusCode::NO_CONTENT.into_response()
    } else {
        next.run(request).await
    };
    response.headers_mut().extend(cross_origin());
    response
}

fn cross_origin() -> HeaderMap {
    http_server::cross_origin("GET, POST, PUT, OPTIONS")
}
