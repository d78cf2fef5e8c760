use std::fmt;

use serde::{Serialize, Serializer};

/// The kinds of errors of the official client.
#[doc(alias = "LIT_ERROR_KIND")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[allow(missing_docs, reason = "the names are the documentation")]
#[non_exhaustive]
pub enum SdkErrorKind {
    Unknown,
    Unexpected,
    Generic,
    Config,
    Validation,
    Conversion,
    Parser,
    Serializer,
    Timeout,
}

impl SdkErrorKind {
    /// All kinds.
    pub const ALL: [Self; 9] = [
        Self::Unknown,
        Self::Unexpected,
        Self::Generic,
        Self::Config,
        Self::Validation,
        Self::Conversion,
        Self::Parser,
        Self::Serializer,
        Self::Timeout,
    ];
}

impl fmt::Display for SdkErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

macro_rules! sdk_errors {
    ($($name:ident = ($key:literal, $code:literal, $kind:ident),)*) => {
        /// The error codes of the official JavaScript client (7.4.0).
        ///
        /// Errors of this workspace name their official counterpart, if there is one, in `sdk_code()`.
        #[doc(alias = "LIT_ERROR")]
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum SdkErrorCode {
            $(#[doc = concat!("`", $code, "`, kind ", stringify!($kind), ".")] $name,)*
        }

        impl SdkErrorCode {
            /// All codes.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The class name: `InvalidParamType`.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => stringify!($name),)* }
            }

            /// The key in `LIT_ERROR`: `INVALID_PARAM_TYPE`.
            #[must_use]
            pub const fn key(self) -> &'static str {
                match self { $(Self::$name => $key,)* }
            }

            /// The code: `invalid_param_type`.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            /// The kind.
            #[must_use]
            pub const fn kind(self) -> SdkErrorKind {
                match self { $(Self::$name => SdkErrorKind::$kind,)* }
            }
        }
    };
}

sdk_errors! {
    InvalidParamType = ("INVALID_PARAM_TYPE", "invalid_param_type", Validation),
    InvalidAccessControlConditions = ("INVALID_ACCESS_CONTROL_CONDITIONS", "invalid_access_control_conditions", Validation),
    WrongNetworkException = ("WRONG_NETWORK_EXCEPTION", "wrong_network_exception", Validation),
    MintingNotSupported = ("MINTING_NOT_SUPPORTED", "minting_not_supported", Validation),
    UnsupportedChainException = ("UNSUPPORTED_CHAIN_EXCEPTION", "unsupported_chain_exception", Validation),
    InvalidUnifiedConditionType = ("INVALID_UNIFIED_CONDITION_TYPE", "invalid_unified_condition_type", Validation),
    LitNodeClientNotReadyError = ("LIT_NODE_CLIENT_NOT_READY_ERROR", "lit_node_client_not_ready_error", Unexpected),
    UnauthorizedException = ("UNAUTHORIZED_EXCEPTION", "unauthorized_exception", Validation),
    InvalidArgumentException = ("INVALID_ARGUMENT_EXCEPTION", "invalid_argument_exception", Validation),
    InvalidBooleanException = ("INVALID_BOOLEAN_EXCEPTION", "invalid_boolean_exception", Validation),
    UnknownError = ("UNKNOWN_ERROR", "unknown_error", Unknown),
    NoWalletException = ("NO_WALLET_EXCEPTION", "no_wallet_exception", Validation),
    WrongParamFormat = ("WRONG_PARAM_FORMAT", "wrong_param_format", Validation),
    LocalStorageItemNotFoundException = ("LOCAL_STORAGE_ITEM_NOT_FOUND_EXCEPTION", "local_storage_item_not_found_exception", Unexpected),
    LocalStorageItemNotSetException = ("LOCAL_STORAGE_ITEM_NOT_SET_EXCEPTION", "local_storage_item_not_set_exception", Unexpected),
    LocalStorageItemNotRemovedException = ("LOCAL_STORAGE_ITEM_NOT_REMOVED_EXCEPTION", "local_storage_item_not_removed_exception", Unexpected),
    RemovedFunctionError = ("REMOVED_FUNCTION_ERROR", "removed_function_error", Validation),
    UnsupportedMethodError = ("UNSUPPORTED_METHOD_ERROR", "unsupported_method_error", Validation),
    LitNodeClientBadConfigError = ("LIT_NODE_CLIENT_BAD_CONFIG_ERROR", "lit_node_client_bad_config_error", Config),
    ParamsMissingError = ("PARAMS_MISSING_ERROR", "params_missing_error", Validation),
    UnknownSignatureType = ("UNKNOWN_SIGNATURE_TYPE", "unknown_signature_type", Validation),
    UnknownSignatureError = ("UNKNOWN_SIGNATURE_ERROR", "unknown_signature_error", Validation),
    InvalidSignatureError = ("INVALID_SIGNATURE_ERROR", "invalid_signature_error", Validation),
    ParamNullError = ("PARAM_NULL_ERROR", "param_null_error", Validation),
    UnknownDecryptionAlgorithmTypeError = ("UNKNOWN_DECRYPTION_ALGORITHM_TYPE_ERROR", "unknown_decryption_algorithm_type_error", Validation),
    WasmInitError = ("WASM_INIT_ERROR", "wasm_init_error", Unexpected),
    NodejsException = ("NODEJS_EXCEPTION", "nodejs_exception", Unexpected),
    NodeError = ("NODE_ERROR", "node_error", Unknown),
    WalletSignatureNotFoundError = ("WALLET_SIGNATURE_NOT_FOUND_ERROR", "wallet_signature_not_found_error", Validation),
    NoValidShares = ("NO_VALID_SHARES", "no_valid_shares", Unexpected),
    InvalidNodeAttestation = ("INVALID_NODE_ATTESTATION", "invalid_node_attestation", Unexpected),
    InvalidEthBlockhash = ("INVALID_ETH_BLOCKHASH", "invalid_eth_blockhash", Unexpected),
    InvalidSessionSigs = ("INVALID_SESSION_SIGS", "invalid_session_sigs", Validation),
    InitError = ("INIT_ERROR", "init_error", Unexpected),
    NetworkError = ("NETWORK_ERROR", "network_error", Unexpected),
    TransactionError = ("TRANSACTION_ERROR", "transaction_error", Unexpected),
    AutomationError = ("AUTOMATION_ERROR", "automation_error", Unexpected),
}

impl Serialize for SdkErrorCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}
