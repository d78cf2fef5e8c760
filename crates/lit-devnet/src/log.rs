use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
};

use lit_types::NodeUrl;

/// The number of requests kept; older ones are dropped.
const CAPACITY: usize = 10_000;

/// The length to which texts of the client are cut, in characters.
const MAX_TEXT: usize = 256;

/// A request that reached a node.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LoggedRequest {
    /// The node.
    pub node: NodeUrl,
    /// The path as it was sent, cut to 256 characters.
    pub path: String,
    /// The id of the operation (header `X-Request-Id`), if the client sent one, cut to 256 characters.
    pub request_id: Option<String>,
    /// The HTTP status of the response.
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
