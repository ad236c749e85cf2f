//! Where the stamps of a line stand, and the times of lines that have others there.

use std::ops::Range;

use crate::envelope::{Clock, timestamp};
use crate::model::{Bounds, Time};

/// Stamps of one line that are looked at: a transport's, a logger's, and that of an access line.
const STAMPS: usize = 3;

/// An access line's stamp begins within so many bytes.
const HEAD: usize = 160;

/// A stamp of a line.
#[derive(Clone, Debug)]
pub(super) struct Stamp {
    pub(super) range: Range<usize>,
    time: Time,
    clock: Option<Clock>,
}

impl Stamp {
    /// Allows other times of the day.
    pub(super) fn widen(&self, line: &[u8], bounds: &mut Bounds) {
        if let Some(clock) = self.clock {
            clock.widen(line, bounds);
        }
    }
}

/// The stamps at the beginning of a line, or behind the name of a pod, and the one behind an access line's address.
pub(super) fn stamps(line: &[u8]) -> Vec<Stamp> {
    let mut found: Vec<Stamp> = Vec::with_capacity(STAMPS);
    let head = &line[..line.len().min(HEAD)];
    let mut at = 0;
    if line.first() == Some(&b'[') {
        at = memchr::memchr(b']', head).map_or(0, |close| close + 2);
    }
    while found.len() + 1 < STAMPS
        && let Some(stamp) = stamp(line, at)
    {
        at = stamp.range.end + 1;
        found.push(stamp);
    }
    let bracket = memchr::memmem::find(head, b" [").and_then(|before| stamp(line, before + 2));
    found.extend(bracket.filter(|stamp| stamp.range.start >= at));
    found
}

fn stamp(line: &[u8], at: usize) -> Option<Stamp> {
    let rest = line.get(at..).filter(|rest| rest.first().is_some_and(u8::is_ascii_alphanumeric))?;
    let read = timestamp::parse_prefix(rest)?;
    let range = at..at + read.len;
    Some(Stamp { time: read.time?, clock: Clock::find(line, range.clone()), range })
}

/// A time that a stamp of the line gives, for lines like it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Timing {
    /// Midnight of the stamp's day, and its clock; the time alone where that cannot differ.
    base: Time,
    clock: Option<Clock>,
}

impl Timing {
    /// The stamp of the line that gives a time; `None` where that is not certain.
    pub(super) fn of(line: &[u8], stamps: &[Stamp], time: Time) -> Option<Self> {
        let mut same = stamps.iter().filter(|stamp| stamp.time.nanos == time.nanos);
        let only = same.next().filter(|stamp| stamp.time == time)?;
        if same.next().is_none() { Self::new(line, only) } else { None }
    }

    fn new(line: &[u8], stamp: &Stamp) -> Option<Self> {
        let nanos = stamp.clock.map_or(0, |clock| clock.nanos(line));
        let base = Time { nanos: stamp.time.nanos.checked_sub(nanos)?, ..stamp.time };
        Some(Self { base, clock: stamp.clock })
    }

    /// The time in a line that differs in its clock.
    pub(super) fn time(&self, line: &[u8]) -> Time {
        let nanos = self.clock.map_or(0, |clock| clock.nanos(line));
        Time { nanos: self.base.nanos.saturating_add(nanos), ..self.base }
    }
}

/// Which stamps the times of a line are; `None` where that is not certain.
pub(super) fn named(line: &[u8], stamps: &[Stamp], times: [Option<Time>; 2]) -> Option<[Option<Timing>; 2]> {
    let which = |time: Option<Time>| match time {
        None => Some(None),
        Some(time) => Timing::of(line, stamps, time).map(Some),
    };
    Some([which(times[0])?, which(times[1])?])
}
