//! Who fails and who succeeds, since when: the evidence that no single line shows.
//!
//! Computed once per finding from the merged evidence. What the log cannot show is *unknown*, never false: a pasted traceback has no
//! other streams, and a client that logs no successes has not proved that there were none.

use std::collections::{BTreeMap, BTreeSet};

use super::{Evidence, Group, GroupKey, StreamKey, Subject, Timeline, Track};
use crate::model::{Aggregate, Moment, Position, StreamId};

/// Whether an aggregate holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Truth {
    True,
    False,
    Unknown,
}

impl From<bool> for Truth {
    fn from(value: bool) -> Self {
        if value { Self::True } else { Self::False }
    }
}

/// Lifetimes that tokens and sessions usually have, in seconds.
const LIFETIMES: [f64; 8] = [300.0, 600.0, 900.0, 1800.0, 3600.0, 7200.0, 43_200.0, 86_400.0];

/// A failure this close to a round lifetime after the start counts as one, as a share of the lifetime.
const LIFETIME_SLACK: f64 = 0.04;

/// What one stream did.
#[derive(Clone, Debug)]
pub struct StreamFacts {
    /// Name as shown.
    pub name: String,
    /// Its failures.
    pub failures: Track,
    /// Successes and failures of the same call over time.
    pub outcomes: Timeline,
    /// First sign of life.
    pub start: Option<Moment>,
    /// Starts in the log.
    pub boots: BTreeSet<Moment>,
}

impl StreamFacts {
    fn succeeds_only(&self) -> bool {
        self.failures.count == 0 && self.outcomes.successes.count > 0
    }

    fn fails_only(&self) -> bool {
        self.failures.count > 0 && self.outcomes.successes.count * 20 <= self.failures.count
    }

    fn succeeded_before(&self) -> bool {
        match (self.outcomes.successes.first(), self.failures.first()) {
            (Some(success), Some(failure)) => success < failure,
            _ => false,
        }
    }

    /// Success, then only failures until the end or until a restart.
    fn switched(&self) -> bool {
        self.succeeded_before()
            && self.outcomes.successes_among_failures() == 0
            && (!self.recovers() || self.recovers_by_restart())
    }

    fn recovers(&self) -> bool {
        match (self.outcomes.successes.last(), self.failures.last()) {
            (Some(success), Some(failure)) => success > failure,
            _ => false,
        }
    }

    fn recovers_by_restart(&self) -> bool {
        let (Some(success), Some(failure)) = (self.outcomes.successes.last(), self.failures.last()) else {
            return false;
        };
        self.boots.iter().any(|boot| *boot > failure && *boot < success)
    }
}

/// The contrast around one finding.
#[derive(Clone, Debug)]
pub struct Contrast {
    /// Streams that fail or succeed with the same call, most failures first.
    pub streams: Vec<StreamFacts>,
    truths: BTreeMap<Aggregate, Truth>,
    says: BTreeMap<Aggregate, String>,
    places: BTreeMap<Aggregate, Vec<(Position, String)>>,
}

impl Contrast {
    /// Computes the contrast of one group within all the evidence.
    #[must_use]
    pub fn of(evidence: &Evidence, key: &GroupKey, group: &Group) -> Self {
        let (streams, observable) = participants(evidence, key, group);
        let mut contrast = Self { streams, truths: BTreeMap::new(), says: BTreeMap::new(), places: BTreeMap::new() };
        contrast.compare_streams();
        contrast.compare_times(observable);
        contrast.look_around(evidence, key, group);
        contrast.look_at_frames(group);
        contrast.look_at_keys(evidence, key, group);
        contrast.look_at_variables(evidence, key, group);
        contrast
    }

    /// Whether an aggregate holds.
    #[must_use]
    pub fn truth(&self, aggregate: Aggregate) -> Truth {
        self.truths.get(&aggregate).copied().unwrap_or(Truth::Unknown)
    }

    /// What was seen, with the log's own names and numbers; empty where the rule's sentence says enough.
    #[must_use]
    pub fn says(&self, aggregate: Aggregate) -> Option<&str> {
        self.says.get(&aggregate).map(String::as_str)
    }

