//! When things went well and when they failed, in a bounded number of buckets.
//!
//! Buckets start fine and double in width until few enough are left. The final width depends on the whole set alone, so merging in any
//! order gives the same timeline. Lines without a time are laid out by their line number instead.

use std::collections::BTreeMap;

use crate::model::Moment;

/// More buckets than this make the timeline coarser.
const MOST_BUCKETS: usize = 256;

/// 2^26 ns, about 67 ms: finer than what a retry takes.
const FINEST_TIME: u32 = 26;

/// Where a moment lies among others, and whether by its time.
fn on_axis(moment: &Moment) -> (bool, i64) {
    match moment.time {
        Some(time) => (true, time.nanos),
        None => (false, i64::try_from(moment.at.line).unwrap_or(i64::MAX)),
    }
}

/// How often something went well and failed in one bucket.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Bucket {
    /// Successes.
    pub successes: u64,
    /// Failures.
    pub failures: u64,
}

/// First and last of a kind of moment, with their number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Track {
    /// How many.
    pub count: u64,
    /// The earliest and the latest.
    pub ends: Option<(Moment, Moment)>,
}

impl Track {
    /// Counts one.
    pub fn add(&mut self, moment: Moment) {
        self.add_all(&[moment]);
    }

    /// Counts several, which come in order.
    pub fn add_all(&mut self, moments: &[Moment]) {
        debug_assert!(moments.is_sorted(), "moments come in order");
        let (Some(first), Some(last)) = (moments.first(), moments.last()) else { return };
        self.merge(&Self { count: moments.len() as u64, ends: Some((*first, *last)) });
    }

    /// Counts those of another.
    pub fn merge(&mut self, other: &Self) {
        self.count += other.count;
        self.ends = match (self.ends, other.ends) {
            (Some((a, b)), Some((c, d))) => Some((a.min(c), b.max(d))),
            (one, two) => one.or(two),
        };
    }

    /// The earliest.
    #[must_use]
    pub fn first(&self) -> Option<Moment> {
        self.ends.map(|ends| ends.0)
    }

    /// The latest.
    #[must_use]
    pub fn last(&self) -> Option<Moment> {
        self.ends.map(|ends| ends.1)
    }
}

/// Successes and failures of one stream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Timeline {
    /// Successes.
    pub successes: Track,
    /// Failures.
    pub failures: Track,
    timed: Axis,
    untimed: Axis,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Axis {
    /// Bucket width is 2^shift.
    shift: u32,
    buckets: BTreeMap<i64, Bucket>,
}

impl Axis {
    fn add(&mut self, value: i64, ok: bool, count: u64) {
        let bucket = self.buckets.entry(value >> self.shift).or_default();
        if ok {
            bucket.successes += count;
        } else {
            bucket.failures += count;
        }
        self.shrink();
    }

    fn merge(&mut self, other: &Self) {
        if self.buckets.is_empty() {
            self.shift = other.shift;
        } else if other.shift > self.shift {
            self.coarsen(other.shift);
        }
        for (index, bucket) in &other.buckets {
            let mine = self.buckets.entry(index >> (self.shift - other.shift.min(self.shift))).or_default();
            mine.successes += bucket.successes;
            mine.failures += bucket.failures;
        }
        self.shrink();
    }

    fn shrink(&mut self) {
        while self.buckets.len() > MOST_BUCKETS {
            self.coarsen(self.shift + 1);
        }
    }

    fn coarsen(&mut self, shift: u32) {
        let by = shift - self.shift;
        let mut coarse: BTreeMap<i64, Bucket> = BTreeMap::new();
        for (index, bucket) in std::mem::take(&mut self.buckets) {
            let mine = coarse.entry(index >> by).or_default();
            mine.successes += bucket.successes;
            mine.failures += bucket.failures;
        }
        self.buckets = coarse;
        self.shift = shift;
    }
}

impl Timeline {
    /// Counts one outcome.
    pub fn add(&mut self, moment: Moment, ok: bool) {
        self.add_all(&[moment], ok);
    }

    /// Counts outcomes that are the same at several moments, which come in order.
    pub fn add_all(&mut self, moments: &[Moment], ok: bool) {
        self.timed.shift = self.timed.shift.max(FINEST_TIME);
        // Those that come one after another mostly are in one bucket, and stay so when buckets become wider.
        let (timed, untimed) = (self.timed.shift, self.untimed.shift);
        let place = |moment: &Moment| match on_axis(moment) {
            (true, value) => (true, value >> timed),
            (false, value) => (false, value >> untimed),
        };
        for moments in moments.chunk_by(|a, b| place(a) == place(b)) {
            let (timed, value) = on_axis(&moments[0]);
            let axis = if timed { &mut self.timed } else { &mut self.untimed };
            axis.add(value, ok, moments.len() as u64);
        }
        if ok { self.successes.add_all(moments) } else { self.failures.add_all(moments) }
    }

    /// Counts those of another timeline.
    pub fn merge(&mut self, other: &Self) {
        self.successes.merge(&other.successes);
        self.failures.merge(&other.failures);
        self.timed.merge(&other.timed);
        self.untimed.merge(&other.untimed);
    }

    /// Successes in buckets strictly between the first and the last failing bucket.
    #[must_use]
    pub fn successes_among_failures(&self) -> u64 {
        let axis = if self.timed.buckets.is_empty() { &self.untimed } else { &self.timed };
        let mut failing = axis.buckets.iter().filter(|(_, b)| b.failures > 0).map(|(index, _)| *index);
        let Some(first) = failing.next() else { return 0 };
        let last = failing.next_back().unwrap_or(first);
        if last - first < 2 {
            return 0;
        }
        axis.buckets.range(first + 1..last).map(|(_, b)| b.successes).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Position, SourceId, Time};

    fn moment(seconds: i64, line: u64) -> Moment {
        Moment { time: Some(Time::utc(seconds * 1_000_000_000)), at: Position { source: SourceId(0), line, offset: 0 } }
    }

    #[test]
    fn merging_in_any_order_is_one_timeline() {
        let outcomes: Vec<(i64, bool)> = (0..2000).map(|i| ((i * 7919) % 5000, i % 3 == 0)).collect();
        let build = |part: &[(i64, bool)]| {
            let mut timeline = Timeline::default();
            for (line, (at, ok)) in (0..).zip(part) {
                timeline.add(moment(*at, line), *ok);
            }
            timeline
        };
        let (a, b, c) = (build(&outcomes[..100]), build(&outcomes[100..900]), build(&outcomes[900..]));
        let mut left = a.clone();
        left.merge(&b);
        left.merge(&c);
        let mut right = c;
        right.merge(&a);
        right.merge(&b);
        assert_eq!(left, right);
        assert!(left.timed.buckets.len() <= MOST_BUCKETS);
    }

    #[test]
    fn successes_before_and_after_do_not_count_as_among() {
        let mut timeline = Timeline::default();
        for (at, ok) in [(1, true), (2, true), (5, false), (9, false), (12, true)] {
            timeline.add(moment(at, 0), ok);
        }
        assert_eq!(timeline.successes_among_failures(), 0);
        timeline.add(moment(7, 0), true);
        assert_eq!(timeline.successes_among_failures(), 1);
    }
}
