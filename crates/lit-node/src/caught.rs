use std::{
    future::poll_fn,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::pin,
    task::Poll,
};

/// A part of the node panicked. The panic hook has printed what and where.
#[derive(Debug, thiserror::Error)]
#[error("the node panicked while it answered; its log says where")]
pub(crate) struct Panicked;

/// The output of a future, which is dropped if it panics.
///
/// What it shares with others stays usable: values behind locks change in single steps.
pub(crate) async fn caught<F: Future>(future: F) -> Result<F::Output, Panicked> {
    let mut future = pin!(future);
    poll_fn(|context| {
        let poll = AssertUnwindSafe(|| future.as_mut().poll(context));
        match catch_unwind(poll) {
            Ok(poll) => poll.map(Ok),
            Err(_) => Poll::Ready(Err(Panicked)),
        }
    })
    .await
}
