use std::num::NonZeroU64;

use lit_types::CreditId;
use time::OffsetDateTime;

const SECONDS_PER_DAY: u64 = 86_400;

/// The rate of a capacity credit, in requests per 1000 seconds, as in the contract. At least one.
///
/// ```
/// use lit_contracts::RequestRate;
///
/// assert_eq!(RequestRate::per_day(14_400.0)?.per_kilosecond(), 167);
/// assert_eq!(RequestRate::per_second(0.05)?, RequestRate::from_per_kilosecond(50)?);
/// # Ok::<(), lit_contracts::RateError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RequestRate(NonZeroU64);

impl RequestRate {
    /// Requests per day, rounded to the nearest whole number per 1000 seconds.
    ///
    /// # Errors
    /// [`RateError`] for zero (fewer than 44 a day), a negative number, or NaN.
    #[doc(alias = "requestsPerDay")]
    pub fn per_day(requests: f64) -> Result<Self, RateError> {
        // Divided by the constant of the official client: another order of operations rounds some ties differently.
        Self::rounded(requests / 86.4)
    }

    /// Requests per second, rounded to the nearest whole number per 1000 seconds.
    ///
    /// # Errors
    /// [`RateError`] for zero, a negative number, or NaN.
    #[doc(alias = "requestsPerSecond")]
    pub fn per_second(requests: f64) -> Result<Self, RateError> {
        Self::rounded(requests * 1000.0)
    }

    /// Requests per 1000 seconds.
    ///
    /// # Errors
    /// [`RateError`] for zero.
    #[doc(alias = "requestsPerKilosecond")]
    pub fn from_per_kilosecond(requests: u64) -> Result<Self, RateError> {
        NonZeroU64::new(requests).map(Self).ok_or(RateError(()))
    }

    fn rounded(requests: f64) -> Result<Self, RateError> {
        let requests = requests.round();
        // Above 2^53 a float cannot hold every whole number, and no network sells that much.
        if !(1.0..=9_007_199_254_740_992.0).contains(&requests) {
            return Err(RateError(()));
        }
        Self::from_per_kilosecond(requests as u64)
    }

    /// Requests per 1000 seconds.
    #[must_use]
    pub const fn per_kilosecond(self) -> u64 {
        self.0.get()
    }

    /// The same rate in requests per day. (The official client's conversion drops 0.4 requests per kilosecond.)
    #[doc(alias = "requestsToDay")]
    #[must_use]
    pub fn requests_per_day(self) -> f64 {
        self.0.get() as f64 * 86.4
    }

    /// The same rate in requests per second. (The official client's conversion multiplies where it should divide.)
    #[doc(alias = "requestsToSecond")]
    #[must_use]
    pub fn requests_per_second(self) -> f64 {
        self.0.get() as f64 / 1000.0
    }
}

/// The rate is less than half a request per 1000 seconds, or not a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("invalid rate: a capacity credit allows at least one request per 1000 seconds (44 a day)")]
pub struct RateError(());

/// The expiry of a capacity credit: a midnight UTC, as the contract requires.
///
/// ```
/// use lit_contracts::CreditExpiry;
/// use time::OffsetDateTime;
///
/// let now = OffsetDateTime::from_unix_timestamp(1_715_767_872)?; // 2024-05-15 10:11:12 UTC
/// assert_eq!(CreditExpiry::midnight_after_days(now, 2)?.unix_seconds(), 1_715_904_000);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CreditExpiry(u64);

impl CreditExpiry {
    /// The midnight at the start of the day of `now` (in UTC), plus this many days.
    ///
    /// With 1, the credit expires at the end of the day; with 0 it has expired.
    ///
    /// # Errors
    /// [`ExpiryError::OutOfRange`] before 1970.
    #[doc(alias = "daysUntilUTCMidnightExpiration")]
    pub fn midnight_after_days(now: OffsetDateTime, days: u32) -> Result<Self, ExpiryError> {
        let now = u64::try_from(now.unix_timestamp()).map_err(|_| ExpiryError::OutOfRange)?;
        let midnight = now - now % SECONDS_PER_DAY;
        Ok(Self(midnight + u64::from(days) * SECONDS_PER_DAY))
    }

    /// Unix seconds.
    ///
    /// # Errors
    /// [`ExpiryError::NotMidnight`].
    pub const fn from_unix_seconds(seconds: u64) -> Result<Self, ExpiryError> {
        if seconds.is_multiple_of(SECONDS_PER_DAY) {
            Ok(Self(seconds))
        } else {
            Err(ExpiryError::NotMidnight)
        }
    }

    /// Unix seconds.
    #[must_use]
    pub const fn unix_seconds(self) -> u64 {
        self.0
    }
}

/// Why an expiry is invalid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ExpiryError {
    /// Not a multiple of 86400 seconds.
    #[error("invalid expiry: a capacity credit expires at midnight UTC")]
    NotMidnight,
    /// Before 1970.
    #[error("invalid expiry: before 1970")]
    OutOfRange,
}

/// A capacity credit: its rate and its expiry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct CapacityCredit {
    /// The id.
    pub id: CreditId,
    /// Requests per 1000 seconds.
    pub requests_per_kilosecond: u64,
    /// The expiry, in Unix seconds.
    pub expires_at: u64,
}

impl CapacityCredit {
    /// Whether it is expired at `now`. The contract uses the time of the block.
    #[must_use]
    pub fn is_expired_at(&self, now: OffsetDateTime) -> bool {
        i128::from(self.expires_at) <= i128::from(now.unix_timestamp())
    }
}
