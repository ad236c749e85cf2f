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

/// Year of stamps that name none (syslog, klog) until their neighbours tell it. A leap year, so that 29 February is a date; long before any
/// log that is read today.
pub const ASSUMED_YEAR: i16 = 2000;

impl Time {
    /// Whether the stamp named no year and none was found near it.
    #[must_use]
    pub fn is_yearless(self) -> bool {
        // The first and last second of 2000.
        (946_684_800..978_307_200).contains(&self.nanos.div_euclid(1_000_000_000))
    }

    /// The same day and time in the year that brings it nearest to `known`; any other time stays as it is.
    #[must_use]
    #[inline]
    pub fn near(self, known: Self) -> Self {
        if self.is_yearless() { self.in_year_near(known) } else { self }
    }

    fn in_year_near(self, known: Self) -> Self {
        let (Some(own), Some(year)) = (self.civil(), known.civil().map(|date| date.year())) else { return self };
        let moved = (year - 1..=year + 1).filter_map(|year| {
            let there = own.with().year(year).build().ok()?.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
            let nanos = i64::try_from(there.timestamp().as_nanosecond()).ok()?;
            Some(Self { nanos, ..self })
        });
        moved.min_by_key(|time| time.nanos.abs_diff(known.nanos)).unwrap_or(self)
    }

    fn civil(self) -> Option<jiff::civil::DateTime> {
        let instant = jiff::Timestamp::from_nanosecond(i128::from(self.nanos)).ok()?;
        Some(instant.to_zoned(jiff::tz::TimeZone::UTC).datetime())
    }

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_without_a_year_takes_its_neighbours() {
        let at = |text: &str| Time {
            nanos: text.parse::<jiff::Timestamp>().map_or(0, |t| t.as_nanosecond() as i64),
            offset_minutes: None,
        };
        let known = at("2027-01-01T00:10:00Z");
        assert_eq!(at("2000-12-31T23:59:59Z").near(known), at("2026-12-31T23:59:59Z"));
        assert_eq!(at("2000-01-01T00:00:01Z").near(known), at("2027-01-01T00:00:01Z"));
        assert_eq!(at("2019-01-01T00:00:01Z").near(known), at("2019-01-01T00:00:01Z"), "a year that was named stays");
        assert!(
            at("2000-02-29T12:00:00Z").near(at("2026-06-01T00:00:00Z")).is_yearless(),
            "no such day in the years around"
        );
    }
}
