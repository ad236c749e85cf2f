//! Records of one line that stand for themselves, of which there may be very many.
//!
//! Most are calls and requests that went well. What says the same again, at another time, is not analysed again but counted. It must make
//! no difference to the evidence which records came in one batch.

use std::hash::{BuildHasher, Hash, Hasher};
use std::sync::Arc;

use hashbrown::hash_table::Entry;
use hashbrown::{DefaultHashBuilder, HashMap, HashTable};

use crate::assemble;
use crate::evidence::{Evidence, Seen, StreamKey};
use crate::model::{Event, Moment, StreamId};
use crate::observe::{Memory, Observer};
use crate::rules::CompiledRules;
use crate::streams::Record;

/// The evidence of records that stand for themselves.
#[must_use]
pub fn analyse_records(rules: &CompiledRules, memory: &Memory, records: &[Record]) -> Evidence {
    let mut evidence = Evidence::default();
    observe(rules, memory, records, &mut evidence);
    evidence
}

/// Adds what records show; the number of observations.
pub(super) fn observe(rules: &CompiledRules, memory: &Memory, records: &[Record], evidence: &mut Evidence) -> usize {
    let mut count = 0;
    let mut repeated = Repeated::default();
    // What a record tells of calls depends on its text alone.
    let reader = Observer::new(rules, memory, &[], StreamId::default());
    for record in records {
        if repeated.count(record, record.moments()) {
            continue;
        }
        match outcomes(&reader, record) {
            Some(seen) => {
                let key = StreamKey { stream: record.stream.clone(), worker: record.worker().cloned() };
                repeated.outcomes(record, record.moments(), key, seen);
            }
            None => {
                for line in record.moments().map(|moment| record.line(moment)) {
                    let mut observer = Observer::new(rules, memory, std::slice::from_ref(&line), record.stream.clone());
                    for observation in observer.observe(&assemble::record(&record.stream, &line)) {
                        evidence.add(observation);
                        count += 1;
                    }
                }
            }
        }
    }
    count + repeated.give(evidence)
}

/// What a record shows, if that is outcomes alone.
fn outcomes(reader: &Observer<'_>, record: &Record) -> Option<Arc<[Seen]>> {
    let (text, request, signals) = (record.text(), record.request(), record.signals());
    // A text that is searched for outcomes in vain is searched again: worth it where its signals are known, or others say the same.
    let cheap = signals.is_some() || record.says().is_some();
    let seen = cheap.then(|| record.shown(|| reader.outcomes(text, request, signals))).flatten();
    record.learn_of_numbers(|| seen.is_some() && reader.disregards_numbers(text, request, signals));
    seen
}

/// Outcomes of a batch, each once with all its moments.
#[derive(Default)]
pub(super) struct Repeated {
    /// By what their records say.
    known: HashMap<usize, usize>,
    /// By what they are, because many say the same in other words.
    places: HashTable<usize>,
    hasher: DefaultHashBuilder,
    outcomes: Vec<Outcomes>,
}

/// What records show in one stream, and when.
struct Outcomes {
    key: StreamKey,
    seen: Arc<[Seen]>,
    moments: Vec<Moment>,
}

impl Outcomes {
    /// Whether these are the same outcomes of this stream; what is no outcome is the same as nothing.
    fn is(&self, key: &StreamKey, seen: &[Seen]) -> bool {
        let same = |(one, other): (&Seen, &Seen)| one.outcome().is_some_and(|one| other.outcome() == Some(one));
        self.key == *key && self.seen.len() == seen.len() && self.seen.iter().zip(seen).all(same)
    }
}

impl Repeated {
    /// Counts a record that says what another of the batch said.
    fn count(&mut self, record: &Record, moments: impl IntoIterator<Item = Moment>) -> bool {
        let Some(&at) = record.says().and_then(|says| self.known.get(&says)) else { return false };
        self.outcomes[at].moments.extend(moments);
        true
    }

    /// Takes an event that is a record of one line of this stream, if it tells of outcomes alone; whether it does.
    pub(super) fn event(
        &mut self,
        reader: &Observer<'_>,
        (event, record): (&Event, &Record),
        stream: &StreamId,
    ) -> bool {
        // How an invocation ended is told by what stands around.
        if event.request.is_some() {
            return false;
        }
        let moment = Moment { time: event.time, at: event.at };
        if self.count(record, [moment]) {
            return true;
        }
        let Some(seen) = outcomes(reader, record) else { return false };
        let key = StreamKey { stream: stream.clone(), worker: event.worker.clone() };
        self.outcomes(record, [moment], key, seen);
        true
    }

