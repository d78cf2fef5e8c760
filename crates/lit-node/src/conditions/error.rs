use lit_types::{NodeErrorCode, access_control::AccessControlError};

use super::ResolverError;
use crate::{CallError, refusal::Refusal};

/// Why a condition cannot be evaluated.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConditionError {
    #[error("no resolver configured for conditions of the chain {0}")]
    Chain(String),
    #[error("unknown method {method:?} of the standard {standard:?}, and no resolver configured")]
    Method { standard: String, method: String },
    #[error("no resolver configured for {0} conditions")]
    Foreign(&'static str),
    #[error("invalid contract address {0:?}")]
    Contract(String),
    #[error("{0} is only available inside Lit Actions")]
    NoAction(&'static str),
    #[error("invalid function parameters: {0}")]
    Parameters(String),
    #[error("the contract call failed")]
    Read(#[from] CallError),
    #[error("malformed contract result: {0}")]
    Output(String),
    #[error("invalid return value test: {0}")]
    Test(String),
    #[error("the condition resolver failed")]
    Resolver(#[from] ResolverError),
}

impl ConditionError {
    /// The code with which nodes report this.
    pub(crate) const fn node_error_code(&self) -> NodeErrorCode {
        match self {
            Self::Chain(_) | Self::Foreign(_) => NodeErrorCode::NodeChainNotSupported,
            Self::Contract(_) => NodeErrorCode::NodeConditionAddressConversionError,
            Self::NoAction(_) => NodeErrorCode::NodeInvalidSIWESpecialParam,
            Self::Parameters(_) => NodeErrorCode::NodeContractFunctionParamsEncodingError,
            Self::Read(_) => NodeErrorCode::NodeRpcError,
            Self::Test(_) => NodeErrorCode::NodeInvalidACCReturnValueTest,
            Self::Method { .. } | Self::Output(_) | Self::Resolver(_) => {
                NodeErrorCode::NodeAccessControlConditionsCheckFailed
            }
        }
    }
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
