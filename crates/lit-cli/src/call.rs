//! Signatures, actions, encryption and decryption. The wallet authorizes a session for each call.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use alloy_signer_local::PrivateKeySigner;
use async_trait::async_trait;
use lit_actions::{ActionEnvironment, ActionHost, ActionRequest, HostError, HostResult};
use lit_node::HttpFetcher;
use lit_sdk::{
    ActionCid, Encrypted, ExecuteJs, LitNodeClient, PkpPublicKey, PkpSign, Right, Session,
    SessionRequest, WalletAuth,
    types::{access_control::AccessControlConditions, strict_json},
};
use serde_json::{Value, json};

use crate::{
    action_check::{self, Check},
    devnet::FetchHost,
    error::{Error, read_file},
    ethers,
    network::{NetworkArgs, NetworkUnlessLocal},
    output::{Output, printable_json},
    parse::{parse_param, parse_pkp},
    wallet::WalletArgs,
};

/// What the file that `lit encrypt --conditions` names must contain.
const CONDITIONS: &str = "a JSON object with accessControlConditions, evmContractConditions, solRpcConditions or \
                          unifiedAccessControlConditions";

#[derive(Debug, clap::Args)]
pub(crate) struct Sign {
    /// The public key of the PKP, in hex.
    #[arg(long, value_name = "KEY", value_parser = parse_pkp)]
    pkp: PkpPublicKey,
    /// The text to sign, as an EIP-191 message.
    message: String,
    #[command(flatten)]
    network: NetworkArgs,
    #[command(flatten)]
    wallet: WalletArgs,
}

#[derive(Debug, clap::Subcommand)]
pub(crate) enum ActionCommand {
    /// Run a Lit Action on all nodes, or with --local in this process.
    Run(Run),
    /// Show which globals and Lit.Actions functions a Lit Action uses, and whether Datil and the embedded network have them.
    ///
    /// The exit code is 1 if the embedded network lacks one.
    Check(Check),
    /// Print the CID of a Lit Action, which `lit pkp permit` takes.
    Cid {
        /// A file with the JavaScript of the action.
        code: PathBuf,
    },
}

