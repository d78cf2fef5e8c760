//! Lit's block indexer: the block hashes that nodes accept as nonces.

use std::sync::Arc;

use axum::{Json, Router, extract::State, routing::get};
use lit_types::Clock;
use serde_json::{Value, json};
use time::Duration;

use crate::{
    DevnetClock,
    blocks::{Blocks, SECONDS_PER_BLOCK},
};

/// The number of blocks listed: those of the last hour.
const LISTED_BLOCKS: i64 = 3600 / SECONDS_PER_BLOCK;

/// The blocks, and the clock that says which one is the latest.
#[derive(Debug, Clone)]
pub(super) struct BlockIndex {
    pub(super) blocks: Arc<Blocks>,
    pub(super) clock: Arc<DevnetClock>,
}

pub(super) fn routes(index: BlockIndex) -> Router {
    Router::new()
        .route("/get_most_recent_valid_block", get(latest))
        .route("/get_all_valid_blocks", get(all))
        .with_state(index)
}

async fn latest(State(index): State<BlockIndex>) -> Json<Value> {
    let block = index.blocks.latest(index.clock.now());
    Json(json!({
        "blockhash": block.hash,
        "timestamp": block.time.unix_timestamp().to_string(),
        "blockNumber": block.number,
    }))
}

/// Lists blocks, oldest first.
async fn all(State(index): State<BlockIndex>) -> Json<Value> {
    let now = index.clock.now();
    let blocks = (0..LISTED_BLOCKS).rev().map(|back| {
        let age = Duration::seconds(back * SECONDS_PER_BLOCK);
        let block = index.blocks.latest(now.saturating_sub(age));
        json!({
            "blockhash": block.hash,
            "timestamp": block.time.unix_timestamp().to_string(),
            "block_number": block.number,
        })
    });
    Json(blocks.collect())
}
