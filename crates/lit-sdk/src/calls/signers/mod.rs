//! What a client has seen of the nodes, and which of them it avoids.

mod electorate;

use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use lit_node_transport::{
    NodeOutcome, Outcome, Rejection, RequestId, TransportError, elect_signers,
};
use lit_types::NodeUrl;
use tokio::time::Instant;

use self::electorate::{Electorate, Mask};
use crate::Error;

/// How many request ids are tried for a good signing set. To avoid 3 of 10 nodes, one of 30 ids is good; to avoid 5 of 30,
/// one of 570.
const MAX_IDS: usize = 2048;

/// How many different signing sets are weighed against each other.
const MAX_SETS: usize = 256;

/// How many spoiled signatures are remembered: more than ten nodes have signing sets of six.
const MAX_DOUBTS: usize = 256;

/// How long a node is avoided for what it did. It may have been repaired since.
const MEMORY: Duration = Duration::from_secs(10 * 60);

/// How long to wait for nodes that have not signed before.
const FIRST_PATIENCE: Duration = Duration::from_millis(500);

const LEAST_PATIENCE: Duration = Duration::from_millis(100);

/// What a client has seen of the nodes.
///
/// Message and request id decide who signs with ECDSA ([`elect_signers`]). So the client draws random ids until one elects
/// nodes that signed well before. On a network with another rule this is just a random id. BLS shares of nodes that gave
/// wrong ones are combined last.
#[derive(Debug, Default)]
pub(crate) struct Signers(Mutex<Seen>);

#[derive(Debug, Default)]
struct Seen {
    /// The nodes that gave no valid answer last time.
    absent: HashMap<NodeUrl, (Absence, Instant)>,
    /// The nodes that gave a share that is wrong by itself, or a wrong BLS share.
    wrong: HashMap<NodeUrl, Instant>,
    /// The nodes that took part in a valid ECDSA signature, and not in a spoiled one of them alone.
    proven: HashMap<NodeUrl, Instant>,
    /// Signing sets, each with at least one node that may have given a wrong share.
    doubts: VecDeque<Doubt>,
    /// How many signatures were spoiled.
    spoiled: u64,
    /// How long a signature takes.
    usual: Option<Duration>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Doubt {
    set: Vec<NodeUrl>,
    at: Instant,
    /// The number of spoiled signatures before.
    number: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Absence {
    /// The node was slower than the others, or did not answer at all. The others need not know.
    Late,
    /// The node failed. The others may know, and elect without it.
    Gone,
}

/// A request id, and the nodes that it elects.
#[derive(Debug)]
pub(crate) struct Choice {
    pub(crate) id: RequestId,
    pub(crate) set: Vec<NodeUrl>,
}

/// Something that a node did wrong. The client avoids the node for ten minutes, where it can.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct NodeDoubt {
    /// The node.
    pub node: NodeUrl,
    /// What it did.
    pub reason: DoubtReason,
    /// How long ago the client saw it.
    pub age: Duration,
}

/// What a client holds against a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum DoubtReason {
    /// It gave a wrong signature share, or signed something else.
    WrongShare,
    /// It failed, refused what others did, or its answer was malformed.
    Failed,
    /// It was slower than the others, or did not answer.
    Slow,
    /// It took part in signatures that do not verify. One of the nodes that did gave a wrong share.
    Suspected,
}

impl Signers {
    /// How many signatures were spoiled, when a call begins.
    pub(crate) fn spoiled(&self) -> u64 {
        self.lock().spoiled
    }

