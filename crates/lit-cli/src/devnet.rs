use std::{
    fs,
    io::ErrorKind,
    path::{Path, PathBuf},
    time::Duration,
};

use alloy_primitives::Address;
use clap::builder::RangedU64ValueParser;
use lit_devnet::{Devnet, DevnetError, MAX_NODES, MIN_NODES};
use serde_json::{Value, json};

use crate::{error::Error, output::Output};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// How many nodes, 3 to 255.
    #[arg(long, default_value_t = 3, value_parser = node_count())]
    nodes: usize,
    /// The port of the first node on 127.0.0.1; the others follow. 0 picks free ports.
    #[arg(long, default_value_t = 7470)]
    port: u16,
    /// The seed that all keys are derived from: 64 hex digits.
    #[arg(long, value_parser = parse_seed, default_value = "0000000000000000000000000000000000000000000000000000000000000000")]
    seed: Seed,
    /// The port of the chain's JSON-RPC on 127.0.0.1; 0 picks a free one.
    #[arg(long, default_value_t = 8545)]
    rpc_port: u16,
    /// The port of the relayer, block indexer and IPFS on 127.0.0.1; 0 picks a free one. The official client expects the
    /// relayer of a custom network on port 3000.
    #[arg(long, default_value_t = 3000)]
    services_port: u16,
    /// Require capacity credits for requests.
    #[arg(long)]
    capacity: bool,
    /// How long an epoch lasts, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 3600)]
    epoch_length: u64,
    /// Write addresses and keys to this file as JSON once the network is ready.
    #[arg(long, value_name = "FILE")]
    describe: Option<PathBuf>,
}

/// Accepts as many nodes as a network can have.
pub(crate) fn node_count() -> RangedU64ValueParser<usize> {
    RangedU64ValueParser::new().range(MIN_NODES as u64..=MAX_NODES as u64)
}

#[derive(Debug, Clone, Copy)]
struct Seed([u8; 32]);

fn parse_seed(text: &str) -> Result<Seed, &'static str> {
    let mut seed = [0; 32];
    hex::decode_to_slice(text, &mut seed).map_err(|_| "expected 64 hex digits")?;
    Ok(Seed(seed))
}

pub(crate) async fn run(args: &Args, output: &Output) -> Result<(), Error> {
    let step = output.step("starting the network");
    let network = Devnet::builder()
        .with_nodes(args.nodes)
        .with_seed(args.seed.0)
        .with_http(args.port)
        .with_rpc_port(args.rpc_port)
        .with_services_port(args.services_port)
        .with_capacity_enforced(args.capacity)
        .with_epoch_length(Duration::from_secs(args.epoch_length))
        // The official client takes nonces from Ethereum's main net, once it has been connected for a while.
        .with_foreign_blockhashes(true)
        .start()
        .await
        .map_err(|error| not_started(args, error))?;
    step.done(
        output,
        &format!("started {} nodes", network.node_urls().len()),
    );

    // Everything listens by now, so a reader of the file can connect.
    let description = describe(&network);
    if let Some(file) = &args.describe {
        write_whole(file, &format!("{description:#}\n")).map_err(|source| Error::Write {
            path: file.clone(),
            source,
        })?;
    }
    let text = format!("{}\n\n{}", table(&network), hint(&network));
    output.result(&description, &text)?;
    output.message("Interrupt to stop.");
    tokio::signal::ctrl_c().await.map_err(Error::Signal)?;
    Ok(())
}

/// Names the flag by which another port is chosen when one is in use.
fn not_started(args: &Args, error: DevnetError) -> Error {
    match error {
        DevnetError::Listen { port, source } if source.kind() == ErrorKind::AddrInUse => {
            let flag = match port {
                port if port == args.rpc_port => "--rpc-port",
                port if port == args.services_port => "--services-port",
                _ => "--port",
            };
            Error::PortInUse { port, flag }
        }
        error => Error::Devnet(error),
    }
}

