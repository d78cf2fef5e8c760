use std::{
    sync::{PoisonError, RwLock},
    time::Duration,
};

use lit_types::Clock;
use time::OffsetDateTime;

/// The clock of a development network. It follows the system clock until it is moved or stopped.
#[derive(Debug)]
pub struct DevnetClock(RwLock<State>);

#[derive(Debug, Clone, Copy)]
pub(crate) enum State {
    Running { ahead: time::Duration },
    Stopped { at: OffsetDateTime },
}

/// A clock that follows the system clock.
impl Default for State {
    fn default() -> Self {
        let ahead = time::Duration::ZERO;
        Self::Running { ahead }
    }
}

impl DevnetClock {
    pub(crate) const fn new(state: State) -> Self {
        Self(RwLock::new(state))
    }

    pub(crate) fn state(&self) -> State {
        *self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Moves the clock forward.
    pub fn advance(&self, duration: Duration) {
        let duration = time::Duration::try_from(duration).unwrap_or(time::Duration::MAX);
        let mut state = self.0.write().unwrap_or_else(PoisonError::into_inner);
        match &mut *state {
            State::Running { ahead } => *ahead = ahead.saturating_add(duration),
            State::Stopped { at } => *at = at.saturating_add(duration),
        }
    }

    /// Stops the clock at an instant. After that only [`DevnetClock::advance`] moves it.
    pub fn stop_at(&self, at: OffsetDateTime) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = State::Stopped { at };
    }
}

impl Clock for DevnetClock {
    fn now(&self) -> OffsetDateTime {
        match self.state() {
            State::Running { ahead } => OffsetDateTime::now_utc().saturating_add(ahead),
            State::Stopped { at } => at,
        }
    }
}
