use std::sync::Arc;

use alloy_primitives::{hex, keccak256};
use axum::{
    Json,
    extract::{Query, State},
    http::{HeaderMap, Uri},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use lit_types::Clock;
use serde::Deserialize;
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::{Refused, Relayer, header};

#[derive(Deserialize)]
pub(super) struct Options {
    username: Option<String>,
}

/// `GET /auth/webauthn/generate-registration-options`: options for the browser's WebAuthn API. Like Lit's relay server, the relayer
/// does not check the challenge later.
pub(super) async fn registration_options(
    State(relayer): State<Arc<Relayer>>,
    Query(options): Query<Options>,
    headers: HeaderMap,
) -> Result<Json<Value>, Refused> {
    let mut challenge = [0; 32];
    getrandom::getrandom(&mut challenge).map_err(Refused::failed)?;
    let name = options.username.filter(|name| !name.is_empty());
    let name = name.unwrap_or_else(|| nameless(relayer.clock.now()));
    let origin = header(&headers, "origin").and_then(|origin| origin.parse::<Uri>().ok());
    let host = origin.as_ref().and_then(Uri::host).unwrap_or("localhost");
    Ok(Json(json!({
        "challenge": BASE64_URL_SAFE_NO_PAD.encode(challenge),
        "rp": { "name": "Lit Protocol", "id": host },
        "user": { "id": hex::encode(keccak256(&name)), "name": name, "displayName": name },
        "pubKeyCredParams": [{ "alg": -7, "type": "public-key" }],
        "timeout": 60_000,
        "attestation": "direct",
        "excludeCredentials": [],
        "authenticatorSelection": {
            "residentKey": "required",
            "userVerification": "required",
            "requireResidentKey": true,
        },
    })))
}

fn nameless(now: OffsetDateTime) -> String {
    let (year, month, day) = (now.year(), u8::from(now.month()), now.day());
    let (hour, minute, second) = now.to_hms();
    format!("Usernameless user ({year}-{month}-{day} {hour}:{minute}:{second})")
}
