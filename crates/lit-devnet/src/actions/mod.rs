//! Lit Actions: JavaScript programs that the nodes run.
//!
//! [`run`] executes one action in a fresh QuickJS engine on a thread of its own, and returns its
//! response and console output. The engine provides the language, the platform (`console`, timers,
//! `URL`, `fetch`...) and the part of `Lit` that needs no network. An [`ActionHost`] provides the
//! asynchronous functions of `Lit.Actions`; nodes of a network have their own host.
//!
//! `fetch` reaches the hosts that [`ActionEnvironment::with_fetch_host`] names, by `http` and `https`;
//! redirects must lead to one of them too. Responses are limited to 16 MiB. `ethers` is a file that
//! the user installs, see [`ActionEnvironment::with_ethers_bundle`]; it is read and run when an action
//! first uses it.
//!
//! `jwt` does what npm's jsonwebtoken 9 does, with HS, RS and PS (256, 384, 512), ES256, and ES384 to verify. Keys are PEM
//! (certificates too), bytes, or `{ key, format: 'jwk' }`.
//! `crypto.subtle` has `digest`, HMAC, AES-CBC, AES-GCM, ECDSA on P-256, Ed25519, RSASSA-PKCS1-v1_5 and RSA-PSS.
//!
//! Differences from the runtime of the real nodes (Deno, which is V8):
//!
//! * Messages of errors which the engine itself throws, and columns in stacks, are those of
//!   QuickJS; `error.stack` has no first line with the message.
//! * Missing: `Intl`, `WebAssembly`, `Blob`, `FormData`, streams, events other than those of `AbortSignal`.
//! * `jwt`: real nodes have jsonwebtoken 8.5, which lacks the key checks of version 9. Here tokens without a signature are always
//!   refused, regardless of `algorithms`; a PEM or DER key is never used as a secret; RSA keys have at least 2048 bits; a signature
//!   of the wrong length is an `invalid signature`. ECDSA signatures are deterministic, and so the same on all nodes. Unsupported:
//!   ES512, signing with ES384, private RSA keys as JWK, encrypted keys, `encoding` other than UTF-8.
//! * `crypto.subtle`: key derivation, key wrapping and AES-CTR are unsupported. `generateKey` makes only secret keys; `exportKey`
//!   exports secret keys (`raw`, `jwk`) and points (`raw`). AES-GCM requires nonces of 12 bytes, tags of 16 bytes and keys of 128 or
//!   256 bits. RSA keys have 2048 to 8192 bits, and 2048 to 4096 to sign; the salt of RSA-PSS is as long as the hash. Unsupported
//!   operations throw a `NotSupportedError`. The global `CryptoKey` is missing.
//! * `aesDecrypt` checks the whole padding; real nodes check only its last byte.
//! * `structuredClone` copies plain data, collections, dates and bytes; other objects become plain
//!   objects.
//! * An action fails at once if it returns a promise that can no longer settle.
//! * Actions that an action calls at the same time run one after the other.
//! * `runOnce`: the first node to arrive runs the function, so that a node that is down does not block
//!   the others. `broadcastAndCollect`: all nodes get the values of the first nodes to send one, as
//!   many as the threshold.
//! * A few built-in functions loop natively without checking the deadline (`a.length = 2 ** 32 - 1;
//!   a.sort()`, a search for a long text in a longer one). Such a run is reported as
//!   [`ActionError::Timeout`] one second late, and its thread goes on until the loop ends. On a
//!   network it keeps its place among the engines that may run at once
//!   ([`DevnetBuilder::with_max_engines`](crate::DevnetBuilder::with_max_engines)), so there are never more
//!   such threads than places; with all places taken, nodes answer [`ActionError::Overloaded`].
//! * Where memory runs out inside the engine's promise machinery, QuickJS may lose track of objects;
//!   what they occupy is not returned.

mod crypto;
mod engine;
mod environment;
mod execution;
#[cfg(feature = "http")]
mod fetch;
mod host;
mod host_error;
mod limits;
mod natives;
mod network;
mod platform;
mod timers;
mod uncaught;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    thread,
    time::Duration,
};

pub use environment::ActionEnvironment;
pub use host::{ActionHost, HostResult};
pub use host_error::HostError;
pub use limits::ActionLimits;

pub(crate) use network::{ActionNetwork, NodeAction};

use engine::Run;
use execution::Execution;
use host::{Event, NoHost};

/// The time after the deadline at which a run that does not stop is abandoned.
const GRACE: Duration = Duration::from_secs(1);

/// Native stack below and above the JavaScript frames, in bytes.
///
/// QuickJS checks its limit at every call and every recursion of its own; between two checks it
/// uses far less.
const NATIVE_STACK: usize = 1024 * 1024;

