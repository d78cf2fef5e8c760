//! Spans and metrics of requests to nodes.

use std::time::Duration;

use lit_types::{NodeUrl, wire::Endpoint};
use tokio::time::Instant;
use tracing::{Span, field::Empty};

use crate::{NodeResponse, Outcome, RequestId, TransportError, lanes::TurnWatch};

/// A request to a node: a span while it is under way, and metrics when its outcome is known.
///
/// Neither holds anything of the request or of the answer.
#[derive(Debug)]
pub(crate) struct Observed {
    span: Span,
    #[cfg(feature = "metrics")]
    node: NodeUrl,
    #[cfg(feature = "metrics")]
    endpoint: Endpoint,
    /// When the call ends.
    deadline: Instant,
    turn: TurnWatch,
    /// How long the answer took; `None` before it arrives.
    answered: Option<Duration>,
    /// How the transport failed.
    failure: Option<&'static str>,
    has_ended: bool,
}

impl Observed {
    pub(crate) fn start(
        node: &NodeUrl,
        endpoint: Endpoint,
        request_id: &RequestId,
        deadline: Instant,
        turn: TurnWatch,
    ) -> Self {
        let span = tracing::debug_span!(
            "node_request",
            %node,
            endpoint = endpoint.path(),
            %request_id,
            outcome = Empty,
            status = Empty,
            ms = Empty,
        );
        Self {
            span,
            #[cfg(feature = "metrics")]
            node: node.clone(),
            #[cfg(feature = "metrics")]
            endpoint,
            deadline,
            turn,
            answered: None,
            failure: None,
            has_ended: false,
        }
    }

    pub(crate) fn span(&self) -> Span {
        self.span.clone()
    }

    /// The transport has come to its end.
    pub(crate) fn answered(
        &mut self,
        result: &Result<NodeResponse, TransportError>,
        elapsed: Duration,
    ) {
        match result {
            Ok(answer) => {
                self.span.record("status", answer.status);
            }
            Err(error) => self.failure = Some(failure(error)),
        }
        self.span.record("ms", milliseconds(elapsed));
        self.answered = Some(elapsed);
    }

    /// The answer was judged.
    pub(crate) fn judged(mut self, outcome: &Outcome) {
        self.end(label(outcome));
    }

    fn end(&mut self, outcome: &'static str) {
        self.has_ended = true;
        self.span.record("outcome", outcome);
        #[cfg(feature = "metrics")]
        {
            let (node, endpoint) = (self.node.as_str().to_owned(), self.endpoint.path());
            metrics::counter!(
                "lit_node_requests_total",
                "endpoint" => endpoint,
                "node" => node.clone(),
                "outcome" => outcome,
            )
            .increment(1);
            if let Some(elapsed) = self.answered {
                metrics::histogram!(
                    "lit_node_request_seconds",
                    "endpoint" => endpoint,
                    "node" => node,
                )
                .record(elapsed);
            }
        }
    }
}

/// A request whose outcome nobody judged any more.
impl Drop for Observed {
    fn drop(&mut self) {
        if !self.has_ended {
            self.end(match (self.failure, self.answered) {
                (Some(failure), _) => failure,
                (None, Some(_)) => "unused",
                (None, None) if Instant::now() < self.deadline => "cancelled",
                (None, None) if self.turn.is_queued() => "queued",
                (None, None) => "timeout",
            });
        }
    }
}

/// The kind of an outcome, one of a few.
const fn label(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Valid => "valid",
        Outcome::Refused { .. } => "refused",
        Outcome::NotASigner => "not_a_signer",
        Outcome::Invalid(_) => "invalid",
        Outcome::Failed(error) => failure(error),
        Outcome::Queued => "queued",
        Outcome::Pending => "cancelled",
    }
}

const fn failure(error: &TransportError) -> &'static str {
    match error {
        TransportError::Timeout(_) => "timeout",
        TransportError::Queued(_) => "queued",
        _ => "failed",
    }
}

/// Milliseconds, for a field of a span.
fn milliseconds(elapsed: Duration) -> u64 {
    u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX)
}

/// A valid answer turned out to be wrong together with others, such as a wrong signature share.
pub(crate) fn rejected(node: &NodeUrl) {
    #[cfg(feature = "metrics")]
    metrics::counter!("lit_node_rejections_total", "node" => node.as_str().to_owned()).increment(1);
    #[cfg(not(feature = "metrics"))]
    let _ = node;
}

/// So many more requests are in flight.
pub(crate) fn in_flight(more: i8) {
    #[cfg(feature = "metrics")]
    metrics::gauge!("lit_http_requests_in_flight").increment(f64::from(more));
    #[cfg(not(feature = "metrics"))]
    let _ = more;
}

/// So many more requests wait for a connection.
pub(crate) fn queued(more: i8) {
    #[cfg(feature = "metrics")]
    metrics::gauge!("lit_http_requests_queued").increment(f64::from(more));
    #[cfg(not(feature = "metrics"))]
    let _ = more;
}
