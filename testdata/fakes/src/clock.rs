use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use lit_types::Clock;
use time::OffsetDateTime;

/// A clock that stands still until it is moved.
#[derive(Debug)]
pub struct FakeClock(Mutex<OffsetDateTime>);

impl FakeClock {
    /// Stands at a time.
    #[must_use]
    pub fn at(now: OffsetDateTime) -> Arc<Self> {
        Arc::new(Self(Mutex::new(now)))
    }

    /// Stands at so many seconds since 1970.
    ///
    /// # Panics
    /// Beyond the year 9999.
    #[must_use]
    pub fn at_unix(seconds: i64) -> Arc<Self> {
        Self::at(OffsetDateTime::from_unix_timestamp(seconds).unwrap())
    }

    /// Moves on.
    ///
    /// # Panics
    /// Beyond the year 9999.
    pub fn advance(&self, duration: Duration) {
        *self.0.lock().unwrap() += duration;
    }

    /// Moves to this time, forward or back.
    ///
    /// # Panics
    /// If a test has panicked while it moved the clock.
    pub fn set(&self, now: OffsetDateTime) {
        *self.0.lock().unwrap() = now;
    }

    /// Moves to this Unix time in seconds, forward or back.
    ///
    /// # Panics
    /// Beyond the year 9999.
    pub fn set_unix(&self, seconds: i64) {
        *self.0.lock().unwrap() = OffsetDateTime::from_unix_timestamp(seconds).unwrap();
    }
}

impl Clock for FakeClock {
    fn now(&self) -> OffsetDateTime {
        *self.0.lock().unwrap()
    }
}
