//! The cost of slow nodes: flows over loopback HTTP on ten nodes, in turns without faults and with three nodes two seconds slow:
//! `slow_nodes ITERATIONS`.
//!
//! Prints a JSON object: for each flow [`Rounds`] without faults and with them. `cargo xtask bench report` compares them.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use alloy_network::EthereumWallet;
use alloy_provider::ProviderBuilder;
use alloy_signer_local::PrivateKeySigner;
use lit_benches::{Failure, Flows, Rounds, print};
use lit_devnet::{Devnet, Fault};
use lit_sdk::{NodeList, contracts::LitContracts};

const FLOWS: [&str; 4] = [
    "PKP session",
    "Lit Action session",
    "execute_js, first answers",
    "pkp_sign",
];

const SLOW: Fault = Fault::Delay(Duration::from_secs(2));

/// How many calls are made in a turn.
const TURN: usize = 5;

pub(crate) async fn run(mut args: impl Iterator<Item = String>) -> Result<(), Failure> {
    let iterations: usize = args.next().ok_or("how many iterations?")?.parse()?;
    let network = Devnet::builder()
        .with_nodes(10)
        .with_http(0)
        .start()
        .await?;
    let owner: PrivateKeySigner = network
        .funded_keys()
        .first()
        .ok_or("the network has no funded wallet")?
        .parse()?;
    let provider = ProviderBuilder::new()
        .wallet(EthereumWallet::from(owner.clone()))
        .connect_client(network.chain().client());
    let contracts = LitContracts::with_wallet(network.context(), provider);
    let nodes = NodeList::from_urls(network.node_urls().to_vec(), network.threshold());
    let flows = Flows::prepare(Arc::new(nodes), &contracts, owner).await?;

    let mut measured = BTreeMap::new();
    for flow in FLOWS {
        let (mut healthy, mut slow) = (Rounds::default(), Rounds::default());
        let rounds = |count| Rounds::run(count, async || flows.call(flow).await);
        for turn in 0..=iterations.div_ceil(TURN) {
            let without = rounds(TURN).await?;
            for node in [1, 4, 8] {
                network.node(node).fail(SLOW);
            }
            let with = rounds(TURN).await?;
            for node in [1, 4, 8] {
                network.node(node).recover();
            }
            // The first turn is a warm-up.
            if turn > 0 {
                healthy.append(without);
                slow.append(with);
            }
        }
        measured.insert(flow, BTreeMap::from([("healthy", healthy), ("slow", slow)]));
    }
    print(&measured)
}
