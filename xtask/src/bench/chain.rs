//! The dev chain and anvil in turns, each asked by the same programs over loopback HTTP.

use std::{collections::BTreeMap, io};

use serde::Deserialize;

use super::{
    budgets::{ANVIL_OVER_OURS, Verdict},
    load::Load,
    markdown::{figure, table},
    program::{self, Program},
    report::{Section, Setting},
    times::percentile,
};
use crate::run::command;

const CONNECTIONS: [usize; 2] = [1, 8];

/// The answer of `interop/bench/chain.mjs`.
#[derive(Deserialize)]
struct Chains {
    dev: String,
    anvil: String,
    /// The JSON of a request.
    call: String,
    transactions: BTreeMap<String, Transactions>,
}

/// Milliseconds until the receipt.
#[derive(Deserialize)]
struct Transactions {
    dev: Vec<f64>,
    anvil: Vec<f64>,
}

pub(super) fn measure(setting: &Setting) -> io::Result<Section> {
    let network = program::network(&setting.folder, 10)?;
    let mut script = command("node interop/bench/chain.mjs");
    script.env("LIT_NETWORK", network.description());
    let mut script = Program::start(&mut script, setting.folder.join("chain.log"))?;
    // A warm-up.
    script.ask::<Chains>("20")?;
    let chains: Chains = script.ask(setting.choose("200", "20"))?;

    let mut generator = program::program("eth_call")?;
    let generator = generator.arg(&chains.call);
    let mut generator = Program::start(generator, setting.folder.join("eth_call.log"))?;
    let (mut rows, mut section) = (Vec::new(), Section::default());
    for connections in CONNECTIONS {
        let (mut dev, mut anvil) = (Load::default(), Load::default());
        for turn in 0..=setting.choose(3, 1) {
            let sides = [(&mut dev, &chains.dev), (&mut anvil, &chains.anvil)];
            for (load, url) in sides {
                let more = generator.ask(&format!("{connections} {url}"))?;
                // The first turn is a warm-up.
                if turn > 0 {
                    load.append(more);
                }
            }
        }
        let (ours, theirs) = (dev.calls_per_second(), anvil.calls_per_second());
        let what = match connections {
            1 => "1 connection".to_owned(),
            more => format!("{more} connections"),
        };
        rows.push(row(
            &format!("`eth_call`, {what}, calls per second"),
            ours,
            theirs,
            ours / theirs,
        ));
        let verdict = format!("`eth_call` over {what}, anvil over ours");
        section
            .verdicts
            .push(Verdict::at_least(ANVIL_OVER_OURS, verdict, ours / theirs));
    }
    for (name, times) in chains.transactions {
        let (ours, theirs) = (percentile(&times.dev, 50), percentile(&times.anvil, 50));
        rows.push(row(
            &format!("{name}, ms until its receipt"),
            ours,
            theirs,
            theirs / ours,
        ));
    }
    section.text = table(
        &["over loopback HTTP", "dev chain", "anvil", "factor"],
        rows,
    );
    Ok(section)
}

fn row(what: &str, ours: f64, theirs: f64, factor: f64) -> Vec<String> {
    vec![
        what.to_owned(),
        figure(ours),
        figure(theirs),
        figure(factor),
    ]
}
