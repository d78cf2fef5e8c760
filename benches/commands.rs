use std::{
    io::{self, BufRead, Write},
    thread,
};

use serde::Serialize;
use tokio::sync::mpsc;

use crate::Failure;

/// Answers each line `COUNT FLOW` of stdin with a line of JSON on stdout, until stdin ends.
///
/// A thread reads stdin, so that the runtime notices meanwhile which connections a server closes.
///
/// # Errors
/// A malformed line, and those of the work.
pub async fn answer<T: Serialize>(
    mut work: impl AsyncFnMut(usize, &str) -> Result<T, Failure>,
) -> Result<(), Failure> {
    let (commands, mut next) = mpsc::unbounded_channel();
    thread::spawn(move || {
        for line in io::stdin().lock().lines() {
            if commands.send(line).is_err() {
                break;
            }
        }
    });
    while let Some(line) = next.recv().await {
        let line = line?;
        let (count, flow) = line
            .split_once(' ')
            .ok_or_else(|| format!("malformed command `{line}`; write a count and a flow"))?;
        print(&work(count.parse()?, flow).await?)?;
    }
    Ok(())
}

/// Prints a line of JSON.
///
/// # Errors
/// Those of stdout.
pub fn print(answer: &impl Serialize) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    serde_json::to_writer(&mut out, answer)?;
    writeln!(out)?;
    Ok(out.flush()?)
}
