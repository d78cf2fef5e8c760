use std::sync::{Arc, atomic::AtomicBool, mpsc};

use crate::{ActionHost, ActionRequest, Execution, HostError};

/// The input of a run.
pub(crate) struct Run {
    pub(crate) request: ActionRequest,
    pub(crate) host: Arc<dyn ActionHost>,
    pub(crate) execution: Arc<Execution>,
    pub(crate) cancelled: Arc<AtomicBool>,
    pub(crate) sender: mpsc::Sender<Event>,
    pub(crate) events: mpsc::Receiver<Event>,
    pub(crate) tokio: tokio::runtime::Handle,
}

/// An event that wakes a waiting run.
#[derive(Debug)]
pub(crate) enum Event {
    /// The run was cancelled.
    Cancelled,
    /// A host call returned JSON, or failed.
    Settled {
        /// The prelude's number of the call.
        call: u32,
        answer: Result<Answer, HostError>,
    },
}

/// The result of an outside call.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) json: String,
    pub(crate) bytes: Option<Vec<u8>>,
}

impl From<serde_json::Value> for Answer {
    fn from(value: serde_json::Value) -> Self {
        Self {
            json: value.to_string(),
            bytes: None,
        }
    }
}
