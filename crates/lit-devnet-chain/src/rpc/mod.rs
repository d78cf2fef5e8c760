//! JSON-RPC 2.0: the envelope around the methods.

mod answer;
mod error;
mod methods;
mod params;
#[cfg(feature = "http")]
mod size;

use lit_types::strict_json;
use serde_json::{Value, json};

pub(crate) use self::error::RpcError;
#[cfg(feature = "http")]
pub(crate) use self::size::has_large_answer;

use self::{answer::Answer, params::Params};
use crate::Chain;

/// The number of requests in one batch.
const MAX_BATCH: usize = 1_000;
/// The longest id of a request, in bytes. Refusals repeat it.
const MAX_ID: usize = 256;
/// The largest answer to a request or a batch, in bytes; that of geth's batches.
pub(crate) const MAX_ANSWER: usize = 25_000_000;

impl Chain {
    /// Answers a JSON-RPC request, or a batch of at most 1,000. A request without an id is answered with the id `null`. Requests whose
    /// answers would exceed 25 MB together are refused.
    #[must_use]
    pub fn rpc(&self, request: Value) -> Value {
        let answer = self.answer_all(request, &|| false);
        // The answer was written from values.
        serde_json::from_slice(&answer).unwrap_or_default()
    }

    /// Answers the body of an HTTP request like [`Chain::rpc`], with a parse error if it is not JSON, or has doubled members.
    #[must_use]
    pub fn rpc_bytes(&self, request: &[u8]) -> Vec<u8> {
        self.rpc_until(request, &|| false)
    }

    /// As [`Chain::rpc_bytes`]. Once it is over, the rest of a batch is refused.
    pub(crate) fn rpc_until(&self, request: &[u8], is_over: &dyn Fn() -> bool) -> Vec<u8> {
        match strict_json::from_slice(request) {
            Ok(request) => self.answer_all(request, is_over),
            Err(error) => {
                let refusal = RpcError::new(-32700, format!("parse error: {error}"));
                refusal.response(&Value::Null).to_string().into_bytes()
            }
        }
    }

    fn answer_all(&self, request: Value, is_over: &dyn Fn() -> bool) -> Vec<u8> {
        let mut answer = Answer::new(MAX_ANSWER);
        match request {
            Value::Array(batch) if (1..=MAX_BATCH).contains(&batch.len()) => {
                let mut mark = b'[';
                for request in batch {
                    answer.mark(mark);
                    mark = b',';
                    let refusal = match (answer.is_full(), is_over()) {
                        (true, _) => Some(RpcError::too_large(MAX_ANSWER)),
                        (_, true) => Some(RpcError::timed_out()),
                        _ => None,
                    };
                    answer.push(&match refusal {
                        Some(refusal) => refusal.response(&id_of(&request).unwrap_or_default()),
                        None => self.answer_one(request),
                    });
                }
                answer.mark(b']');
            }
            Value::Array(batch) if batch.is_empty() => {
                let refusal = RpcError::invalid_request("the batch is empty");
                answer.push(&refusal.response(&Value::Null));
            }
            Value::Array(batch) => {
                let refusal = RpcError::invalid_request(&format!(
                    "batch of {} requests exceeds the limit of {MAX_BATCH}",
                    batch.len()
                ));
                answer.push(&refusal.response(&Value::Null));
            }
            request => answer.push(&self.answer_one(request)),
        }
        answer.finish()
    }

    fn answer_one(&self, request: Value) -> Value {
        let id = match id_of(&request) {
            Ok(id) => id,
            Err(refusal) => return refusal.response(&Value::Null),
        };
        let Value::Object(mut request) = request else {
            return RpcError::invalid_request("not an object").response(&Value::Null);
        };
        let Some(Value::String(method)) = request.remove("method") else {
            return RpcError::invalid_request("missing method").response(&id);
        };
        match self.answer(&method, request.remove("params")) {
            Ok(result) => {
                let members = [
                    ("jsonrpc", json!("2.0")),
                    ("id", id),
                    // `json!` would copy it.
                    ("result", result),
                ];
                members
                    .into_iter()
                    .map(|(name, it)| (name.to_owned(), it))
                    .collect()
            }
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

/// The id of a request; null if it has none.
fn id_of(request: &Value) -> Result<Value, RpcError> {
    match request.get("id") {
        None => Ok(Value::Null),
        Some(Value::String(id)) if id.len() > MAX_ID => {
            let problem = format!("the id is longer than {MAX_ID} bytes");
            Err(RpcError::invalid_request(&problem))
        }
        Some(id @ (Value::Null | Value::Number(_) | Value::String(_))) => Ok(id.clone()),
        Some(_) => Err(RpcError::invalid_request(
            "the id is not a number or a string",
        )),
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn the_rest_of_a_batch_is_refused_when_its_time_is_over() {
        let chain = Chain::builder().build();
        let request = json!({ "id": 1, "method": "evm_mine" });
        let batch = json!([request, request, request]).to_string();
        let asked = Cell::new(0);
        let is_over = || asked.replace(asked.get() + 1) == 2;
        let answer: Value =
            serde_json::from_slice(&chain.rpc_until(batch.as_bytes(), &is_over)).unwrap();
        assert_eq!(
            answer[1],
            json!({ "jsonrpc": "2.0", "id": 1, "result": "0x0" })
        );
        let refusal = json!({ "code": -32002, "message": "request timed out" });
        assert_eq!(
            answer[2],
            json!({ "jsonrpc": "2.0", "id": 1, "error": refusal })
        );
        assert_eq!(chain.block_number(), 2);
    }
}
