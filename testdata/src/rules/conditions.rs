//! What the inputs of the cases have in common that the rules are about.

use std::collections::HashSet;

use alloy_primitives::{U256, keccak256};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use lit_recap::SiweMessage;
use lit_types::{Timestamp, constants::MAX_SESSION_LIFETIME};
use serde_json::{Value, json};

use crate::case::Case;

/// Parameters of `getSessionSigs` that the client itself has no use for.
pub(super) const PASS_THROUGH: [&str; 4] = [
    "switchChain",
    "jsParams",
    "litActionCode",
    "litActionIpfsId",
];

pub(super) fn is_unparsable(case: &Case) -> bool {
    let statement = case
        .text_at("/params/statement")
        .is_some_and(|text| text.contains(is_hidden));
    let domain = case
        .text_at("/params/domain")
        .is_some_and(|domain| domain.contains(['/', '@']));
    let requests = case
        .at("/resources")
        .or_else(|| case.at("/resourceAbilityRequests"))
        .and_then(Value::as_array);
    let ids = requests
        .into_iter()
        .flatten()
        .filter_map(|request| request["id"].as_str());
    let foreign = |id: &str| !id.is_ascii() || id.bytes().any(|b| b.is_ascii_control());
    statement || domain || ids.chain(case.text_at("/id")).any(foreign)
}

/// Control characters, zero-width characters and line separators, which a signer does not see.
fn is_hidden(c: char) -> bool {
    c.is_control() || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{feff}')
}

/// A parameter of a capacity delegation.
pub(super) fn delegation<'a>(case: &'a Case, name: &str) -> Option<&'a Value> {
    case.at(&format!("/params/{name}"))
        .or_else(|| case.at(&format!("/args/0/{name}")))
}

pub(super) fn is_malformed_delegation(case: &Case) -> bool {
    let is_address = |value: &Value| {
        let text = value.as_str().unwrap_or_default();
        let digits = text.strip_prefix("0x").unwrap_or(text);
        digits.len() == 40 && is_hex(digits)
    };
    let is_u64 = |value: &Value| {
        value.is_u64()
            || value
                .as_str()
                .is_some_and(|text| text.parse::<u64>().is_ok())
    };
    let delegatees = delegation(case, "delegateeAddresses").and_then(Value::as_array);
    !delegatees.into_iter().flatten().all(is_address)
        || delegation(case, "uses").is_some_and(|uses| !is_u64(uses))
        || delegation(case, "capacityTokenId")
            .is_some_and(|id| id.as_str().and_then(decimal).is_none())
}

/// The text a PKP is named by: the id or the key of a resource, or a public key.
pub(super) fn pkp_text(case: &Case) -> Option<&str> {
    let resource = case.at("/resource").or_else(|| case.at(""))?;
    let id = match resource["type"].as_str() {
        Some("LitPKPResource") => resource["id"].as_str(),
        _ => None,
    };
    id.or_else(|| case.text_at("/key")?.strip_prefix("lit-pkp://"))
        .or_else(|| case.text_at("/publicKey"))
}

pub(super) fn is_hex(text: &str) -> bool {
    let digits = text.strip_prefix("0x").unwrap_or(text);
    !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_hexdigit())
}

pub(super) fn decimal(text: &str) -> Option<U256> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if digits {
        U256::from_str_radix(text, 10).ok()
    } else {
        None
    }
}

/// Lower-cases the runs of 64 and more hex digits.
pub(super) fn lower_case_hex(text: &str) -> String {
    let runs = text.split_inclusive(|c: char| !c.is_ascii_hexdigit());
    runs.map(|run| {
        if run.len() >= 64 {
            run.to_ascii_lowercase()
        } else {
            run.to_owned()
        }
    })
    .collect()
}

pub(super) fn replace_text(object: &mut Value, name: &str, with: impl Fn(&str) -> String) {
    if let Some(Value::String(text)) = object.get_mut(name) {
        *text = with(text);
    }
}

