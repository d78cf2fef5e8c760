use serde::{Serialize, Serializer};

use super::{
    AccessControlError, CosmosCondition, EvmBasicCondition, EvmContractCondition, SolRpcCondition,
    expression::{Condition, sealed::Sealed},
    members::{Form, Members},
};

/// A condition of any type, for mixed lists. Its `conditionType` is neither hashed nor sent.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(tag = "conditionType", rename_all = "camelCase")]
pub enum UnifiedCondition {
    /// `evmBasic`
    EvmBasic(EvmBasicCondition),
    /// `evmContract`
    EvmContract(EvmContractCondition),
    /// `solRpc`
    SolRpc(SolRpcCondition),
    /// `cosmos`
    Cosmos(CosmosCondition),
}

impl UnifiedCondition {
    pub(super) fn check(&self) -> Result<(), AccessControlError> {
        match self {
            Self::EvmBasic(_) => Ok(()),
            Self::EvmContract(condition) => condition.check(),
            Self::SolRpc(condition) => condition.check(),
            Self::Cosmos(condition) => condition.check(),
        }
    }
}

impl Condition for UnifiedCondition {}

impl Sealed for UnifiedCondition {
    fn from_members(members: Members, form: Form) -> Result<Self, AccessControlError> {
        members.return_value_test()?;
        let found = match form {
            Form::Written => members.condition_type.0.clone(),
            Form::Canonical => members.recognize().map(str::to_owned),
        };
        match found.as_deref() {
            Some("evmBasic") => Sealed::from_members(members, form).map(Self::EvmBasic),
            Some("evmContract") => Sealed::from_members(members, form).map(Self::EvmContract),
            Some("solRpc") => Sealed::from_members(members, form).map(Self::SolRpc),
            Some("cosmos") => Sealed::from_members(members, form).map(Self::Cosmos),
            _ => Err(AccessControlError::ConditionType { found }),
        }
    }

    fn serialize_canonical<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::EvmBasic(condition) => condition.serialize(serializer),
            Self::EvmContract(condition) => condition.serialize(serializer),
            Self::SolRpc(condition) => condition.serialize(serializer),
            Self::Cosmos(condition) => condition.serialize(serializer),
        }
    }
}

impl From<EvmBasicCondition> for UnifiedCondition {
    fn from(condition: EvmBasicCondition) -> Self {
        Self::EvmBasic(condition)
    }
}

impl From<EvmContractCondition> for UnifiedCondition {
    fn from(condition: EvmContractCondition) -> Self {
        Self::EvmContract(condition)
    }
}

impl From<SolRpcCondition> for UnifiedCondition {
    fn from(condition: SolRpcCondition) -> Self {
        Self::SolRpc(condition)
    }
}

impl From<CosmosCondition> for UnifiedCondition {
    fn from(condition: CosmosCondition) -> Self {
        Self::Cosmos(condition)
    }
}
