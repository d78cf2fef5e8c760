use lit_devnet::Devnet;
use serde_json::json;
use std::fmt::Write;

use crate::{error::Error, output::Output};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// How many nodes, 3 to 255.
    #[arg(long, default_value_t = 3)]
    nodes: usize,
    /// The port of the first node on 127.0.0.1; the others follow. 0 takes any free ports.
    #[arg(long, default_value_t = 7470)]
    port: u16,
    /// What all keys follow from: 64 hex digits.
    #[arg(long, value_parser = parse_seed, default_value = "0000000000000000000000000000000000000000000000000000000000000000")]
    seed: Seed,
}

#[derive(Debug, Clone, Copy)]
struct Seed([u8; 32]);

fn parse_seed(text: &str) -> Result<Seed, String> {
    let mut seed = [0; 32];
    hex::decode_to_slice(text, &mut seed).map_err(|_| "a seed is 64 hex digits".to_owned())?;
    Ok(Seed(seed))
}

pub(crate) async fn run(args: &Args, output: &Output) -> Result<(), Error> {
    let step = output.step("starting the network");
    let network = Devnet::builder()
        .nodes(args.nodes)
        .seed(args.seed.0)
        .http(args.port)
        .start()
        .await?;
    step.done(
        output,
        &format!("started {} nodes", network.node_urls().len()),
    );

    let urls: Vec<&str> = network.node_urls().iter().map(|url| url.as_str()).collect();
    let json = json!({ "bootstrapUrls": urls, "minNodeCount": network.threshold() });
    let mut text = format!("threshold  {}\n", network.threshold());
    for url in &urls {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "node       {url}");
    }
    let _ = write!(
        text,
        "\nThis network is for development: its keys follow from a seed and protect nothing.\n\n\
         export LIT_NODES={} LIT_THRESHOLD={}\n\
         lit session wallet --random-wallet --grant 'lit-action-execution=lit-litaction://*'",
        urls.join(","),
        network.threshold()
    );
    output.result(&json, &text)?;
    output.message("Interrupt to stop.");
    tokio::signal::ctrl_c().await?;
    Ok(())
}
