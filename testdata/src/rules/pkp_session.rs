//! What the rules about PKP sessions have to know of their cases.

use lit_types::PkpPublicKey;
use serde_json::Value;

use crate::case::Case;

fn param<'a>(case: &'a Case, name: &str) -> Option<&'a Value> {
    case.at(&format!("/params/{name}"))
}

/// Whether an action has both code and id, or neither where it has to have one.
pub(super) fn has_no_one_source(case: &Case) -> bool {
    let code = param(case, "litActionCode").is_some();
    let id = param(case, "litActionIpfsId").is_some();
    let needs_one = case.text_at("/fn") == Some("getLitActionSessionSigs");
    (code && id) || (needs_one && !code && !id)
}

/// Whether a login by an action has no parameters for it.
pub(super) fn lacks_js_params(case: &Case) -> bool {
    case.text_at("/fn") == Some("getLitActionSessionSigs") && param(case, "jsParams").is_none()
}

pub(super) fn fetches_code(case: &Case) -> bool {
    param(case, "ipfsOptions").is_some()
}

/// The PKP's key, where it is given compressed.
fn compressed_key(case: &Case) -> Option<PkpPublicKey> {
    let text = case.text_at("/params/pkpPublicKey")?;
    let digits = text.strip_prefix("0x").unwrap_or(text);
    (digits.len() == 66).then(|| text.parse().ok()).flatten()
}

pub(super) fn is_compressed(case: &Case) -> bool {
    compressed_key(case).is_some()
}

pub(super) fn is_no_point(case: &Case) -> bool {
    let key = case.text_at("/params/pkpPublicKey").unwrap_or_default();
    key.len() == 132 && key.parse::<PkpPublicKey>().is_err()
}

pub(super) fn uncompress(case: &Case, official: Option<Value>) -> Option<Value> {
    let mut ours = official?;
    let key = compressed_key(case)?.to_string();
    if let Some(shown) = ours.get_mut("pkpPublicKey") {
        *shown = key.trim_start_matches("0x").into();
    }
    change_bodies(Some(ours), |body| {
        body["pkpPublicKey"] = key.as_str().into();
    })
}

/// Whether the nodes sign with another key than the client knows, or sign what they were not asked to.
pub(super) fn signs_otherwise(case: &Case) -> bool {
    let key = case.text_at("/nodeReplies/0/json/blsRootPubkey");
    let is_plain = case.at("/sessionSigsParams").is_some()
        && case.at("/topLevelRequests").is_none_or(Value::is_null);
    is_plain || key.is_some_and(|key| case.text_at("/networkPubKey") != Some(key))
}

/// Changes the bodies of what nodes are asked.
pub(super) fn change_bodies(official: Option<Value>, change: impl Fn(&mut Value)) -> Option<Value> {
    let mut ours = official?;
    let requests = ours.get_mut("requests")?.as_array_mut()?;
    let bodies = requests
        .iter_mut()
        .filter_map(|request| request.get_mut("body"));
    bodies.for_each(change);
    Some(ours)
}
