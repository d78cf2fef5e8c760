use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// The kinds of node errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[allow(
    missing_docs,
    clippy::upper_case_acronyms,
    reason = "the names are the documentation, and the wire form"
)]
#[non_exhaustive]
pub enum NodeErrorKind {
    Unknown,
    Unexpected,
    Generic,
    IPFS,
    Io,
    Config,
    Validation,
    Conversion,
    Parser,
    Serializer,
    Lock,
    Timeout,
    Connect,
    MemoryLimit,
    Blockchain,
    Attestation,
    Certs,
    HttpClient,
    SevSnp,
}

macro_rules! node_errors {
    ($($name:ident = ($status:literal, $kind:ident),)*) => {
        /// The error codes of a node.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum NodeErrorCode {
            $(#[doc = concat!("HTTP ", stringify!($status), ", kind ", stringify!($kind), ".")] $name,)*
        }

        impl NodeErrorCode {
            /// All codes.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The name, which is the wire form.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => stringify!($name),)* }
            }

            /// The HTTP status a node answers with.
            #[must_use]
            pub const fn status(self) -> u16 {
                match self { $(Self::$name => $status,)* }
            }

            /// The kind a node usually reports with this code.
            #[must_use]
            pub const fn kind(self) -> NodeErrorKind {
                match self { $(Self::$name => NodeErrorKind::$kind,)* }
            }
        }
    };
}

