use std::{fmt, sync::Arc, time::Duration};

use super::RelayRequestId;

/// Intervals and limits of the wait for a PKP.
///
/// ```
/// use std::time::Duration;
///
/// use lit_sdk::services::Polling;
///
/// let polling = Polling::default()
///     .with_interval(Duration::from_secs(2))
///     .with_progress(|progress| println!("attempt {} of {}", progress.attempt, progress.attempts));
/// ```
#[derive(Clone)]
#[must_use]
pub struct Polling {
    pub(super) interval: Duration,
    pub(super) attempts: u32,
    pub(super) timeout: Option<Duration>,
    pub(super) progress: Option<Progress>,
}

pub(super) type Progress = Arc<dyn Fn(&MintProgress) + Send + Sync>;

/// Every 15 s, 20 times, without a timeout.
impl Default for Polling {
    fn default() -> Self {
        Self {
            interval: Duration::from_secs(15),
            attempts: 20,
            timeout: None,
            progress: None,
        }
    }
}

impl Polling {
    /// Sets the pause between two requests. Default: 15 s.
    pub const fn with_interval(mut self, interval: Duration) -> Self {
        self.interval = interval;
        self
    }

    /// Sets the number of requests, at least 1. Default: 20.
    pub const fn with_attempts(mut self, attempts: u32) -> Self {
        self.attempts = attempts;
        self
    }

    /// Sets the time limit of the whole wait. Default: none.
    pub const fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Sets a function that is called after each attempt but the last. Default: none.
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
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

/// The progress of the wait for a PKP.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct MintProgress {
    /// The request.
    pub request_id: RelayRequestId,
    /// The number of requests so far, from 1.
    pub attempt: u32,
    /// The largest number of requests.
    pub attempts: u32,
    /// The time since the start of the wait.
    pub elapsed: Duration,
}
