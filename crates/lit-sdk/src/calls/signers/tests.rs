#![allow(clippy::unwrap_used, reason = "these are tests")]

use super::*;

const MESSAGE: &[u8] = &[0x90; 32];

fn nodes() -> Vec<NodeUrl> {
    let url = |i: u16| format!("http://127.0.0.1:{}", 7470 + i).parse().unwrap();
    (0..10).map(url).collect()
}

fn outcome(node: &NodeUrl, outcome: Outcome) -> NodeOutcome {
    NodeOutcome::new(node.clone(), outcome, Duration::ZERO)
}

fn chosen(signers: &Signers, nodes: &[NodeUrl]) -> Vec<NodeUrl> {
    let choice = signers
        .request_id(nodes, 6, MESSAGE, 0, |_| true)
        .unwrap()
        .unwrap();
    let places = elect_signers(MESSAGE, &choice.id.to_header(), nodes.len(), 6);
    let elected: Vec<NodeUrl> = places
        .into_iter()
        .map(|place| nodes[place].clone())
        .collect();
    assert_eq!(choice.set, elected);
    elected
}

/// The number of requests until six of ten nodes sign; `None` if the client gives up.
fn requests(signers: &Signers, liars: &[usize]) -> Option<usize> {
    let (nodes, before) = (nodes(), signers.spoiled());
    for request in 1.. {
        let choice = signers.request_id(&nodes, 6, MESSAGE, before, |_| true);
        let set = choice.unwrap()?.set;
        if liars.iter().any(|liar| set.contains(&nodes[*liar])) {
            signers.note_spoiled(set);
        } else {
            signers.note_honest(&set);
            return Some(request);
        }
    }
    unreachable!("the range has no end")
}

#[test]
fn late_nodes_are_left_out_until_they_answer() {
    let (signers, nodes) = (Signers::default(), nodes());
    let pending: Vec<_> = (nodes[2..5].iter())
        .map(|node| outcome(node, Outcome::Pending))
        .collect();
    signers.note(&pending, false);
    assert!(signers.lock().absent.is_empty());
    signers.note(&pending, true);
    for _ in 0..20 {
        let set = chosen(&signers, &nodes);
        assert!(!nodes[2..5].iter().any(|late| set.contains(late)));
    }
    signers.note(
        &[
            outcome(&nodes[2], Outcome::Valid),
            outcome(&nodes[3], Outcome::NotASigner),
        ],
        true,
    );
    let slow: Vec<_> = signers.doubts().into_iter().map(|one| one.node).collect();
    assert_eq!(slow, nodes[4..5]);
}

/// That a node need not sign takes no time, so it may be slow still. It is elected again if there is no better one.
#[test]
fn a_late_node_that_is_back_is_not_preferred() {
    let (signers, nodes) = (Signers::default(), nodes());
    let all = |outcome_of: fn() -> Outcome, places: &[usize]| -> Vec<_> {
        let of = |at: &usize| outcome(&nodes[*at], outcome_of());
        places.iter().map(of).collect()
    };
    signers.note(&all(|| Outcome::Pending, &[0, 4, 7]), true);
    signers.note(&all(|| Outcome::NotASigner, &[0, 4, 7]), false);
    assert_eq!(signers.doubts(), []);
    for _ in 0..20 {
        let set = chosen(&signers, &nodes);
        assert!([0, 4, 7].iter().all(|back| !set.contains(&nodes[*back])));
    }
    signers.note(&all(|| Outcome::Pending, &[1, 2, 3]), true);
    for _ in 0..20 {
        let set = chosen(&signers, &nodes);
        assert!([1, 2, 3].iter().all(|late| !set.contains(&nodes[*late])));
    }
    signers.note(&all(|| Outcome::Valid, &[0, 4, 7]), false);
    assert!(signers.lock().absent.len() == 3);
}

/// A node that hangs has taken all places for requests to it. Then the client does not ask it any more.
#[test]
fn a_node_whose_queue_is_full_is_late() {
    let (signers, nodes) = (Signers::default(), nodes());
    signers.note(&[outcome(&nodes[2], Outcome::Queued)], false);
    assert_eq!(signers.doubts(), []);
    signers.note(&[outcome(&nodes[2], Outcome::Queued)], true);
    let queued = Outcome::Failed(TransportError::Queued(Duration::from_secs(30)));
    signers.note(&[outcome(&nodes[3], queued)], false);
    let slow: Vec<_> = signers
        .doubts()
        .into_iter()
        .map(|one| (one.node, one.reason))
        .collect();
    let late = |at: usize| (nodes[at].clone(), DoubtReason::Slow);
    assert_eq!(slow, [late(2), late(3)]);
    // Those that waited for it are not suspected.
    signers.note_failed(&nodes[..6]);
    assert_eq!(signers.lock().doubts.len(), 0);
}