    /// Lines that show it; empty where only the whole does.
    #[must_use]
    pub fn places(&self, aggregate: Aggregate) -> &[(Position, String)] {
        self.places.get(&aggregate).map(Vec::as_slice).unwrap_or_default()
    }

    /// Makes aggregates unknown.
    pub fn forget(&mut self, aggregates: &[Aggregate]) {
        self.truths.retain(|aggregate, _| !aggregates.contains(aggregate));
    }

    fn set(&mut self, aggregate: Aggregate, truth: impl Into<Truth>) {
        self.truths.insert(aggregate, truth.into());
    }

    fn compare_streams(&mut self) {
        let total = self.streams.len();
        self.set(Aggregate::SeveralStreams, total >= 2);
        if total < 2 {
            return;
        }
        let failing: Vec<&StreamFacts> = self.streams.iter().filter(|s| s.failures.count > 0).collect();
        let only_failing = failing.iter().filter(|s| s.fails_only()).count();
        let well: Vec<&StreamFacts> = self.streams.iter().filter(|s| s.succeeds_only()).collect();
        let subset = only_failing > 0 && !well.is_empty();
        let (failing_count, successes) = (failing.len(), well.iter().map(|s| s.outcomes.successes.count).sum::<u64>());
        let name = failing.first().map(|s| s.name.clone()).unwrap_or_default();
        let starts_later = starts_after(&failing, &well);
        let ends =
            [failing.first().and_then(|s| s.failures.first()), well.first().and_then(|s| s.outcomes.successes.first())];
        let places = places_of(&ends);
        self.set(Aggregate::SubsetOfStreamsFails, subset);
        self.set(Aggregate::AllStreamsFail, failing_count == total);
        if let Some(later) = starts_later {
            self.set(Aggregate::StartsWithBoot, later && subset);
        }
        if subset {
            let what = if name.starts_with("pod/") { "pods" } else { "streams" };
            let verb = if failing_count == 1 { "fails" } else { "fail" };
            let text = format!("{failing_count} of {total} {what} {verb}, the others succeed {successes} times");
            self.says.insert(Aggregate::SubsetOfStreamsFails, text);
            self.places.insert(Aggregate::SubsetOfStreamsFails, places);
        }
        if failing_count == total {
            self.says.insert(Aggregate::AllStreamsFail, format!("all {total} streams fail"));
        }
    }

    fn compare_times(&mut self, observable: bool) {
        let successes: u64 = self.streams.iter().map(|s| s.outcomes.successes.count).sum();
        let failing: Vec<&StreamFacts> = self.streams.iter().filter(|s| s.failures.count > 0).collect();
        if successes == 0 && !observable {
            return;
        }
        let switched: Vec<&&StreamFacts> = failing.iter().filter(|s| s.switched()).collect();
        let intermittent = failing.iter().any(|s| s.outcomes.successes_among_failures() > 0);
        let restart = failing.iter().any(|s| s.recovers_by_restart() && s.outcomes.successes_among_failures() == 0);
        let well: Vec<&StreamFacts> = self.streams.iter().filter(|s| s.succeeds_only()).collect();
        let younger = !switched.is_empty() && starts_after(&well, &failing) == Some(true);
        let said = switched.first().map(|s| {
            let times = s.outcomes.successes.count;
            let from =
                s.failures.first().and_then(|m| m.time).map(|t| format!(" from {} on", t.clock())).unwrap_or_default();
            format!("{} succeeded {times} times, then only failures{from}", s.name)
        });
        let ends = switched.first().map(|s| [s.outcomes.successes.first(), s.failures.first()]).unwrap_or_default();
        let places = places_of(&ends);
        let (has_switched, has_failing) = (!switched.is_empty(), !failing.is_empty());
        self.set(Aggregate::SuccessBeforeFailure, has_switched);
        self.set(Aggregate::OnlyFailures, successes == 0);
        self.set(Aggregate::Intermittent, intermittent);
        self.set(Aggregate::EndsAfterRestart, has_failing && (restart || younger));
        self.says.extend(said.map(|text| (Aggregate::SuccessBeforeFailure, text)));
        self.places.insert(Aggregate::SuccessBeforeFailure, places);
    }

