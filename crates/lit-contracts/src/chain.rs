use std::{sync::Arc, time::Duration};

use alloy_json_rpc::RpcError;
use alloy_network::{Ethereum, TransactionBuilder};
use alloy_primitives::{Address, B256, U256};
use alloy_provider::{
    PendingTransactionBuilder, PendingTransactionError, Provider, utils::Eip1559Estimation,
};
use alloy_rpc_types_eth::{BlockId, TransactionReceipt, TransactionRequest};
use alloy_sol_types::{SolCall, SolEvent};
use alloy_transport::{TransportError, TransportResult};
use futures_util::future::try_join3;
use tokio::sync::Mutex;

use crate::{
    Contract, ContractError, NetworkContext, Revert,
    error::{is_transient, revert_of},
};

/// The length limit of a decoded answer, in bytes. The largest one, the list of nodes, has 224 bytes per node.
const MAX_ANSWER_BYTES: usize = 256 * 1024;
/// The same for answers with elements of variable length. All of them may point to the same bytes, so decoding takes quadratic
/// memory.
const MAX_NESTED_ANSWER_BYTES: usize = 64 * 1024;

/// This fraction is added to gas estimates. Estimates for code outside the EVM (key derivation) can be too low.
const GAS_MARGIN: u64 = 10;
/// How often a receipt is requested over a failing connection.
const RECEIPT_ATTEMPTS: usize = 3;
/// How long to wait for a receipt.
const CONFIRMATION_TIMEOUT: Duration = Duration::from_secs(120);

/// A provider, its network, and the sender.
#[derive(Debug, Clone)]
pub(crate) struct Chain<P> {
    pub(crate) provider: P,
    pub(crate) context: Arc<NetworkContext>,
    pub(crate) sender: Option<Address>,
    pub(crate) confirmation_timeout: Duration,
    /// Locked from reading a nonce until the node has the transaction. All clones share it.
    turn: Arc<Mutex<()>>,
}

impl<P> Chain<P> {
    pub(crate) fn new(context: NetworkContext, provider: P) -> Self {
        Self {
            provider,
            context: Arc::new(context),
            sender: None,
            confirmation_timeout: CONFIRMATION_TIMEOUT,
            turn: Arc::default(),
        }
    }

    pub(crate) fn address(&self, contract: Contract) -> Result<Address, ContractError> {
        self.context
            .contracts()
            .get(contract)
            .ok_or(ContractError::NoAddress(contract))
    }

    pub(crate) fn sender(&self) -> Result<Address, ContractError> {
        self.sender.ok_or(ContractError::NoSender)
    }
}

impl<P: Provider> Chain<P> {
    /// Calls a view function.
    pub(crate) async fn read<C: SolCall>(
        &self,
        contract: Contract,
        call: C,
    ) -> Result<C::Return, ContractError> {
        self.read_at(contract, self.address(contract)?, &call, MAX_ANSWER_BYTES)
            .await
    }

    /// Calls a view function that returns a list of elements of variable length.
    pub(crate) async fn read_nested<C: SolCall>(
        &self,
        contract: Contract,
        call: C,
    ) -> Result<C::Return, ContractError> {
        let address = self.address(contract)?;
        self.read_at(contract, address, &call, MAX_NESTED_ANSWER_BYTES)
            .await
    }

    pub(crate) async fn read_at<C: SolCall>(
        &self,
        contract: Contract,
        address: Address,
        call: &C,
        limit: usize,
    ) -> Result<C::Return, ContractError> {
        let bad = |problem| ContractError::BadAnswer {
            call: C::SIGNATURE,
            problem,
        };
        let request = TransactionRequest::default()
            .with_to(address)
            .with_input(call.abi_encode());
        let data = self
            .provider
            .call(request)
            .await
            .map_err(|error| ContractError::before_sending(C::SIGNATURE, error))?;
        match data.len() {
            0 => Err(ContractError::NoContract { contract, address }),
            length if length > limit => Err(bad("more data than this crate reads")),
            _ => C::abi_decode_returns_validate(&data).map_err(|_| bad("data of another shape")),
        }
    }

    /// Sends a transaction and waits until it is mined.
    pub(crate) async fn send<C: SolCall>(
        &self,
        contract: Contract,
        call: C,
        value: U256,
    ) -> Result<Mined, ContractError> {
        let sender = self.sender()?;
        let failed = |error| ContractError::before_sending(C::SIGNATURE, error).paid_by(sender);
        let address = self.address(contract)?;
        let request = TransactionRequest::default()
            .with_from(sender)
            .with_to(address)
            .with_chain_id(self.context.chain_id())
            .with_value(value)
            .with_input(call.abi_encode());
        // Before taking a nonce: a call that reverts here needs none.
        let (code, gas, fees) = try_join3(
            async { self.provider.get_code_at(address).await },
            async { self.provider.estimate_gas(request.clone()).await },
            self.fees(),
        )
        .await
        .map_err(failed)?;
        // A call to an address without code succeeds, and the payment is lost.
        if code.is_empty() {
            return Err(ContractError::NoContract { contract, address });
        }
        let request = fees.apply(request.with_gas_limit(gas.saturating_add(gas / GAS_MARGIN)));
        let pending = self.submit(C::SIGNATURE, request.clone()).await?;
        let transaction = *pending.tx_hash();
        let receipt = self
            .receipt(pending)
            .await
            .map_err(|source| ContractError::Unconfirmed {
                call: C::SIGNATURE,
                transaction,
                source,
            })?;
        if receipt.status() {
            Ok(Mined {
                call: C::SIGNATURE,
                receipt,
            })
        } else {
            Err(self.failed(C::SIGNATURE, request, &receipt).await)
        }
    }

