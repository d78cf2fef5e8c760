use std::{fmt, sync::Arc, time::Duration};

use bytes::Bytes;
use lit_types::{NodeUrl, names_a_node_twice, wire::Endpoint};
use tokio::{
    sync::mpsc,
    task::JoinSet,
    time::{Instant, timeout, timeout_at},
};
use tracing::Instrument;

use crate::{
    NodeOutcome, NodeRequest, NodeTransport, Outcome, QuorumError, QuorumFailure, Rejection,
    RequestId, TransportError, Turn, datil,
    lanes::TurnWatch,
    observe::{self, Observed},
    settled::Settled,
    tally::Tally,
};

/// How much longer a call that cannot succeed any more waits for other nodes, so that its report says what became of them.
const REPORT_GRACE: Duration = Duration::from_millis(200);

/// As good as never, and still a time that can be added to now.
const FAR_AWAY: Duration = Duration::from_secs(30 * 365 * 24 * 60 * 60);

/// When a quorum call is content.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct QuorumPolicy {
    /// How many valid answers must agree. At least 1.
    pub needed: usize,
    /// How long one node may take.
    pub node_timeout: Duration,
    /// How long the whole call may take; none for as long as the nodes may.
    pub timeout: Option<Duration>,
    /// Whether to wait for the others once enough agree.
    pub wait: Wait,
    /// How long the others may go on when they are not waited for.
    pub linger: Duration,
}

/// What to do once enough answers agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Wait {
    /// Return at once. The other requests go on for a while, so that the other nodes do their work too.
    ForAgreement,
    /// Wait until every node has answered or failed.
    ForAll,
}

impl QuorumPolicy {
    /// `needed` agreeing answers, [`datil::NODE_TIMEOUT`] per node, returning at agreement.
    #[must_use]
    pub const fn new(needed: usize) -> Self {
        Self {
            needed,
            node_timeout: datil::NODE_TIMEOUT,
            timeout: None,
            wait: Wait::ForAgreement,
            linger: Duration::from_secs(5),
        }
    }

    /// How long one node may take, time in a queue for a connection included. Default: [`datil::NODE_TIMEOUT`].
    #[must_use]
    pub const fn with_node_timeout(mut self, timeout: Duration) -> Self {
        self.node_timeout = timeout;
        self
    }

    /// How long the whole call may take. Default: as long as the nodes may.
    #[must_use]
    pub const fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// How long the others may go on after agreement; it bounds how many requests to slow nodes pile up. Default: 5 s.
    #[must_use]
    pub const fn with_linger(mut self, linger: Duration) -> Self {
        self.linger = linger;
        self
    }

    /// What to do once enough answers agree. Default: [`Wait::ForAgreement`].
    #[must_use]
    pub const fn with_wait(mut self, wait: Wait) -> Self {
        self.wait = wait;
        self
    }
}

/// A call to several nodes.
#[derive(Debug, Clone)]
pub struct Quorum {
    /// What is called.
    pub endpoint: Endpoint,
    /// The id of the operation, one for all nodes.
    pub request_id: RequestId,
    /// The body for each node.
    pub bodies: Vec<(NodeUrl, Bytes)>,
}

/// Enough nodes gave valid answers that agree.
#[derive(Debug)]
pub struct QuorumAnswer<T> {
    /// The agreeing answers, in the order in which they came.
    pub agreed: Vec<(NodeUrl, T)>,
    /// Every node's outcome, in the order of the nodes.
    pub outcomes: Vec<NodeOutcome>,
    /// The id under which the nodes know this call.
    pub request_id: RequestId,
    /// Answers that come later.
    pub(crate) late: mpsc::UnboundedReceiver<Settled>,
}

/// Sends a request to every node at once and decides by their answers.
///
/// `judge` turns a body of status 200 into a valid answer or says what is wrong with it; `key` gives what has to be equal for
/// two answers to agree. The call goes on past nodes that are dead, slow, wrong or lying as long as agreement is possible,
/// and fails shortly after it is not.
///
/// # Errors
/// [`QuorumError`] with every node's outcome.
pub async fn call_quorum<T, K: Eq>(
    transport: &Arc<dyn NodeTransport>,
    call: Quorum,
    policy: &QuorumPolicy,
    judge: impl Fn(&NodeUrl, &[u8]) -> Result<T, Rejection>,
    key: impl Fn(&T) -> K,
) -> Result<QuorumAnswer<T>, QuorumError> {
    let mut call = QuorumCall::start(transport, call, policy, judge, key)?;
    call.agree().await?;
    Ok(call.finish())
}

