#![allow(clippy::unwrap_used, clippy::panic, reason = "these are tests")]

use std::sync::Arc;

use bytes::Bytes;
use lit_node_transport::{NodeTransport, Outcome, Quorum, QuorumFailure, QuorumPolicy, RequestId};
use lit_test_fakes::{FakeNodes, Reply, node_url as node};
use lit_types::wire::Endpoint;

use super::*;

const THRESHOLD: usize = 3;
const PATIENCE: Duration = Duration::from_secs(10);

/// What a node answers, and after how many seconds.
type Script = (u64, &'static str);

const GOOD: &str = "good";
const BAD: &str = "bad";
/// A valid answer without a share.
const NO_SHARE: &str = "none";
/// Not a valid answer.
const GARBAGE: &str = "garbage";
const NEVER: u64 = 1_000_000;

fn nodes(places: impl IntoIterator<Item = usize>) -> Vec<NodeUrl> {
    places.into_iter().map(node).collect()
}

/// Good shares combine if there are enough of them. A bad share spoils them, unless there are enough without it.
struct Shares;

impl Combine for Shares {
    type Answer = &'static str;
    type Output = Vec<NodeUrl>;

    async fn combine(
        &self,
        agreed: &[(NodeUrl, Self::Answer)],
    ) -> Result<Combination<Self::Output>, Error> {
        let with = |kind: &[&str]| -> Vec<NodeUrl> {
            let nodes = agreed.iter().filter(|(_, share)| kind.contains(share));
            nodes.map(|(node, _)| node.clone()).collect()
        };
        let (good, shares) = (with(&[GOOD]), with(&[GOOD, BAD]));
        Ok(if good.len() >= THRESHOLD {
            Combination::Combined(good)
        } else if shares.len() < THRESHOLD {
            Combination::Incomplete
        } else {
            Combination::Spoiled {
                nodes: shares,
                reason: Rejection::WrongShare,
            }
        })
    }
}

type Judge = fn(&NodeUrl, &[u8]) -> Result<&'static str, Rejection>;
type Scripts = Collector<Shares, (), Judge, fn(&&'static str)>;

fn collect(scripts: &[Script]) -> Scripts {
    collect_within(scripts, None)
}

fn collect_within(scripts: &[Script], limit: Option<Duration>) -> Scripts {
    let reply = |&(seconds, answer): &Script| Reply::ok(answer).after(Duration::from_secs(seconds));
    let transport: Arc<dyn NodeTransport> = Arc::new(FakeNodes::each(scripts.iter().map(reply)));
    let quorum = Quorum {
        endpoint: Endpoint::PkpSign,
        request_id: RequestId::generate().unwrap(),
        bodies: (nodes(0..scripts.len()).into_iter())
            .map(|node| (node, Bytes::new()))
            .collect(),
    };
    let judge: Judge = |_, body| {
        let known = [GOOD, BAD, NO_SHARE].into_iter();
        let mut matching = known.filter(|answer| answer.as_bytes() == body);
        matching.next().ok_or(Rejection::Unsuccessful)
    };
    let mut policy = QuorumPolicy::new(THRESHOLD).with_node_timeout(Duration::from_secs(60));
    policy.timeout = limit;
    let call = QuorumCall::start(&transport, quorum, &policy, judge, (|_| ()) as fn(&_)).unwrap();
    Collector::new(call, Shares, PATIENCE)
}

async fn combined(collector: Scripts) -> Collected<Shares> {
    match collector.next().await.unwrap() {
        Step::Combined(collected) => collected,
        other => panic!("expected a combined signature, got {}", other.name()),
    }
}

async fn late(collector: Scripts) -> Scripts {
    match collector.next().await.unwrap() {
        Step::Late(collector) => collector,
        other => panic!("expected late nodes, got {}", other.name()),
    }
}

async fn spoiled(collector: Scripts) -> (Scripts, Vec<NodeUrl>) {
    match collector.next().await.unwrap() {
        Step::Spoiled(collector, nodes) => (collector, nodes),
        other => panic!("expected spoiled shares, got {}", other.name()),
    }
}

async fn failed(collector: Scripts) -> CollectError {
    match collector.next().await.unwrap() {
        Step::Failed(error) => error,
        other => panic!("expected a failure, got {}", other.name()),
    }
}

impl Step<Shares, (), Judge, fn(&&'static str)> {
    fn name(&self) -> &'static str {
        match self {
            Self::Combined(_) => "a combined signature",
            Self::Late(_) => "late nodes",
            Self::Spoiled(..) => "spoiled shares",
            Self::Failed(_) => "a failure",
        }
    }
}

fn are_valid(outcomes: &[NodeOutcome]) -> Vec<bool> {
    let is_valid = |one: &NodeOutcome| matches!(one.outcome, Outcome::Valid);
    outcomes.iter().map(is_valid).collect()
}

fn seconds(since: Instant) -> u64 {
    since.elapsed().as_secs()
}

#[tokio::test(start_paused = true)]
async fn combines_at_the_threshold() {
    let started = Instant::now();
    let collector = collect(&[(3, GOOD), (1, GOOD), (NEVER, GOOD), (0, GARBAGE), (2, GOOD)]);
    let collected = combined(collector).await;
    assert_eq!(seconds(started), 3);
    assert_eq!(collected.value, nodes([1, 4, 0]));
    assert_eq!(collected.took.as_secs(), 3);
    let outcomes = &collected.answer.outcomes;
    assert_eq!(are_valid(outcomes), [true, true, false, false, true]);
    assert!(matches!(outcomes[2].outcome, Outcome::Pending));
    assert!(matches!(
        outcomes[3].outcome,
        Outcome::Invalid(Rejection::Unsuccessful)
    ));
}

#[tokio::test(start_paused = true)]
async fn a_good_share_repairs_a_spoiled_set() {
    let started = Instant::now();
    let collector = collect(&[(0, GOOD), (1, BAD), (2, GOOD), (9, GOOD)]);
    let (collector, set) = spoiled(collector).await;
    assert_eq!((seconds(started), set), (2, nodes(0..3)));
    let collected = combined(collector).await;
    assert_eq!(collected.value, nodes([0, 2, 3]));
    assert_eq!((seconds(started), collected.took.as_secs()), (9, 9));
}

#[tokio::test(start_paused = true)]
async fn every_spoiled_set_is_reported_and_renews_the_patience() {
    let started = Instant::now();
    let collector = collect(&[
        (0, GOOD),
        (0, BAD),
        (0, BAD),
        (8, BAD),
        (16, GOOD),
        (24, GOOD),
    ]);
    let (collector, set) = spoiled(collector).await;
    assert_eq!((seconds(started), set), (0, nodes(0..3)));
    let (collector, set) = spoiled(collector).await;
    assert_eq!((seconds(started), set), (8, nodes(0..4)));
    let (collector, set) = spoiled(collector).await;
    assert_eq!((seconds(started), set), (16, nodes(0..5)));
    assert_eq!(combined(collector).await.value, nodes([0, 4, 5]));
    assert_eq!(seconds(started), 24);
}

#[tokio::test(start_paused = true)]
async fn late_nodes_are_reported_once() {
    let started = Instant::now();
    let collector = collect(&[(0, GOOD), (0, GOOD), (35, GOOD)]).impatient();
    let collector = late(collector).await;
    assert_eq!(seconds(started), 10);
    let outcomes = collector.outcomes();
    assert_eq!(are_valid(&outcomes), [true, true, false]);
    assert!(matches!(outcomes[2].outcome, Outcome::Pending));
    assert_eq!(combined(collector).await.value, nodes(0..3));
    assert_eq!(seconds(started), 35);
}

#[tokio::test(start_paused = true)]
async fn nodes_without_a_share_make_others_late_once() {
    let started = Instant::now();
    let scripts = [
        (1, GOOD),
        (1, GOOD),
        (1, NO_SHARE),
        (15, NO_SHARE),
        (45, GOOD),
    ];
    let collector = late(collect(&scripts)).await;
    assert_eq!(seconds(started), 11);
    assert_eq!(combined(collector).await.value, nodes([0, 1, 4]));
    assert_eq!(seconds(started), 45);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_not_impatient_has_no_late_nodes_before_agreement() {
    let started = Instant::now();
    let collector = collect(&[(0, GOOD), (0, GOOD), (50, GOOD)]);
    assert_eq!(combined(collector).await.value, nodes(0..3));
    assert_eq!(seconds(started), 50);
}

#[tokio::test(start_paused = true)]
async fn losing_patience_with_spoiled_shares_keeps_every_outcome() {
    let started = Instant::now();
    let collector = collect(&[(0, GOOD), (0, BAD), (2, GOOD), (0, GARBAGE), (30, GOOD)]);
    let (collector, _) = spoiled(collector).await;
    let failure = failed(collector).await;
    assert_eq!(seconds(started), 12);
    assert_eq!(failure.cause, CollectFailure::Spoiled);
    // Nobody knows which share is bad, so no node counts as gone.
    assert_eq!(
        are_valid(&failure.outcomes),
        [true, true, true, false, false]
    );
    assert!(matches!(failure.outcomes[4].outcome, Outcome::Pending));
    assert_eq!(
        failure.error.failure,
        QuorumFailure::Unusable { agreeing: 3 }
    );
    for place in 0..3 {
        assert!(matches!(
            failure.error.outcomes[place].outcome,
            Outcome::Invalid(Rejection::WrongShare)
        ));
    }
}

#[tokio::test(start_paused = true)]
async fn spoiled_shares_of_late_nodes_are_given_up_too() {
    let started = Instant::now();
    let collector = collect(&[(0, GOOD), (0, BAD), (20, GOOD), (50, GOOD)]).impatient();
    let collector = late(collector).await;
    let (collector, _) = spoiled(collector).await;
    assert_eq!(seconds(started), 20);
    assert_eq!(failed(collector).await.cause, CollectFailure::Spoiled);
    assert_eq!(seconds(started), 30);
}

#[tokio::test(start_paused = true)]
async fn spoiled_shares_of_all_nodes_are_a_failure_at_once() {
    let started = Instant::now();
    let (collector, _) = spoiled(collect(&[(0, GOOD), (0, BAD), (1, GOOD)])).await;
    let failure = failed(collector).await;
    assert_eq!(
        (seconds(started), failure.cause),
        (1, CollectFailure::Spoiled)
    );
    assert_eq!(are_valid(&failure.outcomes), [true; 3]);
}

/// Without the limit the last share would have combined with two others.
#[tokio::test(start_paused = true)]
async fn the_limit_of_the_call_is_reported_as_such_after_spoiled_shares() {
    let started = Instant::now();
    let scripts = [(0, GOOD), (0, BAD), (2, GOOD), (9, GOOD)];
    let collector = collect_within(&scripts, Some(Duration::from_secs(5)));
    let (collector, _) = spoiled(collector).await;
    let failure = failed(collector).await;
    assert_eq!(seconds(started), 5);
    assert_eq!(failure.cause, CollectFailure::Spoiled);
    assert_eq!(are_valid(&failure.outcomes), [true, true, true, false]);
    let error = failure.error;
    assert_eq!(error.failure, QuorumFailure::DeadlineExceeded { valid: 3 });
    assert!(error.is_retryable());
    let text = error.to_string();
    assert!(
        text.contains("time ran out: of 3 valid answers no 3 agree and combine"),
        "{text}"
    );
}

#[tokio::test(start_paused = true)]
async fn missing_shares_and_missing_answers_are_told_apart() {
    let failure = failed(collect(&[(0, GOOD), (0, GOOD), (0, NO_SHARE)])).await;
    assert_eq!(failure.cause, CollectFailure::Incomplete);
    assert_eq!(are_valid(&failure.outcomes), [true; 3]);
    assert_eq!(
        failure.error.failure,
        QuorumFailure::TooFewShares { agreeing: 3 }
    );
    // Other nodes may sign the next time.
    assert!(failure.error.is_retryable());

    let failure = failed(collect(&[(0, GOOD), (0, GARBAGE), (0, GOOD)])).await;
    assert_eq!(failure.cause, CollectFailure::NoAgreement);
    assert_eq!(are_valid(&failure.outcomes), [true, false, true]);
    assert_eq!(
        failure.error.failure,
        QuorumFailure::TooFewAnswers { valid: 2 }
    );
}
