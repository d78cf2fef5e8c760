//! Our client and the official one in turns on the same network, so that noise meets both alike.

use std::{
    io::{self, Write},
    time::Duration,
};

use super::{
    budgets::{OFFICIAL_OVER_OURS, Verdict},
    markdown::{figure, table},
    plot::{Bars, bars},
    program::{self, Program},
    report::{Section, Setting},
    times::Rounds,
};
use crate::devnet::Devnet;

/// The flows of `benches/flows.rs` and `interop/bench/flows.mjs`.
const FLOWS: [&str; 9] = [
    "connect",
    "wallet session",
    "wallet session, reused",
    "PKP session",
    "Lit Action session",
    "execute_js",
    "pkp_sign",
    "encrypt",
    "decrypt",
];

const NODES: [usize; 3] = [3, 10, 30];

/// The number of nodes that the budgets are for.
const JUDGED: usize = 10;

/// How many calls open a turn untimed, since the other program had the caches.
const UNTIMED: usize = 2;

#[derive(Default)]
struct Side {
    rounds: Rounds,
    /// Processor time of all nodes and the chain.
    nodes: Option<Duration>,
}

struct Flow {
    name: &'static str,
    ours: Side,
    official: Side,
}

pub(super) fn measure(setting: &Setting) -> io::Result<Section> {
    let mut section = Section::default();
    section.text.push_str(
        "Medians in milliseconds, and processor time per call of the client and of the process with all nodes and the chain. \
         The official client is in one thread of Node.js, ours in one thread as well.\n",
    );
    for nodes in NODES {
        let flows = on(nodes, setting)?;
        let table = compared(&flows);
        section
            .text
            .push_str(&format!("\n### {nodes} nodes\n\n{table}"));
        if nodes == JUDGED {
            section
                .text
                .push_str("\n![ours and the official client](comparison.svg)\n");
            section.plots.push(("comparison.svg", plotted(&flows)));
            section.quote = quoted(&flows);
            section.verdicts = judged(&flows);
        }
    }
    Ok(section)
}

fn on(nodes: usize, setting: &Setting) -> io::Result<Vec<Flow>> {
    let network = program::network(&setting.folder, nodes)?;
    let mut ours = Program::ours(&network, &setting.folder)?;
    let mut official = Program::official(&network, &setting.folder)?;
    let (turns, calls) = setting.choose((3, 10), (1, 3));
    let mut flows = Vec::new();
    for name in FLOWS {
        let mut flow = Flow {
            name,
            ours: Side::default(),
            official: Side::default(),
        };
        // The first turn is a warm-up.
        for turn in 0..=turns {
            let sides = [
                (&mut flow.ours, &mut ours),
                (&mut flow.official, &mut official),
            ];
            for (side, program) in sides {
                let turn_of = take_turn(program, &network, name, calls)?;
                if turn > 0 {
                    side.add(turn_of);
                }
            }
        }
        let (ours, official) = (flow.ours.rounds.median(), flow.official.rounds.median());
        let factor = figure(official / ours);
        let (ours, official) = (figure(ours), figure(official));
        writeln!(
            io::stdout(),
            "{nodes} nodes, {name}: {ours} ms, official {official} ms, {factor} times"
        )?;
        flows.push(flow);
    }
    Ok(flows)
}

fn take_turn(
    program: &mut Program,
    network: &Devnet,
    flow: &str,
    calls: usize,
) -> io::Result<Side> {
    program.ask::<Rounds>(&format!("{UNTIMED} {flow}"))?;
    let before = network.processor_time();
    let rounds = program.ask(&format!("{calls} {flow}"))?;
    let used = network.processor_time().zip(before);
    Ok(Side {
        rounds,
        nodes: used.map(|(after, before)| after.saturating_sub(before)),
    })
}

impl Side {
    fn add(&mut self, turn: Self) {
        self.rounds.append(turn.rounds);
        self.nodes = match (self.nodes, turn.nodes) {
            (None, time) | (time, None) => time,
            (Some(time), Some(more)) => Some(time + more),
        };
    }

    fn nodes_per_call(&self) -> String {
        let time = self.nodes.map(|time| time.as_secs_f64() * 1000.0);
        time.map_or("?".to_owned(), |time| figure(time / self.rounds.count()))
    }
}

impl Flow {
    fn factor(&self) -> f64 {
        self.official.rounds.median() / self.ours.rounds.median()
    }
}

fn compared(flows: &[Flow]) -> String {
    let rows = flows.iter().map(|flow| {
        let (ours, official) = (&flow.ours, &flow.official);
        vec![
            flow.name.to_owned(),
            figure(ours.rounds.median()),
            figure(official.rounds.median()),
            figure(flow.factor()),
            figure(ours.rounds.cpu_per_call()),
            figure(official.rounds.cpu_per_call()),
            ours.nodes_per_call(),
            official.nodes_per_call(),
        ]
    });
    table(
        &[
            "flow",
            "ours",
            "official",
            "factor",
            "CPU, ours",
            "CPU, official",
            "CPU of nodes, ours",
            "CPU of nodes, official",
        ],
        rows,
    )
}

fn plotted(flows: &[Flow]) -> String {
    let groups: Vec<_> = (flows.iter())
        .map(|flow| Bars {
            name: flow.name,
            values: [flow.ours.rounds.median(), flow.official.rounds.median()],
        })
        .collect();
    let title = format!("Median call on {JUDGED} nodes");
    bars(&title, "ms", ["ours", "official"], &groups)
}

/// The table for the README.
fn quoted(flows: &[Flow]) -> String {
    let rows = flows.iter().map(|flow| {
        vec![
            flow.name.to_owned(),
            figure(flow.ours.rounds.median()),
            figure(flow.official.rounds.median()),
            figure(flow.factor()),
        ]
    });
    table(
        &["flow, 10 nodes", "ours, ms", "official, ms", "factor"],
        rows,
    )
}

fn judged(flows: &[Flow]) -> Vec<Verdict> {
    let of = |name| flows.iter().find(|flow| flow.name == name);
    let verdict = |(name, least)| {
        let factor = of(name).map_or(f64::NAN, Flow::factor);
        Verdict::at_least(least, format!("{name}, official over ours"), factor)
    };
    OFFICIAL_OVER_OURS.map(verdict).into()
}
