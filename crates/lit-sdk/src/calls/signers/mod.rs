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
    /// The nodes that gave no valid answer last time. Some have answered since, but not signed ([`Absence::Back`]).
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
    /// The node was late, and has answered since that it need not sign. That takes no time, so it may still be slow to sign.
    Back,
}

/// A request id.
#[derive(Debug)]
pub(crate) struct Choice {
    pub(crate) id: RequestId,
    /// The nodes that it elects. Empty if one of them is not asked: then it is clear why they do not sign.
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
    /// It took part in a signature that does not verify, and every other node that did has signed well since.
    SoleSuspect,
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

    /// Draws a request id that elects nodes that are asked, present and not suspected, if it finds one.
    ///
    /// `None` if every signing set has a liar, by what was seen since `before` signatures were spoiled. Then all doubts are
    /// dropped, and the next call begins anew. What was seen earlier may have changed.
    pub(crate) fn request_id(
        &self,
        nodes: &[NodeUrl],
        threshold: usize,
        message: &[u8],
        before: u64,
        is_asked: impl Fn(&NodeUrl) -> bool,
    ) -> Result<Option<Choice>, Error> {
        let candidates = Candidates {
            nodes,
            threshold,
            is_asked: &is_asked,
        };
        let Some(electorates) = self.lock().hopeful_electorates(&candidates, before) else {
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
        let mut set: Vec<NodeUrl> = set.map(|place| nodes[place].clone()).collect();
        if !set.iter().all(is_asked) {
            set.clear();
        }
        Ok(Some(Choice { id, set }))
    }

    /// How long to wait for a signature before asking other nodes too.
    pub(crate) fn patience(&self) -> Duration {
        let usual = self.lock().usual;
        usual.map_or(FIRST_PATIENCE, |usual| LEAST_PATIENCE.max(usual * 3))
    }

    /// Records which nodes answered. With `is_late`, nodes that have not answered yet count as late. So do nodes that were not asked
    /// because earlier requests to them have no answer.
    pub(crate) fn note(&self, outcomes: &[NodeOutcome], is_late: bool) {
        let mut seen = self.lock();
        for NodeOutcome { node, outcome, .. } in outcomes {
            if is_lie(outcome) {
                seen.wrong.insert(node.clone(), Instant::now());
                seen.proven.remove(node);
                continue;
            }
            let was_late = matches!(
                seen.absent.get(node),
                Some((Absence::Late | Absence::Back, _))
            );
            let absence = match outcome {
                Outcome::Pending | Outcome::Queued if is_late => Some(Absence::Late),
                Outcome::Pending | Outcome::Queued => continue,
                // The caller's list of wallets may be stale.
                Outcome::Invalid(Rejection::WrongWallet) => continue,
                Outcome::NotASigner if was_late => Some(Absence::Back),
                Outcome::Valid | Outcome::NotASigner => None,
                Outcome::Failed(TransportError::Timeout(_) | TransportError::Queued(_)) => {
                    Some(Absence::Late)
                }
                _ => Some(Absence::Gone),
            };
            match absence {
                Some(absence) => seen.absent.insert(node.clone(), (absence, Instant::now())),
                None => seen.absent.remove(node),
            };
        }
    }

    /// Records how long a signature took.
    pub(crate) fn note_duration(&self, took: Duration) {
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
        if !is_absent && !set.is_empty() {
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
                Absence::Back => continue,
            };
            add(node, reason, *at);
        }
        for Doubt { set, at, .. } in &seen.doubts {
            let reason = match set.len() {
                1 => DoubtReason::SoleSuspect,
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
    /// Forgets observations that are older than [`MEMORY`].
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
        candidates: &Candidates<'_>,
        before: u64,
    ) -> Option<Vec<Electorate>> {
        let is_hopeless = |electorates: &[Electorate]| {
            let all = electorates.first();
            all.is_some_and(Electorate::is_hopeless)
        };
        let electorates = self.electorates(candidates);
        if !is_hopeless(&electorates) {
            return Some(electorates);
        }
        self.proven.clear();
        self.wrong.clear();
        self.doubts.retain(|doubt| doubt.number >= before);
        let electorates = self.electorates(candidates);
        if !is_hopeless(&electorates) {
            return Some(electorates);
        }
        self.doubts.clear();
        None
    }

    /// The nodes that may be elected: all, or all that are not gone.
    fn electorates(&self, candidates: &Candidates<'_>) -> Vec<Electorate> {
        let all: Vec<&NodeUrl> = candidates.nodes.iter().collect();
        let present: Vec<&NodeUrl> = (all.iter().copied())
            .filter(|node| !self.is_gone(node))
            .collect();
        let mut electorates = vec![self.electorate(&all, candidates)];
        if present.len() < all.len() {
            electorates.push(self.electorate(&present, candidates));
        }
        electorates
    }

    fn electorate(&self, nodes: &[&NodeUrl], candidates: &Candidates<'_>) -> Electorate {
        let places = |is_meant: &dyn Fn(&NodeUrl) -> bool| {
            Mask::of((0..nodes.len()).filter(|place| is_meant(nodes[*place])))
        };
        let is_back = |node: &NodeUrl| matches!(self.absent.get(node), Some((Absence::Back, _)));
        let is_absent = |node: &NodeUrl| {
            !(candidates.is_asked)(node) || self.absent.contains_key(node) && !is_back(node)
        };
        let doubts = self.doubts.iter();
        let doubts = doubts.map(|doubt| places(&|node| doubt.set.contains(node)));
        let liars = self.wrong.keys().map(|liar| places(&|node| node == liar));
        Electorate::new(
            nodes.len(),
            candidates.threshold,
            places(&|node| self.proven.contains_key(node)),
            doubts.chain(liars).collect(),
        )
        .with_absent(places(&is_absent), places(&is_back))
    }
}

/// The nodes that elect a signing set among themselves.
struct Candidates<'a> {
    nodes: &'a [NodeUrl],
    threshold: usize,
    /// Whether the call asks a node. Given session signatures may lack some.
    is_asked: &'a dyn Fn(&NodeUrl) -> bool,
}

/// Whether an answer alone proves that its node lies.
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
mod tests;
