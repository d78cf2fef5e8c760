//! The latest state in the format of anvil: JSON, compressed with gzip.

use std::{
    collections::BTreeMap,
    io::{Read, Write},
};

use alloy_consensus::Header;
use alloy_primitives::{Address, B256, Bytes, U256};
use flate2::{Compression, read::GzDecoder, write::GzEncoder};
use revm::{DatabaseRef, context::BlockEnv};
use serde::{Deserialize, Serialize};

use super::{State, block::Block, view::account};
use crate::{ChainError, evm};

/// The largest dump after decompression, in bytes.
const MAX_BYTES: u64 = 256 * 1024 * 1024;
/// How many blocks a dump may be ahead of the chain.
const MAX_AHEAD: u64 = 100_000;
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
struct Loaded {
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

impl State {
    /// The latest state for [`State::load_dump`], and for anvil.
    pub(crate) fn dump(&self) -> Result<Bytes, ChainError> {
        let header = self.latest().header.clone();
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

    /// Adds the accounts of a dump, and catches up with its time and its block number. Like anvil it keeps other accounts, and the
    /// higher nonce.
    pub(crate) fn load_dump(&mut self, bytes: &[u8]) -> Result<(), ChainError> {
        let loaded = parse(bytes)?;
        let number = match (loaded.best_block_number, &loaded.block) {
            (Some(number), _) => number,
            (None, Some(block)) => block.number,
            (None, None) => U256::ZERO,
        };
        let blocks = number.saturating_to::<u64>().saturating_sub(self.number());
        if blocks > MAX_AHEAD {
            return Err(ChainError::MalformedDump(format!(
                "block {number} is more than {MAX_AHEAD} blocks ahead"
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
        for _ in 0..blocks {
            self.mine_empty();
        }
        Ok(())
    }
}

fn parse(bytes: &[u8]) -> Result<Loaded, ChainError> {
    let malformed = |error: &dyn std::fmt::Display| ChainError::MalformedDump(error.to_string());
    let json = if bytes.starts_with(&GZIP) {
        let mut json = Vec::new();
        let mut gzip = GzDecoder::new(bytes).take(MAX_BYTES + 1);
        gzip.read_to_end(&mut json)
            .map_err(|error| malformed(&error))?;
        if json.len() as u64 > MAX_BYTES {
            return Err(malformed(&format_args!("more than {MAX_BYTES} bytes")));
        }
        json
    } else {
        bytes.to_vec()
    };
    serde_json::from_slice(&json).map_err(|error| malformed(&error))
}