/// Given session signatures may lack nodes. These do not sign, so others are elected, and nobody is blamed for them.
#[test]
fn nodes_that_are_not_asked_are_not_elected() {
    let (signers, nodes) = (Signers::default(), nodes());
    let choose = |unasked: &[usize]| {
        let is_asked = |node: &NodeUrl| !unasked.iter().any(|at| nodes[*at] == *node);
        let choice = signers.request_id(&nodes, 6, MESSAGE, 0, is_asked);
        choice.unwrap().unwrap().set
    };
    for _ in 0..20 {
        let set = choose(&[1, 4, 8]);
        assert_eq!(set.len(), 6);
        assert!(
            [1, 4, 8]
                .iter()
                .all(|unasked| !set.contains(&nodes[*unasked]))
        );
    }
    let set = choose(&[0, 1, 2, 3, 4]);
    assert_eq!(set, []);
    signers.note_failed(&set);
    assert_eq!(signers.lock().doubts.len(), 0);
}

/// The caller lists the wallets of nodes, and the list may be stale.
#[test]
fn an_unknown_wallet_is_not_held_against_a_node() {
    let (signers, nodes) = (Signers::default(), nodes());
    signers.note(&[outcome(&nodes[2], Rejection::WrongWallet.into())], true);
    assert_eq!(signers.doubts(), []);
    signers.note(&[outcome(&nodes[2], Rejection::WrongKey.into())], true);
    assert_eq!(signers.doubts()[0].reason, DoubtReason::WrongShare);
}

/// The nodes may elect among all, or without nodes that are gone. The late node signs by neither rule.
#[test]
fn gone_nodes_may_be_known_to_the_others() {
    let (signers, nodes) = (Signers::default(), nodes());
    let refusal = Outcome::Failed(TransportError::Connect("refused".into()));
    signers.note(&[outcome(&nodes[1], refusal)], false);
    signers.note(&[outcome(&nodes[7], Outcome::Pending)], true);
    let present: Vec<_> = nodes
        .iter()
        .filter(|node| **node != nodes[1])
        .cloned()
        .collect();
    for _ in 0..20 {
        let choice = signers
            .request_id(&nodes, 6, MESSAGE, 0, |_| true)
            .unwrap()
            .unwrap();
        let id = choice.id.to_header();
        let places = elect_signers(MESSAGE, &id, 10, 6);
        assert!(!places.contains(&1) && !places.contains(&7));
        let places = elect_signers(MESSAGE, &id, 9, 6);
        assert!(places.into_iter().all(|place| present[place] != nodes[7]));
    }
}

#[test]
fn those_that_signed_are_cleared_of_doubts() {
    let (signers, nodes) = (Signers::default(), nodes());
    signers.note_spoiled(nodes[..6].to_vec());
    signers.note_spoiled(nodes[2..8].to_vec());
    signers.note_honest(&nodes[2..8]);
    let doubts: Vec<_> = signers
        .lock()
        .doubts
        .iter()
        .map(|doubt| doubt.set.clone())
        .collect();
    assert_eq!(doubts, [nodes[..2].to_vec()]);
    for _ in 0..20 {
        let set = chosen(&signers, &nodes);
        assert!(!set.contains(&nodes[0]) && !set.contains(&nodes[1]));
    }
}

#[test]
fn patience_follows_what_signatures_take() {
    let signers = Signers::default();
    assert_eq!(signers.patience(), FIRST_PATIENCE);
    for (took, patience) in [(4, 100), (1000, 759), (253, 759)] {
        signers.note_duration(Duration::from_millis(took));
        assert_eq!(signers.patience(), Duration::from_millis(patience));
    }
}

/// Four of ten nodes lie, so one set of 210 has no liar, and each request rules out one other. It is found, and kept to.
#[test]
fn four_liars_of_ten_are_found_out() {
    let signers = Signers::default();
    let first = requests(&signers, &[0, 3, 4, 8]).unwrap();
    assert!(first <= 210, "{first}");
    for _ in 0..5 {
        assert_eq!(requests(&signers, &[0, 3, 4, 8]), Some(1));
    }
}

