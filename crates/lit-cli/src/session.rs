use alloy_signer_local::PrivateKeySigner;
use clap::Subcommand;
use lit_sdk::{
    Clock, LitAbility, LitNodeClient, LitResource, NodeUrl, ResourceAbilityRequest, SessionRequest,
    SystemClock, Timestamp, WalletAuth,
};
use serde_json::json;

use crate::{
    error::Error,
    output::Output,
    tour::{describe, explain},
    wallet::WalletArgs,
};

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Session signatures that a wallet authorises.
    Wallet(Args),
}

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The nodes of the network, as `lit devnet` prints them.
    #[arg(
        long = "node",
        value_name = "URL",
        required = true,
        value_delimiter = ',',
        env = "LIT_NODES"
    )]
    nodes: Vec<NodeUrl>,
    /// How many nodes have to agree, as `lit devnet` prints it.
    #[arg(long, env = "LIT_THRESHOLD")]
    threshold: usize,
    #[command(flatten)]
    wallet: WalletArgs,
    /// Use a fresh wallet that is forgotten afterwards.
    #[arg(long, conflicts_with = "key_file")]
    random_wallet: bool,
    /// A right, ABILITY=RESOURCE, such as lit-action-execution=lit-litaction://* or pkp-signing=lit-pkp://0x….
    #[arg(long = "grant", value_name = "ABILITY=RESOURCE", required = true, value_parser = parse_grant)]
    grants: Vec<ResourceAbilityRequest>,
    /// When the session ends, ISO-8601. 24 hours from now unless given.
    #[arg(long)]
    expiration: Option<Timestamp>,
    /// The domain the message names.
    #[arg(long, default_value = "localhost")]
    domain: String,
    /// What the signer is told before the list of rights.
    #[arg(long)]
    statement: Option<String>,
}

fn parse_grant(text: &str) -> Result<ResourceAbilityRequest, String> {
    let (ability, resource) = text.split_once('=').ok_or("expected ABILITY=RESOURCE")?;
    let ability: LitAbility = ability.parse().map_err(|error| format!("{error}"))?;
    let resource: LitResource = resource.parse().map_err(|error| format!("{error}"))?;
    ResourceAbilityRequest::new(resource, ability).map_err(|error| error.to_string())
}

pub(crate) async fn wallet(args: &Args, output: &Output) -> Result<(), Error> {
    let wallet = if args.random_wallet {
        PrivateKeySigner::random()
    } else {
        args.wallet.signer()?
    };
    let step = output.step("connecting");
    let client = LitNodeClient::builder(args.nodes.clone(), args.threshold)
        .connect()
        .await?;
    step.done(
        output,
        &format!("connected to {} nodes", client.nodes().len()),
    );

    let mut request = SessionRequest::new(args.grants.clone()).with_domain(&args.domain);
    if let Some(statement) = &args.statement {
        request = request.with_statement(statement);
    }
    if let Some(expiration) = &args.expiration {
        request = request.with_expiration(expiration.clone());
    }
    let step = output.step("signing");
    let session = client
        .get_session(&request, &WalletAuth::new(wallet))
        .await?;
    let sigs = client.session_sigs(&session)?;
    step.done(
        output,
        &format!(
            "made {} session signatures; they are credentials, keep them secret",
            sigs.len()
        ),
    );

    let json = json!({ "session": describe(&session), "sessionSigs": sigs });
    let shown = serde_json::to_string(&sigs).map_err(std::io::Error::from)?;
    output.result(
        &json,
        &format!(
            "{}\nsessionSigs\n{shown}",
            explain(&session, &sigs, SystemClock.now())
        ),
    )
}
