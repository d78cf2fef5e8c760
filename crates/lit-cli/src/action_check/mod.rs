//! `lit action check`: what an action uses, and where that exists.

mod platforms;
mod uses;

pub(crate) use self::uses::Unreadable;

use std::{collections::HashSet, path::PathBuf};

use serde_json::{Value, json};

use self::{
    platforms::Platform,
    uses::{Lines, Uses},
};
use crate::{
    error::{Error, read_file},
    output::Output,
};

#[derive(Debug, clap::Args)]
pub(crate) struct Check {
    /// A file with the JavaScript of the action.
    code: PathBuf,
    /// The name of a parameter of the action; repeat the option for more. With it, names that are unknown on both networks are
    /// mistakes; without it, they are taken for parameters.
    #[arg(long = "param", value_name = "NAME")]
    params: Vec<String>,
}

/// A name that the action uses.
struct Name {
    name: String,
    line: usize,
    datil: bool,
    embedded: bool,
}

impl Name {
    const fn is_unknown(&self) -> bool {
        !self.datil && !self.embedded
    }

    fn json(&self) -> Value {
        json!({ "name": self.name, "line": self.line, "datil": self.datil, "embedded": self.embedded })
    }

    fn row(&self, prefix: &str) -> String {
        let networks = match (self.datil, self.embedded) {
            (true, true) => "both",
            (true, false) => "Datil only",
            (false, true) => "embedded only",
            (false, false) => "neither",
        };
        let name = format!("{prefix}{}", self.name);
        format!("{name:<44} {networks:<14} line {}", self.line)
    }
}

pub(crate) async fn run(args: &Check, output: &Output) -> Result<(), Error> {
    let uses = Uses::of(&read_file(&args.code)?).map_err(|source| Error::Unreadable {
        path: args.code.clone(),
        source,
    })?;
    let datil = Platform::datil();
    let embedded = Platform::embedded().await?;
    let names = |lines: Lines, of: fn(&Platform) -> &HashSet<String>| {
        let name = |(name, line): (String, usize)| Name {
            datil: of(&datil).contains(&name),
            embedded: of(&embedded).contains(&name),
            name,
            line,
        };
        lines.into_iter().map(name).collect::<Vec<_>>()
    };
    let actions = names(uses.actions, |platform| &platform.actions);
    let (unknown, globals): (Vec<_>, Vec<_>) = names(uses.globals, |platform| &platform.globals)
        .into_iter()
        .partition(Name::is_unknown);
    let is_own = |name: &str| uses.assigned.contains(name);
    let unknown = unknown.into_iter().filter(|name| !is_own(&name.name));
    let (parameters, unknown): (Vec<_>, Vec<_>) =
        unknown.partition(|name| args.params.is_empty() || args.params.contains(&name.name));

    let missing: Vec<String> = (globals.iter().chain(&unknown))
        .filter(|name| !name.embedded)
        .map(|name| name.name.clone())
        .chain(
            (actions.iter().filter(|name| !name.embedded))
                .map(|name| format!("Lit.Actions.{}", name.name)),
        )
        .collect();
    let all = |names: &[Name]| names.iter().map(Name::json).collect::<Vec<_>>();
    let json = json!({
        "globals": all(&globals),
        "actions": all(&actions),
        "parameters": all(&parameters),
        "unknown": all(&unknown),
        "runsEmbedded": missing.is_empty(),
    });
    let rows = (actions.iter().map(|name| name.row("Lit.Actions.")))
        .chain(globals.iter().chain(&unknown).map(|name| name.row("")))
        .chain(
            (parameters.iter())
                .map(|name| format!("{:<44} {:<14} line {}", name.name, "parameter", name.line)),
        );
    output.result(&json, &rows.collect::<Vec<_>>().join("\n"))?;
    if missing.is_empty() {
        Ok(())
    } else {
        Err(Error::NotEmbedded(missing))
    }
}
