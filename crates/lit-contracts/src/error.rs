use alloy_json_rpc::RpcError;
use alloy_primitives::{Address, B256, Bytes};
use alloy_provider::PendingTransactionError;
use alloy_transport::{TransportError, TransportErrorKind};

use crate::{Contract, ResolverEnvironment, Revert, RevertKind};

/// A failed call of a contract. `call` is the signature of the function.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ContractError {
    /// The contract refused. If `transaction` is set, it was mined, failed and used its gas; otherwise nothing was sent.
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
    #[error("cannot call {call}")]
    Rpc {
        /// The function or the RPC method.
        call: &'static str,
        /// The cause.
        source: TransportError,
    },
    /// The sender cannot pay value and gas of the transaction. Nothing was sent.
    #[error("insufficient funds: send money to {sender} to pay for {call}")]
    InsufficientFunds {
        /// The account that pays.
        sender: Address,
        /// The function.
        call: &'static str,
        /// The node's answer.
        source: TransportError,
    },
    /// The node refused the transaction: a nonce that another program has used, or no signer for the sender.
    #[error("the node refused the transaction for {call}")]
    Refused {
        /// The function.
        call: &'static str,
        /// The node's answer.
        source: TransportError,
    },
    /// The connection failed while the transaction was sent: it may be mined or not. Look at the nonce of the sender before
    /// repeating it.
    #[error("connection lost while sending the transaction for {call}; it may be mined")]
    MaybeSent {
        /// The function.
        call: &'static str,
        /// The cause.
        source: TransportError,
    },
    /// The transaction was sent, but no receipt arrived in time. It may be mined later.
    #[error("transaction {transaction} for {call} was sent, but not seen in a block")]
    Unconfirmed {
        /// The function.
        call: &'static str,
        /// The transaction.
        transaction: B256,
        /// The cause.
        source: PendingTransactionError,
    },
    /// A transaction was mined, but its receipt lacks an expected event. The contracts are not those of the context.
    #[error("transaction {transaction} for {call} was mined, but {problem}")]
    BadReceipt {
        /// The function.
        call: &'static str,
        /// The transaction.
        transaction: B256,
        /// The problem.
        problem: &'static str,
    },
    /// An answer does not have the type that the function returns, or is larger than this crate reads.
    #[error("{call} answered with {problem}")]
    BadAnswer {
        /// The function.
        call: &'static str,
        /// The problem.
        problem: &'static str,
    },
    /// No code is deployed at the address of a contract.
    #[error("no contract at {address}, the address of {contract}: wrong RPC, network or addresses")]
    NoContract {
        /// The contract.
        contract: Contract,
        /// Its address.
        address: Address,
    },
    /// Another contract is deployed at the address.
    #[error("the contract at {address} is not {contract}")]
    WrongContract {
        /// The expected contract.
        contract: Contract,
        /// Its address.
        address: Address,
        /// The failed call.
        source: Box<ContractError>,
    },
    /// The context lacks the address of a contract.
    #[error("this network context lacks the address of {0}")]
    NoAddress(Contract),
    /// The RPC serves a different chain from that of the context.
    #[error("the RPC serves chain {actual}, but this network is on chain {expected}")]
    WrongChain {
        /// The chain of the context.
        expected: u64,
        /// The chain of the RPC.
        actual: u64,
    },
    /// The resolver does not know a required contract.
    #[error(
        "the resolver at {resolver} does not know {contract} in its environment {environment:?}"
    )]
    NotInResolver {
        /// The resolver.
        resolver: Address,
        /// The contract.
        contract: Contract,
        /// The environment.
        environment: ResolverEnvironment,
    },
    /// The context has no resolver: see [`NetworkContext::with_resolver`](crate::NetworkContext::with_resolver).
    #[error("this network context has no resolver")]
    NoResolver,
    /// No sender is set: see [`LitContracts::with_sender`](crate::LitContracts::with_sender).
    #[error("sending a transaction needs a sender: use LitContracts::with_wallet or with_sender")]
    NoSender,
    /// The threshold of the network is 0.
    #[error("the threshold of the network is 0: it has no active nodes yet")]
    NoThreshold,
    /// Fewer usable nodes than the threshold: the network cannot work.
    #[error("the network has {nodes} usable nodes, fewer than its threshold {threshold}")]
    TooFewNodes {
        /// The usable nodes.
        nodes: usize,
        /// The threshold.
        threshold: usize,
    },
    /// Nobody could ever use the PKP: it would belong to itself or to nobody without a permission to sign, or to the zero
    /// address.
    #[error("nobody could ever use this PKP: permit an auth method, or choose another owner")]
    UnusablePkp,
    /// The RPC URL of the context is malformed.
    #[cfg(feature = "transport")]
    #[error("invalid RPC URL")]
    RpcUrl(#[source] lit_node_transport::HttpUrlError),
    /// A list is empty.
    #[error("{0} must not be empty")]
    Empty(&'static str),
}

impl ContractError {
    /// Whether the same call may succeed a little later: the connection failed, the RPC was busy, another transaction came
    /// first, or the mint cost changed. False wherever a transaction may yet take effect.
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

    /// The reason of a refusal by the contract.
    #[must_use]
    pub const fn revert(&self) -> Option<&Revert> {
        match self {
            Self::Reverted { revert, .. } => Some(revert),
            _ => None,
        }
    }

    /// The kind of a refusal by the contract.
    #[must_use]
    pub fn revert_kind(&self) -> Option<RevertKind> {
        self.revert().map(Revert::kind)
    }

    /// The transaction, if one was sent.
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

    /// An error before sending.
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

    /// Names the account if it lacks funds.
    pub(crate) fn paid_by(self, sender: Address) -> Self {
        match self {
            Self::Rpc { call, source } | Self::Refused { call, source } if lacks_funds(&source) => {
                Self::InsufficientFunds {
                    sender,
                    call,
                    source,
                }
            }
            error => error,
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

/// Whether the node refuses a transaction since its sender cannot pay. Only the text tells, in geth and its descendants.
fn lacks_funds(error: &TransportError) -> bool {
    let answer = error.as_error_resp();
    answer.is_some_and(|error| error.message.contains("insufficient funds"))
}

/// The reason of a revert. Some nodes send it as data, others only in the text.
pub(crate) fn revert_of(error: &TransportError) -> Option<Revert> {
    /// The prefix that geth and its descendants write before the reason.
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
