use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use hyper::{Response, StatusCode};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::text;

/// How long a request waits for a worker.
const MAX_WAIT: Duration = Duration::from_secs(30);

/// Threads for blocking work on requests, so many that a flood of requests leaves some for others.
#[derive(Debug, Clone)]
pub struct Workers(Arc<Semaphore>);

impl Workers {
    /// At most `limit` at once.
    #[must_use]
    pub fn new(limit: usize) -> Self {
        Self(Arc::new(Semaphore::new(limit)))
    }

    /// Answers on a thread for blocking work, as soon as one is free; with status 503 if none is free in 30 seconds, and 500 if the work
    /// panics. If the future is dropped, work that waits is not begun, and work that runs can ask [`Caller::is_gone`].
    ///
    /// The next work begins when there is memory to send the answer, so that answers do not pile up.
    pub async fn answer(
        &self,
        work: impl FnOnce(&Caller) -> Response<Bytes> + Send + 'static,
    ) -> Response<Bytes> {
        let free = Arc::clone(&self.0).acquire_owned();
        // The semaphore is never closed.
        let Ok(Ok(place)) = tokio::time::timeout(MAX_WAIT, free).await else {
            let problem = "too many requests are answered; try again";
            return text(StatusCode::SERVICE_UNAVAILABLE, problem);
        };
        let caller = Caller::default();
        let _gone = GoneOnDrop(caller.clone());
        let work = move || {
            let place = Place(Arc::new(place));
            let mut answer = work(&caller);
            answer.extensions_mut().insert(place);
            answer
        };
        let panicked = |_| {
            let problem = "internal error: the request panicked";
            text(StatusCode::INTERNAL_SERVER_ERROR, problem)
        };
        let answer = tokio::task::spawn_blocking(work).await;
        answer.unwrap_or_else(panicked)
    }
}

/// The place of a worker, which an answer keeps until it is about to be sent.
#[derive(Debug, Clone)]
#[allow(dead_code, reason = "it is held until it is dropped")]
struct Place(Arc<OwnedSemaphorePermit>);

/// Who waits for the result of work.
#[derive(Debug, Clone, Default)]
pub struct Caller(Arc<AtomicBool>);

impl Caller {
    /// Whether nobody waits any more.
    #[must_use]
    pub fn is_gone(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

struct GoneOnDrop(Caller);

impl Drop for GoneOnDrop {
    fn drop(&mut self) {
        self.0.0.store(true, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    fn nothing() -> Response<Bytes> {
        Response::default()
    }

    #[tokio::test]
    async fn work_learns_that_its_caller_is_gone() {
        let workers = Workers::new(1);
        let (begun, mut has_begun) = tokio::sync::mpsc::unbounded_channel();
        let (go_on, may_go_on) = mpsc::channel::<()>();
        let (seen, has_seen) = mpsc::channel();
        let long = workers.answer(move |caller| {
            let _ = begun.send(());
            let _ = may_go_on.recv();
            let _ = seen.send(caller.is_gone());
            nothing()
        });
        tokio::select! {
            biased;
            _ = long => panic!("it waits"),
            _ = has_begun.recv() => {}
        }
        drop(go_on);
        // The place is taken until the work has ended.
        let next = workers.answer(move |caller| {
            assert_eq!((has_seen.try_recv(), caller.is_gone()), (Ok(true), false));
            nothing()
        });
        assert_eq!(next.await.status(), StatusCode::OK);
    }

    #[tokio::test]
    async fn work_waits_until_the_answer_before_it_can_be_sent() {
        let workers = Workers::new(1);
        let first = workers.answer(|_| nothing()).await;
        let (begun, has_begun) = mpsc::channel();
        let next = workers.answer(move |_| {
            let _ = begun.send(());
            nothing()
        });
        let mut next = std::pin::pin!(next);
        tokio::select! {
            biased;
            _ = &mut next => panic!("it waits"),
            () = std::future::ready(()) => {}
        }
        assert_eq!(has_begun.try_recv(), Err(mpsc::TryRecvError::Empty));
        drop(first);
        assert_eq!(next.await.status(), StatusCode::OK);
        assert_eq!(has_begun.try_recv(), Ok(()));
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_does_not_wait_forever_for_a_worker() {
        let workers = Workers::new(1);
        let first = workers.answer(|_| nothing()).await;
        let refused = workers.answer(|_| panic!("all workers are busy")).await;
        assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
        drop(first);
        let panicked = workers.answer(|_| panic!("for the test")).await;
        assert_eq!(panicked.status(), StatusCode::INTERNAL_SERVER_ERROR);
    }
}
