use alloy_primitives::keccak256;
use lit_session_crypto::{
    DISCORD_CLIENT_ID, action_auth_method_id, action_cid, auth_method_id, discord_auth_method_id,
    hd_key_id,
};
use lit_types::AuthMethod;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{case::Case, compare::Outcome, refusal::Refusal};

/// auth-method-ids: under what a login is permitted.
pub(super) fn ids(case: &Case) -> Outcome {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Input {
        provider: String,
        auth_method: AuthMethod,
        extra: Option<String>,
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
    let id = match (input.auth_method.auth_method_type.get(), &input.extra) {
        (4, client_id) => {
            let is_answer = case.at("/http/status").is_none();
            let user_id = case.text_at("/http/json/id").filter(|_| is_answer);
            let user_id = user_id.ok_or(Refusal::NotExpressible("there is no id of the user"))?;
            discord_auth_method_id(user_id, client_id.as_deref().unwrap_or(DISCORD_CLIENT_ID))
        }
        (_, Some(_)) => return Err(Refusal::NotExpressible("the name is always `lit`")),
        (_, None) => auth_method_id(&input.auth_method)?,
    };
    let mut result = json!({ "id": id.to_string() });
    let official = case.official_value(&[])?;
    let preimage = official.and_then(|official| Some(official["preimage"].as_str()?.to_owned()));
    if let Some(preimage) = preimage.filter(|preimage| keccak256(preimage) == id) {
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
    Ok(json!({ "bytes": format!("0x{}", hex::encode(id)), "back": action_cid(&id)? }))
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
