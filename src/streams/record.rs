//! Records of one line that stand for themselves.
//!
//! A healthy client writes the same record again and again, with another time each: what such records say is read once and shared, so that
//! whoever analyses them can tell by [`Record::says`] that there is nothing new in it. A record must never be shared by lines that differ
//! in anything but their times and places, and in numbers of which whoever analyses them said that they tell nothing.

use std::any::Any;
use std::sync::{Arc, OnceLock};

use super::prepare::{Content, Piece, Read, Text};
use crate::envelope::Payload;
use crate::model::{Head, Line, Moment, Position, SourceId, StreamId, Time};
use crate::rules::{Candidate, Reach};

/// A record of one line, detached from its block.
#[derive(Clone, Debug)]
pub(super) struct Single {
    /// What it says, with the times and the place of the first that said so.
    pub(super) said: Arc<Said>,
    /// Line and offset.
    pub(super) at: (u64, u64),
    /// What its transport and its logger stamped it with.
    pub(super) times: [Option<Time>; 2],
    /// It ends its block: whether it goes on below is not known yet.
    pub(super) open: bool,
    /// It tells the same if a line goes on with it that is nothing by itself.
    pub(super) firm: bool,
    /// Its line has other numbers than what it says, and they tell nothing.
    pub(super) rough: bool,
    /// What another said that tells the same.
    pub(super) like: Option<Arc<Said>>,
}

/// What a record says.
#[derive(Debug)]
pub(super) struct Said {
    read: Read,
    /// The signals that may hold in it, where all of them are known.
    signals: Option<Vec<Candidate>>,
    /// Whether the numbers in it tell nothing, once somebody knows.
    numbers_tell_nothing: OnceLock<bool>,
    /// What somebody made of it.
    shown: OnceLock<Box<dyn Any + Send + Sync>>,
}

impl Said {
    fn payload(&self) -> Option<&Payload> {
        match &self.read.text {
            Text::Whole(payload) | Text::Likely(payload, _) => Some(payload),
            Text::Cut(..) => None,
        }
    }
}

impl Single {
    pub(super) fn new(read: Read, signals: Option<Vec<Candidate>>) -> Self {
        let said = Said { read, signals, numbers_tell_nothing: OnceLock::new(), shown: OnceLock::new() };
        let times = [said.read.time, said.payload().and_then(|payload| payload.time)];
        Self { at: said.read.at, times, said: Arc::new(said), open: false, firm: false, rough: false, like: None }
    }

    /// What tells the same outcomes, shared with others if it can be.
    pub(super) fn outcomes_of(&self) -> &Arc<Said> {
        self.like.as_ref().unwrap_or(&self.said)
    }

    /// Its line.
    pub(super) fn read(&self) -> &Read {
        &self.said.read
    }

    /// The signals that may hold in it; `None` where its text has to be searched for them.
    pub(super) fn signals(&self) -> Option<&[Candidate]> {
        self.said.signals.as_deref()
    }

    /// Whether it is known that records with other numbers tell the same.
    pub(super) fn numbers_tell_nothing(&self) -> bool {
        self.said.numbers_tell_nothing.get() == Some(&true)
    }

    /// Whether it is known what the numbers in it tell.
    pub(super) fn is_known_of_numbers(&self) -> bool {
        self.said.numbers_tell_nothing.get().is_some()
    }

    /// Its line as it was read, if it was.
    pub(super) fn whole(self) -> Option<Box<Read>> {
        (!self.rough).then(|| Box::new(self.into_read()))
    }

    /// The piece that it is, now that it is known whether the record goes on below.
    pub(super) fn into_piece(self, goes_on: bool) -> Piece {
        let (line, reach) = (self.at.0, if goes_on { Reach::Around } else { Reach::Line });
        Piece { line, reach: Some(reach), content: Content::Single(Box::new(Self { open: false, ..self })) }
    }

    /// The line, for a stretch that needs it.
    pub(super) fn into_read(self) -> Read {
        let mut read = Arc::try_unwrap(self.said).map_or_else(|said| said.read.clone(), |said| said.read);
        read.at = self.at;
        read.time = self.times[0];
        if let Text::Whole(payload) | Text::Likely(payload, _) = &mut read.text {
            payload.time = self.times[1];
        }
        read
    }

