use std::collections::{BTreeMap, BTreeSet};

use lit_types::{
    LitAbility, LitNetwork, NodeErrorCode, ResourcePrefix, SdkErrorCode, SdkErrorKind,
    chains::EVM_CHAINS,
    constants::{
        AUTH_SIGNATURE_BODY, AuthMethodScope, AuthMethodType, CAPACITY_DELEGATION_URI,
        FALLBACK_IPFS_GATEWAYS, SESSION_KEY_URI_PREFIX, curves, relay_status, storage_keys,
    },
    wire::Endpoint,
};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{case::Case, compare::Outcome, refusal::Refusal};

/// error-table: the errors of the official client and its constants.
pub(super) fn judge(case: &Case) -> Outcome {
    #[derive(Deserialize)]
    struct Input {
        table: String,
        key: String,
    }
    let Input { table, key } = case.input()?;
    match table.as_str() {
        "LIT_ERROR" => error(&key),
        "constant" => constant(&key),
        _ => Err(Refusal::Malformed(format!("unknown table {table}"))),
    }
}

fn error(key: &str) -> Outcome {
    let code = SdkErrorCode::ALL.iter().find(|code| code.key() == key);
    let Some(&code) = code else {
        return Err(Refusal::Malformed(format!("we have no error {key}")));
    };
    // The sample is made with the arguments the official one was made with.
    let sample = json!({
        "name": code.name(),
        "message": "message arg: root",
        "shortMessage": "message arg",
        "code": code,
        "kind": code.kind(),
        "info": { "a": 1 },
    });
    Ok(json!({
        "name": code.name(),
        "code": code.code(),
        "kind": code.kind(),
        "exported": true,
        "sample": sample,
    }))
}

fn constant(key: &str) -> Outcome {
    Ok(match key {
        "AUTH_METHOD_SCOPE" => {
            use AuthMethodScope::{NoPermissions, PersonalSign, SignAnything};
            by_name([NoPermissions, SignAnything, PersonalSign], |scope| {
                json!(scope as u8)
            })
        }
        "AUTH_METHOD_TYPE" => by_name(AuthMethodType::ALL, |method| json!(method as u8)),
        "AUTH_SIGNATURE_BODY" => AUTH_SIGNATURE_BODY.into(),
        "FALLBACK_IPFS_GATEWAYS" => json!(FALLBACK_IPFS_GATEWAYS),
        "GLOBAL_OVERWRITE_IPFS_CODE_BY_NETWORK" => per_network(|_| false.into()),
        "LIT_ABILITY" => renamed(
            by_name(LitAbility::ALL, |ability| ability.as_str().into()),
            &[("PkpSigning", "PKPSigning")],
        ),
        "LIT_AUTH_SIG_CHAIN_KEYS" => json!(["ethereum", "solana", "cosmos", "kyve"]),
        "LIT_CHAINS.chainId" => EVM_CHAINS
            .iter()
            .copied()
            .collect::<BTreeMap<_, _>>()
            .into_iter()
            .collect(),
        "LIT_CURVE" => json!({
            "BLS": curves::BLS,
            "EcdsaK256": curves::ECDSA_K256,
            "EcdsaCaitSith": curves::ECDSA_CAIT_SITH,
            "EcdsaCAITSITHP256": curves::ECDSA_CAIT_SITH_P256,
        }),
        "LIT_ENDPOINT" => Endpoint::ALL.into_iter().filter_map(endpoint).collect(),
        "LIT_ERROR_CODE" => {
            json!({ "NODE_NOT_AUTHORIZED": NodeErrorCode::NodeNotAuthorized.as_str() })
        }
        "LIT_ERROR_KIND" => by_name(SdkErrorKind::ALL, |kind| json!(kind)),
        "LIT_NAMESPACE" => same(LitAbility::ALL.map(|ability| ability.recap_ability().0)),
        "LIT_NETWORK" => by_name(networks(), |network| network.profile().name.into()),
        "LIT_RECAP_ABILITY" => same(LitAbility::ALL.map(|ability| ability.recap_ability().1)),
        "LIT_RESOURCE_PREFIX" => renamed(
            by_name(ResourcePrefix::ALL, |prefix| prefix.as_str().into()),
            &[("Pkp", "PKP"), ("RateLimitIncrease", "RLI")],
        ),
        "LIT_SESSION_KEY_URI" => SESSION_KEY_URI_PREFIX.into(),
        "LOCAL_STORAGE_KEYS" => json!({
            "AUTH_COSMOS_SIGNATURE": storage_keys::AUTH_COSMOS_SIGNATURE,
            "AUTH_SIGNATURE": storage_keys::AUTH_SIGNATURE,
            "AUTH_SOL_SIGNATURE": storage_keys::AUTH_SOL_SIGNATURE,
            "KEY_PAIR": storage_keys::KEY_PAIR,
            "SESSION_KEY": storage_keys::SESSION_KEY,
            "WALLET_SIGNATURE": storage_keys::WALLET_SIGNATURE,
            "WEB3_PROVIDER": storage_keys::WEB3_PROVIDER,
        }),
        "PROVIDER_TYPE" => renamed(
            AuthMethodType::ALL
                .into_iter()
                .filter_map(|method| Some((format!("{method:?}"), method.provider_name()?)))
                .collect(),
            &[
                ("AppleJwt", "Apple"),
                ("GoogleJwt", "Google"),
                ("StytchTotpFactorOtp", "StytchTotpFactor"),
            ],
        ),
        "RELAYER_URL_BY_NETWORK" => per_network(|network| network.profile().relayer_url.into()),
        "RELAY_AUTH_STATUS" => same([
            relay_status::IN_PROGRESS,
            relay_status::SUCCEEDED,
            relay_status::FAILED,
        ]),
        "SIWE_DELEGATION_URI" => CAPACITY_DELEGATION_URI.into(),
        "VMTYPE" => same(["EVM", "SVM", "CVM"]),
        _ => return Err(Refusal::Malformed(format!("unknown constant {key}"))),
    })
}

