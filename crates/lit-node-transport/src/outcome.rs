use std::{fmt, time::Duration};

use bytes::Bytes;
use lit_types::{NodeErrorBody, NodeUrl, Printable, wire::Endpoint};

use crate::{Rejection, RequestId, TransportError, cause::Chain, most_common};

/// The outcome of a request to one node.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct NodeOutcome {
    /// The node.
    pub node: NodeUrl,
    /// The answer, or why there is none.
    pub outcome: Outcome,
    /// How long the answer took, or how long the call waited for it.
    pub elapsed: Duration,
}

impl NodeOutcome {
    /// The outcome after this time.
    #[must_use]
    pub const fn new(node: NodeUrl, outcome: Outcome, elapsed: Duration) -> Self {
        Self {
            node,
            outcome,
            elapsed,
        }
    }
}

/// The longest body of a refusal that is kept: an exception and the 100 KiB of logs before it, escaped.
pub const MAX_REFUSAL_BYTES: usize = 512 * 1024;

/// What came of a request.
#[derive(Clone)]
#[non_exhaustive]
pub enum Outcome {
    /// A valid answer. It may still differ from the answers of other nodes.
    Valid,
    /// The node refused.
    Refused {
        /// HTTP status.
        status: u16,
        /// The refusal, as far as it could be parsed.
        error: Box<NodeErrorBody>,
        /// The body as it came, unless it was longer than [`MAX_REFUSAL_BYTES`].
        body: Option<Bytes>,
    },
    /// The node answered that it is not in the signing set of this request. Its answer is not needed.
    NotASigner,
    /// The node answered, but the answer is not valid.
    Invalid(Rejection),
    /// The request failed.
    Failed(TransportError),
    /// The call ended before the node answered.
    Pending,
    /// The call ended before the request was sent: all connections to the node were in use.
    Queued,
}

impl Outcome {
    /// Whether the request was never sent, because all connections to the node were in use.
    #[must_use]
    pub const fn is_queued(&self) -> bool {
        matches!(self, Self::Queued | Self::Failed(TransportError::Queued(_)))
    }

    /// The Lit error code, when the node gave one.
    #[must_use]
    pub fn error_code(&self) -> Option<&str> {
        match self {
            Self::Refused { error, .. } => error.error_code.as_deref(),
            _ => None,
        }
    }

    /// Whether the same request to the same node may succeed later.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Refused { status, .. } => matches!(status, 408 | 429 | 500..),
            Self::Failed(error) => error.is_retryable(),
            Self::Pending | Self::Queued => true,
            Self::Valid | Self::NotASigner | Self::Invalid(_) => false,
        }
    }
}

impl From<Rejection> for Outcome {
    fn from(rejection: Rejection) -> Self {
        match rejection {
            Rejection::NotASigner => Self::NotASigner,
            rejection => Self::Invalid(rejection),
        }
    }
}

impl fmt::Debug for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Outcome({self})")
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Valid => f.write_str("valid answer"),
            Self::Refused { status, error, .. } => {
                write!(f, "refused with {status}")?;
                if let Some(code) = &error.error_code {
                    write!(f, " {}", Printable(code))?;
                }
                if let Some(kind) = &error.error_kind {
                    write!(f, " ({})", Printable(kind))?;
                }
                if let Some(message) = &error.message {
                    let first = message.lines().next().unwrap_or_default();
                    write!(f, ": {}", Printable(first))?;
                }
                Ok(())
            }
            Self::NotASigner => f.write_str("not in the signing set"),
            Self::Invalid(rejection) => {
                write!(f, "invalid answer: {}", Printable(Chain(rejection)))
            }
            Self::Failed(error) => write!(f, "{}", Printable(Chain(error))),
            Self::Pending => f.write_str("no answer yet"),
            Self::Queued => f.write_str("still queued: all connections to the node are in use"),
        }
    }
}

