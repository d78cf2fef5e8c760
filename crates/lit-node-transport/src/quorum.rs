use std::{collections::HashSet, sync::Arc, time::Duration};

use bytes::Bytes;
use lit_types::{NodeUrl, wire::Endpoint};
use tokio::{
    sync::mpsc,
    task::JoinSet,
    time::{Instant, timeout, timeout_at},
};

use crate::{
    MAX_REFUSAL_BYTES, NodeOutcome, NodeRequest, NodeResponse, NodeTransport, Outcome, QuorumError,
    QuorumFailure, RequestId, TransportError, datil,
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
    pub node_deadline: Duration,
    /// How long the whole call may take; none for as long as the nodes may.
    pub deadline: Option<Duration>,
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
    /// `needed` agreeing answers, 30 s per node, returning at agreement.
    #[must_use]
    pub const fn new(needed: usize) -> Self {
        Self {
            needed,
            node_deadline: Duration::from_secs(30),
            deadline: None,
            wait: Wait::ForAgreement,
            linger: Duration::from_secs(5),
        }
    }

    /// How long one node may take. Default: 30 s.
    #[must_use]
    pub const fn with_node_deadline(mut self, deadline: Duration) -> Self {
        self.node_deadline = deadline;
        self
    }

    /// How long the whole call may take. Default: as long as the nodes may.
    #[must_use]
    pub const fn with_deadline(mut self, deadline: Duration) -> Self {
        self.deadline = Some(deadline);
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
    judge: impl Fn(&NodeUrl, &[u8]) -> Result<T, String>,
    key: impl Fn(&T) -> K,
) -> Result<QuorumAnswer<T>, QuorumError> {
    let needed = policy.needed.max(1);
    let started = Instant::now();
    // Where nothing else is said every node settles by its own deadline, and the grace lets the last one be heard.
    let limit = policy
        .deadline
        .unwrap_or(policy.node_deadline.saturating_add(REPORT_GRACE));
    let deadline = started.checked_add(limit).unwrap_or(started + FAR_AWAY);
    let Quorum {
        endpoint,
        request_id,
        bodies,
    } = call;
    let mut tally = Tally::new(bodies.iter().map(|(node, _)| node.clone()), needed, key);
    let error = |failure, tally: Tally<T, K, _>| QuorumError {
        failure,
        endpoint,
        needed,
        request_id: request_id.clone(),
        outcomes: tally.into_outcomes(started.elapsed()),
    };
    if bodies.len() < needed {
        return Err(error(QuorumFailure::TooFewNodes, tally));
    }

    let distinct: HashSet<String> = bodies
        .iter()
        .map(|(node, _)| node.comparable_authority())
        .collect();
    if distinct.len() != bodies.len() {
        return Err(error(QuorumFailure::DuplicateNode, tally));
    }

    let (sender, mut settled) = mpsc::unbounded_channel();
    // Dropping the set, as when the caller gives up, stops the requests; after agreement they are let run.
    let mut requests = JoinSet::new();
    for (index, (node, body)) in bodies.into_iter().enumerate() {
        let request = NodeRequest {
            node,
            endpoint,
            headers: datil::headers(&request_id),
            body,
        };
        let (transport, sender, limit) =
            (Arc::clone(transport), sender.clone(), policy.node_deadline);
        requests.spawn(async move {
            let node = request.node.clone();
            let answer = timeout(limit, transport.send(request)).await;
            let result = answer.unwrap_or(Err(TransportError::Timeout(limit)));
            // Nobody listens any more when the call has ended.
            let _ = sender.send(Settled {
                index,
                node,
                result,
                elapsed: started.elapsed(),
            });
        });
    }
    drop(sender);

    // The end of the wait: the deadline, or sooner once the call is lost.
    let mut end = deadline;
    let mut lost = false;
    loop {
        let agreed = tally.best() >= needed;
        if agreed && (policy.wait == Wait::ForAgreement || tally.open == 0) {
            break;
        }
        if !lost && tally.best() + tally.open < needed {
            lost = true;
            end = deadline.min(Instant::now() + REPORT_GRACE);
        }
        if lost && tally.open == 0 {
            return Err(error(tally.failure(), tally));
        }
        match timeout_at(end, settled.recv()).await {
            Ok(Some(one)) => tally.settle(one, &judge),
            // The channel closes when every request has settled, or its task was lost.
            Ok(None) => tally.open = 0,
            Err(_) if agreed => break,
            Err(_) if lost => return Err(error(tally.failure(), tally)),
            Err(_) => {
                let valid = tally.valid();
                return Err(error(QuorumFailure::DeadlineExceeded { valid }, tally));
            }
        }
    }
    let linger = policy.linger;
    tokio::spawn(async move {
        // Dropping the set afterwards stops those that are still not done.
        let _ = timeout(linger, async {
            while requests.join_next().await.is_some() {}
        })
        .await;
    });
    let (agreed, outcomes) = tally.into_answer(started.elapsed());
    Ok(QuorumAnswer {
        agreed,
        outcomes,
        request_id,
        late: settled,
    })
}

/// A request that has come to its end.
#[derive(Debug)]
pub(crate) struct Settled {
    pub(crate) index: usize,
    pub(crate) node: NodeUrl,
    pub(crate) result: Result<NodeResponse, TransportError>,
    pub(crate) elapsed: Duration,
}

/// The answers so far, grouped by what they say.
struct Tally<T, K, F> {
    outcomes: Vec<Option<NodeOutcome>>,
    nodes: Vec<NodeUrl>,
    groups: Vec<(K, Vec<(NodeUrl, T)>)>,
    key: F,
    needed: usize,
    open: usize,
}

impl<T, K: Eq, F: Fn(&T) -> K> Tally<T, K, F> {
    fn new(nodes: impl Iterator<Item = NodeUrl>, needed: usize, key: F) -> Self {
        let nodes: Vec<_> = nodes.collect();
        let open = nodes.len();
        Self {
            outcomes: nodes.iter().map(|_| None).collect(),
            nodes,
            groups: Vec::new(),
            key,
            needed,
            open,
        }
    }

    fn settle(&mut self, settled: Settled, judge: &impl Fn(&NodeUrl, &[u8]) -> Result<T, String>) {
        let Settled {
            index,
            node,
            result,
            elapsed,
        } = settled;
        self.open -= 1;
        let outcome = match judge_response(&node, result, judge) {
            Ok(answer) => {
                let key = (self.key)(&answer);
                match self.groups.iter_mut().find(|(known, _)| *known == key) {
                    Some((_, group)) => group.push((node.clone(), answer)),
                    None => self.groups.push((key, vec![(node.clone(), answer)])),
                }
                Outcome::Valid
            }
            Err(outcome) => outcome,
        };
        self.outcomes[index] = Some(NodeOutcome {
            node,
            outcome,
            elapsed,
        });
    }

    fn best(&self) -> usize {
        self.groups
            .iter()
            .map(|(_, group)| group.len())
            .max()
            .unwrap_or(0)
    }

    fn valid(&self) -> usize {
        self.groups.iter().map(|(_, group)| group.len()).sum()
    }

    /// What a call is missing that can no longer succeed.
    fn failure(&self) -> QuorumFailure {
        let valid = self.valid();
        if valid < self.needed {
            QuorumFailure::TooFewAnswers { valid }
        } else {
            QuorumFailure::NoAgreement {
                valid,
                agreeing: self.best(),
            }
        }
    }

    fn into_outcomes(self, elapsed: Duration) -> Vec<NodeOutcome> {
        let pending = |node| NodeOutcome {
            node,
            outcome: Outcome::Pending,
            elapsed,
        };
        self.outcomes
            .into_iter()
            .zip(self.nodes)
            .map(|(known, node)| known.unwrap_or_else(|| pending(node)))
            .collect()
    }

    fn into_answer(mut self, elapsed: Duration) -> (Vec<(NodeUrl, T)>, Vec<NodeOutcome>) {
        let best = (0..self.groups.len()).max_by_key(|&i| self.groups[i].1.len());
        let agreed = best
            .map(|i| self.groups.swap_remove(i).1)
            .unwrap_or_default();
        debug_assert!(agreed.len() >= self.needed);
        (agreed, self.into_outcomes(elapsed))
    }
}

/// The valid answer in a response, or the outcome it is otherwise.
pub(crate) fn judge_response<T>(
    node: &NodeUrl,
    result: Result<NodeResponse, TransportError>,
    judge: &impl Fn(&NodeUrl, &[u8]) -> Result<T, String>,
) -> Result<T, Outcome> {
    let NodeResponse { status, body } = result.map_err(Outcome::Failed)?;
    if !(200..300).contains(&status) {
        let error = Box::new(datil::parse_refusal(&body));
        let body = if body.len() > MAX_REFUSAL_BYTES {
            Bytes::new()
        } else {
            body
        };
        return Err(Outcome::Refused {
            status,
            error,
            body,
        });
    }
    judge(node, &body).map_err(|reason| Outcome::Invalid { reason })
}