    /// Draws a request id that elects nodes that are present and not suspected, if it finds one.
    ///
    /// `None` if every signing set has a liar, by what was seen since `before` signatures were spoiled. Then all doubts are
    /// dropped, and the next call begins anew. What was seen earlier may have changed.
    pub(crate) fn request_id(
        &self,
        nodes: &[NodeUrl],
        threshold: usize,
        message: &[u8],
        before: u64,
    ) -> Result<Option<Choice>, Error> {
        let Some(electorates) = self.lock().hopeful_electorates(nodes, threshold, before) else {
            return Ok(None);
        };
        let draw = || -> Result<(RequestId, Vec<Mask>), Error> {
            let id = RequestId::generate()
                .map_err(|error| Error::RandomnessUnavailable(error.into()))?;
            let header = id.to_header();
            let elected = |nodes: &Electorate| {
                Mask::of(elect_signers(message, &header, nodes.size(), threshold))
            };
            let sets = electorates.iter().map(elected).collect();
            Ok((id, sets))
        };
        let risk = |sets: &[Mask]| -> f64 {
            electorates
                .iter()
                .zip(sets)
                .map(|(nodes, set)| nodes.risk(*set))
                .sum()
        };
        let mut best = draw()?;
        let mut least = risk(&best.1);
        let mut weighed = HashSet::from([best.1.clone()]);
        let all_sets = match electorates.len() {
            1 => number_of_choices(nodes.len(), threshold),
            _ => usize::MAX,
        };
        for _ in 1..MAX_IDS {
            if least == 0.0 || weighed.len() == MAX_SETS.min(all_sets) {
                break;
            }
            let next = draw()?;
            if !weighed.insert(next.1.clone()) {
                continue;
            }
            let other = risk(&next.1);
            if other < least {
                (best, least) = (next, other);
            }
        }
        let (id, sets) = best;
        let is_elected = |place: usize| sets.first().is_some_and(|set| set.contains(place));
        let set = (0..nodes.len()).filter(|place| is_elected(*place));
        let set = set.map(|place| nodes[place].clone()).collect();
        Ok(Some(Choice { id, set }))
    }

    /// How long to wait for a signature before asking other nodes too.
    pub(crate) fn patience(&self) -> Duration {
        let usual = self.lock().usual;
        usual.map_or(FIRST_PATIENCE, |usual| LEAST_PATIENCE.max(usual * 3))
    }

    /// Records which nodes answered. With `is_late`, nodes that have not answered yet count as late.
    pub(crate) fn note(&self, outcomes: &[NodeOutcome], is_late: bool) {
        let mut seen = self.lock();
        for NodeOutcome { node, outcome, .. } in outcomes {
            if is_lie(outcome) {
                seen.wrong.insert(node.clone(), Instant::now());
                seen.proven.remove(node);
                continue;
            }
            let absence = match outcome {
                // The node was not asked.
                queued if queued.is_queued() => continue,
                Outcome::Pending if is_late => Some(Absence::Late),
                Outcome::Pending => continue,
                Outcome::Valid | Outcome::NotASigner => None,
                Outcome::Failed(TransportError::Timeout(_)) => Some(Absence::Late),
                _ => Some(Absence::Gone),
            };
            match absence {
                Some(absence) => seen.absent.insert(node.clone(), (absence, Instant::now())),
                None => seen.absent.remove(node),
            };
        }
    }

    /// Records that these nodes made a signature together, in this time.
    pub(crate) fn note_signed(&self, set: &[NodeUrl], took: Duration) {
        self.note_honest(set);
        let mut seen = self.lock();
        seen.usual = Some(seen.usual.map_or(took, |usual| (usual * 3 + took) / 4));
    }

    /// Records that these nodes gave good shares of a signature.
    pub(crate) fn note_honest(&self, set: &[NodeUrl]) {
        let mut seen = self.lock();
        for doubt in &mut seen.doubts {
            doubt.set.retain(|node| !set.contains(node));
        }
        seen.doubts.retain(|doubt| !doubt.set.is_empty());
        for node in set {
            seen.wrong.remove(node);
            seen.proven.insert(node.clone(), Instant::now());
        }
        seen.unprove();
    }

    /// Records that the shares of these nodes do not combine.
    pub(crate) fn note_spoiled(&self, set: Vec<NodeUrl>) {
        let mut seen = self.lock();
        seen.doubts.retain(|doubt| doubt.set != set);
        if seen.doubts.len() == MAX_DOUBTS {
            seen.doubts.pop_front();
        }
        let (at, number) = (Instant::now(), seen.spoiled);
        seen.doubts.push_back(Doubt { set, at, number });
        seen.spoiled += 1;
        seen.unprove();
    }

    /// Records that this elected set made no signature, unless a member was absent: then that is why.
    pub(crate) fn note_failed(&self, set: &[NodeUrl]) {
        let is_absent = {
            let seen = self.lock();
            set.iter().any(|node| seen.absent.contains_key(node))
        };
        if !is_absent {
            self.note_spoiled(set.to_vec());
        }
    }

