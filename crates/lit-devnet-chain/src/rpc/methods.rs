//! The JSON-RPC methods.

use std::sync::Arc;

use alloy_consensus::transaction::TransactionInfo;
use alloy_eips::{BlockId, BlockNumberOrTag};
use alloy_primitives::{Address, B256, Bytes, U64, U256};
use alloy_rpc_types_eth::{
    FeeHistory, Filter, Transaction, TransactionRequest, state::StateOverride,
};
use serde::Serialize;
use serde_json::{Value, json};

use super::{MAX_ANSWER, error::RpcError, params::Params};
use crate::{
    Chain, ChainError, evm,
    state::{At, Changes, Kind, Loaded, State, View},
};

/// The maximum number of blocks in `eth_feeHistory`.
const MAX_FEE_HISTORY: u64 = 1_024;
const MAX_PERCENTILES: usize = 100;
/// The number of addresses in a filter, and of topics at one position; those of geth.
const MAX_FILTER_TERMS: usize = 1_000;
/// The most blocks that are mined while others wait for the chain.
const BLOCKS_AT_ONCE: u64 = 256;

type Answer = Result<Value, RpcError>;

/// Dispatches a method. What may take long runs without the lock.
pub(super) fn dispatch(chain: &Chain, method: &str, params: Params) -> Answer {
    match method {
        "eth_call" => call(chain, params),
        "eth_estimateGas" => estimate(chain, params),
        "eth_getBlockByNumber" => block_by_number(chain, params),
        "eth_getBlockByHash" => block_by_hash(chain, params),
        "eth_getBlockReceipts" => block_receipts(chain, params),
        "eth_getTransactionByHash" => transaction(chain, params),
        "eth_getTransactionReceipt" => receipt(chain, params),
        "eth_getBalance" => balance(chain, params),
        "eth_getTransactionCount" => nonce(chain, params),
        "eth_getCode" => code(chain, params),
        "eth_getStorageAt" => storage(chain, params),
        "eth_getLogs" => logs(chain, params),
        "eth_getFilterChanges" => filter_changes(chain, params),
        "eth_getFilterLogs" => filter_logs(chain, params),
        "anvil_dumpState" | "hardhat_dumpState" => dump_state(chain, params),
        "anvil_loadState" | "hardhat_loadState" => load_state(chain, params),
        _ => dispatch_locked(&mut chain.lock(), method, params),
    }
}

fn dispatch_locked(chain: &mut State, method: &str, params: Params) -> Answer {
    match method {
        "eth_chainId" => Ok(quantity(chain.settings.chain_id)),
        "net_version" => Ok(json!(chain.settings.chain_id.to_string())),
        "net_listening" => Ok(json!(true)),
        "eth_syncing" => Ok(json!(false)),
        "eth_accounts" => Ok(json!([])),
        "web3_clientVersion" => Ok(json!(concat!(
            "lit-devnet-chain/v",
            env!("CARGO_PKG_VERSION")
        ))),
        "eth_blockNumber" => Ok(quantity(chain.number())),
        // Blocks are never full, so the base fee is enough.
        "eth_gasPrice" => Ok(quantity(chain.settings.base_fee)),
        "eth_maxPriorityFeePerGas" => Ok(quantity(0)),
        "eth_feeHistory" => fee_history(chain, params),
        "eth_sendRawTransaction" => send(chain, params),
        "eth_newFilter" => new_filter(chain, params),
        "eth_newBlockFilter" => Ok(quantity(chain.install(Kind::Blocks))),
        "eth_uninstallFilter" => uninstall(chain, params),
        "evm_snapshot" => Ok(quantity(chain.snapshot())),
        "evm_revert" => revert(chain, params),
        "evm_mine" => mine(chain, params),
        "evm_increaseTime" => increase_time(chain, params),
        "evm_setNextBlockTimestamp" => set_next_timestamp(chain, params),
        "anvil_setBalance" | "hardhat_setBalance" => set_balance(chain, params),
        "anvil_setCode" | "hardhat_setCode" => set_code(chain, params),
        "anvil_setStorageAt" | "hardhat_setStorageAt" => set_storage(chain, params),
        _ => Err(RpcError::unknown_method(method)),
    }
}

