//! Lines that differ in their time stamps alone are read once.
//!
//! A healthy client logs the same success thousands of times. What such a line is depends on everything but the digits of its stamps, so
//! the last few of them are kept; what they are is put together again with the new times. Whether a line was kept never changes what it is.

use std::hash::BuildHasher;

use hashbrown::DefaultHashBuilder;

use super::prepare::{Read, Text};
use super::record::Single;
use crate::envelope::timestamp;
use crate::model::Time;
use crate::rules::Mark;

/// Lines kept at a time.
const MOST: usize = 256;

/// Lines of which it is known that they were seen.
const SEEN: usize = 4096;

/// Longer lines are not kept.
const MOST_LINE: usize = 2048;

/// Stamps of one line that are looked at: the transport's and the logger's.
const STAMPS: usize = 2;

/// What a line is, before its neighbours are asked.
#[derive(Clone, Debug)]
pub(super) enum Own {
    /// Nothing that counts.
    Nothing,
    /// Nothing, unless the record goes on below.
    NothingAlone,
    /// A record that stands for itself, unless it goes on below.
    Record(Single),
    /// Its neighbours are needed to tell; with the line, if it was read.
    Unclear(Option<Box<Read>>),
}

impl Own {
    /// What can be said of another line with other stamps.
    fn lasting(&self) -> Self {
        if let Self::Unclear(_) = self { Self::Unclear(None) } else { self.clone() }
    }
}

/// Where the stamps of a line stand.
#[derive(Clone, Copy, Debug, Default)]
struct Stamps {
    /// Begin, length and time of each.
    found: [Option<(usize, usize, Time)>; STAMPS],
}

#[derive(Debug)]
struct Kept {
    hash: u64,
    /// The line, the digits of its stamps as zeros.
    masked: Vec<u8>,
    mark: Mark,
    own: Own,
    /// Which stamps are the record's time and the payload's.
    times: [Option<usize>; 2],
}

/// The lines kept.
#[derive(Debug)]
pub(super) struct Repeats {
    hasher: DefaultHashBuilder,
    /// Hashes of lines seen lately. A line is kept when it comes again, so that those which never do displace nothing.
    seen: Vec<u64>,
    kept: Vec<Option<Kept>>,
    masked: Vec<u8>,
}

impl Default for Repeats {
    fn default() -> Self {
        let kept = (0..MOST).map(|_| None).collect();
        Self { hasher: DefaultHashBuilder::default(), seen: vec![0; SEEN], kept, masked: Vec::new() }
    }
}

impl Repeats {
    /// The record that a line is, if it differs in the digits of its stamps alone from one that was kept. Nothing of the line has to be
    /// looked at for that: its stamps are no part of what the record says.
    pub(super) fn again(&mut self, line: &[u8]) -> Option<Single> {
        let stamps = Stamps::of(line);
        stamps.found[0]?;
        let hash = self.mask(line, &stamps);
        let kept =
            self.kept[slot(hash, MOST)].as_ref().filter(|kept| kept.hash == hash && kept.masked == self.masked)?;
        match kept.with(&stamps) {
            Own::Record(single) => Some(single),
            _ => None,
        }
    }

    /// What a line is: remembered, or as `read` reads it.
    pub(super) fn own(&mut self, line: &[u8], mark: &Mark, read: impl FnOnce() -> Own) -> Own {
        if line.len() > MOST_LINE {
            return read();
        }
        let stamps = Stamps::of(line);
        let hash = self.mask(line, &stamps);
        if let Some(kept) = self.kept[slot(hash, MOST)].as_ref().filter(|kept| kept.holds(hash, &self.masked, mark)) {
            return kept.with(&stamps);
        }
        let own = read();
        let before = std::mem::replace(&mut self.seen[slot(hash, SEEN)], hash);
        if before == hash
            && let Some(times) = stamps.named_by(&own, line)
        {
            let (masked, mark) = (self.masked.clone(), Mark { line: 0, ..mark.clone() });
            self.kept[slot(hash, MOST)] = Some(Kept { hash, masked, mark, own: own.lasting(), times });
        }
        own
    }

    /// Writes down the line with zeros for the digits of its stamps; the hash of that.
    fn mask(&mut self, line: &[u8], stamps: &Stamps) -> u64 {
        self.masked.clear();
        self.masked.extend_from_slice(line);
        for (at, len, _) in stamps.found.into_iter().flatten() {
            let digits = self.masked[at..at + len].iter_mut().filter(|byte| byte.is_ascii_digit());
            digits.for_each(|digit| *digit = b'0');
        }
        self.hasher.hash_one(&self.masked[..])
    }
}

/// The place of a line with this hash among so many.
fn slot(hash: u64, places: usize) -> usize {
    usize::try_from(hash % places as u64).unwrap_or(0)
}

impl Kept {
    fn holds(&self, hash: u64, masked: &[u8], mark: &Mark) -> bool {
        self.hash == hash && self.masked == masked && self.mark.reach == mark.reach && self.mark.signals == mark.signals
    }