    fn look_around(&mut self, evidence: &Evidence, key: &GroupKey, group: &Group) {
        if key.subject != Subject::Unknown {
            self.set(Aggregate::OwnService, key.subject == Subject::Internal);
        }
        let Some(first) = group.occurrences().first() else { return };
        let last = group.occurrences().last().unwrap_or(first);
        // A client that serves several vendors may have called any of them.
        let anyone = group.weak > 0 && group.weak == group.events.count;
        let theirs = |subject: &Subject| anyone || [key.subject, Subject::Unknown].contains(subject);
        let throttled = evidence.throttles.iter().filter(|(subject, _)| theirs(subject));
        let throttled = throttled.filter_map(|(_, track)| track.first()).any(|moment| moment <= last);
        self.set(Aggregate::ThrottlingBefore, throttled);
        let other_failing = evidence.groups.keys().any(|other| {
            matches!(other.subject, Subject::Component(_))
                && other.subject != key.subject
                && other.symptom == key.symptom
        });
        self.set(Aggregate::SeveralProvidersFail, other_failing);
        let others: Vec<_> = evidence.calls.iter().filter(|((subject, _), _)| *subject != key.subject).collect();
        if !others.is_empty() {
            let well = others.iter().any(|(_, streams)| streams.values().any(|t| t.successes.count > 0));
            self.set(Aggregate::OtherProvidersSucceed, well);
        }
        let change = evidence.changes.values().flatten().find(|(moment, _)| **moment < first);
        self.set(Aggregate::FailuresAfterChange, change.is_some());
        if let Some((_, used)) = change {
            self.says.insert(Aggregate::FailuresAfterChange, used.says.clone());
            self.places.insert(Aggregate::FailuresAfterChange, vec![(used.at, used.quote.clone())]);
        }
        if key.subject == Subject::Internal {
            let siblings = evidence.internal.values().filter(|t| t.successes.count > 0);
            let at_once = siblings.filter_map(|t| t.successes.ends).any(|(from, to)| from <= last && to >= first);
            let known = evidence.internal.values().any(|t| t.successes.count > 0);
            self.set(Aggregate::SiblingCallsSucceed, if known { at_once.into() } else { Truth::Unknown });
        }
        self.look_at_lifetimes();
        let recovered = || self.streams.iter().filter(|s| s.failures.count > 0).all(StreamFacts::recovers);
        let healed = match group.events.count {
            0 => recovered(),
            events => events == group.retried && (recovered() || goes_on(evidence, group)),
        };
        self.set(Aggregate::HealedByRetry, healed);
    }

    fn look_at_lifetimes(&mut self) {
        let ages: Vec<f64> = self
            .streams
            .iter()
            .filter_map(|s| Some((s.failures.first()?.time?, s.boots.first()?.time?)))
            .map(|(failure, boot)| failure.seconds_since(boot))
            .collect();
        if ages.is_empty() {
            return;
        }
        let round = |age: &f64| LIFETIMES.iter().any(|life| (age - life).abs() <= life * LIFETIME_SLACK);
        self.set(Aggregate::FailsOneLifetimeAfterStart, ages.iter().any(round));
    }

    fn look_at_frames(&mut self, group: &Group) {
        if group.events.count > 0 {
            self.set(Aggregate::ModuleLevelFrames, group.module_level * 2 > group.events.count);
            self.set(Aggregate::ParallelFrames, group.parallel > 0);
        }
        if !group.hosts.is_empty() {
            self.set(Aggregate::HostIsGateway, group.gateway > 0);
            if let Some(host) = group.hosts.keys().next().filter(|_| group.gateway > 0) {
                self.says.insert(
                    Aggregate::HostIsGateway,
                    format!("the request went to {host}, not to the provider itself"),
                );
            }
        }
    }

