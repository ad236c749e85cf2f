//! What a line is by itself, and whether its neighbours can change that.
//!
//! A record of one line is taken alone only if it is whole in itself: it begins one, its time is its own, and what follows does not go on
//! with it.

use super::BEFORE;
use super::gathered::{Gathered, Saying};
use super::layout::Layout;
use super::neighbours::Begins;
use super::prepare::{Lines, More, Read, Text, continues};
use super::record::Single;
use super::templates::{Place, Templates};
use crate::envelope::{Stripped, payload};
use crate::model::{Severity, Time};
use crate::rules::{Candidate, Gate, Mark, Reach};

/// A line that could matter.
#[derive(Debug)]
pub(super) struct Hit {
    /// Its number in its block, from 0.
    pub(super) line: u32,
    pub(super) told: Told,
    /// What is known of the two lines below before they are read: whether they begin a record. The second counts only where the first is
    /// nothing by itself.
    pub(super) below: [Begins; 2],
}

impl Hit {
    /// Whether the second line below decides where the next one does not and is nothing by itself.
    pub(super) fn may_wait(&self) -> bool {
        matches!(&self.told, Told::Known(Known::Record(saying)) if saying.firm) && self.below[0] != Begins::Here
    }
}

/// What is known of a line before it is read.
#[derive(Debug)]
pub(super) enum Told {
    /// What it is, because it is like another or the gate says so.
    Known(Known),
    /// The gate marked it for its record alone; with the hash of its template.
    Marked(Mark, u64),
}

/// What a line is that was not read: an [`Own`].
#[derive(Clone, Copy, Debug)]
pub(super) enum Known {
    Nothing,
    NothingAlone,
    Record(Saying),
    Unclear,
}

/// What a line is, before its neighbours are asked.
#[derive(Debug)]
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

/// What a line that reaches no further than its record is.
pub(super) enum Alone {
    Record(Saying),
    /// Nothing that counts: a level word that is none.
    Nothing,
    /// Its neighbours are needed to tell; with the line, if it was read already.
    No(Option<Box<Read>>),
}