    /// Takes the outcomes of a record, which nobody said so before.
    fn outcomes(
        &mut self,
        record: &Record,
        moments: impl IntoIterator<Item = Moment>,
        key: StreamKey,
        seen: Arc<[Seen]>,
    ) {
        let hash = |key: &StreamKey, seen: &[Seen]| {
            let mut hasher = self.hasher.build_hasher();
            key.hash(&mut hasher);
            seen.iter().for_each(|seen| seen.outcome().hash(&mut hasher));
            hasher.finish()
        };
        let all = &mut self.outcomes;
        let place = self.places.entry(
            hash(&key, &seen),
            |at| all[*at].is(&key, &seen),
            |at| hash(&all[*at].key, &all[*at].seen),
        );
        let at = match place {
            Entry::Occupied(known) => *known.get(),
            Entry::Vacant(free) => {
                all.push(Outcomes { key, seen, moments: Vec::new() });
                *free.insert(all.len() - 1).get()
            }
        };
        self.outcomes[at].moments.extend(moments);
        if let Some(says) = record.says() {
            self.known.insert(says, at);
        }
    }

    /// Adds what was counted; the number of observations.
    pub(super) fn give(self, evidence: &mut Evidence) -> usize {
        let mut count = 0;
        for Outcomes { key, seen, mut moments } in self.outcomes {
            // In order, those that fall into one bucket of a timeline stand together.
            moments.sort();
            seen.iter().for_each(|seen| evidence.add_each(&key, seen, &moments));
            count += seen.len() * moments.len();
        }
        count
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::SourceSpec;
    use crate::model::SourceId;
    use crate::rules::{Gate, RuleSet};
    use crate::scan::{self, Options, Silent};

    /// The same evidence from the records of a log in one batch, in small ones, and each by itself.
    #[test]
    fn which_records_come_together_does_not_show() {
        let rules = CompiledRules::new(RuleSet::embedded().expect("built-in rules")).expect("built-in rules");
        let literals: Vec<&str> = assemble::literals().collect();
        let gate = Gate::new(&rules, &literals);
        let mut log = String::new();
        for second in 0..60 {
            let url = ["https://api.openai.com/v1/embeddings", "http://search.internal/v1/find"][second % 2];
            log +=
                &format!("2026-11-23 08:00:{second:02},005 INFO httpx: HTTP Request: POST {url} \"HTTP/1.1 200 OK\"\n");
            // Numbers that differ without telling anything, and some that do.
            let (part, status, size) = (second % 3, [200, 503, 404][second % 7 % 3], second * 1111);
            log += &format!("10.0.0.{second} - - [23/Nov/2026:08:00:{second:02} +0000] ");
            log += &format!("\"GET /ask/v{part} HTTP/1.1\" {status} {size}\n");
        }
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("app.log");
        std::fs::write(&path, log).expect("written");
        let told = |most: usize| {
            let memory = Memory::default();
            let mut all = Evidence::default();
            let analyse = scan::Analyse {
                segment: |_: &crate::streams::Stretch| Evidence::default(),
                records: |records: &[Record]| {
                    let mut evidence = Evidence::default();
                    records.chunks(most).for_each(|few| evidence.merge(analyse_records(&rules, &memory, few)));
                    evidence
                },
            };
            let mut sink = |parts: Vec<Evidence>, _| parts.into_iter().for_each(|part| all.merge(part));
            let options = Options { block_bytes: 4096, blocks_in_flight: 2 };
            scan::scan_source(&gate, &SourceSpec::file(&path), SourceId(0), options, &Silent, &analyse, &mut sink)
                .expect("readable");
            all
        };
        let once = told(usize::MAX);
        let successes = |evidence: &Evidence| {
            let calls = evidence.calls.values().chain(evidence.routes.values()).flat_map(|streams| streams.values());
            calls.chain(evidence.internal.values()).map(|timeline| timeline.successes.count).sum::<u64>()
        };
        assert_eq!(successes(&once), 60 + (0..60).filter(|second| second % 7 % 3 == 0).count() as u64);
        for most in [1, 7] {
            assert_eq!(format!("{:?}", told(most)), format!("{once:?}"));
        }
    }
}
