use serde_json::{Value, json};

use crate::ChainError;

/// The error of a JSON-RPC method.
#[derive(Debug)]
pub(crate) struct RpcError {
    pub(crate) code: i64,
    pub(crate) message: String,
    pub(crate) data: Option<Value>,
}

impl RpcError {
    pub(super) const fn new(code: i64, message: String) -> Self {
        Self {
            code,
            message,
            data: None,
        }
    }

    pub(crate) fn invalid_params(what: &str) -> Self {
        Self::new(-32602, format!("invalid params: {what}"))
    }

    pub(super) fn unknown_method(method: &str) -> Self {
        Self::new(-32601, format!("method not found: {method}"))
    }

    pub(crate) fn internal(error: &serde_json::Error) -> Self {
        Self::new(-32603, format!("internal error: {error}"))
    }

    pub(super) fn invalid_request(what: &str) -> Self {
        Self::new(-32600, format!("invalid request: {what}"))
    }

    /// An answer above the limit; with the code and words of geth.
    pub(super) fn too_large(limit: usize) -> Self {
        let text = format!("response too large: the limit is {limit} bytes for all of a batch");
        Self::new(-32003, text)
    }

    /// A request that is not begun in time; with the code and words of geth.
    pub(super) fn timed_out() -> Self {
        Self::new(-32002, "request timed out".to_owned())
    }

    pub(super) fn response(self, id: &Value) -> Value {
        let mut error = json!({ "code": self.code, "message": self.message });
        if let Some(data) = self.data {
            error["data"] = data;
        }
        json!({ "jsonrpc": "2.0", "id": id, "error": error })
    }
}

impl From<ChainError> for RpcError {
    fn from(error: ChainError) -> Self {
        let message = error.to_string();
        match error {
            ChainError::Revert(revert) => Self {
                code: 3,
                message,
                data: Some(json!(revert.data)),
            },
            ChainError::Undecodable(_) | ChainError::MalformedDump(_) => {
                Self::invalid_params(&message)
            }
            _ => Self::new(-32000, message),
        }
    }
}
