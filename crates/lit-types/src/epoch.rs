use std::time::Duration;

use time::OffsetDateTime;

/// How long nodes may take to notice a new epoch. Clients use the previous epoch until then.
pub const EPOCH_PROPAGATION_DELAY: Duration = Duration::from_secs(45);

/// The epoch number for calls to nodes.
///
/// It is the previous epoch in the first 45 seconds ([`EPOCH_PROPAGATION_DELAY`]) of every epoch from the third. `start` is
/// in Unix nanoseconds.
///
/// The same rule as `currentEpochNumber` in the official JavaScript client.
#[must_use]
pub fn epoch_number_at(number: u64, start: i128, now: OffsetDateTime) -> u64 {
    let settled = start.saturating_add(EPOCH_PROPAGATION_DELAY.as_nanos() as i128);
    if number >= 3 && now.unix_timestamp_nanos() < settled {
        number - 1
    } else {
        number
    }
}
