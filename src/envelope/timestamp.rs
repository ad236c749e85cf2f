//! Time stamps as logs write them.
//!
//! Why by hand: a stamp stands on nearly every line, mostly in the RFC 3339 shape with fixed columns, so it is read byte by byte without
//! a format string. Nothing here may take a number for a time unless every separator and range fits, and nothing may ask the machine's
//! clock: a stamp without a year is put into [`ASSUMED_YEAR`].

use crate::model::{ASSUMED_YEAR, Bytewise, Time};

/// Some full date and time in a text, for stamps near it that lack the year.
#[must_use]
pub fn any(text: &[u8]) -> Option<Time> {
    let full = |at: usize| {
        let apart = at == 0 || !text[at - 1].is_ascii_alphanumeric();
        let time = parse_prefix(text.get(at..)?).filter(|_| apart)?.time?;
        (!time.is_yearless()).then_some(time)
    };
    memchr::memmem::find_iter(text, b"20").find_map(|at| full(at).or_else(|| full(at.checked_sub(7)?)))
}

/// A time stamp at the start of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// The moment; `None` where the text gives a time of day only.
    pub time: Option<Time>,
    /// Bytes it takes.
    pub len: usize,
    /// Digits of the fraction of a second.
    pub fraction_digits: u8,
    /// The fraction follows a comma, as Python's `logging` and log4j write it.
    pub comma: bool,
    /// Date and time are joined by `T`.
    pub rfc3339: bool,
}

/// Reads the time stamp that `text` begins with.
#[must_use]
pub fn parse_prefix(text: &[u8]) -> Option<Stamp> {
    let stamp = match text.first()? {
        b'0'..=b'9' => {
            iso(text).or_else(|| clf(text)).or_else(|| american(text)).or_else(|| british(text)).or_else(|| clock(text))
        }
        b'A'..=b'Z' => syslog(text).or_else(|| ctime(text)),
        _ => None,
    }?;
    // `2026-11-23T08:26:39Zebra` and `08:26:39:1a` are not stamps.
    match text.get(stamp.len) {
        Some(byte) if byte.is_ascii_alphanumeric() || *byte == b'_' => None,
        Some(b':') if stamp.time.is_none() && text.get(stamp.len + 1).is_some_and(u8::is_ascii_hexdigit) => None,
        _ => Some(stamp),
    }
}

/// Reads a time out of a field that holds nothing else: any form of [`parse_prefix`], or a count of seconds, milli-, micro- or
/// nanoseconds since 1970.
#[must_use]
pub fn parse_field(text: &str) -> Option<Time> {
    let text = text.trimmed();
    if let Some(time) = epoch(text) {
        return Some(time);
    }
    let stamp = parse_prefix(text.as_bytes())?;
    if stamp.len == text.len() { stamp.time } else { None }
}

/// `1123 08:26:39.985123` of klog; the year is assumed.
#[must_use]
pub fn klog(text: &[u8]) -> Option<Stamp> {
    let date = Date { year: i32::from(ASSUMED_YEAR), month: number::<2>(text, 0)?, day: number::<2>(text, 2)? };
    let clock = parse_prefix(text.get(5..)?).filter(|clock| clock.time.is_none() && text[4] == b' ')?;
    let stamp = date.with_clock(&text[..5 + clock.len], 5);
    // What is no moment is a stamp all the same.
    Some(Stamp { time: stamp.and_then(|stamp| stamp.time), len: 5 + clock.len, ..clock })
}

/// A count since 1970; its size tells the unit.
#[must_use]
pub fn epoch(text: &str) -> Option<Time> {
    let (whole, fraction) = text.halves(b'.').unwrap_or((text, ""));
    let all_digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    if !(9..=19).contains(&whole.len()) || !all_digits(whole) || !all_digits(fraction) {
        return None;
    }
    let count: i64 = whole.parse().ok()?;
    let unit: i64 = match whole.len() {
        9..=11 => 1_000_000_000,
        12..=14 => 1_000_000,
        15..=17 => 1_000,
        _ => 1,
    };
    let nanos = count.checked_mul(unit)?;
    let (scaled, _) = fraction_nanos(fraction.as_bytes());
    nanos.checked_add(scaled * unit / 1_000_000_000).map(Time::utc)
}

