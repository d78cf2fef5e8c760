//! The `lit` command. Without arguments it is a tour: it starts a network, makes session signatures, uses them, and explains
//! what happened.

mod call;
mod chain;
mod devnet;
mod error;
mod network;
mod output;
mod session;
mod tour;
mod wallet;

use std::process::ExitCode;

use clap::{Parser, Subcommand, error::ErrorKind};
use error::Error;
use output::Output;
use tracing_subscriber::{EnvFilter, filter::LevelFilter};

/// Session signatures for Lit networks, and a network to use them on.
#[derive(Debug, Parser)]
#[command(version, propagate_version = true)]
struct Args {
    /// Print one JSON value on standard output; messages go to standard error.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Show a session from beginning to end on an embedded network (the default).
    Tour(tour::Args),
    /// Make session signatures.
    #[command(subcommand)]
    Session(session::Command),
    /// PKPs: keys that the network holds.
    #[command(subcommand)]
    Pkp(chain::PkpCommand),
    /// Lit Actions: JavaScript that all nodes run.
    #[command(subcommand)]
    Action(call::ActionCommand),
    /// Encrypt a file under access control conditions.
    Encrypt(call::Encrypt),
    /// Decrypt a file, if the wallet fulfils the conditions.
    Decrypt(call::Decrypt),
    /// Capacity credits: who pays.
    #[command(subcommand)]
    Credits(chain::CreditsCommand),
    /// Run a Lit network on this machine until interrupted.
    Devnet(devnet::Args),
}

#[tokio::main]
async fn main() -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => return usage(&error),
    };
    let filter = EnvFilter::builder()
        .with_env_var("LIT_LOG")
        .with_default_directive(LevelFilter::WARN.into())
        .from_env_lossy();
    tracing_subscriber::fmt()
        .with_env_filter(filter)
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
            output.error(&error);
            ExitCode::FAILURE
        }
    }
}

/// Help and version go where they belong; a wrong command line is an error like any other.
fn usage(error: &clap::Error) -> ExitCode {
    if !error.use_stderr() {
        // Whoever asked for it may have closed the pipe.
        let _ = error.print();
        return ExitCode::SUCCESS;
    }
    let json = std::env::args().any(|arg| arg == "--json");
    if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand && !json {
        let _ = error.print();
        return ExitCode::from(2);
    }
    Output::new(json).error(&Error::usage(
        error.to_string().trim_start_matches("error: ").trim_end(),
    ));
    ExitCode::from(2)
}
