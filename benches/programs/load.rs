//! Many calls at once, on ten nodes in the process of the client: `load memory|http CALLS`.
//!
//! Prints a JSON object: for each flow the calls that were lost, why, and the time in seconds; then the peak of memory and open
//! files. `cargo xtask bench load` runs it with few files, and fails if a call is lost. It reads `/proc`, so it works only on Linux.

use std::{
    collections::BTreeMap,
    fs,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use alloy_network::EthereumWallet;
use alloy_provider::ProviderBuilder;
use alloy_signer_local::PrivateKeySigner;
use lit_benches::{Failure, print};
use lit_devnet::Devnet;
use lit_sdk::{
    ExecuteJs, LitNodeClient, NodeList, PkpLogin, Right, SessionRequest, WalletAuth,
    contracts::LitContracts, login::EthWalletProvider,
};
use serde::Serialize;
use tokio::{runtime::Handle, task::JoinSet, time::sleep};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    calls: usize,
    flows: BTreeMap<&'static str, Flow>,
    cancelled: Cancelled,
    peak_memory_mib: usize,
    peak_open_files: usize,
}

#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Flow {
    lost: usize,
    seconds: f64,
    /// How often each failure was met.
    failures: BTreeMap<String, usize>,
}

/// What calls that were given up in the middle leave behind.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Cancelled {
    tasks: isize,
    open_files: isize,
    memory_mib: isize,
}

pub(crate) async fn run(mut args: impl Iterator<Item = String>) -> Result<(), Failure> {
    let over_http = match args.next().as_deref() {
        Some("memory") => false,
        Some("http") => true,
        _ => return Err("how to reach the nodes? memory or http".into()),
    };
    let calls = args.next().ok_or("how many calls?")?.parse()?;
    let network = Devnet::builder().with_nodes(10);
    let network = match over_http {
        true => network.with_http(0),
        false => network,
    };
    let network = network.start().await?;
    let client = match over_http {
        true => {
            let urls = network.node_urls().to_vec();
            LitNodeClient::connect(&NodeList::from_urls(urls, network.threshold())).await?
        }
        false => LitNodeClient::connect(&network).await?,
    };
    let peak = Arc::new(AtomicUsize::new(0));
    let watch = tokio::spawn(watch_files(Arc::clone(&peak)));

    let load = Arc::new(Load::new(&network, client).await?);
    let mut flows = BTreeMap::new();
    let each = Arc::clone(&load);
    let sessions = at_once(calls, move || Arc::clone(&each).pkp_session()).await?;
    flows.insert("PKP sessions", sessions);
    let each = Arc::clone(&load);
    let executions = at_once(calls, move || Arc::clone(&each).execute()).await?;
    flows.insert("executions", executions);
    let cancelled = load.cancel(calls).await?;
    watch.abort();
    let report = Report {
        calls,
        flows,
        cancelled,
        peak_memory_mib: status("VmHWM:")?,
        peak_open_files: peak.load(Relaxed),
    };
    print(&report)
}

struct Load {
    client: LitNodeClient,
    request: SessionRequest,
    login: PkpLogin,
    wallet: WalletAuth<PrivateKeySigner>,
}

impl Load {
    async fn new(network: &Devnet, client: LitNodeClient) -> Result<Self, Failure> {
        let owner = network.funded_keys().first();
        let owner: PrivateKeySigner = owner.ok_or("the network has no funded wallet")?.parse()?;
        let provider = ProviderBuilder::new()
            .wallet(EthereumWallet::from(owner.clone()))
            .connect_client(network.chain().client());
        let pkp = LitContracts::with_wallet(network.context(), provider);
        let pkp = pkp.pkp().mint().await?.public_key;
        let method = EthWalletProvider::authenticate(&client, &owner).await?;
        Ok(Self {
            client,
            request: SessionRequest::new([Right::sign_with_any_pkp(), Right::run_any_action()]),
            login: PkpLogin::new(pkp).with_auth_method(method),
            wallet: WalletAuth::new(owner),
        })
    }

    async fn pkp_session(self: Arc<Self>) -> Result<(), lit_sdk::Error> {
        let session = self.client.session(&self.request, &self.login).await;
        session.map(drop)
    }

    async fn execute(self: Arc<Self>) -> Result<(), lit_sdk::Error> {
        let session = self.client.session(&self.request, &self.wallet).await?;
        let call = ExecuteJs::code("Lit.Actions.setResponse({ response: 'x' })");
        self.client.execute_js(&session, &call).await.map(drop)
    }

    /// Gives calls up after a few milliseconds, and measures what is left when the nodes have finished them.
    async fn cancel(self: &Arc<Self>, calls: usize) -> Result<Cancelled, Failure> {
        let before = (tasks(), open_files()?, status("VmRSS:")?);
        let mut given_up = JoinSet::new();
        for call in 0..calls {
            let load = Arc::clone(self);
            given_up.spawn(async move {
                let pause = Duration::from_micros(u64::try_from(call).unwrap_or(0) * 37 % 50_000);
                tokio::select! {
                    _ = Arc::clone(&load).pkp_session() => {}
                    _ = load.execute() => {}
                    () = sleep(pause) => {}
                }
            });
        }
        while given_up.join_next().await.is_some() {}
        // The nodes have the same time as for any call.
        let start = Instant::now();
        while tasks() > before.0 && start.elapsed() < Duration::from_secs(60) {
            sleep(Duration::from_millis(20)).await;
        }
        let grown = |after: usize, before: usize| after.cast_signed() - before.cast_signed();
        Ok(Cancelled {
            tasks: grown(tasks(), before.0),
            open_files: grown(open_files()?, before.1),
            memory_mib: grown(status("VmRSS:")?, before.2),
        })
    }
}

/// Makes all calls at once.
async fn at_once<F, C>(calls: usize, call: F) -> Result<Flow, Failure>
where
    F: Fn() -> C,
    C: Future<Output = Result<(), lit_sdk::Error>> + Send + 'static,
{
    let (mut flow, start) = (Flow::default(), Instant::now());
    let mut running: JoinSet<_> = (0..calls).map(|_| call()).collect();
    while let Some(result) = running.join_next().await {
        if let Err(error) = result? {
            flow.lost += 1;
            *flow.failures.entry(error.to_string()).or_default() += 1;
        }
    }
    flow.seconds = start.elapsed().as_secs_f64();
    Ok(flow)
}

async fn watch_files(peak: Arc<AtomicUsize>) {
    loop {
        peak.fetch_max(open_files().unwrap_or_default(), Relaxed);
        sleep(Duration::from_millis(10)).await;
    }
}

fn tasks() -> usize {
    Handle::current().metrics().num_alive_tasks()
}

fn open_files() -> Result<usize, Failure> {
    Ok(fs::read_dir("/proc/self/fd")?.count())
}

/// A size in `/proc/self/status`, in MiB.
fn status(name: &str) -> Result<usize, Failure> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let kibibytes = line.and_then(|line| line.split_whitespace().next());
    Ok(kibibytes.ok_or("no such size")?.parse::<usize>()? / 1024)
}
