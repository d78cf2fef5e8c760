//! The quorum engine against nodes that are dead, slow, wrong or lying. Time is virtual.

#![allow(clippy::unwrap_used, clippy::panic, reason = "these are tests")]

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use lit_node_transport::{
    NodeTransport, Outcome, Quorum, QuorumAnswer, QuorumError, QuorumFailure, QuorumPolicy,
    Rejection, RequestId, TransportError, Wait, call_quorum, handshake,
};
use lit_test_fakes::{FakeNodes, Reply, node_url, node_urls};
use lit_types::{NodeUrl, wire::Endpoint};
use tokio::time::Instant;

fn answer(body: &str) -> Reply {
    Reply::ok(body.to_owned())
}

fn slow(seconds: u64, body: &str) -> Reply {
    answer(body).after(Duration::from_secs(seconds))
}

fn refuses(status: u16, body: &str) -> Reply {
    Reply::status(status, body.to_owned())
}

fn network(replies: &[Reply]) -> (Arc<FakeNodes>, Arc<dyn NodeTransport>, Vec<NodeUrl>) {
    let nodes = Arc::new(FakeNodes::each(replies.iter().cloned()));
    (nodes.clone(), nodes, node_urls(replies.len()))
}

/// Valid answers are those that start with `ok`; they agree when they are equal.
async fn call(
    replies: &[Reply],
    policy: &QuorumPolicy,
) -> Result<QuorumAnswer<String>, QuorumError> {
    let (_, transport, nodes) = network(replies);
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
    let started = Instant::now();
    let scripts = [
        slow(9, "ok"),
        Reply::never(),
        answer("ok"),
        Reply::refused(),
        answer("ok lie"),
        slow(1, "ok"),
        answer("ok"),
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
    let scripts = [
        answer("ok"),
        answer("ok"),
        slow(9, "ok"),
        Reply::refused(),
        Reply::never(),
    ];
    let policy = QuorumPolicy::new(2)
        .with_wait(Wait::ForAll)
        .with_node_timeout(Duration::from_secs(20));
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
    let answer = call(&scripts, &policy.with_timeout(Duration::from_secs(5)))
        .await
        .unwrap();
    assert_eq!(answer.agreed.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn fails_when_agreement_is_impossible() {
    let started = Instant::now();
    let error = call(
        &[
            Reply::refused(),
            answer("no"),
            refuses(502, "{}"),
            Reply::never(),
        ],
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
        &[answer("ok 1"), answer("ok 2"), answer("ok 3")],
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
    let error = call(&[answer("ok")], &QuorumPolicy::new(2))
        .await
        .unwrap_err();
    assert_eq!(error.failure, QuorumFailure::TooFewNodes);
    let error = call(
        &[Reply::never(), answer("ok"), Reply::never()],
        &QuorumPolicy::new(2),
    )
    .await
    .unwrap_err();
    assert_eq!(error.failure, QuorumFailure::TooFewAnswers { valid: 1 });
    let policy = QuorumPolicy::new(2).with_timeout(Duration::from_secs(1));
    let error = call(&[Reply::never(), answer("ok"), Reply::never()], &policy)
        .await
        .unwrap_err();
    assert_eq!(error.failure, QuorumFailure::DeadlineExceeded { valid: 1 });
    assert!(error.is_retryable());
}

#[tokio::test(start_paused = true)]
async fn the_error_is_a_table() {
    let refusal = r#"{"errorKind":"Validation","errorCode":"NodeNotAuthorized","status":403,"message":"wrong node"}"#;
    let scripts = [
        refuses(403, refusal),
        refuses(403, refusal),
        refuses(500, "<html>"),
        Reply::refused(),
        answer("garbage"),
        refuses(400, r#"{"success":false,"error":"boom","logs":""}"#),
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
    let (scripted, transport, nodes) = network(&[slow(5, "ok"), slow(8, "ok")]);
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
    let given_up = tokio::time::timeout(Duration::from_secs(1), call).await;
    assert!(given_up.is_err(), "{given_up:?}");
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(scripted.finished(), 0);
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
    assert_eq!(scripted.finished(), 1);
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(scripted.finished(), 2);
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
        scripted.finished(),
        3,
        "the second node needs longer than it is given"
    );
}

#[tokio::test(start_paused = true)]
async fn odd_policies_are_no_trouble() {
    let forever = QuorumPolicy::new(0).with_node_timeout(Duration::MAX);
    assert_eq!(
        call(&[answer("ok")], &forever).await.unwrap().agreed.len(),
        1
    );
    let error = call(&[], &forever).await.unwrap_err();
    assert_eq!(error.failure, QuorumFailure::TooFewNodes);
    let forever = forever
        .with_timeout(Duration::MAX)
        .with_linger(Duration::MAX);
    assert_eq!(
        call(&[answer("ok"), Reply::never()], &forever)
            .await
            .unwrap()
            .agreed
            .len(),
        1
    );
}

#[tokio::test(start_paused = true)]
async fn one_machine_is_no_quorum() {
    let (_, transport, _) = network(&[answer("ok")]);
    let port = node_url(0)
        .authority()
        .rsplit(':')
        .next()
        .unwrap()
        .to_owned();
    let nodes = ["http://localhost", "http://127.0.0.1", "https://LOCALHOST"]
        .map(|host| format!("{host}:{port}"));
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

#[tokio::test(start_paused = true)]
async fn block_hashes_are_not_waited_for_longer_than_the_policy_allows() {
    let [one, two] = ['1', '2'].map(|hash| greeting('a', hash));
    let scripts = [answer(two), answer(one).after(LATE), Reply::never()];
    let (_, transport, nodes) = network(&scripts);
    let start = Instant::now();
    let limit = LATE + Duration::from_millis(100);
    let policy = QuorumPolicy::new(2).with_timeout(limit);
    let found = handshake(&transport, &nodes, 0, &policy).await.unwrap();
    assert_eq!((found.blockhash_agreed, start.elapsed()), (false, limit));
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
    assert!(code.chars().count() == 100 && !code.contains('\u{1b}'));
}

fn greeting(key: char, hash: char) -> &'static str {
    let key = key.to_string().repeat(96);
    let hash = format!("0x{}", hash.to_string().repeat(64));
    let greeting = lit_test_fakes::greeting(&key, &hash);
    serde_json::to_string(&greeting).unwrap().leak()
}

#[tokio::test(start_paused = true)]
async fn a_handshake_needs_agreement_on_the_keys() {
    let scripts = [
        answer(greeting('e', '9')),
        answer(greeting('a', '1')),
        answer(greeting('a', '2')),
        answer(greeting('a', '2')),
        slow(3, greeting('a', '3')),
        slow(4, greeting('e', '9')),
        slow(5, greeting('a', '3')),
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
const LATE: Duration = Duration::from_millis(400);

#[tokio::test(start_paused = true)]
async fn fewer_liars_than_are_needed_do_not_choose_the_block_hash() {
    let (lie, truth) = (greeting('a', '9'), greeting('a', '1'));
    let honest = || answer(truth).after(LATE);
    let scripts = [answer(lie), answer(lie), answer(truth), honest(), honest()];
    let (_, transport, nodes) = network(&scripts);
    let start = Instant::now();
    let found = handshake(&transport, &nodes, 0, &QuorumPolicy::new(3))
        .await
        .unwrap();
    assert_eq!(found.latest_blockhash, format!("0x{}", "1".repeat(64)));
    assert!(found.blockhash_agreed);
    assert_eq!(found.connected, nodes);
    assert_eq!(start.elapsed(), LATE);
}

#[tokio::test(start_paused = true)]
async fn block_hashes_are_not_waited_for_when_enough_agree_or_for_long() {
    let [one, two] = ['1', '2'].map(|hash| greeting('a', hash));
    for (scripts, agreed, millis) in [
        (
            vec![
                answer(one),
                answer(one),
                answer(one).after(LATE),
                Reply::never(),
            ],
            true,
            400,
        ),
        (
            vec![answer(one), answer(one), answer(one), Reply::never()],
            true,
            0,
        ),
        (
            vec![answer(two), answer(one), answer(one), Reply::never()],
            false,
            1_000,
        ),
        (
            vec![answer(two), answer(one), answer(one), Reply::refused()],
            false,
            0,
        ),
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
        let (_, transport, nodes) = network(&[answer(body)]);
        let error = handshake(&transport, &nodes, 0, &QuorumPolicy::new(1))
            .await
            .unwrap_err();
        assert!(error.to_string().contains(reason), "{error}");
    }
}
