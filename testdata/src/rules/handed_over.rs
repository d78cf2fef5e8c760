//! What an official result would be if the callback had been handed the request.

use alloy_signer::SignerSync;
use lit_types::{AuthSig, SessionSigs, constants::storage_keys};
use serde_json::{Value, json};

use crate::{
    case::{self, Case},
    judges::{
        json_text,
        session_sigs::{Input, root_of},
        wallet,
    },
    refusal::Refusal,
};

/// Turns what the official client gives a callback into what ours does, with all that follows from it.
pub(super) fn hand_over_request(case: &Case, result: &mut Value) -> Result<(), Refusal> {
    let input: Input = case.input()?;
    let recap = input.requested()?;
    let domain = input.params.domain.as_deref();
    // With an empty capability nothing useful can be signed, so the callback is asked twice; with ours it is asked once.
    let signs_handed_over =
        input.callback == "resources-from-callback" && input.session_capability_object.is_none();

    let Some(calls) = result
        .get_mut("callbackCalls")
        .and_then(Value::as_array_mut)
    else {
        return Ok(());
    };
    let Some(empty) = calls.first().cloned() else {
        return Ok(());
    };
    if signs_handed_over {
        calls.truncate(1);
    }
    let forgets_domain = domain.is_some() && calls.len() > 1;
    for call in calls.iter_mut().filter_map(Value::as_object_mut) {
        call.insert("statement".to_owned(), recap.statement().into());
        call.insert("resources".to_owned(), json!([recap.to_urn()]));
        if let Some(domain) = domain {
            call.insert("domain".to_owned(), domain.into());
        }
    }

    let mut changes = Vec::new();
    if signs_handed_over {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        changes.push((text(&empty["statement"]), recap.statement()));
        changes.push((text(&empty["resources"][0]), recap.to_urn()));
    }
    if let (true, Some(domain)) = (forgets_domain, domain) {
        changes.push(("localhost wants".to_owned(), format!("{domain} wants")));
    }
    if changes.is_empty() {
        Ok(())
    } else {
        change_root(&input, result, &changes)
    }
}

/// Makes the changes in the root message, and signs all that depends on it anew: with the primitives, not with the code
/// under test.
fn change_root(
    input: &Input,
    result: &mut Value,
    changes: &[(String, String)],
) -> Result<(), Refusal> {
    let key = input
        .session_key()?
        .ok_or_else(|| Refusal::Malformed("no session key".to_owned()))?;
    let sigs: SessionSigs = case::parse(
        "sessionSigs",
        result["sessionSigs"].as_str().unwrap_or_default(),
    )?;
    let mut changed = Vec::with_capacity(sigs.len());
    for (node, sig) in sigs.iter() {
        let old = root_of(&sig.signed_message)?;
        let message = changes
            .iter()
            .fold(old.signed_message.clone(), |text, (from, to)| {
                text.replacen(from, to, 1)
            });
        let signature = wallet(&input.wallet_key)?
            .sign_message_sync(message.as_bytes())
            .map_err(|error| Refusal::Malformed(error.to_string()))?;
        let new = AuthSig {
            sig: format!("0x{}", hex::encode(signature.as_bytes())),
            signed_message: message,
            ..old.clone()
        };
        let (old, new) = (json_text(&old)?, json_text(&new)?);
        let text = sig.signed_message.replace(&old, &new);
        let sig = hex::encode(key.sign(text.as_bytes()));
        changed.push((
            node.clone(),
            AuthSig::session(sig, text, key.public_key().to_string()),
        ));
        if let Some(stored) = result["storage"].get_mut(storage_keys::WALLET_SIGNATURE) {
            *stored = new.into();
        }
    }
    result["sessionSigs"] = json_text(&changed.into_iter().collect::<SessionSigs>())?.into();
    Ok(())
}
