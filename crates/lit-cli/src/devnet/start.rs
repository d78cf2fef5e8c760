use std::{io::ErrorKind, path::Path, sync::Arc, time::Duration};

use lit_devnet::{Devnet, DevnetBuilder, DevnetError, HttpConditionResolver};
use lit_sdk::transport::HttpTransport;

use super::{
    config::Config,
    values::{CallerHost, CallerOrigin, Url},
};
use crate::{error::Error, output::Output};

/// Starts the network and says so.
pub(super) async fn start(
    config: &Config,
    ethers: Option<&Path>,
    output: &Output,
) -> Result<Devnet, Error> {
    let step = output.step("starting the network");
    let mut builder = builder(config)?;
    if let Some(bundle) = ethers {
        builder = builder.with_ethers_bundle(bundle);
    }
    let network = builder.start().await;
    let network = network.map_err(|error| not_started(config, error))?;
    step.done(
        output,
        &format!("started {} nodes", network.node_urls().len()),
    );
    Ok(network)
}

fn builder(config: &Config) -> Result<DevnetBuilder, Error> {
    // The user wrote each of these URLs, so plain HTTP is allowed.
    let http = Arc::new(HttpTransport::builder().with_insecure_http(true).build());
    let mut builder = Devnet::builder()
        .with_nodes(config.nodes)
        .with_seed(config.seed.0)
        .with_http(config.port)
        .with_rpc_port(config.rpc_port)
        .with_services_port(config.services_port)
        .with_capacity_enforced(config.capacity)
        .with_epoch_length(Duration::from_secs(config.epoch_length.into()))
        // The official client takes nonces from Ethereum's main net, once it has been connected for a while.
        .with_foreign_blockhashes(true);
    for chain in &config.chain {
        builder = builder.with_chain(&chain.name, http.clone(), chain.url.clone());
    }
    for host in &config.allow_fetch {
        builder = builder.with_fetch_host(host.clone());
    }
    for CallerHost(host) in &config.allow_host {
        builder = builder.with_allowed_host(host.clone());
    }
    for CallerOrigin(origin) in &config.allow_origin {
        builder = builder.with_allowed_origin(origin.clone());
    }
    for fund in &config.fund {
        builder = builder.with_balance(fund.account, fund.wei);
    }
    if config.tls {
        builder = builder.with_tls();
    }
    if let Some(dir) = &config.state {
        builder = builder.with_state(dir);
    }
    for issuer in &config.jwt_issuer {
        builder = builder.with_jwt_issuer(issuer.load(&http)?);
    }
    if let Some(Url(base)) = &config.google {
        builder = builder.with_google(http.clone(), base.clone());
    }
    if let Some(Url(base)) = &config.discord {
        builder = builder.with_discord(http.clone(), base.clone());
    }
    if let Some(Url(url)) = &config.solana_rpc {
        builder = builder.with_solana_rpc(http.clone(), url.clone());
    }
    if let Some(Url(base)) = &config.poap {
        let key = config.poap_key.as_ref().map(|key| key.0.clone());
        builder = builder.with_poap(http.clone(), base.clone(), key.unwrap_or_default());
    }
    if let Some(Url(url)) = &config.condition_resolver {
        let resolver = HttpConditionResolver::new(http, url.clone());
        builder = builder.with_condition_resolver(Arc::new(resolver));
    }
    Ok(builder)
}

/// Names the flag that picks another port when one is in use.
fn not_started(config: &Config, error: DevnetError) -> Error {
    match error {
        DevnetError::Listen { port, source } if source.kind() == ErrorKind::AddrInUse => {
            let flag = match port {
                port if port == config.rpc_port => "--rpc-port",
                port if port == config.services_port => "--services-port",
                _ => "--port",
            };
            Error::PortInUse { port, flag }
        }
        error => Error::Devnet(error),
    }
}
