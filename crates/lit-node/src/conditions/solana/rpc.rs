use std::{fmt, sync::Arc};

use base64::{Engine, prelude::BASE64_STANDARD};
use bytes::Bytes;
use lit_node_transport::{HttpClient, HttpRequest, HttpUrl};
use lit_types::SolanaAddress;
use serde_json::{Value, json};

use super::{ConditionError, TOKEN_PROGRAM};
use crate::conditions::json_answer::ask;

/// The methods that conditions may call.
pub(super) const METHODS: [&str; 7] = [
    "getBlock",
    "getBalance",
    "getAccountInfo",
    "getTokenAccountBalance",
    "getTokenAccountsByDelegate",
    "getTokenAccountsByOwner",
    "getHealth",
];

const NAME: &str = "the Solana RPC";

/// The JSON-RPC of a Solana chain, for access control conditions.
#[derive(Clone)]
pub struct SolanaRpc {
    client: Arc<dyn HttpClient>,
    url: HttpUrl,
}

impl SolanaRpc {
    /// The RPC at this URL, asked through this client.
    #[must_use]
    pub const fn new(client: Arc<dyn HttpClient>, url: HttpUrl) -> Self {
        Self { client, url }
    }

    /// The result of a call.
    pub(super) async fn call(&self, method: &str, params: Value) -> Result<Value, ConditionError> {
        self.answer(method, params)
            .await?
            .map_err(|error| failed(&error))
    }

    /// The data of an account.
    pub(super) async fn account(&self, account: &SolanaAddress) -> Result<Vec<u8>, ConditionError> {
        let params = json!([account.to_string(), { "encoding": "base64" }]);
        let answer = self.call("getAccountInfo", params).await?;
        let data = answer["value"]["data"][0].as_str();
        let data = data.ok_or(ConditionError::Solana("the derived account does not exist"))?;
        let bad = |_| ConditionError::ServiceAnswer(NAME);
        BASE64_STANDARD.decode(data).map_err(bad)
    }

    /// The balance of a token account; `None` if the account does not exist.
    pub(super) async fn token_balance(
        &self,
        account: &SolanaAddress,
    ) -> Result<Option<Value>, ConditionError> {
        let answer = self.answer("getTokenAccountBalance", json!([account.to_string()]));
        match answer.await? {
            Ok(answer) => Ok(Some(answer["value"].clone())),
            Err(error)
                if error["code"] == -32602
                    && error["message"] == "Invalid param: could not find account" =>
            {
                Ok(None)
            }
            Err(error) => Err(failed(&error)),
        }
    }

    /// The token accounts of a wallet, parsed by the RPC.
    pub(super) async fn tokens(
        &self,
        wallet: &SolanaAddress,
    ) -> Result<Vec<Value>, ConditionError> {
        let params = json!([
            wallet.to_string(), { "programId": TOKEN_PROGRAM }, { "encoding": "jsonParsed" },
        ]);
        let answer = self.call("getTokenAccountsByOwner", params).await?;
        let tokens = answer["value"].as_array().cloned();
        tokens.ok_or(ConditionError::ServiceAnswer(NAME))
    }

    async fn answer(
        &self,
        method: &str,
        params: Value,
    ) -> Result<Result<Value, Value>, ConditionError> {
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        let request = HttpRequest::post(self.url.clone(), Bytes::from(body.to_string()))
            .with_header("content-type", "application/json");
        let mut answer = ask(&*self.client, request, NAME).await?;
        if let Some(error) = answer.get_mut("error") {
            return Ok(Err(error.take()));
        }
        let result = answer.get_mut("result").map(Value::take);
        result.map(Ok).ok_or(ConditionError::ServiceAnswer(NAME))
    }
}

fn failed(error: &Value) -> ConditionError {
    let message = error["message"].as_str().unwrap_or("no reason given");
    ConditionError::Service {
        service: NAME,
        reason: message.chars().take(200).collect(),
    }
}

/// The path and the query of an RPC's URL often hold an API key.
impl fmt::Debug for SolanaRpc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SolanaRpc").field(self.url.origin()).finish()
    }
}
