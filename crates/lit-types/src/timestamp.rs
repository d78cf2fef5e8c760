use std::{fmt, str::FromStr, time::Duration};

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use time::{OffsetDateTime, UtcOffset, format_description::well_known::Rfc3339};

use crate::printable_line;

/// An instant together with its text.
///
/// Lit signs text: an expiration travels verbatim from the caller into the SIWE message and the session signature, so
/// `2031-02-03T04:05:06+02:00` must not be rewritten. Instants that this library creates are written like JavaScript's
/// `toISOString`: UTC, three digits of milliseconds, `Z`.
///
/// ```
/// use lit_types::Timestamp;
///
/// let at = Timestamp::from_unix_millis(1_736_944_496_789)?;
/// assert_eq!(at.as_str(), "2025-01-15T12:34:56.789Z");
/// let verbatim: Timestamp = "2031-02-03T04:05:06+02:00".parse()?;
/// assert_eq!(verbatim.to_string(), "2031-02-03T04:05:06+02:00");
/// # Ok::<(), lit_types::TimestampError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Timestamp {
    text: String,
    at: OffsetDateTime,
}

impl Timestamp {
    /// Creates a timestamp from milliseconds since the Unix epoch.
    ///
    /// # Errors
    /// [`TimestampError::OutOfRange`] outside the years 0 to 9999.
    pub fn from_unix_millis(millis: i64) -> Result<Self, TimestampError> {
        OffsetDateTime::from_unix_timestamp_nanos(i128::from(millis) * 1_000_000)
            .map_err(|_| TimestampError::OutOfRange)
            .and_then(Self::try_from)
    }

    /// The text, as given or created.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The instant.
    #[must_use]
    pub const fn at(&self) -> OffsetDateTime {
        self.at
    }

    /// Milliseconds since the Unix epoch.
    #[must_use]
    pub fn unix_millis(&self) -> i64 {
        // Years 0 to 9999 in milliseconds fit into an i64.
        (self.at.unix_timestamp_nanos() / 1_000_000) as i64
    }

    /// The instant `duration` later, in the JavaScript form.
    ///
    /// # Errors
    /// [`TimestampError::OutOfRange`] past the year 9999.
    pub fn checked_add(&self, duration: Duration) -> Result<Self, TimestampError> {
        let duration =
            time::Duration::try_from(duration).map_err(|_| TimestampError::OutOfRange)?;
        self.at
            .checked_add(duration)
            .ok_or(TimestampError::OutOfRange)
            .and_then(Self::try_from)
    }
}

/// Truncates the instant to the millisecond.
impl TryFrom<OffsetDateTime> for Timestamp {
    type Error = TimestampError;

    fn try_from(at: OffsetDateTime) -> Result<Self, Self::Error> {
        let at = at
            .checked_to_offset(UtcOffset::UTC)
            .ok_or(TimestampError::OutOfRange)?;
        let at = at
            .replace_millisecond(at.millisecond())
            .map_err(|_| TimestampError::OutOfRange)?;
        if !(0..=9999).contains(&at.year()) {
            return Err(TimestampError::OutOfRange);
        }
        let text = format!(
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z",
            at.year(),
            u8::from(at.month()),
            at.day(),
            at.hour(),
            at.minute(),
            at.second(),
            at.millisecond()
        );
        Ok(Self { text, at })
    }
}

/// Parses ISO 8601 (as in RFC 3339) and keeps the text. `T` separates date and time.
impl FromStr for Timestamp {
    type Err = TimestampError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let malformed = || TimestampError::Format(printable_line(text, 40));
        // The `time` crate takes any byte. The official client's check takes these two.
        if !matches!(text.as_bytes().get(DATE_LEN), Some(b'T' | b't')) {
            return Err(malformed());
        }
        let at = OffsetDateTime::parse(text, &Rfc3339).map_err(|_| malformed())?;
        Ok(Self {
            text: text.to_owned(),
            at,
        })
    }
}

/// The length of `YYYY-MM-DD`.
const DATE_LEN: usize = 10;

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Timestamp({})", self.text)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

/// Why a timestamp is malformed or out of range.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TimestampError {
    /// Not `YYYY-MM-DDThh:mm:ss[.fff](Z|±hh:mm)`, or a date that does not exist.
    #[error("malformed time `{0}`: expected ISO 8601 such as 2031-01-01T00:00:00.000Z")]
    Format(String),
    /// Outside the years 0 to 9999.
    #[error("invalid time: outside the years 0 to 9999")]
    OutOfRange,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_t_separates_date_and_time() {
        for (separator, refused) in [
            ("T", false),
            ("t", false),
            (" ", true),
            ("_", true),
            ("0", true),
            ("\n", true),
            ("\r", true),
            ("\0", true),
            ("", true),
            ("T ", true),
            ("\u{2028}", true),
        ] {
            let text = format!("2031-02-03{separator}04:05:06.789Z");
            let expected = match refused {
                true => Err(TimestampError::Format(printable_line(&text, 40))),
                false => Ok("2031-02-03T04:05:06.789Z"
                    .parse::<Timestamp>()
                    .unwrap()
                    .at()),
            };
            assert_eq!(text.parse::<Timestamp>().map(|at| at.at()), expected);
        }
    }
}
