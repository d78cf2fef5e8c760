//! Quorum calls whose answers only several together can be checked. Time is virtual.

#![allow(clippy::unwrap_used, clippy::panic, reason = "these are tests")]

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use lit_node_transport::{
    NodeTransport, Outcome, Quorum, QuorumCall, QuorumError, QuorumFailure, QuorumPolicy,
    Rejection, RequestId,
};
use lit_test_fakes::{FakeNodes, Reply, node_url as node, node_urls};
use lit_types::{NodeUrl, wire::Endpoint};
use tokio::time::Instant;

/// Answers are `text share`; they agree when the texts are equal.
type Call = QuorumCall<String, String, Judge, fn(&String) -> String>;
type Judge = fn(&NodeUrl, &[u8]) -> Result<String, Rejection>;

/// Node `i` answers after `i` seconds, or refuses the connection then.
fn start(answers: &[Option<&'static str>]) -> Call {
    let reply = |(second, answer): (u64, &Option<&'static str>)| {
        answer
            .map_or_else(Reply::refused, Reply::ok)
            .after(Duration::from_secs(second))
    };
    let transport: Arc<dyn NodeTransport> =
        Arc::new(FakeNodes::each((0..).zip(answers).map(reply)));
    let nodes = node_urls(answers.len()).into_iter();
    let bodies = nodes.map(|node| (node, Bytes::new())).collect();
    let quorum = Quorum {
        endpoint: Endpoint::SignSessionKey,
        request_id: RequestId::generate().unwrap(),
        bodies,
    };
    let judge: Judge = |_, body| String::from_utf8(body.to_vec()).map_err(|_| Rejection::NotText);
    let key: fn(&String) -> String = |text| text.split(' ').next().unwrap().to_owned();
    QuorumCall::start(&transport, quorum, &QuorumPolicy::new(3), judge, key).unwrap()
}

fn nodes(answers: &[(NodeUrl, String)]) -> Vec<NodeUrl> {
    answers.iter().map(|(node, _)| node.clone()).collect()
}

fn failure(error: &QuorumError) -> QuorumFailure {
    error.failure
}

#[tokio::test(start_paused = true)]
async fn goes_on_past_answers_that_are_rejected() {
    let started = Instant::now();
    let answers = ["a good", "a bad", "b good", "a good", "a good", "a good"].map(Some);
    let mut call = start(&answers);
    assert_eq!(
        nodes(call.agree().await.unwrap()),
        [node(0), node(1), node(3)]
    );
    call.reject(&node(1), Rejection::WrongShare);
    assert_eq!(
        nodes(call.agree().await.unwrap()),
        [node(0), node(3), node(4)]
    );
    assert_eq!(started.elapsed(), Duration::from_secs(4));
    let answer = call.finish();
    assert_eq!(nodes(&answer.agreed), [node(0), node(3), node(4)]);
    assert_eq!(
        answer.outcomes[1].outcome.to_string(),
        "invalid answer: the signature share is wrong"
    );
    assert!(matches!(answer.outcomes[5].outcome, Outcome::Pending));
}

#[tokio::test(start_paused = true)]
async fn waits_for_more_where_nobody_can_be_blamed() {
    let mut call = start(&["a good", "a bad", "a good", "a good", "b good"].map(Some));
    assert_eq!(
        nodes(call.agree().await.unwrap()),
        [node(0), node(1), node(2)]
    );
    assert_eq!(
        nodes(call.agree().await.unwrap()),
        [node(0), node(1), node(2), node(3)]
    );
    let error = call.agree().await.unwrap_err();
    assert_eq!(failure(&error), QuorumFailure::Unusable { agreeing: 4 });
    assert!(!error.is_retryable());
    assert!(error.to_string().contains("4 answers agree"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn what_is_left_after_a_rejection_is_given_again() {
    let mut call = start(&["a good", "a good", "a bad", "a good"].map(Some));
    call.agree().await.unwrap();
    assert_eq!(
        nodes(call.agree().await.unwrap()),
        [node(0), node(1), node(2), node(3)]
    );
    call.reject(&node(2), Rejection::WrongShare);
    assert_eq!(
        nodes(call.agree().await.unwrap()),
        [node(0), node(1), node(3)]
    );
}

#[tokio::test(start_paused = true)]
async fn names_those_who_were_rejected_when_too_few_are_left() {
    let mut call = start(&[Some("a good"), Some("a bad"), None, Some("a good")]);
    call.agree().await.unwrap();
    call.reject(&node(1), Rejection::WrongShare);
    let error = call.agree().await.unwrap_err();
    assert_eq!(failure(&error), QuorumFailure::TooFewAnswers { valid: 2 });
    let text = error.to_string();
    assert!(
        text.contains("invalid answer: the signature share is wrong"),
        "{text}"
    );
    assert!(
        text.contains("cannot connect: connection refused"),
        "{text}"
    );
}

#[tokio::test(start_paused = true)]
async fn gives_up_without_waiting_for_others() {
    let started = Instant::now();
    let mut call = start(&["a good", "a bad", "a good", "b good"].map(Some));
    let agreed = call.agree().await.unwrap();
    let nodes: Vec<_> = agreed.iter().map(|(node, _)| node.clone()).collect();
    let error = call.give_up(&nodes, &Rejection::CannotCombine("one is wrong".into()));
    assert_eq!(started.elapsed(), Duration::from_secs(2));
    assert_eq!(failure(&error), QuorumFailure::Unusable { agreeing: 3 });
    let blamed = |i: usize| error.outcomes[i].outcome.to_string();
    for i in 0..3 {
        assert_eq!(
            blamed(i),
            "invalid answer: the signature shares do not combine: one is wrong"
        );
    }
    assert!(matches!(error.outcomes[3].outcome, Outcome::Pending));
}

#[tokio::test(start_paused = true)]
async fn a_larger_group_does_not_hide_a_smaller_one() {
    let answers = [
        "a lie", "a lie", "a lie", "a lie", "b good", "b good", "b good",
    ]
    .map(Some);
    let mut call = start(&answers);
    assert_eq!(
        nodes(call.agree().await.unwrap()),
        [node(0), node(1), node(2)]
    );
    assert_eq!(
        nodes(call.agree().await.unwrap()),
        [node(0), node(1), node(2), node(3)]
    );
    assert_eq!(
        nodes(call.agree().await.unwrap()),
        [node(4), node(5), node(6)]
    );
}

#[tokio::test(start_paused = true)]
async fn what_comes_while_the_caller_works_is_given_at_once() {
    let answers = ["a good", "a bad", "a good", "b good", "a good", "a good"].map(Some);
    let mut call = start(&answers);
    assert_eq!(
        nodes(call.agree().await.unwrap()),
        [node(0), node(1), node(2)]
    );
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(
        nodes(call.agree().await.unwrap()),
        [node(0), node(1), node(2), node(4), node(5)]
    );
}

#[tokio::test(start_paused = true)]
async fn what_did_not_agree_is_not_given_as_agreed() {
    let mut call = start(&["a good", "b good", "c good", "d good"].map(Some));
    let error = call.agree().await.unwrap_err();
    assert_eq!(
        failure(&error),
        QuorumFailure::NoAgreement {
            valid: 3,
            agreeing: 1
        }
    );
    let unusable = call.give_up(&[], &Rejection::WrongShare).failure;
    assert_eq!(unusable, QuorumFailure::Unusable { agreeing: 0 });

    let mut call = start(&["a good", "a good", "a good"].map(Some));
    let given_up = tokio::time::timeout(Duration::from_millis(1500), call.agree()).await;
    assert!(given_up.is_err(), "{given_up:?}");
    let answer = call.finish();
    assert!(answer.agreed.is_empty());
    assert!(matches!(answer.outcomes[0].outcome, Outcome::Valid));
}

#[tokio::test(start_paused = true)]
async fn a_lost_call_stays_lost() {
    let mut call = start(&[None, None, Some("a good"), Some("a good")]);
    for _ in 0..3 {
        let error = call.agree().await.unwrap_err();
        assert!(matches!(
            failure(&error),
            QuorumFailure::TooFewAnswers { .. }
        ));
        assert_eq!(error.outcomes.len(), 4);
        tokio::time::sleep(Duration::from_secs(5)).await;
    }
}
