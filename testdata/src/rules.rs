//! Where we differ from the official client on purpose. Every difference the vectors show is one of these rules.

mod browser;
mod conditions;
mod handed_over;
mod pkp_session;

use lit_recap::{CapacityDelegationError, ExtractError, SiweError};
use lit_sdk::{Error, IpfsError};
use lit_session_crypto::{AuthMethodIdError, CapabilityRefusal, RootRefusal};
use lit_types::{
    PkpError, ResourceError, SdkErrorCode, Timestamp, TokenIdError,
    access_control::AccessControlError,
    constants::{CLOCK_TOLERANCE, relay_status::FAILED},
};
use serde_json::{Value, json};

use self::{
    conditions::{
        PASS_THROUGH, auth_method_type, decimal, delegation, has_impossible_lifetime, hashed,
        is_hex, is_incomplete_condition, is_malformed_delegation, is_provider_mint, is_tied,
        is_unparsable, jwt_claims, lacks_argument, lacks_identity, lower_case_hex, pkp_text,
        replace_text, root_message,
    },
    handed_over::hand_over_request,
};
use crate::{case::Case, refusal::Refusal};

/// A deliberate difference from the official client.
pub struct Rule {
    /// A short name.
    pub name: &'static str,
    /// Why ours is better, and where that was decided.
    pub reason: &'static str,
    /// The files it is about.
    files: &'static [&'static str],
    /// Whether a case is one of the kind, by its input. Another case of that kind is one as well.
    applies: fn(&Case) -> bool,
    /// What we do instead.
    pub(crate) ours: Ours,
}

/// What we do instead of what the official client does.
pub(crate) enum Ours {
    /// Refuse, with an error of this kind.
    Refuses(fn(&Refusal) -> bool),
    /// Give what this makes of the official value, `None` standing for an error. Unchanged when there is nothing to change.
    Gives(fn(&Case, Option<Value>) -> Option<Value>),
}

