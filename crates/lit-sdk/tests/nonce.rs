//! Which block hash new messages take as their nonce.

#![allow(clippy::unwrap_used, reason = "these are tests")]

mod common;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use common::{Setup, altered, any_action};
use lit_devnet::DevnetClock;
use lit_sdk::{
    Clock, LitNodeClient, services::BlockhashSource, transport::NodeRequest, types::wire::Endpoint,
};
use lit_test_fakes::{FakeHttp, Logs, Reply};
use serde_json::Value;

/// Has a new block every second, unless it is out of order.
struct Indexer {
    http: Arc<FakeHttp>,
    is_broken: Arc<AtomicBool>,
    source: Arc<BlockhashSource>,
}

impl Indexer {
    fn new(clock: &Arc<DevnetClock>) -> Self {
        let is_broken = Arc::new(AtomicBool::new(false));
        let http = FakeHttp::by({
            let (is_broken, clock) = (is_broken.clone(), clock.clone());
            move |_| match is_broken.load(Ordering::Relaxed) {
                true => Reply::never(),
                false => {
                    let seconds = clock.now().unix_timestamp();
                    Reply::ok(format!(
                        r#"{{"blockhash":"0x{seconds:064x}","timestamp":"{seconds}"}}"#
                    ))
                }
            }
        });
        let source = BlockhashSource::new(http.clone(), BlockhashSource::DEFAULT_URL);
        Self {
            source: Arc::new(source.unwrap().with_clock(clock.clone())),
            http,
            is_broken,
        }
    }

    fn set_broken(&self, is_broken: bool) {
        self.is_broken.store(is_broken, Ordering::Relaxed);
    }

    fn asked(&self) -> usize {
        self.http.requests().len()
    }
}

async fn setup() -> (Setup, Indexer, LitNodeClient) {
    let setup = Setup::new(3).await;
    let clock = setup.network.clock();
    clock.stop_at(clock.now());
    let indexer = Indexer::new(&clock);
    let builder = setup
        .builder()
        .with_blockhash_source(indexer.source.clone());
    let client = builder.connect().await.unwrap();
    (setup, indexer, client)
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
    assert_eq!(indexer.asked(), 0);

    clock.advance(Duration::from_millis(1));
    let newer = nonce(&setup, &client).await;
    assert_eq!(newer, format!("0x{:064x}", clock.now().unix_timestamp()));
    clock.advance(Duration::from_secs(28));
    assert_eq!(nonce(&setup, &client).await, newer);
    assert_eq!(indexer.asked(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_source_that_is_out_of_reach_does_not_hold_up_sessions() {
    let (setup, indexer, client) = setup().await;
    let clock = setup.network.clock();
    indexer.set_broken(true);
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
    assert_eq!(indexer.asked(), 1);

    indexer.set_broken(false);
    tokio::time::advance(Duration::from_secs(5)).await;
    let known = nonce(&setup, &client).await;
    assert_ne!(known, client.latest_blockhash());
    indexer.set_broken(true);
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
    let client = builder.with_blockhash_source(indexer.source.clone());
    let client = client.connect().await.unwrap();
    let now = setup.network.clock().now().unix_timestamp();
    assert_eq!(nonce(&setup, &client).await, format!("0x{now:064x}"));
}

/// The path of an indexer may be a credential, such as the key of a proxy.
#[tokio::test]
async fn the_path_of_an_indexer_is_not_logged() {
    let logs = Logs::default();
    let _subscriber = tracing::subscriber::set_default(logs.subscriber());
    let mut shown = String::new();
    for reply in [Reply::refused(), Reply::status(403, Vec::new())] {
        let http = FakeHttp::in_order([reply]);
        let source = BlockhashSource::new(http, "https://indexer.example/s3cret").unwrap();
        let error = source.latest().await.unwrap_err();
        shown += &format!("{source:?} {error:?} {error}");
    }
    let logged = String::from_utf8(logs.text()).unwrap();
    assert_eq!(logged.matches("no new block hash").count(), 2, "{logged}");
    assert!(logged.contains("https://indexer.example"), "{logged}");
    for shown in [logged, shown] {
        assert!(!shown.contains("s3cret"), "{shown}");
    }
}
