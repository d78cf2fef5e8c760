//! Faulty nodes in memory.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use lit_devnet::{Devnet, Fault, MemoryTransport};
use lit_sdk::{
    Error, LitNodeClient, NodeUrl,
    calls::DoubtReason,
    transport::{NodeOutcome, NodeRequest, NodeResponse, NodeTransport, Outcome, TransportError},
};
use tokio::time::{Instant, sleep};

use crate::{
    faults, is_full,
    operation::{Flows, Operation, report},
    table::{Cell, Table},
};

/// What a request takes without a fault.
const ROUND_TRIP: Duration = Duration::from_millis(50);

/// A call with a fault may take 1.2 times as long as one without.
const BUDGET: f64 = 1.2;

/// When a call has failed promptly: the patience with late signers, or with nodes that hang the timeout of a node.
const PROMPT: Duration = Duration::from_secs(5);
const NODE_TIMEOUT: Duration = Duration::from_secs(20);

/// How many wrong shares of thirty are found: with BLS, and with ECDSA, where only other signing sets help.
const MOST_BAD_OF_THIRTY: (usize, usize) = (7, 3);

/// Nodes that take their time.
struct Distant(Arc<MemoryTransport>);

#[async_trait]
impl NodeTransport for Distant {
    async fn send(&self, request: NodeRequest) -> Result<NodeResponse, TransportError> {
        sleep(ROUND_TRIP).await;
        self.0.send(request).await
    }
}

async fn connect(network: &Devnet) -> Result<LitNodeClient, Error> {
    LitNodeClient::builder(network)
        .with_transport(Arc::new(Distant(network.transport())))
        .with_connect_timeout(NODE_TIMEOUT)
        .with_node_timeout(NODE_TIMEOUT)
        .connect()
        .await
}

/// A table of all operations and faults for so many nodes.
pub(crate) async fn run(nodes: usize) -> Table {
    let flows = Flows::new(nodes).await;
    let network = &flows.owned.network;
    let spare = nodes - network.threshold();
    let counts: Vec<usize> = match (nodes, is_full()) {
        (30, true) => vec![1, 3, 7, spare, spare + 1],
        (_, true) => (1..=spare + 1).collect(),
        (3, false) => vec![1, 2],
        (_, false) => vec![2, spare + 1],
    };
    let titles = counts.iter().map(|count| format!("{count} of {nodes}"));
    let title = format!("{nodes} nodes, of which {} must agree", network.threshold());
    let mut table = Table::new(title, titles.collect());
    tokio::time::pause();
    for operation in Operation::ALL {
        let healthy = time(&flows, operation, None, 0).await;
        let usual = healthy
            .median
            .unwrap_or_else(|error| panic!("{operation:?}: {error}"));
        for (name, fault) in faults() {
            let mut cells = Vec::new();
            for count in &counts {
                cells.push(cell(&flows, operation, fault, *count, usual).await);
            }
            table.push(format!("{}: {name}", operation.name()), cells);
        }
    }
    tokio::time::resume();
    table
}

async fn cell(
    flows: &Flows,
    operation: Operation,
    fault: Fault,
    count: usize,
    usual: Duration,
) -> Cell {
    let network = &flows.owned.network;
    let (nodes, threshold) = (network.node_urls().len(), network.threshold());
    let is_slow_to_sign = operation == Operation::SignInAction && !is_full();
    let signs_and_lies =
        operation.uses_ecdsa() && matches!(fault, Fault::CorruptShare | Fault::ReplayedShare);
    let lies = signs_and_lies || operation.uses_bls() && operation.fails_with(fault);
    if operation == Operation::SignInAction && signs_and_lies && (nodes == 30 || count > 2) {
        // Each attempt runs the action on all nodes.
        return Cell::empty();
    }
    if is_slow_to_sign && count > 1 {
        return Cell::empty();
    }
    let (most_bls, most_ecdsa) = MOST_BAD_OF_THIRTY;
    if signs_and_lies && nodes == 30 && count > most_ecdsa {
        // All attempts would be made in vain.
        return Cell {
            text: "out of reach".to_owned(),
            ..Cell::empty()
        };
    }
    let run = time(flows, operation, Some(fault), count).await;
    // Nodes that are late together agree, if they are enough.
    let agree = fault == Fault::StaleEpoch && count >= threshold;
    let too_many = count > nodes - threshold && operation.fails_with(fault) && !agree;
    // Among thirty nodes no request id is found that elects none of so many.
    let cannot_avoid = operation.uses_ecdsa() && nodes == 30 && count >= most_ecdsa;
    let out_of_reach = cannot_avoid && fault == Fault::Hang
        || lies && !too_many && nodes == 30 && count > most_bls && !agree;
    let (took, named) = (run.took, format!("{} named", run.named));
    match run.median {
        Ok(median) => {
            let text = match (operation.fails_with(fault), operation.asks_nodes()) {
                (true, true) => format!("ok, {named}"),
                _ => "ok".to_owned(),
            };
            let is_slow = matches!(fault, Fault::Delay(_)) && count > nodes - threshold;
            let ratio = median.as_secs_f64() / usual.as_secs_f64().max(0.001);
            Cell::new(text, median)
                .expect(!too_many, "succeeds with too many faulty nodes")
                .expect(
                    is_slow || cannot_avoid || ratio <= BUDGET,
                    format!("{ratio:.2} times as long as usual"),
                )
                // Where the liars are a threshold, the others look wrong.
                .expect(
                    run.blamed.is_empty() || agree,
                    format!("blames {:?}", run.blamed),
                )
        }
        Err(error) => {
            let lines = report(&error).map(|report| report.outcomes.len());
            let kind = match &error {
                Error::Connect(_) => "cannot connect",
                Error::Nodes(_) => "too few answers",
                Error::Shares(_) => "shares do not combine",
                Error::Action { .. } => "the action fails",
                _ => "error",
            };
            let prompt = match fault {
                Fault::Hang => NODE_TIMEOUT + PROMPT,
                // Each of up to 210 signing sets is tried.
                _ if signs_and_lies => 211 * (ROUND_TRIP + Duration::from_millis(2)),
                _ => PROMPT,
            };
            Cell::new(kind, took)
                .expect(
                    too_many || out_of_reach,
                    format!("fails: {error}: {:?}", report(&error)),
                )
                .expect(lines == Some(nodes), format!("no table: {error}"))
                .expect(took <= prompt || out_of_reach, "not prompt")
                .expect(run.blamed.is_empty(), format!("blames {:?}", run.blamed))
        }
    }
}

