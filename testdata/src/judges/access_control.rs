use lit_session_crypto::{conditions_hash, data_hash, encryption_resource as resource};
use lit_types::{
    CompactJson, LitResource, SdkErrorCode,
    access_control::{
        AccessControlConditions, AccessControlError, ConditionsKind, EvmBasicCondition,
    },
};
use serde::Deserialize;
use serde_json::{Value, json, value::RawValue};

use super::{bytes32, json_text};
use crate::{
    case::{Case, parse},
    compare::Outcome,
    refusal::Refusal,
};

/// Conditions as the vectors write them, and what is encrypted under them.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Input {
    // `null` says that there are none; a case that says nothing is malformed.
    #[serde(deserialize_with = "Option::deserialize")]
    kind: Option<String>,
    #[serde(deserialize_with = "Option::deserialize")]
    conditions: Option<Box<RawValue>>,
    data_to_encrypt_hash: Option<String>,
    data_hex: Option<String>,
}

impl Input {
    fn conditions(&self) -> Result<AccessControlConditions, Refusal> {
        let (Some(kind), Some(conditions)) = (&self.kind, &self.conditions) else {
            return Err(Refusal::NotExpressible("no conditions"));
        };
        if kind == "all" {
            return first_of(conditions.get());
        }
        let kind = ConditionsKind::ALL
            .into_iter()
            .find(|known| known.member() == kind)
            .ok_or_else(|| Refusal::Malformed(format!("unknown kind {kind}")))?;
        Ok(AccessControlConditions::from_json(kind, conditions.get())?)
    }
}

/// Of parameters that have several lists, the one that counts.
fn first_of(params: &str) -> Result<AccessControlConditions, Refusal> {
    let lists: std::collections::HashMap<String, CompactJson> = parse("conditions", params)?;
    let given = |kind: ConditionsKind| Some((kind, lists.get(kind.member())?));
    let (kind, list) = ConditionsKind::ALL
        .into_iter()
        .find_map(given)
        .ok_or(Refusal::NotExpressible("no conditions"))?;
    Ok(AccessControlConditions::from_json(kind, list.as_str())?)
}

/// acc-hash: the canonical form, its hash, and the resource.
pub(super) fn hash(case: &Case) -> Outcome {
    let input: Input = case.input()?;
    let conditions = input.conditions()?;
    let canonical = conditions.canonical();
    reads_again(&conditions, &canonical)?;
    let hash = conditions_hash(&conditions);
    let mut result = json!({ "canonicalJson": canonical.as_str(), "hash": hex::encode(hash) });
    if let Some(data_hash) = &input.data_to_encrypt_hash {
        if data_hash.is_empty() {
            return Err(Refusal::NotExpressible("no data hash"));
        }
        let resource = LitResource::access_control_condition(&hash, &bytes32(data_hash)?);
        result["resourceString"] = resource.id().into();
        result["resourceKey"] = resource.key().into();
        if conditions.kind() == ConditionsKind::EvmBasic {
            result["generateResourceString"] = resource.id().into();
        }
    }
    Ok(result)
}

/// What a client sends is what a node reads, hashes, and what can be stored in between.
fn reads_again(
    conditions: &AccessControlConditions,
    canonical: &CompactJson,
) -> Result<(), Refusal> {
    let kind = conditions.kind();
    let at_node = AccessControlConditions::from_canonical_json(kind, canonical.as_str())?;
    let stored: AccessControlConditions = parse("stored", &json_text(conditions)?)?;
    if at_node != *conditions || stored != *conditions {
        return Err(Refusal::Malformed(format!(
            "{canonical:?} reads as {at_node:?}"
        )));
    }
    Ok(())
}

/// acc-boolean: lists of conditions and operators that are expressions, and lists that are none.
pub(super) fn boolean(case: &Case) -> Outcome {
    #[derive(Deserialize)]
    struct Input {
        tokens: Vec<Value>,
    }
    let list = items(&case.input::<Input>()?.tokens)?;
    let kind = ConditionsKind::EvmBasic;
    match AccessControlConditions::from_json(kind, &list.to_string()) {
        Ok(_) => Ok(json!({ "valid": true, "safeParams": "SUCCESS" })),
        Err(
            AccessControlError::Empty
            | AccessControlError::Operator(_)
            | AccessControlError::Structure { .. },
        ) => {
            let code = SdkErrorCode::InvalidBooleanException;
            let error = json!({
                "name": code.name(),
                "code": code.code(),
                "kind": code.kind().to_string(),
            });
            Ok(json!({ "valid": false, "safeParams": error }))
        }
        Err(error) => Err(error.into()),
    }
}

/// The conditions that tokens stand for.
fn items(tokens: &[Value]) -> Result<Value, Refusal> {
    let condition = json_text(&EvmBasicCondition::wallet_is("ethereum", "0x01"))?;
    let item = |token: &Value| match token {
        Value::String(token) if token == "C" => parse("condition", &condition),
        Value::String(operator) => Ok(json!({ "operator": operator })),
        Value::Array(tokens) => items(tokens),
        other => Err(Refusal::Malformed(format!("unknown token {other}"))),
    };
    tokens.iter().map(item).collect()
}

/// encryption-resource: the resource of a plaintext under conditions.
pub(super) fn encryption_resource(case: &Case) -> Outcome {
    let input: Input = case.input()?;
    let conditions = input.conditions()?;
    let data = input.data_hex.unwrap_or_default();
    let data = hex::decode(data).map_err(|error| Refusal::Malformed(error.to_string()))?;
    let data_hash = data_hash(&data);
    Ok(json!({
        "key": resource(&conditions, &data_hash).key(),
        "dataHash": hex::encode(data_hash),
    }))
}