    /// Whether so many nodes have failed or lied that the others are too few to sign.
    pub(crate) fn are_too_few(&self, nodes: &[NodeUrl], threshold: usize) -> bool {
        let seen = self.lock();
        let is_left = |node: &&NodeUrl| !seen.is_gone(node) && !seen.is_known_to_lie(node);
        nodes.iter().filter(is_left).count() < threshold
    }

    /// Whether a node is known to have given a wrong share.
    pub(crate) fn is_known_to_lie(&self, node: &NodeUrl) -> bool {
        self.lock().is_known_to_lie(node)
    }

    /// What is held against nodes, the worst first.
    pub(crate) fn doubts(&self) -> Vec<NodeDoubt> {
        let seen = self.lock();
        let now = Instant::now();
        let mut doubts: HashMap<NodeUrl, (DoubtReason, Instant)> = HashMap::new();
        let mut add = |node: &NodeUrl, reason: DoubtReason, at: Instant| {
            let known = doubts.entry(node.clone()).or_insert((reason, at));
            if reason < known.0 {
                *known = (reason, at);
            }
        };
        for (node, at) in &seen.wrong {
            add(node, DoubtReason::WrongShare, *at);
        }
        for (node, (absence, at)) in &seen.absent {
            let reason = match absence {
                Absence::Late => DoubtReason::Slow,
                Absence::Gone => DoubtReason::Failed,
            };
            add(node, reason, *at);
        }
        for Doubt { set, at, .. } in &seen.doubts {
            let reason = match set.len() {
                1 => DoubtReason::WrongShare,
                _ => DoubtReason::Suspected,
            };
            for node in set {
                add(node, reason, *at);
            }
        }
        let doubt = |(node, (reason, at)): (NodeUrl, (DoubtReason, Instant))| NodeDoubt {
            node,
            reason,
            age: now - at,
        };
        let mut doubts: Vec<NodeDoubt> = doubts.into_iter().map(doubt).collect();
        doubts.sort_by(|a, b| (a.reason, a.node.as_str()).cmp(&(b.reason, b.node.as_str())));
        doubts
    }

    /// What has not been forgotten.
    fn lock(&self) -> MutexGuard<'_, Seen> {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.forget();
        seen
    }
}

impl Seen {
    /// Forgets what was long ago.
    fn forget(&mut self) {
        let now = Instant::now();
        let is_fresh = |at: &Instant| now - *at < MEMORY;
        self.absent.retain(|_, (_, at)| is_fresh(at));
        self.wrong.retain(|_, at| is_fresh(at));
        self.proven.retain(|_, at| is_fresh(at));
        self.doubts.retain(|doubt| is_fresh(&doubt.at));
    }

    /// Nodes that were all honest before, and spoiled a signature since, are honest no more.
    fn unprove(&mut self) {
        for Doubt { set, .. } in &self.doubts {
            if set.iter().all(|node| self.proven.contains_key(node)) {
                self.proven.retain(|node, _| !set.contains(node));
            }
        }
    }

    fn is_gone(&self, node: &NodeUrl) -> bool {
        matches!(self.absent.get(node), Some((Absence::Gone, _)))
    }

    fn is_known_to_lie(&self, node: &NodeUrl) -> bool {
        let is_alone = |doubt: &Doubt| doubt.set == std::slice::from_ref(node);
        self.wrong.contains_key(node) || self.doubts.iter().any(is_alone)
    }

    /// The electorates. If all their signing sets seem to have a liar, old doubts are dropped; `None` if that does not help.
    fn hopeful_electorates(
        &mut self,
        nodes: &[NodeUrl],
        threshold: usize,
        before: u64,
    ) -> Option<Vec<Electorate>> {
        let is_hopeless = |electorates: &[Electorate]| {
            let all = electorates.first();
            all.is_some_and(Electorate::is_hopeless)
        };
        let electorates = self.electorates(nodes, threshold);
        if !is_hopeless(&electorates) {
            return Some(electorates);
        }
        self.proven.clear();
        self.wrong.clear();
        self.doubts.retain(|doubt| doubt.number >= before);
        let electorates = self.electorates(nodes, threshold);
        if !is_hopeless(&electorates) {
            return Some(electorates);
        }
        self.doubts.clear();
        None
    }

