use std::sync::Arc;

use lit_test_fakes::{FakeHttp, Reply};
use serde::Deserialize;
use serde_json::Value;

/// What the official client's `fetch` was made to answer.
#[derive(Clone, Deserialize)]
pub(super) struct Answer {
    status: Option<u16>,
    json: Value,
}

/// A server that gives the answers of a case in order and repeats the last one.
pub(super) fn server(answers: Vec<Answer>) -> Arc<FakeHttp> {
    let reply = |answer: Answer| {
        let status = answer.status.unwrap_or(200);
        Reply::status(status, answer.json.to_string())
    };
    FakeHttp::in_order(answers.into_iter().map(reply))
}

/// A server that is never asked.
pub(super) fn nobody() -> Arc<FakeHttp> {
    server(Vec::new())
}
