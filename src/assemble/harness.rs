//! Holds a grammar's events against sidecars: what the failing programs themselves knew of their errors.
//!
//! Shared by every language. The folders under `testdata/traces` are read from the bytes on, through all grammars; what a grammar makes of a
//! few lines is tried on lines alone.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use serde_json::Value;

use crate::assemble::{Found, Grammar, assemble};
use crate::input::SourceSpec;
use crate::model::{Event, ExceptionChain, Line, Position, Relation, Severity, SourceId};
use crate::rules::Gate;
use crate::scan;
use crate::streams::{Record, Stretch};

/// Time and level as the programs in the folders print them; reading real prefixes is the envelope's work.
const PREFIX: &str = r"^(?:[A-Z], )?\[?(?:\d{4}-\d\d-\d\d[T ])?\d\d:\d\d:\d\d[^ \]]*(?: #\d+)?\]? *(?:\[?([A-Za-z.]*?(INFO|ERROR|WARN|FATAL|error|info))\]?)?(?: search\])?(?: --)?:? *";

/// The lines of a text without colours and prefixes.
pub(in crate::assemble) fn lines(text: &str) -> Vec<Line> {
    let colours = regex::Regex::new("\u{1b}\\[[0-9;]*m").unwrap();
    let prefix = regex::Regex::new(PREFIX).unwrap();
    let read = |(index, raw): (usize, &str)| {
        let at = Position { source: SourceId(0), line: index as u64 + 1, offset: 0 };
        let mut line = Line::bare(&*colours.replace_all(raw.trim_end_matches('\r'), ""), at);
        if let Some(found) = prefix.captures(&line.text) {
            line.head.severity = found.get(2).and_then(|level| Severity::parse(level.as_str()));
            line.text = line.text[found[0].len()..].into();
            line.starts = true;
        }
        line
    };
    text.split_terminator('\n').enumerate().map(read).collect()
}

/// What the grammar finds in a text.
pub(in crate::assemble) fn find(grammar: &dyn Grammar, text: &str) -> Vec<Found> {
    grammar.find(&lines(text))
}

/// The only exception of a text.
pub(in crate::assemble) fn only(grammar: &dyn Grammar, text: &str) -> Found {
    let mut found = find(grammar, text);
    assert_eq!(found.len(), 1, "{text}\n{found:#?}");
    found.remove(0)
}

/// The classes of a chain.
pub(in crate::assemble) fn kinds(found: &Found) -> Vec<&str> {
    found.chain.links.iter().map(|link| link.kind.as_str()).collect()
}

/// The frames of every link.
pub(in crate::assemble) fn frames(found: &Found) -> Vec<usize> {
    found.chain.links.iter().map(|link| link.frames.len()).collect()
}

/// The lines an exception covers, which nothing interrupts.
pub(in crate::assemble) fn span(found: &Found) -> std::ops::Range<usize> {
    assert_eq!(found.lines.len(), 1, "{found:?}");
    found.lines[0].clone()
}

fn folder(language: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/traces").join(language)
}

/// The paths of a language's logs.
fn logs(language: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder(language)).into_iter().flatten();
    let mut logs: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    logs.sort();
    logs.retain(|path| path.extension().is_some_and(|end| end == "log"));
    logs
}

/// The text of one log.
pub(in crate::assemble) fn log(language: &str, name: &str) -> String {
    fs::read_to_string(folder(language).join(name).with_extension("log")).unwrap()
}

/// The exceptions of a log, read as the program reads it.
fn events(log: &Path) -> Vec<Event> {
    let mut events: Vec<Event> = Vec::new();
    let mut keep = |found: Vec<Vec<Event>>, _| events.extend(found.into_iter().flatten());
    let (spec, gate, options) = (SourceSpec::file(log), Gate::open(), scan::Options::default());
    let analyse =
        scan::Analyse { segment: |stretch: &Stretch| assemble(&stretch.segment), records: |_: &[Record]| Vec::new() };
    scan::scan_source(&gate, &spec, SourceId(0), options, &scan::Silent, &analyse, &mut keep).unwrap();
    events.retain(|event| event.chain.is_some());
    events.sort_by_key(|event| event.lines[0]);
    events
}

