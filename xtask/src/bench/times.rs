use serde::Deserialize;

/// Calls one after another, as the programs of the benchmarks print them. In milliseconds.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Rounds {
    times: Vec<f64>,
    /// Processor time of the program for all calls.
    cpu: f64,
}

impl Rounds {
    pub(super) fn append(&mut self, mut more: Self) {
        self.times.append(&mut more.times);
        self.cpu += more.cpu;
    }

    pub(super) fn count(&self) -> f64 {
        self.times.len() as f64
    }

    pub(super) fn median(&self) -> f64 {
        percentile(&self.times, 50)
    }

    /// Processor time for each call.
    pub(super) fn cpu_per_call(&self) -> f64 {
        self.cpu / self.count()
    }
}

/// The time that so many of a hundred calls do not exceed; not a number without calls.
pub(super) fn percentile(times: &[f64], hundredth: usize) -> f64 {
    let mut sorted = times.to_owned();
    sorted.sort_by(f64::total_cmp);
    let time = sorted.get(sorted.len() * hundredth / 100);
    time.or(sorted.last()).copied().unwrap_or(f64::NAN)
}
