//! Services that answer with JSON, and parts of their answers.

use std::time::Duration;

use lit_node_transport::{HttpClient, HttpRequest};
use lit_types::strict_json;
use serde_json::Value;
use serde_json_path::JsonPath;

use super::ConditionError;

/// The timeout of one call to a service.
const DEADLINE: Duration = Duration::from_secs(10);
/// The longest path, in bytes. Its parser recurses.
const MAX_PATH: usize = 256;
/// How often a path may say `..` or list selectors. Each multiplies the values that are visited.
const MAX_BRANCHES: usize = 4;

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
    strict_json::from_slice(&answer.body).map_err(|_| ConditionError::ServiceAnswer(service))
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
    if path.matches("..").count() + path.matches(',').count() > MAX_BRANCHES {
        return Err(bad(format!("more than {MAX_BRANCHES} times .. or a comma")));
    }
    let parsed = JsonPath::parse(path).map_err(|error| bad(error.to_string()))?;
    Ok(parsed.query(answer).first())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "these are tests")]

    use serde_json::json;

    use super::*;

    #[test]
    fn paths_that_visit_values_again_and_again_are_refused() {
        let nested = (0..100).fold(json!(7), |inner, _| json!([inner, 0]));
        for path in ["", "$[0][1]", "$..[0,1]"] {
            assert!(part(&nested, path).unwrap().is_some(), "{path}");
        }
        for path in ["$..*..*..*..*..*", &format!("${}", "[*,*]".repeat(20))] {
            let refused = part(&nested, path).unwrap_err();
            assert!(matches!(refused, ConditionError::Test(_)), "{refused}");
        }
    }
}