    fn look_at_keys(&mut self, evidence: &Evidence, key: &GroupKey, group: &Group) {
        if group.keys.is_empty() {
            return;
        }
        let Subject::Component(subject) = key.subject else { return };
        let keys: Vec<_> = group.keys.keys().collect();
        // One text can have the shape of several providers' keys: it is foreign only if it has none of this provider's.
        let own: BTreeSet<u64> = keys.iter().filter(|k| k.owner == Some(subject)).map(|k| k.hash).collect();
        let foreign = |k: &crate::keys::KeySeen| {
            !k.shared_shape && !k.placeholder && !own.contains(&k.hash) && k.owner.is_some_and(|owner| owner != subject)
        };
        self.set(Aggregate::KeyOfOtherProvider, keys.iter().any(|k| foreign(k)));
        let fits = keys.iter().any(|k| k.owner == Some(subject));
        // A mask that shows only an end, or a beginning that many keys have, does not tell whose key it is.
        let tells = |k: &crate::keys::KeySeen| !k.shared_shape && (k.owner.is_some() || k.length.is_some());
        if fits || keys.iter().any(|k| tells(k)) {
            self.set(Aggregate::KeyShapeFits, fits);
        }
        self.set(Aggregate::KeyTooShort, keys.iter().any(|k| k.too_short() && !k.placeholder));
        self.set(Aggregate::KeyPlaceholder, keys.iter().any(|k| k.placeholder));
        let distinct: BTreeSet<u64> = keys.iter().map(|k| k.hash).collect();
        // Processes that name the ends of their keys name the refused one too, unless it has been replaced.
        let ends: BTreeSet<u64> = keys.iter().filter_map(|k| k.tail).collect();
        let named = |owner| evidence.key_tails.iter().filter(move |(o, _)| *o == owner).map(|(_, tail)| *tail);
        let mut told: BTreeSet<u64> = named(Some(subject)).collect();
        if told.is_empty() {
            told.extend(named(None));
        }
        let replaced = !ends.is_empty() && !told.is_empty() && (told.len() > 1 || ends.is_disjoint(&told));
        self.set(Aggregate::KeyChanged, distinct.len() > 1 || replaced);
    }

    fn look_at_variables(&mut self, evidence: &Evidence, key: &GroupKey, group: &Group) {
        let Subject::Component(subject) = key.subject else { return };
        let own: Vec<_> = evidence.presence.keys().filter(|p| p.owner == Some(subject)).collect();
        let failing: BTreeSet<&StreamId> = group.streams.keys().map(|s| &s.stream).collect();
        let workers: BTreeSet<&StreamKey> = group.streams.keys().collect();
        // A worker's own boot line beats those of its siblings in the same stream.
        let exact = own.iter().any(|p| workers.contains(&p.stream));
        let near: Vec<_> = own
            .iter()
            .filter(|p| if exact { workers.contains(&p.stream) } else { failing.contains(&p.stream.stream) })
            .collect();
        if !near.is_empty() {
            self.set(Aggregate::EnvKeySet, near.iter().all(|p| p.set));
            self.set(Aggregate::EnvKeyUnset, near.iter().any(|p| !p.set));
        }
        for (aggregate, set) in [(Aggregate::EnvKeySet, true), (Aggregate::EnvKeyUnset, false)] {
            let tallies = near.iter().filter(|p| p.set == set).filter_map(|p| evidence.presence.get(**p));
            let places = tallies.flat_map(|t| t.places.values().map(|used| (used.at, used.quote.clone()))).collect();
            self.places.insert(aggregate, places);
        }
        if let Some(unset) = self.places.get(&Aggregate::EnvKeyUnset).cloned() {
            self.places.insert(Aggregate::EnvDiffers, unset);
        }
        if own.len() > 1 {
            self.set(Aggregate::EnvDiffers, own.iter().any(|p| p.set) && own.iter().any(|p| !p.set));
        }
        let others_set = evidence
            .presence
            .keys()
            .any(|p| p.set && p.owner.is_some_and(|o| o != subject) && failing.contains(&p.stream.stream));
        if !evidence.presence.is_empty() {
            let own_set = near.iter().any(|p| p.set);
            self.set(Aggregate::EnvOnlyOtherProvider, others_set && !own_set);
        }
    }
}

