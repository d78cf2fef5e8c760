//! Executes one transaction or call in revm.

mod hard_fork;
mod precompile;

use std::convert::Infallible;

use alloy_consensus::{Transaction, TxEnvelope, TxType, transaction::Recovered};
use alloy_primitives::{Address, Bytes, TxKind, U256};
use alloy_rpc_types_eth::{TransactionRequest, state::StateOverride};
use revm::{
    Context, Database, DatabaseRef, ExecuteEvm, MainBuilder, MainContext,
    bytecode::Bytecode,
    context::{BlockEnv, TxEnv},
    context_interface::result::{
        EVMError, ExecResultAndState, ExecutionResult, InvalidTransaction,
    },
    database::{CacheDB, EmptyDB},
    state::EvmState,
};

use self::{hard_fork::SPEC, precompile::LitPrecompiles};
use crate::{ChainError, Revert};

/// The current accounts of the chain.
pub(crate) type ChainDb = CacheDB<EmptyDB>;

/// How strictly a transaction is validated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Checks {
    /// As a signed transaction.
    Transaction,
    /// As a call: any sender is allowed, and the fee may be zero.
    Call,
}

/// Executes a transaction and returns its changes, without applying them.
pub(crate) fn execute<DB: Database<Error = Infallible>>(
    db: DB,
    chain_id: u64,
    block: BlockEnv,
    checks: Checks,
    mut tx: TxEnv,
) -> Result<ExecResultAndState<ExecutionResult, EvmState>, ChainError> {
    let sender = tx.caller;
    if checks == Checks::Call {
        // ethers sends calls without a chain id.
        tx.chain_id.get_or_insert(chain_id);
    }
    let free = checks == Checks::Call && tx.gas_price == 0;
    let mut evm = Context::mainnet()
        .with_db(db)
        .modify_cfg_chained(|cfg| {
            cfg.set_spec_and_mainnet_gas_params(SPEC);
            cfg.chain_id = chain_id;
            cfg.disable_nonce_check = checks == Checks::Call;
            cfg.disable_eip3607 = checks == Checks::Call;
            cfg.disable_base_fee = free;
        })
        .with_block(block)
        .build_mainnet()
        .with_precompiles(LitPrecompiles::new());
    evm.transact(tx).map_err(|error| match error {
        EVMError::Transaction(invalid) => rejection(sender, invalid),
        EVMError::Header(error) => ChainError::Rejected(error.to_string()),
        EVMError::Database(never) => match never {},
        EVMError::Custom(error) => ChainError::Rejected(error),
        EVMError::CustomAny(error) => ChainError::Rejected(error.to_string()),
    })
}

/// The output of a successful execution; a revert or halt is an error.
pub(crate) fn output(result: ExecutionResult) -> Result<Bytes, ChainError> {
    match result {
        ExecutionResult::Success { output, .. } => Ok(output.into_data()),
        ExecutionResult::Revert { output, .. } => Err(Revert { data: output }.into()),
        ExecutionResult::Halt { reason, .. } => Err(ChainError::Halted(reason.to_string())),
    }
}

/// Maps a rejection to geth's text, on which ethers and alloy match.
fn rejection(sender: Address, invalid: InvalidTransaction) -> ChainError {
    let text = match invalid {
        InvalidTransaction::NonceTooLow { tx, state } => {
            return ChainError::NonceTooLow {
                sender,
                transaction: tx,
                account: state,
            };
        }
        InvalidTransaction::LackOfFundForMaxFee { fee, balance } => {
            return ChainError::InsufficientFunds {
                account: sender,
                balance: *balance,
                cost: *fee,
            };
        }
        InvalidTransaction::GasPriceLessThanBasefee => {
            "max fee per gas less than block base fee".to_owned()
        }
        InvalidTransaction::PriorityFeeGreaterThanMaxFee => {
            "max priority fee per gas higher than max fee per gas".to_owned()
        }
        InvalidTransaction::CallerGasLimitMoreThanBlock => "exceeds block gas limit".to_owned(),
        InvalidTransaction::CallGasCostMoreThanGasLimit {
            initial_gas,
            gas_limit,
        }
        | InvalidTransaction::GasFloorMoreThanGasLimit {
            gas_floor: initial_gas,
            gas_limit,
        } => format!("intrinsic gas too low: have {gas_limit}, want {initial_gas}"),
        InvalidTransaction::InvalidChainId => "invalid chain id for signer".to_owned(),
        other => other.to_string(),
    };
    ChainError::Rejected(text)
}

