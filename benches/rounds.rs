use std::time::{Duration, Instant};

use serde::Serialize;

use crate::{Failure, process::processor_time};

/// Calls one after another, timed.
#[derive(Debug, Default, Serialize)]
pub struct Rounds {
    /// The milliseconds of each call.
    times: Vec<f64>,
    /// The milliseconds of processor time that this process took for all of them.
    cpu: f64,
}

impl Rounds {
    /// Makes this many calls.
    ///
    /// # Errors
    /// Those of the call.
    pub async fn run(
        count: usize,
        mut call: impl AsyncFnMut() -> Result<(), Failure>,
    ) -> Result<Self, Failure> {
        let mut times = Vec::with_capacity(count);
        let before = processor_time();
        for _ in 0..count {
            let started = Instant::now();
            call().await?;
            times.push(millis(started.elapsed()));
        }
        let cpu = millis(processor_time().saturating_sub(before));
        Ok(Self { times, cpu })
    }

    /// Adds the calls of another measurement of the same flow.
    pub fn append(&mut self, mut more: Self) {
        self.times.append(&mut more.times);
        self.cpu += more.cpu;
    }
}

pub(crate) fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
