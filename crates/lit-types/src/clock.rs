use std::fmt::Debug;

use time::OffsetDateTime;

/// Where a program takes the time from. Tests move it; programs that know better than the operating system bring their own.
///
/// Nothing in this crate reads one: functions take the time as an argument.
pub trait Clock: Debug + Send + Sync + 'static {
    /// The time of now.
    fn now(&self) -> OffsetDateTime;
}