    /// The record in a source of this origin, said at these moments.
    pub(super) fn into_record(self, origin: &Origin, moment: Moment, again: Vec<Moment>) -> Record {
        let own = self.said.payload().and_then(|payload| payload.stream.clone());
        let stream = match own {
            Some(stream) if self.said.read.stream.is_empty() => StreamId::from(stream),
            _ if self.said.read.stream.is_empty() => origin.fallback.clone(),
            _ => StreamId::from(self.said.read.stream.clone()),
        };
        Record { stream, moment, again, said: self.said }
    }
}

/// The time of a line that its transport and its logger stamped so.
pub(super) fn stamped(times: [Option<Time>; 2]) -> Option<Time> {
    // The program's own stamp says more than the transport's.
    times[1].or(times[0])
}

/// A time in the year that `known` tells, if it names none.
pub(super) fn dated(time: Option<Time>, known: Option<Time>) -> Option<Time> {
    match (time, known) {
        (Some(time), Some(known)) => Some(time.near(known)),
        (time, _) => time,
    }
}

/// When and where a line was said in a source of this origin: its number and its offset, and its time in the year that `known` tells.
pub(super) fn moment(origin: &Origin, time: Option<Time>, known: Option<Time>, at: (u64, u64)) -> Moment {
    let time = dated(time, known);
    Moment { time, at: Position { source: origin.source, line: at.0, offset: at.1 } }
}

/// Where lines come from.
#[derive(Clone, Debug)]
pub struct Origin {
    /// The input.
    pub source: SourceId,
    /// What lines count under that name no stream.
    pub fallback: StreamId,
}

/// A record of one line that stands for itself, or several that say the same.
#[derive(Clone, Debug)]
pub struct Record {
    /// Who wrote it.
    pub stream: StreamId,
    /// Its time and place.
    pub moment: Moment,
    /// Those at which the same was said again.
    pub again: Vec<Moment>,
    said: Arc<Said>,
}

impl Record {
    /// What was said, said again in another place and whatever stream, at a time that its line tells.
    pub(super) fn again(said: Arc<Said>, at: Position) -> Self {
        Self { stream: StreamId::default(), moment: Moment { time: None, at }, again: Vec::new(), said }
    }

    /// The signals that may hold in it; `None` where its text has to be searched for them.
    #[must_use]
    pub fn signals(&self) -> Option<&[Candidate]> {
        self.said.signals.as_deref()
    }

    /// A number that only records share which differ in nothing but time and place, valid while one of them is kept; `None` where no
    /// other says the same.
    #[must_use]
    pub fn says(&self) -> Option<usize> {
        (Arc::strong_count(&self.said) > 1).then(|| Arc::as_ptr(&self.said).addr())
    }

    /// Asks once for all records that say the same whether those with other numbers in their texts would tell the same outcomes, and no
    /// more than outcomes. If so, they may say what this one does.
    pub fn learn_of_numbers(&self, tell_nothing: impl FnOnce() -> bool) {
        if self.says().is_some() {
            self.said.numbers_tell_nothing.get_or_init(tell_nothing);
        }
    }

    /// What it shows, as `make` makes it of what the record says: once for all records that say the same.
    pub fn shown<T: Clone + Send + Sync + 'static>(&self, make: impl Fn() -> T) -> T {
        let kept = self.says().map(|_| self.said.shown.get_or_init(|| Box::new(make())));
        kept.and_then(|kept| kept.downcast_ref::<T>().cloned()).unwrap_or_else(make)
    }

    /// Its message.
    #[must_use]
    pub fn text(&self) -> &str {
        self.said.payload().map_or("", |payload| payload.body.as_str())
    }

    /// Process, worker or thread named in it.
    #[must_use]
    pub fn worker(&self) -> Option<&Arc<str>> {
        self.said.payload()?.worker.as_ref()
    }

    /// Request or invocation named in it.
    #[must_use]
    pub fn request(&self) -> Option<&Arc<str>> {
        self.said.payload()?.request.as_ref()
    }

    /// All moments at which it was said.
    pub fn moments(&self) -> impl Iterator<Item = Moment> {
        std::iter::once(self.moment).chain(self.again.iter().copied())
    }

    /// The record as a line of its own, said at one of its moments.
    #[must_use]
    pub fn line(&self, moment: Moment) -> Line {
        let severity = self.said.payload().and_then(|payload| payload.severity);
        Line {
            text: self.text().into(),
            at: moment.at,
            joined: None,
            starts: true,
            hit: true,
            head: Head {
                time: moment.time,
                severity: severity.or(self.said.read.severity),
                worker: self.worker().cloned(),
                request: self.request().cloned(),
            },
        }
    }
}
