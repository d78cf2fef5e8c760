//! `lit devnet`: a network on this machine.

mod config;
mod config_file;
mod description;
mod issuers;
mod start;
mod token;
mod values;

pub(crate) use config::node_count;
pub(crate) use values::FetchHost;

use std::path::PathBuf;

use config_file::Flags;

use crate::{error::Error, ethers, output::Output, tls};

#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Option<Command>,
    /// Read the options from this TOML file; those on the command line override it.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Print the options in effect, as a file for --config, and exit.
    #[arg(long)]
    print_config: bool,
    #[command(flatten)]
    flags: Flags,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Print a token that logs in a user on a running network.
    Token(token::Args),
}

pub(crate) async fn run(args: &Args, output: &Output) -> Result<(), Error> {
    if let Some(Command::Token(args)) = &args.command {
        return token::run(args, output).await;
    }
    let config = args.flags.over(args.config.as_deref())?;
    config.check()?;
    if args.print_config {
        let text = config_file::print(&config)?;
        return output.result(&config_file::print_json(&config)?, &text);
    }
    let ethers = ethers::bundle(config.ethers.as_deref())?;
    let network = start::start(&config, ethers.as_deref(), output).await?;
    let certificate = tls::publish(&network, config.state.as_deref())?;
    let trusted = certificate.as_deref();
    description::publish(&network, &config, ethers.as_deref(), trusted, output)?;
    output.message("Interrupt to stop.");
    tokio::signal::ctrl_c().await.map_err(Error::Signal)?;
    if let (Some(file), None) = (&certificate, &config.state) {
        // The next network has another certificate.
        let _ = std::fs::remove_file(file);
    }
    network.stop().await.map_err(Error::Devnet)
}
