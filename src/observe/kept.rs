//! Which places the evidence surely keeps already, so that nobody words, looks for and redacts what it would drop.
//!
//! Evidence shows only the earliest places of a kind, and its parts are merged in any order. Once as many places as it keeps have been
//! given to it, whatever stands behind the last of them can only be counted. That holds whichever thread came first, so what is found
//! stays the same; a kind that is not remembered here is told in full each time.

use std::sync::{Mutex, MutexGuard, PoisonError};

use hashbrown::HashMap;

use crate::evidence::{GroupKey, MOST_EXEMPLARS, Presence};
use crate::model::{Event, Position, SignalId};

/// Kinds of places that are remembered.
const MOST_KINDS: usize = 16 * 1024;

/// Groups, and what start lines say of variables, that are told apart.
const MOST_NAMES: usize = 4096;

/// What the evidence shows the earliest places of. The numbers are those of [`Kinds::group`] and [`Kinds::presence`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    /// What decided, of which only the first is kept.
    Because(u32),
    /// Events in full.
    Exemplar(u32),
    /// Lines of a signal in a group.
    Signal(u32, SignalId),
    /// Lines of a note.
    Note(SignalId),
    /// Start lines.
    Presence(u32),
}

impl Kind {
    fn most(self) -> usize {
        if matches!(self, Self::Because(_)) { 1 } else { MOST_EXEMPLARS }
    }
}

/// Places that the evidence keeps.
#[derive(Debug, Default)]
pub(super) struct Kept(Mutex<Kinds>);

impl Kept {
    pub(super) fn lock(&self) -> MutexGuard<'_, Kinds> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The earliest places of each kind that were given to the evidence, in order.
#[derive(Debug, Default)]
pub(super) struct Kinds {
    groups: HashMap<GroupKey, u32>,
    presence: HashMap<Presence, u32>,
    places: HashMap<Kind, Vec<Position>>,
}

impl Kinds {
    /// The number of a group; `None` where too many are told apart.
    pub(super) fn group(&mut self, key: &GroupKey) -> Option<u32> {
        number(&mut self.groups, key)
    }

    /// The number of what start lines say of a variable; `None` where too many are told apart.
    pub(super) fn presence(&mut self, presence: &Presence) -> Option<u32> {
        number(&mut self.presence, presence)
    }

    /// Whether the evidence would drop any place of an event: all its lines stand behind as many as are kept.
    pub(super) fn drops(&self, kind: Option<Kind>, event: &Event) -> bool {
        let Some(places) = kind.and_then(|kind| self.places.get(&kind).filter(|places| places.len() >= kind.most()))
        else {
            return false;
        };
        let first = event.lines.iter().map(|range| range.0).min().unwrap_or(0).min(event.at.line);
        places.last().is_some_and(|last| (last.source, last.line) < (event.at.source, first))
    }

    /// Notes a place that the evidence is given.
    pub(super) fn give(&mut self, kind: Option<Kind>, at: Position) {
        let Some(kind) = kind.filter(|kind| self.places.len() < MOST_KINDS || self.places.contains_key(kind)) else {
            return;
        };
        let places = self.places.entry(kind).or_default();
        if let Err(place) = places.binary_search(&at)
            && place < kind.most()
        {
            places.insert(place, at);
            places.truncate(kind.most());
        }
    }
}

fn number<K: Clone + Eq + std::hash::Hash>(numbers: &mut HashMap<K, u32>, key: &K) -> Option<u32> {
    if let Some(number) = numbers.get(key) {
        return Some(*number);
    }
    let next = u32::try_from(numbers.len()).ok().filter(|_| numbers.len() < MOST_NAMES)?;
    numbers.insert(key.clone(), next);
    Some(next)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{SourceId, StreamId};

    fn event(line: u64) -> Event {
        let at = Position { source: SourceId(0), line, offset: line * 10 };
        let line = crate::model::Line::bare("text", at);
        Event { lines: vec![(at.line, at.line + 2)], ..crate::assemble::record(&StreamId::default(), &line) }
    }

    #[test]
    fn only_what_stands_behind_all_that_is_kept_is_dropped() {
        let mut kinds = Kinds::default();
        let kind = Some(Kind::Note(SignalId(3)));
        for line in [40, 10, 30] {
            assert!(!kinds.drops(kind, &event(99)));
            kinds.give(kind, event(line).at);
        }
        assert!(kinds.drops(kind, &event(41)));
        assert!(!kinds.drops(kind, &event(40)), "the same line may replace what is kept");
        kinds.give(kind, event(20).at);
        assert!(kinds.drops(kind, &event(31)), "the latest gave way");
        assert!(!kinds.drops(Some(Kind::Note(SignalId(4))), &event(99)));
    }
}
