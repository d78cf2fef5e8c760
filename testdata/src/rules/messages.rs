//! Rules about texts: messages, ids, conditions.

use lit_recap::{CapacityDelegationError, SiweError};
use lit_types::{ResourceError, TokenIdError, access_control::AccessControlError};
use serde_json::{Value, json};

use super::{
    Ours, Rule,
    conditions::{
        decimal, delegation, is_hex, is_incomplete_condition, is_malformed_delegation, is_tied,
        is_unparsable, lacks_argument, lower_case_hex, pkp_text, replace_text,
    },
};
use crate::refusal::Refusal;

pub(super) const RULES: &[Rule] = &[
    Rule {
        name: "unparsable-message",
        reason: "a statement with a line feed, a domain with scheme or path, or a resource that is not ASCII makes a \
                 message that nodes cannot parse; it is refused before anybody signs it (session-auth 5.1, 15.3). A user \
                 before the domain and characters that cannot be seen mislead the signer",
        files: &[
            "siwe-plain",
            "siwe-recaps",
            "siwe-capacity-delegation",
            "session-sigs",
            "resource-keys",
        ],
        applies: is_unparsable,
        ours: Ours::Refuses(|refusal| {
            matches!(
                refusal,
                Refusal::Resource(ResourceError::NotAscii)
                    | Refusal::Siwe(SiweError::Statement | SiweError::Domain | SiweError::Resource)
            )
        }),
    },
    Rule {
        name: "delegation-to-nobody",
        reason: "an empty list of delegatees, which means nobody, is easily taken for anybody (DESIGN 9)",
        files: &[
            "siwe-capacity-delegation",
            "capacity-delegation-authsig",
            "helpers",
        ],
        applies: |case| {
            delegation(case, "delegateeAddresses")
                .and_then(Value::as_array)
                .is_some_and(Vec::is_empty)
        },
        ours: Ours::Refuses(|refusal| {
            matches!(
                refusal,
                Refusal::Delegation(CapacityDelegationError::NoDelegatees)
            )
        }),
    },
    Rule {
        name: "malformed-delegation",
        reason: "nodes fail on uses that are no u64 and on token ids that are no number, and match no delegatee that is \
                 not 40 hex digits (session-auth 5.4)",
        files: &[
            "siwe-capacity-delegation",
            "capacity-delegation-authsig",
            "helpers",
        ],
        applies: is_malformed_delegation,
        ours: Ours::Refuses(|refusal| {
            matches!(
                refusal,
                Refusal::NotExpressible(_)
                    | Refusal::Delegation(CapacityDelegationError::Delegatee)
                    | Refusal::CreditId(_)
            )
        }),
    },
    Rule {
        name: "lower-case-hex",
        reason: "nodes compare PKP ids with lower-case hex, so upper-case ids and keys are lower-cased (session-auth 15.4)",
        files: &["resource-keys", "resource-parse", "pkp-derivation"],
        applies: |case| {
            pkp_text(case)
                .is_some_and(|text| text.bytes().any(|b| b.is_ascii_uppercase()) && is_hex(text))
        },
        ours: Ours::Gives(|_, official| {
            let mut official = official?;
            for name in ["key", "id", "resource", "json", "publicKeyOut"] {
                replace_text(&mut official, name, lower_case_hex);
            }
            Some(official)
        }),
    },
    Rule {
        name: "decimal-token-id",
        reason: "a decimal token id too long to be hex is converted (DESIGN 9: decimal token ids read as hex)",
        files: &["resource-keys", "resource-parse"],
        applies: |case| {
            pkp_text(case).is_some_and(|text| text.len() > 64 && decimal(text).is_some())
        },
        ours: Ours::Gives(|case, _| {
            let id = format!("{:064x}", decimal(pkp_text(case)?)?);
            let key = format!("lit-pkp://{id}");
            Some(match case.text_at("/key") {
                Some(_) => json!({ "type": "LitPKPResource", "id": id, "key": key }),
                None => json!({
                    "key": key,
                    "resource": id,
                    "resourcePrefix": "lit-pkp",
                    "json": format!(r#"{{"resource":"{id}","resourcePrefix":"lit-pkp"}}"#),
                    "validAbilities": ["pkp-signing"],
                }),
            })
        }),
    },
    Rule {
        name: "ambiguous-token-id",
        reason: "a text of up to 63 decimal digits can be read as decimal and as hex; it is refused instead of being read \
                 as hex (DESIGN 9, session-auth 15.4)",
        files: &[
            "resource-keys",
            "resource-parse",
            "resource-builder",
            "siwe-recaps",
            "session-sigs",
            "recap-verify",
        ],
        applies: |case| {
            let ids = case
                .at("/resources")
                .or_else(|| case.at("/resourceAbilityRequests"))
                .and_then(Value::as_array);
            let ids = ids
                .into_iter()
                .flatten()
                .filter_map(|request| request["id"].as_str());
            let calls = case
                .at("/calls")
                .and_then(Value::as_array)
                .into_iter()
                .flatten();
            let calls = calls.filter_map(|call| call[1].as_str());
            ids.chain(calls)
                .chain(pkp_text(case))
                .any(|id| id.len() < 64 && decimal(id).is_some())
        },
        ours: Ours::Refuses(|refusal| {
            matches!(
                refusal,
                Refusal::Resource(ResourceError::PkpId(TokenIdError::Ambiguous(_)))
            )
        }),
    },
    Rule {
        name: "real-key-pairs",
        reason: "two texts are no session key pair unless they are keys that belong together (DESIGN 8.3, session-auth 15.6)",
        files: &["session-key"],
        applies: |case| {
            let public = case.text_at("/value/publicKey");
            let secret = case.text_at("/value/secretKey");
            public
                .zip(secret)
                .is_some_and(|(public, secret)| secret.len() != 128 || !secret.ends_with(public))
        },
        ours: Ours::Gives(|_, official| official.map(|_| false.into())),
    },
    Rule {
        name: "tie-is-no-majority",
        reason: "of equally common values none is the most common; the official client takes the last (DESIGN 9)",
        files: &["helpers"],
        applies: |case| case.text_at("/fn") == Some("mostCommonString") && is_tied(case),
        ours: Ours::Gives(|_, official| official.map(|_| Value::Null)),
    },
    Rule {
        name: "no-hex-texts",
        reason: "helpers that add or remove 0x have no counterpart: ids and keys are types that read both forms \
                 (DESIGN 8.3), which the judge checks",
        files: &["helpers"],
        applies: |case| matches!(case.text_at("/fn"), Some("hexPrefixed" | "removeHexPrefix")),
        ours: Ours::Refuses(|refusal| matches!(refusal, Refusal::NotExpressible(_))),
    },
    Rule {
        name: "required-arguments",
        reason: "what is required is an argument; a call without it does not compile (DESIGN 8.4)",
        files: &[
            "acc-hash",
            "capacity-delegation-authsig",
            "encryption-resource",
            "session-sig-preconditions",
            "session-sig-validation",
            "session-sigs",
        ],
        applies: lacks_argument,
        ours: Ours::Refuses(|refusal| matches!(refusal, Refusal::NotExpressible(_))),
    },
    Rule {
        name: "complete-conditions",
        reason: "a condition without members that nodes need cannot be evaluated, or is hashed differently by nodes, so what is \
                 encrypted under it is lost; the official client hashes it, and only encrypt refuses it (session-auth 10)",
        files: &["acc-hash"],
        applies: is_incomplete_condition,
        ours: Ours::Refuses(|refusal| {
            matches!(
                refusal,
                Refusal::AccessControl(AccessControlError::Missing { .. })
            )
        }),
    },
    Rule {
        name: "boolean-structure",
        reason: "an empty list is no expression: the official client finds that out and forgets to say so (session-auth 10)",
        files: &["acc-hash"],
        applies: |case| {
            let conditions = case.at("/conditions").and_then(Value::as_array);
            conditions.is_some_and(Vec::is_empty)
        },
        ours: Ours::Refuses(|refusal| {
            matches!(refusal, Refusal::AccessControl(AccessControlError::Empty))
        }),
    },
];
