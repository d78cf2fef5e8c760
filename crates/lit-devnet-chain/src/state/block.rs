//! Blocks, and their form in JSON-RPC.

use alloy_consensus::{
    Header, Receipt, ReceiptEnvelope, Transaction as _, TxEnvelope,
    constants::{EMPTY_OMMER_ROOT_HASH, EMPTY_ROOT_HASH},
    proofs::{calculate_receipt_root, calculate_transaction_root},
    transaction::{Recovered, TransactionInfo},
};
use alloy_eips::{eip2718::Encodable2718, eip7685::EMPTY_REQUESTS_HASH};
use alloy_primitives::{Address, B256, Bloom, U256, keccak256};
use alloy_rlp::Encodable;
use alloy_rpc_types_eth::{
    Block as RpcBlock, BlockTransactions, Log, Transaction, TransactionReceipt,
};
use revm::{
    DatabaseRef,
    context::BlockEnv,
    context_interface::result::ExecutionResult,
    state::{AccountInfo, EvmState},
};

use crate::evm::ChainDb;

/// A block of the chain, with one transaction or none.
#[derive(Debug)]
pub(crate) struct Block {
    pub(crate) header: Header,
    pub(crate) hash: B256,
    pub(crate) mined: Option<Mined>,
    pub(crate) undo: Undo,
}

/// A mined transaction and its result.
#[derive(Debug)]
pub(crate) struct Mined {
    pub(crate) tx: Recovered<TxEnvelope>,
    pub(super) receipt: ReceiptEnvelope,
    pub(super) contract: Option<Address>,
}

impl Mined {
    pub(crate) fn new(tx: Recovered<TxEnvelope>, result: ExecutionResult) -> Self {
        let contract = result.created_address();
        let success = result.is_success();
        let receipt = Receipt {
            status: success.into(),
            cumulative_gas_used: result.tx_gas_used(),
            // revm returns logs of failed transactions as well.
            logs: if success {
                result.into_logs()
            } else {
                Vec::new()
            },
        };
        Self {
            receipt: ReceiptEnvelope::from_typed(tx.tx_type(), receipt),
            contract,
            tx,
        }
    }
}

impl Block {
    /// Completes a header that has number, parent, time, gas limit, fee and beneficiary.
    pub(crate) fn seal(
        mut header: Header,
        mined: Option<Mined>,
        undo: Undo,
        timeless_hash: bool,
    ) -> Self {
        header.ommers_hash = EMPTY_OMMER_ROOT_HASH;
        header.withdrawals_root = Some(EMPTY_ROOT_HASH);
        header.requests_hash = Some(EMPTY_REQUESTS_HASH);
        header.blob_gas_used = Some(0);
        header.excess_blob_gas = Some(0);
        header.parent_beacon_block_root = Some(B256::ZERO);
        if let Some(mined) = &mined {
            header.gas_used = mined.receipt.cumulative_gas_used();
            header.logs_bloom = *mined.receipt.logs_bloom();
            header.transactions_root = calculate_transaction_root(&[mined.tx.inner()]);
            header.receipts_root = calculate_receipt_root(std::slice::from_ref(&mined.receipt));
        } else {
            header.logs_bloom = Bloom::ZERO;
            header.transactions_root = EMPTY_ROOT_HASH;
            header.receipts_root = EMPTY_ROOT_HASH;
        }
        Self::sealed(header, mined, undo, timeless_hash)
    }

    /// A block with a complete header.
    pub(super) fn sealed(
        header: Header,
        mined: Option<Mined>,
        undo: Undo,
        timeless_hash: bool,
    ) -> Self {
        let hash = if timeless_hash {
            Header {
                timestamp: 0,
                ..header.clone()
            }
            .hash_slow()
        } else {
            header.hash_slow()
        };
        Self {
            header,
            hash,
            mined,
            undo,
        }
    }

    /// The block environment that contracts see.
    pub(crate) fn environment(header: &Header) -> BlockEnv {
        BlockEnv {
            number: U256::from(header.number),
            beneficiary: header.beneficiary,
            timestamp: U256::from(header.timestamp),
            gas_limit: header.gas_limit,
            basefee: header.base_fee_per_gas.unwrap_or_default(),
            prevrandao: Some(header.mix_hash),
            ..BlockEnv::default()
        }
    }

    pub(crate) fn transaction_hash(&self) -> Option<B256> {
        self.mined.as_ref().map(|mined| *mined.tx.tx_hash())
    }

