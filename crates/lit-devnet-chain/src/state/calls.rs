//! Read-only calls, and gas estimates.

use alloy_primitives::{Bytes, U256};
use alloy_rpc_types_eth::{TransactionRequest, state::StateOverride};
use revm::{
    context::{BlockEnv, TxEnv},
    context_interface::result::ExecutionResult,
    database::CacheDB,
};

use super::view::View;
use crate::{
    ChainError,
    evm::{self, ChainDb, Checks},
};

/// The gas stipend of a call with value. Estimates add it, because the callee gets it for free.
const CALL_STIPEND: u64 = 2_300;

impl View {
    pub(crate) fn call(
        self,
        request: &TransactionRequest,
        overrides: Option<&StateOverride>,
    ) -> Result<Bytes, ChainError> {
        let tx = evm::requested(request, self.gas_limit)?;
        let db = evm::overridden(&self.db, overrides)?;
        let outcome = evm::execute(db, self.chain_id, self.block, Checks::Call, tx)?;
        evm::output(outcome.result)
    }

    /// Estimates the gas of a transaction, at most 1.5 % too high.
    pub(crate) fn estimate_gas(
        self,
        request: &TransactionRequest,
        overrides: Option<&StateOverride>,
    ) -> Result<u64, ChainError> {
        let tx = evm::requested(request, self.gas_limit)?;
        let attempt = Attempt {
            db: evm::overridden(&self.db, overrides)?,
            chain_id: self.chain_id,
            block: self.block,
            tx,
        };
        attempt.search()
    }
}

struct Attempt<'a> {
    db: CacheDB<&'a ChainDb>,
    chain_id: u64,
    block: BlockEnv,
    tx: TxEnv,
}

impl Attempt<'_> {
    fn search(mut self) -> Result<u64, ChainError> {
        let mut enough = self.tx.gas_limit.min(self.affordable()?);
        let result = self.run(enough)?;
        let (used, spent) = (result.tx_gas_used(), result.gas().total_gas_spent());
        evm::output(result)?;
        // Without refunds and inner calls, the gas spent is the gas needed.
        let spent = spent.max(used);
        if spent >= enough || self.suffices(spent) {
            return Ok(spent.min(enough));
        }
        let mut short = spent;
        // Each call level holds back 1/64 of the gas, so slightly more than was used is mostly enough.
        let guess = (spent + CALL_STIPEND).saturating_mul(64) / 63;
        if guess < enough {
            if self.suffices(guess) {
                enough = guess;
            } else {
                short = guess;
            }
        }
        while (enough - short).saturating_mul(1_000) > enough.saturating_mul(15) {
            let middle = (short + (enough - short) / 2).min(short.saturating_mul(2).max(1));
            if self.suffices(middle) {
                enough = middle;
            } else {
                short = middle;
            }
        }
        Ok(enough)
    }

    /// The gas that the sender can pay for at the offered price.
    fn affordable(&mut self) -> Result<u64, ChainError> {
        if self.tx.gas_price == 0 {
            return Ok(u64::MAX);
        }
        let Ok(account) = self.db.load_account(self.tx.caller);
        let balance = account.info.balance;
        let rest = balance
            .checked_sub(self.tx.value)
            .ok_or(ChainError::InsufficientFunds {
                account: self.tx.caller,
                balance,
                cost: self.tx.value,
            })?;
        Ok((rest / U256::from(self.tx.gas_price)).saturating_to())
    }

    fn suffices(&mut self, gas: u64) -> bool {
        self.run(gas).is_ok_and(|result| result.is_success())
    }

    fn run(&mut self, gas: u64) -> Result<ExecutionResult, ChainError> {
        let mut tx = self.tx.clone();
        tx.gas_limit = gas;
        let block = self.block.clone();
        evm::execute(&mut self.db, self.chain_id, block, Checks::Call, tx)
            .map(|outcome| outcome.result)
    }
}
