use lit_actions::ActionError;
use lit_types::{NodeErrorCode, access_control::AccessControlError};

use super::ResolverError;
use crate::{CallError, refusal::Refusal};

/// Why a condition cannot be evaluated.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConditionError {
    #[error(
        "no RPC and no resolver configured for conditions of the chain {0}; pass --chain {0}=URL or --condition-resolver URL"
    )]
    Chain(String),
    #[error("no resolver configured for {0} conditions; pass --condition-resolver URL")]
    Foreign(&'static str),
    #[error(
        "no POAP service and no resolver configured; pass --poap URL or --condition-resolver URL"
    )]
    NoPoap,
    #[error(
        "no RPC and no resolver configured for Solana conditions that ask the chain; pass --solana-rpc URL or --condition-resolver URL"
    )]
    NoSolanaRpc,
    #[error("{0} conditions need the AuthSig of a {0} wallet")]
    OtherWallet(&'static str),
    #[error("Cosmos conditions of the chain {0} need the AuthSig of a wallet of that chain")]
    OtherCosmosChain(String),
    #[error("not an address of 20 bytes in hex: {0:?}")]
    Address(String),
    #[error("not a token id: {0:?}")]
    Token(String),
    #[error("not an account id, a number below 2^32: {0:?}")]
    Plan(String),
    #[error("not the bytes of a CID in hex: {0:?}")]
    Cid(String),
    #[error("missing parameter number {0}")]
    MissingParameter(usize),
    #[error("invalid function parameters: {0}")]
    Parameters(String),
    #[error("invalid function parameter: {0}")]
    Parameter(String),
    #[error("{function} takes {expected} parameters and is given {found}")]
    ParameterCount {
        function: String,
        expected: usize,
        found: usize,
    },
    #[error("the asker did not sign a SIWE message")]
    NoSiwe,
    #[error(
        "malformed resource in the SIWE message: expected two colons, as in litParam:name:value"
    )]
    Resource,
    #[error(
        "malformed resource {0} in the SIWE message: expected UTF-8 in base64url without padding"
    )]
    LitParam(String),
    #[error("the contract call failed")]
    Read(#[from] CallError),
    #[error("the contract call failed")]
    Call(#[source] CallError),
    #[error("malformed contract result: {0}")]
    Output(String),
    #[error("{0} cannot be compared")]
    Type(&'static str),
    #[error("invalid return value test: {0}")]
    Test(String),
    #[error("unknown CID {0}: upload the code to the network's IPFS first")]
    UnknownAction(String),
    #[error("cannot find the code of the Lit Action")]
    Code(#[from] crate::CodeError),
    #[error("the Lit Action failed")]
    Action(#[from] ActionError),
    #[error("unknown method {0:?} of Solana conditions")]
    SolanaMethod(String),
    #[error("malformed Solana condition: {0}")]
    Solana(&'static str),
    #[error("{service} did not answer: {reason}")]
    Service {
        service: &'static str,
        reason: String,
    },
    #[error("malformed answer from {0}")]
    ServiceAnswer(&'static str),
    #[error("the condition resolver failed")]
    Resolver(#[from] ResolverError),
}

impl ConditionError {
    /// The code with which nodes report this.
    pub(crate) const fn node_error_code(&self) -> NodeErrorCode {
        use NodeErrorCode as Code;
        match self {
            Self::Chain(_) | Self::Foreign(_) | Self::NoSolanaRpc => Code::NodeChainNotSupported,
            Self::OtherWallet(_) => Code::NodeInvalidUnifiedAuthSig,
            Self::OtherCosmosChain(_) => Code::NodeInvalidCosmosSDKSignature,
            Self::Address(_) => Code::NodeConditionAddressConversionError,
            Self::Token(_) => Code::NodeConditionTokenIdParsingError,
            Self::Plan(_) | Self::LitParam(_) => Code::NodeInvalidSIWESpecialParam,
            Self::Cid(_) | Self::UnknownAction(_) => Code::NodeInvalidIPFSID,
            Self::Resource => Code::NodeInvalidSIWEResource,
            Self::NoSiwe => Code::NodeSIWEMessageError,
            Self::MissingParameter(_) | Self::Parameters(_) => {
                Code::NodeContractFunctionParamsEncodingError
            }
            Self::Parameter(_) => Code::NodeConditionTokenizingError,
            Self::ParameterCount { .. } => Code::NodeMismatchParameters,
            Self::Call(_) => Code::NodeBlockchainError,
            Self::Read(_) | Self::Service { .. } | Self::ServiceAnswer(_) | Self::Solana(_) => {
                Code::NodeRpcError
            }
            Self::Output(_) => Code::NodeTokenEncodingDecodingError,
            Self::Type(_) => Code::NodeInvalidConditionTokenType,
            Self::Test(_) => Code::NodeInvalidACCReturnValueTest,
            Self::SolanaMethod(_) => Code::NodeInvalidSolanaRpcMethod,
            Self::Action(ActionError::Timeout { .. }) => Code::NodeJsTimeoutError,
            Self::Action(ActionError::MemoryLimit { .. }) => Code::NodeJsMemoryLimitError,
            Self::Action(_) => Code::NodeJsExecutionError,
            Self::Code(_) => Code::NodeSystemFault,
            Self::NoPoap | Self::Resolver(_) => Code::NodeAccessControlConditionsCheckFailed,
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
