//! What was collected: counts, times, streams, signals, exemplars. Bounded and mergeable.
//!
//! [`Evidence::merge`] is associative and commutative: blocks, files and machines may be added in any order. Everything is keyed and kept
//! by order, never by arrival. No text that was not redacted may enter.

mod contrast;
mod observation;
mod timeline;

pub use contrast::{Contrast, StreamFacts, Truth};
pub use observation::{
    Exemplar, Failure, GroupKey, LinkSummary, Observation, Outcome, Presence, Seen, SignalUse, StreamKey, Subject, Used,
};
pub use timeline::{Timeline, Track};

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use crate::keys::KeySeen;
use crate::model::{ComponentId, Moment, Position, SignalId, Time};

/// Streams counted one by one; the rest of a larger set is told as a number.
pub const MOST_STREAMS: usize = 4096;

/// Exemplars kept of each kind of evidence: the earliest.
pub const MOST_EXEMPLARS: usize = 3;

/// Groups and unexplained fingerprints kept.
const MOST_GROUPS: usize = 4096;

/// Distinct routes, hosts, keys, variables kept of each.
const MOST_NAMES: usize = 512;

/// The occurrences of one failing component with one symptom.
#[derive(Clone, Debug, Default)]
pub struct Group {
    /// Events with an exception or an error record.
    pub events: Track,
    /// Client lines that show the failing call without an exception.
    pub calls: Track,
    /// Signals with number and exemplars.
    pub signals: BTreeMap<SignalId, SignalTally>,
    /// Failures by stream.
    pub streams: BTreeMap<StreamKey, Track>,
    /// Frameworks, classes, languages, hosts, runtimes with the number of events.
    pub frameworks: BTreeMap<String, u64>,
    /// Classes.
    pub classes: BTreeMap<String, u64>,
    /// Languages.
    pub languages: BTreeMap<String, u64>,
    /// Hosts called.
    pub hosts: BTreeMap<String, u64>,
    /// Events whose call went to a host that is not the component's own.
    pub gateway: u64,
    /// Events whose client was built at module level.
    pub module_level: u64,
    /// Events with frames of parallel execution.
    pub parallel: u64,
    /// Events that name no role of their own.
    pub assumed_role: u64,
    /// Events whose component only a shared client named.
    pub weak: u64,
    /// Events that tell, below error level, of a call that was turned away for now and is made again.
    pub retried: u64,
    /// Events whose symptom only a generic signal told.
    pub generic: u64,
    /// Keys seen in the events.
    pub keys: BTreeMap<KeySeen, u64>,
    /// What decided, of the earliest event.
    pub because: BTreeMap<Position, String>,
    /// Earliest events in full.
    pub exemplars: BTreeMap<Position, Exemplar>,
}

/// How often a signal held in a group, and where first.
#[derive(Clone, Debug, Default)]
pub struct SignalTally {
    /// Events.
    pub count: u64,
    /// Earliest places with the redacted quote.
    pub places: BTreeMap<Position, SignalUse>,
}

/// An error that no rule explains.
#[derive(Clone, Debug, Default)]
pub struct Unexplained {
    /// How often, first and last.
    pub track: Track,
    /// Earliest places with the redacted line.
    pub exemplars: BTreeMap<Position, String>,
}

/// What stamps left open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Assumed {
    /// Some stamp names no zone and was read as UTC.
    pub zone: bool,
    /// Some stamp names a zone.
    pub told_zone: bool,
    /// Some stamp names no year, and nothing near it does.
    pub year: bool,
}

impl Assumed {
    fn add(&mut self, time: Time) {
        self.zone |= time.offset_minutes.is_none();
        self.told_zone |= time.offset_minutes.is_some();
        self.year |= time.is_yearless();
    }

    fn merge(&mut self, other: Self) {
        self.zone |= other.zone;
        self.told_zone |= other.told_zone;
        self.year |= other.year;
    }
}

