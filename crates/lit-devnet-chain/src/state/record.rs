//! The parts of a chain in the form in which they are saved: RLP.

use alloy_consensus::{
    ReceiptEnvelope, Transaction as _, TxEnvelope,
    transaction::{Recovered, SignerRecoverable},
};
use alloy_eips::eip2718::{Decodable2718, Eip2718Error, Encodable2718};
use alloy_primitives::{Address, B256, Bytes, KECCAK256_EMPTY, U256, keccak256};
use alloy_rlp::{RlpDecodable, RlpEncodable};
use revm::{bytecode::Bytecode, state::AccountInfo};

use super::{
    block::{Before, Block, Mined, Undo},
    impersonated,
};
use crate::{RestoreError, evm::ChainDb};

/// What changed on a chain, or all of it.
#[derive(Debug, Clone, PartialEq, Eq, RlpEncodable, RlpDecodable)]
pub(super) struct Record {
    pub(super) chain_id: u64,
    /// Whether nothing before this record counts.
    pub(super) whole: bool,
    pub(super) codes: Vec<Bytes>,
    pub(super) accounts: Vec<AccountRecord>,
    pub(super) blocks: Vec<BlockRecord>,
    /// The queued transactions, which are all signed.
    pub(super) queued: Vec<Bytes>,
    /// Seconds the chain is ahead of its clock, in two's complement.
    pub(super) ahead: u64,
    /// The time of the next block, if it was set.
    pub(super) next: Vec<u64>,
}

#[derive(Debug, Clone, PartialEq, Eq, RlpEncodable, RlpDecodable)]
pub(super) struct AccountRecord {
    address: Address,
    nonce: u64,
    balance: U256,
    code_hash: B256,
    /// Whether the slots below are the only ones.
    wiped: bool,
    slots: Vec<SlotRecord>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, RlpEncodable, RlpDecodable)]
struct SlotRecord {
    slot: U256,
    value: U256,
}

#[derive(Debug, Clone, PartialEq, Eq, RlpEncodable, RlpDecodable)]
pub(super) struct BlockRecord {
    header: alloy_consensus::Header,
    /// One transaction or none.
    mined: Vec<MinedRecord>,
    undo: Vec<AccountRecord>,
}

#[derive(Debug, Clone, PartialEq, Eq, RlpEncodable, RlpDecodable)]
struct MinedRecord {
    sender: Address,
    /// Whether the sender signed it.
    signed: bool,
    transaction: Bytes,
    receipt: Bytes,
}

impl AccountRecord {
    pub(super) fn of(
        address: Address,
        info: &AccountInfo,
        wiped: bool,
        slots: impl Iterator<Item = (U256, U256)>,
    ) -> Self {
        Self {
            address,
            nonce: info.nonce,
            balance: info.balance,
            code_hash: info.code_hash,
            wiped,
            slots: slots
                .map(|(slot, value)| SlotRecord { slot, value })
                .collect(),
        }
    }

    /// Applies the account to a chain that has its code.
    pub(super) fn apply(self, db: &mut ChainDb) -> Result<(), RestoreError> {
        let Before {
            address,
            info,
            slots,
        } = self.clone().before(db)?;
        db.insert_account_info(address, info);
        if self.wiped {
            let Ok(()) = db.replace_account_storage(address, slots.into_iter().collect());
        } else {
            for (slot, value) in slots {
                let Ok(()) = db.insert_account_storage(address, slot, value);
            }
        }
        Ok(())
    }

    fn before(self, db: &ChainDb) -> Result<Before, RestoreError> {
        let code = match self.code_hash {
            KECCAK256_EMPTY => Bytecode::default(),
            hash => {
                let code = db.cache.contracts.get(&hash);
                code.ok_or(RestoreError::MissingCode(self.address))?.clone()
            }
        };
        Ok(Before {
            address: self.address,
            info: AccountInfo {
                nonce: self.nonce,
                balance: self.balance,
                code_hash: self.code_hash,
                code: Some(code),
                ..AccountInfo::default()
            },
            slots: self.slots.iter().map(|it| (it.slot, it.value)).collect(),
        })
    }
}

impl BlockRecord {
    pub(super) fn of(block: &Block) -> Self {
        let undo = block.undo.0.iter().map(|before| {
            let slots = before.slots.iter().copied();
            AccountRecord::of(before.address, &before.info, false, slots)
        });
        Self {
            header: block.header.clone(),
            mined: block.mined.iter().map(MinedRecord::of).collect(),
            undo: undo.collect(),
        }
    }

    /// The block, on a chain that has the code of its accounts.
    pub(super) fn block(self, db: &ChainDb, timeless_hash: bool) -> Result<Block, RestoreError> {
        let number = self.header.number;
        let malformed = |source| RestoreError::Transaction { number, source };
        let mined = self.mined.into_iter().next();
        let mined = mined.map(|mined| mined.mined().map_err(malformed));
        let undo = self.undo.into_iter().map(|account| account.before(db));
        Ok(Block::sealed(
            self.header,
            mined.transpose()?,
            Undo(undo.collect::<Result<_, _>>()?),
            timeless_hash,
        ))
    }
}

impl MinedRecord {
    fn of(mined: &Mined) -> Self {
        let transaction = mined.tx.encoded_2718();
        Self {
            sender: mined.tx.signer(),
            // The hash of an unsigned transaction also covers the sender.
            signed: keccak256(&transaction) == *mined.tx.tx_hash(),
            transaction: transaction.into(),
            receipt: mined.receipt.encoded_2718().into(),
        }
    }

    fn mined(self) -> Result<Mined, Eip2718Error> {
        let tx = TxEnvelope::decode_2718_exact(&self.transaction)?;
        let receipt = ReceiptEnvelope::decode_2718_exact(&self.receipt)?;
        let tx = match tx {
            TxEnvelope::Eip1559(tx) if !self.signed => {
                impersonated::of(tx.strip_signature(), self.sender)
            }
            tx => Recovered::new_unchecked(tx, self.sender),
        };
        let created = tx.kind().is_create() && receipt.status();
        Ok(Mined {
            contract: created.then(|| self.sender.create(tx.nonce())),
            tx,
            receipt,
        })
    }
}

/// A queued transaction from its bytes.
pub(super) fn queued(bytes: &[u8]) -> Result<Recovered<TxEnvelope>, RestoreError> {
    let tx = TxEnvelope::decode_2718_exact(bytes).map_err(RestoreError::Queued)?;
    let sender = tx
        .recover_signer()
        .map_err(|_| RestoreError::UnsignedQueued(*tx.tx_hash()))?;
    Ok(Recovered::new_unchecked(tx, sender))
}
