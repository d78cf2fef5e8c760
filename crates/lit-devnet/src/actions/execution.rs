//! State that a run shares with the actions it calls.

use std::sync::{
    Mutex, MutexGuard, PoisonError,
    atomic::{AtomicUsize, Ordering},
};

/// The console output, the response and the fetch count of an action and all actions it calls.
#[derive(Debug, Default)]
pub(crate) struct Execution {
    output: Mutex<Output>,
    fetches: AtomicUsize,
}

#[derive(Debug, Default)]
struct Output {
    logs: String,
    response: String,
}

impl Execution {
    /// Appends to the console output. Returns false, and appends nothing, if it would exceed `limit` bytes.
    pub(super) fn append_log(&self, text: &str, limit: usize) -> bool {
        let mut output = self.output();
        let fits = text.len() <= limit.saturating_sub(output.logs.len());
        if fits {
            output.logs.push_str(text);
        }
        fits
    }

    pub(super) fn set_response(&self, response: String) {
        self.output().response = response;
    }

    /// Counts one more fetch. Returns false if there have been `limit`.
    pub(super) fn count_fetch(&self, limit: usize) -> bool {
        count(&self.fetches, limit)
    }

    pub(crate) fn logs(&self) -> String {
        self.output().logs.clone()
    }

    pub(crate) fn response(&self) -> String {
        self.output().response.clone()
    }

    /// Ignores poisoning: no change of the output can stop halfway.
    fn output(&self) -> MutexGuard<'_, Output> {
        self.output.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Increments a count unless it has reached `limit`. Returns whether it did.
pub(super) fn count(counter: &AtomicUsize, limit: usize) -> bool {
    counter
        .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| {
            (n < limit).then_some(n + 1)
        })
        .is_ok()
}
