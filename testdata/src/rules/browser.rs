//! What becomes of the results of browser helpers when a wallet is asked only if need be.

use alloy_primitives::Address;
use lit_recap::SiweMessage;
use serde_json::{Value, json};

use super::{Ours, Rule};
use crate::{case::Case, refusal::Refusal};

pub(super) const RULES: &[Rule] = &[
    Rule {
        name: "wallet-is-asked-once",
        reason: "a kept AuthSig that is good is used, and a new one is signed once; the address is written as EIP-55 says \
                 (session-auth 7.5: the wallet is asked twice, and again on every call)",
        files: &["browser-evm-auth-sig"],
        applies: |case| {
            case.at("/note")
                .is_none_or(|note| note == "wallet_switchEthereumChain fails with code 4902")
        },
        ours: Ours::Gives(|_, official| asked_once(official)),
    },
    Rule {
        name: "chain-of-the-wallet",
        reason: "which chain a wallet shows is up to the wallet; a signer has none that could be wrong",
        files: &["browser-evm-auth-sig"],
        applies: |case| {
            case.text_at("/note")
                .is_some_and(|note| note.contains("-32601"))
        },
        ours: Ours::Refuses(|refusal| matches!(refusal, Refusal::NotExpressible(_))),
    },
    Rule {
        name: "no-empty-auth-sig",
        reason: "without a wallet there is no AuthSig, not one of four empty texts (session-auth 7.5)",
        files: &["browser-auth-sigs"],
        applies: |case| {
            case.text_at("/kind") == Some("checkAndSignAuthMessage")
                && case
                    .text_at("/chain")
                    .and_then(lit_types::chains::evm_chain_id)
                    .is_some()
        },
        ours: Ours::Refuses(|refusal| matches!(refusal, Refusal::NotExpressible(_))),
    },
    Rule {
        name: "kept-text-is-read",
        reason: "the expiration of a kept message is a field, not its tenth line, and a message for other resources is signed \
                 again before it expires, too (session-auth 7.5)",
        files: &["evm-resign"],
        applies: |_| true,
        ours: Ours::Gives(|case, _| read_as_fields(case)),
    },
    Rule {
        name: "no-global-storage",
        reason: "stores are values that are given to a client, so none is missing, read-only or defined twice \
                 (DESIGN 9: global state)",
        files: &["storage"],
        applies: |case| {
            matches!(
                case.text_at("/kind"),
                Some("no storage" | "read-only storage" | "storageProvider")
            )
        },
        ours: Ours::Refuses(|refusal| matches!(refusal, Refusal::NotExpressible(_))),
    },
    Rule {
        name: "storage-results",
        reason: "a value that is absent is none; there is no second kind of result beside Rust's own",
        files: &["storage"],
        applies: |case| {
            case.text_at("/kind")
                .is_some_and(|kind| kind.ends_with("StorageItem"))
        },
        ours: Ours::Gives(|_, official| {
            let mut official = official?;
            let either = official["value"].take();
            if either["type"] == "SUCCESS" {
                official["value"] = either["result"].clone();
            }
            Some(official)
        }),
    },
    Rule {
        name: "stored-key-is-checked",
        reason: "a stored session key is checked before it is used (session-auth 7.1: returned unchecked)",
        files: &["storage"],
        applies: |case| {
            case.text_at("/init/lit-session-key")
                .is_some_and(|stored| stored == r#"{"publicKey":1}"#)
        },
        ours: Ours::Refuses(|refusal| matches!(refusal, Refusal::SessionKey(_))),
    },
    Rule {
        name: "disconnect-removes-the-key",
        reason: "disconnecting removes the session key too, as the documentation says and the official client does not, \
                 and does so outside browsers (session-auth 7.4)",
        files: &["storage"],
        applies: |case| {
            case.text_at("/kind")
                .is_some_and(|kind| kind.starts_with("disconnectWeb3"))
        },
        ours: Ours::Gives(|_, official| {
            let mut official = official?;
            let of_the_program = ["LitNodeClientConfig", "lit-cached-pkps"];
            let left = official["left"].as_array()?.iter();
            let left: Vec<Value> = left
                .filter(|key| of_the_program.iter().any(|known| key == known))
                .cloned()
                .collect();
            official["left"] = left.into();
            if official.get("removed").is_some() {
                official["removed"] = json!([
                    "lit-auth-cosmos-signature",
                    "lit-auth-signature",
                    "lit-auth-sol-signature",
                    "lit-web3-provider",
                    "lit-comms-keypair",
                    "lit-session-key",
                    "lit-wallet-sig",
                ]);
            }
            Some(official)
        }),
    },
];

/// The AuthSig of an EVM wallet, with its address in the form of EIP-55, after at most one prompt: one less than the official
/// client needs.
pub(super) fn asked_once(official: Option<Value>) -> Option<Value> {
    let mut official = official?;
    let prompts = official.get_mut("prompts")?.as_array_mut()?;
    prompts.pop();
    if prompts.is_empty() {
        return Some(official);
    }
    let address = official["authSig"]["address"].as_str()?.to_owned();
    let checksummed = address.parse::<Address>().ok()?.to_checksum(None);
    let stored = official["stored"].as_str()?.replace(&address, &checksummed);
    official["stored"] = stored.into();
    official["authSig"]["address"] = checksummed.into();
    Some(official)
}

/// Whether a kept text has expired or is for other resources, read off its fields.
pub(super) fn read_as_fields(case: &Case) -> Option<Value> {
    let now = case.text_at("/now")?.parse::<lit_types::Timestamp>().ok()?;
    let Ok(message) = case.text_at("/signedMessage")?.parse::<SiweMessage>() else {
        return Some(json!({ "expired": null, "mustResign": true }));
    };
    let expired = message.expiration().is_some_and(|end| end < now.at());
    let wanted = case.at("/resources").and_then(Value::as_array);
    let wanted = wanted.into_iter().flatten().filter_map(Value::as_str);
    let other = !message.resources().eq(wanted);
    Some(json!({ "expired": expired, "mustResign": expired || other }))
}
