//! What the splitter gives: neighbouring lines of one stream, and what is known of some of them already.

use super::Record;
use crate::model::{Event, Segment};

/// Neighbouring lines of one stream that hold whole events.
#[derive(Clone, Debug)]
pub struct Stretch {
    /// The lines.
    pub segment: Segment,
    /// In order: lines of it that were read as records of one line, which say what others said before.
    pub(super) records: Vec<Record>,
}

impl Stretch {
    /// The records that its events may be, for whoever asks in the order of the events.
    #[must_use]
    pub fn records(&self) -> Records<'_> {
        Records(&self.records)
    }
}

/// Records that were not asked for yet.
#[derive(Debug)]
pub struct Records<'s>(&'s [Record]);

impl<'s> Records<'s> {
    /// The record that an event is, and nothing besides.
    pub fn of(&mut self, event: &Event) -> Option<&'s Record> {
        while let [first, rest @ ..] = self.0
            && first.moment.at < event.at
        {
            self.0 = rest;
        }
        let alone = event.chain.is_none() && event.lines == [(event.at.line, event.at.line)];
        self.0.first().filter(|record| alone && record.moment.at == event.at)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::envelope::Wrapping;
    use crate::model::{Position, SourceId, StreamId};
    use crate::streams::prepare::read;
    use crate::streams::record::Single;

    #[test]
    fn an_event_of_more_than_one_line_is_no_record() {
        let place = |line: u64| Position { source: SourceId(0), line, offset: line * 10 };
        let said = Single::new(read(&Wrapping::default(), b"2026-11-23 08:00:00 INFO up", (1, 0), None, true), None);
        let record = |line: &u64| Record::again(Arc::clone(said.outcomes_of()), place(*line));
        let segment = Segment { stream: StreamId::default(), lines: Vec::new(), since: None, cut: false };
        let stretch = Stretch { segment, records: [1, 3, 4, 9].iter().map(record).collect() };
        let mut records = stretch.records();
        let event = |first: u64, last: u64| Event {
            stream: StreamId::default(),
            worker: None,
            request: None,
            time: None,
            severity: None,
            at: place(first),
            lines: vec![(first, last)],
            message: String::new(),
            chain: None,
        };
        let found = |event: Event| records.of(&event).map(|record| record.moment.at.line);
        let all = [event(2, 2), event(3, 3), event(4, 5), event(9, 9), event(10, 10)].map(found);
        assert_eq!(all, [None, Some(3), None, Some(9), None]);
    }
}
