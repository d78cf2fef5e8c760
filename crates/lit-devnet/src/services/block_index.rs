//! Lit's block indexer: the block hashes that nodes accept as nonces.

use std::sync::Arc;

use axum::{Json, Router, extract::State, routing::get};
use lit_types::Clock;
use serde_json::{Value, json};
use time::Duration;

use crate::{blocks::SECONDS_PER_BLOCK, node::Shared};

/// The number of blocks listed: those of the last hour.
const LISTED_BLOCKS: i64 = 3600 / SECONDS_PER_BLOCK;

pub(super) fn routes(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/get_most_recent_valid_block", get(latest))
        .route("/get_all_valid_blocks", get(all))
        .with_state(shared)
}

async fn latest(State(shared): State<Arc<Shared>>) -> Json<Value> {
    let block = shared.blocks.latest(shared.clock.now());
    Json(json!({
        "blockhash": block.hash,
        "timestamp": block.time.unix_timestamp().to_string(),
        "blockNumber": block.number,
    }))
}

/// Lists blocks, oldest first.
async fn all(State(shared): State<Arc<Shared>>) -> Json<Value> {
    let now = shared.clock.now();
    let blocks = (0..LISTED_BLOCKS).rev().map(|back| {
        let age = Duration::seconds(back * SECONDS_PER_BLOCK);
        let block = shared.blocks.latest(now.saturating_sub(age));
        json!({
            "blockhash": block.hash,
            "timestamp": block.time.unix_timestamp().to_string(),
            "block_number": block.number,
        })
    });
    Json(blocks.collect())
}
