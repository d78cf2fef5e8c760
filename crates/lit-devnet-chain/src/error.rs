use std::fmt;

use alloy_eips::eip2718::Eip2718Error;
use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_sol_types::{ContractError, GenericContractError, SolInterface};

/// Why a request to the chain failed. Where clients match on the text, it is geth's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ChainError {
    /// The contract reverted.
    #[error(transparent)]
    Revert(#[from] Revert),
    /// Execution halted for another reason, such as running out of gas.
    #[error("{0}")]
    Halted(String),
    /// The account has already sent a transaction with this nonce.
    #[error("nonce too low: address {sender}, tx: {transaction} state: {account}")]
    NonceTooLow {
        /// The account.
        sender: Address,
        /// The nonce of the transaction.
        transaction: u64,
        /// The next nonce of the account.
        account: u64,
    },
    /// The balance of the account does not cover the value and the maximum fee.
    #[error(
        "insufficient funds for gas * price + value: address {account} have {balance} want {cost}"
    )]
    InsufficientFunds {
        /// The account.
        account: Address,
        /// Its balance, in wei.
        balance: U256,
        /// The value and the maximum fee, in wei.
        cost: U256,
    },
    /// This transaction is already queued behind an earlier nonce.
    #[error("already known")]
    AlreadyKnown,
    /// A queued transaction with the same sender and nonce pays as much.
    #[error("replacement transaction underpriced")]
    Underpriced,
    /// Too many transactions are queued behind earlier nonces.
    #[error("txpool is full: {0} transactions are queued behind earlier nonces")]
    QueueFull(usize),
    /// The transactions that are queued behind earlier nonces have too many bytes.
    #[error(
        "txpool is full: transactions queued behind earlier nonces may have {0} bytes together"
    )]
    QueueTooLarge(usize),
    /// The logs that a filter matches are too many for one answer.
    #[error("logs up to block {block} exceed {limit} bytes; narrow the range of blocks")]
    TooManyLogs {
        /// The limit, in bytes.
        limit: usize,
        /// The block at which they exceed it.
        block: u64,
    },
    /// The bytes are not a transaction of a supported type.
    #[error("cannot decode the transaction: {0}")]
    Undecodable(String),
    /// The transaction is invalid for a reason without a variant of its own.
    #[error("{0}")]
    Rejected(String),
    /// The state to load is not a dump of `anvil_dumpState`.
    #[error("malformed state dump: {0}")]
    MalformedDump(String),
    /// The block is unknown.
    #[error("block not found: {0}")]
    NoSuchBlock(String),
    /// The filter is unknown: it was uninstalled, or evicted for newer ones.
    #[error("filter not found")]
    NoSuchFilter,
    /// The requested time is before the latest block.
    #[error("timestamp {asked} is before the latest block's {latest}")]
    TimeInThePast {
        /// The requested time, in Unix seconds.
        asked: u64,
        /// The time of the latest block, in Unix seconds.
        latest: u64,
    },
}

/// What a contract reverted with.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Revert {
    /// The data that the contract returned: a selector and its arguments, or empty.
    pub data: Bytes,
}

impl Revert {
    /// The reason given by `require`, `revert` or `assert`. Custom errors need the contract's ABI.
    #[must_use]
    pub fn reason(&self) -> Option<String> {
        match GenericContractError::abi_decode(&self.data).ok()? {
            ContractError::Revert(revert) => Some(revert.reason),
            ContractError::Panic(panic) => Some(panic.to_string()),
            ContractError::CustomError(never) => match never {},
        }
    }
}

impl fmt::Display for Revert {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("execution reverted")?;
        match self.reason() {
            Some(reason) => write!(f, ": {reason}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Revert {}

/// Why a saved chain cannot be restored.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RestoreError {
    /// The bytes are not RLP of the expected form.
    #[error("malformed chain record: {0}")]
    Malformed(alloy_rlp::Error),
    /// The first part is not a whole chain, or it has no genesis block.
    #[error("the saved chain has no genesis block")]
    NoGenesis,
    /// The chain id is another one.
    #[error("the saved chain has chain id {saved}, expected {expected}")]
    OtherChain {
        /// The chain id of the saved chain.
        saved: u64,
        /// The chain id of the builder.
        expected: u64,
    },
    /// A block does not follow the one before it.
    #[error("block {0} does not follow the block before it")]
    Unlinked(u64),
    /// The code of an account is missing.
    #[error("the code of account {0} is missing")]
    MissingCode(Address),
    /// The transaction of a block, or its receipt, is malformed.
    #[error("malformed transaction in block {number}")]
    Transaction {
        /// The number of the block.
        number: u64,
        /// The cause.
        source: Eip2718Error,
    },
    /// A contract of a Lit network refuses the present settings, or is missing.
    #[error("the saved network does not accept the nodes: contract {contract}")]
    Network {
        /// The address of the contract.
        contract: Address,
        /// The cause.
        source: ChainError,
    },
    /// A queued transaction is malformed.
    #[error("malformed queued transaction: {0}")]
    Queued(Eip2718Error),
    /// The signature of a queued transaction is invalid.
    #[error("queued transaction {0} has an invalid signature")]
    UnsignedQueued(B256),
}