// Blocks and transactions.

fn fee_history(chain: &State, mut params: Params) -> Answer {
    let count = params.required::<U64>("block count")?.to::<u64>();
    let newest: BlockNumberOrTag = params.required("newest block")?;
    let percentiles: Option<Vec<f64>> = params.optional("reward percentiles")?;
    let columns = percentiles.as_ref().map_or(0, Vec::len);
    if columns > MAX_PERCENTILES {
        return Err(params.error("reward percentiles", "too many"));
    }
    let newest = match at(chain, newest.into())? {
        At::Number(number) if chain.block(number).is_none() => {
            return Err(ChainError::NoSuchBlock(number.to_string()).into());
        }
        At::Number(number) => number,
        At::Latest | At::Pending => chain.number(),
    };
    let count = count.min(MAX_FEE_HISTORY).min(newest + 1);
    let oldest = newest + 1 - count;
    let blocks = (oldest..=newest).filter_map(|number| chain.block(number));
    let history = FeeHistory {
        base_fee_per_gas: vec![chain.settings.base_fee.into(); count as usize + 1],
        gas_used_ratio: blocks
            .map(|block| block.header.gas_used as f64 / block.header.gas_limit.max(1) as f64)
            .collect(),
        oldest_block: oldest,
        reward: percentiles.map(|_| vec![vec![0; columns]; count as usize]),
        ..FeeHistory::default()
    };
    json(history)
}

fn block_by_number(chain: &Chain, mut params: Params) -> Answer {
    let tag: BlockNumberOrTag = params.required("block")?;
    let full = params.optional("full transactions")?.unwrap_or(false);
    let block = {
        let chain = chain.lock();
        match tag {
            BlockNumberOrTag::Pending => Some(Arc::new(chain.pending())),
            BlockNumberOrTag::Number(number) => chain.block(number).cloned(),
            BlockNumberOrTag::Earliest => chain.block(0).cloned(),
            BlockNumberOrTag::Latest | BlockNumberOrTag::Safe | BlockNumberOrTag::Finalized => {
                Some(Arc::clone(chain.latest()))
            }
        }
    };
    json(block.map(|block| block.to_rpc(full)))
}

fn block_by_hash(chain: &Chain, mut params: Params) -> Answer {
    let hash: B256 = params.required("hash")?;
    let full = params.optional("full transactions")?.unwrap_or(false);
    let block = {
        let chain = chain.lock();
        let number = chain.number_of(&hash);
        number.and_then(|number| chain.block(number).cloned())
    };
    json(block.map(|block| block.to_rpc(full)))
}

fn block_receipts(chain: &Chain, mut params: Params) -> Answer {
    let id = params.required("block")?;
    let block = {
        let chain = chain.lock();
        let number = match at(&chain, id)? {
            At::Number(number) => number,
            At::Latest => chain.number(),
            At::Pending => return Ok(Value::Null),
        };
        chain.block(number).cloned()
    };
    json(block.map(|block| Vec::from_iter(block.to_rpc_receipt())))
}

fn transaction(chain: &Chain, mut params: Params) -> Answer {
    let hash = params.required("hash")?;
    let (mined, queued) = {
        let chain = chain.lock();
        let mined = chain.block_of_transaction(&hash).cloned();
        (mined, chain.queued(&hash).cloned())
    };
    let mined = mined.and_then(|block| block.to_rpc_transaction());
    let waiting = |tx| Transaction::from_transaction(tx, TransactionInfo::default());
    json(mined.or_else(|| queued.map(waiting)))
}

