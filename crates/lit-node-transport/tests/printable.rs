//! Whatever nodes answer, a report has a line for each of them, and prints nothing but text.

#![allow(clippy::unwrap_used, clippy::panic, reason = "these are tests")]

use std::sync::Arc;

use bytes::Bytes;
use lit_node_transport::{
    NodeTransport, Quorum, QuorumError, QuorumPolicy, Rejection, RequestId, call_quorum, datil,
    handshake,
};
use lit_test_fakes::{FakeNodes, Reply, node_urls};
use lit_types::{NodeUrl, is_unprintable, wire::Endpoint};
use proptest::{prelude::*, string::string_regex};
use serde_json::json;

fn execute(replies: Vec<Reply>) -> QuorumError {
    let nodes = node_urls(replies.len());
    let transport: Arc<dyn NodeTransport> = Arc::new(FakeNodes::each(replies));
    let quorum = Quorum {
        endpoint: Endpoint::Execute,
        request_id: RequestId::generate().unwrap(),
        bodies: (nodes.iter().cloned())
            .map(|node| (node, Bytes::new()))
            .collect(),
    };
    let judge = |_: &NodeUrl, body: &[u8]| {
        let error = std::str::from_utf8(body).map_or("no text", |text| text);
        Err::<(), _>(Rejection::MalformedMessage(error.into()))
    };
    let policy = QuorumPolicy::new(nodes.len());
    let call = async { call_quorum(&transport, quorum, &policy, judge, |()| ()).await };
    run(call).unwrap_err()
}

fn run<T>(work: impl Future<Output = T>) -> T {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_time().build().unwrap().block_on(work)
}

fn assert_printable(text: &str, lines: usize) {
    assert_eq!(text.lines().count(), lines, "{text}");
    let found = text.chars().find(|c| *c != '\n' && is_unprintable(*c));
    assert_eq!(found, None, "{text:?}");
}

#[test]
fn a_node_does_not_forge_the_row_of_another() {
    let forged = "NodeRpcError\n  http://127.0.0.1:7471  3 ms  valid answer\u{1b}[1A\u{202e}";
    let body = json!({ "errorCode": forged, "errorKind": forged, "message": forged });
    let body = body.to_string();
    let replies = vec![Reply::status(502, body.clone()), Reply::ok(body)];
    let error = execute(replies);
    assert_printable(&error.to_string(), 3);
    let code = "NodeRpcError   http://127.0.0.1:7471  3 ms  valid answer\u{fffd}[1A\u{fffd}";
    assert_eq!(error.error_code(), Some(code));
    let row = error.outcomes[0].outcome.to_string();
    assert_eq!(
        row,
        format!("refused with 502 {code} ({code}): NodeRpcError")
    );
}

proptest! {
    #[test]
    fn reports_are_printable_whatever_nodes_answer(
        texts in prop::collection::vec(string_regex("(?s:.){0,80}").unwrap(), 4),
        bytes: Vec<u8>,
    ) {
        let [code, kind, message, detail] = [0, 1, 2, 3].map(|i| texts[i].as_str());
        let refusal = json!({
            "errorCode": code, "errorKind": kind, "message": message, "details": [detail], "correlationId": detail,
        });
        let failure = json!({ "success": false, "error": message, "logs": detail });
        let bodies: [Bytes; 4] = [
            refusal.to_string().into(),
            failure.to_string().into(),
            message.to_owned().into(),
            bytes.into(),
        ];
        for body in &bodies {
            let refused = datil::parse_refusal(body);
            for text in [&refused.error_code, &refused.error_kind, &refused.correlation_id].into_iter().flatten() {
                assert_printable(text, usize::from(!text.is_empty()));
            }
        }
        let replies = bodies.iter().flat_map(|body| {
            [Reply::ok(body.clone()), Reply::status(400, body.clone()), Reply::status(502, body.clone())]
        });
        let replies: Vec<Reply> = replies.collect();
        let nodes = node_urls(replies.len());
        assert_printable(&execute(replies.clone()).to_string(), 1 + nodes.len());

        let transport: Arc<dyn NodeTransport> = Arc::new(FakeNodes::each(replies));
        let policy = QuorumPolicy::new(nodes.len());
        let error = run(async { handshake(&transport, &nodes, 0, &policy).await }).unwrap_err();
        assert_printable(&error.to_string(), 1 + nodes.len());
    }
}