/// Whether all streams in which something failed do some work well afterwards.
fn goes_on(evidence: &Evidence, group: &Group) -> bool {
    let mut latest: BTreeMap<&StreamId, Moment> = BTreeMap::new();
    for (key, timeline) in evidence.calls.values().chain(evidence.routes.values()).flatten() {
        if let Some(success) = timeline.successes.last() {
            let known = latest.entry(&key.stream).or_insert(success);
            *known = success.max(*known);
        }
    }
    let works_after = |(key, failures): (&StreamKey, &Track)| {
        latest.get(&key.stream).zip(failures.last()).is_some_and(|(success, failure)| *success > failure)
    };
    group.streams.iter().all(works_after)
}

/// Where moments stand in the log; what they say is told by the aggregate's sentence.
fn places_of(moments: &[Option<Moment>]) -> Vec<(Position, String)> {
    moments.iter().flatten().map(|moment| (moment.at, String::new())).collect()
}

/// Whether every one of `these` started after every one of `those`; `None` where starts are not known or either is empty.
fn starts_after(these: &[&StreamFacts], those: &[&StreamFacts]) -> Option<bool> {
    let start = |s: &&StreamFacts| s.start;
    let earliest = these.iter().map(start).collect::<Option<Vec<_>>>()?.into_iter().min()?;
    let latest = those.iter().map(start).collect::<Option<Vec<_>>>()?.into_iter().max()?;
    Some(earliest > latest)
}

/// The streams that take part, and whether successes would be seen if there were any.
fn participants(evidence: &Evidence, key: &GroupKey, group: &Group) -> (Vec<StreamFacts>, bool) {
    let mut outcomes: BTreeMap<StreamKey, Timeline> = BTreeMap::new();
    let mut observable = group.calls.count > 0;
    for ((subject, role), streams) in &evidence.calls {
        if *subject != key.subject || (!key.role.is_empty() && !role.is_empty() && *role != key.role) {
            continue;
        }
        for (stream, timeline) in streams {
            outcomes.entry(stream.clone()).or_default().merge(timeline);
        }
    }
    if outcomes.values().all(|t| t.successes.count == 0) && group.calls.count == 0 {
        // The client logs no calls: the application's own routes that fail tell when the operation works.
        let affected = evidence.routes.values().filter(|streams| streams.values().any(|t| t.failures.count > 0));
        for (stream, timeline) in affected.flatten() {
            observable = true;
            outcomes.entry(stream.clone()).or_default().merge(timeline);
        }
    }
    let streams: BTreeSet<&StreamId> = outcomes.keys().chain(group.streams.keys()).map(|k| &k.stream).collect();
    let by_worker = streams.len() < 2;
    let level =
        |k: &StreamKey| if by_worker { k.clone() } else { StreamKey { stream: k.stream.clone(), worker: None } };
    let mut facts: BTreeMap<StreamKey, StreamFacts> = BTreeMap::new();
    let blank = |k: &StreamKey| StreamFacts {
        name: k.to_string(),
        failures: Track::default(),
        outcomes: Timeline::default(),
        start: None,
        boots: BTreeSet::new(),
    };
    for (stream, timeline) in &outcomes {
        let key = level(stream);
        facts.entry(key.clone()).or_insert_with(|| blank(&key)).outcomes.merge(timeline);
    }
    for (stream, track) in &group.streams {
        let key = level(stream);
        facts.entry(key.clone()).or_insert_with(|| blank(&key)).failures.merge(track);
    }
    for (stream, boots) in &evidence.boots {
        if let Some(facts) = facts.get_mut(&level(stream)) {
            facts.boots.extend(boots);
        }
    }
    for (stream, track) in &evidence.seen {
        if let Some(facts) = facts.get_mut(&level(stream)) {
            facts.start = [facts.start, track.first(), facts.boots.first().copied()].into_iter().flatten().min();
        }
    }
    let mut list: Vec<StreamFacts> = facts.into_values().collect();
    list.sort_by(|a, b| b.failures.count.cmp(&a.failures.count).then_with(|| a.name.cmp(&b.name)));
    (list, observable)
}
