//! The JSON-RPC methods.

use alloy_consensus::transaction::TransactionInfo;
use alloy_eips::{BlockId, BlockNumberOrTag};
use alloy_primitives::{Address, B256, Bytes, U64, U256};
use alloy_rpc_types_eth::{
    FeeHistory, Filter, Transaction, TransactionRequest, state::StateOverride,
};
use serde::Serialize;
use serde_json::{Value, json};

use super::{error::RpcError, params::Params};
use crate::{
    Chain, ChainError, evm,
    state::{At, Changes, Kind, State},
};

/// The maximum number of blocks in `eth_feeHistory`.
const MAX_FEE_HISTORY: u64 = 1_024;
const MAX_PERCENTILES: usize = 100;

type Answer = Result<Value, RpcError>;

/// Dispatches a method. Calls may take long, so they run without the lock.
pub(super) fn dispatch(chain: &Chain, method: &str, params: Params) -> Answer {
    match method {
        "eth_call" => call(chain, params),
        "eth_estimateGas" => estimate(chain, params),
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
        "eth_getBlockByNumber" => block_by_number(chain, params),
        "eth_getBlockByHash" => block_by_hash(chain, params),
        "eth_getBlockReceipts" => block_receipts(chain, params),
        "eth_getTransactionByHash" => transaction(chain, params),
        "eth_getTransactionReceipt" => receipt(chain, params),
        "eth_sendRawTransaction" => send(chain, params),
        "eth_getBalance" => balance(chain, params),
        "eth_getTransactionCount" => nonce(chain, params),
        "eth_getCode" => code(chain, params),
        "eth_getStorageAt" => storage(chain, params),
        "eth_getLogs" => logs(chain, params),
        "eth_newFilter" => new_filter(chain, params),
        "eth_newBlockFilter" => Ok(quantity(chain.install(Kind::Blocks))),
        "eth_getFilterChanges" => filter_changes(chain, params),
        "eth_getFilterLogs" => filter_logs(chain, params),
        "eth_uninstallFilter" => uninstall(chain, params),
        "evm_snapshot" => Ok(quantity(chain.snapshot())),
        "evm_revert" => revert(chain, params),
        "evm_mine" => mine(chain, params),
        "evm_increaseTime" => increase_time(chain, params),
        "evm_setNextBlockTimestamp" => set_next_timestamp(chain, params),
        "anvil_setBalance" | "hardhat_setBalance" => set_balance(chain, params),
        "anvil_setCode" | "hardhat_setCode" => set_code(chain, params),
        "anvil_setStorageAt" | "hardhat_setStorageAt" => set_storage(chain, params),
        "anvil_dumpState" | "hardhat_dumpState" => dump_state(chain, params),
        "anvil_loadState" | "hardhat_loadState" => load_state(chain, params),
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

fn block_by_number(chain: &State, mut params: Params) -> Answer {
    let tag: BlockNumberOrTag = params.required("block")?;
    let full = params.optional("full transactions")?.unwrap_or(false);
    match tag {
        BlockNumberOrTag::Pending => json(chain.pending().to_rpc(full)),
        BlockNumberOrTag::Number(number) => json(chain.block(number).map(|b| b.to_rpc(full))),
        BlockNumberOrTag::Earliest => json(chain.block(0).map(|b| b.to_rpc(full))),
        BlockNumberOrTag::Latest | BlockNumberOrTag::Safe | BlockNumberOrTag::Finalized => {
            json(chain.latest().to_rpc(full))
        }
    }
}

fn block_by_hash(chain: &State, mut params: Params) -> Answer {
    let hash: B256 = params.required("hash")?;
    let full = params.optional("full transactions")?.unwrap_or(false);
    let block = chain
        .number_of(&hash)
        .and_then(|number| chain.block(number));
    json(block.map(|block| block.to_rpc(full)))
}

fn block_receipts(chain: &State, mut params: Params) -> Answer {
    let number = match at(chain, params.required("block")?)? {
        At::Number(number) => number,
        At::Latest => chain.number(),
        At::Pending => return Ok(Value::Null),
    };
    json(
        chain
            .block(number)
            .map(|block| Vec::from_iter(block.to_rpc_receipt())),
    )
}

fn transaction(chain: &State, mut params: Params) -> Answer {
    let hash = params.required("hash")?;
    let mined = chain.block_of_transaction(&hash);
    json(
        mined
            .and_then(|block| block.to_rpc_transaction())
            .or_else(|| {
                let waiting = chain.queued(&hash)?.clone();
                Some(Transaction::from_transaction(
                    waiting,
                    TransactionInfo::default(),
                ))
            }),
    )
}

fn receipt(chain: &State, mut params: Params) -> Answer {
    let hash = params.required("hash")?;
    let block = chain.block_of_transaction(&hash);
    json(block.and_then(|block| block.to_rpc_receipt()))
}

fn send(chain: &mut State, mut params: Params) -> Answer {
    let raw: Bytes = params.required("raw transaction")?;
    json(chain.submit(&raw)?)
}

// Calls and accounts.

fn call(chain: &Chain, mut params: Params) -> Answer {
    let request: TransactionRequest = params.required("call")?;
    let view = {
        let chain = chain.lock();
        chain.view(block(&chain, &mut params)?)?
    };
    let overrides: Option<StateOverride> = params.optional("state override")?;
    json(view.call(&request, overrides.as_ref())?)
}

fn estimate(chain: &Chain, mut params: Params) -> Answer {
    let request: TransactionRequest = params.required("transaction")?;
    let view = {
        let chain = chain.lock();
        let at = match block(&chain, &mut params)? {
            At::Latest => At::Pending,
            at => at,
        };
        chain.view(at)?
    };
    let overrides: Option<StateOverride> = params.optional("state override")?;
    Ok(quantity(view.estimate_gas(&request, overrides.as_ref())?))
}

fn balance(chain: &State, mut params: Params) -> Answer {
    let address = params.required("address")?;
    let at = block(chain, &mut params)?;
    json(chain.view(at)?.account(address).balance)
}

fn nonce(chain: &State, mut params: Params) -> Answer {
    let address = params.required("address")?;
    let at = block(chain, &mut params)?;
    Ok(quantity(chain.view(at)?.account(address).nonce))
}

fn code(chain: &State, mut params: Params) -> Answer {
    let address: Address = params.required("address")?;
    let at = block(chain, &mut params)?;
    json(chain.view(at)?.code(address))
}

fn storage(chain: &State, mut params: Params) -> Answer {
    let address: Address = params.required("address")?;
    let slot: U256 = params.required("slot")?;
    let at = block(chain, &mut params)?;
    json(B256::from(chain.view(at)?.storage(address, slot)))
}

// Events.

fn logs(chain: &State, mut params: Params) -> Answer {
    let filter: Filter = params.required("filter")?;
    json(chain.logs(&filter)?)
}

fn new_filter(chain: &mut State, mut params: Params) -> Answer {
    let filter = params.required("filter")?;
    Ok(quantity(chain.install(Kind::Logs(filter))))
}

fn filter_changes(chain: &mut State, mut params: Params) -> Answer {
    match chain.changes(id(&mut params, "filter id")?)? {
        Changes::Blocks(hashes) => json(hashes),
        Changes::Logs(logs) => json(logs),
    }
}

fn filter_logs(chain: &State, mut params: Params) -> Answer {
    json(chain.installed_logs(id(&mut params, "filter id")?)?)
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

fn dump_state(chain: &State, mut params: Params) -> Answer {
    if params
        .optional("preserve historical states")?
        .unwrap_or(false)
    {
        return Err(params.error(
            "preserve historical states",
            "only the latest state is dumped",
        ));
    }
    json(chain.dump()?)
}

fn load_state(chain: &mut State, mut params: Params) -> Answer {
    let dump: Bytes = params.required("state")?;
    chain.load_dump(&dump)?;
    Ok(json!(true))
}

// Parameters and results.

/// The optional block parameter at the end; the default is the latest block.
fn block(chain: &State, params: &mut Params) -> Result<At, RpcError> {
    let id = params.optional::<BlockId>("block")?;
    at(chain, id.unwrap_or_default())
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
