//! A read-only view of one state of the chain.

use std::sync::{Arc, Weak};

use alloy_primitives::{Address, Bytes, U256};
use revm::{DatabaseRef, context::BlockEnv, state::AccountInfo};

use super::block::Block;
use crate::evm::ChainDb;

/// What a view needs, taken while the chain was locked.
#[derive(Debug)]
pub(crate) struct Moment {
    /// The view of the latest state.
    pub(super) view: View,
    /// The later blocks, oldest first.
    pub(super) later: Vec<Arc<Block>>,
}

impl Moment {
    /// The view. For an earlier block it copies the state, so it is made without the lock.
    pub(crate) fn view(self) -> View {
        if self.later.is_empty() {
            return self.view;
        }
        let mut db = ChainDb::clone(&self.view.db);
        for later in self.later.iter().rev() {
            later.undo.apply(&mut db);
        }
        View {
            db: Arc::new(db),
            ..self.view
        }
    }
}

impl From<View> for Moment {
    fn from(view: View) -> Self {
        Self {
            view,
            later: Vec::new(),
        }
    }
}

/// The accounts after a block, and the block environment of calls. It holds no lock during a call: concurrent transactions change a
/// copy.
#[derive(Debug, Clone)]
pub(crate) struct View {
    pub(super) db: Arc<ChainDb>,
    pub(super) block: BlockEnv,
    pub(super) chain_id: u64,
    /// The gas limit of calls that name none.
    pub(super) gas_limit: u64,
}

/// One state of one chain at one time, by identity.
///
/// A state that is looked at is copied before it changes, or moved if only weak references are left: either way it is another one then.
#[derive(Debug, Clone)]
pub(crate) struct Identity {
    db: Weak<ChainDb>,
    block: BlockEnv,
}

impl PartialEq for Identity {
    fn eq(&self, other: &Self) -> bool {
        self.db.ptr_eq(&other.db) && self.block == other.block
    }
}

impl View {
    pub(crate) fn identity(&self) -> Identity {
        Identity {
            db: Arc::downgrade(&self.db),
            block: self.block.clone(),
        }
    }

    pub(crate) fn account(&self, address: Address) -> AccountInfo {
        account(&self.db, address)
    }

    pub(crate) fn code(&self, address: Address) -> Bytes {
        let Ok(code) = self.db.code_by_hash_ref(self.account(address).code_hash);
        code.original_bytes()
    }

    pub(crate) fn storage(&self, address: Address, slot: U256) -> U256 {
        let Ok(value) = self.db.storage_ref(address, slot);
        value
    }
}

pub(super) fn account(db: &ChainDb, address: Address) -> AccountInfo {
    let Ok(info) = db.basic_ref(address);
    info.unwrap_or_default()
}
