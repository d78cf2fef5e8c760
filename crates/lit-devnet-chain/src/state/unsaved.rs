use std::collections::{BTreeMap, BTreeSet, HashSet};

use alloy_primitives::{Address, B256, U256};
use revm::state::EvmState;

/// What changed since the chain was last saved.
#[derive(Debug, Default)]
pub(super) enum Unsaved {
    /// Everything: the chain was never saved, or has lost blocks.
    #[default]
    All,
    /// The chain was saved before.
    Since(Changed),
}

#[derive(Debug, Default)]
pub(super) struct Changed {
    /// Whether anything changed.
    pub(super) any: bool,
    /// The number of the first block that is not saved.
    pub(super) first_block: u64,
    pub(super) accounts: BTreeMap<Address, Touched>,
    /// The hashes of the codes that are saved.
    pub(super) codes: HashSet<B256>,
}

/// What changed about an account.
#[derive(Debug, Default)]
pub(super) struct Touched {
    /// Whether its earlier storage is gone.
    pub(super) wiped: bool,
    pub(super) slots: BTreeSet<U256>,
}

impl Unsaved {
    /// Notes that something besides accounts has changed.
    pub(super) const fn note(&mut self) {
        if let Self::Since(changed) = self {
            changed.any = true;
        }
    }

    /// Notes a changed account.
    pub(super) fn touch(&mut self, address: Address) -> Option<&mut Touched> {
        let Self::Since(changed) = self else {
            return None;
        };
        changed.any = true;
        Some(changed.accounts.entry(address).or_default())
    }

    /// Notes what a transaction changes.
    pub(super) fn touch_all(&mut self, changes: &EvmState) {
        for (address, account) in changes {
            if !account.is_touched() {
                continue;
            }
            let Some(touched) = self.touch(*address) else {
                return;
            };
            if account.is_created() || account.is_selfdestructed() {
                *touched = Touched {
                    wiped: true,
                    ..Touched::default()
                };
            }
            let changed = account.storage.iter().filter(|(_, slot)| slot.is_changed());
            touched.slots.extend(changed.map(|(slot, _)| *slot));
        }
    }
}
