//! The time of day within a stamp, for stamps of the same form.
//!
//! Lines that a program writes again differ in the time of day first. Where the stamp of one line was read, those of others like it follow
//! from it by their digits: the date and the zone are the same. It must never take for a stamp what [`timestamp`](super::timestamp) would
//! not, nor for another time.

use std::ops::{Range, RangeInclusive};

use crate::model::Bounds;

/// Digits of a fraction of a second that count.
const NANO_DIGITS: usize = 9;

/// Nanoseconds for one in the last digit, by the number of digits.
const SCALE: [i64; NANO_DIGITS + 1] = {
    let mut scale = [1; NANO_DIGITS + 1];
    let mut digits = NANO_DIGITS;
    while digits > 0 {
        digits -= 1;
        scale[digits] = scale[digits + 1] * 10;
    }
    scale
};

/// Where the time of day stands in a line: `08:26:39.985`, by two digits each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clock {
    /// Offset of the hour's first digit.
    at: u16,
    /// Digits of the fraction.
    fraction: u16,
}

impl Clock {
    /// The clock of a stamp that was read in this range of a line; `None` where its time cannot be told from the digits of others.
    #[must_use]
    pub fn find(line: &[u8], stamp: Range<usize>) -> Option<Self> {
        stamp.filter(|at| line.get(at + 2) == Some(&b':')).find_map(|at| Self::at(line, at))
    }

    /// The clock at an offset of a line.
    #[must_use]
    pub fn at(line: &[u8], at: usize) -> Option<Self> {
        let eight = line.get(at..)?.first_chunk::<8>()?;
        let mut bytes = eight.iter().enumerate();
        let is_clock = bytes.all(|(at, byte)| if at % 3 == 2 { *byte == b':' } else { byte.is_ascii_digit() });
        let apart = at == 0 || !line[at - 1].is_ascii_digit();
        let rest = &line[at + 8..];
        let fraction = match rest.first() {
            Some(b'.' | b',') => rest[1..].iter().take_while(|byte| byte.is_ascii_digit()).count(),
            _ => 0,
        };
        // The hours of a half day are counted otherwise; a sixty-first second is one of a few.
        let behind = &rest[if fraction > 0 { 1 + fraction } else { 0 }..];
        let half = behind.iter().take(5).any(|byte| *byte == b'M');
        let (at, fraction) = (u16::try_from(at).ok()?, u16::try_from(fraction).ok()?);
        (is_clock && apart && !half && eight[6] < b'6').then_some(Self { at, fraction })
    }

    /// Offsets of its digits in the line, and what each may be, for a line with the same half of the first twenty hours or the last four.
    fn digits(self, line: &[u8]) -> impl Iterator<Item = (usize, RangeInclusive<u8>)> {
        let (start, fraction) = (usize::from(self.at), usize::from(self.fraction));
        let late = line[start] == b'2';
        let hour = if late { [b'2'..=b'2', b'0'..=b'3'] } else { [b'0'..=b'1', b'0'..=b'9'] };
        let sixty = [b'0'..=b'5', b'0'..=b'9'];
        let places = [0, 1, 3, 4, 6, 7].map(|place| start + place);
        let fraction = (start + 9..start + 9 + fraction).map(|at| (at, b'0'..=b'9'));
        places.into_iter().zip([hour, sixty.clone(), sixty].into_iter().flatten()).chain(fraction)
    }

    /// Allows the digits that make a time of day, where the stamp's own are.
    pub fn widen(self, line: &[u8], bounds: &mut Bounds) {
        self.digits(line).for_each(|(at, digits)| bounds.widen(at, digits));
    }

    /// Nanoseconds since midnight that a line within the bounds says.
    #[must_use]
    pub fn nanos(self, line: &[u8]) -> i64 {
        // A line within the bounds has all eight bytes.
        let at = usize::from(self.at);
        let clock: [u8; 8] = line[at..].first_chunk().copied().unwrap_or_default();
        let two = |at: usize| i64::from(clock[at] & 0xF) * 10 + i64::from(clock[at + 1] & 0xF);
        let counted = usize::from(self.fraction).min(NANO_DIGITS);
        let digits = if counted > 0 { &line[at + 9..at + 9 + counted] } else { &[] };
        let fraction = digits.iter().fold(0, |value, digit| value * 10 + i64::from(digit & 0xF));
        ((two(0) * 60 + two(3)) * 60 + two(6)) * 1_000_000_000 + fraction * SCALE[counted]
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::envelope::timestamp;

    /// Stamps of all forms that name a day.
    const STAMPS: [&str; 15] = [
        "2026-11-23T08:26:39.984999895Z",
        "2026-11-23T08:26:39.9851234Z",
        "2026-11-23T23:34:23.619370+01:00",
        "2026-11-23 08:41:24,158",
        "2026-11-23 20:41:14 +0000",
        "2026-11-23 08:26:39.123 UTC",
        "2026-11-23, 08:26:39 UTC",
        "11/23/26 08:26:39",
        "2026/11/23 08:26:39",
        "23.11.2026 08:26:39",
        "23/Nov/2026:08:55:11 +0000",
        "23-Nov-2026 08:26:39 UTC",
        "Nov 23 08:26:39",
        "Nov  3 08:26:39",
        "Mon Nov 23 08:26:39.123456 2026",
    ];

    proptest! {
        #[test]
        fn what_is_within_the_bounds_is_read_as_the_stamp_says(which in 0..STAMPS.len(), digits in "[0-9]{32}") {
            let line = STAMPS[which].as_bytes();
            let read = timestamp::parse_prefix(line).expect("a stamp");
            let (clock, time) = (Clock::find(line, 0..read.len).expect("a clock"), read.time.expect("a time"));
            let mut bounds = Bounds::exactly(line);
            clock.widen(line, &mut bounds);
            let mut other = line.to_vec();
            for (at, digit) in (0..line.len()).zip(digits.bytes()) {
                let was = std::mem::replace(&mut other[at], if line[at].is_ascii_digit() { digit } else { line[at] });
                if !bounds.hold(&other) {
                    other[at] = was;
                }
            }
            prop_assert!(bounds.hold(&other));
            let again = timestamp::parse_prefix(&other).expect("a stamp");
            prop_assert_eq!(again.len, read.len);
            prop_assert_eq!(again.time.expect("a time").nanos - time.nanos, clock.nanos(&other) - clock.nanos(line));
        }
    }

    #[test]
    fn a_time_that_digits_do_not_tell_has_no_clock() {
        for text in ["11/23/2026, 08:26:39 PM", "2026-11-23T08:26:60Z", "11/23/26 8:26:39", "1732345678"] {
            assert_eq!(Clock::find(text.as_bytes(), 0..text.len()), None, "{text}");
        }
    }
}