/// `2026-11-23T08:26:39.985Z`, `2026-11-23 08:26:39,985 +0000`, `2026/11/23 08:26:39`, `2026-11-23, 08:26:39 UTC`.
fn iso(text: &[u8]) -> Option<Stamp> {
    let separator = *text.get(4)?;
    if !matches!(separator, b'-' | b'/') || *text.get(7)? != separator {
        return None;
    }
    let joint = *text.get(10)?;
    let clock = match joint {
        b'T' | b't' | b' ' => 11,
        b',' if *text.get(11)? == b' ' => 12,
        _ => return None,
    };
    let date = Date { year: number::<4>(text, 0)?, month: number::<2>(text, 5)?, day: number::<2>(text, 8)? };
    let time = date.with_clock(text, clock)?;
    Some(Stamp { rfc3339: matches!(joint, b'T' | b't'), ..time })
}

/// `23/Nov/2026:08:26:39 +0000` of access logs, `23-Nov-2026 08:26:39 UTC` of PHP, `23 Nov 2026 08:26:39`.
fn clf(text: &[u8]) -> Option<Stamp> {
    let separator = *text.get(2)?;
    if !matches!(separator, b'/' | b'-' | b' ') || *text.get(6)? != separator || !matches!(text.get(11)?, b':' | b' ') {
        return None;
    }
    let date = Date { day: number::<2>(text, 0)?, month: month(text, 3)?, year: number::<4>(text, 7)? };
    date.with_clock(text, 12)
}

/// `11/23/2026, 8:26:39 AM`, `11/23/26 08:26:39`: the month stands first unless it cannot be one.
fn american(text: &[u8]) -> Option<Stamp> {
    let (first, at) = short_number(text, 0)?;
    if *text.get(at)? != b'/' {
        return None;
    }
    let (second, at) = short_number(text, at + 1)?;
    if *text.get(at)? != b'/' {
        return None;
    }
    let (year, mut at) = match number::<4>(text, at + 1) {
        Some(year) => (year, at + 5),
        None => (2000 + number::<2>(text, at + 1)?, at + 3),
    };
    if text.get(at) == Some(&b',') {
        at += 1;
    }
    if text.get(at) != Some(&b' ') {
        return None;
    }
    let (month, day) = if first > 12 { (second, first) } else { (first, second) };
    Date { year, month, day }.with_clock(text, at + 1)
}

/// `23.11.2026 08:26:39`.
fn british(text: &[u8]) -> Option<Stamp> {
    if *text.get(2)? != b'.' || *text.get(5)? != b'.' || *text.get(10)? != b' ' {
        return None;
    }
    let date = Date { day: number::<2>(text, 0)?, month: number::<2>(text, 3)?, year: number::<4>(text, 6)? };
    date.with_clock(text, 11)
}

/// A time of day alone, `08:26:39.985` or `8:26AM`: a stamp, but no moment.
fn clock(text: &[u8]) -> Option<Stamp> {
    if let Some((_, len, fraction_digits, comma)) = clock_at(text, 0) {
        return Some(Stamp { time: None, len, fraction_digits, comma, rfc3339: false });
    }
    let (hour, at) = short_number(text, 0)?;
    let minute = (*text.get(at)? == b':').then(|| number::<2>(text, at + 1))??;
    let half = text.get(at + 3..at + 5)?;
    let fits = hour <= 12 && minute < 60 && (half == b"AM" || half == b"PM");
    fits.then_some(Stamp { time: None, len: at + 5, fraction_digits: 0, comma: false, rfc3339: false })
}

/// `Nov 23 08:26:39` of syslog, `Nov 23, 2026 8:26:39 AM` of java.util.logging.
fn syslog(text: &[u8]) -> Option<Stamp> {
    let month = month(text, 0)?;
    if *text.get(3)? != b' ' {
        return None;
    }
    let at = if *text.get(4)? == b' ' { 5 } else { 4 };
    let (day, at) = short_number(text, at)?;
    if text.get(at) == Some(&b',') && text.get(at + 1) == Some(&b' ') {
        let year = number::<4>(text, at + 2)?;
        let at = at + 6 + usize::from(text.get(at + 6) == Some(&b','));
        return (*text.get(at)? == b' ').then(|| Date { year, month, day }.with_clock(text, at + 1))?;
    }
    if *text.get(at)? != b' ' {
        return None;
    }
    Date { year: i32::from(ASSUMED_YEAR), month, day }.with_clock(text, at + 1)
}