/// Everything collected from a log.
#[derive(Clone, Debug, Default)]
pub struct Evidence {
    /// Failures by component and symptom.
    pub groups: BTreeMap<GroupKey, Group>,
    /// Outcomes of calls by subject and role, per stream.
    pub calls: BTreeMap<(Subject, String), BTreeMap<StreamKey, Timeline>>,
    /// Outcomes of calls to the user's own services, by host and path.
    pub internal: BTreeMap<(String, String), Timeline>,
    /// Outcomes of the application's own routes, per stream.
    pub routes: BTreeMap<String, BTreeMap<StreamKey, Timeline>>,
    /// Starts of processes and workers.
    pub boots: BTreeMap<StreamKey, BTreeSet<Moment>>,
    /// First and last line seen of each stream that any evidence came from.
    pub seen: BTreeMap<StreamKey, Track>,
    /// Rotations, deploys, scale events, reloads, by signal.
    pub changes: BTreeMap<SignalId, BTreeMap<Moment, SignalUse>>,
    /// Slowed and repeated calls by subject.
    pub throttles: BTreeMap<Subject, Track>,
    /// What boot lines say of variables.
    pub presence: BTreeMap<Presence, SignalTally>,
    /// Notes that came with no failure, by signal.
    pub notes: BTreeMap<SignalId, SignalTally>,
    /// Components whose address a line names as configured.
    pub endpoints: BTreeSet<ComponentId>,
    /// Ends of keys that processes named when they started, as digests, with the owner where the line names one.
    pub key_tails: BTreeSet<(Option<ComponentId>, u64)>,
    /// Runtimes that lines give away, with their number.
    pub runtimes: BTreeMap<String, u64>,
    /// Errors that no rule explains, by fingerprint.
    pub unexplained: BTreeMap<String, (String, Unexplained)>,
    /// Events: failures, errors, exceptions.
    pub events: u64,
    /// Of those, the ones a rule explains.
    pub explained: u64,
    /// Earliest and latest time of the records that were read.
    pub times: Option<(Time, Time)>,
    /// What had to be assumed to read the times.
    pub assumed: Assumed,
    /// Caps that were hit, by name.
    pub caps: BTreeSet<&'static str>,
}

impl Evidence {
    /// Counts one observation.
    pub fn add(&mut self, observation: Observation) {
        let Observation { stream, moment, seen } = observation;
        self.note(&stream, &[moment]);
        match seen {
            Seen::Failure(failure) => self.add_failure(&stream, moment, *failure),
            seen @ (Seen::Call { .. } | Seen::InternalCall { .. } | Seen::Route { .. }) => {
                if let Some((timeline, ok)) = self.timeline(&stream, &seen) {
                    timeline.add(moment, ok);
                }
            }
            Seen::Boot => {
                self.boots.entry(stream).or_default().insert(moment);
            }
            Seen::Change(used) => {
                self.changes.entry(used.signal).or_default().insert(moment, used);
            }
            Seen::Throttle(subject) => self.throttles.entry(subject).or_default().add(moment),
            Seen::Presence(presence, used) => self.presence.entry(presence).or_default().add(moment.at, used),
            Seen::Note(used) => self.notes.entry(used.signal).or_default().add(moment.at, used),
            Seen::Endpoint(component) => {
                self.endpoints.insert(component);
            }
            Seen::KeyTail(owner, tail) => {
                self.key_tails.insert((owner, tail));
            }
            Seen::Runtime(name) => *self.runtimes.entry(name).or_default() += 1,
            Seen::Unexplained { fingerprint, title, quote } => {
                self.events += 1;
                let mut seen = Unexplained::default();
                seen.track.add(moment);
                seen.exemplars.insert(moment.at, quote);
                match self.unexplained.entry(fingerprint) {
                    Entry::Occupied(mut known) => merge_unexplained(known.get_mut(), (title, seen)),
                    Entry::Vacant(free) => drop(free.insert((title, seen))),
                }
            }
        }
    }

    /// Counts what was seen in one stream at each of these moments, which come in order.
    pub fn add_each(&mut self, stream: &StreamKey, seen: &Seen, moments: &[Moment]) {
        let Some((timeline, ok)) = self.timeline(stream, seen) else {
            let one = |moment: &Moment| Observation { stream: stream.clone(), moment: *moment, seen: seen.clone() };
            return moments.iter().map(one).for_each(|observation| self.add(observation));
        };
        timeline.add_all(moments, ok);
        self.note(stream, moments);
    }

    /// Where the outcome of a call or request is counted, and whether it was good; `None` for what is no outcome.
    fn timeline(&mut self, stream: &StreamKey, seen: &Seen) -> Option<(&mut Timeline, bool)> {
        Some(match seen.outcome()? {
            Outcome::Call(subject, role, ok) => {
                let streams = self.calls.entry((subject, role.to_owned())).or_default();
                (streams.entry(stream.clone()).or_default(), ok)
            }
            Outcome::InternalCall(host, path, ok) => {
                (self.internal.entry((host.to_owned(), path.to_owned())).or_default(), ok)
            }
            Outcome::Route(route, ok) => {
                (self.routes.entry(route.to_owned()).or_default().entry(stream.clone()).or_default(), ok)
            }
        })
    }

