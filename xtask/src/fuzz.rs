use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
    process::{Command, ExitCode},
    sync::Mutex,
    thread,
    time::Instant,
};

use crate::run::{output, root, step, target};

/// What `cargo fuzz` passes to the compiler, without a sanitizer: our code has no `unsafe`, and stable Rust has none.
const FLAGS: &str = "-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares";
/// The longest an input may take, in seconds.
const TIMEOUT: u64 = 10;
/// The most memory of a target, in MB.
const MEMORY: u64 = 2048;
/// The longest input, in bytes.
const INPUT: u64 = 256 * 1024;
/// Runs a command, then prints its processor time, and ends as it did.
const TIMED: &str = "\"$@\" >/dev/null; code=$?; times; exit $code";
/// How long `cargo xtask ci` runs each target, in seconds.
const SHORT: u64 = 3;

/// Arguments of `cargo xtask fuzz`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The target [default: each of them]
    target: Option<String>,
    /// How long each target runs, by the clock. Its line tells its processor time too
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..))]
    minutes: u64,
    /// Run one input, such as one that a crash left
    #[arg(long, requires = "target")]
    input: Option<PathBuf>,
    /// List the targets. It builds them first
    #[arg(long)]
    list: bool,
}

/// Builds the targets and runs them. Fails if one finds something.
pub(crate) fn run(args: &Args) -> io::Result<ExitCode> {
    let fuzzer = Fuzzer::build()?;
    if args.list {
        for name in &fuzzer.names {
            writeln!(io::stdout(), "{name}")?;
        }
        return Ok(ExitCode::SUCCESS);
    }
    let names = match &args.target {
        Some(name) if fuzzer.names.contains(name) => vec![name.clone()],
        Some(name) => {
            let known = fuzzer.names.join(", ");
            return Err(io::Error::other(format!(
                "unknown target {name}; there are {known}"
            )));
        }
        None => fuzzer.names.clone(),
    };
    if let (Some(input), [name]) = (&args.input, &names[..]) {
        let status = fuzzer.command(name).arg(input).status()?;
        return Ok(if status.success() {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        });
    }
    fuzzer.run_all(&names, args.minutes * 60)
}

/// Runs each target for a few seconds.
pub(crate) fn short() -> io::Result<ExitCode> {
    let fuzzer = Fuzzer::build()?;
    fuzzer.run_all(&fuzzer.names, SHORT)
}

/// The program with all targets.
struct Fuzzer {
    program: PathBuf,
    names: Vec<String>,
}

impl Fuzzer {
    /// Builds the program and writes the seeds.
    fn build() -> io::Result<Self> {
        let host = output("rustc -vV", |_| {})?;
        let host = host.lines().find_map(|line| line.strip_prefix("host: "));
        let host = host.ok_or_else(|| io::Error::other("rustc names no host"))?;
        // A folder of its own: all crates are compiled with other flags. With a target, build scripts are not.
        let folder = target()?.join("fuzz");
        step(
            &format!("cargo build --locked --manifest-path fuzz/Cargo.toml --target {host}"),
            |command| {
                command
                    .env("CARGO_TARGET_DIR", &folder)
                    .env("CARGO_INCREMENTAL", "0")
                    .env("RUSTFLAGS", FLAGS);
            },
        )?;
        let program = folder.join(host).join("debug/lit-fuzz");
        let listed = Command::new(&program)
            .env("LIT_FUZZ_SEEDS", corpus())
            .output()?;
        if !listed.status.success() {
            let problem = String::from_utf8_lossy(&listed.stderr);
            return Err(io::Error::other(format!(
                "the seeds were not written: {problem}"
            )));
        }
        let names = String::from_utf8(listed.stdout).map_err(io::Error::other)?;
        let names = names.lines().map(ToOwned::to_owned).collect();
        Ok(Self { program, names })
    }

    fn command(&self, name: &str) -> Command {
        let mut command = Command::new(&self.program);
        prepare(&mut command, name);
        command
    }

    /// As [`command`](Self::command), but the output is the processor time.
    fn timed_command(&self, name: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", TIMED, "sh"]).arg(&self.program);
        prepare(&mut command, name);
        command
    }