/// `Mon Nov 23 08:26:39.123456 2026`.
fn ctime(text: &[u8]) -> Option<Stamp> {
    const DAYS: [&[u8]; 7] = [b"Mon", b"Tue", b"Wed", b"Thu", b"Fri", b"Sat", b"Sun"];
    if !DAYS.contains(&text.get(..3)?) || *text.get(3)? != b' ' {
        return None;
    }
    let month = month(text, 4)?;
    let at = if *text.get(8)? == b' ' { 9 } else { 8 };
    let (day, at) = short_number(text, at)?;
    let (nanos, end, fraction_digits, comma) = (*text.get(at)? == b' ').then(|| clock_at(text, at + 1))??;
    let year = (*text.get(end)? == b' ').then(|| number::<4>(text, end + 1))??;
    let time = Time { nanos: Date { year, month, day }.nanos()?.checked_add(nanos)?, offset_minutes: None };
    Some(Stamp { time: Some(time), len: end + 5, fraction_digits, comma, rfc3339: false })
}

struct Date {
    year: i32,
    month: i32,
    day: i32,
}

impl Date {
    /// Midnight of the day; `None` for a day that the calendar lacks.
    fn nanos(&self) -> Option<i64> {
        let leap = (self.year % 4 == 0 && self.year % 100 != 0) || self.year % 400 == 0;
        let length = match self.month {
            4 | 6 | 9 | 11 => 30,
            2 => 28 + i32::from(leap),
            1..=12 => 31,
            _ => return None,
        };
        if !(1970..=2261).contains(&self.year) || !(1..=length).contains(&self.day) {
            return None;
        }
        const BEFORE: [i32; 12] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
        let month = usize::try_from(self.month - 1).ok()?;
        let past = self.year - 1;
        // Leap days of the years before this one, less the 477 up to the end of 1969.
        let leap_days = past / 4 - past / 100 + past / 400 - 477 + i32::from(leap && self.month > 2);
        let days = (self.year - 1970) * 365 + leap_days + BEFORE[month] + self.day - 1;
        Some(i64::from(days) * 86_400_000_000_000)
    }

    /// The stamp of this date with the time of day and zone that begin at `at`.
    fn with_clock(&self, text: &[u8], at: usize) -> Option<Stamp> {
        let (nanos, mut len, fraction_digits, comma) = clock_at(text, at)?;
        let local = self.nanos()?.checked_add(nanos)?;
        let mut offset_minutes = None;
        if let Some((minutes, end)) = zone(text, len) {
            offset_minutes = minutes;
            len = end;
        }
        let shift = i64::from(offset_minutes.unwrap_or(0)) * 60_000_000_000;
        let time = Time { nanos: local.checked_sub(shift)?, offset_minutes };
        Some(Stamp { time: Some(time), len, fraction_digits, comma, rfc3339: false })
    }
}

/// Nanoseconds of the day, end, fraction digits and whether the fraction follows a comma.
fn clock_at(text: &[u8], at: usize) -> Option<(i64, usize, u8, bool)> {
    let (mut hour, at) = short_number(text, at)?;
    if *text.get(at)? != b':' || *text.get(at + 3)? != b':' {
        return None;
    }
    let (minute, second) = (number::<2>(text, at + 1)?, number::<2>(text, at + 4)?);
    let mut end = at + 6;
    let (mut nanos, mut digits, mut comma) = (0, 0, false);
    if let Some(b'.' | b',') = text.get(end) {
        let (value, count) = fraction_nanos(&text[end + 1..]);
        if count > 0 {
            comma = text[end] == b',';
            (nanos, digits) = (value, u8::try_from(count).unwrap_or(u8::MAX));
            end += 1 + count;
        }
    }
    // JavaScript puts a narrow no-break space before AM and PM.
    let gap = match text.get(end..) {
        Some([b' ', ..]) => 1,
        Some([0xE2, 0x80, 0xAF, ..]) => 3,
        _ => 0,
    };
    if let Some(half @ (b"AM" | b"PM")) = text.get(end + gap..end + gap + 2) {
        if !(1..=12).contains(&hour) {
            return None;
        }
        hour = hour % 12 + if half == b"PM" { 12 } else { 0 };
        end += gap + 2;
    }
    if hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let seconds = i64::from(hour) * 3600 + i64::from(minute) * 60 + i64::from(second);
    Some((seconds * 1_000_000_000 + nanos, end, digits, comma))
}

