//! Our client in turns with and without slow nodes.

use std::{collections::BTreeMap, io};

use serde::Deserialize;

use super::{
    budgets::{SLOW_OVER_HEALTHY, Verdict},
    markdown::{figure, table},
    program,
    report::{Section, Setting},
    times::Rounds,
};

#[derive(Default, Deserialize)]
struct Flow {
    healthy: Rounds,
    slow: Rounds,
}

pub(super) fn measure(setting: &Setting) -> io::Result<Section> {
    let iterations = setting.choose("30", "5");
    let flows: BTreeMap<String, Flow> = program::run("slow_nodes", &[iterations])?;
    let factor = |flow: &Flow| flow.slow.median() / flow.healthy.median();
    let rows = flows.iter().map(|(name, flow)| {
        vec![
            name.clone(),
            figure(flow.healthy.median()),
            figure(flow.slow.median()),
            figure(factor(flow)),
        ]
    });
    let verdicts = flows.iter().map(|(name, flow)| {
        let what = format!("{name}, 3 of 10 nodes 2 s slow over no fault");
        Verdict::at_most(SLOW_OVER_HEALTHY, what, factor(flow))
    });
    Ok(Section {
        text: table(
            &["ms, 10 nodes", "no fault", "3 nodes 2 s slow", "factor"],
            rows,
        ),
        verdicts: verdicts.collect(),
        ..Section::default()
    })
}