impl Lines<'_> {
    /// What a line that could matter is; with the places at which lines like those of the block are kept.
    pub(super) fn alone(
        &self,
        hit: Hit,
        places: &[Option<Place>],
        templates: &mut Templates,
        records: &mut Gathered<'_>,
    ) -> Alone {
        let Hit { line, told, below } = hit;
        if self.shape.layout != Layout::Lines {
            return Alone::No(None);
        }
        let known = match told {
            Told::Known(known) => known,
            Told::Marked(mark, hash) => {
                let own = self.own(line, &mark);
                templates.own(hash, self.whole(line), self.gate, &own);
                match own {
                    Own::Nothing => Known::Nothing,
                    Own::NothingAlone => Known::NothingAlone,
                    Own::Record(single) => Known::Record(records.enter(single)),
                    Own::Unclear(read) => return Alone::No(read),
                }
            }
        };
        match known {
            Known::Nothing => Alone::Nothing,
            Known::NothingAlone if self.is_last(line) => Alone::No(None),
            Known::NothingAlone => {
                let own = self.shape.wrapping.strip(self.bytes(line));
                let goes_on = || self.continued(line + 1, below[0], &own.stream, own.channel);
                let whole = payload::starts(&own.payload) && !goes_on();
                if whole { Alone::Nothing } else { Alone::No(None) }
            }
            Known::Record(saying) => {
                let above = |below: &Read| self.time_above(line, below, places, templates);
                self.record(line, saying, below, records, above)
            }
            Known::Unclear => Alone::No(None),
        }
    }

    /// The record that a line is, if it is whole in itself.
    fn record(
        &self,
        line: u32,
        mut saying: Saying,
        below: [Begins; 2],
        records: &mut Gathered<'_>,
        above: impl FnOnce(&Read) -> Option<Time>,
    ) -> Alone {
        let is_last = self.is_last(line);
        if is_last {
            let exact = self.exact(records.single(&saying, self.at(line)), || self.read(line, true));
            saying = records.enter(Single { open: true, ..exact });
        }
        let goes_on = || {
            let Read { stream, channel, .. } = records.read(&saying);
            // If what tells nothing goes on with a record and no more does, that makes no difference.
            let whole = saying.firm && below[1] >= certain(stream);
            !whole && self.continued(line + 1, below[0], stream, *channel)
        };
        if !is_last && below[0] != Begins::Here && goes_on() {
            return Alone::No(records.single(&saying, self.at(line)).whole());
        }
        // Where no stamp was seen anywhere, none is missing.
        if saying.time().is_none() && self.shape.moment.is_some() {
            let Some(time) = above(records.read(&saying)) else {
                return Alone::No(records.single(&saying, self.at(line)).whole());
            };
            saying.times[0] = Some(time);
        }
        Alone::Record(saying)
    }

    /// A record whose text is that of its own line, which is read if it has to be.
    pub(super) fn exact(&self, single: Single, read: impl FnOnce() -> Read) -> Single {
        if !single.rough {
            return single;
        }
        let signals = single.signals().map(<[Candidate]>::to_vec);
        Single {
            at: single.at,
            times: single.times,
            open: single.open,
            like: Some(single.said),
            ..Single::new(read(), signals)
        }
    }

    /// What a line is by itself.
    pub(super) fn own(&self, line: u32, mark: &Mark) -> Own {
        if mark.reach.is_none() && mark.signals.iter().all(|trace| trace.beyond) {
            // The text of the line shows nothing; only lines below it could.
            let own = self.shape.wrapping.strip(self.bytes(line));
            return if own.partial || own.continues || own.glued { Own::Unclear(None) } else { Own::NothingAlone };
        }
        let mut read = self.read(line, true);
        let cut = std::mem::replace(&mut read.text, Text::Cut(Vec::new(), More::No));
        read.text = match cut {
            Text::Cut(bytes, More::No) if !read.continues && !read.glued => {
                let outer = Stripped { time: read.time, severity: read.severity, ..Stripped::raw(&bytes) };
                let inner = self.shape.wrapping.unwrap(outer);
                let mut payload = payload::read(&inner.payload);
                payload.time = payload.time.or(inner.time);
                payload.severity = payload.severity.or(inner.severity);
                if !inner.stream.is_empty() {
                    return Own::Unclear(None);
                }
                Text::Likely(Box::new(payload), bytes)
            }
            other => other,
        };
        let (Text::Whole(payload) | Text::Likely(payload, _)) = &read.text else { return Own::Unclear(None) };
        let whole = payload.starts && !payload.body.contains('\n');
        let fails = payload.severity.or(read.severity).is_some_and(|severity| severity >= Severity::Error);
        let sure = mark.reach.filter(|reach| *reach != Reach::Level || fails);
        let firm = !fails && mark.signals.iter().all(|trace| !trace.beyond && self.gate.is_firm(trace.signal.0));
        let mut signals: Vec<Candidate> = Vec::new();
        let (mut reach, mut within) = (sure, true);
        for trace in &mark.signals {
            let signal = trace.signal.0;
            // What reaches no further than what is sure already makes no difference here.
            if trace.sure || self.gate.reach(signal) <= reach.unwrap_or(Reach::Level) {
                // A record of one line holds nothing that needs more.
                signals.extend((!trace.beyond).then_some(trace.signal));
            } else if self.gate.confirms(trace.signal, &payload.body) {
                reach = reach.max(Some(self.gate.reach(signal)));
                signals.push(trace.signal);
            } else {
                within &= self.gate.holds_within_a_line(signal);
            }
        }
        // A signal that stays within a line and does not hold here does not hold because of this line.
        if reach.is_none() && within {
            return Own::Nothing;
        }
        match reach {
            None if whole => Own::NothingAlone,
            Some(Reach::Level | Reach::Line) if whole => {
                signals.sort_unstable();
                let told = Gate::shows(self.bytes(line), &payload.body);
                Own::Record(Single { firm: firm && told, ..Single::new(read, told.then_some(signals)) })
            }
            _ => Own::Unclear(Some(Box::new(read))),
        }
    }

    /// The time of the nearest record above in the same stream, which a record without a stamp shares.
    fn time_above(&self, line: u32, below: &Read, places: &[Option<Place>], templates: &mut Templates) -> Option<Time> {
        let wrapping = &self.shape.wrapping;
        let nearest = line.saturating_sub(u32::try_from(BEFORE).unwrap_or(0));
        (nearest..line).rev().find_map(|above| {
            let known = places[above as usize]
                .and_then(|at| templates.above(at, self.whole(above), wrapping, (&below.stream, below.channel)));
            let (ours, time) = known.unwrap_or_else(|| {
                let above = wrapping.strip(self.bytes(above));
                let ours = *above.stream == *below.stream && above.channel == below.channel;
                (ours, ours.then(|| payload::time(&above.payload).or(above.time)).flatten())
            });
            time.filter(|_| ours)
        })
    }

    /// Whether a line may go on with the record above it, which stands in this stream and channel.
    fn continued(&self, line: u32, begins: Begins, stream: &str, channel: u8) -> bool {
        begins < certain(stream) && continues(&self.shape.wrapping, self.bytes(line), stream, channel)
    }
}

/// What is to be known of a line that it does not go on with a record in this stream.
fn certain(stream: &str) -> Begins {
    if stream.is_empty() { Begins::Elsewhere } else { Begins::Here }
}
