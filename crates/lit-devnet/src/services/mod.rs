//! What stands beside nodes and chain, as the official clients expect it: the relayer, the block indexer and IPFS, on one port.

mod block_index;
mod ipfs;
mod refused;
mod relayer;

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
use lit_contracts::ContractAddresses;
use lit_types::NodeUrl;
use tokio::net::TcpListener;
use tower::Service;

use self::{
    refused::Refused,
    relayer::{RELAY_API_KEY, Relayer},
};
use crate::{Devnet, chain::Chain, listener, node::Shared};

/// The largest request, in bytes: what IPFS takes. The relayer takes less.
const MAX_BODY: usize = ipfs::MAX_CONTENT;

impl Devnet {
    /// The relayer, when the network listens: what `LitRelay` and the official client take.
    #[must_use]
    pub fn relay_url(&self) -> Option<&str> {
        self.services_url.as_ref().map(NodeUrl::as_str)
    }

    /// A key that the relayer takes for everything. For all but `/fund-pkp` any text will do.
    #[must_use]
    pub const fn relay_api_key(&self) -> &'static str {
        RELAY_API_KEY
    }

    /// The block indexer, when the network listens: `/get_most_recent_valid_block` and `/get_all_valid_blocks` give the hashes
    /// that nodes take as nonces.
    #[must_use]
    pub fn blockhash_url(&self) -> Option<&str> {
        self.services_url.as_ref().map(NodeUrl::as_str)
    }

    /// Where code is, by its CID, when the network listens: `GET <url>/<cid>` reads it, `PUT` or `POST` stores it for the nodes
    /// to look up, like [`Devnet::put_ipfs`].
    #[must_use]
    pub fn ipfs_url(&self) -> Option<String> {
        self.services_url.as_ref().map(|url| format!("{url}/ipfs"))
    }
}

/// Serves all of them until it is aborted, with its connections.
pub(crate) async fn serve(listener: TcpListener, services: Router) {
    listener::accept(listener, |stream| {
        let services = services.clone();
        Some(listener::serve_http(stream, move |request| {
            let services = services.clone();
            async move { Ok::<_, Infallible>(answer(services, request).await) }
        }))
    })
    .await;
}

/// The body is read here, because what reads it in the router waits for ever.
async fn answer(mut services: Router, request: Request<Incoming>) -> Response {
    let (head, body) = request.into_parts();
    match listener::read_body(body, MAX_BODY).await {
        Ok(body) => {
            let request = Request::from_parts(head, Body::from(body));
            // With the body at hand there is nothing to wait for but the chain, and that is work.
            let runtime = tokio::runtime::Handle::current();
            let work = move || runtime.block_on(services.call(request)).into_response();
            let lost = |error| Refused::failed(error).into_response();
            tokio::task::spawn_blocking(work).await.unwrap_or_else(lost)
        }
        Err(refusal) => (cross_origin(), refusal.map(Body::new)).into_response(),
    }
}

pub(crate) fn router(shared: Arc<Shared>, chain: Chain, addresses: ContractAddresses) -> Router {
    let relayer = Relayer::new(Arc::clone(&shared), chain, addresses);
    Router::new()
        .merge(block_index::routes(Arc::clone(&shared)))
        .merge(ipfs::routes(shared))
        .merge(relayer::routes(relayer))
        .fallback(async || Refused::new(StatusCode::NOT_FOUND, "there is nothing here"))
        .layer(middleware::from_fn(for_every_page))
}

/// Lets every web page call, and answers when browsers ask whether it may.
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
    listener::cross_origin("GET, POST, PUT, OPTIONS")
}
