//! Saves the chain, and restores it.

use std::{
    collections::{BTreeMap, HashSet},
    mem,
    sync::Arc,
};

use alloy_eips::eip2718::Encodable2718;
use alloy_primitives::{B256, Bytes};
use revm::{DatabaseRef, bytecode::Bytecode};

use super::{
    Settings, State,
    block::Block,
    queue::Queue,
    record::{AccountRecord, BlockRecord, Record, queued},
    time::Time,
    unsaved::{Changed, Touched, Unsaved},
    view::account,
};
use crate::{RestoreError, evm};

/// What changed since the last time, taken while the chain was locked.
#[derive(Debug)]
pub(crate) struct Changes {
    record: Record,
    blocks: Vec<Arc<Block>>,
}

impl Changes {
    pub(crate) const fn whole(&self) -> bool {
        self.record.whole
    }

    pub(crate) fn encode(mut self) -> Vec<u8> {
        self.record.blocks = self.blocks.iter().map(|it| BlockRecord::of(it)).collect();
        alloy_rlp::encode(self.record)
    }
}

impl State {
    /// What changed since the last call, or all if this is the first call or blocks were removed; `None` if nothing changed.
    pub(crate) fn take_changes(&mut self) -> Option<Changes> {
        if matches!(&self.unsaved, Unsaved::Since(changed) if !changed.any) {
            return None;
        }
        let next = Unsaved::Since(Changed {
            first_block: self.number() + 1,
            ..Changed::default()
        });
        let (whole, mut saved) = match mem::replace(&mut self.unsaved, next) {
            Unsaved::All => (true, self.all_accounts()),
            Unsaved::Since(changed) => (false, changed),
        };
        let accounts = mem::take(&mut saved.accounts);
        let mut record = Record {
            chain_id: self.settings.chain_id,
            whole,
            codes: self.unsaved_codes(&mut saved.codes),
            accounts: Vec::with_capacity(accounts.len()),
            blocks: Vec::new(),
            queued: self
                .queued
                .iter()
                .map(|tx| tx.encoded_2718().into())
                .collect(),
            ahead: self.time.ahead.cast_unsigned(),
            next: self.time.next.into_iter().collect(),
        };
        for (address, touched) in accounts {
            let value = |slot| {
                let Ok(value) = self.db.storage_ref(address, slot);
                (slot, value)
            };
            record.accounts.push(AccountRecord::of(
                address,
                &account(&self.db, address),
                touched.wiped,
                touched.slots.into_iter().map(value),
            ));
        }
        if let Unsaved::Since(changed) = &mut self.unsaved {
            changed.codes = saved.codes;
        }
        let first = usize::try_from(saved.first_block).unwrap_or(usize::MAX);
        Some(Changes {
            record,
            blocks: self.blocks.iter().skip(first).cloned().collect(),
        })
    }

    /// Makes the next changes the whole chain.
    pub(crate) fn forget_saved(&mut self) {
        self.unsaved = Unsaved::All;
    }

    /// All accounts, with the slots that are not zero.
    fn all_accounts(&self) -> Changed {
        let accounts = self.db.cache.accounts.iter().map(|(address, account)| {
            let slots = account.storage.iter().filter(|(_, value)| !value.is_zero());
            let touched = Touched {
                wiped: true,
                slots: slots.map(|(slot, _)| *slot).collect(),
            };
            (*address, touched)
        });
        Changed {
            accounts: accounts.collect(),
            ..Changed::default()
        }
    }

    /// Returns the codes that are not saved yet, and marks them as saved.
    fn unsaved_codes(&self, saved: &mut HashSet<B256>) -> Vec<Bytes> {
        let contracts = self.db.cache.contracts.iter();
        let unsaved: BTreeMap<&B256, &Bytecode> = contracts
            .filter(|(hash, code)| !code.is_empty() && saved.insert(**hash))
            .collect();
        unsaved.values().map(|code| code.original_bytes()).collect()
    }

    /// The chain after these changes, oldest first.
    pub(crate) fn restore<'a>(
        settings: &Settings,
        saved: impl IntoIterator<Item = &'a [u8]>,
    ) -> Result<Self, RestoreError> {
        let mut state: Option<Self> = None;
        for bytes in saved {
            let record: Record = alloy_rlp::decode_exact(bytes).map_err(RestoreError::Malformed)?;
            if record.chain_id != settings.chain_id {
                return Err(RestoreError::OtherChain {
                    saved: record.chain_id,
                    expected: settings.chain_id,
                });
            }
            let mut restored = match state.take() {
                Some(restored) if !record.whole => restored,
                _ if record.whole => Self::empty(settings.clone()),
                _ => return Err(RestoreError::NoGenesis),
            };
            restored.apply(record)?;
            state = Some(restored);
        }
        state.ok_or(RestoreError::NoGenesis)
    }

    fn apply(&mut self, record: Record) -> Result<(), RestoreError> {
        let db = Arc::make_mut(&mut self.db);
        for code in record.codes {
            let code = evm::bytecode(code);
            db.cache.contracts.insert(code.hash_slow(), code);
        }
        for account in record.accounts {
            account.apply(db)?;
        }
        for block in record.blocks {
            let block = block.block(&self.db, self.settings.timeless_hashes)?;
            let number = block.header.number;
            let follows = match self.blocks.last() {
                Some(parent) => {
                    parent.header.number + 1 == number && parent.hash == block.header.parent_hash
                }
                None => number == 0,
            };
            if !follows {
                return Err(RestoreError::Unlinked(number));
            }
            self.index(block);
        }
        if self.blocks.is_empty() {
            return Err(RestoreError::NoGenesis);
        }
        self.queued = Queue::default();
        for bytes in &record.queued {
            self.queued.insert(queued(bytes)?);
        }
        self.time = Time {
            ahead: record.ahead.cast_signed(),
            next: record.next.first().copied(),
        };
        Ok(())
    }
}
