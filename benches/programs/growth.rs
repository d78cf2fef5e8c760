//! How time and memory grow: `growth nodes 100`, `growth rights 100`, `growth sessions 100000`, or `growth clients 100 network.json`,
//! where the network is one that `lit devnet --describe` describes.
//!
//! Prints a line of JSON. It reads `/proc`, so it works only on Linux. Each run is a process of its own, since memory that was freed
//! may stay with a process.

use std::{hint::black_box, sync::Arc};

use alloy_network::EthereumWallet;
use alloy_provider::ProviderBuilder;
use alloy_signer_local::PrivateKeySigner;
use lit_benches::{Description, Failure, Flows, Rounds, print, resident_bytes};
use lit_devnet::Devnet;
use lit_sdk::{
    ActionCid, Clock, LitNodeClient, Right, SessionManager, SessionRequest, WalletAuth,
    contracts::LitContracts,
    session_crypto::{Operation, SessionVerifier},
};
use serde::Serialize;
use tokio::task::JoinSet;

pub(crate) async fn run(mut args: impl Iterator<Item = String>) -> Result<(), Failure> {
    let what = args.next().unwrap_or_default();
    let count: usize = args.next().ok_or("how many?")?.parse()?;
    match (what.as_str(), args.next()) {
        ("nodes", None) => print(&nodes(count).await?),
        ("rights", None) => print(&rights(count).await?),
        ("sessions", None) => print(&sessions(count).await?),
        ("clients", Some(network)) => print(&clients(count, &network).await?),
        _ => Err("nodes, rights, sessions, or clients? the last with a network".into()),
    }
}

/// A network in memory.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Nodes {
    /// Of the network, after a call of each kind.
    bytes: usize,
    start: Rounds,
    minting: Rounds,
    pkp_session: Rounds,
}

async fn nodes(count: usize) -> Result<Nodes, Failure> {
    let before = resident_bytes()?;
    let network = Devnet::builder().with_nodes(count).start().await?;
    let owner = funded(&network)?;
    let provider = ProviderBuilder::new()
        .wallet(EthereumWallet::from(owner.clone()))
        .connect_client(network.chain().client());
    let contracts = LitContracts::with_wallet(network.context(), provider);
    let flows = Flows::prepare(Arc::new(network), &contracts, owner).await?;
    for flow in ["execute_js", "pkp_sign", "decrypt"] {
        flows.call(flow).await?;
    }
    let bytes = resident_bytes()?.saturating_sub(before);
    Ok(Nodes {
        bytes,
        minting: Rounds::run(100, async || flows.call("wallet session, reused").await).await?,
        pkp_session: Rounds::run(20, async || flows.call("PKP session").await).await?,
        start: Rounds::run(10, async || {
            Devnet::builder().with_nodes(count).start().await?;
            Ok(())
        })
        .await?,
    })
}

/// A session with so many rights.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Rights {
    session: Rounds,
    minting: Rounds,
    verification: Rounds,
    /// Of a session signature, as JSON.
    bytes: usize,
}

async fn rights(count: usize) -> Result<Rights, Failure> {
    let network = Devnet::builder().with_nodes(10).start().await?;
    let client = LitNodeClient::connect(&network).await?;
    let wallet = WalletAuth::new(funded(&network)?);
    let action = |number: usize| ActionCid::of_code(number.to_string().as_bytes());
    let request = SessionRequest::new((0..count).map(|number| Right::run_action(action(number))));
    let session = client.session(&request, &wallet).await?;
    let (node, now) = (&client.nodes()[0], network.clock().now());
    let sig = session.sign_for_node(node, now)?;
    let operation = Operation::run_action(action(0).to_string());
    Ok(Rights {
        session: Rounds::run(50, async || {
            client.session(&request, &wallet).await?;
            Ok(())
        })
        .await?,
        minting: Rounds::run(50, async || {
            client.session_sigs(&session)?;
            Ok(())
        })
        .await?,
        verification: Rounds::run(50, async || {
            // A new one, which has seen no session.
            let verifier = SessionVerifier::for_node(node.clone());
            verifier.verify(black_box(&sig), &operation, now)?;
            Ok(())
        })
        .await?,
        bytes: serde_json::to_string(&sig)?.len(),
    })
}

/// A manager that has so many sessions in memory.
#[derive(Serialize)]
struct Sessions {
    sessions: usize,
    /// Of memory for each session.
    bytes: usize,
    /// To get a session of a user who has one.
    lookup: Rounds,
}

/// At each power of ten.
async fn sessions(most: usize) -> Result<Vec<Sessions>, Failure> {
    let network = Devnet::builder().with_nodes(3).start().await?;
    let client = LitNodeClient::connect(&network).await?;
    let manager = Arc::new(SessionManager::new(client));
    let action = ActionCid::of_code(b"");
    let request = SessionRequest::new([Right::run_action(action)]).with_domain("example.com");
    // One-time allocations do not count.
    manager.session(&request, &user(usize::MAX)?).await?;
    let before = resident_bytes()?;
    let (mut made, mut measured) = (0, Vec::new());
    let mut target = 1;
    while target <= most {
        let mut makers = JoinSet::new();
        for first in 0..2 {
            let (manager, request) = (Arc::clone(&manager), request.clone());
            let numbers = (made + first..target).step_by(2);
            makers.spawn(async move {
                for number in numbers {
                    manager.session(&request, &user(number)?).await?;
                }
                Ok::<_, Failure>(())
            });
        }
        while let Some(done) = makers.join_next().await {
            done??;
        }
        made = target;
        let bytes = resident_bytes()?.saturating_sub(before) / made;
        let sample = (0..made).step_by(made.div_ceil(1000));
        let mut sample = sample
            .map(user)
            .collect::<Result<Vec<_>, _>>()?
            .into_iter()
            .cycle();
        let lookup = Rounds::run(1000, async || {
            if let Some(user) = sample.next() {
                manager.session(&request, &user).await?;
            }
            Ok(())
        });
        measured.push(Sessions {
            sessions: made,
            bytes,
            lookup: lookup.await?,
        });
        target *= 10;
    }
    Ok(measured)
}

/// Clients that are connected at the same time.
#[derive(Serialize)]
struct Clients {
    /// Of memory for each client.
    bytes: usize,
}

async fn clients(count: usize, network: &str) -> Result<Clients, Failure> {
    let context = Description::read(network)?.context();
    // One-time allocations do not count.
    LitNodeClient::connect(&context).await?;
    let before = resident_bytes()?;
    let mut connected = Vec::with_capacity(count);
    for _ in 0..count {
        connected.push(LitNodeClient::connect(&context).await?);
    }
    let bytes = resident_bytes()?.saturating_sub(before) / count.max(1);
    drop(connected);
    Ok(Clients { bytes })
}

fn user(number: usize) -> Result<WalletAuth<PrivateKeySigner>, Failure> {
    let mut key = [1; 32];
    key[..size_of::<usize>()].copy_from_slice(&number.wrapping_add(1).to_be_bytes());
    Ok(WalletAuth::new(PrivateKeySigner::from_slice(&key)?))
}

fn funded(network: &Devnet) -> Result<PrivateKeySigner, Failure> {
    let key = network.funded_keys().first();
    Ok(key.ok_or("the network has no funded wallet")?.parse()?)
}
