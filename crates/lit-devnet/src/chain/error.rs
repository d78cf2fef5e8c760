use std::fmt;

use alloy_primitives::{Address, Bytes, U256};
use alloy_sol_types::{ContractError, GenericContractError, SolInterface};

/// Why the chain did not do what it was asked to. The texts are those of geth where clients match on them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ChainError {
    /// The contract reverted.
    #[error(transparent)]
    Revert(#[from] Revert),
    /// Execution stopped for another reason and used up its gas.
    #[error("{0}")]
    Halted(String),
    /// The account has sent a transaction of this nonce before.
    #[error("nonce too low: address {sender}, tx: {transaction} state: {account}")]
    NonceTooLow {
        /// The account.
        sender: Address,
        /// The nonce of the transaction.
        transaction: u64,
        /// The next nonce of the account.
        account: u64,
    },
    /// The account cannot pay the largest fee it allows together with the value it sends.
    #[error("insufficient funds for gas * price + value: balance {balance}, tx cost {cost}")]
    InsufficientFunds {
        /// What the account has, in wei.
        balance: U256,
        /// What it may have to pay, in wei.
        cost: U256,
    },
    /// A transaction with this hash waits for an earlier nonce already.
    #[error("already known")]
    AlreadyKnown,
    /// A transaction of the same sender and nonce waits already, and pays as much.
    #[error("replacement transaction underpriced")]
    Underpriced,
    /// Too many transactions wait for earlier nonces.
    #[error("txpool is full: {0} transactions wait for earlier nonces")]
    QueueFull(usize),
    /// The bytes are no transaction this chain knows.
    #[error("cannot decode the transaction: {0}")]
    Undecodable(String),
    /// The transaction is not valid here, for a reason without a variant of its own.
    #[error("{0}")]
    Rejected(String),
    /// There is no such block.
    #[error("block not found: {0}")]
    NoSuchBlock(String),
    /// There is no such filter: it was uninstalled, or forgotten for newer ones.
    #[error("filter not found")]
    NoSuchFilter,
    /// Time would run backwards.
    #[error("timestamp {asked} is before the latest block's {latest}")]
    TimeInThePast {
        /// The asked time, in seconds since 1970.
        asked: u64,
        /// The time of the latest block, in seconds since 1970.
        latest: u64,
    },
}

/// What a contract reverted with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revert {
    /// The data as the contract returned it: a selector and its arguments, or nothing.
    pub data: Bytes,
}

impl Revert {
    /// The text, where the contract gave one by `require`, `revert` or `assert`. Errors of its own need its ABI.
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
