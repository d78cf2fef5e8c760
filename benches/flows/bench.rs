use std::{
    collections::BTreeMap,
    error::Error,
    fs,
    time::{Duration, Instant},
};

use serde::Serialize;

/// Calls before the measured ones.
const WARM_UP: usize = 3;

/// Times calls.
pub(crate) struct Bench {
    iterations: usize,
    measured: BTreeMap<&'static str, Times>,
}

/// Milliseconds.
#[derive(Serialize)]
pub(crate) struct Times {
    min: f64,
    median: f64,
    p95: f64,
    /// Processor time for each call.
    cpu: f64,
}

impl Bench {
    /// Runs each flow this many times, after some warm-up calls.
    pub(crate) const fn new(iterations: usize) -> Self {
        Self {
            iterations,
            measured: BTreeMap::new(),
        }
    }

    /// Runs a flow repeatedly, one call after another.
    pub(crate) async fn measure<T, E: Error + 'static>(
        &mut self,
        flow: &'static str,
        mut call: impl AsyncFnMut() -> Result<T, E>,
    ) -> Result<(), Box<dyn Error>> {
        for _ in 0..WARM_UP {
            call().await?;
        }
        let before = processor_time();
        let mut times = Vec::with_capacity(self.iterations);
        for _ in 0..self.iterations {
            let started = Instant::now();
            call().await?;
            times.push(started.elapsed());
        }
        let used = processor_time().saturating_sub(before);
        times.sort_unstable();
        let at = |hundredth: usize| {
            let time = times.get(times.len() * hundredth / 100).or(times.last());
            millis(time.copied().unwrap_or_default())
        };
        let times = Times {
            min: at(0),
            median: at(50),
            p95: at(95),
            cpu: millis(used) / self.iterations as f64,
        };
        self.measured.insert(flow, times);
        Ok(())
    }

    /// The measurements.
    pub(crate) const fn measured(&self) -> &BTreeMap<&'static str, Times> {
        &self.measured
    }
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

/// The processor time of this process on Linux; zero elsewhere.
fn processor_time() -> Duration {
    let threads = fs::read_dir("/proc/self/task").into_iter().flatten();
    let nanoseconds = threads.flatten().filter_map(|thread| {
        let text = fs::read_to_string(thread.path().join("schedstat")).ok()?;
        text.split_whitespace().next()?.parse::<u64>().ok()
    });
    Duration::from_nanos(nanoseconds.sum())
}