    /// Notes that a stream wrote at these moments, which come in order.
    fn note(&mut self, stream: &StreamKey, moments: &[Moment]) {
        let seen = self.seen.entry(stream.clone()).or_default();
        seen.add_all(moments);
        moments.iter().filter_map(|moment| moment.time).for_each(|time| self.assumed.add(time));
        // Those without a time come first.
        let first = moments.iter().find_map(|moment| moment.time);
        if let (Some(first), Some(last)) = (first, moments.last().and_then(|moment| moment.time)) {
            self.times = Some(self.times.map_or((first, last), |(a, b)| (a.min(first), b.max(last))));
        }
    }

    fn add_failure(&mut self, stream: &StreamKey, moment: Moment, failure: Failure) {
        self.events += 1;
        self.explained += 1;
        let (subject, role) = (failure.key.subject, failure.key.role.clone());
        if !matches!(subject, Subject::Application | Subject::Unknown) {
            self.calls.entry((subject, role)).or_default().entry(stream.clone()).or_default().add(moment, false);
        }
        let group = self.groups.entry(failure.key.clone()).or_default();
        group.add(stream, moment, failure);
    }

    /// Adds what was collected elsewhere.
    pub fn merge(&mut self, other: Self) {
        merge_maps(&mut self.groups, other.groups, Group::merge);
        merge_maps(&mut self.calls, other.calls, |a, b| merge_maps(a, b, |x, y| x.merge(&y)));
        merge_maps(&mut self.internal, other.internal, |a, b| a.merge(&b));
        merge_maps(&mut self.routes, other.routes, |a, b| merge_maps(a, b, |x, y| x.merge(&y)));
        merge_maps(&mut self.boots, other.boots, |a, b| a.extend(b));
        merge_maps(&mut self.seen, other.seen, |a, b| a.merge(&b));
        merge_maps(&mut self.changes, other.changes, |a, b| a.extend(b));
        merge_maps(&mut self.throttles, other.throttles, |a, b| a.merge(&b));
        merge_maps(&mut self.presence, other.presence, SignalTally::merge);
        merge_maps(&mut self.notes, other.notes, SignalTally::merge);
        self.endpoints.extend(other.endpoints);
        self.key_tails.extend(other.key_tails);
        merge_maps(&mut self.runtimes, other.runtimes, |a, b| *a += b);
        merge_maps(&mut self.unexplained, other.unexplained, merge_unexplained);
        self.events += other.events;
        self.explained += other.explained;
        self.assumed.merge(other.assumed);
        self.times = match (self.times, other.times) {
            (Some((a, b)), Some((c, d))) => Some((a.min(c), b.max(d))),
            (one, two) => one.or(two),
        };
        self.caps.extend(other.caps);
        self.bound();
    }

    /// Keeps every map within its cap, as [`merge`](Self::merge) does; whoever adds without merging does it now and then. The least keys
    /// stay, whatever the order of arrival, so the result does not depend on it.
    pub fn bound(&mut self) {
        let caps = &mut self.caps;
        cap(&mut self.groups, MOST_GROUPS, caps, "findings");
        cap(&mut self.unexplained, MOST_GROUPS, caps, "unexplained errors");
        cap(&mut self.routes, MOST_NAMES, caps, "routes");
        cap(&mut self.internal, MOST_NAMES, caps, "internal calls");
        cap(&mut self.boots, MOST_STREAMS, caps, "streams");
        cap(&mut self.seen, MOST_STREAMS, caps, "streams");
        cap(&mut self.presence, MOST_STREAMS, caps, "boot lines");
        for streams in self.calls.values_mut().chain(self.routes.values_mut()) {
            cap(streams, MOST_STREAMS, caps, "streams");
        }
        while self.key_tails.len() > MOST_NAMES {
            self.key_tails.pop_last();
        }
        for (_, unexplained) in self.unexplained.values_mut() {
            few(&mut unexplained.exemplars, MOST_EXEMPLARS);
        }
        for moments in self.boots.values_mut() {
            while moments.len() > MOST_NAMES {
                moments.pop_last();
            }
        }
        for moments in self.changes.values_mut() {
            few(moments, MOST_EXEMPLARS * 8);
        }
    }
}

