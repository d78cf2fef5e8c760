use std::{error::Error, fmt, sync::Arc, time::Duration};

use async_trait::async_trait;
use lit_node_transport::{HttpClient, HttpRequest, HttpUrl};
use lit_types::{WalletAddress, strict_json};
use serde::Deserialize;
use serde_json::json;

use super::{ConditionResolver, ForeignCondition, ResolverError};
use crate::causes::with_causes;

/// The timeout of a call.
const DEADLINE: Duration = Duration::from_secs(10);
/// The longest text of an error that is passed on, in characters.
const MAX_ERROR: usize = 300;

/// A [`ConditionResolver`] that asks a server.
///
/// It sends a `POST` with the condition in the form of unified conditions, and who asks, an address of any chain:
///
/// ```json
/// {
///   "condition": {
///     "conditionType": "solRpc", "method": "getBalance", "params": [":userAddress"], "pdaParams": [],
///     "pdaInterface": { "offset": 0, "fields": {} }, "pdaKey": "", "chain": "solana",
///     "returnValueTest": { "key": "", "comparator": ">=", "value": "0" }
///   },
///   "userAddress": "0x6d5a6Eb0B7E1D3d2Fa17A5cF0B0F5b4A6f1e7C3D"
/// }
/// ```
///
/// The answer has status 200 and says whether the condition is met, `{ "met": true }`. An answer with another status is an error; its
/// text may be `{ "error": "text" }`.
///
/// ```
/// # use std::sync::Arc;
/// # use lit_node::HttpConditionResolver;
/// # use lit_node_transport::HttpClient;
/// # fn resolver(http: Arc<dyn HttpClient>) -> Result<HttpConditionResolver, Box<dyn std::error::Error>> {
/// // For `NodeSettings`, or `with_condition_resolver` of the embedded network.
/// Ok(HttpConditionResolver::new(http, "http://127.0.0.1:9000/conditions".parse()?))
/// # }
/// ```
///
/// # Errors
///
/// [`is_met`](ConditionResolver::is_met) fails if the server does not answer within ten seconds, answers with another status than 200, or
/// with a body that has no boolean `met`.
pub struct HttpConditionResolver {
    client: Arc<dyn HttpClient>,
    url: HttpUrl,
}

impl HttpConditionResolver {
    /// Asks the server at this URL.
    #[must_use]
    pub fn new(client: Arc<dyn HttpClient>, url: HttpUrl) -> Self {
        Self { client, url }
    }
}

impl fmt::Debug for HttpConditionResolver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpConditionResolver")
            .field("url", &self.url)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl ConditionResolver for HttpConditionResolver {
    async fn is_met(
        &self,
        condition: &ForeignCondition,
        asker: &WalletAddress,
    ) -> Result<bool, ResolverError> {
        #[derive(Deserialize)]
        struct Answer {
            met: bool,
        }
        #[derive(Deserialize)]
        struct Failure {
            error: String,
        }
        let body = json!({ "condition": condition, "userAddress": asker.to_string() });
        let request = HttpRequest::post(self.url.clone(), body.to_string().into())
            .with_header("content-type", "application/json")
            .with_header("accept", "application/json");
        let unreachable = |error: &dyn Error| {
            let origin = self.url.origin();
            ResolverError::new(format_args!("{origin}: {}", with_causes(error)))
        };
        let answer = tokio::time::timeout(DEADLINE, self.client.request(request))
            .await
            .map_err(|error| unreachable(&error))?
            .map_err(|error| unreachable(&error))?;
        let status = answer.status;
        if status != 200 {
            let failure: Option<Failure> = strict_json::from_slice(&answer.body).ok();
            let text = failure.map(|failure| failure.error.chars().take(MAX_ERROR).collect());
            let text = text.unwrap_or_else(|| "no error text".to_owned());
            return Err(ResolverError::new(format_args!("status {status}: {text}")));
        }
        strict_json::from_slice(&answer.body)
            .map(|Answer { met }| met)
            .map_err(|_| ResolverError::new("the answer has no boolean `met`"))
    }
}
