//! The quorum engine against nodes that are dead, slow, wrong or lying. Time is virtual.

#![allow(clippy::unwrap_used, clippy::panic, reason = "these are tests")]

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use lit_node_transport::{
    NodeRequest, NodeResponse, NodeTransport, Outcome, Quorum, QuorumAnswer, QuorumError,
    QuorumFailure, QuorumPolicy, Rejection, RequestId, TransportError, Wait, call_quorum,
    handshake,
};
use lit_types::{NodeUrl, wire::Endpoint};
use tokio::time::Instant;

/// What a node does with a request.
#[derive(Debug, Clone)]
enum Script {
    Answer(&'static str),
    Slow(u64, &'static str),
    SlowMillis(u64, &'static str),
    Status(u16, &'static str),
    Dead,
    Hang,
}

/// Node `i` listens at port `i`.
#[derive(Debug)]
struct Scripted {
    scripts: Vec<Script>,
    /// Requests that have come to their end.
    finished: AtomicUsize,
}

#[async_trait]
impl NodeTransport for Scripted {
    async fn send(&self, request: NodeRequest) -> Result<NodeResponse, TransportError> {
        let port: usize = request
            .node
            .authority()
            .rsplit(':')
            .next()
            .unwrap()
            .parse()
            .unwrap();
        let answer = |status, body: &str| {
            Ok(NodeResponse {
                status,
                body: Bytes::copy_from_slice(body.as_bytes()),
            })
        };
        let answer = match self.scripts[port].clone() {
            Script::Answer(body) => answer(200, body),
            Script::Slow(seconds, body) => {
                tokio::time::sleep(Duration::from_secs(seconds)).await;
                answer(200, body)
            }
            Script::SlowMillis(millis, body) => {
                tokio::time::sleep(Duration::from_millis(millis)).await;
                answer(200, body)
            }
            Script::Status(status, body) => answer(status, body),
            Script::Dead => Err(TransportError::Connect("connection refused".into())),
            Script::Hang => std::future::pending().await,
        };
        self.finished.fetch_add(1, Ordering::SeqCst);
        answer
    }
}

fn network(scripts: &[Script]) -> (Arc<Scripted>, Arc<dyn NodeTransport>, Vec<NodeUrl>) {
    let nodes = (0..scripts.len()).map(|i| format!("http://127.0.0.1:{i}").parse().unwrap());
    let scripted = Arc::new(Scripted {
        scripts: scripts.to_vec(),
        finished: AtomicUsize::new(0),
    });
    (Arc::clone(&scripted), scripted, nodes.collect())
}

/// Valid answers are those that start with `ok`; they agree when they are equal.
async fn call(
    scripts: &[Script],
    policy: &QuorumPolicy,
) -> Result<QuorumAnswer<String>, QuorumError> {
    let (_, transport, nodes) = network(scripts);
    let bodies = nodes.into_iter().map(|node| (node, Bytes::new())).collect();
    let request_id = RequestId::generate().unwrap();
    let quorum = Quorum {
        endpoint: Endpoint::Execute,
        request_id,
        bodies,
    };
    let judge = |_: &NodeUrl, body: &[u8]| {
        let text = String::from_utf8(body.to_vec()).map_err(|_| Rejection::NotText)?;
        if text.starts_with("ok") {
            Ok(text)
        } else {
            Err(Rejection::Unsuccessful)
        }
    };
    call_quorum(&transport, quorum, policy, judge, |text: &String| {
        text.clone()
    })
    .await
}

#[tokio::test(start_paused = true)]
async fn returns_as_soon_as_enough_agree() {
    use Script::*;
    let started = Instant::now();
    let scripts = [
        Slow(9, "ok"),
        Hang,
        Answer("ok"),
        Dead,
        Answer("ok lie"),
        Slow(1, "ok"),
        Answer("ok"),
    ];
    let answer = call(&scripts, &QuorumPolicy::new(3)).await.unwrap();
    assert_eq!(started.elapsed(), Duration::from_secs(1));
    assert_eq!(answer.agreed.len(), 3);
    assert!(answer.agreed.iter().all(|(_, text)| text == "ok"));
    let pending = answer
        .outcomes
        .iter()
        .filter(|one| matches!(one.outcome, Outcome::Pending));
    assert_eq!(pending.count(), 2);
}

#[tokio::test(start_paused = true)]
async fn waits_for_all_when_asked() {
    use Script::*;
    let scripts = [Answer("ok"), Answer("ok"), Slow(9, "ok"), Dead, Hang];
    let policy = QuorumPolicy::new(2)
        .with_wait(Wait::ForAll)
        .with_node_deadline(Duration::from_secs(20));
    let started = Instant::now();
    let answer = call(&scripts, &policy).await.unwrap();
    assert_eq!(
        (answer.agreed.len(), started.elapsed()),
        (3, Duration::from_secs(20))
    );
    assert!(matches!(
        answer.outcomes[4].outcome,
        Outcome::Failed(TransportError::Timeout(_))
    ));
    // The deadline of the call ends the wait with what there is.
    let answer = call(&scripts, &policy.with_deadline(Duration::from_secs(5)))
        .await
        .unwrap();
    assert_eq!(answer.agreed.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn fails_when_agreement_is_impossible() {
    use Script::*;
    let started = Instant::now();
    let error = call(
        &[Dead, Answer("no"), Status(502, "{}"), Hang],
        &QuorumPolicy::new(2),
    )
    .await
    .unwrap_err();
    assert_eq!(error.failure, QuorumFailure::TooFewAnswers { valid: 0 });
    assert!(
        started.elapsed() < Duration::from_secs(1),
        "a hanging node must not hold up the error"
    );
    let error = call(
        &[Answer("ok 1"), Answer("ok 2"), Answer("ok 3")],
        &QuorumPolicy::new(2),
    )
    .await
    .unwrap_err();
    assert_eq!(
        error.failure,
        QuorumFailure::NoAgreement {
            valid: 3,
            agreeing: 1
        }
    );
    assert!(!error.is_retryable());
    let error = call(&[Answer("ok")], &QuorumPolicy::new(2))
        .await
        .unwrap_err();
    assert_eq!(error.failure, QuorumFailure::TooFewNodes);
    let error = call(&[Hang, Answer("ok"), Hang], &QuorumPolicy::new(2))
        .await
        .unwrap_err();
    assert_eq!(error.failure, QuorumFailure::TooFewAnswers { valid: 1 });
    let policy = QuorumPolicy::new(2).with_deadline(Duration::from_secs(1));
    let error = call(&[Hang, Answer("ok"), Hang], &policy)
        .await
        .unwrap_err();
    assert_eq!(error.failure, QuorumFailure::DeadlineExceeded { valid: 1 });
    assert!(error.is_retryable());
}

#[tokio::test(start_paused = true)]
async fn the_error_is_a_table() {
    use Script::*;
    let refusal = r#"{"errorKind":"Validation","errorCode":"NodeNotAuthorized","status":403,"message":"wrong node"}"#;
    let scripts = [
        Status(403, refusal),
        Status(403, refusal),
        Status(500, "<html>"),
        Dead,
        Answer("garbage"),
        Status(400, r#"{"success":false,"error":"boom","logs":""}"#),
    ];
    let error = call(&scripts, &QuorumPolicy::new(3)).await.unwrap_err();
    assert_eq!(error.error_code(), Some("NodeNotAuthorized"));
    assert!(!error.is_retryable());
    let report = error.to_string();
    let lines: Vec<&str> = report.lines().collect();
    assert_eq!(lines.len(), 7, "{report}");
    assert!(lines[0].contains(&error.request_id.to_string()), "{report}");
    for (line, expected) in lines[1..].iter().zip([
        "refused with 403 NodeNotAuthorized (Validation): wrong node",
        "refused with 403",
        "refused with 500: <html>",
        "cannot connect: connection refused",
        "invalid answer: the node reports that it did not succeed",
        "refused with 400: boom",
    ]) {
        assert!(line.contains(expected), "{line} lacks {expected}");
    }
}

#[tokio::test(start_paused = true)]
async fn giving_up_stops_the_requests() {
    use Script::*;
    let (scripted, transport, nodes) = network(&[Slow(5, "ok"), Slow(8, "ok")]);
    let bodies: Vec<_> = nodes.into_iter().map(|node| (node, Bytes::new())).collect();
    let quorum = |id| Quorum {
        endpoint: Endpoint::Execute,
        request_id: id,
        bodies: bodies.clone(),
    };
    let judge = |_: &NodeUrl, _: &[u8]| Ok::<_, Rejection>(());
    let policy = QuorumPolicy::new(2);
    let call = call_quorum(
        &transport,
        quorum(RequestId::generate().unwrap()),
        &policy,
        judge,
        |()| (),
    );
    assert!(
        tokio::time::timeout(Duration::from_secs(1), call)
            .await
            .is_err()
    );
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(scripted.finished.load(Ordering::SeqCst), 0);
    // After agreement they may go on for a while, and no longer.
    let policy = QuorumPolicy::new(1).with_linger(Duration::from_secs(4));
    call_quorum(
        &transport,
        quorum(RequestId::generate().unwrap()),
        &policy,
        judge,
        |()| (),
    )
    .await
    .unwrap();
    assert_eq!(scripted.finished.load(Ordering::SeqCst), 1);
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(scripted.finished.load(Ordering::SeqCst), 2);
    let policy = policy.with_linger(Duration::from_secs(2));
    call_quorum(
        &transport,
        quorum(RequestId::generate().unwrap()),
        &policy,
        judge,
        |()| (),
    )
    .await
    .unwrap();
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(
        scripted.finished.load(Ordering::SeqCst),
        3,
        "the second node needs longer than it is given"
    );
}

#[tokio::test(start_paused = true)]
async fn odd_policies_are_no_trouble() {
    use Script::*;
    let forever = QuorumPolicy::new(0).with_node_deadline(Duration::MAX);
    assert_eq!(
        call(&[Answer("ok")], &forever).await.unwrap().agreed.len(),
        1
    );
    assert!(call(&[], &forever).await.is_err());
    let forever = forever
        .with_deadline(Duration::MAX)
        .with_linger(Duration::MAX);
    assert_eq!(
        call(&[Answer("ok"), Hang], &forever)
            .await
            .unwrap()
            .agreed
            .len(),
        1
    );
}

#[tokio::test(start_paused = true)]
async fn one_machine_is_no_quorum() {
    let (_, transport, _) = network(&[Script::Answer("ok")]);
    let nodes = [
        "http://localhost:0",
        "http://127.0.0.1:0",
        "https://LOCALHOST:0",
    ];
    let bodies = nodes
        .map(|node| (node.parse().unwrap(), Bytes::new()))
        .to_vec();
    let request_id = RequestId::generate().unwrap();
    let quorum = Quorum {
        endpoint: Endpoint::Execute,
        request_id,
        bodies,
    };
    let judge = |_: &NodeUrl, _: &[u8]| Ok::<_, Rejection>(());
    let error = call_quorum(&transport, quorum, &QuorumPolicy::new(3), judge, |()| ())
        .await
        .unwrap_err();
    assert_eq!(error.failure, QuorumFailure::DuplicateNode);
}

#[test]
fn refusals_are_cut_to_size() {
    let body = format!(
        r#"{{"message":"{}","errorCode":"\u001b[2J{}"}}"#,
        "x".repeat(10_000),
        "y".repeat(999)
    );
    let error = lit_node_transport::datil::parse_refusal(&body.into());
    assert_eq!(error.message.unwrap().len(), 500);
    let code = error.error_code.unwrap();
    assert!(code.len() == 100 && !code.contains('\u{1b}'));
}

fn greeting(key: char, hash: char) -> &'static str {
    let key = key.to_string().repeat(96);
    let hash = hash.to_string().repeat(64);
    let text = format!(
        r#"{{"serverPublicKey":"","subnetPublicKey":"{key}","networkPublicKey":"{key}",
            "networkPublicKeySet":"{key}","clientSdkVersion":"7.4.0","hdRootPubkeys":[],
            "attestation":null,"latestBlockhash":"0x{hash}"}}"#
    );
    text.leak()
}

#[tokio::test(start_paused = true)]
async fn a_handshake_needs_agreement_on_the_keys() {
    use Script::*;
    let scripts = [
        Answer(greeting('e', '9')),
        Answer(greeting('a', '1')),
        Answer(greeting('a', '2')),
        Answer(greeting('a', '2')),
        Slow(3, greeting('a', '3')),
        Slow(4, greeting('e', '9')),
        Slow(5, greeting('a', '3')),
    ];
    let (_, transport, nodes) = network(&scripts);
    let mut found = handshake(&transport, &nodes, 0, &QuorumPolicy::new(3))
        .await
        .unwrap();
    assert_eq!(found.keys.network_public_key, "a".repeat(96));
    assert_eq!(found.latest_blockhash, format!("0x{}", "2".repeat(64)));
    assert_eq!(found.connected, nodes[1..4]);
    // Late nodes join if they agree; the liar does not.
    assert_eq!(found.late.next().await, Some(nodes[4].clone()));
    assert_eq!(found.late.next().await, Some(nodes[6].clone()));
    assert_eq!(found.late.next().await, None);
}

/// A little late, as honest nodes are beside liars that answer at once.
const LATE: u64 = 400;

#[tokio::test(start_paused = true)]
async fn fewer_liars_than_are_needed_do_not_choose_the_block_hash() {
    use Script::*;
    let (lie, truth) = (greeting('a', '9'), greeting('a', '1'));
    let honest = || SlowMillis(LATE, truth);
    let scripts = [Answer(lie), Answer(lie), Answer(truth), honest(), honest()];
    let (_, transport, nodes) = network(&scripts);
    let start = Instant::now();
    let found = handshake(&transport, &nodes, 0, &QuorumPolicy::new(3))
        .await
        .unwrap();
    assert_eq!(found.latest_blockhash, format!("0x{}", "1".repeat(64)));
    assert!(found.blockhash_agreed);
    assert_eq!(found.connected, nodes);
    assert_eq!(start.elapsed(), Duration::from_millis(LATE));
}

#[tokio::test(start_paused = true)]
async fn block_hashes_are_not_waited_for_when_enough_agree_or_for_long() {
    use Script::*;
    let [one, two] = ['1', '2'].map(|hash| greeting('a', hash));
    for (scripts, agreed, millis) in [
        (
            vec![Answer(one), Answer(one), SlowMillis(LATE, one), Hang],
            true,
            400,
        ),
        (vec![Answer(one), Answer(one), Answer(one), Hang], true, 0),
        (
            vec![Answer(two), Answer(one), Answer(one), Hang],
            false,
            1_000,
        ),
        (vec![Answer(two), Answer(one), Answer(one), Dead], false, 0),
    ] {
        let (_, transport, nodes) = network(&scripts);
        let start = Instant::now();
        let policy = QuorumPolicy::new(3);
        let found = handshake(&transport, &nodes, 0, &policy).await.unwrap();
        assert_eq!(found.latest_blockhash, format!("0x{}", "1".repeat(64)));
        assert_eq!(found.blockhash_agreed, agreed, "{scripts:?}");
        assert_eq!(
            start.elapsed(),
            Duration::from_millis(millis),
            "{scripts:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn handshakes_that_are_none() {
    let not_ready = greeting('a', '1').replace(&"a".repeat(96), "ERR").leak();
    let short = greeting('a', '1').replace(&"a".repeat(96), "aa").leak();
    let two_keys = greeting('a', '1')
        .replacen(&"a".repeat(96), &"b".repeat(96), 1)
        .leak();
    let no_hash = greeting('a', '1').replace("0x", "").leak();
    for (body, reason) in [
        (&*not_ready, "no keys yet"),
        (short, "96 hex digits"),
        (two_keys, "BLS keys of the handshake differ"),
        (no_hash, "block hash"),
        ("", "incomplete"),
        ("[]", "not of the expected form"),
    ] {
        let (_, transport, nodes) = network(&[Script::Answer(body)]);
        let error = handshake(&transport, &nodes, 0, &QuorumPolicy::new(1))
            .await
            .unwrap_err();
        assert!(error.to_string().contains(reason), "{error}");
    }
}
