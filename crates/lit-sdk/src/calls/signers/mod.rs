//! Which nodes to avoid when a signing set is elected.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use lit_node_transport::{NodeOutcome, Outcome, RequestId, elect_signers};
use lit_types::NodeUrl;

use crate::Error;

/// How many request ids are tried for a good signing set. To avoid 3 of 10 nodes, one of 30 ids is good; to avoid 5 of 30,
/// one of 570.
const MAX_IDS: usize = 2048;

/// How many spoiled signatures are remembered.
const MAX_DOUBTS: usize = 64;

/// How long to wait for nodes that have not signed before.
const FIRST_PATIENCE: Duration = Duration::from_millis(500);

const LEAST_PATIENCE: Duration = Duration::from_millis(100);

/// What a client has seen of the nodes when they signed.
///
/// Message and request id decide who signs ([`elect_signers`]). So the client draws random ids until one elects nodes that
/// signed well before. On a network with another rule this is just a random id.
#[derive(Debug, Default)]
pub(crate) struct Signers(Mutex<Seen>);

#[derive(Debug, Default)]
struct Seen {
    /// The nodes that gave no valid answer last time.
    absent: HashMap<NodeUrl, Absence>,
    /// Signing sets, each with at least one node that may have given a wrong share.
    doubts: VecDeque<Vec<NodeUrl>>,
    /// How long a signature takes.
    usual: Option<Duration>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Absence {
    /// The node was slower than the others.
    Late,
    /// The node failed. The others may know, and elect without it.
    Gone,
}

impl Signers {
    /// Draws a request id that elects nodes that are present and not suspected, if it finds one.
    pub(crate) fn request_id(
        &self,
        nodes: &[NodeUrl],
        threshold: usize,
        message: &[u8],
    ) -> Result<RequestId, Error> {
        let electorates = self.lock().electorates(nodes);
        let draw = || -> Result<(f64, RequestId), Error> {
            let id = RequestId::generate()
                .map_err(|error| Error::RandomnessUnavailable(error.into()))?;
            let risk = |nodes: &Electorate| nodes.risk(message, &id, threshold);
            Ok((electorates.iter().map(risk).sum(), id))
        };
        let mut best = draw()?;
        for _ in 1..MAX_IDS {
            if best.0 == 0.0 {
                break;
            }
            let next = draw()?;
            if next.0 < best.0 {
                best = next;
            }
        }
        Ok(best.1)
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
            let absence = match outcome {
                Outcome::Pending if is_late => Some(Absence::Late),
                Outcome::Pending => continue,
                Outcome::Valid | Outcome::NotASigner => None,
                _ => Some(Absence::Gone),
            };
            match absence {
                Some(absence) => seen.absent.insert(node.clone(), absence),
                None => seen.absent.remove(node),
            };
        }
    }

    /// Records that these nodes made a signature together, in this time.
    pub(crate) fn note_signed(&self, set: &[NodeUrl], took: Duration) {
        let mut seen = self.lock();
        for doubt in &mut seen.doubts {
            doubt.retain(|node| !set.contains(node));
        }
        seen.doubts.retain(|doubt| !doubt.is_empty());
        seen.usual = Some(seen.usual.map_or(took, |usual| (usual * 3 + took) / 4));
    }

    /// Records that the shares of these nodes do not combine.
    pub(crate) fn note_spoiled(&self, set: Vec<NodeUrl>) {
        let mut seen = self.lock();
        if seen.doubts.len() == MAX_DOUBTS {
            seen.doubts.pop_front();
        }
        seen.doubts.push_back(set);
    }

    fn lock(&self) -> MutexGuard<'_, Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seen {
    /// The nodes that may be elected: all, or all that are not gone.
    fn electorates(&self, nodes: &[NodeUrl]) -> Vec<Electorate> {
        let all: Vec<&NodeUrl> = nodes.iter().collect();
        let is_gone = |node: &NodeUrl| self.absent.get(node) == Some(&Absence::Gone);
        let present: Vec<&NodeUrl> = nodes.iter().filter(|node| !is_gone(node)).collect();
        let mut electorates = vec![self.electorate(&all)];
        if present.len() < all.len() {
            electorates.push(self.electorate(&present));
        }
        electorates
    }

    fn electorate(&self, nodes: &[&NodeUrl]) -> Electorate {
        let place = |node: &NodeUrl| nodes.iter().position(|known| *known == node);
        let places = |doubt: &Vec<NodeUrl>| doubt.iter().filter_map(place).collect();
        let is_absent = |node: &&NodeUrl| self.absent.contains_key(*node);
        Electorate {
            absent: nodes.iter().map(is_absent).collect(),
            doubts: self.doubts.iter().map(places).collect(),
        }
    }
}

/// The nodes that may be elected, by position.
struct Electorate {
    absent: Vec<bool>,
    doubts: Vec<Vec<usize>>,
}

impl Electorate {
    /// Risk score of the signing set this id elects; 0 means no known problems. Each absent node adds 1. A spoiled signature
    /// adds less, the more of its signers are not elected.
    fn risk(&self, message: &[u8], id: &RequestId, threshold: usize) -> f64 {
        let mut signs = vec![false; self.absent.len()];
        let mut risk = 0.0;
        for place in elect_signers(message, &id.to_header(), self.absent.len(), threshold) {
            signs[place] = true;
            risk += f64::from(u8::from(self.absent[place]));
        }
        for doubt in &self.doubts {
            let left_out = doubt.iter().filter(|place| !signs[**place]).count();
            if left_out < doubt.len() {
                risk += (0..left_out).fold(1.0, |risk, _| risk / 4.0);
            }
        }
        risk
    }
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
        let id = signers.request_id(nodes, 6, MESSAGE).unwrap().to_header();
        let places = elect_signers(MESSAGE, &id, nodes.len(), 6);
        places
            .into_iter()
            .map(|place| nodes[place].clone())
            .collect()
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
        let refusal = Outcome::Failed(lit_node_transport::TransportError::Connect(
            "refused".into(),
        ));
        signers.note(&[outcome(&nodes[1], refusal)], false);
        signers.note(&[outcome(&nodes[7], Outcome::Pending)], true);
        let present: Vec<_> = nodes
            .iter()
            .filter(|node| **node != nodes[1])
            .cloned()
            .collect();
        for _ in 0..20 {
            let id = signers.request_id(&nodes, 6, MESSAGE).unwrap().to_header();
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
        assert_eq!(signers.lock().doubts, [nodes[..2].to_vec()]);
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

    /// A bad node makes all its co-signers suspect, and someone has to sign.
    #[test]
    fn when_all_are_under_suspicion_some_sign_all_the_same() {
        let (signers, nodes) = (Signers::default(), nodes());
        for _ in 0..2 * MAX_DOUBTS {
            signers.note_spoiled(nodes.clone());
        }
        assert_eq!(signers.lock().doubts.len(), MAX_DOUBTS);
        assert_eq!(chosen(&signers, &nodes).len(), 6);
    }
}
