//! The records of one block that stand for themselves, each once with all its moments.
//!
//! A healthy program writes few records and those again and again. What such a record says is entered once, and a line that says it again is
//! no more than a number and its times until somebody needs the whole of it. Which lines share an entry must make no difference.

use super::prepare::Read;
use super::record::{Origin, Record, Single, moment, stamped};
use crate::model::{Moment, Time};

/// A line that says what an entry does.
#[derive(Clone, Copy, Debug)]
pub(super) struct Saying {
    pub(super) entry: u32,
    /// See [`Single::firm`].
    pub(super) firm: bool,
    /// What its transport and its logger stamped it with.
    pub(super) times: [Option<Time>; 2],
}

impl Saying {
    /// Its time, by whatever stamp.
    pub(super) fn time(&self) -> Option<Time> {
        stamped(self.times)
    }
}

/// The entries of a block, and when and where those that are far from anything else were said.
#[derive(Debug)]
pub(super) struct Gathered<'o> {
    origin: &'o Origin,
    /// A moment that tells the year.
    known: Option<Time>,
    entries: Vec<Entry>,
    /// With the entry of each; the first of an entry is kept there.
    again: Again,
}

/// Moments of records, by their entries: room that goes from block to block.
pub(super) type Again = Vec<(u32, Moment)>;

#[derive(Debug)]
struct Entry {
    single: Single,
    first: Option<Moment>,
    /// Moments besides the first.
    again: usize,
}

impl<'o> Gathered<'o> {
    pub(super) fn new(origin: &'o Origin, known: Option<Time>, room: Again) -> Self {
        Self { origin, known, entries: Vec::new(), again: room }
    }

    /// A new entry, said by the line that it is of.
    pub(super) fn enter(&mut self, single: Single) -> Saying {
        let (firm, times) = (single.firm, single.times);
        Saying { entry: self.entry(single), firm, times }
    }

    /// The number of a new entry.
    pub(super) fn entry(&mut self, single: Single) -> u32 {
        self.entries.push(Entry { single, first: None, again: 0 });
        u32::try_from(self.entries.len() - 1).unwrap_or(u32::MAX)
    }

    /// The line of an entry as it was read.
    pub(super) fn read(&self, saying: &Saying) -> &Read {
        self.entries[saying.entry as usize].single.read()
    }

    /// The record that such a line is, which stands at `at`: its number and its offset.
    pub(super) fn single(&self, saying: &Saying, at: (u64, u64)) -> Single {
        Single { at, times: saying.times, ..self.entries[saying.entry as usize].single.clone() }
    }

    /// Takes a line that is far from anything else.
    pub(super) fn add(&mut self, saying: &Saying, at: (u64, u64)) {
        let moment = moment(self.origin, saying.time(), self.known, at);
        let entry = &mut self.entries[saying.entry as usize];
        if entry.first.is_none() {
            entry.first = Some(moment);
        } else {
            entry.again += 1;
            self.again.push((saying.entry, moment));
        }
    }

    /// The records, and the room for the next block.
    pub(super) fn into_records(self) -> (Vec<Record>, Again) {
        let mut places: Vec<usize> = Vec::with_capacity(self.entries.len());
        let mut records: Vec<Record> = Vec::new();
        for Entry { single, first, again } in self.entries {
            places.push(records.len());
            records.extend(first.map(|moment| single.into_record(self.origin, moment, Vec::with_capacity(again))));
        }
        let mut room = self.again;
        for (entry, moment) in room.drain(..) {
            records[places[entry as usize]].again.push(moment);
        }
        (records, room)
    }
}
