use lit_types::NodeErrorCode;

use crate::refusal::Refusal;

/// Runs work of milliseconds, such as pairings, on a thread for blocking work.
pub(crate) async fn off_runtime<T, E>(
    work: impl FnOnce() -> Result<T, E> + Send + 'static,
) -> Result<T, Refusal>
where
    T: Send + 'static,
    E: Into<Refusal> + Send + 'static,
{
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| Refusal::coded(NodeErrorCode::NodeSystemFault, error))?
        .map_err(Into::into)
}
