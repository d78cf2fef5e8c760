use super::markdown::{figure, table};

/// How much longer the median call of the official client takes than ours, at least, on ten nodes.
pub(super) const OFFICIAL_OVER_OURS: [(&str, f64); 5] = [
    ("wallet session", 200.0),
    ("PKP session", 40.0),
    ("Lit Action session", 30.0),
    ("execute_js", 2.0),
    ("pkp_sign", 2.0),
];

/// How much longer a median call takes with three slow nodes of ten, at most.
pub(super) const SLOW_OVER_HEALTHY: f64 = 1.2;

/// How many more PKP sessions 64 users have in a second than one, at least.
pub(super) const USERS_64_OVER_1: f64 = 1.8;

/// How much longer the median `eth_call` of anvil takes than that of the dev chain, at least.
pub(super) const ANVIL_OVER_OURS: f64 = 2.0;

/// A measured ratio beside its budget.
#[derive(Debug)]
pub(super) struct Verdict {
    what: String,
    ratio: f64,
    budget: Budget,
}

#[derive(Debug, Clone, Copy)]
enum Budget {
    AtLeast(f64),
    AtMost(f64),
}

impl Verdict {
    pub(super) fn at_least(least: f64, what: impl Into<String>, ratio: f64) -> Self {
        Self {
            what: what.into(),
            ratio,
            budget: Budget::AtLeast(least),
        }
    }

    pub(super) fn at_most(most: f64, what: impl Into<String>, ratio: f64) -> Self {
        Self {
            what: what.into(),
            ratio,
            budget: Budget::AtMost(most),
        }
    }

    /// A ratio that is not a number meets no budget.
    pub(super) fn is_met(&self) -> bool {
        match self.budget {
            Budget::AtLeast(least) => self.ratio >= least,
            Budget::AtMost(most) => self.ratio <= most,
        }
    }
}

/// The verdicts as Markdown.
pub(super) fn list(verdicts: &[Verdict]) -> String {
    let rows = verdicts.iter().map(|verdict| {
        let budget = match verdict.budget {
            Budget::AtLeast(least) => format!("≥ {least}"),
            Budget::AtMost(most) => format!("≤ {most}"),
        };
        let met = if verdict.is_met() {
            "met"
        } else {
            "**missed**"
        };
        vec![
            verdict.what.clone(),
            budget,
            figure(verdict.ratio),
            met.to_owned(),
        ]
    });
    table(&["ratio", "budget", "measured", ""], rows)
}
