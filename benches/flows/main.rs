//! The flows of our client against any network that `lit devnet --describe` describes, over HTTP, timed:
//! `cargo run --release -p lit-benches --example flows -- network.json [iterations]`.
//!
//! Prints a JSON object of flow to milliseconds: wall clock (min, median, p95), and the processor time of this process for
//! each call. `cargo xtask bench flows` sets them beside those of the official client.

#![allow(clippy::print_stdout, reason = "this is a program")]

mod bench;

use std::{env, error::Error, fs};

use alloy_signer_local::PrivateKeySigner;
use bench::Bench;
use lit_sdk::{
    ActionCid, ExecuteJs, LitAction, LitActionLogin, LitNodeClient, NodeList, NodeUrl, PkpLogin,
    PkpSign, Right, SessionRequest, WalletAuth,
    contracts::{LitContracts, NetworkContext, Scopes},
    login::EthWalletProvider,
    types::PkpPublicKey,
};
use serde::Deserialize;

/// The action that grants sessions.
const GRANTING: &str = "Lit.Actions.setResponse({ response: 'true' })";

/// The parts of a description that matter here.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Network {
    bootstrap_urls: Vec<NodeUrl>,
    min_node_count: usize,
    rpc_url: String,
    chain_id: u64,
    funded_private_keys: Vec<String>,
}

/// One thread, so that its processor time is that of the client.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut args = env::args().skip(1);
    let file = args.next().ok_or("which network? give its description")?;
    let network: Network = serde_json::from_str(&fs::read_to_string(file)?)?;
    let mut bench = Bench::new(args.next().map_or(Ok(30), |count| count.parse())?);

    let nodes = NodeList::from_urls(network.bootstrap_urls.clone(), network.min_node_count);
    let connect = || LitNodeClient::connect(&nodes);
    bench.measure("connect", connect).await?;
    let client = connect().await?;
    let owner: PrivateKeySigner = network
        .funded_private_keys
        .first()
        .ok_or("the network has no funded wallet")?
        .parse()?;

    let request = SessionRequest::new([Right::sign_with_any_pkp(), Right::run_any_action()]);
    wallet_sessions(&mut bench, &client, &request, &owner).await?;
    let pkp = mint(&network, &owner).await?;
    pkp_sessions(&mut bench, &client, &request, pkp, &owner).await?;

    println!("{}", serde_json::to_string(bench.measured())?);
    Ok(())
}

async fn wallet_sessions(
    bench: &mut Bench,
    client: &LitNodeClient,
    request: &SessionRequest,
    signer: &PrivateKeySigner,
) -> Result<(), Box<dyn Error>> {
    let wallet = WalletAuth::new(signer.clone());
    bench
        .measure("wallet session, new", || {
            client.get_session_sigs(request, &wallet)
        })
        .await?;
    let session = client.session(request, &wallet).await?;
    bench
        .measure("wallet session, reused", async || {
            client.session_sigs(&session)
        })
        .await?;
    let call = ExecuteJs::code("Lit.Actions.setResponse({ response: 'x' })").with_all_answers();
    bench
        .measure("execute_js", || client.execute_js(&session, &call))
        .await
}

async fn pkp_sessions(
    bench: &mut Bench,
    client: &LitNodeClient,
    request: &SessionRequest,
    pkp: PkpPublicKey,
    owner: &PrivateKeySigner,
) -> Result<(), Box<dyn Error>> {
    let method = EthWalletProvider::authenticate(client, owner).await?;
    let login = PkpLogin::new(pkp).with_auth_methods([method]);
    bench
        .measure("PKP session, new", || {
            client.get_pkp_session_sigs(request, &login)
        })
        .await?;
    let session = client.session(request, &login).await?;
    bench
        .measure("PKP session, reused", async || {
            client.session_sigs(&session)
        })
        .await?;
    let call = PkpSign::message(pkp, "hello");
    bench
        .measure("pkp_sign", || client.pkp_sign(&session, &call))
        .await?;
    let login = LitActionLogin::new(pkp, LitAction::code(GRANTING));
    bench
        .measure("Lit Action session, new", || {
            client.get_lit_action_session_sigs(request, &login)
        })
        .await
}

/// A PKP that belongs to the wallet and permits the granting action.
async fn mint(network: &Network, owner: &PrivateKeySigner) -> Result<PkpPublicKey, Box<dyn Error>> {
    let context = NetworkContext::custom(network.chain_id, &network.rpc_url);
    let contracts = LitContracts::connect(&context, owner.clone()).await?;
    let pkp = contracts.pkp().mint().await?;
    let cid = ActionCid::of_code(GRANTING.as_bytes());
    contracts
        .permissions()
        .add_action(pkp.token_id, &cid, Scopes::SIGN_ANYTHING)
        .await?;
    Ok(pkp.public_key)
}
