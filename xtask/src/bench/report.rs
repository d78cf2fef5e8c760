use std::{
    fs,
    io::{self, Write},
    path::PathBuf,
    process::ExitCode,
    time::Instant,
};

use clap::ValueEnum;
use time::OffsetDateTime;

use super::{
    budgets::{self, Verdict},
    chain, comparison, faults, growth, machine, program, users,
};
use crate::{interop, run::root};

/// The folder of the report, from the root.
const RESULTS: &str = "benches/results";

/// Where the README quotes the report.
const QUOTE: (&str, &str) = ("<!-- bench report -->\n", "<!-- end of bench report -->\n");

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Fewer calls, to try the report: figures are rough
    #[arg(long)]
    quick: bool,
    /// Measure only these parts, and write nothing
    #[arg(long, value_delimiter = ',')]
    only: Vec<Part>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// Our client and the official one
    Comparison,
    /// Many users of our client
    Users,
    /// Our client with slow nodes
    Faults,
    /// The dev chain and anvil
    Chain,
    /// Nodes, rights, sessions and clients
    Growth,
}

impl Part {
    const fn title(self) -> &'static str {
        match self {
            Self::Comparison => "Our client and the official one",
            Self::Users => "Many users",
            Self::Faults => "Slow nodes",
            Self::Chain => "The dev chain and anvil",
            Self::Growth => "Growth",
        }
    }

    fn measure(self, setting: &Setting) -> io::Result<Section> {
        match self {
            Self::Comparison => comparison::measure(setting),
            Self::Users => users::measure(setting),
            Self::Faults => faults::measure(setting),
            Self::Chain => chain::measure(setting),
            Self::Growth => growth::measure(setting),
        }
    }
}

/// How a part is measured.
pub(super) struct Setting {
    /// For logs and network descriptions.
    pub(super) folder: PathBuf,
    quick: bool,
}

impl Setting {
    pub(super) fn choose<T>(&self, thorough: T, quick: T) -> T {
        if self.quick { quick } else { thorough }
    }
}

/// What a part says.
#[derive(Default)]
pub(super) struct Section {
    /// Markdown.
    pub(super) text: String,
    /// File names and drawings.
    pub(super) plots: Vec<(&'static str, String)>,
    pub(super) verdicts: Vec<Verdict>,
    /// The table that the README shows, if this part has it.
    pub(super) quote: String,
}

pub(super) fn run(args: &Args, folder: PathBuf) -> io::Result<ExitCode> {
    interop::install()?;
    program::build()?;
    let Args { quick, only } = args;
    let setting = Setting {
        folder,
        quick: *quick,
    };
    let mut out = io::stdout();
    let mut whole = Section::default();
    for part in Part::value_variants() {
        if !only.is_empty() && !only.contains(part) {
            continue;
        }
        let started = Instant::now();
        writeln!(out, "--- {}", part.title())?;
        let section = part.measure(&setting)?;
        let text = format!("\n## {}\n\n{}", part.title(), section.text);
        writeln!(out, "{text}\n--- {:.0} s", started.elapsed().as_secs_f64())?;
        whole.text.push_str(&text);
        whole.plots.extend(section.plots);
        whole.verdicts.extend(section.verdicts);
        whole.quote.push_str(&section.quote);
    }
    writeln!(out, "{}", budgets::list(&whole.verdicts))?;
    if only.is_empty() {
        write(&whole, *quick)?;
    }
    Ok(match whole.verdicts.iter().all(Verdict::is_met) {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    })
}

fn write(whole: &Section, quick: bool) -> io::Result<()> {
    let folder = root().join(RESULTS);
    fs::create_dir_all(&folder)?;
    for (name, drawing) in &whole.plots {
        fs::write(folder.join(name), drawing)?;
    }
    let date = OffsetDateTime::now_utc().date();
    let rough = match quick {
        true => " with `--quick`, so the figures are rough",
        false => "",
    };
    let text = format!(
        "# Benchmarks of {date}\n\nWritten by `cargo xtask bench report`{rough}.\n\n{machine}\n## Budgets\n\n{budgets}{text}",
        machine = machine::describe()?,
        budgets = budgets::list(&whole.verdicts),
        text = whole.text,
    );
    fs::write(folder.join("README.md"), text)?;
    quote(&format!(
        "\n{}\nMeasured on {date}{rough}.\n\n",
        whole.quote
    ))?;
    writeln!(io::stdout(), "written: {RESULTS}/README.md")
}

/// Shows this in the README.
fn quote(text: &str) -> io::Result<()> {
    let path = root().join("README.md");
    let readme = fs::read_to_string(&path)?;
    let (start, end) = QUOTE;
    let around = readme.split_once(start).and_then(|(before, rest)| {
        let (_, after) = rest.split_once(end)?;
        Some((before, after))
    });
    let (before, after) = around.ok_or_else(|| {
        io::Error::other(format!(
            "README.md has no lines {} and {}",
            start.trim(),
            end.trim()
        ))
    })?;
    fs::write(path, format!("{before}{start}{text}{end}{after}"))
}