/// A call in flight whose answers can only be checked together, such as shares of a signature.
///
/// [`QuorumCall::agree`] returns the matching answers as soon as there are enough. If they do not combine, the caller
/// [rejects](QuorumCall::reject) the wrong ones, and [`QuorumCall::agree`] waits for more.
///
/// Dropping it stops the requests.
pub struct QuorumCall<T, K, J, F> {
    endpoint: Endpoint,
    request_id: RequestId,
    policy: QuorumPolicy,
    tally: Tally<T, K, J, F>,
    /// Of the tally, the group that was handed out last.
    agreed: Option<usize>,
    requests: JoinSet<()>,
    /// Which requests wait for a connection, in the order of the nodes.
    turns: Vec<TurnWatch>,
    settled: mpsc::UnboundedReceiver<Settled>,
    started: Instant,
    deadline: Instant,
    /// When the last answers are given up that a report waits for, once the call is lost.
    lost: Option<Instant>,
}

impl<T, K, J, F> QuorumCall<T, K, J, F>
where
    K: Eq,
    J: Fn(&NodeUrl, &[u8]) -> Result<T, Rejection>,
    F: Fn(&T) -> K,
{
    /// Sends a request to every node at once; `judge` and `key` are those of [`call_quorum`]. Wants a runtime of tokio.
    ///
    /// # Errors
    /// [`QuorumError`] for fewer nodes than are needed, or a node that is there twice.
    pub fn start(
        transport: &Arc<dyn NodeTransport>,
        call: Quorum,
        policy: &QuorumPolicy,
        judge: J,
        key: F,
    ) -> Result<Self, QuorumError> {
        let policy = QuorumPolicy {
            needed: policy.needed.max(1),
            ..policy.clone()
        };
        let started = Instant::now();
        // Where nothing else is said every node settles by its own deadline, and the grace lets the last one be heard.
        let limit = policy
            .timeout
            .unwrap_or(policy.node_timeout.saturating_add(REPORT_GRACE));
        let Quorum {
            endpoint,
            request_id,
            bodies,
        } = call;
        let nodes = bodies.iter().map(|(node, _)| node.clone());
        let (sender, settled) = mpsc::unbounded_channel();
        let mut call = Self {
            endpoint,
            request_id,
            tally: Tally::new(nodes, policy.needed, judge, key),
            policy,
            agreed: None,
            // Dropping the set, as when the caller gives up, stops the requests; after agreement they are let run.
            requests: JoinSet::new(),
            turns: Vec::new(),
            settled,
            started,
            deadline: started.checked_add(limit).unwrap_or(started + FAR_AWAY),
            lost: None,
        };
        if bodies.len() < call.policy.needed {
            return Err(call.error(QuorumFailure::TooFewNodes));
        }
        if names_a_node_twice(bodies.iter().map(|(node, _)| node)) {
            return Err(call.error(QuorumFailure::DuplicateNode));
        }
        let nodes: Vec<&NodeUrl> = bodies.iter().map(|(node, _)| node).collect();
        let turns = transport.turns(&nodes);
        call.turns = turns.iter().map(Turn::watch).collect();
        for (index, ((node, body), turn)) in bodies.into_iter().zip(turns).enumerate() {
            let watch = turn.watch();
            let (id, deadline) = (&call.request_id, call.deadline);
            let mut observed = Observed::start(&node, endpoint, id, deadline, watch.clone());
            let span = observed.span();
            let request = NodeRequest {
                node,
                endpoint,
                headers: datil::headers(&call.request_id),
                body,
                turn,
            };
            let (transport, sender) = (Arc::clone(transport), sender.clone());
            let limit = call.policy.node_timeout;
            let work = async move {
                let node = request.node.clone();
                let answer = timeout(limit, transport.send(request)).await;
                let result = answer.unwrap_or_else(|_| {
                    Err(if watch.is_queued() {
                        TransportError::Queued(limit)
                    } else {
                        TransportError::Timeout(limit)
                    })
                });
                let elapsed = started.elapsed();
                observed.answered(&result, elapsed);
                // Nobody listens any more when the call has ended.
                let _ = sender.send(Settled {
                    index,
                    node,
                    result,
                    elapsed,
                    observed,
                });
            };
            call.requests.spawn(work.instrument(span));
        }
        Ok(call)
    }

    /// Waits for enough matching answers, and returns them in their order of arrival. Called again, it waits until the
    /// group has changed: it has more answers, or fewer after [`QuorumCall::reject`]. Answers that came meanwhile are
    /// returned at once.
    ///
    /// # Errors
    /// [`QuorumError`] once agreement is impossible, or at the deadline.
    pub async fn agree(&mut self) -> Result<&[(NodeUrl, T)], QuorumError> {
        if self.agreed.is_some() {
            // The more answers there are, the sooner the good ones among them are found.
            while let Ok(one) = self.settled.try_recv() {
                self.tally.settle(one);
            }
        }
        let group = loop {
            let agreement = self.tally.agreement();
            let is_over = self.policy.wait == Wait::ForAgreement || self.tally.open == 0;
            if let (Some(group), true) = (agreement, is_over) {
                break group;
            }
            if agreement.is_none() && self.tally.open == 0 {
                return Err(self.error(self.tally.failure()));
            }
            if self.lost.is_none() && self.tally.is_lost() {
                self.lost = Some(self.deadline.min(Instant::now() + REPORT_GRACE));
            }
            let end = self.lost.unwrap_or(self.deadline);
            match timeout_at(end, self.settled.recv()).await {
                Ok(Some(one)) => self.tally.settle(one),
                // The channel closes when every request has settled, or its task was lost.
                Ok(None) => self.tally.open = 0,
                Err(_) => match agreement {
                    Some(group) => break group,
                    None if self.lost.is_some() => return Err(self.error(self.tally.failure())),
                    None => {
                        let valid = self.tally.valid();
                        return Err(self.error(QuorumFailure::DeadlineExceeded { valid }));
                    }
                },
            }
        };
        self.agreed = Some(group);
        Ok(self.tally.hand_out(group))
    }

    /// Takes back that an answer is valid: together with others it is found to be wrong.
    pub fn reject(&mut self, node: &NodeUrl, rejection: Rejection) {
        observe::rejected(node);
        self.tally.reject(node, rejection);
    }

    /// What became of the requests so far, in the order of the nodes.
    #[must_use]
    pub fn outcomes(&self) -> Vec<NodeOutcome> {
        let mut outcomes = self.tally.outcomes(self.started.elapsed());
        mark_queued(&mut outcomes, &self.turns);
        outcomes
    }

    /// Whether so many requests wait for a connection that those sent cannot be enough.
    #[must_use]
    pub fn is_queued(&self) -> bool {
        let sent = self.turns.iter().filter(|turn| !turn.is_queued());
        sent.count() < self.policy.needed
    }

    /// Ends the call with the answers that [`QuorumCall::agree`] gave last, none if it never gave any. The other requests go
    /// on for a while.
    #[must_use]
    pub fn finish(self) -> QuorumAnswer<T> {
        let linger = self.policy.linger;
        let mut requests = self.requests;
        tokio::spawn(async move {
            // Dropping the set afterwards stops those that are still not done.
            let _ = timeout(linger, async {
                while requests.join_next().await.is_some() {}
            })
            .await;
        });
        let (agreed, mut outcomes) = self.tally.into_answer(self.agreed, self.started.elapsed());
        mark_queued(&mut outcomes, &self.turns);
        QuorumAnswer {
            agreed,
            outcomes,
            request_id: self.request_id,
            late: self.settled,
        }
    }

    /// Ends the call in failure: nothing can be made of the answers that [`QuorumCall::agree`] gave last, and others are not
    /// worth waiting for. The answers of these nodes are rejected for this reason. Requests in flight are stopped.
    #[must_use]
    pub fn give_up(mut self, nodes: &[NodeUrl], rejection: &Rejection) -> QuorumError {
        let agreeing = self.tally.size_of(self.agreed);
        for node in nodes {
            self.tally.reject(node, rejection.clone());
        }
        self.error(QuorumFailure::Unusable { agreeing })
    }

    fn error(&self, failure: QuorumFailure) -> QuorumError {
        QuorumError {
            failure,
            endpoint: self.endpoint,
            needed: self.policy.needed,
            request_id: self.request_id.clone(),
            outcomes: self.outcomes(),
        }
    }
}

/// Tells requests that wait for a connection from those that wait for an answer.
fn mark_queued(outcomes: &mut [NodeOutcome], turns: &[TurnWatch]) {
    for (one, turn) in outcomes.iter_mut().zip(turns) {
        if matches!(one.outcome, Outcome::Pending) && turn.is_queued() {
            one.outcome = Outcome::Queued;
        }
    }
}

impl<T, K, J, F> fmt::Debug for QuorumCall<T, K, J, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("QuorumCall")
            .field("endpoint", &self.endpoint)
            .field("request_id", &self.request_id)
            .finish_non_exhaustive()
    }
}
