use std::fmt::Debug;

use time::OffsetDateTime;

/// A source of the current time.
///
/// Tests move it. This crate never reads a clock: its functions take the time as an argument.
pub trait Clock: Debug + Send + Sync + 'static {
    /// The current time.
    fn now(&self) -> OffsetDateTime;
}
