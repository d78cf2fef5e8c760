use std::{
    any::Any,
    fmt::{self, Debug},
    sync::Arc,
};

use async_trait::async_trait;

/// Limits how many actions run at once.
#[async_trait]
pub trait Engines: Debug + Send + Sync + 'static {
    /// Waits until the node may run an action for this caller, as in [`RequestKey::caller`](crate::RequestKey::caller). Without an id,
    /// other nodes cannot recognize the request.
    ///
    /// Nodes that work on the same request wait for one another, so nodes that share a limit should get their slots together.
    async fn enter(&self, caller: &str, request_id: Option<&str>) -> EngineSlot;
}

/// The right to run an action, until it is dropped.
#[derive(Clone)]
pub struct EngineSlot(
    #[allow(dead_code, reason = "dropping it frees the slot")] Arc<dyn Any + Send + Sync>,
);

impl EngineSlot {
    /// Holds a permit until the slot is dropped.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use lit_node::EngineSlot;
    /// use tokio::sync::Semaphore;
    ///
    /// let engines = Arc::new(Semaphore::new(4));
    /// let permit = Arc::clone(&engines).try_acquire_owned()?;
    /// let slot = EngineSlot::holding(Arc::new(permit));
    /// assert_eq!(engines.available_permits(), 3);
    /// drop(slot);
    /// assert_eq!(engines.available_permits(), 4);
    /// # Ok::<(), tokio::sync::TryAcquireError>(())
    /// ```
    pub fn holding(permit: Arc<dyn Any + Send + Sync>) -> Self {
        Self(permit)
    }
}

impl Debug for EngineSlot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EngineSlot(..)")
    }
}
