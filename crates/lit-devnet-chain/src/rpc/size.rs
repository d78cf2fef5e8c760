use std::borrow::Cow;

use serde::Deserialize;

/// The largest request that is looked at, in bytes.
const MAX_SMALL: usize = 64 * 1024;
/// The number of requests in a batch that is small.
const MAX_SMALL_BATCH: usize = 100;
/// Methods whose answers may take megabytes.
const LARGE: [&str; 8] = [
    "eth_getCode",
    "eth_getLogs",
    "eth_getFilterLogs",
    "eth_getFilterChanges",
    "anvil_dumpState",
    "hardhat_dumpState",
    "anvil_loadState",
    "hardhat_loadState",
];

/// Whether a request or its answer may take megabytes. Malformed ones count as such.
pub(crate) fn has_large_answer(request: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Request<'a> {
        #[serde(borrow, default)]
        method: Cow<'a, str>,
    }
    if request.len() > MAX_SMALL {
        return true;
    }
    let is_large = |request: &Request<'_>| LARGE.contains(&&*request.method);
    if request.trim_ascii_start().first() == Some(&b'[') {
        return !serde_json::from_slice::<Vec<Request<'_>>>(request)
            .is_ok_and(|batch| batch.len() <= MAX_SMALL_BATCH && !batch.iter().any(is_large));
    }
    !serde_json::from_slice::<Request<'_>>(request).is_ok_and(|request| !is_large(&request))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_with_large_answers() {
        let code = r#"{"id":1,"method":"eth_getCode","params":[]}"#;
        let number = r#"{"id":1,"method":"eth_blockNumber"}"#;
        let is_large = |request: &str| has_large_answer(request.as_bytes());
        assert!(is_large(code) && is_large(&format!(" [{number},{code}]")));
        assert!(!is_large(number) && !is_large(&format!("[{number},{number}]")));
        assert!(is_large(&format!(
            "[{}{number}]",
            format!("{number},").repeat(100)
        )));
        assert!(is_large(&" ".repeat(MAX_SMALL + 1)));
        let twice = r#"{"method":"eth_blockNumber","method":"eth_getCode"}"#;
        assert!(is_large("{nonsense") && is_large("[1]") && is_large(twice));
        assert!(!is_large("{}"));
    }
}
