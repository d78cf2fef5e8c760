//! The cost of slow nodes: flows over loopback HTTP on ten nodes, first without faults, then with three nodes two seconds slow:
//! `cargo run --release -p lit-benches --example slow_nodes -- [iterations]`.
//!
//! Prints a JSON object: without faults and with them, flow to milliseconds. `cargo xtask bench faults` compares them.

#![allow(clippy::print_stdout, reason = "this is a program")]

#[path = "../flows/bench.rs"]
mod bench;

use std::{collections::BTreeMap, env, error::Error, time::Duration};

use alloy_network::EthereumWallet;
use alloy_provider::ProviderBuilder;
use alloy_signer_local::PrivateKeySigner;
use bench::Bench;
use lit_devnet::{Devnet, Fault};
use lit_sdk::{
    ActionCid, ExecuteJs, LitAction, LitActionLogin, LitNodeClient, NodeList, PkpLogin, PkpSign,
    Right, SessionRequest,
    contracts::{LitContracts, Scopes},
    login::EthWalletProvider,
};

/// The action that grants sessions.
const GRANTING: &str = "Lit.Actions.setResponse({ response: 'true' })";

const SLOW: Fault = Fault::Delay(Duration::from_secs(2));

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let iterations = env::args().nth(1).map_or(Ok(30), |count| count.parse())?;
    let network = Devnet::builder()
        .with_nodes(10)
        .with_http(0)
        .start()
        .await?;
    let flows = Flows::new(&network).await?;
    let healthy = flows.measure(iterations).await?;
    for node in [1, 4, 8] {
        network.node(node).fail(SLOW);
    }
    let slow = flows.measure(iterations).await?;
    let both = BTreeMap::from([("healthy", healthy.measured()), ("slow", slow.measured())]);
    println!("{}", serde_json::to_string(&both)?);
    Ok(())
}

struct Flows {
    client: LitNodeClient,
    request: SessionRequest,
    login: PkpLogin,
    action_login: LitActionLogin,
}

impl Flows {
    async fn new(network: &Devnet) -> Result<Self, Box<dyn Error>> {
        let owner: PrivateKeySigner = network
            .funded_keys()
            .first()
            .ok_or("the network has no funded wallet")?
            .parse()?;
        let provider = ProviderBuilder::new()
            .wallet(EthereumWallet::from(owner.clone()))
            .connect_client(network.chain().client());
        let contracts = LitContracts::with_wallet(network.context(), provider);
        let pkp = contracts.pkp().mint().await?;
        let cid = ActionCid::of_code(GRANTING.as_bytes());
        let permissions = contracts.permissions();
        permissions
            .add_action(pkp.token_id, &cid, Scopes::SIGN_ANYTHING)
            .await?;

        let urls = network.node_urls().to_vec();
        let client =
            LitNodeClient::connect(&NodeList::from_urls(urls, network.threshold())).await?;
        let method = EthWalletProvider::authenticate(&client, &owner).await?;
        let request = SessionRequest::new([Right::sign_with_any_pkp(), Right::run_any_action()]);
        Ok(Self {
            client,
            request,
            login: PkpLogin::new(pkp.public_key).with_auth_methods([method]),
            action_login: LitActionLogin::new(pkp.public_key, LitAction::code(GRANTING)),
        })
    }

    async fn measure(&self, iterations: usize) -> Result<Bench, Box<dyn Error>> {
        let Self {
            client,
            request,
            login,
            action_login,
        } = self;
        let mut bench = Bench::new(iterations);
        bench
            .measure("PKP session", || {
                client.get_pkp_session_sigs(request, login)
            })
            .await?;
        bench
            .measure("Lit Action session", || {
                client.get_lit_action_session_sigs(request, action_login)
            })
            .await?;
        let session = client.session(request, login).await?;
        let call = ExecuteJs::code("Lit.Actions.setResponse({ response: 'x' })");
        bench
            .measure("execute_js", || client.execute_js(&session, &call))
            .await?;
        let mut count = 0_u64;
        bench
            .measure("pkp_sign", async || {
                // Another message each time, and so another signing set.
                count += 1;
                let call = PkpSign::message(*login.pkp(), count.to_string());
                client.pkp_sign(&session, &call).await
            })
            .await?;
        Ok(bench)
    }
}
