//! Lines that differ in their time stamps alone are read once.
//!
//! A healthy client logs the same success thousands of times. What such a line is depends on everything but the digits of its stamps, so
//! the last few of them are kept; what they are is put together again with the new times. Whether a line was kept never changes what it is.

use std::hash::BuildHasher;

use hashbrown::DefaultHashBuilder;

use super::prepare::Text;
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
    /// Its neighbours are needed to tell.
    Unclear,
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
            && let Some(times) = stamps.named_by(&own)
        {
            let (masked, mark) = (self.masked.clone(), Mark { line: 0, ..mark.clone() });
            self.kept[slot(hash, MOST)] = Some(Kept { hash, masked, mark, own: own.clone(), times });
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

    /// Which stamps the times of a record are; `None` where that is not certain.
    fn named_by(&self, own: &Own) -> Option<[Option<usize>; 2]> {
        let Own::Record(single) = own else { return Some([None; 2]) };
        // The bytes of a line that may be a piece are its own, stamps and all.
        let Text::Whole(_) = &single.read().text else { return None };
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
