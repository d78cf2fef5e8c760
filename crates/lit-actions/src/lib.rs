#![doc = include_str!("../README.md")]

mod bytes;
mod crypto;
mod engine;
mod environment;
mod error;
mod execution;
mod fetch;
mod host;
mod host_error;
mod input;
mod limits;
mod natives;
mod platform;
mod request;
mod run;
mod script;
mod timers;
mod uncaught;

pub use environment::ActionEnvironment;
pub use error::ActionError;
pub use execution::Execution;
pub use fetch::{FetchError, HttpFetch};
pub use host::{ActionHost, HostResult};
pub use host_error::HostError;
pub use limits::ActionLimits;
pub use request::{ActionOutcome, ActionRequest};
pub use run::{run, run_in, run_with_host};
