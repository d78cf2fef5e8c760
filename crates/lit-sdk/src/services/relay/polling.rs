use std::{fmt, sync::Arc, time::Duration};

use super::RelayRequestId;

/// How to wait for a PKP.
#[derive(Clone)]
#[must_use]
pub struct Polling {
    pub(super) interval: Duration,
    pub(super) attempts: u32,
    pub(super) deadline: Option<Duration>,
    pub(super) progress: Option<Progress>,
}

pub(super) type Progress = Arc<dyn Fn(&MintProgress) + Send + Sync>;

/// Every 15 s, 20 times, without a deadline.
impl Default for Polling {
    fn default() -> Self {
        Self {
            interval: Duration::from_secs(15),
            attempts: 20,
            deadline: None,
            progress: None,
        }
    }
}

impl Polling {
    /// How long to wait after an answer before asking again. Default: 15 s.
    pub const fn with_interval(mut self, interval: Duration) -> Self {
        self.interval = interval;
        self
    }

    /// How often to ask, at least once. Default: 20.
    pub const fn with_attempts(mut self, attempts: u32) -> Self {
        self.attempts = attempts;
        self
    }

    /// How long all of it may take. Default: no limit beside the number of attempts.
    pub const fn with_deadline(mut self, deadline: Duration) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// Is called after every attempt that is not the last. Default: nothing.
    pub fn with_progress(
        mut self,
        progress: impl Fn(&MintProgress) + Send + Sync + 'static,
    ) -> Self {
        self.progress = Some(Arc::new(progress));
        self
    }
}

impl fmt::Debug for Polling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Polling")
            .field("interval", &self.interval)
            .field("attempts", &self.attempts)
            .field("deadline", &self.deadline)
            .finish_non_exhaustive()
    }
}

/// A PKP is still being minted.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct MintProgress {
    /// Which request.
    pub request_id: RelayRequestId,
    /// How often has been asked, from 1.
    pub attempt: u32,
    /// How often will be asked at most.
    pub attempts: u32,
    /// Since the beginning of waiting.
    pub elapsed: Duration,
}
