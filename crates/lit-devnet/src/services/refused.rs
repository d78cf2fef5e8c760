use std::fmt;

use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::json;

/// The refusal of a request: `{"error": text}`, with `"success": false` where the official relayer has it.
#[derive(Debug)]
pub(super) struct Refused {
    status: StatusCode,
    error: String,
    with_success: bool,
}

impl Refused {
    pub(super) fn new(status: StatusCode, error: impl fmt::Display) -> Self {
        Self {
            status,
            error: error.to_string(),
            with_success: false,
        }
    }

    /// An invalid request.
    pub(super) fn bad_request(error: impl fmt::Display) -> Self {
        Self::new(StatusCode::BAD_REQUEST, error)
    }

    /// A failure of the chain.
    pub(super) fn failed(error: impl fmt::Display) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, error)
    }

    pub(super) fn with_success(mut self) -> Self {
        self.with_success = true;
        self
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let body = if self.with_success {
            json!({ "success": false, "error": self.error })
        } else {
            json!({ "error": self.error })
        };
        (self.status, Json(body)).into_response()
    }
}
