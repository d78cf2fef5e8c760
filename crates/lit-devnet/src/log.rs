use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
};

use lit_types::NodeUrl;

/// How many requests are remembered; older ones are forgotten.
const CAPACITY: usize = 10_000;

/// How much of a text that the client chose is remembered, in characters.
const MAX_TEXT: usize = 256;

/// A request that reached a node.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LoggedRequest {
    /// The node.
    pub node: NodeUrl,
    /// The path, as it was sent; of a long one the first 256 characters.
    pub path: String,
    /// The id of the operation, if the client sent one; of a long one the first 256 characters.
    pub request_id: Option<String>,
    /// The status the node answered with.
    pub status: u16,
}

#[derive(Debug, Default)]
pub(crate) struct RequestLog(Mutex<VecDeque<LoggedRequest>>);

impl RequestLog {
    pub(crate) fn push(&self, mut request: LoggedRequest) {
        shorten(&mut request.path);
        request.request_id.as_mut().map(shorten);
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

fn shorten(text: &mut String) {
    if let Some((end, _)) = text.char_indices().nth(MAX_TEXT) {
        text.truncate(end);
        text.shrink_to_fit();
    }
}
