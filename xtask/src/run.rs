use std::{
    env,
    ffi::{OsStr, OsString},
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
    process::{Child, Command},
    time::{Duration, Instant},
};

/// The root of the workspace.
pub(crate) fn root() -> PathBuf {
    // This package is a subfolder of the root.
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap_or(Path::new("."))
        .to_owned()
}

/// The folder that cargo builds in. This program is inside it.
pub(crate) fn target() -> io::Result<PathBuf> {
    let program = env::current_exe()?;
    let folder = program.parent().and_then(Path::parent);
    Ok(folder.unwrap_or(Path::new(".")).to_owned())
}

/// A command in the root of the workspace. `cargo` is the one that runs this program.
pub(crate) fn command(line: &str) -> Command {
    let mut words = line.split_whitespace();
    let program = words.next().unwrap_or_default();
    let program = match program {
        "cargo" => env::var_os("CARGO").unwrap_or_else(|| "cargo".into()),
        other => OsString::from(other),
    };
    let mut command = Command::new(program);
    command.args(words).current_dir(root());
    // What cargo sets for this program. A build script that watches such a variable would run again, here and in the next plain build.
    for (name, _) in env::vars_os() {
        if is_of_this_package(&name) {
            command.env_remove(name);
        }
    }
    command
}

fn is_of_this_package(variable: &OsStr) -> bool {
    let name = variable.to_string_lossy();
    name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_")
}

/// Runs a command to its end, and prints it with its duration.
pub(crate) fn step(line: &str, change: impl FnOnce(&mut Command)) -> io::Result<()> {
    let mut out = io::stdout();
    writeln!(out, "--- {line}")?;
    let started = Instant::now();
    let mut command = command(line);
    change(&mut command);
    let status = command.status()?;
    writeln!(out, "--- {:.0} s", started.elapsed().as_secs_f64())?;
    if status.success() {
        Ok(())
    } else {
        Err(io::Error::other(format!("`{line}` failed: {status}")))
    }
}

/// The output of a command.
pub(crate) fn output(line: &str, change: impl FnOnce(&mut Command)) -> io::Result<String> {
    let mut command = command(line);
    change(&mut command);
    let output = command.output()?;
    if !output.status.success() {
        let problem = String::from_utf8_lossy(&output.stderr);
        return Err(io::Error::other(format!("`{line}` failed: {problem}")));
    }
    String::from_utf8(output.stdout).map_err(io::Error::other)
}

/// The processor time of a process so far, with that of its ended threads. Known on Linux, to 10 ms.
pub(crate) fn processor_time(process: &Child) -> Option<Duration> {
    let stat = fs::read_to_string(format!("/proc/{}/stat", process.id())).ok()?;
    // The name is in parentheses. After it, user and system time are the 12th and 13th field, in hundredths of a second.
    let (_, fields) = stat.rsplit_once(')')?;
    let times = fields.split_whitespace().skip(11).take(2);
    let ticks: u64 = times
        .map(|time| time.parse::<u64>().ok())
        .sum::<Option<_>>()?;
    Some(Duration::from_millis(10 * ticks))
}
