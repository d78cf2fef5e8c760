use serde::Deserialize;

use super::times::percentile;

/// Calls of several users at the same time, as the programs of the benchmarks print them.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Load {
    /// Milliseconds of each call.
    times: Vec<f64>,
    seconds: f64,
}

impl Load {
    pub(super) fn append(&mut self, mut more: Self) {
        self.times.append(&mut more.times);
        self.seconds += more.seconds;
    }

    pub(super) const fn seconds(&self) -> f64 {
        self.seconds
    }

    pub(super) fn calls_per_second(&self) -> f64 {
        self.times.len() as f64 / self.seconds
    }

    /// The time that so many of a hundred calls do not exceed, in milliseconds.
    pub(super) fn percentile(&self, hundredth: usize) -> f64 {
        percentile(&self.times, hundredth)
    }
}