/// What came of an operation with some faulty nodes.
struct Run {
    /// The median, or the first error.
    median: Result<Duration, Error>,
    took: Duration,
    /// How many of the faulty nodes the client names.
    named: usize,
    /// The healthy nodes that it names.
    blamed: Vec<NodeUrl>,
}

async fn time(flows: &Flows, operation: Operation, fault: Option<Fault>, count: usize) -> Run {
    let network = &flows.owned.network;
    // Spread, so that the first quorum has some.
    let nodes = network.node_urls().len();
    let faulty: Vec<usize> = (0..count).map(|at| at * nodes / count.max(1)).collect();
    let set = |fault: Option<Fault>| {
        for at in &faulty {
            match fault {
                Some(fault) => network.node(*at).fail(fault),
                None => network.node(*at).recover(),
            }
        }
    };
    let rounds = if operation.uses_ecdsa() { 5 } else { 1 };
    let (mut times, mut error, mut outcomes) = (Vec::new(), None, Vec::new());
    let mut doubts = Vec::new();
    let connected = match operation {
        Operation::Connect => {
            set(fault);
            let started = Instant::now();
            let connected = connect(network).await;
            times.push(started.elapsed());
            connected
        }
        _ => {
            let connected = connect(network).await;
            set(fault);
            connected
        }
    };
    match connected {
        Ok(client) => {
            if operation != Operation::Connect {
                for round in 1..=rounds {
                    let started = Instant::now();
                    let done = flows.run(operation, &client, round).await;
                    times.push(started.elapsed());
                    if let Err(failed) = done {
                        error = Some(failed);
                        break;
                    }
                }
            }
            // A healthy node refuses to sign where too few are left.
            if error.is_none() {
                doubts = client.doubts();
            }
        }
        Err(failed) => error = Some(failed),
    }
    set(None);
    if let Some(error) = &error {
        outcomes = report(error).map_or(Vec::new(), |report| report.outcomes.clone());
    }
    // What the client is sure of.
    let certain = doubts.into_iter();
    let certain = certain.filter(|doubt| doubt.reason < DoubtReason::Suspected);
    let mut guilty: Vec<NodeUrl> = certain.map(|doubt| doubt.node).collect();
    let is_faulty = |node: &NodeUrl| faulty.iter().any(|at| network.node_urls()[*at] == *node);
    for NodeOutcome { node, outcome, .. } in outcomes {
        let is_named = match &outcome {
            // A share that does not combine is not known to be wrong.
            Outcome::Invalid(rejection) => !rejection.to_string().contains("do not combine"),
            // A healthy node refuses to sign where too few are left.
            Outcome::Refused { .. } => is_faulty(&node),
            Outcome::Valid | Outcome::NotASigner | Outcome::Pending => false,
            _ => true,
        };
        if is_named {
            guilty.push(node);
        }
    }
    guilty.sort();
    guilty.dedup();
    let (named, blamed): (Vec<_>, Vec<_>) = guilty.into_iter().partition(is_faulty);
    let took = times.iter().sum();
    times.sort_unstable();
    Run {
        median: match error {
            Some(error) => Err(error),
            None => Ok(times[times.len() / 2]),
        },
        took,
        named: named.len(),
        blamed,
    }
}