    /// The same with other times.
    fn with(&self, stamps: &Stamps) -> Own {
        let mut own = self.own.clone();
        if let Own::Record(single) = &mut own {
            single.times = self.times.map(|which| which.and_then(|at| stamps.found[at]).map(|(_, _, time)| time));
        }
        own
    }
}

impl Stamps {
    /// The stamps at the beginning of a line, and those behind them or behind the name of a pod.
    fn of(line: &[u8]) -> Self {
        let mut stamps = Self::default();
        let mut at = 0;
        if line.first() == Some(&b'[') {
            at = memchr::memchr(b']', &line[..line.len().min(160)]).map_or(0, |close| close + 2);
        }
        for found in &mut stamps.found {
            let Some(rest) = line.get(at..).filter(|rest| rest.first().is_some_and(u8::is_ascii_digit)) else { break };
            let Some(stamp) = timestamp::parse_prefix(rest) else { break };
            let Some(time) = stamp.time else { break };
            *found = Some((at, stamp.len, time));
            at += stamp.len + 1;
        }
        stamps
    }

    /// Which stamps the times of the record in a line are; `None` where that is not certain, or the record says a stamp besides.
    fn named_by(&self, own: &Own, line: &[u8]) -> Option<[Option<usize>; 2]> {
        let Own::Record(single) = own else { return Some([None; 2]) };
        // The bytes of a line that may be a piece are its own, stamps and all.
        let Text::Whole(payload) = &single.read().text else { return None };
        let said =
            |(at, len, _): (usize, usize, Time)| memchr::memmem::find(payload.body.as_bytes(), &line[at..at + len]);
        if self.found.into_iter().flatten().any(|stamp| said(stamp).is_some()) {
            return None;
        }
        let known: Vec<(usize, Time)> =
            self.found.iter().enumerate().filter_map(|(at, stamp)| Some((at, (*stamp)?.2))).collect();
        if known.len() == STAMPS && known[0].1.nanos == known[1].1.nanos {
            return None;
        }
        let which = |time: Option<Time>| match time {
            None => Some(None),
            Some(time) => known.iter().find(|(_, stamp)| *stamp == time).map(|(at, _)| Some(*at)),
        };
        Some([which(single.times[0])?, which(single.times[1])?])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::envelope::Wrapping;
    use crate::rules::Reach;
    use crate::streams::prepare::read;

    fn whole(line: &str) -> Read {
        read(&Wrapping::default(), line.as_bytes(), (1, 0), None, true)
    }

    fn single(line: &str) -> Own {
        Own::Record(Single::new(whole(line), None))
    }

    fn mark() -> Mark {
        Mark { line: 7, reach: Some(Reach::Line), signals: Vec::new() }
    }

    #[test]
    fn a_line_that_came_twice_is_known_by_all_but_its_stamps() {
        let mut repeats = Repeats::default();
        let line = |seconds: u32| format!("2026-11-23 08:00:{seconds:02},005 INFO app: request answered");
        let mut read = 0;
        for seconds in 1..=3 {
            let line = line(seconds);
            let own = repeats.own(line.as_bytes(), &mark(), || {
                read += 1;
                single(&line)
            });
            let Own::Record(own) = own else { panic!("{own:?}") };
            assert_eq!(own.moment().map(|time| time.nanos / 1_000_000_000 % 60), Some(i64::from(seconds)));
        }
        assert_eq!(read, 2, "a line is kept when it comes again");
        let again = repeats.again(line(59).as_bytes()).expect("it is kept");
        assert_eq!(again.moment().map(|time| time.nanos / 1_000_000_000 % 60), Some(59));
        for other in [line(4).replace("answered", "dropped"), line(4).replace("INFO", "WARN"), line(4) + " "] {
            assert!(repeats.again(other.as_bytes()).is_none(), "{other}");
        }
        let marked = Mark { reach: Some(Reach::Level), ..mark() };
        assert!(matches!(repeats.own(line(4).as_bytes(), &marked, || Own::Nothing), Own::Nothing), "marked otherwise");
    }

    #[test]
    fn lines_that_come_once_displace_nothing() {
        let mut repeats = Repeats::default();
        let kept = "2026-11-23 08:00:01 INFO app: request answered";
        (0..2).for_each(|_| drop(repeats.own(kept.as_bytes(), &mark(), || single(kept))));
        for number in 0..10_000 {
            let line = format!("2026-11-23 08:00:01 INFO app: request {number} answered");
            drop(repeats.own(line.as_bytes(), &mark(), || single(&line)));
        }
        assert!(repeats.again(kept.as_bytes()).is_some());
    }

    #[test]
    fn a_stamp_that_is_no_time_of_the_record_is_part_of_what_it_says() {
        let mut repeats = Repeats::default();
        let line = "2026-11-23 08:00:01 2026-11-24 08:00:02 is when it ends";
        let own = || {
            let mut read = whole(line);
            let Text::Whole(payload) = &mut read.text else { panic!("{read:?}") };
            payload.body = line[20..].to_owned();
            Own::Record(Single::new(read, None))
        };
        (0..2).for_each(|_| drop(repeats.own(line.as_bytes(), &mark(), own)));
        assert!(repeats.again(line.as_bytes()).is_none());
    }
}
