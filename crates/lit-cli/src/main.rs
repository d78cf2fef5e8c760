//! The `lit` command. Without arguments it runs the tour.

mod action_check;
mod call;
mod chain;
mod devnet;
mod error;
mod ethers;
mod failure;
mod network;
mod output;
mod parse;
mod session;
mod tls;
mod tour;
mod wallet;

use std::process::ExitCode;

use clap::{
    Parser, Subcommand,
    error::{ContextKind, ContextValue, ErrorKind},
};
use failure::Failure;
use output::Output;
use tracing_subscriber::EnvFilter;

/// Warnings, without those about wildcards, which a user wrote on the command line or a command needs.
const DEFAULT_LOG: &str = "warn,lit_sdk::session[{ability}]=off";

/// Sessions, PKPs, Lit Actions, encryption and a local test network for Lit Protocol.
#[derive(Debug, Parser)]
#[command(version, propagate_version = true)]
struct Args {
    /// Print the result as JSON on standard output, and an error as JSON on standard error.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Show sessions and Lit Actions on an embedded network (the default command).
    Tour(tour::Args),
    /// Make session signatures.
    #[command(subcommand)]
    Session(session::Command),
    /// Mint, list and use PKPs: keys that the nodes hold in shares.
    #[command(subcommand)]
    Pkp(chain::PkpCommand),
    /// Run Lit Actions: JavaScript that every node runs.
    #[command(subcommand)]
    Action(call::ActionCommand),
    /// Encrypt a file under access control conditions.
    Encrypt(call::Encrypt),
    /// Decrypt a file if the wallet meets the conditions.
    Decrypt(call::Decrypt),
    /// Mint and list capacity credits, which pay for requests.
    #[command(subcommand)]
    Credits(chain::CreditsCommand),
    /// Run a Lit network on this machine until interrupted.
    Devnet(Box<devnet::Args>),
}

#[tokio::main]
async fn main() -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => return usage(error),
    };
    let filter = std::env::var("LIT_LOG").unwrap_or_else(|_| DEFAULT_LOG.to_owned());
    tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::builder().parse_lossy(filter))
        .with_writer(std::io::stderr)
        .with_target(false)
        .init();

    let output = Output::new(args.json);
    let done = match args.command {
        None => tour::run(&tour::Args::default(), &output).await,
        Some(Command::Tour(args)) => tour::run(&args, &output).await,
        Some(Command::Session(command)) => session::run(&command, &output).await,
        Some(Command::Action(command)) => call::action(&command, &output).await,
        Some(Command::Encrypt(args)) => call::encrypt(&args, &output).await,
        Some(Command::Decrypt(args)) => call::decrypt(&args, &output).await,
        Some(Command::Pkp(command)) => chain::pkp(&command, &output).await,
        Some(Command::Credits(command)) => chain::credits(&command, &output).await,
        Some(Command::Devnet(args)) => devnet::run(&args, &output).await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            output.failure(&Failure::from(&error));
            ExitCode::from(error.exit_code())
        }
    }
}

/// Prints help and version to standard output with exit code 0. Reports a wrong command line with exit code 2.
fn usage(mut error: clap::Error) -> ExitCode {
    if !error.use_stderr() {
        // The reader may have closed the pipe.
        let _ = error.print();
        return ExitCode::SUCCESS;
    }
    let json = std::env::args_os().any(|arg| arg == "--json");
    if let Some(tip) = tip(&error) {
        error.insert(
            ContextKind::Suggested,
            ContextValue::StyledStrs(vec![tip.into()]),
        );
    }
    Output::new(json).usage_error(&error);
    ExitCode::from(2)
}

/// Where the value of a missing argument comes from.
fn tip(error: &clap::Error) -> Option<&'static str> {
    if error.kind() != ErrorKind::MissingRequiredArgument {
        return None;
    }
    let Some(ContextValue::Strings(missing)) = error.get(ContextKind::InvalidArg) else {
        return None;
    };
    let is_missing = |flag: &str| missing.iter().any(|arg| arg.starts_with(flag));
    if is_missing("--node") || is_missing("--threshold") {
        Some("start `lit devnet` and copy the export line it prints")
    } else if is_missing("--pkp") {
        Some(
            "`lit pkp mint` prints the public key of a new PKP, and `lit pkp list` those of the wallet's PKPs",
        )
    } else {
        None
    }
}
