//! A chain in memory that answers with what was recorded on a real one.

#![allow(dead_code, reason = "every test program uses a part of it")]

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard},
    task::{Context, Poll},
};

use alloy_consensus::{Transaction, TxEnvelope, transaction::SignerRecoverable};
use alloy_json_rpc::{
    ErrorPayload, RequestPacket, Response, ResponsePacket, ResponsePayload, SerializedRequest,
};
use alloy_network::{EthereumWallet, eip2718::Decodable2718};
use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use alloy_provider::{Provider, ProviderBuilder, WalletProvider};
use alloy_rpc_client::RpcClient;
use alloy_signer_local::PrivateKeySigner;
use alloy_transport::{TransportError, TransportErrorKind, TransportFut};
use lit_contracts::{Contract, LitContracts, NetworkContext, Resolver, ResolverEnvironment};
use serde::Deserialize;
use serde_json::{Value, json, value::RawValue};

/// Account 5 of hardhat, which has sent what was recorded.
const SENDER_KEY: &str = "8b3a350cf5c34c9194ca85829a2df0ec3153be0318b5e2d3348e872092edffba";
pub(crate) const CHAIN_ID: u64 = 31_337;

#[derive(Debug, Deserialize)]
pub(crate) struct Vectors {
    pub(crate) sender: Address,
    pub(crate) addresses: HashMap<String, Address>,
    pub(crate) calls: Vec<Call>,
    pub(crate) txs: Vec<Tx>,
    pub(crate) reverts: Vec<RevertVector>,
    pub(crate) claim: Value,
    pub(crate) rli: Value,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Call {
    pub(crate) name: String,
    pub(crate) to: String,
    pub(crate) input: Bytes,
    pub(crate) return_data: Bytes,
    pub(crate) decoded: Value,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Tx {
    pub(crate) name: String,
    pub(crate) to: String,
    pub(crate) value: String,
    pub(crate) input: Bytes,
    pub(crate) logs: Vec<LogVector>,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct LogVector {
    pub(crate) contract: String,
    pub(crate) topics: Vec<B256>,
    pub(crate) data: Bytes,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RevertVector {
    pub(crate) name: String,
    pub(crate) to: String,
    pub(crate) input: Bytes,
    pub(crate) message: String,
    pub(crate) revert_data: Bytes,
}

pub(crate) fn vectors() -> Vectors {
    serde_json::from_str(include_str!("../data/evm.json")).unwrap()
}

impl Vectors {
    pub(crate) fn call(&self, name: &str) -> &Call {
        let mut calls = self.calls.iter().filter(|call| call.name.starts_with(name));
        calls.next().unwrap_or_else(|| panic!("no call {name}"))
    }

    pub(crate) fn tx(&self, name: &str) -> &Tx {
        let mut txs = self.txs.iter().filter(|tx| tx.name.starts_with(name));
        txs.next()
            .unwrap_or_else(|| panic!("no transaction {name}"))
    }

    pub(crate) fn context(&self) -> NetworkContext {
        let context = NetworkContext::custom(CHAIN_ID, "memory:");
        let mut contracts = *context.contracts();
        for contract in Contract::ALL {
            if let Some(address) = self.addresses.get(contract.name()) {
                assert!(contracts.set(contract, *address));
            }
        }
        context.with_contracts(contracts).with_resolver(Resolver {
            address: self.addresses["resolver"],
            environment: ResolverEnvironment::Dev,
        })
    }
}

pub(crate) fn wallet() -> EthereumWallet {
    let signer: PrivateKeySigner = SENDER_KEY.parse().unwrap();
    signer.into()
}

/// What the chain says to a call: data, or an error.
pub(crate) type Answer = Result<Bytes, (i64, String, Option<Value>)>;

#[derive(Debug, Default)]
pub(crate) struct State {
    /// Answers by contract and call data.
    pub(crate) answers: HashMap<(Address, Bytes), Answer>,
    /// The same, for `eth_call` only.
    pub(crate) late_answers: HashMap<(Address, Bytes), Answer>,
    /// Logs of transactions by contract and call data.
    pub(crate) effects: HashMap<(Address, Bytes), Vec<LogVector>>,
    pub(crate) addresses: HashMap<String, Address>,
    /// Answers that came from the table above.
    pub(crate) hits: Vec<(Address, Bytes)>,
    pub(crate) sent: Vec<TxEnvelope>,
    receipts: HashMap<B256, Value>,
    /// The next so many raw transactions are mined, and fail.
    pub(crate) fail: usize,
    /// The connection drops at these methods.
    pub(crate) drop_at: Vec<&'static str>,
    /// The same, once each.
    pub(crate) drop_once: Vec<&'static str>,
    /// These methods are answered with an error.
    pub(crate) refuse: HashMap<&'static str, String>,
    pub(crate) no_fee_history: bool,
    pub(crate) chain_id: u64,
    pub(crate) no_code: Vec<Address>,
    pub(crate) logs: Value,
}

/// The transport.
#[derive(Debug, Clone, Default)]
pub(crate) struct Chain(Arc<Mutex<State>>);

impl Chain {
    pub(crate) fn recorded() -> (Vectors, Self) {
        let vectors = vectors();
        let chain = Self::default();
        {
            let mut state = chain.state();
            state.chain_id = CHAIN_ID;
            state.addresses = vectors.addresses.clone();
            for call in &vectors.calls {
                let key = (vectors.addresses[&call.to], call.input.clone());
                state.answers.insert(key, Ok(call.return_data.clone()));
            }
            for tx in &vectors.txs {
                let key = (vectors.addresses[&tx.to], tx.input.clone());
                state.effects.insert(key, tx.logs.clone());
            }
        }
        (vectors, chain)
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    pub(crate) fn answer(&self, to: Address, input: impl Into<Bytes>, answer: Answer) {
        self.state().answers.insert((to, input.into()), answer);
    }

    /// Recorded calls were made, byte for byte.
    pub(crate) fn assert_called(&self, vectors: &Vectors, names: &[&str]) {
        let state = self.state();
        for name in names {
            let call = vectors.call(name);
            let key = (vectors.addresses[&call.to], call.input.clone());
            assert!(state.hits.contains(&key), "{name}");
        }
    }

    pub(crate) fn provider(&self) -> impl Provider + WalletProvider + Clone + use<> {
        ProviderBuilder::new()
            .wallet(wallet())
            .connect_client(RpcClient::new(self.clone(), true))
    }

    pub(crate) fn contracts(
        &self,
        vectors: &Vectors,
    ) -> LitContracts<impl Provider + WalletProvider + Clone + use<>> {
        LitContracts::with_wallet(vectors.context(), self.provider())
    }

    fn handle(&self, request: &SerializedRequest) -> Result<Response, TransportError> {
        let params: Value = request.params().map_or(Value::Null, |params| {
            serde_json::from_str(params.get()).unwrap()
        });
        let mut state = self.state();
        let method = request.method();
        let once = state.drop_once.iter().position(|at| *at == method);
        if let Some(once) = once {
            state.drop_once.remove(once);
        }
        if once.is_some() || state.drop_at.contains(&method) {
            return Err(TransportErrorKind::custom_str("connection reset by peer"));
        }
        let refused = state.refuse.get(method).cloned();
        let result = match refused {
            Some(message) => Err((-32_000, message, None)),
            None => state.answer(method, &params),
        };
        let payload = match result {
            Ok(value) => ResponsePayload::Success(raw(&value)),
            Err((code, message, data)) => ResponsePayload::Failure(ErrorPayload {
                code,
                message: message.into(),
                data: data.map(|data| raw(&data)),
            }),
        };
        Ok(Response {
            id: request.id().clone(),
            payload,
        })
    }
}

fn raw(value: &Value) -> Box<RawValue> {
    serde_json::value::to_raw_value(value).unwrap()
}

impl State {
    fn answer(
        &mut self,
        method: &str,
        params: &Value,
    ) -> Result<Value, (i64, String, Option<Value>)> {
        Ok(match method {
            "eth_chainId" => json!(U256::from(self.chain_id)),
            "eth_getCode" => {
                let address: Address = serde_json::from_value(params[0].clone()).unwrap();
                json!(if self.no_code.contains(&address) {
                    "0x"
                } else {
                    "0x00"
                })
            }
            "eth_call" => {
                let key = target(&params[0]);
                let late = self.late_answers.get(&key);
                let answer = late.or_else(|| self.answers.get(&key)).cloned();
                self.hits.push(key.clone());
                match answer {
                    Some(answer) => json!(answer?),
                    None => return Err((-32_000, format!("not recorded: {key:?}"), None)),
                }
            }
            "eth_estimateGas" => {
                let key = target(&params[0]);
                if let Some(Err(error)) = self.answers.get(&key) {
                    return Err(error.clone());
                }
                if !self.effects.contains_key(&key) {
                    return Err((-32_000, format!("not recorded: {key:?}"), None));
                }
                json!("0x186a0")
            }
            "eth_gasPrice" => json!("0x7"),
            "eth_feeHistory" if !self.no_fee_history => json!({
                "oldestBlock": "0x1",
                "baseFeePerGas": ["0x3b9aca00", "0x3b9aca00"],
                "gasUsedRatio": [0.5],
                "reward": [["0x1"]],
            }),
            "eth_blockNumber" => json!("0x10"),
            "eth_getTransactionCount" => json!(U256::from(self.sent.len())),
            "eth_sendRawTransaction" => json!(self.mine(params)?),
            "eth_getTransactionReceipt" => {
                let hash: B256 = serde_json::from_value(params[0].clone()).unwrap();
                self.receipts.get(&hash).cloned().unwrap_or(Value::Null)
            }
            "eth_getLogs" => self.logs.clone(),
            _ => return Err((-32_601, format!("no method {method}"), None)),
        })
    }

    fn mine(&mut self, params: &Value) -> Result<B256, (i64, String, Option<Value>)> {
        let bytes: Bytes = serde_json::from_value(params[0].clone()).unwrap();
        let tx = TxEnvelope::decode_2718(&mut bytes.as_ref()).unwrap();
        if tx.nonce() != self.sent.len() as u64 {
            return Err((-32_000, format!("nonce too low: {}", tx.nonce()), None));
        }
        assert_eq!(tx.chain_id(), Some(CHAIN_ID));
        let from = tx.recover_signer().unwrap();
        let to = tx.to().unwrap();
        let hash = keccak256(&bytes);
        let failed = self.fail > 0;
        self.fail = self.fail.saturating_sub(1);
        let effects = self.effects.get(&(to, tx.input().clone()));
        let logs = effects.filter(|_| !failed).into_iter().flatten();
        let logs: Vec<_> = logs
            .enumerate()
            .map(|(index, log)| {
                json!({
                    "address": self.addresses[&log.contract],
                    "topics": log.topics,
                    "data": log.data,
                    "blockHash": B256::ZERO, "blockNumber": "0x10",
                    "transactionHash": hash, "transactionIndex": "0x0",
                    "logIndex": U256::from(index), "removed": false,
                })
            })
            .collect();
        let receipt = json!({
            "transactionHash": hash, "transactionIndex": "0x0",
            "blockHash": B256::ZERO, "blockNumber": "0x10",
            "from": from, "to": to, "contractAddress": null,
            "cumulativeGasUsed": "0x5208", "gasUsed": "0x5208",
            "effectiveGasPrice": "0x1", "type": "0x2",
            "status": if failed { "0x0" } else { "0x1" },
            "logs": logs, "logsBloom": Bytes::from([0; 256]),
        });
        self.receipts.insert(hash, receipt);
        self.sent.push(tx);
        Ok(hash)
    }
}

fn target(request: &Value) -> (Address, Bytes) {
    let member = |name: &str| request[name].clone();
    (
        serde_json::from_value(member("to")).unwrap(),
        serde_json::from_value(member("input")).unwrap(),
    )
}

impl tower::Service<RequestPacket> for Chain {
    type Response = ResponsePacket;
    type Error = TransportError;
    type Future = TransportFut<'static>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, packet: RequestPacket) -> Self::Future {
        let chain = self.clone();
        Box::pin(async move {
            // As over a wire, other tasks run between question and answer.
            tokio::task::yield_now().await;
            Ok(match &packet {
                RequestPacket::Single(request) => ResponsePacket::Single(chain.handle(request)?),
                RequestPacket::Batch(requests) => ResponsePacket::Batch(
                    requests
                        .iter()
                        .map(|request| chain.handle(request))
                        .collect::<Result<_, _>>()?,
                ),
            })
        })
    }
}
