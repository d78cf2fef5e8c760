use alloy_json_rpc::RpcError;
use alloy_primitives::{Address, B256, Bytes};
use alloy_provider::PendingTransactionError;
use alloy_transport::{TransportError, TransportErrorKind};

use crate::{Contract, ResolverEnvironment, Revert, RevertKind};

/// Why a call of a contract failed. `call` is the signature of the function.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ContractError {
    /// The contract refused. With a transaction: it was mined and failed, and its gas is spent; without: nothing was sent.
    #[error("{call} reverted: {revert}")]
    Reverted {
        /// The function.
        call: &'static str,
        /// The failed transaction.
        transaction: Option<B256>,
        /// The reason.
        revert: Revert,
    },
    /// The RPC could not be reached, or answered with an error. Nothing was sent.
    #[error("{call}: {source}")]
    Rpc {
        /// The function or the RPC method.
        call: &'static str,
        /// What the transport says.
        source: TransportError,
    },
    /// The node refused the transaction: not enough money, a nonce that another program has used, no signer for the sender.
    #[error("the transaction for {call} was refused: {source}")]
    Refused {
        /// The function.
        call: &'static str,
        /// What the node says.
        source: TransportError,
    },
    /// The connection failed while the transaction was handed over: it may be mined or not. Look at the nonce of the sender
    /// before repeating it.
    #[error(
        "the connection failed while sending the transaction for {call}, which may be mined: {source}"
    )]
    MaybeSent {
        /// The function.
        call: &'static str,
        /// What the transport says.
        source: TransportError,
    },
    /// The transaction was sent, and its receipt could not be had in time. It may be mined yet.
    #[error("transaction {transaction} for {call} was sent, but not seen in a block: {source}")]
    Unconfirmed {
        /// The function.
        call: &'static str,
        /// The transaction.
        transaction: B256,
        /// What happened while waiting.
        source: PendingTransactionError,
    },
    /// A transaction was mined, but its receipt lacks what it should have. The contracts are not those of the context.
    #[error("transaction {transaction} for {call} was mined, but {problem}")]
    BadReceipt {
        /// The function.
        call: &'static str,
        /// The transaction.
        transaction: B256,
        /// What is wrong with the receipt.
        problem: &'static str,
    },
    /// An answer is not what the function returns, or larger than what this crate reads.
    #[error("{call} answered with {problem}")]
    BadAnswer {
        /// The function.
        call: &'static str,
        /// What is wrong with the answer.
        problem: &'static str,
    },
    /// There is no code at the address of a contract.
    #[error(
        "there is no contract at {address}, where {contract} should be: wrong RPC, network or addresses"
    )]
    NoContract {
        /// The contract.
        contract: Contract,
        /// Where it should be.
        address: Address,
    },
    /// There is a contract, but another one.
    #[error("the contract at {address} is not {contract}: {source}")]
    WrongContract {
        /// The contract that should be there.
        contract: Contract,
        /// Where it should be.
        address: Address,
        /// What the one that is there answers.
        source: Box<ContractError>,
    },
    /// The context does not say where a contract is.
    #[error("the address of {0} is not known in this network context")]
    NoAddress(Contract),
    /// The RPC serves another chain than the context says.
    #[error(
        "the RPC serves chain {actual}, but the contracts of this network are on chain {expected}"
    )]
    WrongChain {
        /// The chain of the context.
        expected: u64,
        /// The chain of the RPC.
        actual: u64,
    },
    /// The resolver does not know a contract that every network has.
    #[error(
        "the resolver at {resolver} does not know {contract} in its environment {environment:?}"
    )]
    NotInResolver {
        /// The resolver.
        resolver: Address,
        /// The contract.
        contract: Contract,
        /// The environment that was asked for.
        environment: ResolverEnvironment,
    },
    /// The context has no resolver: see [`NetworkContext::with_resolver`](crate::NetworkContext::with_resolver).
    #[error("this network context has no resolver")]
    NoResolver,
    /// Nobody can sign: see [`LitContracts::with_sender`](crate::LitContracts::with_sender).
    #[error("sending a transaction needs a sender: use LitContracts::with_wallet or with_sender")]
    NoSender,
    /// The network has threshold 0, which is none.
    #[error("the network has no threshold: it has no active nodes yet")]
    NoThreshold,
    /// Fewer nodes than the threshold: the network cannot work.
    #[error("the network has {nodes} usable nodes, fewer than its threshold {threshold}")]
    TooFewNodes {
        /// Nodes with a usable address.
        nodes: usize,
        /// How many must agree.
        threshold: usize,
    },
    /// The PKP would belong to itself or to nobody, and no permission lets anybody sign: it could never be used. Or its
    /// owner would be the zero address.
    #[error("nobody could ever use this PKP: permit an auth method, or choose another owner")]
    UnusablePkp,
    /// A list that must not be empty is.
    #[error("{0} must not be empty")]
    Empty(&'static str),
}