/// Too few nodes gave a valid answer, or too few of those agreed.
///
/// Its `Display` is a report with one line per node.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub struct QuorumError {
    /// What was missing.
    pub failure: QuorumFailure,
    /// The endpoint.
    pub endpoint: Endpoint,
    /// How many matching answers were needed.
    pub needed: usize,
    /// The request id, which nodes log.
    pub request_id: RequestId,
    /// Every node's outcome, in the order of the nodes.
    pub outcomes: Vec<NodeOutcome>,
}

/// What a quorum call was missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum QuorumFailure {
    /// Too few valid answers.
    TooFewAnswers {
        /// How many there were.
        valid: usize,
    },
    /// Enough valid answers, but they differ.
    NoAgreement {
        /// How many there were.
        valid: usize,
        /// How many of them agree at most.
        agreeing: usize,
    },
    /// Enough answers agree, but they cannot be used: for example, their signature shares do not combine.
    Unusable {
        /// How many agree.
        agreeing: usize,
    },
    /// Enough answers agree, but too few of them have a signature share. Other nodes may sign a later call.
    TooFewShares {
        /// How many agree.
        agreeing: usize,
    },
    /// The deadline of the whole call passed.
    DeadlineExceeded {
        /// How many valid answers had come.
        valid: usize,
    },
    /// There are fewer nodes than answers are needed.
    TooFewNodes,
    /// A node is listed twice, and would have two votes.
    DuplicateNode,
}

impl QuorumError {
    /// The most common error code of the nodes that refused.
    #[must_use]
    pub fn error_code(&self) -> Option<&str> {
        most_common(
            self.outcomes
                .iter()
                .filter_map(|outcome| outcome.outcome.error_code()),
        )
    }

    /// Whether the same call may succeed later: enough nodes answered, or failed in a way that may pass.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        let promising = |outcome: &&NodeOutcome| {
            matches!(outcome.outcome, Outcome::Valid) || outcome.outcome.is_retryable()
        };
        self.outcomes.iter().filter(promising).count() >= self.needed
            && !matches!(
                self.failure,
                QuorumFailure::NoAgreement { .. }
                    | QuorumFailure::Unusable { .. }
                    | QuorumFailure::TooFewNodes
                    | QuorumFailure::DuplicateNode
            )
    }
}

impl fmt::Display for QuorumError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (asked, needed) = (self.outcomes.len(), self.needed);
        write!(f, "POST {}: ", self.endpoint.path())?;
        match self.failure {
            QuorumFailure::TooFewAnswers { valid } => {
                write!(
                    f,
                    "{valid} of {asked} nodes gave a valid answer, {needed} are needed"
                )?;
            }
            QuorumFailure::NoAgreement { valid, agreeing } => write!(
                f,
                "the nodes do not agree: of {valid} valid answers at most {agreeing} are alike, {needed} are needed"
            )?,
            QuorumFailure::Unusable { agreeing } => write!(
                f,
                "{agreeing} answers agree, but no {needed} of them combine"
            )?,
            QuorumFailure::TooFewShares { agreeing } => write!(
                f,
                "{agreeing} answers agree, but fewer than {needed} of them have a signature share"
            )?,
            QuorumFailure::DeadlineExceeded { valid } if valid < needed => write!(
                f,
                "time ran out with {valid} valid answers, {needed} are needed"
            )?,
            QuorumFailure::DeadlineExceeded { valid } => write!(
                f,
                "time ran out: of {valid} valid answers no {needed} agree and combine"
            )?,
            QuorumFailure::DuplicateNode => write!(f, "a node is listed twice")?,
            QuorumFailure::TooFewNodes => {
                write!(
                    f,
                    "only {asked} nodes are known, {needed} agreeing answers are needed"
                )?;
            }
        }
        write!(f, " (request {})", self.request_id)?;
        for NodeOutcome {
            node,
            outcome,
            elapsed,
        } in &self.outcomes
        {
            write!(f, "\n  {node}  {} ms  {outcome}", elapsed.as_millis())?;
        }
        Ok(())
    }
}