pub(super) fn is_tied(case: &Case) -> bool {
    let values = case
        .at("/args/0")
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        .unwrap_or_default();
    let count = |value: &Value| values.iter().filter(|other| *other == value).count();
    let most = values.iter().map(count).max();
    values
        .iter()
        .filter(|value| Some(count(value)) == most)
        .collect::<HashSet<_>>()
        .len()
        > 1
}

pub(super) fn lacks_argument(case: &Case) -> bool {
    let lacks = |names: &[&str]| {
        names
            .iter()
            .any(|name| case.at(&format!("/params/{name}")).is_none())
    };
    match case.text_at("/fn") {
        Some("pkpSign") => lacks(&["toSign", "pubKey", "sessionSigs"]),
        Some("executeJs" | "decrypt") => lacks(&["sessionSigs"]),
        Some("getSessionSigByUrl") => case.at("/arg/sessionSigs").is_none(),
        Some(_) => false,
        None if case.at("/conditions").is_some() => {
            case.at("/conditions").is_some_and(Value::is_null)
                || case.text_at("/dataToEncryptHash") == Some("")
        }
        None if case.at("/callback").is_some() => {
            case.is_about("no callback") || case.at("/resourceAbilityRequests").is_none()
        }
        None => case.is_about("missing dAppOwnerWallet"),
    }
}

/// Whether a condition lacks a member without which nodes do not read it, or hash it differently.
pub(super) fn is_incomplete_condition(case: &Case) -> bool {
    let needed: &[&str] = match case.text_at("/kind") {
        Some("accessControlConditions") => &[
            "/contractAddress",
            "/chain",
            "/standardContractType",
            "/method",
            "/parameters",
        ],
        Some("evmContractConditions") => &[
            "/contractAddress",
            "/functionName",
            "/functionAbi/stateMutability",
        ],
        _ => &[],
    };
    let conditions = case.at("/conditions").and_then(Value::as_array);
    let lacks = |condition: &Value| needed.iter().any(|path| condition.pointer(path).is_none());
    let is_condition = |item: &&Value| item.get("returnValueTest").is_some();
    conditions
        .into_iter()
        .flatten()
        .filter(is_condition)
        .any(lacks)
}

pub(super) fn has_impossible_lifetime(case: &Case) -> bool {
    let time = |pointer| case.text_at(pointer)?.parse::<Timestamp>().ok();
    let (Some(now), Some(end)) = (time("/now"), time("/params/expiration")) else {
        return false;
    };
    end.at() <= now.at()
        || now
            .checked_add(MAX_SESSION_LIFETIME)
            .is_ok_and(|latest| end.at() > latest.at())
}

pub(super) fn auth_method_type(case: &Case) -> Option<u64> {
    case.at("/authMethod/authMethodType")?.as_u64()
}

/// The payload of an access token that is a JWT.
pub(super) fn jwt_claims(case: &Case) -> Option<Value> {
    let token = case.text_at("/authMethod/accessToken")?;
    let payload = URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
    serde_json::from_slice(&payload).ok()
}

/// Whether an access token lacks what its id is made of.
pub(super) fn lacks_identity(case: &Case) -> bool {
    match auth_method_type(case) {
        Some(1) => {
            let token = case.text_at("/authMethod/accessToken").unwrap_or_default();
            serde_json::from_str::<Value>(token)
                .is_ok_and(|token| token.is_object() && token.get("address").is_none())
        }
        Some(6 | 8) => jwt_claims(case).is_some_and(|claims| {
            claims.is_object() && (claims.get("sub").is_none() || claims.get("aud").is_none())
        }),
        _ => false,
    }
}

/// What a user and an app make an id of.
pub(super) fn hashed(user: &str, app: &str) -> Option<Value> {
    let id = keccak256(format!("{user}:{app}"));
    Some(json!({ "id": id.to_string() }))
}

pub(super) fn is_provider_mint(case: &Case) -> bool {
    case.text_at("/call") == Some("EthWalletProvider.mintPKPThroughRelayer")
}

/// The message of a root AuthSig.
pub(super) fn root_message(case: &Case) -> Option<SiweMessage> {
    case.text_at("/authSig/signedMessage")?.parse().ok()
}
