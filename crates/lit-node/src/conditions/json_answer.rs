//! Services that answer with JSON, and parts of their answers.

use std::time::Duration;

use lit_node_transport::{HttpClient, HttpRequest};
use serde_json::Value;
use serde_json_path::JsonPath;

use super::ConditionError;

/// The timeout of one call to a service.
const DEADLINE: Duration = Duration::from_secs(10);
/// The longest path, in bytes. Its parser recurses.
const MAX_PATH: usize = 256;

/// The answer to a request.
pub(super) async fn ask(
    client: &dyn HttpClient,
    request: HttpRequest,
    service: &'static str,
) -> Result<Value, ConditionError> {
    let failed = |reason: String| ConditionError::Service { service, reason };
    let answer = tokio::time::timeout(DEADLINE, client.request(request))
        .await
        .map_err(|_| failed("timeout".to_owned()))?
        .map_err(|error| failed(error.to_string()))?;
    if answer.status != 200 {
        return Err(failed(format!("status {}", answer.status)));
    }
    serde_json::from_slice(&answer.body).map_err(|_| ConditionError::ServiceAnswer(service))
}

/// The first value at a path such as `$.amount`, or the whole answer for an empty path.
pub(super) fn part<'a>(answer: &'a Value, path: &str) -> Result<Option<&'a Value>, ConditionError> {
    if path.is_empty() {
        return Ok(Some(answer));
    }
    let bad = |reason: String| ConditionError::Test(format!("invalid key {path:?}: {reason}"));
    if path.len() > MAX_PATH {
        return Err(bad(format!("longer than {MAX_PATH} bytes")));
    }
    let parsed = JsonPath::parse(path).map_err(|error| bad(error.to_string()))?;
    Ok(parsed.query(answer).first())
}
