//! Collects the answers of nodes until their signature shares combine.

use std::{future::Future, time::Duration};

use lit_node_transport::{
    NodeOutcome, QuorumAnswer, QuorumCall, QuorumError, QuorumFailure, Rejection,
};
use lit_types::NodeUrl;
use tokio::time::{Instant, timeout_at};

use crate::Error;

/// Combines the shares in answers that agree.
pub(crate) trait Combine {
    /// A valid answer of a node.
    type Answer;
    /// What the shares combine to.
    type Output;

    /// Combines the shares of these nodes, and verifies the result.
    ///
    /// # Errors
    /// Only for failures that are not the fault of a node. They end the collection.
    fn combine(
        &self,
        agreed: &[(NodeUrl, Self::Answer)],
    ) -> impl Future<Output = Result<Combination<Self::Output>, Error>> + Send;
}

/// The result of combining shares.
#[derive(Debug)]
pub(crate) enum Combination<T> {
    /// They combine.
    Combined(T),
    /// Too few of the nodes gave a share.
    Incomplete,
    /// The shares of these nodes do not combine.
    Spoiled {
        nodes: Vec<NodeUrl>,
        reason: Rejection,
    },
}

/// A call whose shares are collected. Dropping it stops the requests.
///
/// One wrong share spoils a signature, and the signature does not say which. A node outside the signing set may have sent
/// it, so the collector waits for the other nodes until its patience ends.
pub(crate) struct Collector<C: Combine, K, J, F> {
    call: QuorumCall<C::Answer, K, J, F>,
    combiner: C,
    started: Instant,
    patience: Duration,
    /// When the nodes that have not answered are late.
    late_at: Option<Instant>,
    was_late: bool,
    is_incomplete: bool,
    /// The nodes with shares that do not combine, and why not.
    spoiled: Option<(Vec<NodeUrl>, Rejection)>,
}

/// What happened next in a collection.
pub(crate) enum Step<C: Combine, K, J, F> {
    /// The shares combine.
    Combined(Collected<C>),
    /// The patience ran out before the shares combined. Reported once; the collection goes on.
    Late(Collector<C, K, J, F>),
    /// The shares of these nodes do not combine. The collection goes on.
    Spoiled(Collector<C, K, J, F>, Vec<NodeUrl>),
    /// The collection ended without a result.
    Failed(CollectError),
}

/// What was collected.
pub(crate) struct Collected<C: Combine> {
    pub(crate) value: C::Output,
    pub(crate) answer: QuorumAnswer<C::Answer>,
    /// How long the nodes took.
    pub(crate) took: Duration,
}

