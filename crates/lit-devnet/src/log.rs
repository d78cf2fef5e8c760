use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
};

use lit_types::NodeUrl;

/// How many requests are remembered; older ones are forgotten.
const CAPACITY: usize = 10_000;

/// A request that reached a node.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LoggedRequest {
    /// The node.
    pub node: NodeUrl,
    /// The path, as it was sent.
    pub path: String,
    /// The id of the operation, if the client sent one.
    pub request_id: Option<String>,
    /// The status the node answered with.
    pub status: u16,
}

#[derive(Debug, Default)]
pub(crate) struct RequestLog(Mutex<VecDeque<LoggedRequest>>);

impl RequestLog {
    pub(crate) fn push(&self, request: LoggedRequest) {
        let mut log = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if log.len() == CAPACITY {
            log.pop_front();
        }
        log.push_back(request);
    }

    pub(crate) fn all(&self) -> Vec<LoggedRequest> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .iter()
            .cloned()
            .collect()
    }
}