/// The networks that the official client of this version knows; those before Datil are gone from it.
fn networks() -> impl Iterator<Item = LitNetwork> {
    use LitNetwork::{Cayenne, Habanero, Manzano};
    LitNetwork::ALL
        .into_iter()
        .filter(|network| !matches!(network, Habanero | Manzano | Cayenne))
}

fn per_network(value: impl Fn(LitNetwork) -> Value) -> Value {
    networks()
        .map(|network| (network.profile().name, value(network)))
        .collect()
}

/// The official key, and path and version, which are one text in ours.
fn endpoint(endpoint: Endpoint) -> Option<(&'static str, Value)> {
    let key = match endpoint {
        Endpoint::Handshake => "HANDSHAKE",
        Endpoint::SignSessionKey => "SIGN_SESSION_KEY",
        Endpoint::Execute => "EXECUTE_JS",
        Endpoint::PkpSign => "PKP_SIGN",
        Endpoint::PkpClaim => "PKP_CLAIM",
        Endpoint::SignAccessControlCondition => "SIGN_ACCS",
        Endpoint::EncryptionSign => "ENCRYPTION_SIGN",
        _ => return None,
    };
    let (path, version) = endpoint.path().split_at(endpoint.path().rfind('/')?);
    Some((key, json!({ "path": path, "version": version })))
}

/// An object with the names of our variants, which are mostly the official ones, as keys.
fn by_name<T: std::fmt::Debug + Copy>(
    items: impl IntoIterator<Item = T>,
    value: impl Fn(T) -> Value,
) -> Value {
    items
        .into_iter()
        .map(|item| (format!("{item:?}"), value(item)))
        .collect()
}

/// The object with some keys spelled as the official client spells them.
fn renamed(mut object: Value, names: &[(&str, &str)]) -> Value {
    if let Value::Object(members) = &mut object {
        for (ours, official) in names {
            if let Some(value) = members.remove(*ours) {
                members.insert((*official).to_owned(), value);
            }
        }
    }
    object
}

/// An object in which every text is its own key.
fn same(texts: impl IntoIterator<Item = &'static str>) -> Value {
    texts
        .into_iter()
        .collect::<BTreeSet<_>>()
        .into_iter()
        .map(|text| (text, text))
        .collect()
}
