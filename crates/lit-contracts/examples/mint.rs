//! Nodes of a network, and with a private key a PKP, a permission and a capacity credit:
//! `cargo run -p lit-contracts --example mint -- http://127.0.0.1:8545 0xac09…`.

#![allow(clippy::print_stdout, reason = "this is a program")]

use std::error::Error;

use alloy_provider::Provider;
use alloy_signer_local::PrivateKeySigner;
use lit_contracts::{ActionCid, CreditExpiry, LitContracts, NetworkContext, RequestRate, Scopes};
use time::OffsetDateTime;

/// The chain of the embedded network.
const CHAIN_ID: u64 = 175_188;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let rpc_url = args.next();
    let rpc_url = rpc_url.as_deref().unwrap_or("http://127.0.0.1:8545");
    let context = NetworkContext::custom(CHAIN_ID, rpc_url);

    let contracts = LitContracts::read_only(&context)?;
    contracts.verify().await?;
    let network = contracts.staking().connection_info().await?;
    let epoch = network.epoch.number_at(OffsetDateTime::now_utc());
    println!("epoch {epoch}, threshold {}", network.threshold);
    for node in &network.nodes {
        println!("  {}", node.url);
    }

    if let Some(key) = args.next() {
        let wallet: PrivateKeySigner = key.parse()?;
        mint(&LitContracts::connect(&context, wallet).await?).await?;
    }
    Ok(())
}

async fn mint(contracts: &LitContracts<impl Provider + Clone>) -> Result<(), Box<dyn Error>> {
    let pkp = contracts.pkp().mint().await?;
    println!("PKP {}, address {}", pkp.token_id, pkp.public_key.address());

    let action: ActionCid = "QmZKLGf3vgYsboM7WVUS9X56cJSdLzQVacNp841wmEDRkW".parse()?;
    let permissions = contracts.permissions();
    permissions
        .add_action(pkp.token_id, &action, Scopes::SIGN_ANYTHING)
        .await?;
    println!("  actions {:?}", permissions.actions(pkp.token_id).await?);

    let rate = RequestRate::per_day(14_400.0)?;
    let expiry = CreditExpiry::midnight_after_days(OffsetDateTime::now_utc(), 7)?;
    let credit = contracts.credits().mint(rate, expiry).await?;
    println!("capacity credit {} for {} wei", credit.id, credit.paid);
    let owner = contracts.sender().ok_or("no sender")?;
    for credit in contracts.credits().owned_by(owner).await? {
        println!("  {credit:?}");
    }
    Ok(())
}