    /// The block in the form of `eth_getBlockByNumber`.
    pub(crate) fn to_rpc(&self, full: bool) -> RpcBlock {
        let transactions = if full {
            BlockTransactions::Full(self.to_rpc_transaction().into_iter().collect())
        } else {
            BlockTransactions::Hashes(self.transaction_hash().into_iter().collect())
        };
        let body: usize = self
            .mined
            .iter()
            .map(|mined| mined.tx.encode_2718_len())
            .sum();
        RpcBlock {
            header: alloy_rpc_types_eth::Header {
                hash: self.hash,
                inner: self.header.clone(),
                total_difficulty: Some(U256::ZERO),
                size: Some(U256::from(self.header.length() + body)),
            },
            uncles: Vec::new(),
            transactions,
            withdrawals: Some(Default::default()),
        }
    }

    /// The transaction in the form of `eth_getTransactionByHash`.
    pub(crate) fn to_rpc_transaction(&self) -> Option<Transaction> {
        let mined = self.mined.as_ref()?;
        let info = TransactionInfo {
            hash: Some(*mined.tx.tx_hash()),
            index: Some(0),
            block_hash: Some(self.hash),
            block_number: Some(self.header.number),
            base_fee: self.header.base_fee_per_gas,
            block_timestamp: Some(self.header.timestamp),
        };
        Some(Transaction::from_transaction(mined.tx.clone(), info))
    }

    /// The receipt in the form of `eth_getTransactionReceipt`.
    pub(crate) fn to_rpc_receipt(&self) -> Option<TransactionReceipt> {
        let mined = self.mined.as_ref()?;
        let mut next_log = 0;
        Some(TransactionReceipt {
            inner: mined.receipt.clone().map_logs(|log| {
                let index = next_log;
                next_log += 1;
                self.place(mined, index, log)
            }),
            transaction_hash: *mined.tx.tx_hash(),
            transaction_index: Some(0),
            block_hash: Some(self.hash),
            block_number: Some(self.header.number),
            gas_used: mined.receipt.cumulative_gas_used(),
            effective_gas_price: mined.tx.effective_gas_price(self.header.base_fee_per_gas),
            blob_gas_used: None,
            blob_gas_price: None,
            from: mined.tx.signer(),
            to: mined.tx.to(),
            contract_address: mined.contract,
        })
    }

    /// The logs of the block, with their positions.
    pub(crate) fn logs(&self) -> impl Iterator<Item = Log> {
        self.mined.iter().flat_map(move |mined| {
            let logs = mined.receipt.logs().iter().zip(0..);
            logs.map(move |(log, index)| self.place(mined, index, log.clone()))
        })
    }

    fn place(&self, mined: &Mined, index: u64, log: alloy_primitives::Log) -> Log {
        Log {
            inner: log,
            block_hash: Some(self.hash),
            block_number: Some(self.header.number),
            block_timestamp: Some(self.header.timestamp),
            transaction_hash: Some(*mined.tx.tx_hash()),
            transaction_index: Some(0),
            log_index: Some(index),
            removed: false,
        }
    }
}

/// The `prevrandao` of a block: pseudorandom, and the same in every run.
pub(crate) fn randomness(parent: B256, number: u64) -> B256 {
    keccak256([parent.as_slice(), &number.to_be_bytes()].concat())
}

/// The state that a block changed, as it was before.
#[derive(Debug, Default)]
pub(crate) struct Undo(pub(super) Vec<Before>);

/// An account before a block changed it, with the slots that changed.
#[derive(Debug)]
pub(super) struct Before {
    pub(super) address: Address,
    pub(super) info: AccountInfo,
    pub(super) slots: Vec<(U256, U256)>,
}

impl Undo {
    /// Records what `changes` will overwrite in `db`.
    pub(crate) fn of(db: &ChainDb, changes: &EvmState) -> Self {
        let touched = changes.iter().filter(|(_, account)| account.is_touched());
        let before = touched.map(|(address, account)| {
            let Ok(info) = db.basic_ref(*address);
            let changed = account.storage.iter().filter(|(_, slot)| slot.is_changed());
            Before {
                address: *address,
                info: info.unwrap_or_default(),
                slots: changed
                    .map(|(key, slot)| (*key, slot.original_value()))
                    .collect(),
            }
        });
        Self(before.collect())
    }

    /// Reverts the changes.
    pub(crate) fn apply(&self, db: &mut ChainDb) {
        for before in &self.0 {
            db.insert_account_info(before.address, before.info.clone());
            for (slot, value) in &before.slots {
                let Ok(()) = db.insert_account_storage(before.address, *slot, *value);
            }
        }
    }
}
