use std::sync::{Arc, atomic::AtomicBool, mpsc};

use bytes::Bytes;
use tokio::sync::OwnedSemaphorePermit;

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
        answer: Result<Answer, CallError>,
    },
}

/// The result of an outside call.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) json: String,
    pub(crate) bytes: Option<Bytes>,
    /// The room of the answer, until the action has it.
    pub(crate) room: Option<OwnedSemaphorePermit>,
}

/// Why an outside call has no result.
#[derive(Debug)]
pub(crate) enum CallError {
    Host(HostError),
    /// The answers that the action has not received yet leave no room for this one.
    OutOfMemory,
}

impl From<HostError> for CallError {
    fn from(error: HostError) -> Self {
        Self::Host(error)
    }
}
