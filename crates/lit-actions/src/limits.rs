//! Limits of a run.

use std::time::Duration;

/// Limits of one run. The defaults are those of the Datil networks.
///
/// The engine enforces the first seven. The host enforces the others, which limit its own functions.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ActionLimits {
    /// Time from start to end, waiting included. Default: 30 s.
    pub run_time: Duration,
    /// Memory of the action, in bytes. Default: 256 MB (2^28).
    ///
    /// Thirteen sixteenths are for the JavaScript heap, for what native functions allocate and for the parameters of pending calls. The
    /// engine itself uses a part of the heap. The rest is for answers that the action has not received yet: two sixteenths for those of
    /// `fetch`, one for those of the host. Less than 1 MiB counts as 1 MiB. The source code and the response count separately, and so does
    /// each action that the host runs for this one.
    pub memory: usize,
    /// Stack for nested calls, in bytes. Default: 1 MiB.
    ///
    /// Clamped to 64 KiB to 16 MiB, the range in which the engine starts and can check the limit.
    pub stack: usize,
    /// Length of the source, in bytes of UTF-8. Default: 16 MiB.
    pub code_size: usize,
    /// Length of the response, in bytes of UTF-8. Default: 102 400.
    pub response_size: usize,
    /// Length of all console output together, in bytes of UTF-8. Default: 102 400.
    pub log_size: usize,
    /// Calls of `fetch`, by the action and those it calls. Default: 50.
    pub fetches: usize,
    /// Calls of `Lit.Actions.callContract`, by the action and those it calls. Default: 30. Enforced by the host.
    pub contract_calls: usize,
    /// Signatures, of the action and those it calls. Default: 10. Enforced by the host.
    pub signatures: usize,
    /// Operations in which nodes wait for one another (`runOnce`, `broadcastAndCollect`, `signAndCombineEcdsa`,
    /// `decryptAndCombine`, `decryptToSingleNode`), of the action and those it calls. Default: 30. Enforced by the host.
    pub network_operations: usize,
    /// Depth of calls between actions: with 1, an action may call others, which may not call further ones. Default: 5. Enforced by the
    /// host.
    pub call_depth: usize,
}

impl Default for ActionLimits {
    fn default() -> Self {
        Self {
            run_time: Duration::from_secs(30),
            memory: 256 * 1024 * 1024,
            stack: 1024 * 1024,
            code_size: 16 * 1024 * 1024,
            response_size: 102_400,
            log_size: 102_400,
            fetches: 50,
            contract_calls: 30,
            signatures: 10,
            network_operations: 30,
            call_depth: 5,
        }
    }
}

impl ActionLimits {
    /// Sets [`run_time`](Self::run_time); 30 s by default.
    #[must_use]
    pub fn with_run_time(mut self, run_time: Duration) -> Self {
        self.run_time = run_time;
        self
    }

    /// Sets [`memory`](Self::memory) in bytes; 256 MB by default.
    #[must_use]
    pub fn with_memory(mut self, memory: usize) -> Self {
        self.memory = memory;
        self
    }

    /// Sets [`stack`](Self::stack) in bytes; 1 MiB by default.
    #[must_use]
    pub fn with_stack(mut self, stack: usize) -> Self {
        self.stack = stack;
        self
    }

    /// Sets [`code_size`](Self::code_size) in bytes; 16 MiB by default.
    #[must_use]
    pub fn with_code_size(mut self, code_size: usize) -> Self {
        self.code_size = code_size;
        self
    }

    /// Sets [`response_size`](Self::response_size) in bytes; 102 400 by default.
    #[must_use]
    pub fn with_response_size(mut self, response_size: usize) -> Self {
        self.response_size = response_size;
        self
    }

    /// Sets [`log_size`](Self::log_size) in bytes; 102 400 by default.
    #[must_use]
    pub fn with_log_size(mut self, log_size: usize) -> Self {
        self.log_size = log_size;
        self
    }

    /// Sets [`fetches`](Self::fetches); 50 by default.
    #[must_use]
    pub const fn with_fetches(mut self, fetches: usize) -> Self {
        self.fetches = fetches;
        self
    }

    /// Sets [`contract_calls`](Self::contract_calls); 30 by default.
    #[must_use]
    pub const fn with_contract_calls(mut self, contract_calls: usize) -> Self {
        self.contract_calls = contract_calls;
        self
    }

    /// Sets [`signatures`](Self::signatures); 10 by default.
    #[must_use]
    pub const fn with_signatures(mut self, signatures: usize) -> Self {
        self.signatures = signatures;
        self
    }

    /// Sets [`network_operations`](Self::network_operations); 30 by default.
    #[must_use]
    pub const fn with_network_operations(mut self, network_operations: usize) -> Self {
        self.network_operations = network_operations;
        self
    }

    /// Sets [`call_depth`](Self::call_depth); 5 by default.
    #[must_use]
    pub const fn with_call_depth(mut self, call_depth: usize) -> Self {
        self.call_depth = call_depth;
        self
    }

    /// The memory limit for QuickJS, which treats 0 as unlimited.
    pub(crate) fn engine_memory(&self) -> usize {
        (self.memory - self.fetch_answers() - self.host_answers()).max(1024 * 1024)
    }

    /// The memory for answers of `fetch` that the action has not received yet.
    pub(crate) const fn fetch_answers(&self) -> usize {
        self.memory / 8
    }

    /// The memory for answers of the host that the action has not received yet.
    pub(crate) const fn host_answers(&self) -> usize {
        self.memory / 16
    }

    /// The stack limit for QuickJS, which treats 0 and more than 16 MiB as unlimited.
    pub(crate) fn engine_stack(&self) -> usize {
        self.stack.clamp(64 * 1024, 16 * 1024 * 1024)
    }
}
