//! What the rules about PKP sessions have to know of their cases.

use lit_sdk::{Error, services::IpfsError};
use lit_types::{PkpError, PkpPublicKey};
use serde_json::{Value, json};

use super::{Ours, Rule, conditions::auth_method_type};
use crate::{case::Case, refusal::Refusal};

pub(super) const RULES: &[Rule] = &[
    Rule {
        name: "unknown-epoch-is-0",
        reason: "where no epoch is known 0 is sent, which nodes take for the current one; they refuse null (wire protocol 1.6)",
        files: &["sign-session-key"],
        applies: |case| case.at("/epoch").is_some_and(Value::is_null),
        ours: Ours::Gives(|_, official| {
            change_bodies(official, |body| {
                body["epoch"] = 0.into();
            })
        }),
    },
    Rule {
        name: "keys-are-sent-whole",
        reason: "nodes expect the 65 bytes of a PKP's key, so a compressed one is decompressed (session-auth 9.1)",
        files: &["sign-session-key"],
        applies: is_compressed,
        ours: Ours::Gives(uncompress),
    },
    Rule {
        name: "keys-are-points",
        reason: "bytes that are no point of the curve are no key, and no PKP has them (DESIGN 8.3)",
        files: &["sign-session-key"],
        applies: is_no_point,
        ours: Ours::Refuses(|refusal| matches!(refusal, Refusal::Pkp(PkpError::NotOnCurve))),
    },
    Rule {
        name: "one-source-of-code",
        reason: "an action is made of code or of an id; both cannot be written, and neither where one is needed \
                 (session-auth 9.5, DESIGN 8.3)",
        files: &["sign-session-key", "pkp-session-sigs"],
        applies: has_no_one_source,
        ours: Ours::Refuses(|refusal| matches!(refusal, Refusal::NotExpressible(_))),
    },
    Rule {
        name: "rights-are-arguments",
        reason: "nodes refuse a message without a ReCap, so what a session key may do is an argument (session-auth 9.1)",
        files: &["sign-session-key"],
        applies: |case| case.at("/resourceAbilityRequests").is_none(),
        ours: Ours::Refuses(|refusal| matches!(refusal, Refusal::NotExpressible(_))),
    },
    Rule {
        name: "parameters-are-optional",
        reason: "an action that takes no parameters needs none: it is sent an empty object. That the nodes do not answer is \
                 the case's doing, which has no answers (session-auth 9.5)",
        files: &["pkp-session-sigs"],
        applies: lacks_js_params,
        ours: Ours::Refuses(|refusal| matches!(refusal, Refusal::Sdk(Error::Nodes(_)))),
    },
    Rule {
        name: "fetched-code-is-verified",
        reason: "a gateway that is asked for an action could give another one, so what it gives must have the CID, which a text \
                 that is no CID cannot tell (DESIGN 3: nothing is trusted unverified)",
        files: &["pkp-session-sigs"],
        applies: fetches_code,
        ours: Ours::Refuses(|refusal| matches!(refusal, Refusal::Ipfs(IpfsError::InvalidCid(_)))),
    },
    Rule {
        name: "network-signatures-are-verified",
        reason: "a signature that does not verify under the network's key, or over another message than was sent, is refused; the \
                 official client has it made a second time and uses that unverified (DESIGN 9, session-auth 15.5)",
        files: &["pkp-session-sigs", "provider-session-sigs"],
        applies: signs_otherwise,
        ours: Ours::Refuses(|refusal| matches!(refusal, Refusal::Sdk(Error::Shares(_)))),
    },
    Rule {
        name: "wallets-log-in",
        reason: "the method of a wallet is sent like any other; the official provider leaves it out, and nodes refuse \
                 (session-auth 9.6)",
        files: &["provider-session-sigs"],
        applies: |case| auth_method_type(case) == Some(1),
        ours: Ours::Gives(|case, official| {
            let methods = json!([case.at("/authMethod")?]);
            change_bodies(official, |body| {
                body["authMethods"] = methods.clone();
            })
        }),
    },
];

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