/// Thirty sets of six among ten are enough to have one without any three liars, and they are nearly found.
#[test]
fn few_liars_take_few_requests() {
    for (liars, most) in [
        (vec![], 1),
        (vec![7], 4),
        (vec![1, 8], 14),
        (vec![2, 3, 9], 60),
    ] {
        let signers = Signers::default();
        let first = requests(&signers, &liars).unwrap();
        assert!(first <= most, "{first} for {liars:?}");
        if first > 1 {
            assert_eq!(requests(&signers, &liars), Some(1));
        }
    }
}

/// If every set has a liar, the client says so, and looks again at the next call.
#[test]
fn too_many_liars_are_found_out_as_well() {
    let signers = Signers::default();
    assert_eq!(requests(&signers, &[0, 1, 2, 3, 4]), None);
    assert_eq!(signers.doubts(), []);
    assert_eq!(requests(&signers, &[]), Some(1));
}

/// A liar may tell the truth for a while, and an honest node begin to lie.
#[test]
fn nodes_that_signed_well_may_begin_to_lie() {
    let signers = Signers::default();
    requests(&signers, &[9]).unwrap();
    let proven = signers.lock().proven.len();
    assert_eq!(proven, 6);
    for liar in 0..9 {
        assert!(requests(&signers, &[liar]).unwrap() <= 60, "{liar}");
    }
}

#[tokio::test(start_paused = true)]
async fn doubts_expire() {
    let (signers, nodes) = (Signers::default(), nodes());
    let timeout = Outcome::Failed(TransportError::Timeout(Duration::from_secs(30)));
    let refusal = Outcome::Failed(TransportError::Connect("refused".into()));
    signers.note_spoiled(nodes[..6].to_vec());
    signers.note_honest(&nodes[1..7]);
    signers.note_spoiled(nodes[1..7].to_vec());
    signers.note(
        &[outcome(&nodes[7], timeout), outcome(&nodes[8], refusal)],
        false,
    );
    tokio::time::advance(MEMORY / 2).await;
    signers.note(&[outcome(&nodes[9], Rejection::WrongShare.into())], false);
    let held: Vec<_> = signers
        .doubts()
        .into_iter()
        .map(|doubt| (doubt.node, doubt.reason))
        .collect();
    let of = |at: usize, reason| (nodes[at].clone(), reason);
    let known = [
        of(9, DoubtReason::WrongShare),
        of(0, DoubtReason::SoleSuspect),
        of(8, DoubtReason::Failed),
        of(7, DoubtReason::Slow),
    ];
    assert_eq!(held[..4], known);
    assert_eq!(
        held[4..],
        std::array::from_fn::<_, 6, _>(|at| of(at + 1, DoubtReason::Suspected))
    );
    tokio::time::advance(MEMORY / 2).await;
    let left = signers.doubts();
    assert_eq!(left.len(), 1);
    assert_eq!((&left[0].node, left[0].age), (&nodes[9], MEMORY / 2));
    tokio::time::advance(MEMORY / 2).await;
    assert_eq!(signers.doubts(), []);
}

/// A node that hangs is not known to be gone to the others, so they elect it.
#[test]
fn a_node_that_hangs_is_late_and_not_gone() {
    let (signers, nodes) = (Signers::default(), nodes());
    let timeout = Outcome::Failed(TransportError::Timeout(Duration::from_secs(30)));
    let all = Candidates {
        nodes: &nodes,
        threshold: 6,
        is_asked: &|_| true,
    };
    signers.note(&[outcome(&nodes[1], timeout)], false);
    assert_eq!(signers.lock().electorates(&all).len(), 1);
    let refusal = Outcome::Failed(TransportError::Connect("refused".into()));
    signers.note(&[outcome(&nodes[1], refusal)], false);
    assert_eq!(signers.lock().electorates(&all).len(), 2);
}

/// An absent node explains why a set made no signature, and a liar does not.
#[test]
fn a_set_with_an_absent_node_is_not_suspected() {
    let (signers, nodes) = (Signers::default(), nodes());
    signers.note(&[outcome(&nodes[2], Outcome::Pending)], true);
    signers.note_failed(&nodes[..6]);
    assert_eq!(signers.lock().doubts.len(), 0);
    signers.note_failed(&nodes[3..9]);
    assert_eq!(signers.lock().doubts.len(), 1);
}
