//! Which block hash new messages take as their nonce.

#![allow(clippy::unwrap_used, reason = "these are tests")]

mod common;

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use common::{Setup, altered, any_action};
use lit_devnet::DevnetClock;
use lit_sdk::{
    Clock, LitNodeClient,
    services::BlockhashSource,
    transport::{HttpClient, HttpRequest, HttpResponse, NodeRequest, TransportError},
    types::wire::Endpoint,
};
use serde_json::Value;

/// Has a new block every second, unless it is out of order.
struct Indexer {
    clock: Arc<DevnetClock>,
    asked: AtomicUsize,
    broken: AtomicUsize,
}

#[async_trait]
impl HttpClient for Indexer {
    async fn request(&self, _: HttpRequest) -> Result<HttpResponse, TransportError> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        if self.broken.load(Ordering::Relaxed) > 0 {
            return std::future::pending().await;
        }
        let seconds = self.clock.now().unix_timestamp();
        let body = format!(r#"{{"blockhash":"0x{seconds:064x}","timestamp":"{seconds}"}}"#);
        Ok(HttpResponse {
            status: 200,
            body: body.into(),
        })
    }
}

async fn setup() -> (Setup, Arc<Indexer>, LitNodeClient) {
    let setup = Setup::new(3).await;
    let clock = setup.network.clock();
    clock.stop_at(clock.now());
    let indexer = Arc::new(Indexer {
        clock: clock.clone(),
        asked: AtomicUsize::new(0),
        broken: AtomicUsize::new(0),
    });
    let builder = setup.builder().with_blockhash_source(source(&indexer));
    let client = builder.connect().await.unwrap();
    (setup, indexer, client)
}

fn source(indexer: &Arc<Indexer>) -> Arc<BlockhashSource> {
    let source = BlockhashSource::new(indexer.clone(), BlockhashSource::DEFAULT_URL);
    Arc::new(source.unwrap().with_clock(indexer.clock.clone()))
}

async fn nonce(setup: &Setup, client: &LitNodeClient) -> String {
    let session = client.session(&any_action(), &setup.auth()).await.unwrap();
    let message = &session.root().signed_message;
    let line = message
        .lines()
        .find_map(|line| line.strip_prefix("Nonce: "));
    line.unwrap().to_owned()
}

#[tokio::test(start_paused = true)]
async fn the_hash_of_the_handshake_is_good_for_thirty_seconds() {
    let (setup, indexer, client) = setup().await;
    let clock = setup.network.clock();
    clock.advance(Duration::from_millis(29_999));
    assert_eq!(nonce(&setup, &client).await, client.latest_blockhash());
    assert_eq!(indexer.asked.load(Ordering::Relaxed), 0);

    clock.advance(Duration::from_millis(1));
    let newer = nonce(&setup, &client).await;
    assert_eq!(newer, format!("0x{:064x}", clock.now().unix_timestamp()));
    clock.advance(Duration::from_secs(28));
    assert_eq!(nonce(&setup, &client).await, newer);
    assert_eq!(indexer.asked.load(Ordering::Relaxed), 1);
}

#[tokio::test(start_paused = true)]
async fn a_source_that_is_out_of_reach_does_not_hold_up_sessions() {
    let (setup, indexer, client) = setup().await;
    let clock = setup.network.clock();
    indexer.broken.store(1, Ordering::Relaxed);
    clock.advance(Duration::from_secs(60));
    let start = tokio::time::Instant::now();
    let (a, b) = tokio::join!(nonce(&setup, &client), nonce(&setup, &client));
    assert_eq!(
        (a, b),
        (client.latest_blockhash(), client.latest_blockhash())
    );
    assert!(
        start.elapsed() < Duration::from_secs(4),
        "{:?}",
        start.elapsed()
    );
    assert_eq!(indexer.asked.load(Ordering::Relaxed), 1);

    indexer.broken.store(0, Ordering::Relaxed);
    tokio::time::advance(Duration::from_secs(5)).await;
    let known = nonce(&setup, &client).await;
    assert_ne!(known, client.latest_blockhash());
    indexer.broken.store(1, Ordering::Relaxed);
    clock.advance(Duration::from_secs(60));
    assert_eq!(
        nonce(&setup, &client).await,
        known,
        "the newest that is known"
    );
}

/// Each node gives another hash, so any of them may be made up.
#[tokio::test(start_paused = true)]
async fn a_hash_that_too_few_nodes_gave_is_not_used_if_there_is_another() {
    let (setup, indexer, _) = setup().await;
    let disagree = |_: &NodeRequest, node: usize, body: &mut Value| {
        body["latestBlockhash"] = format!("0x{node:064x}").into();
    };
    let nodes = altered::transport(&setup.network, Endpoint::Handshake, disagree);
    let builder = setup.builder().with_transport(nodes);
    let client = builder.clone().connect().await.unwrap();
    assert_eq!(nonce(&setup, &client).await, client.latest_blockhash());
    let client = builder.with_blockhash_source(source(&indexer));
    let client = client.connect().await.unwrap();
    let now = indexer.clock.now().unix_timestamp();
    assert_eq!(nonce(&setup, &client).await, format!("0x{now:064x}"));
}