/// Offset in minutes (`None` for a zone name without a known offset) and end of a zone, with or without a blank before it.
fn zone(text: &[u8], at: usize) -> Option<(Option<i16>, usize)> {
    let start = at + usize::from(text.get(at) == Some(&b' '));
    match text.get(start)? {
        b'Z' | b'z' if start == at => return Some((Some(0), at + 1)),
        sign @ (b'+' | b'-') => {
            let hours = number::<2>(text, start + 1)?;
            let colon = usize::from(text.get(start + 3) == Some(&b':'));
            let minutes = number::<2>(text, start + 3 + colon);
            let end = if minutes.is_some() { start + 5 + colon } else { start + 3 };
            // `- 12` is a dash in front of a number; `-12` glued to a date would be `-1200` or `-12:00` in any log.
            if hours > 14 || minutes.is_some_and(|m| m > 59) || (start > at && minutes.is_none()) {
                return None;
            }
            let total = i16::try_from(hours * 60 + minutes.unwrap_or(0)).ok()?;
            return Some((Some(if *sign == b'-' { -total } else { total }), end));
        }
        _ => {}
    }
    let rest = text.get(start..)?;
    let len = rest.iter().take(6).take_while(|b| b.is_ascii_uppercase()).count();
    let ends = matches!(rest.get(len), Some(b' ' | b']' | b':') | None);
    if start == at || !ends {
        return None;
    }
    match &rest[..len] {
        b"UTC" | b"GMT" => Some((Some(0), start + len)),
        // Named zones elsewhere could be level words, so they count only where a bracket follows, as in PostgreSQL and PHP.
        word @ (b"CET" | b"CEST" | b"EST" | b"EDT" | b"CST" | b"CDT" | b"MST" | b"MDT" | b"PST" | b"PDT" | b"BST"
        | b"IST" | b"JST" | b"AEST" | b"AEDT") => Some((named_offset(word), start + len)),
        _ => None,
    }
}

/// Offsets of the abbreviations that mean one thing; the others are kept as local time.
fn named_offset(word: &[u8]) -> Option<i16> {
    Some(match word {
        b"CET" => 60,
        b"CEST" => 120,
        b"EST" => -300,
        b"EDT" => -240,
        b"PST" => -480,
        b"PDT" => -420,
        b"JST" => 540,
        _ => return None,
    })
}

/// Nanoseconds of the digits that `text` begins with, and their number. Digits past the ninth are dropped.
fn fraction_nanos(text: &[u8]) -> (i64, usize) {
    const SCALE: [i64; 10] = [1_000_000_000, 100_000_000, 10_000_000, 1_000_000, 100_000, 10_000, 1_000, 100, 10, 1];
    let count = text.iter().take(18).take_while(|b| b.is_ascii_digit()).count();
    let digits = count.min(9);
    let value = text[..digits].iter().fold(0, |value, digit| value * 10 + i64::from(digit - b'0'));
    (value * SCALE[digits], count)
}

/// A number of exactly so many digits.
fn number<const WIDTH: usize>(text: &[u8], at: usize) -> Option<i32> {
    let digits = text.get(at..)?.first_chunk::<WIDTH>()?.map(|byte| byte.wrapping_sub(b'0'));
    let value = digits.iter().fold(0, |sum, digit| sum * 10 + i32::from(*digit));
    digits.iter().all(|digit| *digit < 10).then_some(value)
}

/// A number of one or two digits, and its end.
fn short_number(text: &[u8], at: usize) -> Option<(i32, usize)> {
    match number::<2>(text, at) {
        Some(value) => Some((value, at + 2)),
        None => number::<1>(text, at).map(|value| (value, at + 1)),
    }
}

