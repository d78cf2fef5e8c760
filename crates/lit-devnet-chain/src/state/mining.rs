//! Accepts transactions and mines blocks.

use std::sync::Arc;

use alloy_consensus::{
    Transaction as _, TxEnvelope, TxType,
    transaction::{Recovered, SignerRecoverable},
};
use alloy_eips::eip2718::Decodable2718;
use alloy_primitives::{Address, B256, Bytes, U256};
use revm::{
    DatabaseCommit, context::TxEnv, context_interface::result::ExecutionResult,
    database_interface::WrapDatabaseRef,
};

use super::{
    State,
    block::{Block, Mined, Undo},
    impersonated,
    view::account,
};
use crate::{
    ChainError,
    evm::{self, Checks},
};

impl State {
    /// Mines a signed transaction, and queued ones that follow it, or queues it until its nonce is next.
    pub(crate) fn submit(&mut self, raw: &[u8]) -> Result<B256, ChainError> {
        let tx = decode(raw)?;
        let (hash, sender, nonce) = (*tx.tx_hash(), tx.signer(), tx.nonce());
        let info = account(&self.db, sender);
        if nonce <= info.nonce {
            self.mine_signed(tx)?;
            self.mine_queued(sender);
            return Ok(hash);
        }
        self.enqueue(tx, info.balance)?;
        Ok(hash)
    }

    fn mine_signed(&mut self, tx: Recovered<TxEnvelope>) -> Result<(), ChainError> {
        let env = evm::signed(&tx);
        self.mine_transaction(env, Checks::Transaction, |_| Ok(tx))
    }

    fn mine_queued(&mut self, sender: Address) {
        while let Some(tx) = self.queued.remove(sender, account(&self.db, sender).nonce) {
            let hash = *tx.tx_hash();
            self.unsaved.note();
            if let Err(error) = self.mine_signed(tx) {
                tracing::warn!(%hash, %error, "dropped a queued transaction");
                break;
            }
        }
    }

    fn enqueue(&mut self, tx: Recovered<TxEnvelope>, balance: U256) -> Result<(), ChainError> {
        if tx.chain_id().is_some_and(|id| id != self.settings.chain_id) {
            let text = "invalid chain id for signer";
            return Err(ChainError::Rejected(text.to_owned()));
        }
        let gas = U256::from(tx.gas_limit()) * U256::from(tx.max_fee_per_gas());
        let cost = gas.saturating_add(tx.value());
        if cost > balance {
            return Err(ChainError::InsufficientFunds {
                account: tx.signer(),
                balance,
                cost,
            });
        }
        self.queued.add(tx)?;
        self.unsaved.note();
        Ok(())
    }

    /// Mines a transaction of any sender, without signature and fee. A transaction that fails is not mined.
    pub(crate) fn transact_as(
        &mut self,
        from: Address,
        to: Option<Address>,
        value: U256,
        data: Bytes,
    ) -> Result<Arc<Block>, ChainError> {
        let tx = TxEnv {
            caller: from,
            kind: to.into(),
            value,
            data,
            nonce: account(&self.db, from).nonce,
            chain_id: None,
            gas_limit: self.settings.gas_limit,
            ..TxEnv::default()
        };
        let unsigned = impersonated::transaction(self.settings.chain_id, &tx);
        self.mine_transaction(tx, Checks::Call, |result| {
            evm::output(result.clone()).map(|_| unsigned)
        })?;
        let block = Arc::clone(self.latest());
        self.mine_queued(from);
        Ok(block)
    }

    fn mine_transaction(
        &mut self,
        env: TxEnv,
        checks: Checks,
        accept: impl FnOnce(&ExecutionResult) -> Result<Recovered<TxEnvelope>, ChainError>,
    ) -> Result<(), ChainError> {
        let header = self.next_header();
        let block = Block::environment(&header);
        let outcome = evm::execute(
            WrapDatabaseRef(&*self.db),
            self.settings.chain_id,
            block,
            checks,
            env,
        )?;
        let tx = accept(&outcome.result)?;
        let undo = Undo::of(&self.db, &outcome.state);
        self.unsaved.touch_all(&outcome.state);
        Arc::make_mut(&mut self.db).commit(outcome.state);
        self.push(header, Some(Mined::new(tx, outcome.result)), undo);
        Ok(())
    }

    /// Mines an empty block.
    pub(crate) fn mine_empty(&mut self) {
        let header = self.next_header();
        self.push(header, None, Undo::default());
    }
}

fn decode(raw: &[u8]) -> Result<Recovered<TxEnvelope>, ChainError> {
    let tx = TxEnvelope::decode_2718_exact(raw)
        .map_err(|error| ChainError::Undecodable(error.to_string()))?;
    if matches!(tx.tx_type(), TxType::Eip4844 | TxType::Eip7702) {
        return Err(ChainError::Rejected(format!(
            "transaction type not supported: {}",
            tx.tx_type()
        )));
    }
    let sender = tx
        .recover_signer()
        .map_err(|_| ChainError::Rejected("invalid sender: invalid signature".to_owned()))?;
    Ok(Recovered::new_unchecked(tx, sender))
}