    /// The nodes that may be elected: all, or all that are not gone.
    fn electorates(&self, nodes: &[NodeUrl], threshold: usize) -> Vec<Electorate> {
        let all: Vec<&NodeUrl> = nodes.iter().collect();
        let is_gone = |node: &NodeUrl| matches!(self.absent.get(node), Some((Absence::Gone, _)));
        let present: Vec<&NodeUrl> = nodes.iter().filter(|node| !is_gone(node)).collect();
        let mut electorates = vec![self.electorate(&all, threshold)];
        if present.len() < all.len() {
            electorates.push(self.electorate(&present, threshold));
        }
        electorates
    }

    fn electorate(&self, nodes: &[&NodeUrl], threshold: usize) -> Electorate {
        let places = |is_meant: &dyn Fn(&NodeUrl) -> bool| {
            Mask::of((0..nodes.len()).filter(|place| is_meant(nodes[*place])))
        };
        let doubts = self.doubts.iter();
        let doubts = doubts.map(|doubt| places(&|node| doubt.set.contains(node)));
        let liars = self.wrong.keys().map(|liar| places(&|node| node == liar));
        Electorate::new(
            nodes.len(),
            threshold,
            places(&|node| self.absent.contains_key(node)),
            places(&|node| self.proven.contains_key(node)),
            doubts.chain(liars).collect(),
        )
    }
}

/// Whether a well-formed answer is not what was asked for, by itself.
fn is_lie(outcome: &Outcome) -> bool {
    let Outcome::Invalid(rejection) = outcome else {
        return false;
    };
    matches!(
        rejection,
        Rejection::WrongShare
            | Rejection::WrongKey
            | Rejection::WrongDigest
            | Rejection::WrongIdentifier
            | Rejection::WrongMessage(_)
            | Rejection::WrongWallet
            | Rejection::DifferentKeys
    )
}

/// The number of ways to choose `k` of `n`.
fn number_of_choices(n: usize, k: usize) -> usize {
    (0..k.min(n.saturating_sub(k))).fold(1_usize, |choices, i| {
        choices.saturating_mul(n - i) / (i + 1)
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "these are tests")]
mod tests {
    use super::*;

    const MESSAGE: &[u8] = &[0x90; 32];

    fn nodes() -> Vec<NodeUrl> {
        let url = |i: u16| format!("http://127.0.0.1:{}", 7470 + i).parse().unwrap();
        (0..10).map(url).collect()
    }

    fn outcome(node: &NodeUrl, outcome: Outcome) -> NodeOutcome {
        NodeOutcome {
            node: node.clone(),
            outcome,
            elapsed: Duration::ZERO,
        }
    }

    fn chosen(signers: &Signers, nodes: &[NodeUrl]) -> Vec<NodeUrl> {
        let choice = signers.request_id(nodes, 6, MESSAGE, 0).unwrap().unwrap();
        let places = elect_signers(MESSAGE, &choice.id.to_header(), nodes.len(), 6);
        let elected: Vec<NodeUrl> = places
            .into_iter()
            .map(|place| nodes[place].clone())
            .collect();
        assert_eq!(choice.set, elected);
        elected
    }

    /// How many requests it takes to have a signature of six of ten nodes; `None` if the client finds that there is none.
    fn requests(signers: &Signers, liars: &[usize]) -> Option<usize> {
        let (nodes, before) = (nodes(), signers.spoiled());
        for request in 1.. {
            let set = signers.request_id(&nodes, 6, MESSAGE, before).unwrap()?.set;
            if liars.iter().any(|liar| set.contains(&nodes[*liar])) {
                signers.note_spoiled(set);
            } else {
                signers.note_signed(&set, Duration::ZERO);
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
        let still: Vec<_> = signers.lock().absent.keys().cloned().collect();
        assert_eq!(still, nodes[4..5]);
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
            let choice = signers.request_id(&nodes, 6, MESSAGE, 0).unwrap().unwrap();
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
        signers.note_signed(&nodes[2..8], Duration::from_secs(1));
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
            signers.note_signed(&[], Duration::from_millis(took));
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
        signers.note_signed(&nodes[1..7], Duration::ZERO);
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
            of(0, DoubtReason::WrongShare),
            of(9, DoubtReason::WrongShare),
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
        signers.note(&[outcome(&nodes[1], timeout)], false);
        assert_eq!(signers.lock().electorates(&nodes, 6).len(), 1);
        let refusal = Outcome::Failed(TransportError::Connect("refused".into()));
        signers.note(&[outcome(&nodes[1], refusal)], false);
        assert_eq!(signers.lock().electorates(&nodes, 6).len(), 2);
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
}
