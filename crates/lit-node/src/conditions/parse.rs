use lit_session_crypto::encryption_resource;
use lit_types::{
    CompactJson, LitResource, NodeErrorCode,
    access_control::{AccessControlConditions, AccessControlError, ConditionsKind, MAX_CONDITIONS},
    wire::EncryptionSignRequest,
};

use crate::refusal::Refusal;

/// The conditions of a request, of the first kind present.
pub(crate) fn conditions_of(
    body: &EncryptionSignRequest,
) -> Result<AccessControlConditions, Refusal> {
    let member = |kind| match kind {
        ConditionsKind::EvmBasic => body.access_control_conditions.as_ref(),
        ConditionsKind::EvmContract => body.evm_contract_conditions.as_ref(),
        ConditionsKind::SolRpc => body.sol_rpc_conditions.as_ref(),
        ConditionsKind::Unified => body.unified_access_control_conditions.as_ref(),
    };
    let mut given = ConditionsKind::ALL
        .into_iter()
        .filter_map(|kind| Some((kind, member(kind)?)));
    let Some((kind, list)) = given.next() else {
        return Err(Refusal::coded(
            NodeErrorCode::NodeMissingAccessControlConditions,
            "missing access control conditions",
        ));
    };
    parse_conditions(kind, list)
}

/// Parses conditions, at most [`MAX_CONDITIONS`].
pub(crate) fn parse_conditions(
    kind: ConditionsKind,
    list: &CompactJson,
) -> Result<AccessControlConditions, Refusal> {
    let conditions = AccessControlConditions::from_canonical_json(kind, list.as_str())?;
    match conditions.count() {
        count if count > MAX_CONDITIONS => Err(AccessControlError::TooMany(count).into()),
        _ => Ok(conditions),
    }
}

/// The resource of data with this hash, encrypted under these conditions.
pub(crate) fn encrypted_as(
    conditions: &AccessControlConditions,
    data_hash: &str,
) -> Result<LitResource, Refusal> {
    let mut hash = [0; 32];
    hex::decode_to_slice(data_hash, &mut hash).map_err(|_| {
        let code = NodeErrorCode::NodeBadInput;
        Refusal::coded(code, "malformed dataToEncryptHash: expected 64 hex digits")
    })?;
    Ok(encryption_resource(conditions, &hash))
}