#[derive(Debug, clap::Args)]
pub(crate) struct Run {
    /// A file with the JavaScript of the action.
    code: PathBuf,
    /// A parameter of the action, such as magicNumber=42; repeat the option for more.
    #[arg(long = "param", value_name = "NAME=JSON", value_parser = parse_param)]
    params: Vec<(String, Value)>,
    /// Run the action in this process, without nodes: it cannot sign, decrypt or read the chain.
    #[arg(long)]
    local: bool,
    /// A host that `fetch` may reach with --local, such as api.example.org, or * for every host; repeat the option for more.
    #[arg(long = "allow-fetch", value_name = "HOST", requires = "local")]
    fetch_hosts: Vec<FetchHost>,
    /// The file that becomes `ethers` with --local: dist/ethers.umd.min.js of npm's ethers 5. By default node_modules of this
    /// directory and those above, and the cache directory, are searched.
    #[arg(long, value_name = "FILE", requires = "local")]
    ethers: Option<PathBuf>,
    #[command(flatten)]
    network: NetworkUnlessLocal,
    #[command(flatten)]
    wallet: WalletArgs,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Encrypt {
    /// The file to encrypt.
    file: PathBuf,
    /// A file with the conditions: a JSON object with accessControlConditions, evmContractConditions, solRpcConditions or
    /// unifiedAccessControlConditions.
    #[arg(long, value_name = "FILE")]
    conditions: PathBuf,
    #[command(flatten)]
    network: NetworkArgs,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Decrypt {
    /// A file with the output of `lit encrypt`.
    file: PathBuf,
    #[command(flatten)]
    network: NetworkArgs,
    #[command(flatten)]
    wallet: WalletArgs,
}

pub(crate) async fn sign(args: &Sign, output: &Output) -> Result<(), Error> {
    let wallet = args.wallet.signer()?;
    let address = wallet.address();
    let client = args.network.connect(output).await?;
    // For a session of a wallet, nodes also require the right to run every action.
    let rights = [Right::sign_with(args.pkp), Right::run_any_action()];
    let session = session(&client, wallet, rights).await?;
    let step = output.step("signing");
    let call = PkpSign::message(args.pkp, &args.message);
    let signature = client.pkp_sign(&session, &call).await;
    let signature =
        signature.map_err(|error| Error::of_wallet(error, address, args.pkp.token_id()))?;
    step.done(output, "the network signed");
    output.result(&json!(signature), &signature.to_string())
}

pub(crate) async fn action(command: &ActionCommand, output: &Output) -> Result<(), Error> {
    match command {
        ActionCommand::Run(args) => run(args, output).await,
        ActionCommand::Check(args) => action_check::run(args, output).await,
        ActionCommand::Cid { code } => {
            let cid = ActionCid::of_code(read_file(code)?).to_string();
            output.result(&json!({ "cid": cid }), &cid)
        }
    }
}

async fn run(args: &Run, output: &Output) -> Result<(), Error> {
    let code = read_file(&args.code)?;
    if args.local {
        return run_locally(args, code, output).await;
    }
    let wallet = args.wallet.signer()?;
    let client = args.network.connect(output).await?;
    // The action may sign with any PKP of the wallet.
    let rights = [Right::run_any_action(), Right::sign_with_any_pkp()];
    let session = session(&client, wallet, rights).await?;
    let step = output.step("running the action");
    let call = ExecuteJs::code(code).with_params(args.params.iter().cloned().collect());
    let answer = client.execute_js(&session, &call).await;
    if let Err(lit_sdk::Error::Action { logs, .. }) = &answer {
        output.logs(logs);
    }
    let answer = answer?;
    step.done(output, "the nodes returned matching answers");
    let json = json!({
        "response": answer.json(),
        "logs": answer.logs,
        "signatures": answer.signatures,
        "claims": answer.claims,
    });
    output.logs(&answer.logs);
    let signed = |(name, signature)| format!("\n{name}: {signature}");
    let signatures: String = answer.signatures.iter().map(signed).collect();
    output.result(&json, &format!("{}{signatures}", answer.response))
}

/// The functions of `Lit.Actions` that nodes answer, without nodes.
struct WithoutNodes;

#[async_trait]
impl ActionHost for WithoutNodes {
    fn functions(&self) -> &[&str] {
        lit_node::action_functions()
    }

    async fn call(&self, function: &str, _: Value) -> HostResult {
        Err(HostError::new(format_args!(
            "Lit.Actions.{function} needs the nodes; run the action without --local"
        )))
    }
}

/// Runs the action in the engine of the nodes, without nodes.
async fn run_locally(args: &Run, code: String, output: &Output) -> Result<(), Error> {
    let hosts = args.fetch_hosts.iter().cloned();
    let mut environment = hosts.fold(
        ActionEnvironment::default(),
        ActionEnvironment::with_fetch_host,
    );
    if let Some(bundle) = ethers::bundle(args.ethers.as_deref())? {
        environment = environment.with_ethers_bundle(bundle);
    }
    let environment = environment.with_fetcher(Arc::new(HttpFetcher::new()));
    let request = ActionRequest::new(code)
        .with_params(args.params.iter().cloned().collect())
        .with_environment(Arc::new(environment));
    let outcome = lit_actions::run_with_host(request, Arc::new(WithoutNodes)).await;
    if let Err(error) = &outcome {
        output.logs(error.logs());
    }
    let outcome = outcome.map_err(Error::LocalAction)?;
    output.logs(&outcome.logs);
    let json = json!({ "response": outcome.response, "logs": outcome.logs });
    output.result(&json, &outcome.response)
}

pub(crate) async fn encrypt(args: &Encrypt, output: &Output) -> Result<(), Error> {
    let conditions: AccessControlConditions = strict_json::from_str(&read_file(&args.conditions)?)
        .map_err(|error| is_not(CONDITIONS, &args.conditions, error))?;
    let data = fs::read(&args.file).map_err(|source| Error::Read {
        path: args.file.clone(),
        source,
    })?;
    let client = args.network.connect(output).await?;
    let encrypted = client.encrypt(data, &conditions).await?;
    let json = json!(encrypted);
    output.result(&json, &printable_json(&json.to_string()))
}

pub(crate) async fn decrypt(args: &Decrypt, output: &Output) -> Result<(), Error> {
    let encrypted: Encrypted = strict_json::from_str(&read_file(&args.file)?)
        .map_err(|error| is_not("the output of `lit encrypt`", &args.file, error))?;
    let wallet = args.wallet.signer()?;
    let client = args.network.connect(output).await?;
    let request = SessionRequest::to_decrypt(&encrypted);
    let session = client.session(&request, &WalletAuth::new(wallet)).await?;
    let step = output.step("decrypting");
    let data = client.decrypt(&session, &encrypted).await?;
    step.done(output, "decrypted");
    output.data(&data)
}

fn is_not(expected: &'static str, path: &Path, source: serde_json::Error) -> Error {
    Error::Content {
        path: path.to_owned(),
        expected,
        source,
    }
}

async fn session(
    client: &LitNodeClient,
    wallet: PrivateKeySigner,
    rights: impl IntoIterator<Item = Right>,
) -> Result<Session, Error> {
    let request = SessionRequest::new(rights);
    Ok(client.session(&request, &WalletAuth::new(wallet)).await?)
}
