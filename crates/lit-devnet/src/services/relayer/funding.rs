use std::sync::Arc;

use alloy_consensus::{SignableTransaction, TxLegacy};
use alloy_eips::eip2718::Encodable2718;
use alloy_primitives::{
    Address, B256, Bytes, Signature, TxKind, U256, normalize_v, utils::format_ether,
};
use axum::{
    Json,
    body::Bytes as Body,
    extract::State,
    http::{HeaderMap, StatusCode},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{GIFT, RELAY_API_KEY, Refused, Relayer, ethers::Number, header, parsed};

#[derive(Deserialize)]
struct SendBody {
    txn: SignedTransaction,
}

/// A signed legacy transaction, in the form of ethers.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SignedTransaction {
    r#type: Option<u64>,
    from: String,
    to: Option<Address>,
    nonce: Number,
    gas_limit: Number,
    gas_price: Number,
    data: Bytes,
    value: Number,
    chain_id: Number,
    r: B256,
    s: B256,
    v: Number,
}

/// `POST /send-txn`: sends the cost of the gas to the sender, then the transaction. For PKPs without funds.
pub(super) async fn send_transaction(
    State(relayer): State<Arc<Relayer>>,
    body: Body,
) -> Result<Json<Value>, Refused> {
    let SendBody { txn } = parsed(&body)?;
    if txn.r#type.is_some_and(|kind| kind != 0) {
        return Err(Refused::bad_request(
            "unsupported transaction type: only type 0 is supported",
        ));
    }
    let tx = txn
        .unsigned()
        .ok_or_else(|| Refused::bad_request("nonce, gasLimit, gasPrice or chainId is too large"))?;
    let signature = txn
        .signature()
        .ok_or_else(|| Refused::bad_request("invalid v in the signature"))?;
    let sender = signature
        .recover_address_from_prehash(&tx.signature_hash())
        .map_err(Refused::failed)?;
    if sender.to_checksum(None) != txn.from {
        return Err(Refused::failed(
            "Invalid signature: the sender is not txn.from",
        ));
    }
    relayer.check_gas(&tx, sender).map_err(Refused::failed)?;

    let gas = U256::from(tx.gas_limit) * U256::from(tx.gas_price);
    relayer.pay(sender, gas).map_err(Refused::failed)?;
    let raw = tx.into_signed(signature).encoded_2718();
    let hash = relayer
        .chain
        .send_raw_transaction(&raw)
        .map_err(Refused::failed)?;
    Ok(Json(json!({ "requestId": hash })))
}

impl SignedTransaction {
    fn unsigned(&self) -> Option<TxLegacy> {
        Some(TxLegacy {
            chain_id: Some(self.chain_id.0.try_into().ok()?),
            nonce: self.nonce.0.try_into().ok()?,
            gas_price: self.gas_price.0.try_into().ok()?,
            gas_limit: self.gas_limit.0.try_into().ok()?,
            to: self.to.map_or(TxKind::Create, TxKind::Call),
            value: self.value.0,
            input: self.data.clone(),
        })
    }

    fn signature(&self) -> Option<Signature> {
        let odd = normalize_v(self.v.0.try_into().ok()?)?;
        Some(Signature::new(self.r.into(), self.s.into(), odd))
    }
}

impl Relayer {
    /// Checks that gas price and limit are within 10 % of the chain's values, because the relayer pays.
    fn check_gas(&self, tx: &TxLegacy, sender: Address) -> Result<(), String> {
        let price = self.quantity("eth_gasPrice", &json!([]))?;
        if !is_near(U256::from(tx.gas_price), price) {
            return Err(format!(
                "Invalid gas price: the chain's gas price is {price}"
            ));
        }
        let call = json!({ "from": sender, "to": tx.to, "value": tx.value, "data": tx.input });
        let wealth = json!({ sender.to_string(): { "balance": U256::MAX >> 8 } });
        let limit = self.quantity("eth_estimateGas", &json!([call, "latest", wealth]))?;
        if !is_near(U256::from(tx.gas_limit), limit) {
            return Err(format!("Invalid gas limit: the chain estimates {limit}"));
        }
        Ok(())
    }

    /// The result of a JSON-RPC method, or the message of its error.
    fn quantity(&self, method: &str, params: &Value) -> Result<U256, String> {
        let request = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        let mut answer = self.chain.rpc(request);
        if let Some(message) = answer["error"]["message"].as_str() {
            return Err(message.to_owned());
        }
        serde_json::from_value(answer["result"].take()).map_err(|error| error.to_string())
    }
}

/// Whether a value is within 10 % of the expected one.
fn is_near(given: U256, expected: U256) -> bool {
    let margin = expected / U256::from(10);
    given.abs_diff(expected) <= margin
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct FundBody {
    eth_address: Address,
}

/// `POST /fund-pkp`: sends a hundredth of a token to a PKP that has less. Requires [`RELAY_API_KEY`].
pub(super) async fn fund_pkp(
    State(relayer): State<Arc<Relayer>>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Value>, Refused> {
    if header(&headers, "api-key") != Some(RELAY_API_KEY) {
        return Err(Refused::new(
            StatusCode::FORBIDDEN,
            format_args!(
                "Unauthorized. Invalid API key. The key of this network is {RELAY_API_KEY}."
            ),
        ));
    }
    let FundBody { eth_address } = parsed(&body)?;
    let balance = relayer.chain.balance(eth_address);
    if balance >= GIFT {
        return Ok(Json(json!({
            "message": "PKP already has funds",
            "currentBalance": format_ether(balance),
        })));
    }
    let receipt = relayer.pay(eth_address, GIFT).map_err(Refused::failed)?;
    Ok(Json(json!({
        "message": "PKP funded",
        "txHash": receipt.transaction_hash,
        "fundedAmount": "0.01",
        "recipientAddress": eth_address.to_checksum(None),
    })))
}
