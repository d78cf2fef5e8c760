use lit_sdk::services::{BlockhashSource, RecentBlock};
use lit_test_fakes::FakeClock;
use lit_types::Timestamp;
use serde::Deserialize;
use serde_json::json;

use super::{
    block_on, bytes32,
    stub_http::{self, Answer},
};
use crate::{case::Case, compare::Outcome};

/// blockhash: the latest block, which is kept for a while.
pub(super) fn judge(case: &Case) -> Outcome {
    #[derive(Deserialize)]
    struct Input {
        now: Timestamp,
        cached: Option<Cached>,
        http: Answer,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Cached {
        hash: String,
        age_ms: i64,
    }
    let input: Input = case.input()?;
    let server = stub_http::server(vec![input.http]);
    let mut source = BlockhashSource::new(server.clone(), BlockhashSource::DEFAULT_URL)?
        .with_clock(FakeClock::at(input.now.at()));
    if let Some(cached) = input.cached {
        source = source.with_block(RecentBlock {
            hash: bytes32(&cached.hash)?.into(),
            time: Timestamp::from_unix_millis(input.now.unix_millis() - cached.age_ms)?.at(),
        });
    }
    let block = block_on(source.latest())??;
    let requests: Vec<_> = server
        .requests()
        .iter()
        .map(|request| format!("{} {}", request.method.as_str(), request.url))
        .collect();
    Ok(json!({
        "value": block.hash.to_string(),
        "requests": requests,
        "lastBlockHashRetrieved": Timestamp::try_from(block.time)?.unix_millis(),
    }))
}
