//! Many users of one client at the same time, on nodes in a process of their own.

use std::io::{self, Write};

use super::{
    budgets::{USERS_64_OVER_1, Verdict},
    load::Load,
    markdown::{figure, table},
    plot::{Line, lines},
    program::{self, Program},
    report::{Section, Setting},
};
use crate::devnet::Devnet;

const FLOWS: [&str; 6] = [
    "wallet session",
    "PKP session",
    "Lit Action session",
    "execute_js",
    "pkp_sign",
    "decrypt",
];

const USERS: [u16; 4] = [1, 8, 64, 512];

const NODES: usize = 10;

/// The calls of so many users.
struct Point {
    users: u16,
    load: Load,
    /// How many cores the client and the process of all nodes kept busy.
    busy: [f64; 2],
}

pub(super) fn measure(setting: &Setting) -> io::Result<Section> {
    let network = program::network(&setting.folder, NODES)?;
    let mut users = program::program("users")?;
    let users = users
        .arg(network.description())
        .arg(setting.choose("2000", "300"));
    let mut program = Program::start(users, setting.folder.join("users.log"))?;
    let (mut section, mut rows, mut drawn) = (Section::default(), Vec::new(), Vec::new());
    for flow in FLOWS {
        // A warm-up.
        program.ask::<Load>(&format!("8 {flow}"))?;
        let mut points = Vec::new();
        for users in USERS {
            points.push(point(users, flow, &mut program, &network)?);
        }
        if flow == "PKP session" {
            section.verdicts.push(judged(&points));
        }
        let row = row(flow, &points);
        writeln!(io::stdout(), "{}", row.join("  "))?;
        rows.push(row);
        let rates = (points.iter())
            .map(|point| (f64::from(point.users), point.load.calls_per_second()))
            .collect();
        drawn.push(Line {
            name: flow,
            points: rates,
        });
    }
    let head = [
        "calls per second (p95, ms)",
        "1 user",
        "8 users",
        "64 users",
        "512 users",
        "cores that 1 user keeps busy: client",
        "nodes",
    ];
    section.text = format!(
        "One client of ours on {NODES} nodes. Each user makes one call after another.\n\n{}\n![calls per second](users.svg)\n",
        table(&head, rows)
    );
    let title = "Calls per second";
    let plot = lines(title, "users at the same time", "calls per second", &drawn);
    section.plots.push(("users.svg", plot));
    Ok(section)
}

fn point(users: u16, flow: &str, program: &mut Program, network: &Devnet) -> io::Result<Point> {
    let before = [program.processor_time(), network.processor_time()];
    let load: Load = program.ask(&format!("{users} {flow}"))?;
    let after = [program.processor_time(), network.processor_time()];
    let busy = [0, 1].map(|process| match (before[process], after[process]) {
        (Some(before), Some(after)) => after.saturating_sub(before).as_secs_f64() / load.seconds(),
        _ => f64::NAN,
    });
    Ok(Point { users, load, busy })
}

fn row(flow: &str, points: &[Point]) -> Vec<String> {
    let rates = points.iter().map(|Point { load, .. }| {
        let (rate, waited) = (load.calls_per_second(), load.percentile(95));
        format!("{} ({})", figure(rate), figure(waited))
    });
    let alone = points.iter().filter(|point| point.users == 1);
    let busy = alone.flat_map(|point| point.busy.map(figure));
    [flow.to_owned()]
        .into_iter()
        .chain(rates)
        .chain(busy)
        .collect()
}

fn judged(points: &[Point]) -> Verdict {
    let rate_of = |users| {
        let point = points.iter().find(|point| point.users == users);
        point.map_or(f64::NAN, |point| point.load.calls_per_second())
    };
    let what = "PKP sessions per second, 64 users over 1 user";
    Verdict::at_least(USERS_64_OVER_1, what, rate_of(64) / rate_of(1))
}
