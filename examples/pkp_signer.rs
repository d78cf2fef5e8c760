//! A PKP as a wallet of alloy: it sends a transaction, which the network signs for it.
//!
//! `cargo run -p lit-examples --example pkp_signer`

#![allow(clippy::print_stdout, reason = "this is a program")]

use alloy_network::{EthereumWallet, TransactionBuilder};
use alloy_primitives::U256;
use alloy_provider::{Provider, ProviderBuilder};
use alloy_rpc_types_eth::TransactionRequest;
use alloy_signer_local::PrivateKeySigner;
use lit_devnet::Devnet;
use lit_sdk::{
    LitNodeClient, PkpSign, PkpSigner, Right, SessionRequest, WalletAuth, contracts::LitContracts,
};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    // A network with a chain, on which the owner has money. The PKP gets some of it.
    let network = Devnet::start(10).await?;
    let owner: PrivateKeySigner = network.funded_keys()[0].parse()?;
    let chain = ProviderBuilder::new()
        .wallet(EthereumWallet::from(owner.clone()))
        .connect_client(network.chain().client());
    let contracts =
        LitContracts::new(network.context(), chain.clone()).with_sender(owner.address());
    let pkp = contracts.pkp().mint().await?.public_key;
    let money = TransactionRequest::default()
        .with_to(pkp.address())
        .with_value(U256::from(10).pow(U256::from(18)));
    chain.send_transaction(money).await?.get_receipt().await?;

    let client = LitNodeClient::connect(&network).await?;
    // Nodes want both rights for a signature.
    let rights = [Right::sign_with(pkp), Right::run_any_action()];
    let session = client
        .session(&SessionRequest::new(rights), &WalletAuth::new(owner))
        .await?;

    // The network signs whatever is asked for, ...
    let signature = client
        .pkp_sign(&session, &PkpSign::message(pkp, "hello"))
        .await?;
    println!("{} says hello: {signature}", pkp.address());

    // ... and a wallet asks it for transactions. A program that lives longer gives it a source that renews its sessions.
    let wallet = PkpSigner::new(client, pkp, session);
    let provider = ProviderBuilder::new()
        .wallet(wallet)
        .connect_client(network.chain().client());
    let payment = TransactionRequest::default()
        .with_to(pkp.address())
        .with_value(U256::from(1));
    let receipt = provider
        .send_transaction(payment)
        .await?
        .get_receipt()
        .await?;
    println!("mined: {}", receipt.transaction_hash);
    assert_eq!(receipt.from, pkp.address());
    Ok(())
}