/// Texts of one fingerprint may differ in what the fingerprint leaves out: the least is everybody's choice.
fn merge_unexplained(into: &mut (String, Unexplained), from: (String, Unexplained)) {
    if from.0 < into.0 {
        into.0 = from.0;
    }
    into.1.track.merge(&from.1.track);
    into.1.exemplars.extend(from.1.exemplars);
}

impl Group {
    fn add(&mut self, stream: &StreamKey, moment: Moment, failure: Failure) {
        if failure.call_only {
            self.calls.add(moment)
        } else {
            self.events.add(moment)
        }
        self.streams.entry(stream.clone()).or_default().add(moment);
        for used in failure.signals {
            let at = used.shown.as_ref().map_or(moment.at, |shown| shown.at);
            self.signals.entry(used.signal).or_default().add(at, used);
        }
        let counted = [
            (&mut self.frameworks, failure.framework),
            (&mut self.classes, failure.class),
            (&mut self.languages, failure.language),
            (&mut self.hosts, failure.host),
        ];
        for (map, name) in counted {
            if let Some(name) = name {
                *map.entry(name).or_default() += 1;
            }
        }
        self.gateway += u64::from(failure.gateway);
        self.module_level += u64::from(failure.module_level);
        self.parallel += u64::from(failure.parallel);
        self.assumed_role += u64::from(failure.assumed_role);
        self.generic += u64::from(failure.generic);
        self.weak += u64::from(failure.weak);
        self.retried += u64::from(failure.retried && !failure.call_only);
        for key in failure.keys {
            *self.keys.entry(key).or_default() += 1;
        }
        self.because.extend(failure.because.map(|because| (moment.at, because)));
        self.exemplars.extend(failure.exemplar.map(|exemplar| (moment.at, exemplar)));
        self.bound();
    }

    /// Adds the occurrences of another group.
    pub fn merge(&mut self, other: Self) {
        self.events.merge(&other.events);
        self.calls.merge(&other.calls);
        merge_maps(&mut self.signals, other.signals, SignalTally::merge);
        merge_maps(&mut self.streams, other.streams, |a, b| a.merge(&b));
        for (mine, theirs) in [
            (&mut self.frameworks, other.frameworks),
            (&mut self.classes, other.classes),
            (&mut self.languages, other.languages),
            (&mut self.hosts, other.hosts),
        ] {
            merge_maps(mine, theirs, |a, b| *a += b);
        }
        self.gateway += other.gateway;
        self.module_level += other.module_level;
        self.parallel += other.parallel;
        self.assumed_role += other.assumed_role;
        self.generic += other.generic;
        self.weak += other.weak;
        self.retried += other.retried;
        merge_maps(&mut self.keys, other.keys, |a, b| *a += b);
        self.because.extend(other.because);
        self.exemplars.extend(other.exemplars);
        self.bound();
    }

    fn bound(&mut self) {
        few(&mut self.because, 1);
        few(&mut self.exemplars, MOST_EXEMPLARS);
        few(&mut self.keys, MOST_NAMES);
        few(&mut self.streams, MOST_STREAMS);
        few(&mut self.hosts, MOST_NAMES);
        few(&mut self.classes, MOST_NAMES);
    }

    /// Occurrences: events, or failing calls where no event came of them.
    #[must_use]
    pub fn occurrences(&self) -> Track {
        if self.events.count > 0 { self.events } else { self.calls }
    }
}

impl SignalTally {
    fn add(&mut self, at: Position, used: Used) {
        self.count += 1;
        if let Some(shown) = used.shown {
            self.places.insert(at, shown);
            few(&mut self.places, MOST_EXEMPLARS);
        }
    }

    fn merge(&mut self, other: Self) {
        self.count += other.count;
        self.places.extend(other.places);
        few(&mut self.places, MOST_EXEMPLARS);
    }
}

fn merge_maps<K: Ord, V>(mine: &mut BTreeMap<K, V>, theirs: BTreeMap<K, V>, merge: impl Fn(&mut V, V)) {
    for (key, value) in theirs {
        match mine.entry(key) {
            std::collections::btree_map::Entry::Vacant(entry) => {
                entry.insert(value);
            }
            std::collections::btree_map::Entry::Occupied(mut entry) => merge(entry.get_mut(), value),
        }
    }
}

fn few<K: Ord, V>(map: &mut BTreeMap<K, V>, most: usize) {
    while map.len() > most {
        map.pop_last();
    }
}

fn cap<K: Ord, V>(map: &mut BTreeMap<K, V>, most: usize, caps: &mut BTreeSet<&'static str>, name: &'static str) {
    if map.len() > most {
        caps.insert(name);
        few(map, most);
    }
}