fn receipt(chain: &Chain, mut params: Params) -> Answer {
    let hash = params.required("hash")?;
    let block = chain.lock().block_of_transaction(&hash).cloned();
    json(block.and_then(|block| block.to_rpc_receipt()))
}

fn send(chain: &mut State, mut params: Params) -> Answer {
    let raw: Bytes = params.required("raw transaction")?;
    json(chain.submit(&raw)?)
}

// Calls and accounts.

fn call(chain: &Chain, mut params: Params) -> Answer {
    let request: TransactionRequest = params.required("call")?;
    let view = view(chain, &mut params)?;
    let overrides: Option<StateOverride> = params.optional("state override")?;
    json(view.call(&request, overrides.as_ref())?)
}

fn estimate(chain: &Chain, mut params: Params) -> Answer {
    let request: TransactionRequest = params.required("transaction")?;
    let id = params.optional::<BlockId>("block")?.unwrap_or_default();
    let moment = {
        let chain = chain.lock();
        let at = match at(&chain, id)? {
            At::Latest => At::Pending,
            at => at,
        };
        chain.moment(at)?
    };
    let overrides: Option<StateOverride> = params.optional("state override")?;
    let view = moment.view();
    Ok(quantity(view.estimate_gas(&request, overrides.as_ref())?))
}

fn balance(chain: &Chain, mut params: Params) -> Answer {
    let address = params.required("address")?;
    json(view(chain, &mut params)?.account(address).balance)
}

fn nonce(chain: &Chain, mut params: Params) -> Answer {
    let address = params.required("address")?;
    Ok(quantity(view(chain, &mut params)?.account(address).nonce))
}

fn code(chain: &Chain, mut params: Params) -> Answer {
    let address: Address = params.required("address")?;
    json(view(chain, &mut params)?.code(address))
}

fn storage(chain: &Chain, mut params: Params) -> Answer {
    let address: Address = params.required("address")?;
    let slot: U256 = params.required("slot")?;
    let view = view(chain, &mut params)?;
    json(B256::from(view.storage(address, slot)))
}

// Events.

fn logs(chain: &Chain, mut params: Params) -> Answer {
    let filter = filter(&mut params)?;
    let logs = chain.lock().logs(&filter, MAX_ANSWER)?;
    json(logs)
}

/// The filter of logs at the beginning, if it is not too long: each log is compared with it.
fn filter(params: &mut Params) -> Result<Box<Filter>, RpcError> {
    let filter: Box<Filter> = params.required("filter")?;
    let is_long = |terms: usize| terms > MAX_FILTER_TERMS;
    if is_long(filter.address.len()) || filter.topics.iter().any(|it| is_long(it.len())) {
        let problem = format!("more than {MAX_FILTER_TERMS} addresses or topics");
        return Err(params.error("filter", problem));
    }
    Ok(filter)
}

fn new_filter(chain: &mut State, mut params: Params) -> Answer {
    let filter = filter(&mut params)?;
    Ok(quantity(chain.install(Kind::Logs(filter))))
}

fn filter_changes(chain: &Chain, mut params: Params) -> Answer {
    let id = id(&mut params, "filter id")?;
    let changes = chain.lock().changes(id, MAX_ANSWER)?;
    match changes {
        Changes::Blocks(hashes) => json(hashes),
        Changes::Logs(logs) => json(logs),
    }
}

fn filter_logs(chain: &Chain, mut params: Params) -> Answer {
    let id = id(&mut params, "filter id")?;
    let logs = chain.lock().installed_logs(id, MAX_ANSWER)?;
    json(logs)
}

fn uninstall(chain: &mut State, mut params: Params) -> Answer {
    Ok(json!(chain.uninstall(id(&mut params, "filter id")?)))
}

// Control.

fn revert(chain: &mut State, mut params: Params) -> Answer {
    Ok(json!(chain.revert(id(&mut params, "snapshot id")?)))
}