/// Why a collection ended without a result.
#[derive(Debug)]
pub(crate) struct CollectError {
    pub(crate) cause: CollectFailure,
    /// The report. If the shares do not combine, it lists the nodes that gave them as invalid.
    pub(crate) error: QuorumError,
    /// Every node's outcome by itself: a valid answer stays valid, even if the shares do not combine.
    pub(crate) outcomes: Vec<NodeOutcome>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CollectFailure {
    /// Too few nodes gave answers that agree.
    NoAgreement,
    /// Enough answers agree, but too few of them carry a share.
    Incomplete,
    /// Enough nodes gave shares, but they do not combine, or did not in time.
    Spoiled,
}

impl<C, K, J, F> Collector<C, K, J, F>
where
    C: Combine,
    K: Eq,
    J: Fn(&NodeUrl, &[u8]) -> Result<C::Answer, Rejection>,
    F: Fn(&C::Answer) -> K,
{
    /// Collects the shares of a call that has just started. The patience begins once enough answers agree, but do not combine.
    pub(crate) fn new(
        call: QuorumCall<C::Answer, K, J, F>,
        combiner: C,
        patience: Duration,
    ) -> Self {
        Self {
            call,
            combiner,
            started: Instant::now(),
            patience,
            late_at: None,
            was_late: false,
            is_incomplete: false,
            spoiled: None,
        }
    }

    /// Begins the patience now.
    pub(crate) fn impatient(mut self) -> Self {
        self.late_at = Instant::now().checked_add(self.patience);
        self
    }

    /// Blames spoiled shares on the known liars. If none is known, all nodes that gave a share are blamed.
    pub(crate) fn blaming(mut self, is_guilty: impl Fn(&NodeUrl) -> bool) -> Self {
        if let Some((nodes, reason)) = &mut self.spoiled
            && nodes.iter().any(&is_guilty)
        {
            nodes.retain(is_guilty);
            *reason = Rejection::WrongShare;
        }
        self
    }

    /// Every node's outcome so far.
    pub(crate) fn outcomes(&self) -> Vec<NodeOutcome> {
        self.call.outcomes()
    }

    /// Waits until something happens.
    ///
    /// # Errors
    /// Those of [`Combine::combine`].
    pub(crate) async fn next(mut self) -> Result<Step<C, K, J, F>, Error> {
        loop {
            let answers = self.call.agree();
            let agreed = match self.late_at {
                Some(at) => match timeout_at(at, answers).await {
                    Ok(agreed) => agreed,
                    Err(_) => {
                        // While too few requests were sent, no node is slower than the others.
                        if self.call.is_queued() {
                            self.wait_again();
                            continue;
                        }
                        return Ok(self.lose_patience());
                    }
                },
                None => answers.await,
            };
            let agreed = match agreed {
                Ok(agreed) => agreed,
                Err(error) => return Ok(Step::Failed(self.fail(error))),
            };
            let took = self.started.elapsed();
            match self.combiner.combine(agreed).await? {
                Combination::Combined(value) => {
                    return Ok(Step::Combined(Collected {
                        value,
                        answer: self.call.finish(),
                        took,
                    }));
                }
                Combination::Incomplete => {
                    self.is_incomplete = true;
                    self.wait_again();
                }
                Combination::Spoiled { nodes, reason } => {
                    self.spoiled = Some((nodes.clone(), reason));
                    self.wait_again();
                    return Ok(Step::Spoiled(self, nodes));
                }
            }
        }
    }

    /// Lateness is reported once. Spoiled shares are not waited for longer than the patience.
    fn wait_again(&mut self) {
        let must_end = self.spoiled.is_some() || !self.was_late;
        self.late_at = must_end
            .then(|| Instant::now().checked_add(self.patience))
            .flatten();
    }

    fn lose_patience(mut self) -> Step<C, K, J, F> {
        if let Some((nodes, reason)) = self.spoiled.take() {
            return Step::Failed(self.give_up(&nodes, &reason));
        }
        self.was_late = true;
        self.late_at = None;
        Step::Late(self)
    }

    fn fail(mut self, mut error: QuorumError) -> CollectError {
        let is_timeout = matches!(error.failure, QuorumFailure::DeadlineExceeded { .. });
        let spoiled = self.spoiled.take();
        let cause = match &spoiled {
            // Other shares may have combined, if there had been time.
            Some((nodes, reason)) if !is_timeout => return self.give_up(nodes, reason),
            Some(_) => CollectFailure::Spoiled,
            None if self.is_incomplete => CollectFailure::Incomplete,
            None => CollectFailure::NoAgreement,
        };
        if cause == CollectFailure::Incomplete
            && let QuorumFailure::Unusable { agreeing } = error.failure
        {
            error.failure = QuorumFailure::TooFewShares { agreeing };
        }
        CollectError {
            cause,
            outcomes: error.outcomes.clone(),
            error,
        }
    }

    fn give_up(self, nodes: &[NodeUrl], reason: &Rejection) -> CollectError {
        CollectError {
            cause: CollectFailure::Spoiled,
            outcomes: self.call.outcomes(),
            error: self.call.give_up(nodes, reason),
        }
    }
}

#[cfg(test)]
mod tests;
