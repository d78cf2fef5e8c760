//! The latest state in the format of anvil: JSON, compressed with gzip.

use std::{
    borrow::Cow,
    collections::BTreeMap,
    io::{Read, Write},
    sync::Arc,
};

use alloy_consensus::Header;
use alloy_primitives::{Address, B256, Bytes, U256};
use flate2::{Compression, read::GzDecoder, write::GzEncoder};
use lit_types::strict_json;
use revm::{DatabaseRef, context::BlockEnv};
use serde::{Deserialize, Serialize};

use super::{State, block::Block, view::account};
use crate::{
    ChainError,
    evm::{self, ChainDb},
};

/// The largest dump after decompression, in bytes.
const MAX_BYTES: u64 = 256 * 1024 * 1024;
/// The number of accounts and storage slots in a dump, because the chain is locked while they are added.
const MAX_ENTRIES: usize = 500_000;
/// How many blocks a dump may be ahead of the chain.
const MAX_AHEAD: u64 = 100_000;
/// The highest block of a dump: empty blocks up to it are mined and kept.
const MAX_NUMBER: u64 = 1_000_000;
/// The first bytes of gzip data.
const GZIP: [u8; 2] = [0x1f, 0x8b];

#[derive(Serialize)]
struct Dump {
    block: DumpedEnv,
    accounts: BTreeMap<Address, Account<B256>>,
    best_block_number: u64,
    /// anvil wants the header of the latest block.
    blocks: [DumpedBlock; 1],
    transactions: [(); 0],
}

/// The block environment as revm serializes it.
#[derive(Serialize)]
struct DumpedEnv {
    number: U256,
    beneficiary: Address,
    timestamp: U256,
    gas_limit: u64,
    basefee: u64,
    difficulty: U256,
    prevrandao: Option<B256>,
    blob_excess_gas_and_price: BlobGas,
    slot_num: u64,
}

#[derive(Serialize)]
struct BlobGas {
    excess_blob_gas: u64,
    blob_gasprice: u128,
}

#[derive(Serialize)]
struct DumpedBlock {
    header: Header,
    transactions: [(); 0],
    ommers: [(); 0],
}

#[derive(Serialize, Deserialize)]
struct Account<Word: Ord> {
    nonce: u64,
    balance: U256,
    code: Bytes,
    storage: BTreeMap<Word, Word>,
}

/// What is read of a dump.
#[derive(Deserialize)]
pub(crate) struct Loaded {
    block: Option<LoadedEnv>,
    /// Words may lack leading zeros.
    accounts: BTreeMap<Address, Account<U256>>,
    best_block_number: Option<U256>,
}

#[derive(Deserialize)]
struct LoadedEnv {
    number: U256,
    timestamp: U256,
}

/// The latest state, taken while the chain was locked.
pub(crate) struct Latest {
    db: Arc<ChainDb>,
    header: Header,
}

impl Latest {
    /// The state for [`Loaded::parse`], and for anvil.
    pub(crate) fn dump(self) -> Result<Bytes, ChainError> {
        let header = self.header;
        let BlockEnv {
            number,
            beneficiary,
            timestamp,
            gas_limit,
            basefee,
            difficulty,
            prevrandao,
            ..
        } = Block::environment(&header);
        let accounts = self.db.cache.accounts.keys().map(|address| {
            let info = account(&self.db, *address);
            let Ok(code) = self.db.code_by_hash_ref(info.code_hash);
            let stored = self.db.cache.accounts.get(address);
            let storage = stored.into_iter().flat_map(|it| it.storage.iter());
            let storage = storage.filter(|(_, value)| !value.is_zero());
            let account = Account {
                nonce: info.nonce,
                balance: info.balance,
                code: code.original_bytes(),
                storage: storage
                    .map(|it| (B256::from(*it.0), B256::from(*it.1)))
                    .collect(),
            };
            (*address, account)
        });
        let dump = Dump {
            block: DumpedEnv {
                number,
                beneficiary,
                timestamp,
                gas_limit,
                basefee,
                difficulty,
                prevrandao,
                blob_excess_gas_and_price: BlobGas {
                    excess_blob_gas: 0,
                    blob_gasprice: 1,
                },
                slot_num: 0,
            },
            accounts: accounts.collect(),
            best_block_number: header.number,
            blocks: [DumpedBlock {
                header,
                transactions: [],
                ommers: [],
            }],
            transactions: [],
        };
        let failed = |error: std::io::Error| ChainError::Rejected(error.to_string());
        let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
        serde_json::to_writer(&mut gzip, &dump).map_err(|error| failed(error.into()))?;
        gzip.flush().map_err(failed)?;
        Ok(gzip.finish().map_err(failed)?.into())
    }
}

impl State {
    pub(crate) fn to_dump(&self) -> Latest {
        Latest {
            db: Arc::clone(&self.db),
            header: self.latest().header.clone(),
        }
    }

    /// Adds the accounts of a dump, and catches up with its time. Like anvil it keeps other accounts, and the higher nonce. Returns the
    /// block number to catch up with.
    pub(crate) fn load_accounts(&mut self, loaded: Loaded) -> Result<u64, ChainError> {
        let number = match (loaded.best_block_number, &loaded.block) {
            (Some(number), _) => number,
            (None, Some(block)) => block.number,
            (None, None) => U256::ZERO,
        };
        let most = (self.number() + MAX_AHEAD).min(MAX_NUMBER);
        if number > U256::from(most.max(self.number())) {
            return Err(ChainError::MalformedDump(format!(
                "block {number} is more than {MAX_AHEAD} blocks ahead, or after block {MAX_NUMBER}"
            )));
        }
        for (address, account) in loaded.accounts {
            self.change_account(address, |info| {
                info.nonce = info.nonce.max(account.nonce);
                info.balance = account.balance;
                evm::set_code(info, account.code);
            });
            for (slot, value) in account.storage {
                self.set_storage(address, slot, value);
            }
        }
        if let Some(block) = loaded.block {
            let ahead = block.timestamp.saturating_to::<u64>();
            self.increase_time(ahead.saturating_sub(self.now()));
        }
        Ok(number.saturating_to())
    }
}

impl Loaded {
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, ChainError> {
        let malformed =
            |error: &dyn std::fmt::Display| ChainError::MalformedDump(error.to_string());
        let json = if bytes.starts_with(&GZIP) {
            let mut json = Vec::new();
            let mut gzip = GzDecoder::new(bytes).take(MAX_BYTES + 1);
            gzip.read_to_end(&mut json)
                .map_err(|error| malformed(&error))?;
            if json.len() as u64 > MAX_BYTES {
                return Err(malformed(&format_args!("more than {MAX_BYTES} bytes")));
            }
            Cow::Owned(json)
        } else {
            Cow::Borrowed(bytes)
        };
        let loaded: Self = strict_json::from_slice(&json).map_err(|error| malformed(&error))?;
        let accounts = loaded.accounts.values();
        let entries: usize = accounts.map(|account| 1 + account.storage.len()).sum();
        if entries > MAX_ENTRIES {
            let problem =
                format_args!("more than {MAX_ENTRIES} accounts and storage slots: {entries}");
            return Err(malformed(&problem));
        }
        Ok(loaded)
    }
}