fn month(text: &[u8], at: usize) -> Option<i32> {
    const NAMES: &[u8; 36] = b"JanFebMarAprMayJunJulAugSepOctNovDec";
    let name = text.get(at..at + 3)?;
    let index = NAMES.chunks_exact(3).position(|month| month == name)?;
    i32::try_from(index + 1).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Printed form and length of the stamp at the start.
    fn read(text: &str) -> Option<(String, usize)> {
        parse_prefix(text.as_bytes()).map(|s| (s.time.map(|t| t.to_string()).unwrap_or_default(), s.len))
    }

    #[test]
    fn reads_the_usual_forms() {
        for (text, time, len) in [
            ("2026-11-23T08:26:39.984999895Z x", "2026-11-23T08:26:39.984999895Z", 30),
            ("2026-11-23T08:26:39.9851234Z x", "2026-11-23T08:26:39.9851234Z", 28),
            ("2026-11-23T09:34:23.619370+00:00 app", "2026-11-23T09:34:23.61937Z", 32),
            ("2026-11-23 08:41:24,158 INFO", "2026-11-23T08:41:24.158Z", 23),
            ("2026-11-23 08:41:14 +0000] [1]", "2026-11-23T08:41:14Z", 25),
            ("2026-11-23 09:26:53 +02:00: x", "2026-11-23T09:26:53+02:00", 26),
            ("2026-11-23 08:26:39.123 UTC [1]", "2026-11-23T08:26:39.123Z", 27),
            ("2026-11-23 08:26:39.123 INFO x", "2026-11-23T08:26:39.123Z", 23),
            ("2026-11-23, 08:26:39 UTC] {x", "2026-11-23T08:26:39Z", 24),
            ("11/23/26 08:26:39] x", "2026-11-23T08:26:39Z", 17),
            ("2026/11/23 08:26:39 x", "2026-11-23T08:26:39Z", 19),
            ("23/Nov/2026:08:55:11 +0000] \"GET", "2026-11-23T08:55:11Z", 26),
            ("23-Nov-2026 08:26:39 UTC] PHP", "2026-11-23T08:26:39Z", 24),
            ("11/23/2026, 8:26:39 PM   ERROR", "2026-11-23T20:26:39Z", 22),
            ("Nov 23 08:26:39 web01", "2000-11-23T08:26:39Z", 15),
            ("Nov  3 08:26:39 web01", "2000-11-03T08:26:39Z", 15),
            ("Nov 23, 2026 8:49:11 AM com", "2026-11-23T08:49:11Z", 23),
            ("Mon Nov 23 08:26:39.123456 2026] [x", "2026-11-23T08:26:39.123456Z", 31),
            ("08:26:39.123] ERROR", "", 12),
            ("8:26AM ERR x", "", 6),
            ("2024-02-29T00:00:00Z", "2024-02-29T00:00:00Z", 20),
        ] {
            assert_eq!(read(text), Some((time.to_owned(), len)), "{text}");
        }
    }

    #[test]
    fn refuses_what_only_looks_like_a_time() {
        for text in [
            "2026-11-23",
            "2026-13-01 00:00:00",
            "2026-02-30T00:00:00Z",
            "2026-11-23T25:00:00Z",
            "1234-56-78 90:12:34",
            "12:34:56:78",
            "08:26:3",
            "127.0.0.1 - - [",
            "4242424242",
            "May be late",
            "Nov 2026",
            "Mon ami",
            "12/34",
            "",
            "1",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn tells_the_unit_of_an_epoch_by_its_size() {
        for text in ["1795422399", "1795422399000", "1795422399000000", "1795422399000000000", "1795422399.0"] {
            assert_eq!(epoch(text).map(|t| t.to_string()).as_deref(), Some("2026-11-23T08:26:39Z"), "{text}");
        }
        assert_eq!(parse_field("1795423770.5224652").map(|t| t.nanos), Some(1_795_423_770_522_465_200));
        assert_eq!(parse_field("42"), None);
        assert_eq!(parse_field("2026-11-23T08:26:39Z and more"), None);
    }

    #[test]
    fn agrees_with_the_calendar_over_three_centuries() {
        let mut expected = 0_i64;
        for year in 1970..2262 {
            for month in 1..=12 {
                for day in 1..=31 {
                    if let Some(nanos) = (Date { year, month, day }).nanos() {
                        assert_eq!(nanos, expected * 86_400_000_000_000, "{year}-{month}-{day}");
                        expected += 1;
                    }
                }
            }
        }
    }
}