/// Every case of the folder gives what really happened, from the bytes of the file to the events. A sidecar with `miss` says why a case
/// is not read right; when it is, that note has to go.
pub(in crate::assemble) fn check(grammar: &dyn Grammar, language: &str, at_least: usize) {
    let mut problems = Vec::new();
    let logs = logs(language);
    for log in &logs {
        let name = log.file_stem().unwrap().to_string_lossy();
        let side: Value = serde_json::from_str(&fs::read_to_string(log.with_extension("json")).unwrap()).unwrap();
        let events = events(log);
        let mut wrong = judge(grammar, &side, &events);
        let text = fs::read_to_string(log).unwrap();
        if !events.is_empty() && !grammar.literals().iter().any(|literal| text.contains(*literal)) {
            wrong.push("the gate would skip it".to_owned());
        }
        if side["miss"].is_string() {
            wrong = if wrong.is_empty() { vec!["is read right, but called a miss".to_owned()] } else { Vec::new() };
        }
        problems.extend(wrong.into_iter().map(|what| format!("{language}/{name}: {what}")));
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    assert!(logs.len() >= at_least, "{}", logs.len());
    assert!(grammar.literals().iter().all(|literal| literal.len() >= 4));
}

/// What is wrong with the events of a log, in words.
fn judge(grammar: &dyn Grammar, side: &Value, events: &[Event]) -> Vec<String> {
    let times = side["events"].as_u64().unwrap_or(1);
    let more = side["more_events"].as_array().into_iter().flatten();
    let wanted: Vec<(&Value, BTreeSet<u64>)> = if side["negative"] == Value::Bool(true) {
        Vec::new()
    } else if times > 1 {
        // One exception, printed several times.
        side["event_lines"].as_array().unwrap().iter().map(|range| (side, numbers([range]))).collect()
    } else {
        std::iter::once(side).chain(more).map(|side| (side, numbers(array(&side["event_lines"])))).collect()
    };
    if events.len() != wanted.len() {
        return vec![format!("{} events instead of {}: {events:#?}", events.len(), wanted.len())];
    }
    let uncertain = numbers(array(&side["uncertain_lines"]));
    let mut wrong = Vec::new();
    for (event, (side, lines)) in events.iter().zip(wanted) {
        let scattered = array(&side["scattered_event_lines"]).iter().map(|line| line.as_u64().unwrap() + 1);
        let lines: BTreeSet<u64> = lines.into_iter().chain(scattered).collect();
        let got: BTreeSet<u64> = event.lines.iter().flat_map(|(first, last)| *first..=*last).collect();
        if lines.symmetric_difference(&got).any(|line| !uncertain.contains(line)) {
            wrong.push(format!("lines {got:?} instead of {lines:?}"));
        }
        wrong.extend(judge_chain(grammar, side, event.chain.as_ref().unwrap()));
    }
    wrong
}

fn judge_chain(grammar: &dyn Grammar, side: &Value, chain: &ExceptionChain) -> Vec<String> {
    let mut wrong = Vec::new();
    let root = chain.root_exception();
    // What the text holds may be less than the object, or more: an exception quoted in a message.
    let text = |key: &str| {
        let said = ["real_", "text_", ""].iter().find_map(|kind| side[format!("{kind}{key}")].as_str());
        said.unwrap_or_default().to_owned()
    };
    if !squash(&root.message).contains(&squash(&text("root_message"))) {
        wrong.push(format!("root message {:?}", root.message));
    }
    let unnamed = side.get("root_type_as_printed").is_some_and(Value::is_null);
    let short = side["root_type_as_printed"].is_string();
    let same = |got: &str, wanted: &str| got == wanted || (short && wanted.ends_with(&format!(".{got}")));
    if !unnamed && !same(&root.kind, &text("root_type")) {
        wrong.push(format!("root {:?} instead of {:?}", root.kind, text("root_type")));
    }
    let told = side["root_in_text"] != Value::Bool(false) && side["cause_in_text"] != Value::Bool(false);
    if !unnamed && told && side["text_root_type"].is_null() && side["chain"].is_array() {
        let mut wanted = Vec::new();
        wanted_kinds(&side["chain"], &mut wanted);
        // What is quoted in a message stands in the text, not in the object.
        let own = chain.links.iter().take_while(|link| link.relation != Relation::Wrapped);
        let got: Vec<&str> = own.map(|link| link.kind.as_str()).collect();
        if got.len() != wanted.len() || !got.iter().zip(&wanted).all(|(got, wanted)| same(got, wanted)) {
            wrong.push(format!("types {got:?} instead of {wanted:?}"));
        }
    }
    if let Some(frames) = side["frames_in_text"].as_u64() {
        let got: usize = chain.links.iter().map(|link| link.frames.len()).sum();
        let wanted = frames - side["decoy_frames"].as_u64().unwrap_or(0);
        if got as u64 != wanted {
            wrong.push(format!("{got} frames instead of {wanted}"));
        }
    }
    if chain.language != grammar.language() || chain.complete != side["truncated"].is_null() {
        wrong.push(format!("{:?}, complete: {}", chain.language, chain.complete));
    }
    wrong
}

/// Types of a sidecar's chain; members and suppressed ones behind what holds them.
fn wanted_kinds(chain: &Value, into: &mut Vec<String>) {
    for link in array(chain) {
        if link.is_array() {
            wanted_kinds(link, into);
            continue;
        }
        into.push(link["type"].as_str().unwrap_or_default().to_owned());
        wanted_kinds(&link["members"], into);
        wanted_kinds(&link["suppressed"], into);
    }
}

fn array(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// Line numbers of ranges that count from 0.
fn numbers<'a>(ranges: impl IntoIterator<Item = &'a Value>) -> BTreeSet<u64> {
    ranges.into_iter().flat_map(|range| range[0].as_u64().unwrap() + 1..=range[1].as_u64().unwrap() + 1).collect()
}

fn squash(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// No mixture of the folder's lines, cut and shuffled, with `extra` ones makes the grammar panic or break the rules for ranges.
pub(in crate::assemble) fn survives(grammar: &dyn Grammar, language: &str, extra: &[&str]) {
    let mut pool: Vec<String> = extra.iter().map(|line| (*line).to_owned()).collect();
    pool.push(String::new());
    for log in logs(language) {
        let text = fs::read_to_string(log).unwrap();
        pool.extend(text.lines().take(40).map(str::to_owned));
    }
    let picks = prop::collection::vec((any::<prop::sample::Index>(), 0usize..90, any::<bool>()), 0..100);
    let config = ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() };
    let outcome = TestRunner::new(config).run(&picks, |picks| {
        let line = |(pick, cut, starts): &(prop::sample::Index, usize, bool)| {
            let whole = pick.get(&pool);
            let text: String =
                if *cut < 60 { whole.clone() } else { whole.chars().skip(cut - 60).take(cut - 55).collect() };
            let mut line = Line::bare(text, Position { source: SourceId(0), line: 1, offset: 0 });
            line.starts = *starts && cut % 4 == 0;
            line
        };
        let lines: Vec<Line> = picks.iter().map(line).collect();
        let mut end = 0;
        for found in grammar.find(&lines) {
            prop_assert!(!found.chain.links.is_empty() && found.chain.root < found.chain.links.len());
            prop_assert!(!found.lines.is_empty());
            for range in &found.lines {
                prop_assert!(range.start >= end && range.start < range.end && range.end <= lines.len());
                end = range.end;
            }
        }
        Ok(())
    });
    assert!(outcome.is_ok(), "{outcome:?}");
}

/// A text of `count` times `line` behind `head` is read in a time that only a linear reader can keep.
pub(in crate::assemble) fn stays_linear(grammar: &dyn Grammar, head: &str, line: &str, count: usize) -> Vec<Found> {
    let text = format!("{head}{}", line.repeat(count));
    let lines = lines(&text);
    grammar.find(&lines)
}
