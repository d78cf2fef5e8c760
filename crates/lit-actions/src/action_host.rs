use async_trait::async_trait;

use crate::HostError;

/// The result of a host function.
pub type HostResult = Result<serde_json::Value, HostError>;

/// The network behind an action: answers the asynchronous functions of `Lit.Actions`.
///
/// `lit-node` has the host of a network's nodes, with `signEcdsa`, `callContract`, `decryptAndCombine` and others.
///
/// A host may serve several runs. It owns what runs accumulate: signatures, claims, counts against
/// limits.
#[async_trait]
pub trait ActionHost: Send + Sync + 'static {
    /// The functions of this host. Each becomes `Lit.Actions.<name>`, takes one object and returns a
    /// promise.
    fn functions(&self) -> &[&str];

    /// Answers one call, as a task of the tokio runtime.
    ///
    /// `function` is one of [`functions`](Self::functions). `parameters` is the action's argument
    /// after `JSON.stringify`, with bytes (typed arrays, buffers) as arrays of numbers, or `null` if
    /// the action passed no argument.
    ///
    /// # Errors
    ///
    /// An error rejects the promise.
    async fn call(&self, function: &str, parameters: serde_json::Value) -> HostResult;
}

/// A host without functions.
pub(crate) struct NoHost;

#[async_trait]
impl ActionHost for NoHost {
    fn functions(&self) -> &[&str] {
        &[]
    }

    async fn call(&self, function: &str, _: serde_json::Value) -> HostResult {
        Err(HostError::new(format_args!(
            "{function} is not available: the action has no host"
        )))
    }
}