/// The input of one run of a Lit Action.
#[derive(Debug, Clone)]
pub struct ActionRequest {
    /// The source: a classic script, not a module.
    pub code: String,
    /// Becomes one global variable per member.
    ///
    /// Members cannot replace `Lit` and its aliases, which the action trusts.
    pub js_params: serde_json::Map<String, serde_json::Value>,
    /// `Lit.Auth`.
    pub auth: serde_json::Value,
    /// `Lit.Headers`, as name and value; names are case-insensitive, values of equal names are
    /// joined by `, `.
    pub headers: Vec<(String, String)>,
    /// The limits of the run.
    pub limits: ActionLimits,
    /// The hosts that `fetch` may reach, and the file of `ethers`.
    pub environment: Arc<ActionEnvironment>,
}

impl ActionRequest {
    /// A request to run `code` without parameters, auth context (`null`) and headers, under the
    /// default limits.
    pub fn new(code: impl Into<String>) -> Self {
        Self {
            code: code.into(),
            js_params: serde_json::Map::new(),
            auth: serde_json::Value::Null,
            headers: Vec::new(),
            limits: ActionLimits::default(),
            environment: Arc::default(),
        }
    }
}

/// The outcome of an action.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ActionOutcome {
    /// The argument of the last `Lit.Actions.setResponse`; empty if the action never called it.
    pub response: String,
    /// The console output, one line per call.
    pub logs: String,
}

/// Why an action failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ActionError {
    /// The action threw, or left a rejected promise unhandled. Nodes answer with HTTP 400 and
    /// `success: false`.
    #[error("{message}")]
    Exception {
        /// V8's form: `Uncaught Error: boom\n    at <user_provided_script>:1:7`.
        message: String,
        /// What was printed before.
        logs: String,
    },
    /// The action ran longer than [`ActionLimits::run_time`]. Nodes answer with
    /// `NodeJsTimeoutError`.
    #[error("the action ran longer than {limit:?}")]
    Timeout {
        /// The limit that was exceeded.
        limit: Duration,
        /// What was printed before.
        logs: String,
    },
    /// The action needed more than [`ActionLimits::memory`]. Nodes answer with
    /// `NodeJsMemoryLimitError`.
    #[error("the action used more than {limit} bytes of memory")]
    MemoryLimit {
        /// The limit that was exceeded, in bytes.
        limit: usize,
        /// What was printed before.
        logs: String,
    },
    /// The source is longer than [`ActionLimits::code_size`]; nothing ran.
    #[error("the code has {size} bytes, over the limit of {limit}")]
    CodeTooLarge {
        /// Length of the source, in bytes.
        size: usize,
        /// The limit, in bytes.
        limit: usize,
    },
    /// All engines are busy, and none became free in time. Nodes answer with `NodeConcurrencyOverload`.
    #[error("all Lit Actions engines are busy; none became free within {waited:?}")]
    Overloaded {
        /// How long the action waited for an engine.
        waited: Duration,
    },
    /// The engine failed to start or broke down. Nodes answer with `NodeJsExecutionError`.
    #[error("Lit Actions engine: {0}")]
    Engine(String),
}

impl ActionError {
    /// The console output before the failure; empty if the action did not run.
    pub fn logs(&self) -> &str {
        match self {
            Self::Exception { logs, .. }
            | Self::Timeout { logs, .. }
            | Self::MemoryLimit { logs, .. } => logs,
            Self::CodeTooLarge { .. } | Self::Overloaded { .. } | Self::Engine(_) => "",
        }
    }
}

/// Runs an action without a host.
///
/// The engine works on a thread of its own, never on the async runtime's workers. It runs until
/// everything the action started has finished: promises, timers, host calls. Dropping the future
/// stops it.
///
/// # Errors
///
/// See [`ActionError`]; all variants are possible.
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
/// See [`ActionError`]; all variants are possible.
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

/// Runs an action as a part of `execution`. The engine's thread holds `host` until it ends, and no longer.
async fn run_in(
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

/// Runs the engine on a new thread and waits for it, up to the deadline and a grace period.
///
/// The thread is a new one, not the caller's, because its stack must be as large as the limits say,
/// and because a thread that never comes back must not keep the tokio runtime from shutting down.
fn supervise(run: Run) -> Result<(), ActionError> {
    let limits = run.request.limits.clone();
    let execution = Arc::clone(&run.execution);
    let (done, result) = mpsc::sync_channel(1);
    thread::Builder::new()
        .name("lit-action".to_owned())
        .stack_size(limits.engine_stack() + NATIVE_STACK)
        .spawn(move || {
            // The receiver is gone only if the run was abandoned.
            let _ = done.send(engine::execute(&run));
        })
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
