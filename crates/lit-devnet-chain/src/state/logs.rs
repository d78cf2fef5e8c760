//! Logs, and the filters that clients install and poll.

use alloy_eips::BlockNumberOrTag;
use alloy_rpc_types_eth::{Filter, FilterBlockOption, Log};

use super::{
    State,
    filters::{Changes, Installed, Kind},
};
use crate::ChainError;

impl State {
    pub(crate) fn install(&mut self, mut kind: Kind) -> u64 {
        let from = self.number() + 1;
        let since = match &mut kind {
            Kind::Blocks => from,
            Kind::Logs(filter) => open_range(&mut filter.block_option).unwrap_or(from),
        };
        self.filters.install(Installed { kind, since, from })
    }

    pub(crate) fn uninstall(&mut self, id: u64) -> bool {
        self.filters.uninstall(id)
    }

    /// The changes since the last poll.
    pub(crate) fn changes(&mut self, id: u64) -> Result<Changes, ChainError> {
        let filter = self.filters.get(id)?;
        let (from, to) = (filter.from, self.number());
        let changes = match &filter.kind {
            Kind::Blocks => Changes::Blocks(
                (from..=to)
                    .filter_map(|number| self.block(number))
                    .map(|block| block.hash)
                    .collect(),
            ),
            Kind::Logs(filter) => {
                let (first, last) = self.range(filter)?;
                Changes::Logs(self.logs_between(filter, from.max(first), to.min(last)))
            }
        };
        self.filters.reported(id, to);
        Ok(changes)
    }

    /// All logs that an installed filter matches.
    pub(crate) fn installed_logs(&self, id: u64) -> Result<Vec<Log>, ChainError> {
        let installed = self.filters.get(id)?;
        let Kind::Logs(filter) = &installed.kind else {
            return Err(ChainError::NoSuchFilter);
        };
        let (first, last) = self.range(filter)?;
        Ok(self.logs_between(filter, first.max(installed.since), last))
    }

    /// The logs that a filter matches, in order.
    pub(crate) fn logs(&self, filter: &Filter) -> Result<Vec<Log>, ChainError> {
        let (first, last) = self.range(filter)?;
        Ok(self.logs_between(filter, first, last))
    }

    fn logs_between(&self, filter: &Filter, first: u64, last: u64) -> Vec<Log> {
        (first..=last)
            .map_while(|number| self.block(number))
            .filter(|block| filter.matches_bloom(block.header.logs_bloom))
            .flat_map(|block| block.logs())
            .filter(|log| filter.matches(&log.inner))
            .collect()
    }

    /// The numbers of the first and last block.
    fn range(&self, filter: &Filter) -> Result<(u64, u64), ChainError> {
        let (from, to) = match &filter.block_option {
            FilterBlockOption::AtBlockHash(hash) => {
                let number = self
                    .number_of(hash)
                    .ok_or_else(|| ChainError::NoSuchBlock(hash.to_string()))?;
                return Ok((number, number));
            }
            FilterBlockOption::Range {
                from_block,
                to_block,
            } => (from_block, to_block),
        };
        let head = self.number();
        let number = |tag: &BlockNumberOrTag| match tag {
            BlockNumberOrTag::Number(number) => *number,
            BlockNumberOrTag::Earliest => 0,
            // The pending block has no logs.
            BlockNumberOrTag::Pending => head + 1,
            BlockNumberOrTag::Latest | BlockNumberOrTag::Safe | BlockNumberOrTag::Finalized => head,
        };
        Ok((
            from.as_ref().map_or(head, number),
            to.as_ref().map_or(u64::MAX, number),
        ))
    }
}

/// Opens the end of a filter's range that is relative to the latest block, and returns the first block if it is absolute.
fn open_range(range: &mut FilterBlockOption) -> Option<u64> {
    let FilterBlockOption::Range {
        from_block,
        to_block,
    } = range
    else {
        return Some(0);
    };
    if !matches!(to_block, Some(BlockNumberOrTag::Number(_))) {
        *to_block = None;
    }
    match from_block {
        Some(BlockNumberOrTag::Number(number)) => Some(*number),
        Some(BlockNumberOrTag::Earliest) => Some(0),
        _ => {
            *from_block = Some(BlockNumberOrTag::Earliest);
            None
        }
    }
}