    /// Runs targets, one for each processor at a time.
    fn run_all(&self, names: &[String], seconds: u64) -> io::Result<ExitCode> {
        let waiting = Mutex::new(names.iter());
        let failures = Mutex::new(0);
        let processors = thread::available_parallelism().map_or(1, usize::from);
        thread::scope(|scope| {
            let work = || -> io::Result<()> {
                loop {
                    let next = waiting.lock().map_err(|_| poisoned())?.next();
                    let Some(name) = next else { return Ok(()) };
                    if !self.run_one(name, seconds)? {
                        *failures.lock().map_err(|_| poisoned())? += 1;
                    }
                }
            };
            let threads: Vec<_> = (0..processors).map(|_| scope.spawn(work)).collect();
            threads
                .into_iter()
                .try_for_each(|thread| thread.join().map_err(|_| poisoned())?)
        })?;
        let failures = failures.into_inner().map_err(|_| poisoned())?;
        Ok(if failures == 0 {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        })
    }

    /// Runs one target and prints a line about it. Returns whether it found nothing.
    fn run_one(&self, name: &str, seconds: u64) -> io::Result<bool> {
        let artifacts = root().join("fuzz/artifacts").join(name);
        fs::create_dir_all(&artifacts)?;
        let log = artifacts.join("log");
        let started = Instant::now();
        let output = self
            .timed_command(name)
            .arg(corpus().join(name))
            .arg(format!("-max_total_time={seconds}"))
            .arg(format!("-max_len={INPUT}"))
            .arg(format!("-artifact_prefix={}/", artifacts.display()))
            .args(["-print_final_stats=1", "-reload=0"])
            .stderr(fs::File::create(&log)?)
            .output()?;
        let status = output.status;
        let used = processor_time(&String::from_utf8_lossy(&output.stdout));
        let log = String::from_utf8_lossy(&fs::read(log)?).into_owned();
        let stat = |name: &str| {
            let line = log.lines().rev().find_map(|line| line.strip_prefix(name));
            line.map_or("?", str::trim)
        };
        let mut out = io::stdout().lock();
        writeln!(
            out,
            "fuzz {name}: {} executions, {}/s, {} MB, {:.0} s, {} s of processor time",
            stat("stat::number_of_executed_units:"),
            stat("stat::average_exec_per_sec:"),
            stat("stat::peak_rss_mb:"),
            started.elapsed().as_secs_f64(),
            used.map_or("?".to_owned(), |used| format!("{used:.0}")),
        )?;
        if status.success() {
            return Ok(true);
        }
        let tail: Vec<&str> = log.lines().rev().take(40).collect();
        for line in tail.into_iter().rev() {
            writeln!(out, "    {line}")?;
        }
        let input = log
            .lines()
            .rev()
            .find_map(|line| line.split("Test unit written to ").nth(1));
        match input {
            Some(input) => writeln!(out, "again: cargo xtask fuzz {name} --input {input}")?,
            None => writeln!(out, "{status}, and no input was written")?,
        }
        Ok(false)
    }
}

fn prepare(command: &mut Command, name: &str) {
    command
        .env("LIT_FUZZ_TARGET", name)
        .arg(format!("-timeout={TIMEOUT}"))
        .arg(format!("-rss_limit_mb={MEMORY}"));
}

/// The seconds in the output of the shell's `times`: its second line is that of the commands it ran, such as `0m1.50s 0m0.25s`.
fn processor_time(times: &str) -> Option<f64> {
    let seconds = |text: &str| {
        let (minutes, seconds) = text.trim_end_matches('s').split_once('m')?;
        Some(minutes.parse::<f64>().ok()? * 60.0 + seconds.parse::<f64>().ok()?)
    };
    let (user, system) = times.lines().nth(1)?.split_once(' ')?;
    Some(seconds(user)? + seconds(system)?)
}

/// The inputs by target: the seeds, and what a run found to reach other code.
fn corpus() -> PathBuf {
    Path::new(&root()).join("fuzz/corpus")
}

fn poisoned() -> io::Error {
    io::Error::other("a thread that runs a target panicked")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processor_time_is_that_of_the_commands() {
        let times = "0m0.01s 0m0.02s\n2m1.50s 0m0.25s\n";
        assert_eq!(processor_time(times), Some(121.75));
        assert_eq!(processor_time(""), None);
    }
}