node_errors! {
    NodeLitNodeClientNotReady = (400, Config),
    NodeHTTPConversionError = (400, Conversion),
    NodeTimestampConversionError = (400, Conversion),
    NodeUpdatePermanentCondition = (400, Generic),
    NodeInvalidUpdatingUser = (400, Generic),
    NodeConditionTokenIdParsingError = (400, Parser),
    NodeParserError = (400, Parser),
    NodeSIWECapabilityActionInvalid = (400, Parser),
    NodeSIWEMessageError = (400, Parser),
    NodeContractFunctionParamsEncodingError = (400, Parser),
    NodeLitActionsNotEnabled = (400, Unexpected),
    NodeUnknownError = (400, Unknown),
    NodeInvalidMultipleAuthSigs = (400, Validation),
    NodeInvalidED25519AuthSig = (400, Validation),
    NodeInvalidAuthSigSigningAlgo = (400, Validation),
    NodeInvalidUnifiedAuthSig = (400, Validation),
    NodeInvalidEthereumAuthSig = (400, Validation),
    NodeInvalidCosmosAuthSig = (400, Validation),
    NodeInvalidCosmosSDKSignature = (400, Validation),
    NodeInvalidKyveAuthSig = (400, Validation),
    NodeInvalidCheqdAuthSig = (400, Validation),
    NodeInvalidJunoAuthSig = (400, Validation),
    NodeInvalidSolanaAuthSig = (400, Validation),
    NodeAuthSigAddressConversionError = (400, Validation),
    NodeConditionAddressConversionError = (400, Validation),
    NodeInvalidIPFSID = (400, Validation),
    NodeAuthSigSignatureConversionError = (400, Validation),
    NodeAuthSigSessionKeyConversionError = (400, Validation),
    NodeAuthSigSignedMessageConversionError = (400, Validation),
    NodeInvalidAuthSigSessionKeySignature = (400, Validation),
    NodeInvalidUnifiedConditionType = (400, Validation),
    NodeInvalidBooleanConditionType = (400, Validation),
    NodeMissingAccessControlConditions = (400, Validation),
    NodeWrongNetwork = (400, Validation),
    NodeSIWECapabilityInvalid = (400, Validation),
    NodeSIWESigConversionError = (400, Validation),
    NodeSIWESessionKeySignatureInvalid = (400, Validation),
    NodeInvalidSIWEResource = (400, Validation),
    NodeInvalidSIWESpecialParam = (400, Validation),
    NodeSIWESpecialParamAddressConversionError = (400, Validation),
    NodeInvalidACCReturnValueTest = (400, Validation),
    NodeCosmosInvalidCondition = (400, Validation),
    NodeMismatchParameters = (400, Validation),
    NodeConditionTokenizingError = (400, Validation),
    NodeInvalidConditionTokenType = (400, Validation),
    NodeTokenEncodingDecodingError = (400, Validation),
    NodeInvalidSolanaRpcMethod = (400, Validation),
    NodeInvalidMetaplexCollectionAddress = (400, Validation),
    NodeTooManyConditions = (400, Validation),
    NodeActionNotAllowed = (400, Validation),
    NodePKPTokenIdNotFound = (400, Validation),
    NodeInvalidWebAuthnChallenge = (400, Validation),
    NodeInvalidCurveType = (400, Validation),
    NodeInvalidAuthSigForSessionKey = (400, Validation),
    NodeCannotProvideAuthMethodForEndpoint = (400, Validation),
    NodeCannotProvideAuthSigForEndpoint = (400, Validation),
    NodeAccessControlConditionsReturnedNotAuthorized = (401, Validation),
    NodeAuthFailed = (401, Validation),
    NodeInvalidAuthSig = (401, Validation),
    NodeAuthSigNotSupported = (401, Validation),
    NodeAuthSigScopeTooLimited = (401, Validation),
    NodeContractAuthsigUnauthorized = (401, Validation),
    NodeAdminUnauthorized = (401, Validation),
    NodePKPKeyTypeRequestNotSupported = (401, Validation),
    NodeLitActionsSessionSigAuthenticationFailed = (401, Validation),
    NodePKPNotAuthorized = (401, Validation),
    NodeInvalidPKPAddress = (401, Validation),
    NodeSignatureNotSupported = (401, Validation),
    NodeInvalidAuthContextResource = (401, Validation),
    NodeUndefinedSiweExpiration = (401, Validation),
    NodeStorageError = (403, Unexpected),
    NodeExpWrongOrTooLarge = (403, Validation),
    NodeIatOutsideGracePeriod = (403, Validation),
    NodeIncorrectAccessControlConditions = (403, Validation),
    NodeNotAuthorized = (403, Validation),
    NodeRpcConfigForbidden = (403, Validation),
    NodeEncryptedSymmetricKeyNotFound = (404, Validation),
    NodeResourceIdNotFound = (404, Validation),
    NodeBadInput = (422, Blockchain),
    NodeConcurrencyOverload = (429, Unexpected),
    NodeSerializationError = (500, Conversion),
    NodeSystemFault = (500, Unexpected),
    NodeDkgRoundTimeoutError = (500, Unexpected),
    NodePeerNotFound = (500, Unexpected),
    NodeEncryptionError = (500, Unexpected),
    NodeContractResolverConversionFailed = (500, Unexpected),
    NodeDkgRoundFailed = (500, Unexpected),
    NodeDKGInvalidValue = (500, Unexpected),
    NodeBLSRootKeyNotFound = (500, Unexpected),
    NodeNoKeyGenError = (500, Validation),
    NodeChainNotSupported = (501, Blockchain),
    NodeBlockchainError = (502, Blockchain),
    NodeBlockchainChainUnknown = (502, Blockchain),
    NodeJsConnectionError = (502, Connect),
    NodeOfflinePublicKeyConversionError = (502, Conversion),
    NodeRecoveryIdError = (502, Parser),
    NodeAuthContextFromSessionSigError = (502, Parser),
    NodeWalletSignatureJSONError = (502, Serializer),
    NodePOAPJSONError = (502, Serializer),
    NodeCosmosJSONError = (502, Serializer),
    NodeCosmosResponseBodyError = (502, Unexpected),
    NodeCosmosBlockHeightRequestError = (502, Unexpected),
    NodeCosmosBlockHeightParseError = (502, Unexpected),
    NodeCosmosUrlEncodingError = (502, Unexpected),
    NodeSolanaNFTMetadataError = (502, Unexpected),
    NodeBlsNoEeidError = (502, Unexpected),
    NodeBlsWrongEpochError = (502, Unexpected),
    NodeBlsParticipantUninitialized = (502, Unexpected),
    NodeAccessControlConditionsCheckFailed = (502, Validation),
    NodeRpcError = (502, Validation),
    NodeJsExecutionError = (502, Validation),
    NodeJsTimeoutError = (502, Validation),
    NodeJsMemoryLimitError = (502, Validation),
    NodeInvalidPeerId = (502, Validation),
    NodeInvalidBlockhash = (502, Validation),
    CoreFatal = (500, Unexpected),
    CoreUnexpected = (500, Unexpected),
    CoreApiUnexpected = (400, Unexpected),
    CoreApiRouteNotFound = (404, Unexpected),
    CoreApiMissingRequiredXRequestIdHeader = (400, Validation),
    CoreApiInvalidXSDKVersionHeader = (400, Validation),
    CoreApiHttpClientTimeout = (500, Timeout),
    CoreApiHttpClientConnectFailed = (500, Connect),
}

impl fmt::Display for NodeErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for NodeErrorCode {
    type Err = UnknownNodeErrorCode;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .iter()
            .copied()
            .find(|code| code.as_str() == text)
            .ok_or(UnknownNodeErrorCode)
    }
}

/// An unknown error code. Nodes may have codes of their own, so keep the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("unknown node error code")]
pub struct UnknownNodeErrorCode;

/// A node's JSON error answer.
///
/// Every member but the message may be missing: nodes also answer in shorter forms.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct NodeErrorBody {
    /// The kind, by name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_kind: Option<String>,
    /// The code, by name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_code: Option<String>,
    /// The HTTP status.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The text of the code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The request id, echoed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub correlation_id: Option<String>,
    /// Free-text details from inside the node.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub details: Vec<String>,
}

impl NodeErrorBody {
    /// Creates the answer to a refused request. The message is also its only detail.
    #[must_use]
    pub fn new(code: NodeErrorCode, message: impl Into<String>) -> Self {
        let message = message.into();
        Self {
            error_kind: Some(format!("{:?}", code.kind())),
            error_code: Some(code.as_str().to_owned()),
            status: Some(code.status()),
            details: vec![message.clone()],
            message: Some(message),
            correlation_id: None,
        }
    }
}
