use std::{collections::BTreeMap, fs, path::Path};

use alloy_primitives::Address;
use lit_devnet::Devnet;
use serde::Serialize;
use serde_json::{Value, json, value::RawValue};

use super::config::Config;
use crate::{error::Error, ethers::HOW_TO_GET, output::Output};

/// Prints the addresses of the network, and writes the file of `--describe`.
///
/// Everything listens by now, so a reader of the file can connect.
pub(super) fn publish(
    network: &Devnet,
    config: &Config,
    ethers: Option<&Path>,
    certificate: Option<&Path>,
    output: &Output,
) -> Result<(), Error> {
    let description = describe(network, certificate);
    if let Some(file) = &config.contract_context {
        write_whole(file, &contract_context(network)?)?;
    }
    if let Some(file) = &config.describe {
        write_whole(file, &format!("{description:#}\n"))?;
    }
    let text = format!(
        "{}\n\n{}",
        table(network, ethers, certificate),
        hint(network, certificate)
    );
    output.result(&description, &text)
}

/// The addresses of the network, as text.
fn table(network: &Devnet, ethers: Option<&Path>, certificate: Option<&Path>) -> String {
    let mut rows: Vec<(String, String)> = Vec::new();
    for (number, url) in network.node_urls().iter().enumerate() {
        rows.push((format!("node {number}"), url.to_string()));
    }
    let chain = format!(
        "{} (id {}, {} funded wallets, and those of anvil)",
        network.rpc_url().unwrap_or_default(),
        network.chain().chain_id(),
        network.funded_keys().len(),
    );
    let relayer = format!(
        "{} (api-key: {})",
        network.relay_url().unwrap_or_default(),
        network.relay_api_key()
    );
    rows.extend([
        ("chain".to_owned(), chain),
        ("relayer".to_owned(), relayer),
        ("block hashes".to_owned(), latest_block_url(network)),
        ("IPFS".to_owned(), ipfs_put_url(network)),
        ("tokens".to_owned(), network.jwt_url().unwrap_or_default()),
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
        (
            "ethers".to_owned(),
            ethers.map_or(HOW_TO_GET.to_owned(), |path| path.display().to_string()),
        ),
    ]);
    if let Some(file) = certificate {
        rows.push(("certificate".to_owned(), file.display().to_string()));
    }
    let lines: Vec<String> = rows
        .iter()
        .map(|(what, runs)| format!("{what:<13} {runs}"))
        .collect();
    lines.join("\n")
}

fn hint(network: &Devnet, certificate: Option<&Path>) -> String {
    let urls: Vec<&str> = network.node_urls().iter().map(|url| url.as_str()).collect();
    let certificate = certificate.map(|file| file.display().to_string());
    let certificate = certificate.as_deref();
    let variable = |file: &str| format!(" LIT_CA_CERT={file}");
    format!(
        "This network is for development: its keys come from a public seed and protect nothing.\n\n\
         {}export LIT_NODES={} LIT_THRESHOLD={} LIT_RPC_URL={} LIT_SERVICES_URL={}{}\n\
         lit session wallet --random-wallet --grant run:any\n\n\
         Pass --json or --describe FILE to see the private keys of the funded wallets.",
        certificate.map_or(String::new(), trust_hint),
        urls.join(","),
        network.threshold(),
        network.rpc_url().unwrap_or_default(),
        network.relay_url().unwrap_or_default(),
        certificate.map_or(String::new(), variable),
    )
}

/// How programs trust the root certificate in this file.
fn trust_hint(file: &str) -> String {
    format!(
        "Node.js and Rust trust the certificate with\n\n\
         NODE_EXTRA_CA_CERTS={file} node app.mjs    # new LitNodeClient({{ nodeProtocol: 'https://', .. }})\n\
         HttpTransport::builder().with_root_certificates(RootCertificates::from_pem(&std::fs::read(\"{file}\")?)?)\n\n"
    )
}

/// The URL at which the official client asks for a block hash.
fn latest_block_url(network: &Devnet) -> String {
    let index = network.blockhash_url().unwrap_or_default();
    format!("{index}/get_most_recent_valid_block")
}

fn ipfs_put_url(network: &Devnet) -> String {
    format!("{}/{{cid}}", network.ipfs_url().unwrap_or_default())
}

/// The addresses and keys of the network, as JSON.
fn describe(network: &Devnet, certificate: Option<&Path>) -> Value {
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
        "blockhashUrl": latest_block_url(network),
        "jwtUrl": network.jwt_url(),
        "ipfs": { "putUrl": ipfs_put_url(network) },
        "caCertificate": certificate,
        "capacityEnforced": network.capacity_enforced(),
        "fundedPrivateKeys": network.funded_keys(),
    })
}

/// The contracts of the network in the form that the official client takes.
fn contract_context(network: &Devnet) -> Result<String, Error> {
    #[derive(Serialize)]
    struct Contract {
        address: String,
        abi: Box<RawValue>,
    }
    let contracts = network.contracts().into_iter().map(|contract| {
        let address = contract.address.to_string();
        let abi = RawValue::from_string(contract.abi)?;
        Ok((contract.name, Contract { address, abi }))
    });
    let contracts = contracts.collect::<Result<BTreeMap<_, _>, serde_json::Error>>()?;
    Ok(serde_json::to_string(&contracts)?)
}

/// Writes the file in one step: a reader never sees a part of it.
fn write_whole(file: &Path, text: &str) -> Result<(), Error> {
    let mut part = file.as_os_str().to_owned();
    part.push(".part");
    let written = fs::write(&part, text).and_then(|()| fs::rename(&part, file));
    written.map_err(|source| Error::Write {
        path: file.to_owned(),
        source,
    })
}
