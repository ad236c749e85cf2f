//! A moment of the log's own clock.
//!
//! Kept as an instant plus the offset the text named, so that reports can print the time as the log wrote it. It never reads the
//! machine's clock or zone: the same bytes give the same report everywhere.

use std::fmt;

/// An instant with the log's own offset. Ordered by the instant alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Time {
    /// Nanoseconds since 1970-01-01T00:00:00Z (or since that local time, where the text names no zone).
    pub nanos: i64,
    /// Offset from UTC in minutes; `None` where the text names no zone and UTC was assumed.
    pub offset_minutes: Option<i16>,
}

impl Time {
    /// A time from nanoseconds since the epoch, in UTC.
    #[must_use]
    pub fn utc(nanos: i64) -> Self {
        Self { nanos, offset_minutes: Some(0) }
    }

    /// Seconds from `earlier` to `self`; negative if `earlier` is later.
    #[must_use]
    pub fn seconds_since(self, earlier: Self) -> f64 {
        // Loss of precision is irrelevant at the scale of incidents.
        #[allow(clippy::cast_precision_loss)]
        let seconds = (self.nanos.saturating_sub(earlier.nanos)) as f64 / 1e9;
        seconds
    }

    /// `HH:MM:SS` at the log's own offset.
    #[must_use]
    pub fn clock(self) -> String {
        let text = self.to_string();
        text.get(11..19).unwrap_or_default().to_owned()
    }
}

impl PartialOrd for Time {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Time {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.nanos, self.offset_minutes).cmp(&(other.nanos, other.offset_minutes))
    }
}

/// RFC 3339 with the log's own offset, `Z` where none was named.
impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Ok(instant) = jiff::Timestamp::from_nanosecond(i128::from(self.nanos)) else {
            return f.write_str("0000-00-00T00:00:00Z");
        };
        match self.offset_minutes {
            None | Some(0) => write!(f, "{instant}"),
            Some(minutes) => match jiff::tz::Offset::from_seconds(i32::from(minutes) * 60) {
                Ok(offset) => write!(f, "{}", instant.display_with_offset(offset)),
                Err(_) => write!(f, "{instant}"),
            },
        }
    }
}
