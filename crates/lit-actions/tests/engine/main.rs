//! The Lit Actions engine: what an action can do, what it cannot, and how it ends.

// Clippy's exceptions for tests do not reach their helper functions.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod aes;
mod ethers;
mod exceptions;
mod fetch;
mod hosts;
mod isolation;
mod jwt;
mod limits;
mod lit;
mod platform;
mod scripts;
mod subtle;
mod web;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use lit_actions::{
    ActionError, ActionHost, ActionLimits, ActionOutcome, ActionRequest, HostResult, run,
    run_with_host,
};
use serde_json::{Value, json};
use tokio::sync::{Barrier, Notify};

pub(crate) const MIB: usize = 1024 * 1024;

pub(crate) fn request(code: &str) -> ActionRequest {
    ActionRequest::new(code)
}

pub(crate) fn request_with(code: &str, limits: ActionLimits) -> ActionRequest {
    request(code).with_limits(limits)
}

pub(crate) fn short(run_time: u64) -> ActionLimits {
    ActionLimits::default().with_run_time(Duration::from_millis(run_time))
}

pub(crate) async fn outcome(code: &str) -> ActionOutcome {
    run(request(code))
        .await
        .unwrap_or_else(|error| panic!("{code}: {error:?}"))
}

pub(crate) async fn logs(code: &str) -> String {
    outcome(code).await.logs
}

/// The value of an expression, as JSON.
pub(crate) async fn value(expression: &str) -> Value {
    let code = format!(
        "(async () => Lit.Actions.setResponse({{ response: JSON.stringify({expression}) }}))()"
    );
    serde_json::from_str(&outcome(&code).await.response).unwrap()
}

pub(crate) async fn exception(code: &str) -> String {
    match run(request(code)).await {
        Err(ActionError::Exception { message, .. }) => message,
        other => panic!("{code}: {other:?}"),
    }
}

/// The first line of the exception.
pub(crate) async fn headline(code: &str) -> String {
    exception(code)
        .await
        .lines()
        .next()
        .unwrap_or_default()
        .to_owned()
}
