use std::sync::Arc;

use alloy_primitives::{Address, U256, hex};
use axum::{Json, body::Bytes as Body, extract::State, http::HeaderMap};
use base64::{Engine, prelude::BASE64_STANDARD};
use lit_contracts::{
    CreditExpiry,
    bindings::{PaymentDelegation, RateLimitNFT},
};
use lit_devnet_chain::ChainError;
use lit_types::Clock;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{Refused, Relayer, header, parsed};

/// The rate of a payer's credit, in requests per 1000 seconds.
const CREDIT_RATE: u64 = 150;
const CREDIT_DAYS: u32 = 15;
/// The funds of a new payer, in wei: one token.
const FUNDS: U256 = U256::from_limbs([1_000_000_000_000_000_000, 0, 0, 0]);

/// `POST /register-payer`. Answers after the payer has its capacity credit.
pub(super) async fn register(
    State(relayer): State<Arc<Relayer>>,
    headers: HeaderMap,
) -> Result<Json<Value>, Refused> {
    let mut secret = [0; 64];
    getrandom::getrandom(&mut secret).map_err(|error| Refused::failed(error).with_success())?;
    let secret = BASE64_STANDARD.encode(secret);
    let payer = relayer.payer(header(&headers, "api-key").unwrap_or_default(), &secret);
    relayer
        .equip(payer)
        .map_err(|error| Refused::failed(error).with_success())?;
    Ok(Json(json!({
        "success": true,
        "payerWalletAddress": payer.to_checksum(None),
        "payerSecretKey": secret,
    })))
}

/// `POST /add-users`: a list of addresses.
pub(super) async fn add_users(
    State(relayer): State<Arc<Relayer>>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Value>, Refused> {
    let keys = header(&headers, "api-key").zip(header(&headers, "payer-secret-key"));
    let (api_key, secret) = keys
        .ok_or_else(|| Refused::bad_request("Missing or invalid API / Payer key").with_success())?;
    let users = parsed::<Vec<Address>>(&body)
        .ok()
        .filter(|users| !users.is_empty())
        .ok_or_else(|| Refused::bad_request("Missing or invalid payee addresses").with_success())?;
    let payer = relayer.payer(api_key, secret);
    // The relayer's transactions are free of gas here, but only a registered payer has funds.
    if relayer.chain.balance(payer).is_zero() {
        let error = format!(
            "insufficient funds: payer {payer} has no balance; register it with this API key first"
        );
        return Err(Refused::failed(error).with_success());
    }
    let call = PaymentDelegation::delegatePaymentsBatchCall { users };
    let contract = relayer.addresses.payment_delegation;
    let receipt = relayer
        .send(payer, contract, U256::ZERO, &call)
        .map_err(|error| Refused::failed(error).with_success())?;
    Ok(Json(json!({
        "success": true,
        "txHash": receipt.transaction_hash,
        "message": "payer pays for these users",
    })))
}

impl Relayer {
    /// The payer's address, derived from API key and secret. Its private key is unknown.
    fn payer(&self, api_key: &str, secret: &str) -> Address {
        let digest = Sha256::new()
            .chain_update(Sha256::digest(api_key))
            .chain_update(Sha256::digest(secret))
            .finalize();
        self.keys.address(&format!("payer {}", hex::encode(digest)))
    }

    /// Funds a payer, and mints its capacity credit.
    fn equip(&self, payer: Address) -> Result<(), ChainError> {
        let expiry = CreditExpiry::midnight_after_days(self.clock.now(), CREDIT_DAYS)
            .map_err(|error| ChainError::Rejected(error.to_string()))?;
        let expiry = U256::from(expiry.unix_seconds());
        self.pay(payer, FUNDS)?;
        let credits = self.addresses.rate_limit_nft;
        let cost = self.read(
            credits,
            &RateLimitNFT::calculateCostCall {
                requestsPerKilosecond: U256::from(CREDIT_RATE),
                expiresAt: expiry,
            },
        )?;
        let mint = RateLimitNFT::mintCall { expiresAt: expiry };
        self.send(payer, credits, cost, &mint).map(drop)
    }
}
