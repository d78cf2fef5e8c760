use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    time::Duration,
};

use crate::{
    ActionError, ActionHost, ActionOutcome, ActionRequest, Execution,
    action_host::NoHost,
    engine,
    input::{Event, Run},
    threads,
};

/// The time after the deadline at which a run that does not stop is abandoned.
const GRACE: Duration = Duration::from_secs(1);

/// Native stack below and above the JavaScript frames, in bytes.
///
/// QuickJS checks its limit at every call and every recursion of its own; between two checks it
/// uses far less.
const NATIVE_STACK: usize = 1024 * 1024;

/// Runs an action without a host.
///
/// `Lit.Actions` then has only the functions that need no network; others, such as `signEcdsa`, are undefined.
///
/// The engine works on a thread of its own, never on the async runtime's workers. It runs until
/// everything the action started has finished: promises, timers, host calls. Dropping the future
/// stops it.
///
/// # Errors
///
/// [`ActionError`], except [`ActionError::Overloaded`], which a node returns.
///
/// # Panics
///
/// If called outside a tokio runtime.
pub async fn run(request: ActionRequest) -> Result<ActionOutcome, ActionError> {
    run_with_host(request, Arc::new(NoHost)).await
}

/// Runs an action whose asynchronous `Lit.Actions` functions are answered by `host`.
///
/// Otherwise like [`run`]. Host calls run as tasks of the current tokio runtime, and are aborted when
/// the action ends or the future is dropped.
///
/// # Errors
///
/// [`ActionError`], except [`ActionError::Overloaded`], which a node returns.
///
/// # Panics
///
/// If called outside a tokio runtime.
pub async fn run_with_host(
    request: ActionRequest,
    host: Arc<dyn ActionHost>,
) -> Result<ActionOutcome, ActionError> {
    let execution = Arc::<Execution>::default();
    run_in(request, host, Arc::clone(&execution)).await?;
    Ok(ActionOutcome {
        response: execution.response(),
        logs: execution.logs(),
    })
}

/// Runs an action and adds its output to `execution`. An action that calls another passes its own `execution` on.
///
/// Otherwise like [`run_with_host`]. The engine's thread drops `host` when it ends.
///
/// # Errors
/// [`ActionError`], except [`ActionError::Overloaded`], which a node returns.
///
/// # Panics
/// If called outside a tokio runtime.
pub async fn run_in(
    request: ActionRequest,
    host: Arc<dyn ActionHost>,
    execution: Arc<Execution>,
) -> Result<(), ActionError> {
    let (size, limit) = (request.code.len(), request.limits.code_size);
    if size > limit {
        return Err(ActionError::CodeTooLarge { size, limit });
    }
    let (sender, events) = mpsc::channel();
    let cancelled = Arc::<AtomicBool>::default();
    let _stop_on_drop = StopOnDrop {
        cancelled: Arc::clone(&cancelled),
        sender: sender.clone(),
    };
    let run = Run {
        request,
        host,
        execution,
        cancelled,
        sender,
        events,
        tokio: tokio::runtime::Handle::current(),
    };
    tokio::task::spawn_blocking(move || supervise(run))
        .await
        .unwrap_or_else(|error| Err(ActionError::Engine(error.to_string())))
}

/// Runs the engine on another thread and waits for it, up to the deadline and a grace period.
///
/// It is not the caller's, because its stack must be as large as the limits say, and because a thread
/// that never comes back must not keep the tokio runtime from shutting down.
fn supervise(mut run: Run) -> Result<(), ActionError> {
    let limits = run.request.limits.clone();
    let execution = Arc::clone(&run.execution);
    let (done, result) = mpsc::sync_channel(1);
    let work = move || {
        let ended = engine::execute(&mut run);
        // Before the answer, so that the host is free when the caller has it.
        drop(run);
        // The receiver is gone only if the run was abandoned.
        let _ = done.send(ended);
    };
    threads::run(limits.engine_stack() + NATIVE_STACK, Box::new(work))
        .map_err(|error| ActionError::Engine(format!("cannot start a thread: {error}")))?;
    match result.recv_timeout(limits.run_time.saturating_add(GRACE)) {
        Ok(result) => result,
        Err(mpsc::RecvTimeoutError::Timeout) => {
            tracing::warn!(limit = ?limits.run_time, "a Lit Action does not stop at its deadline");
            Err(ActionError::Timeout {
                limit: limits.run_time,
                logs: execution.logs(),
            })
        }
        Err(mpsc::RecvTimeoutError::Disconnected) => {
            Err(ActionError::Engine("the engine panicked".to_owned()))
        }
    }
}

/// Ends the run when the future of [`run`] is dropped.
struct StopOnDrop {
    cancelled: Arc<AtomicBool>,
    sender: mpsc::Sender<Event>,
}

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.cancelled.store(true, Ordering::Relaxed);
        // The receiver is gone if the run has ended.
        let _ = self.sender.send(Event::Cancelled);
    }
}
