use std::{borrow::Cow, error::Error};

use lit_actions::{ActionError, HostError};
use lit_session_crypto::{LoginRefusal, SessionSigRefusal};
use lit_types::{NodeErrorBody, NodeErrorCode, NodeErrorKind, wire::ActionFailure};
use serde::Serialize;
use serde_json::json;

use crate::{ShareError, causes::with_causes, json::to_json};

/// The refusal of a request.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// The standard form, with the console output of the action, if one ran.
    Error {
        error: Box<NodeErrorBody>,
        logs: Option<String>,
    },
    /// The action threw.
    Action(ActionFailure),
    /// The short form, used before a request reaches its endpoint and for unpaid requests: a code and a text.
    Brief {
        status: u16,
        code: &'static str,
        message: Cow<'static, str>,
    },
}

impl Refusal {
    pub(crate) fn coded(code: NodeErrorCode, message: impl std::fmt::Display) -> Self {
        NodeErrorBody::new(code, message.to_string()).into()
    }

    pub(crate) fn uncoded(
        status: u16,
        kind: NodeErrorKind,
        message: impl std::fmt::Display,
    ) -> Self {
        let error = NodeErrorBody {
            error_kind: Some(format!("{kind:?}")),
            status: Some(status),
            message: Some(message.to_string()),
            ..NodeErrorBody::default()
        };
        error.into()
    }

    /// Replaces the details of the standard form.
    pub(crate) fn with_details(mut self, details: impl IntoIterator<Item = String>) -> Self {
        if let Self::Error { error, .. } = &mut self {
            error.details = details.into_iter().collect();
        }
        self
    }

    /// As [`Refusal::coded`], with the error's causes in the message.
    pub(crate) fn caused(code: NodeErrorCode, error: &dyn Error) -> Self {
        Self::coded(code, with_causes(error))
    }

    pub(crate) fn brief(
        status: u16,
        code: &'static str,
        message: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self::Brief {
            status,
            code,
            message: message.into(),
        }
    }

    fn action(error: String, logs: String) -> Self {
        let success = false;
        Self::Action(ActionFailure {
            success,
            error,
            logs,
        })
    }

    pub(crate) fn into_answer(self, correlation_id: Option<String>) -> (u16, Vec<u8>) {
        #[derive(Serialize)]
        struct Body {
            #[serde(flatten)]
            error: NodeErrorBody,
            #[serde(skip_serializing_if = "Option::is_none")]
            logs: Option<String>,
        }
        match self {
            Self::Error { error, logs } => {
                let error = NodeErrorBody {
                    correlation_id,
                    ..*error
                };
                (error.status.unwrap_or(500), to_json(&Body { error, logs }))
            }
            Self::Action(failure) => (400, to_json(&failure)),
            Self::Brief {
                status,
                code,
                message,
            } => (
                status,
                to_json(&json!({ "message": message, "errorCode": code })),
            ),
        }
    }
}

impl From<NodeErrorBody> for Refusal {
    fn from(error: NodeErrorBody) -> Self {
        Self::Error {
            error: Box::new(error),
            logs: None,
        }
    }
}

impl From<SessionSigRefusal> for Refusal {
    fn from(refusal: SessionSigRefusal) -> Self {
        Self::coded(refusal.node_error_code(), refusal)
    }
}

impl From<LoginRefusal> for Refusal {
    fn from(refusal: LoginRefusal) -> Self {
        Self::coded(refusal.node_error_code(), refusal)
    }
}

impl From<ShareError> for Refusal {
    fn from(error: ShareError) -> Self {
        Self::caused(error.node_error_code(), &error)
    }
}

impl From<ActionError> for Refusal {
    fn from(error: ActionError) -> Self {
        let message = error.to_string();
        let (code, message) = match error {
            ActionError::Exception { message, logs } => return Self::action(message, logs),
            ActionError::CodeTooLarge { .. } => return Self::action(message, String::new()),
            ActionError::Timeout { limit, .. } => (
                NodeErrorCode::NodeJsTimeoutError,
                format!(
                    "Your function exceeded the maximum runtime of {}ms and was terminated.",
                    limit.as_millis()
                ),
            ),
            ActionError::MemoryLimit { limit, .. } => (
                NodeErrorCode::NodeJsMemoryLimitError,
                format!(
                    "Your function exceeded the maximum memory of {} MB and was terminated.",
                    limit / (1024 * 1024)
                ),
            ),
            ActionError::Overloaded { .. } => (NodeErrorCode::NodeConcurrencyOverload, message),
            _ => (NodeErrorCode::NodeJsExecutionError, message),
        };
        let logs = Some(error.logs().to_owned());
        Self::Error {
            error: Box::new(NodeErrorBody::new(code, message)),
            logs,
        }
    }
}

/// The exception that an action gets.
impl From<Refusal> for HostError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Error { error, .. } => Self::new(format_args!(
                "{}: {}",
                error.error_code.as_deref().unwrap_or("the node refuses"),
                error.message.as_deref().unwrap_or_default()
            )),
            Refusal::Action(failure) => Self::new(failure.error),
            Refusal::Brief { code, message, .. } => Self::new(format_args!("{code}: {message}")),
        }
    }
}
