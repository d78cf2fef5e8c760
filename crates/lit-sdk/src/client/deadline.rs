use std::{future::Future, time::Duration};

use lit_node_transport::QuorumPolicy;
use tokio::time::{Instant, timeout_at};

use crate::{Error, TimedStep};

/// When an operation must have ended.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Deadline(Option<Limit>);

#[derive(Debug, Clone, Copy)]
struct Limit {
    at: Instant,
    /// How long the operation may take.
    timeout: Duration,
}

impl Deadline {
    /// A deadline this long from now. None if that is too far away to be a time.
    pub(crate) fn after(timeout: Duration) -> Self {
        let at = Instant::now().checked_add(timeout);
        Self(at.map(|at| Limit { at, timeout }))
    }

    /// The earlier of two.
    pub(crate) fn or_earlier(self, other: Self) -> Self {
        match (self.0, other.0) {
            (Some(one), Some(two)) => Self(Some(if two.at < one.at { two } else { one })),
            (one, two) => Self(one.or(two)),
        }
    }

    /// Waits for a step of the operation, until the deadline.
    ///
    /// # Errors
    /// [`Error::Timeout`] at the deadline.
    pub(crate) async fn limit<T>(
        self,
        step: TimedStep,
        work: impl Future<Output = T>,
    ) -> Result<T, Error> {
        let Some(Limit { at, timeout }) = self.0 else {
            return Ok(work.await);
        };
        let done = timeout_at(at, work).await;
        done.map_err(|_| Error::Timeout { step, timeout })
    }

    /// A policy for a call that ends at the deadline, with a report on the nodes.
    pub(crate) fn bound(self, policy: QuorumPolicy) -> QuorumPolicy {
        match self.0 {
            Some(Limit { at, .. }) => {
                policy.with_timeout(at.saturating_duration_since(Instant::now()))
            }
            None => policy,
        }
    }

    pub(crate) fn has_passed(self) -> bool {
        self.0.is_some_and(|limit| limit.at <= Instant::now())
    }
}
