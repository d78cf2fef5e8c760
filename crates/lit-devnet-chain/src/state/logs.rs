//! Logs, and the filters that clients install and poll.

use alloy_eips::BlockNumberOrTag;
use alloy_rpc_types_eth::{Filter, FilterBlockOption, Log};

use super::{
    State,
    filters::{Changes, Installed, Kind},
};
use crate::ChainError;

/// The bytes of a hash in JSON.
const HASH_BYTES: usize = 69;
/// The bytes of a log in JSON, without topics and data.
const LOG_BYTES: usize = 420;

/// Logs that a filter matches.
struct Found {
    logs: Vec<Log>,
    /// The first block that was left out.
    rest: Option<u64>,
}

impl Found {
    fn all(self, limit: usize) -> Result<Vec<Log>, ChainError> {
        match self.rest {
            None => Ok(self.logs),
            Some(block) => Err(ChainError::TooManyLogs { limit, block }),
        }
    }
}

/// The bytes of a log in JSON.
fn json_bytes(log: &Log) -> usize {
    LOG_BYTES + log.topics().len() * HASH_BYTES + 2 * log.data().data.len()
}

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

    /// The changes since the last poll. If they exceed the limit in JSON, the next poll has the rest.
    pub(crate) fn changes(&mut self, id: u64, limit: usize) -> Result<Changes, ChainError> {
        let filter = self.filters.get(id)?;
        let (from, mut to) = (filter.from, self.number());
        let changes = match &filter.kind {
            Kind::Blocks => {
                to = to.min(from.saturating_add((limit / HASH_BYTES) as u64));
                let blocks = (from..=to).filter_map(|number| self.block(number));
                Changes::Blocks(blocks.map(|block| block.hash).collect())
            }
            Kind::Logs(filter) => {
                let (first, last) = self.range(filter)?;
                let found = self.logs_between(filter, from.max(first), to.min(last), limit);
                // The logs of one block always fit, so that each poll goes on.
                to = found.rest.map_or(to, |rest| rest.saturating_sub(1));
                Changes::Logs(found.logs)
            }
        };
        self.filters.reported(id, to);
        Ok(changes)
    }

    /// All logs that an installed filter matches.
    pub(crate) fn installed_logs(&self, id: u64, limit: usize) -> Result<Vec<Log>, ChainError> {
        let installed = self.filters.get(id)?;
        let Kind::Logs(filter) = &installed.kind else {
            return Err(ChainError::NoSuchFilter);
        };
        let (first, last) = self.range(filter)?;
        let first = first.max(installed.since);
        self.logs_between(filter, first, last, limit).all(limit)
    }

    /// The logs that a filter matches, in order.
    pub(crate) fn logs(&self, filter: &Filter, limit: usize) -> Result<Vec<Log>, ChainError> {
        let (first, last) = self.range(filter)?;
        self.logs_between(filter, first, last, limit).all(limit)
    }

    /// The logs of these blocks, up to the block at which they exceed the limit in JSON.
    fn logs_between(&self, filter: &Filter, first: u64, last: u64, limit: usize) -> Found {
        let (mut logs, mut bytes) = (Vec::new(), 0_usize);
        let blocks = (first..=last).map_while(|number| self.block(number));
        for block in blocks.filter(|block| filter.matches_bloom(block.header.logs_bloom)) {
            let before = logs.len();
            logs.extend(block.logs().filter(|log| filter.matches(&log.inner)));
            let more: usize = logs.iter().skip(before).map(json_bytes).sum();
            bytes = bytes.saturating_add(more);
            if bytes > limit && before > 0 {
                logs.truncate(before);
                let rest = Some(block.header.number);
                return Found { logs, rest };
            }
        }
        Found { logs, rest: None }
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
