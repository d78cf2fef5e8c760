use tokio::task::spawn_blocking;

use crate::{Error, TimedStep, client::deadline::Deadline};

/// Runs CPU-bound work on the blocking threads of the runtime. A panic of the work continues in the caller.
///
/// # Errors
/// [`Error::Timeout`] if the threads are too busy to end before the deadline; [`Error::RuntimeShutDown`] when the runtime shuts
/// down before the work starts.
pub(crate) async fn offload<T: Send + 'static>(
    deadline: Deadline,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Error> {
    let done = deadline.limit(TimedStep::Cryptography, spawn_blocking(work));
    match done.await? {
        Ok(done) => Ok(done),
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(_) => Err(Error::RuntimeShutDown),
        },
    }
}

#[cfg(test)]
#[allow(clippy::panic, clippy::unwrap_used, reason = "these are tests")]
mod tests {
    use super::*;

    #[tokio::test]
    async fn gives_what_the_work_returns() {
        assert_eq!(offload(Deadline::default(), || 42).await.unwrap(), 42);
    }

    #[tokio::test]
    #[should_panic(expected = "the work panicked")]
    async fn a_panic_of_the_work_continues_in_the_caller() {
        let _ = offload(Deadline::default(), || panic!("the work panicked")).await;
    }
}
