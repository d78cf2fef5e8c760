use std::{fs, time::Duration};

use crate::Failure;

/// The processor time of this process on Unix; zero elsewhere.
#[must_use]
pub fn processor_time() -> Duration {
    #[cfg(unix)]
    {
        use rustix::time::{ClockId, clock_gettime};
        clock_gettime(ClockId::ProcessCPUTime)
            .try_into()
            .unwrap_or_default()
    }
    #[cfg(not(unix))]
    Duration::ZERO
}

/// The resident size of this process, from `/proc`.
///
/// # Errors
/// The system has no `/proc`.
pub fn resident_bytes() -> Result<usize, Failure> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kibibytes = line.and_then(|line| line.split_whitespace().next());
    Ok(1024 * kibibytes.ok_or("no VmRSS")?.parse::<usize>()?)
}
