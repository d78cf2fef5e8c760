use std::{
    fmt,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

/// The console output, the response and the number of fetches of an action and all actions that it calls. Create one with
/// `Execution::default()`.
#[derive(Default)]
pub struct Execution {
    output: Mutex<Output>,
    fetches: AtomicUsize,
}

#[derive(Default)]
struct Output {
    logs: String,
    response: String,
}

impl Execution {
    /// Appends to the console output. Returns false, and appends nothing, if it would exceed `limit` bytes.
    pub(crate) fn append_log(&self, text: &str, limit: usize) -> bool {
        let mut output = self.output();
        let fits = text.len() <= limit.saturating_sub(output.logs.len());
        if fits {
            output.logs.push_str(text);
        }
        fits
    }

    pub(crate) fn set_response(&self, response: String) {
        self.output().response = response;
    }

    /// Counts one more fetch. Returns false if there have been `limit`.
    pub(crate) fn count_fetch(&self, limit: usize) -> bool {
        let more = |count| (count < limit).then_some(count + 1);
        let counted = self
            .fetches
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, more);
        counted.is_ok()
    }

    /// The console output, one line per call.
    #[must_use]
    pub fn logs(&self) -> String {
        self.output().logs.clone()
    }

    /// The argument of the last `Lit.Actions.setResponse`.
    #[must_use]
    pub fn response(&self) -> String {
        self.output().response.clone()
    }

    /// Ignores poisoning: no change of the output can stop halfway.
    fn output(&self) -> MutexGuard<'_, Output> {
        self.output.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Response and logs may hold what the action decrypted, so they are not shown.
impl fmt::Debug for Execution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Execution")
            .field("fetches", &self.fetches)
            .finish_non_exhaustive()
    }
}
