//! What stands beside nodes and chain, as the official clients expect it: the relayer, the block indexer and IPFS, on one port.

mod block_index;
mod ipfs;
mod refused;
mod relayer;

use std::{convert::Infallible, sync::Arc};

use axum::{
    Router,
    extract::Request,
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
};
use lit_contracts::ContractAddresses;
use lit_types::NodeUrl;
use tokio::net::TcpListener;
use tower::Service;

use self::{
    refused::Refused,
    relayer::{RELAY_API_KEY, Relayer},
};
use crate::{Devnet, chain::Chain, listener, node::Shared};

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
            let mut services = services.clone();
            async move { Ok::<_, Infallible>(services.call(request).await.into_response()) }
        }))
    })
    .await;
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
    let any = |name: HeaderName| (name, HeaderValue::from_static("*"));
    let methods = HeaderValue::from_static("GET, POST, PUT, OPTIONS");
    HeaderMap::from_iter([
        any(header::ACCESS_CONTROL_ALLOW_ORIGIN),
        any(header::ACCESS_CONTROL_ALLOW_HEADERS),
        (header::ACCESS_CONTROL_ALLOW_METHODS, methods),
    ])
}
