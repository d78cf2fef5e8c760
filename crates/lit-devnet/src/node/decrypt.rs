use alloy_primitives::Address;
use lit_session_crypto::{Operation, encryption_resource};
use lit_types::{
    AuthSig, AuthSigKind, Clock, CompactJson, LitResource, NodeErrorCode,
    access_control::{AccessControlConditions, AccessControlError, ConditionsKind, MAX_CONDITIONS},
    wire::{EncryptionSignRequest, EncryptionSignResponse},
};
use serde_json::{Map, Value};

use super::{Incoming, Node, Refusal, capacity, off_runtime, to_json};
use crate::{
    auth::verify_login,
    conditions::{Asker, ConditionError},
};

/// The status of a request without a capacity credit.
const UNPAID: u16 = 402;

impl Node {
    /// Returns a share of the signature that decrypts. `read` extracts the AuthSig, in the form that this version of the endpoint
    /// accepts.
    pub(super) async fn encryption_sign(
        &self,
        request: &Incoming,
        read: fn(&Map<String, Value>) -> Result<AuthSig, Refusal>,
    ) -> Result<(u16, Vec<u8>), Refusal> {
        let auth_sig = read(&request.parse()?)?;
        // Parsed again, because a JSON map would lose the order of the conditions' members.
        let body: EncryptionSignRequest = request.parse()?;
        let conditions = conditions_of(&body)?;
        let resource = encrypted_as(&conditions, &body.data_to_encrypt_hash)?;
        let asker = Asker {
            address: self.asker(auth_sig, &resource).await?,
            action: None,
        };
        self.require_met(&conditions, asker).await?;
        let identity = resource.key().into_bytes();
        let answer = EncryptionSignResponse {
            result: "success".to_owned(),
            signature_share: self.bls_share(identity, body.epoch).await?,
            share_index: self.signer.share_index(),
        };
        Ok((200, to_json(&answer)))
    }

    /// The address that asks: by a session for this resource or for all resources, or by a wallet that logged in.
    async fn asker(&self, auth_sig: AuthSig, resource: &LitResource) -> Result<Address, Refusal> {
        if auth_sig.kind() == AuthSigKind::Session {
            let operation = Operation::decrypt(resource.id());
            let caller = self.caller(auth_sig, &operation, UNPAID).await?;
            return Ok(caller.session.address);
        }
        let now = self.shared.clock.now();
        let address = verify_login(&auth_sig, now)?;
        if self.shared.capacity_enforced {
            let chain = self.shared.chain.clone();
            off_runtime(move || capacity::check_wallet(&chain, address, now, UNPAID)).await?;
        }
        Ok(address)
    }

    pub(super) async fn require_met(
        &self,
        conditions: &AccessControlConditions,
        asker: Asker<'_>,
    ) -> Result<(), Refusal> {
        if self.shared.conditions.are_met(conditions, asker).await? {
            return Ok(());
        }
        let code = NodeErrorCode::NodeAccessControlConditionsReturnedNotAuthorized;
        Err(Refusal::coded(
            code,
            "the access control conditions are not met",
        ))
    }
}

/// The conditions of a request, of the first kind present.
fn conditions_of(body: &EncryptionSignRequest) -> Result<AccessControlConditions, Refusal> {
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

impl From<AccessControlError> for Refusal {
    fn from(error: AccessControlError) -> Self {
        let code = match &error {
            AccessControlError::TooMany(_) => NodeErrorCode::NodeTooManyConditions,
            AccessControlError::Empty => NodeErrorCode::NodeMissingAccessControlConditions,
            AccessControlError::Structure { .. } | AccessControlError::Operator(_) => {
                NodeErrorCode::NodeInvalidBooleanConditionType
            }
            AccessControlError::Comparator(_) | AccessControlError::NotACondition => {
                NodeErrorCode::NodeInvalidACCReturnValueTest
            }
            AccessControlError::ConditionType { .. } => {
                NodeErrorCode::NodeInvalidUnifiedConditionType
            }
            _ => NodeErrorCode::NodeBadInput,
        };
        Self::coded(code, error)
    }
}

impl From<ConditionError> for Refusal {
    fn from(error: ConditionError) -> Self {
        Self::caused(error.node_error_code(), &error)
    }
}
