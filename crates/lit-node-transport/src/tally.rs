use std::time::Duration;

use lit_types::NodeUrl;

use crate::{
    NodeOutcome, Outcome, QuorumFailure, Rejection,
    settled::{Settled, judge_response},
};

/// The answers so far, grouped by what they say.
pub(crate) struct Tally<T, K, J, F> {
    outcomes: Vec<Option<NodeOutcome>>,
    nodes: Vec<NodeUrl>,
    groups: Vec<Group<T, K>>,
    judge: J,
    key: F,
    needed: usize,
    /// How many nodes have not settled.
    pub(crate) open: usize,
}

struct Group<T, K> {
    key: K,
    answers: Vec<(NodeUrl, T)>,
    /// How many answers it had when it was last handed out.
    seen: usize,
}

impl<T, K, J, F> Tally<T, K, J, F>
where
    K: Eq,
    J: Fn(&NodeUrl, &[u8]) -> Result<T, Rejection>,
    F: Fn(&T) -> K,
{
    pub(crate) fn new(
        nodes: impl Iterator<Item = NodeUrl>,
        needed: usize,
        judge: J,
        key: F,
    ) -> Self {
        let nodes: Vec<_> = nodes.collect();
        let open = nodes.len();
        Self {
            outcomes: nodes.iter().map(|_| None).collect(),
            nodes,
            groups: Vec::new(),
            judge,
            key,
            needed,
            open,
        }
    }

    pub(crate) fn settle(&mut self, settled: Settled) {
        let Settled {
            index,
            node,
            result,
            elapsed,
            observed,
        } = settled;
        self.open -= 1;
        let outcome = match judge_response(&node, result, &self.judge) {
            Ok(answer) => {
                let key = (self.key)(&answer);
                match self.groups.iter_mut().find(|group| group.key == key) {
                    Some(group) => group.answers.push((node.clone(), answer)),
                    None => self.groups.push(Group {
                        key,
                        answers: vec![(node.clone(), answer)],
                        seen: 0,
                    }),
                }
                Outcome::Valid
            }
            Err(outcome) => outcome,
        };
        observed.judged(&outcome);
        self.outcomes[index] = Some(NodeOutcome {
            node,
            outcome,
            elapsed,
        });
    }

    /// The largest group that is large enough and has changed since it was last handed out.
    pub(crate) fn agreement(&self) -> Option<usize> {
        let fresh = |i: &usize| self.groups[*i].size() >= self.needed && !self.groups[*i].is_seen();
        (0..self.groups.len())
            .filter(fresh)
            .max_by_key(|&i| self.groups[i].size())
    }

    /// Hands a group out.
    pub(crate) fn hand_out(&mut self, group: usize) -> &[(NodeUrl, T)] {
        let group = &mut self.groups[group];
        group.seen = group.size();
        &group.answers
    }

    /// Takes a valid answer out of the tally.
    pub(crate) fn reject(&mut self, node: &NodeUrl, rejection: Rejection) {
        for group in &mut self.groups {
            let before = group.size();
            group.answers.retain(|(known, _)| known != node);
            if group.size() < before {
                group.seen = 0;
            }
        }
        let mut settled = self.outcomes.iter_mut().flatten();
        if let Some(outcome) = settled.find(|outcome| outcome.node == *node) {
            outcome.outcome = rejection.into();
        }
    }

    /// How many answers a group has.
    pub(crate) fn size_of(&self, group: Option<usize>) -> usize {
        group.map_or(0, |group| self.groups[group].size())
    }

    /// Whether no group can become large enough any more.
    pub(crate) fn is_lost(&self) -> bool {
        self.best() + self.open < self.needed
    }

    /// What a call is missing that can no longer succeed.
    pub(crate) fn failure(&self) -> QuorumFailure {
        let valid = self.valid();
        if valid < self.needed {
            QuorumFailure::TooFewAnswers { valid }
        } else if self.best() < self.needed {
            QuorumFailure::NoAgreement {
                valid,
                agreeing: self.best(),
            }
        } else {
            QuorumFailure::Unusable {
                agreeing: self.best(),
            }
        }
    }

    pub(crate) fn valid(&self) -> usize {
        self.groups.iter().map(Group::size).sum()
    }

    fn best(&self) -> usize {
        self.groups.iter().map(Group::size).max().unwrap_or(0)
    }

    /// Every node's outcome, in the order of the nodes.
    pub(crate) fn outcomes(&self, elapsed: Duration) -> Vec<NodeOutcome> {
        let pending = |node: &NodeUrl| NodeOutcome {
            node: node.clone(),
            outcome: Outcome::Pending,
            elapsed,
        };
        self.outcomes
            .iter()
            .zip(&self.nodes)
            .map(|(known, node)| known.clone().unwrap_or_else(|| pending(node)))
            .collect()
    }

    /// The answers of a group, and every node's outcome.
    pub(crate) fn into_answer(
        mut self,
        group: Option<usize>,
        elapsed: Duration,
    ) -> (Vec<(NodeUrl, T)>, Vec<NodeOutcome>) {
        let answers = group.map(|group| self.groups.swap_remove(group).answers);
        (answers.unwrap_or_default(), self.outcomes(elapsed))
    }
}

impl<T, K> Group<T, K> {
    fn size(&self) -> usize {
        self.answers.len()
    }

    fn is_seen(&self) -> bool {
        self.seen == self.size()
    }
}
