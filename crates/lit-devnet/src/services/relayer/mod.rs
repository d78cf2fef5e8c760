//! The relayer: mints PKPs and pays for it. It answers like Lit's relay server, with these differences: no rate limit, a reverted
//! transaction is reported as `Failed`, `/auth/claim` works, and the deprecated token logins are missing.

mod ethers;
mod funding;
mod mint;
mod payers;
mod pkps;
mod webauthn;

use std::sync::Arc;

use alloy_primitives::{Address, Bytes, U256};
use alloy_rpc_types_eth::TransactionReceipt;
use alloy_sol_types::SolCall;
use axum::{
    Router,
    extract::{DefaultBodyLimit, Request},
    http::HeaderMap,
    middleware::{self, Next},
    response::Response,
    routing::{get, post},
};
use lit_contracts::ContractAddresses;
use lit_devnet_chain::{Chain, ChainError, LitChain};
use lit_types::strict_json;
use serde::de::DeserializeOwned;

use super::Refused;
use crate::{
    DevnetClock,
    keys::{NetworkKeys, RELAYER},
};

/// The API key that may do everything. Any other non-empty key may do everything but fund PKPs.
pub(super) const RELAY_API_KEY: &str = "lit-devnet";

/// The largest request, in bytes.
const MAX_BODY: usize = 1024 * 1024;
/// The funds of a new PKP, in wei: a hundredth of a token.
const GIFT: U256 = U256::from_limbs([10_000_000_000_000_000, 0, 0, 0]);

pub(super) fn routes(relayer: Relayer) -> Router {
    Router::new()
        .route("/mint-next-and-add-auth-methods", post(mint::mint))
        .route("/auth/claim", post(mint::claim))
        .route("/auth/status/{request_id}", get(mint::status))
        .route("/fetch-pkps-by-auth-method", post(pkps::fetch))
        .route("/register-payer", post(payers::register))
        .route("/add-users", post(payers::add_users))
        .route("/send-txn", post(funding::send_transaction))
        .route("/fund-pkp", post(funding::fund_pkp))
        .route(
            "/auth/webauthn/generate-registration-options",
            get(webauthn::registration_options),
        )
        .route_layer(middleware::from_fn(require_api_key))
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .with_state(Arc::new(relayer))
}

/// The relayer. Its transactions get their nonce when they are mined, so that concurrent ones do not collide.
pub(super) struct Relayer {
    keys: Arc<NetworkKeys>,
    clock: Arc<DevnetClock>,
    chain: Chain,
    addresses: ContractAddresses,
    wallet: Address,
}

impl Relayer {
    pub(super) fn new(keys: Arc<NetworkKeys>, clock: Arc<DevnetClock>, chain: &LitChain) -> Self {
        Self {
            wallet: keys.address(RELAYER),
            keys,
            clock,
            addresses: *chain.addresses(),
            chain: chain.chain().clone(),
        }
    }

    fn read<C: SolCall>(&self, contract: Address, call: &C) -> Result<C::Return, ChainError> {
        let answer = self.chain.call(contract, call.abi_encode().into())?;
        C::abi_decode_returns(&answer).map_err(|error| {
            ChainError::Rejected(format!("malformed result of {}: {error}", C::SIGNATURE))
        })
    }

    fn send<C: SolCall>(
        &self,
        from: Address,
        contract: Address,
        value: U256,
        call: &C,
    ) -> Result<TransactionReceipt, ChainError> {
        let data = call.abi_encode().into();
        self.chain.transact_as(from, Some(contract), value, data)
    }

    fn pay(&self, to: Address, value: U256) -> Result<TransactionReceipt, ChainError> {
        self.chain
            .transact_as(self.wallet, Some(to), value, Bytes::new())
    }
}

async fn require_api_key(request: Request, next: Next) -> Result<Response, Refused> {
    if header(request.headers(), "api-key").is_none() {
        return Err(Refused::bad_request(
            "Missing API key: set the header api-key to any text",
        ));
    }
    Ok(next.run(request).await)
}

/// The value of a header, if it is not empty.
fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok().filter(|it| !it.is_empty())
}

fn parsed<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refused> {
    strict_json::from_slice(body)
        .map_err(|error| Refused::bad_request(format_args!("body: {error}")))
}
