//! Rules about auth methods and relayers.

use lit_sdk::auth_method::AuthMethodIdError;
use lit_types::{SdkErrorCode, constants::relay_status::FAILED};
use serde_json::Value;

use super::{
    Ours, Rule,
    conditions::{auth_method_type, hashed, is_provider_mint, jwt_claims, lacks_identity},
};
use crate::refusal::Refusal;

pub(super) const RULES: &[Rule] = &[
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
];
