//! JSON-RPC 2.0: the envelope around the methods.

mod error;
mod methods;
mod params;

use serde_json::{Map, Value, json};

pub(crate) use self::error::RpcError;

use self::params::Params;
use crate::Chain;

/// The number of requests in one batch.
const MAX_BATCH: usize = 1_000;

impl Chain {
    /// Answers a JSON-RPC request, or a batch of at most 1,000. A request without an id is answered with the id `null`.
    #[must_use]
    pub fn rpc(&self, request: Value) -> Value {
        match request {
            Value::Object(request) => self.answer_one(request),
            Value::Array(batch) if batch.is_empty() => {
                RpcError::invalid_request("the batch is empty").response(&Value::Null)
            }
            Value::Array(batch) if batch.len() > MAX_BATCH => RpcError::invalid_request(&format!(
                "batch of {} requests exceeds the limit of {MAX_BATCH}",
                batch.len()
            ))
            .response(&Value::Null),
            Value::Array(batch) => batch
                .into_iter()
                .map(|request| match request {
                    Value::Object(request) => self.answer_one(request),
                    _ => not_an_object(),
                })
                .collect(),
            _ => not_an_object(),
        }
    }

    /// Answers the body of an HTTP request, with a parse error if it is not JSON.
    #[must_use]
    pub fn rpc_bytes(&self, request: &[u8]) -> Vec<u8> {
        let response = match serde_json::from_slice(request) {
            Ok(request) => self.rpc(request),
            Err(error) => {
                RpcError::new(-32700, format!("parse error: {error}")).response(&Value::Null)
            }
        };
        response.to_string().into_bytes()
    }

    fn answer_one(&self, mut request: Map<String, Value>) -> Value {
        let id = match request.remove("id") {
            None => Value::Null,
            Some(id @ (Value::Null | Value::Number(_) | Value::String(_))) => id,
            Some(_) => {
                return RpcError::invalid_request("the id is not a number or a string")
                    .response(&Value::Null);
            }
        };
        let Some(Value::String(method)) = request.remove("method") else {
            return RpcError::invalid_request("missing method").response(&id);
        };
        match self.answer(&method, request.remove("params")) {
            Ok(result) => json!({ "jsonrpc": "2.0", "id": id, "result": result }),
            Err(error) => error.response(&id),
        }
    }

    /// The result of one method.
    pub(crate) fn answer(&self, method: &str, params: Option<Value>) -> Result<Value, RpcError> {
        let answer = Params::new(params).and_then(|params| methods::dispatch(self, method, params));
        if let Err(error) = &answer {
            tracing::debug!(
                method,
                code = error.code,
                message = error.message,
                "refused"
            );
        }
        answer
    }
}

fn not_an_object() -> Value {
    RpcError::invalid_request("not an object").response(&Value::Null)
}