fn mine(chain: &mut State, mut params: Params) -> Answer {
    if let Some(timestamp) = params.optional::<U64>("timestamp")? {
        chain.set_next_timestamp(timestamp.to())?;
    }
    chain.mine_empty();
    Ok(json!("0x0"))
}

fn increase_time(chain: &mut State, mut params: Params) -> Answer {
    let seconds: U64 = params.required("seconds")?;
    Ok(json!(chain.increase_time(seconds.to())))
}

fn set_next_timestamp(chain: &mut State, mut params: Params) -> Answer {
    let timestamp: U64 = params.required("timestamp")?;
    chain.set_next_timestamp(timestamp.to())?;
    Ok(Value::Null)
}

fn set_balance(chain: &mut State, mut params: Params) -> Answer {
    let address = params.required("address")?;
    let balance: U256 = params.required("balance")?;
    chain.change_account(address, |info| info.balance = balance);
    Ok(Value::Null)
}

fn set_code(chain: &mut State, mut params: Params) -> Answer {
    let address = params.required("address")?;
    let code: Bytes = params.required("code")?;
    chain.change_account(address, |info| evm::set_code(info, code));
    Ok(Value::Null)
}

fn set_storage(chain: &mut State, mut params: Params) -> Answer {
    let address = params.required("address")?;
    let slot: U256 = params.required("slot")?;
    let value: U256 = params.required("value")?;
    chain.set_storage(address, slot, value);
    Ok(json!(true))
}

fn dump_state(chain: &Chain, mut params: Params) -> Answer {
    if params
        .optional("preserve historical states")?
        .unwrap_or(false)
    {
        return Err(params.error(
            "preserve historical states",
            "only the latest state is dumped",
        ));
    }
    let latest = chain.lock().to_dump();
    json(latest.dump()?)
}

/// Loads a dump. Others use the chain while it is parsed and while blocks are mined.
fn load_state(chain: &Chain, mut params: Params) -> Answer {
    let dump: Bytes = params.required("state")?;
    let number = {
        // A parsed dump may be large.
        let _one_at_a_time = chain.loading();
        let dump = Loaded::parse(&dump)?;
        chain.lock().load_accounts(dump)?
    };
    loop {
        let mut chain = chain.lock();
        let missing = number.saturating_sub(chain.number());
        if missing == 0 {
            return Ok(json!(true));
        }
        for _ in 0..missing.min(BLOCKS_AT_ONCE) {
            chain.mine_empty();
        }
    }
}

// Parameters and results.

/// The state at the optional block parameter at the end; the default is the latest block.
fn view(chain: &Chain, params: &mut Params) -> Result<View, RpcError> {
    let id = params.optional::<BlockId>("block")?.unwrap_or_default();
    let moment = {
        let chain = chain.lock();
        chain.moment(at(&chain, id)?)?
    };
    Ok(moment.view())
}

fn at(chain: &State, id: BlockId) -> Result<At, RpcError> {
    Ok(match id {
        BlockId::Hash(hash) => At::Number(
            chain
                .number_of(&hash.block_hash)
                .ok_or_else(|| ChainError::NoSuchBlock(hash.block_hash.to_string()))?,
        ),
        BlockId::Number(BlockNumberOrTag::Number(number)) => At::Number(number),
        BlockId::Number(BlockNumberOrTag::Earliest) => At::Number(0),
        BlockId::Number(BlockNumberOrTag::Pending) => At::Pending,
        BlockId::Number(
            BlockNumberOrTag::Latest | BlockNumberOrTag::Safe | BlockNumberOrTag::Finalized,
        ) => At::Latest,
    })
}

fn id(params: &mut Params, name: &str) -> Result<u64, RpcError> {
    Ok(params.required::<U64>(name)?.to())
}

fn quantity(number: u64) -> Value {
    json!(format!("{number:#x}"))
}

fn json(value: impl Serialize) -> Answer {
    serde_json::to_value(value).map_err(|error| RpcError::internal(&error))
}
