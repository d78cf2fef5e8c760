use std::time::Duration;

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
    /// The action ran longer than [`ActionLimits::run_time`](crate::ActionLimits::run_time). Nodes answer with
    /// `NodeJsTimeoutError`.
    #[error("the action ran longer than {limit:?}")]
    Timeout {
        /// The limit that was exceeded.
        limit: Duration,
        /// What was printed before.
        logs: String,
    },
    /// The action needed more than [`ActionLimits::memory`](crate::ActionLimits::memory). Nodes answer with
    /// `NodeJsMemoryLimitError`.
    #[error("the action used more than {limit} bytes of memory")]
    MemoryLimit {
        /// The limit that was exceeded, in bytes.
        limit: usize,
        /// What was printed before.
        logs: String,
    },
    /// The source is longer than [`ActionLimits::code_size`](crate::ActionLimits::code_size); nothing ran.
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