    /// EIP-1559 fees, if the chain has them.
    async fn fees(&self) -> TransportResult<Fees> {
        match self.provider.estimate_eip1559_fees().await {
            Ok(fees) => Ok(Fees::Eip1559(fees)),
            Err(error) if is_unsupported(&error) => {
                self.provider.get_gas_price().await.map(Fees::Legacy)
            }
            Err(error) => Err(error),
        }
    }

    /// Assigns a nonce and sends the transaction, one at a time: the next one reads its nonce when the node has this one.
    ///
    /// Nothing is cached, so nothing is lost if a transaction is refused or the future is dropped.
    async fn submit(
        &self,
        call: &'static str,
        request: TransactionRequest,
    ) -> Result<PendingTransactionBuilder<Ethereum>, ContractError> {
        let sender = self.sender()?;
        let _turn = self.turn.lock().await;
        let nonce = self
            .provider
            .get_transaction_count(sender)
            .pending()
            .await
            .map_err(|error| ContractError::before_sending(call, error))?;
        self.provider
            .send_transaction(request.with_nonce(nonce))
            .await
            .map_err(|error| ContractError::while_sending(call, error).paid_by(sender))
    }

    /// Waits for the receipt. The transaction is sent, so a failed connection is retried.
    async fn receipt(
        &self,
        pending: PendingTransactionBuilder<Ethereum>,
    ) -> Result<TransactionReceipt, PendingTransactionError> {
        let transaction = *pending.tx_hash();
        let mut pending = pending;
        for _ in 1..RECEIPT_ATTEMPTS {
            let timeout = Some(self.confirmation_timeout);
            match pending.with_timeout(timeout).get_receipt().await {
                Err(PendingTransactionError::TransportError(error)) if is_transient(&error) => {
                    let provider = self.provider.root().clone();
                    pending = PendingTransactionBuilder::new(provider, transaction);
                }
                result => return result,
            }
        }
        pending
            .with_timeout(Some(self.confirmation_timeout))
            .get_receipt()
            .await
    }

    /// Why a mined transaction failed. Receipts do not say, so it is called again in the state after its block.
    async fn failed(
        &self,
        call: &'static str,
        request: TransactionRequest,
        receipt: &TransactionReceipt,
    ) -> ContractError {
        let block = receipt
            .block_number
            .map_or(BlockId::latest(), BlockId::number);
        let revert = match self.provider.call(request).block(block).await {
            Ok(_) => None,
            Err(error) => revert_of(&error),
        };
        ContractError::Reverted {
            call,
            transaction: Some(receipt.transaction_hash),
            revert: revert.unwrap_or(Revert::Empty),
        }
    }
}

/// The gas price.
enum Fees {
    Eip1559(Eip1559Estimation),
    Legacy(u128),
}

impl Fees {
    fn apply(&self, request: TransactionRequest) -> TransactionRequest {
        match self {
            Self::Eip1559(fees) => request
                .with_max_fee_per_gas(fees.max_fee_per_gas)
                .with_max_priority_fee_per_gas(fees.max_priority_fee_per_gas),
            Self::Legacy(price) => request.with_gas_price(*price),
        }
    }
}

/// The chain has no base fee, or the node has no fee history.
fn is_unsupported(error: &TransportError) -> bool {
    const METHOD_NOT_FOUND: i64 = -32_601;
    matches!(error, RpcError::UnsupportedFeature(_)) || error.error_code() == Some(METHOD_NOT_FOUND)
}

/// A transaction that was mined and succeeded.
pub(crate) struct Mined {
    call: &'static str,
    receipt: TransactionReceipt,
}

impl Mined {
    pub(crate) fn confirmation(&self) -> Confirmation {
        Confirmation {
            transaction: self.receipt.transaction_hash,
            block: self.receipt.block_number,
            gas_used: self.receipt.gas_used,
        }
    }

    /// The events of one type that a contract emitted, in order.
    pub(crate) fn events<E: SolEvent>(&self, emitter: Address) -> impl Iterator<Item = E> + '_ {
        self.receipt
            .logs()
            .iter()
            .filter(move |log| log.address() == emitter)
            .filter_map(|log| E::decode_log(&log.inner).ok())
            .map(|log| log.data)
    }

    pub(crate) const fn bad(&self, problem: &'static str) -> ContractError {
        ContractError::BadReceipt {
            call: self.call,
            transaction: self.receipt.transaction_hash,
            problem,
        }
    }
}

/// A transaction that was mined.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Confirmation {
    /// The hash.
    pub transaction: B256,
    /// The block number.
    pub block: Option<u64>,
    /// The used gas.
    pub gas_used: u64,
}
