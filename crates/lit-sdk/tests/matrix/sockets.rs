//! Faults of servers, on real sockets and real time. Timeouts are short.

use std::{
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use alloy_network::EthereumWallet;
use alloy_provider::ProviderBuilder;
use lit_devnet::Devnet;
use lit_sdk::{
    Error, ExecuteJs, LitNodeClient, NodeList, NodeUrl, PkpLogin, Session, WalletAuth,
    contracts::{LitContracts, RpcTransport},
    services::{LitRelay, MintRequest},
    transport::{HttpTransport, Outcome},
};

use crate::{
    common::{
        any_action,
        owned::{contracts, request, sign_in},
    },
    fault_server::{FaultServer, HttpFault},
    is_full,
    operation::report,
    table::{Cell, Table},
};

/// How long a node may take.
const TIMEOUT: Duration = Duration::from_millis(1000);

/// When an error is prompt: after the timeout of the nodes that hang, on a busy machine.
const PROMPT: Duration = Duration::from_secs(8);

fn faults() -> impl Iterator<Item = HttpFault> {
    let is_meant = |fault: &HttpFault| {
        use HttpFault::{EndlessChunks, HalfABody, Html, Large, Redirect};
        let some = [HalfABody, EndlessChunks, Large, Html(200), Redirect];
        is_full() || some.contains(fault)
    };
    HttpFault::ALL.into_iter().filter(is_meant)
}

fn address(url: &str) -> SocketAddr {
    let authority = url.trim_start_matches("http://").trim_end_matches('/');
    authority.parse().unwrap()
}

/// Of four nodes two must agree.
const NODES: usize = 4;
const THRESHOLD: usize = 2;

/// Servers with a fault in place of some nodes.
struct Faulty {
    servers: Vec<FaultServer>,
    nodes: NodeList,
}

impl Faulty {
    fn new(network: &Devnet, fault: HttpFault, count: usize) -> Self {
        let mut servers = Vec::new();
        let mut urls: Vec<NodeUrl> = network.node_urls().to_vec();
        for url in &mut urls[..count] {
            let server = FaultServer::start(fault, address(url.as_str()));
            *url = server.url().parse().unwrap();
            servers.push(server);
        }
        Self {
            servers,
            nodes: NodeList::from_urls(urls, THRESHOLD),
        }
    }

    fn put_on(&mut self) {
        self.servers.iter_mut().for_each(FaultServer::put_on);
    }

    async fn connect(&self) -> Result<LitNodeClient, Error> {
        LitNodeClient::builder(&self.nodes)
            .with_connect_timeout(TIMEOUT)
            .with_node_timeout(TIMEOUT)
            .connect()
            .await
    }
}

/// Nodes that are reached through servers with a fault.
pub(crate) async fn nodes() -> Table {
    let network = Devnet::builder()
        .with_nodes(NODES)
        .with_http(0)
        .start()
        .await
        .unwrap();
    let owner: alloy_signer_local::PrivateKeySigner = network.funded_keys()[0].parse().unwrap();
    let pkp = contracts(&network, &owner).pkp().mint().await.unwrap();
    let healthy = NodeList::from_urls(network.node_urls().to_vec(), THRESHOLD);
    let healthy = LitNodeClient::connect(&healthy).await.unwrap();
    let login = PkpLogin::new(pkp.public_key).with_auth_method(sign_in(&owner, &healthy).await);

    let columns = ["connect", "session of a PKP", "execute_js"];
    let title = format!("{NODES} nodes behind sockets, of which {THRESHOLD} must agree");
    let columns = [THRESHOLD, THRESHOLD + 1].iter().flat_map(|count| {
        columns
            .iter()
            .map(move |name| format!("{name}, {count} of {NODES}"))
    });
    let mut table = Table::new(title, columns.collect());
    for fault in faults() {
        let mut cells = Vec::new();
        for count in [THRESHOLD, THRESHOLD + 1] {
            let mut faulty = Faulty::new(&network, fault, count);
            let too_many = count > NODES - THRESHOLD;
            faulty.put_on();
            let started = Instant::now();
            let connected = faulty.connect().await;
            cells.push(cell(connected.as_ref().err(), started, too_many, fault));
            // When all these nodes fail, the client has to meet them before.
            let mut faulty = Faulty::new(&network, fault, count);
            let Ok(client) = faulty.connect().await else {
                cells.extend([Cell::empty(), Cell::empty()]);
                continue;
            };
            let wallet = WalletAuth::new(owner.clone());
            let session = client.session(&any_action(), &wallet).await.unwrap();
            faulty.put_on();
            let started = Instant::now();
            let done = client.session(&request(), &login).await;
            cells.push(cell(done.as_ref().err(), started, too_many, fault));
            let started = Instant::now();
            let done = run_an_action(&client, &session).await;
            cells.push(cell(done.as_ref().err(), started, too_many, fault));
            let followed = faulty.servers.iter().any(FaultServer::was_followed);
            assert!(!followed, "a redirect is followed");
        }
        table.push(fault.name(), cells);
    }
    table
}

async fn run_an_action(client: &LitNodeClient, session: &Session) -> Result<(), Error> {
    let call = ExecuteJs::code("Lit.Actions.setResponse({ response: 'done' })");
    let answer = client.execute_js(session, &call).await?;
    assert_eq!(answer.response, "done");
    Ok(())
}

fn cell(error: Option<&Error>, started: Instant, too_many: bool, fault: HttpFault) -> Cell {
    let took = started.elapsed();
    match error {
        None => Cell::new("ok", took)
            .expect(!too_many, "succeeds with too many faulty nodes")
            .expect(took < PROMPT, "not prompt"),
        Some(error) => {
            let Some(report) = report(error) else {
                return Cell::new("no table", took).expect(false, format!("no table: {error}"));
            };
            let faulty = report.outcomes.iter().filter(|one| !is_valid(&one.outcome));
            let outcomes: Vec<String> = faulty.map(|one| one.outcome.to_string()).collect();
            let first = outcomes.first().cloned().unwrap_or_default();
            let shown: String = first.chars().take(60).collect();
            Cell::new(shown.replace('|', "/"), took)
                .expect(too_many, format!("fails: {report}"))
                .expect(
                    outcomes.len() == THRESHOLD + 1,
                    format!("names {outcomes:?}"),
                )
                .expect(took < PROMPT, "not prompt")
                .expect(fault.hangs() || took < TIMEOUT * 4, "not prompt")
        }
    }
}

fn is_valid(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Valid)
}

