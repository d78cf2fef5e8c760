//! Spans and metrics of operations.

use std::{future::Future, time::Duration};

use lit_node_transport::TransportError;
use tokio::time::Instant;
use tracing::{Instrument, Span, field::Empty};

use crate::{Error, services::RelayError};

/// Names the operations, and makes a span with that name for each.
macro_rules! operations {
    ($($(#[$doc:meta])* $operation:ident = $name:literal,)+) => {
        /// What a program asks of this crate.
        #[derive(Debug, Clone, Copy)]
        pub(crate) enum Operation {
            $($(#[$doc])* $operation,)+
        }

        impl Operation {
            #[cfg(feature = "metrics")]
            const fn name(self) -> &'static str {
                match self {
                    $(Self::$operation => $name,)+
                }
            }

            fn span(self) -> Span {
                match self {
                    $(Self::$operation => tracing::info_span!($name, outcome = Empty, ms = Empty),)+
                }
            }
        }
    };
}

operations! {
    Connect = "connect",
    Refresh = "refresh",
    Session = "session",
    SignSessionKey = "sign_session_key",
    ExecuteJs = "execute_js",
    PkpSign = "pkp_sign",
    Encrypt = "encrypt",
    Decrypt = "decrypt",
    ClaimKeyId = "claim_key_id",
    RelayMint = "relay_mint",
    RelayRequest = "relay_request",
}

/// The kind of an error, one of a few.
pub(crate) trait Label {
    fn label(&self) -> &'static str;
}

/// Waits for an operation in a span of its own, and counts it.
///
/// Neither span nor metrics hold anything that the caller or a server gave.
pub(crate) async fn observe<T, E: Label>(
    operation: Operation,
    work: impl Future<Output = Result<T, E>>,
) -> Result<T, E> {
    let span = operation.span();
    let mut running = Running {
        #[cfg(feature = "metrics")]
        operation,
        span: span.clone(),
        started: Instant::now(),
        outcome: "cancelled",
    };
    let result = work.instrument(span).await;
    running.outcome = match &result {
        Ok(_) => "ok",
        Err(error) => error.label(),
    };
    result
}

/// An operation under way, or one that the caller gave up.
struct Running {
    #[cfg(feature = "metrics")]
    operation: Operation,
    span: Span,
    started: Instant,
    outcome: &'static str,
}

impl Drop for Running {
    fn drop(&mut self) {
        let elapsed = self.started.elapsed();
        self.span.record("outcome", self.outcome);
        self.span.record("ms", milliseconds(elapsed));
        #[cfg(feature = "metrics")]
        {
            let operation = self.operation.name();
            metrics::counter!(
                "lit_operations_total",
                "operation" => operation,
                "outcome" => self.outcome,
            )
            .increment(1);
            metrics::histogram!("lit_operation_seconds", "operation" => operation).record(elapsed);
        }
    }
}

fn milliseconds(elapsed: Duration) -> u64 {
    u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX)
}

/// Where a session manager found a session.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Found {
    Memory,
    Store,
    /// A kept session with more rights.
    Attenuated,
    /// Nowhere: it is new.
    New,
}

/// Counts a session that a session manager returned.
pub(crate) fn found(session: Found) {
    let from = match session {
        Found::Memory => "memory",
        Found::Store => "store",
        Found::Attenuated => "attenuated",
        Found::New => "new",
    };
    tracing::trace!(from, "session");
    #[cfg(feature = "metrics")]
    metrics::counter!("lit_sessions_total", "from" => from).increment(1);
}

impl Label for Error {
    fn label(&self) -> &'static str {
        if self.is_timeout() {
            return "timeout";
        }
        match self {
            Self::Connect(_) | Self::Nodes(_) => "nodes",
            Self::Shares(_) => "shares",
            Self::Action { .. } => "action",
            Self::Discovery(_) => "discovery",
            Self::Authorize(_) => "authorizer",
            _ => "invalid",
        }
    }
}

impl Label for RelayError {
    fn label(&self) -> &'static str {
        match self {
            Self::Transport {
                source: TransportError::Timeout(_) | TransportError::Queued(_),
                ..
            }
            | Self::StillInProgress { .. } => "timeout",
            Self::Transport { .. } => "failed",
            Self::Refused { .. } | Self::MintFailed { .. } => "refused",
            Self::Status { source, .. } => source.label(),
            _ => "invalid",
        }
    }
}
