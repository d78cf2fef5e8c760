//! The services beside nodes and chain, on one port: relayer, block indexer, IPFS, and an issuer of tokens.

mod block_index;
mod ipfs;
mod refused;
mod relayer;
mod tokens;

use std::sync::Arc;

use axum::{
    Router,
    body::Body,
    http::{Request, Response, StatusCode, request::Parts},
};
use bytes::Bytes;
use http_body_util::BodyExt;
use lit_devnet_chain::http_server::{Service, Workers};
use lit_types::{NodeUrl, json_memory};
use tower::Service as _;

use self::{
    block_index::BlockIndex,
    refused::Refused,
    relayer::{RELAY_API_KEY, Relayer},
    tokens::Tokens,
};
use crate::{Devnet, served::Served};

/// The largest request that is not content for IPFS, in bytes.
const MAX_BODY: usize = 1024 * 1024;
/// The number of requests that are answered at once.
const MAX_WORKERS: usize = 16;

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

/// All services on one listener.
#[derive(Clone)]
pub(crate) struct Services {
    router: Router,
    workers: Workers,
}

pub(crate) fn service(network: &Served<'_>) -> Services {
    Services {
        router: router(network),
        workers: Workers::new(MAX_WORKERS),
    }
}

impl Service for Services {
    const METHODS: &'static str = "GET, POST, PUT, OPTIONS";

    fn max_body(&self, head: &Parts) -> usize {
        if ipfs::is_content(head) {
            ipfs::MAX_CONTENT
        } else {
            MAX_BODY
        }
    }

    fn memory(&self, head: &Parts, body: &[u8]) -> usize {
        if ipfs::is_content(head) {
            body.len()
        } else {
            json_memory(body)
        }
    }

    /// Answers on a thread for blocking work, because most of it is work on the chain.
    async fn answer(&self, request: Request<Bytes>) -> Option<Response<Bytes>> {
        let (mut router, runtime) = (self.router.clone(), tokio::runtime::Handle::current());
        let work = async move {
            let Ok(response) = router.call(request.map(Body::from)).await;
            let (head, body) = response.into_parts();
            // Answers are whole in memory, so reading them does not fail.
            let body = body.collect().await.unwrap_or_default();
            Response::from_parts(head, body.to_bytes())
        };
        Some(self.workers.answer(move |_| runtime.block_on(work)).await)
    }
}

fn router(network: &Served<'_>) -> Router {
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
}