impl ContractError {
    /// Whether the same call may succeed a little later: the connection failed, the RPC was busy, somebody else's
    /// transaction came first, or the mint cost has changed. False wherever a transaction may yet take effect.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Rpc { source, .. } => is_transient(source),
            Self::Refused { source, .. } => {
                is_transient(source)
                    || source.as_error_resp().is_some_and(|error| {
                        error.message.to_ascii_lowercase().contains("nonce too low")
                    })
            }
            Self::Reverted { revert, .. } => revert.kind() == RevertKind::WrongMintCost,
            _ => false,
        }
    }

    /// Why the contract refused, if that is what happened.
    #[must_use]
    pub const fn revert(&self) -> Option<&Revert> {
        match self {
            Self::Reverted { revert, .. } => Some(revert),
            _ => None,
        }
    }

    /// What the refusal of the contract means, if that is what happened.
    #[must_use]
    pub fn revert_kind(&self) -> Option<RevertKind> {
        self.revert().map(Revert::kind)
    }

    /// The transaction this is about, if one was sent.
    #[must_use]
    pub const fn transaction(&self) -> Option<B256> {
        match self {
            Self::Reverted { transaction, .. } => *transaction,
            Self::Unconfirmed { transaction, .. } | Self::BadReceipt { transaction, .. } => {
                Some(*transaction)
            }
            _ => None,
        }
    }

    /// An error before anything was sent.
    pub(crate) fn before_sending(call: &'static str, source: TransportError) -> Self {
        match revert_of(&source) {
            Some(revert) => Self::Reverted {
                call,
                transaction: None,
                revert,
            },
            None => Self::Rpc { call, source },
        }
    }

    /// An error of `eth_sendRawTransaction`.
    pub(crate) fn while_sending(call: &'static str, source: TransportError) -> Self {
        match &source {
            RpcError::ErrorResp(_)
            | RpcError::LocalUsageError(_)
            | RpcError::SerError(_)
            | RpcError::UnsupportedFeature(_) => Self::Refused { call, source },
            RpcError::NullResp | RpcError::DeserError { .. } | RpcError::Transport(_) => {
                Self::MaybeSent { call, source }
            }
        }
    }
}

/// Why a contract refused, if the error is a revert. Nodes say so in different ways: with data, or in the text alone.
pub(crate) fn revert_of(error: &TransportError) -> Option<Revert> {
    /// What geth and its descendants put before the reason.
    const PREFIX: &str = "execution reverted";
    /// The code of geth for a call that reverted.
    const EXECUTION_ERROR: i64 = 3;

    let response = error.as_error_resp()?;
    let data = response.as_revert_data().or_else(|| {
        (response.code == EXECUTION_ERROR)
            .then(|| response.try_data_as::<Bytes>()?.ok())
            .flatten()
    });
    match data {
        Some(data) if !data.is_empty() => Some(Revert::decode(&data)),
        _ => {
            let (_, reason) = response.message.split_once(PREFIX)?;
            let reason = reason.trim_start_matches([':', ' ']);
            Some(if reason.is_empty() {
                Revert::Empty
            } else {
                Revert::message(reason)
            })
        }
    }
}

/// Whether the same request may be answered a little later.
pub(crate) fn is_transient(error: &TransportError) -> bool {
    match error {
        RpcError::Transport(TransportErrorKind::NonRetryable(_))
        | RpcError::Transport(TransportErrorKind::PubsubUnavailable) => false,
        RpcError::Transport(kind) => kind
            .as_http_error()
            .is_none_or(|error| error.status == 429 || error.status >= 500),
        RpcError::ErrorResp(error) => error.is_retry_err(),
        RpcError::NullResp => true,
        _ => false,
    }
}
