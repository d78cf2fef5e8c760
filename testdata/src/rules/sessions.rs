//! Rules about sessions and their roots.

use lit_recap::ExtractError;
use lit_sdk::Error;
use lit_session_crypto::{CapabilityRefusal, RootRefusal};
use lit_types::{Timestamp, constants::CLOCK_TOLERANCE};
use serde_json::Value;

use super::{
    Ours, Rule,
    conditions::{PASS_THROUGH, has_impossible_lifetime, root_message},
    handed_over::hand_over_request,
};
use crate::refusal::Refusal;

pub(super) const RULES: &[Rule] = &[
    Rule {
        name: "checked-before-asking",
        reason: "whether the client is connected and anything is requested at all is checked before somebody is asked to \
                 sign, not after (session-auth 15.7)",
        files: &["session-sigs"],
        applies: |case| {
            let requests = case
                .at("/resourceAbilityRequests")
                .and_then(Value::as_array);
            case.at("/clientReady") == Some(&Value::Bool(false))
                || requests.is_some_and(Vec::is_empty)
        },
        ours: Ours::Refuses(|refusal| match refusal {
            Refusal::Session { error, calls } => {
                *calls == 0 && matches!(error, Error::NotReady | Error::NoRequests)
            }
            _ => false,
        }),
    },
    Rule {
        name: "session-lifetime",
        reason: "nodes refuse sessions that end in the past or more than 30 days away (session-auth 8.6, 15.5)",
        files: &["session-sigs", "pkp-session-sigs"],
        applies: has_impossible_lifetime,
        ours: Ours::Refuses(|refusal| {
            matches!(
                refusal,
                Refusal::Session {
                    error: Error::Lifetime { .. },
                    calls: 0
                } | Refusal::Sdk(Error::Lifetime { .. })
            )
        }),
    },
    Rule {
        name: "root-is-verified",
        reason: "a root signature that does not authorize the session is refused when it is no better the second time; \
                 the official client uses it unverified (DESIGN 9, session-auth 15.5)",
        files: &["session-sigs"],
        applies: |case| {
            matches!(case.text_at("/callback"), Some("plain" | "wrong-signer"))
                || case.is_about("callback grants less")
        },
        ours: Ours::Refuses(|refusal| match refusal {
            Refusal::Session {
                error: Error::Root(refusal),
                calls,
            } => {
                *calls == 2
                    && matches!(
                        refusal,
                        RootRefusal::Recap(ExtractError::NoResources)
                            | RootRefusal::AuthSig(CapabilityRefusal::Signature)
                            | RootRefusal::NotGranted { .. }
                    )
            }
            _ => false,
        }),
    },
    Rule {
        name: "root-issued-in-the-future",
        reason: "a root issued more than a minute from now comes of a wrong clock, and the session made of it would be \
                 refused (session-auth 8.6)",
        files: &["check-need-to-resign"],
        applies: |case| {
            let now = case
                .text_at("/now")
                .and_then(|now| now.parse::<Timestamp>().ok());
            let root = root_message(case);
            now.zip(root)
                .is_some_and(|(now, root)| root.issued_at() > now.at() + CLOCK_TOLERANCE)
        },
        ours: Ours::Gives(|_, official| official.map(|_| true.into())),
    },
    Rule {
        name: "root-names-its-signer",
        reason: "the address of an AuthSig, which nodes take for the user, must be that of its message (wire-protocol 4.6)",
        files: &["check-need-to-resign"],
        applies: |case| {
            let address = case.text_at("/authSig/address").unwrap_or_default();
            root_message(case)
                .is_some_and(|root| !root.address().to_string().eq_ignore_ascii_case(address))
        },
        ours: Ours::Gives(|_, official| official.map(|_| true.into())),
    },
    Rule {
        name: "null-is-none",
        reason: "nodes read an algo that is null as one that is absent (wire-protocol 4.4)",
        files: &["check-need-to-resign"],
        applies: |case| case.at("/authSig/algo") == Some(&Value::Null),
        ours: Ours::Gives(|_, _| Some(false.into())),
    },
    Rule {
        name: "callback-gets-the-request",
        reason: "a callback is handed the statement and the ReCap of what is requested, not of an empty capability, and the \
                 domain every time it is called (session-auth 15.1, DESIGN 9); signing what is handed over then works",
        files: &["session-sigs"],
        applies: |_| true,
        ours: Ours::Gives(|case, official| {
            let mut ours = official?;
            hand_over_request(case, &mut ours).is_ok().then_some(ours)
        }),
    },
    Rule {
        name: "callback-has-its-own-state",
        reason: "what only passes through to the callback is the state of the SessionAuthorizer implementation (DESIGN 3)",
        files: &["session-sigs"],
        applies: |case| {
            PASS_THROUGH
                .iter()
                .any(|name| case.at(&format!("/params/{name}")).is_some())
        },
        ours: Ours::Gives(|_, official| {
            let mut ours = official?;
            let calls = ours.get_mut("callbackCalls")?.as_array_mut()?;
            for call in calls.iter_mut().filter_map(Value::as_object_mut) {
                call.retain(|name, _| !PASS_THROUGH.contains(&name.as_str()));
            }
            Some(ours)
        }),
    },
];
