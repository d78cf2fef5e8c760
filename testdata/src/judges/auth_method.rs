use alloy_primitives::keccak256;
use lit_sdk::auth_method::{action_auth_method_id, auth_method_id};
use lit_session_crypto::hd_key_id;
use lit_types::{ActionCid, AuthMethod};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{auth_provider::discord_id, stub_http::Answer};
use crate::{case::Case, compare::Outcome, refusal::Refusal};

/// auth-method-ids: under what a login is permitted.
pub(super) fn ids(case: &Case) -> Outcome {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Input {
        provider: String,
        auth_method: AuthMethod,
        extra: Option<String>,
        /// What Discord answers.
        http: Option<Answer>,
    }
    let input: Input = case.input()?;
    let types = match input.provider.as_str() {
        "EthWalletProvider" => 1..=1,
        "WebAuthnProvider" => 3..=3,
        "DiscordProvider" => 4..=4,
        "GoogleProvider" => 6..=6,
        "AppleProvider" => 8..=8,
        "StytchOtpProvider" => 9..=9,
        "StytchAuthFactorOtpProvider" => 10..=13,
        "getAuthIdByAuthMethod" => 0..=u32::MAX,
        provider => return Err(Refusal::Malformed(format!("unknown provider {provider}"))),
    };
    if !types.contains(&input.auth_method.auth_method_type.get()) {
        return Err(Refusal::NotExpressible(
            "the function is chosen by the type of the auth method",
        ));
    }
    let (id, requests) = match (input.http, &input.extra) {
        (Some(answer), client_id) => {
            let client_id = client_id.as_deref();
            let (id, requests) = discord_id(&input.auth_method, client_id, answer)?;
            (id, Some(requests))
        }
        (None, Some(_)) => return Err(Refusal::NotExpressible("the name is always `lit`")),
        (None, None) => (auth_method_id(&input.auth_method)?.to_string(), None),
    };
    let mut result = json!({ "id": id });
    if let Some(requests) = requests {
        result["requests"] = requests.into();
    }
    let official = case.official_value(&[])?;
    let preimage = official.and_then(|official| Some(official["preimage"].as_str()?.to_owned()));
    if let Some(preimage) = preimage.filter(|preimage| keccak256(preimage).to_string() == id) {
        result["preimage"] = preimage.into();
    }
    Ok(result)
}

/// action-auth-method-id: the bytes of a CID, and back.
pub(super) fn actions(case: &Case) -> Outcome {
    #[derive(Deserialize)]
    struct Input {
        cid: String,
    }
    let input: Input = case.input()?;
    let id = action_auth_method_id(&input.cid)?;
    let back = ActionCid::from_bytes(&id)?.to_string();
    Ok(json!({ "bytes": format!("0x{}", hex::encode(id)), "back": back }))
}

/// hd-key-id: the id of a key that can be claimed.
pub(super) fn hd_key_ids(case: &Case) -> Outcome {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Input {
        user_id: String,
        app_id: String,
        is_for_action_context: bool,
    }
    let input: Input = case.input()?;
    let id = hd_key_id(&input.user_id, &input.app_id, input.is_for_action_context);
    Ok(Value::from(id.to_string()))
}