/// All rules.
pub const RULES: &[Rule] = &[
    Rule {
        name: "unparsable-message",
        reason: "a statement with a line feed, a domain with scheme or path, or a resource that is not ASCII makes a \
                 message that nodes cannot parse; it is refused before anybody signs it (session-auth 5.1, 15.3)",
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
                    | Refusal::Delegation(
                        CapacityDelegationError::Delegatee | CapacityDelegationError::TokenId
                    )
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
        reason: "a root signature that does not authorise the session is refused when it is no better the second time; \
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
        reason: "what only passes through to the callback is the state of the AuthNeeded implementation (DESIGN 3)",
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
    Rule {
        name: "no-undefined-ids",
        reason: "a token without address, subject or audience has no id; the official client hashes the word undefined, \
                 and all such tokens have the same id (session-auth 11.2)",
        files: &["auth-method-ids"],
        applies: lacks_identity,
        ours: Ours::Refuses(|refusal| {
            matches!(
                refusal,
                Refusal::AuthMethodId(AuthMethodIdError::Missing("address" | "sub" | "aud"))
            )
        }),
    },
    Rule {
        name: "webauthn-name-is-lit",
        reason: "nodes compute WebAuthn ids with the name `lit` and no other, so no other can be given (session-auth 11.2)",
        files: &["auth-method-ids"],
        applies: |case| {
            auth_method_type(case) == Some(3) && case.text_at("/extra").is_some_and(|x| x != "lit")
        },
        ours: Ours::Refuses(|refusal| matches!(refusal, Refusal::NotExpressible(_))),
    },
    Rule {
        name: "type-is-the-provider",
        reason: "one function takes auth methods of all types, so none can be given to the function of another type \
                 (DESIGN 8.3)",
        files: &["auth-method-ids"],
        applies: |case| {
            let is_factor =
                auth_method_type(case).is_some_and(|number| (10..=13).contains(&number));
            case.text_at("/provider") == Some("StytchAuthFactorOtpProvider") && !is_factor
        },
        ours: Ours::Refuses(|refusal| matches!(refusal, Refusal::NotExpressible(_))),
    },
    Rule {
        name: "apple-has-an-id",
        reason: "the official client computes the ids of Apple logins, and leaves them out where it chooses by type \
                 (session-auth 11.2)",
        files: &["auth-method-ids"],
        applies: |case| {
            auth_method_type(case) == Some(8)
                && case.text_at("/provider") == Some("getAuthIdByAuthMethod")
        },
        ours: Ours::Gives(|case, _| {
            let claims = jwt_claims(case)?;
            hashed(claims["sub"].as_str()?, claims["aud"].as_str()?)
        }),
    },
    Rule {
        name: "totp-is-found",
        reason: "the TOTP factor of a Stytch session is the one that has a TOTP id; the official client looks for a phone \
                 number (session-auth 11.2)",
        files: &["auth-method-ids"],
        applies: |case| auth_method_type(case) == Some(13),
        ours: Ours::Gives(|case, _| {
            let claims = jwt_claims(case)?;
            let factors =
                claims["https://stytch.com/session"]["authentication_factors"].as_array()?;
            let totp = |factor: &Value| {
                Some(
                    factor["authenticator_app_factor"]["totp_id"]
                        .as_str()?
                        .to_lowercase(),
                )
            };
            let project = claims["aud"][0].as_str()?.to_lowercase();
            hashed(&factors.iter().find_map(totp)?, &project)
        }),
    },
    Rule {
        name: "signers-sign",
        reason: "what implements Signer has an address and signs, and options are an argument; the official client makes a \
                 method of empty texts of a signer that cannot sign (session-auth 11.3, DESIGN 8.4)",
        files: &["ethwallet-authenticate"],
        applies: |case| case.is_about("without options") || case.is_about("signer without"),
        ours: Ours::Refuses(|refusal| matches!(refusal, Refusal::NotExpressible(_))),
    },
    Rule {
        name: "failed-is-final",
        reason: "a relayer that says Failed is not asked again (session-auth 15.11)",
        files: &["relay"],
        applies: |case| {
            let answers = case.at("/http").and_then(Value::as_array);
            answers
                .into_iter()
                .flatten()
                .any(|answer| answer["json"]["status"] == FAILED)
        },
        ours: Ours::Gives(|case, official| {
            let mut official = official?;
            let answers = case.at("/http")?.as_array()?;
            let first = answers
                .iter()
                .position(|answer| answer["json"]["status"] == FAILED)?;
            official
                .get_mut("requests")?
                .as_array_mut()?
                .truncate(first + 1);
            Some(official)
        }),
    },
    Rule {
        name: "typed-mint-options",
        reason: "the options of a mint are methods; one that does not exist does not compile (DESIGN 8.3)",
        files: &["relay"],
        applies: |case| {
            const OPTIONS: [&str; 4] = [
                "keyType",
                "permittedAuthMethodScopes",
                "addPkpEthAddressAsPermittedAddress",
                "sendPkpToItself",
            ];
            let options = case.at("/args/1").and_then(Value::as_object);
            is_provider_mint(case)
                && options.is_some_and(|options| {
                    options.keys().any(|name| !OPTIONS.contains(&name.as_str()))
                })
        },
        ours: Ours::Refuses(|refusal| matches!(refusal, Refusal::NotExpressible(_))),
    },
    Rule {
        name: "one-error-for-a-missing-request-id",
        reason: "an answer without request id is a failure of the relayer, whoever asked; the official client has two codes \
                 for it (DESIGN 3, errors are data)",
        files: &["relay"],
        applies: |case| is_provider_mint(case) && case.at("/http/0/json/requestId").is_none(),
        ours: Ours::Gives(|_, official| {
            let mut official = official?;
            let code = SdkErrorCode::NetworkError;
            let thrown = official.get_mut("throws")?.as_object_mut()?;
            thrown.insert("name".to_owned(), code.name().into());
            thrown.insert("code".to_owned(), code.code().into());
            thrown.insert("kind".to_owned(), code.kind().to_string().into());
            Some(official)
        }),
    },
    Rule {
        name: "wallet-is-asked-once",
        reason: "a kept AuthSig that is good is used, and a new one is signed once; the address is written as EIP-55 says \
                 (session-auth 7.5: the wallet is asked twice, and again on every call)",
        files: &["browser-evm-auth-sig"],
        applies: |case| {
            case.at("/note")
                .is_none_or(|note| note == "wallet_switchEthereumChain fails with code 4902")
        },
        ours: Ours::Gives(|_, official| browser::asked_once(official)),
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
        ours: Ours::Gives(|case, _| browser::read_as_fields(case)),
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
    Rule {
        name: "unknown-epoch-is-0",
        reason: "where no epoch is known 0 is sent, which nodes take for the current one; they refuse null (wire protocol 1.6)",
        files: &["sign-session-key"],
        applies: |case| case.at("/epoch").is_some_and(Value::is_null),
        ours: Ours::Gives(|_, official| {
            pkp_session::change_bodies(official, |body| {
                body["epoch"] = 0.into();
            })
        }),
    },
    Rule {
        name: "keys-are-sent-whole",
        reason: "nodes expect the 65 bytes of a PKP's key, so a compressed one is decompressed (session-auth 9.1)",
        files: &["sign-session-key"],
        applies: pkp_session::is_compressed,
        ours: Ours::Gives(pkp_session::uncompress),
    },
    Rule {
        name: "keys-are-points",
        reason: "bytes that are no point of the curve are no key, and no PKP has them (DESIGN 8.3)",
        files: &["sign-session-key"],
        applies: pkp_session::is_no_point,
        ours: Ours::Refuses(|refusal| matches!(refusal, Refusal::Pkp(PkpError::NotOnCurve))),
    },
    Rule {
        name: "one-source-of-code",
        reason: "an action is made of code or of an id; both cannot be written, and neither where one is needed \
                 (session-auth 9.5, DESIGN 8.3)",
        files: &["sign-session-key", "pkp-session-sigs"],
        applies: pkp_session::has_no_one_source,
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
        applies: pkp_session::lacks_js_params,
        ours: Ours::Refuses(|refusal| matches!(refusal, Refusal::Sdk(Error::Nodes(_)))),
    },
    Rule {
        name: "fetched-code-is-verified",
        reason: "a gateway that is asked for an action could give another one, so what it gives must have the CID, which a text \
                 that is no CID cannot tell (DESIGN 3: nothing is trusted unverified)",
        files: &["pkp-session-sigs"],
        applies: pkp_session::fetches_code,
        ours: Ours::Refuses(|refusal| matches!(refusal, Refusal::Ipfs(IpfsError::Cid))),
    },
    Rule {
        name: "network-signatures-are-verified",
        reason: "a signature that does not verify under the network's key, or over another message than was sent, is refused; the \
                 official client has it made a second time and uses that unverified (DESIGN 9, session-auth 15.5)",
        files: &["pkp-session-sigs", "provider-session-sigs"],
        applies: pkp_session::signs_otherwise,
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
            pkp_session::change_bodies(official, |body| {
                body["authMethods"] = methods.clone();
            })
        }),
    },
];

/// The rules that a case of a file is subject to.
pub(crate) fn for_case<'a>(
    file: &'a str,
    case: &'a Case,
) -> impl Iterator<Item = &'static Rule> + use<'a> {
    RULES
        .iter()
        .filter(move |rule| rule.files.contains(&file) && (rule.applies)(case))
}

impl std::fmt::Debug for Rule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rule")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}