/// The addresses of the network, as text.
fn table(network: &Devnet) -> String {
    let mut rows: Vec<(String, String)> = Vec::new();
    for (number, url) in network.node_urls().iter().enumerate() {
        rows.push((format!("node {number}"), url.to_string()));
    }
    let chain = format!(
        "{} (id {}, {} funded wallets)",
        network.rpc_url().unwrap_or_default(),
        network.chain().chain_id(),
        network.funded_keys().len(),
    );
    let relayer = format!(
        "{} (api-key: {})",
        network.relay_url().unwrap_or_default(),
        network.relay_api_key()
    );
    let blocks = network.blockhash_url().unwrap_or_default();
    rows.extend([
        ("chain".to_owned(), chain),
        ("relayer".to_owned(), relayer),
        (
            "block hashes".to_owned(),
            format!("{blocks}/get_most_recent_valid_block"),
        ),
        ("IPFS".to_owned(), ipfs_put_url(network)),
        (
            "threshold".to_owned(),
            format!("{} of {}", network.threshold(), network.node_urls().len()),
        ),
        (
            "capacity".to_owned(),
            if network.capacity_enforced() {
                "enforced: requests need a credit"
            } else {
                "not enforced"
            }
            .to_owned(),
        ),
    ]);
    let lines: Vec<String> = rows
        .iter()
        .map(|(what, runs)| format!("{what:<13} {runs}"))
        .collect();
    lines.join("\n")
}

fn hint(network: &Devnet) -> String {
    let urls: Vec<&str> = network.node_urls().iter().map(|url| url.as_str()).collect();
    format!(
        "This network is for development: its keys come from a public seed and protect nothing.\n\n\
         export LIT_NODES={} LIT_THRESHOLD={} LIT_RPC_URL={}\n\
         lit session wallet --random-wallet --grant run:any\n\n\
         Pass --json or --describe FILE to see the private keys of the funded wallets.",
        urls.join(","),
        network.threshold(),
        network.rpc_url().unwrap_or_default()
    )
}

fn ipfs_put_url(network: &Devnet) -> String {
    format!("{}/{{cid}}", network.ipfs_url().unwrap_or_default())
}

/// The addresses and keys of the network, as JSON.
fn describe(network: &Devnet) -> Value {
    let context = network.context();
    let contracts = context.contracts();
    let address = |address: Address| address.to_string();
    json!({
        "rpcUrl": network.rpc_url(),
        "chainId": context.chain_id(),
        "contracts": {
            "Staking": address(contracts.staking),
            "StakingBalances": address(contracts.staking_balances),
            "PubkeyRouter": address(contracts.pubkey_router),
            "PKPNFT": address(contracts.pkp_nft),
            "PKPPermissions": address(contracts.pkp_permissions),
            "PKPHelper": address(contracts.pkp_helper),
            "PKPHelperV2": address(contracts.pkp_helper_v2),
            "PKPNFTMetadata": address(contracts.pkp_nft_metadata),
            "RateLimitNFT": address(contracts.rate_limit_nft),
            "PaymentDelegation": address(contracts.payment_delegation),
            "Allowlist": address(contracts.allowlist),
            "LITToken": address(contracts.lit_token),
            "Multisender": address(contracts.multisender),
            "ContractResolver": address(contracts.contract_resolver),
        },
        "bootstrapUrls": network.node_urls().iter().map(|url| url.as_str()).collect::<Vec<_>>(),
        "minNodeCount": network.threshold(),
        "relayUrl": network.relay_url(),
        "relayApiKey": network.relay_api_key(),
        "blockhashUrl": network.blockhash_url(),
        "ipfs": { "putUrl": ipfs_put_url(network) },
        "capacityEnforced": network.capacity_enforced(),
        "fundedPrivateKeys": network.funded_keys(),
    })
}

/// Writes the file in one step: a reader never sees a part of it.
fn write_whole(file: &Path, text: &str) -> std::io::Result<()> {
    let mut part = file.as_os_str().to_owned();
    part.push(".part");
    fs::write(&part, text)?;
    fs::rename(&part, file)
}