/// Converts a signed transaction for revm.
pub(crate) fn signed(tx: &Recovered<TxEnvelope>) -> TxEnv {
    TxEnv {
        tx_type: tx.tx_type().into(),
        caller: tx.signer(),
        gas_limit: tx.gas_limit(),
        gas_price: tx.max_fee_per_gas(),
        kind: tx.kind(),
        value: tx.value(),
        data: tx.input().clone(),
        nonce: tx.nonce(),
        chain_id: tx.chain_id(),
        access_list: tx.access_list().cloned().unwrap_or_default(),
        gas_priority_fee: tx.max_priority_fee_per_gas(),
        ..TxEnv::default()
    }
}

/// Converts the parameter of `eth_call` and `eth_estimateGas` for revm. `max_gas` is the default gas limit and the maximum.
pub(crate) fn requested(request: &TransactionRequest, max_gas: u64) -> Result<TxEnv, ChainError> {
    let data = request
        .input
        .unique_input()
        .map_err(|error| ChainError::Rejected(error.to_string()))?;
    let dynamic = request.max_fee_per_gas.is_some() || request.max_priority_fee_per_gas.is_some();
    if dynamic && request.gas_price.is_some() {
        let text = "both gasPrice and (maxFeePerGas or maxPriorityFeePerGas) specified";
        return Err(ChainError::Rejected(text.to_owned()));
    }
    let tx_type = if dynamic {
        TxType::Eip1559
    } else if request.access_list.is_some() {
        TxType::Eip2930
    } else {
        TxType::Legacy
    };
    Ok(TxEnv {
        tx_type: tx_type.into(),
        caller: request.from.unwrap_or_default(),
        gas_limit: request.gas.map_or(max_gas, |gas| gas.min(max_gas)),
        gas_price: request
            .max_fee_per_gas
            .or(request.gas_price)
            .unwrap_or_default(),
        kind: request.to.unwrap_or(TxKind::Create),
        value: request.value.unwrap_or_default(),
        data: data.cloned().unwrap_or_default(),
        nonce: request.nonce.unwrap_or_default(),
        chain_id: request.chain_id,
        access_list: request.access_list.clone().unwrap_or_default(),
        gas_priority_fee: dynamic.then(|| request.max_priority_fee_per_gas.unwrap_or_default()),
        ..TxEnv::default()
    })
}

/// The accounts of `db`, with overrides for one call.
pub(crate) fn overridden<'a>(
    db: &'a ChainDb,
    overrides: Option<&StateOverride>,
) -> Result<CacheDB<&'a ChainDb>, ChainError> {
    let mut view = CacheDB::new(db);
    for (address, account) in overrides.into_iter().flatten() {
        if account.move_precompile_to.is_some() {
            let text = "state override: movePrecompileToAddress is not supported";
            return Err(ChainError::Rejected(text.to_owned()));
        }
        let Ok(info) = db.basic_ref(*address);
        let mut info = info.unwrap_or_default();
        if let Some(balance) = account.balance {
            info.balance = balance;
        }
        if let Some(nonce) = account.nonce {
            info.nonce = nonce;
        }
        if let Some(code) = &account.code {
            set_code(&mut info, code.clone());
        }
        view.insert_account_info(*address, info);
        if let Some(storage) = &account.state {
            let words = storage.iter().map(|(slot, value)| word(slot, value));
            let Ok(()) = view.replace_account_storage(*address, words.collect());
        }
        for (slot, value) in account.state_diff.iter().flatten() {
            let (slot, value) = word(slot, value);
            let Ok(()) = view.insert_account_storage(*address, slot, value);
        }
    }
    Ok(view)
}

/// The code with these bytes. What looks like a delegation (EIP-7702) but is malformed fails when it is run.
pub(crate) fn bytecode(code: Bytes) -> Bytecode {
    Bytecode::new_raw_checked(code.clone()).unwrap_or_else(|_| Bytecode::new_legacy(code))
}

/// Replaces the code and the code hash of an account.
pub(crate) fn set_code(info: &mut revm::state::AccountInfo, code: Bytes) {
    let code = bytecode(code);
    info.code_hash = code.hash_slow();
    info.code = Some(code);
}

fn word(slot: &alloy_primitives::B256, value: &alloy_primitives::B256) -> (U256, U256) {
    ((*slot).into(), (*value).into())
}
