#![doc = include_str!("../README.md")]

mod action_host;
mod answers;
mod bytes;
mod crypto;
mod deadline;
mod engine;
mod environment;
mod error;
mod ethers;
mod ethers_bundle;
mod execution;
mod fetch;
mod host;
mod host_error;
mod http_fetch;
mod input;
mod json_size;
mod limits;
mod memory;
mod natives;
mod platform;
mod request;
mod run;
mod script;
mod timers;
mod uncaught;

pub use action_host::{ActionHost, HostResult};
pub use environment::ActionEnvironment;
pub use error::ActionError;
pub use ethers_bundle::find_ethers_bundle;
pub use execution::Execution;
pub use host_error::HostError;
pub use http_fetch::{FetchBody, FetchError, HttpFetch};
pub use limits::ActionLimits;
pub use request::{ActionOutcome, ActionRequest};
pub use run::{run, run_in, run_with_host};