/// A relayer, and the RPC of the chain, behind a server with a fault.
pub(crate) async fn services() -> Table {
    let network = Devnet::builder()
        .with_nodes(3)
        .with_http(0)
        .start()
        .await
        .unwrap();
    let owner: alloy_signer_local::PrivateKeySigner = network.funded_keys()[0].parse().unwrap();
    let columns = [
        "mint by a relayer",
        "mint on chain",
        "find the nodes on chain",
    ];
    let columns = columns.map(str::to_owned).to_vec();
    let mut table = Table::new("A relayer and an RPC behind sockets", columns);
    let method = {
        let client = LitNodeClient::connect(&network).await.unwrap();
        sign_in(&owner, &client).await
    };
    for fault in faults() {
        let mut relayer = FaultServer::start(fault, address(network.relay_url().unwrap()));
        let relay = LitRelay::new(&relayer.url(), "key")
            .unwrap()
            .with_timeout(TIMEOUT);
        let mint = MintRequest::for_auth_method(&method).owned_by_pkp();
        relayer.put_on();
        let started = Instant::now();
        let error = relay.mint(&mint).await.map(|_| ());
        let mut cells = vec![service_cell(error, started)];

        let mut rpc = FaultServer::start(fault, address(network.rpc_url().unwrap()));
        let transport =
            RpcTransport::new(Arc::new(HttpTransport::new()), rpc.url().parse().unwrap())
                .with_timeout(TIMEOUT);
        let provider = ProviderBuilder::new()
            .wallet(EthereumWallet::from(owner.clone()))
            .connect_client(transport.client());
        let contracts = LitContracts::new(network.context(), provider).with_sender(owner.address());
        rpc.put_on();
        let started = Instant::now();
        let error = contracts.pkp().mint().await.map(|_| ());
        cells.push(service_cell(error, started));
        let started = Instant::now();
        let client = LitNodeClient::builder(&contracts).with_connect_timeout(TIMEOUT);
        let error = client.connect().await.map(|_| ());
        cells.push(service_cell(error, started));
        assert!(
            !relayer.was_followed() && !rpc.was_followed(),
            "a redirect is followed"
        );
        table.push(fault.name(), cells);
    }
    table
}

/// A server alone is not replaced, so its fault is an error.
fn service_cell(done: Result<(), impl std::error::Error>, started: Instant) -> Cell {
    let took = started.elapsed();
    let Err(error) = done else {
        return Cell::new("ok", took).expect(false, "succeeds");
    };
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    let last = causes.last().map_or(error.to_string(), ToString::to_string);
    let shown: String = last.chars().take(60).collect();
    Cell::new(shown.replace('|', "/").replace('\n', " "), took).expect(took < PROMPT, "not prompt")
}
