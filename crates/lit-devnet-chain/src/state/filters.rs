use std::collections::BTreeMap;

use alloy_primitives::B256;
use alloy_rpc_types_eth::{Filter, Log};

use crate::ChainError;

/// The number of installed filters kept. Clients rarely uninstall theirs, so the oldest is evicted.
const MAX_FILTERS: usize = 1_000;

/// The memory of the installed filters kept, in bytes; the oldest are evicted.
const MAX_BYTES: usize = 16 * 1024 * 1024;
/// The memory of an address or a topic in a filter, in bytes.
const TERM_BYTES: usize = 64;
/// The memory of a filter without its terms, in bytes.
const FILTER_BYTES: usize = 512;

/// The filters that clients have installed.
#[derive(Debug, Default)]
pub(super) struct Filters {
    installed: BTreeMap<u64, Installed>,
    /// The memory of all of them.
    bytes: usize,
    last_id: u64,
}

/// A filter that a client polls.
#[derive(Debug)]
pub(super) struct Installed {
    pub(super) kind: Kind,
    /// The first block it covers.
    pub(super) since: u64,
    /// The first block that was not reported yet.
    pub(super) from: u64,
}

/// The kind of a filter.
#[derive(Debug, Clone)]
pub(crate) enum Kind {
    Blocks,
    Logs(Box<Filter>),
}

/// Changes reported by a filter.
#[derive(Debug)]
pub(crate) enum Changes {
    Blocks(Vec<B256>),
    Logs(Vec<Log>),
}

impl Installed {
    fn bytes(&self) -> usize {
        let terms = match &self.kind {
            Kind::Blocks => 0,
            Kind::Logs(filter) => {
                let topics: usize = filter.topics.iter().map(|it| it.len()).sum();
                filter.address.len() + topics
            }
        };
        FILTER_BYTES + terms * TERM_BYTES
    }
}

impl Filters {
    pub(super) fn install(&mut self, filter: Installed) -> u64 {
        self.bytes += filter.bytes();
        while (self.installed.len() >= MAX_FILTERS || self.bytes > MAX_BYTES)
            && let Some((_, oldest)) = self.installed.pop_first()
        {
            self.bytes -= oldest.bytes();
        }
        self.last_id += 1;
        self.installed.insert(self.last_id, filter);
        self.last_id
    }

    pub(super) fn uninstall(&mut self, id: u64) -> bool {
        let removed = self.installed.remove(&id);
        self.bytes -= removed.as_ref().map_or(0, Installed::bytes);
        removed.is_some()
    }

    /// Notes that all blocks up to `number` were reported.
    pub(super) fn reported(&mut self, id: u64, number: u64) {
        if let Some(filter) = self.installed.get_mut(&id) {
            filter.from = number + 1;
        }
    }

    /// Adjusts filters after the chain was reverted to a block.
    pub(super) fn rewind(&mut self, number: u64) {
        for filter in self.installed.values_mut() {
            filter.since = filter.since.min(number + 1);
            filter.from = filter.from.min(number + 1);
        }
    }

    pub(super) fn get(&self, id: u64) -> Result<&Installed, ChainError> {
        self.installed.get(&id).ok_or(ChainError::NoSuchFilter)
    }
}
