//! Holds a grammar's events against sidecars: what the failing programs themselves knew of their errors.
//!
//! Shared by the languages whose folders under `testdata/traces` are read in the same way.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use serde_json::Value;

use crate::assemble::{Found, Grammar, assemble};
use crate::model::{Event, ExceptionChain, Line, Position, Segment, Severity, SourceId, StreamId};

/// Time and level as the programs in the folders print them; reading real prefixes is the envelope's work.
const PREFIX: &str = r"^(?:[A-Z], )?\[?(?:\d{4}-\d\d-\d\d[T ])?\d\d:\d\d:\d\d[^ \]]*(?: #\d+)?\]? *(?:\[?([A-Za-z.]*?(INFO|ERROR|WARN|FATAL|error|info))\]?)?(?: search\])?(?: --)?:? *";

/// The lines of a text without colours and prefixes.
pub(in crate::assemble) fn lines(text: &str) -> Vec<Line> {
    let colours = regex::Regex::new("\u{1b}\\[[0-9;]*m").unwrap();
    let prefix = regex::Regex::new(PREFIX).unwrap();
    let read = |(index, raw): (usize, &str)| {
        let at = Position { source: SourceId(0), line: index as u64 + 1, offset: 0 };
        let mut line = Line::bare(colours.replace_all(raw.trim_end_matches('\r'), ""), at);
        if let Some(found) = prefix.captures(&line.text) {
            line.severity = found.get(2).and_then(|level| Severity::parse(level.as_str()));
            line.text = line.text[found[0].len()..].to_owned();
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

/// The logs of a language with their sidecars.
fn cases(language: &str) -> Vec<(String, String, Value)> {
    let entries = fs::read_dir(folder(language)).into_iter().flatten();
    let mut logs: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    logs.sort();
    logs.retain(|path| path.extension().is_some_and(|end| end == "log"));
    let read = |path: &PathBuf| {
        let side = fs::read_to_string(path.with_extension("json")).unwrap();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        (name, fs::read_to_string(path).unwrap(), serde_json::from_str(&side).unwrap())
    };
    logs.iter().map(read).collect()
}

/// Every case of the folder gives what really happened, read through all grammars.
pub(in crate::assemble) fn check(grammar: &dyn Grammar, language: &str, at_least: usize) {
    let mut seen = 0;
    for (name, text, side) in cases(language) {
        let segment = Segment { stream: StreamId::default(), lines: lines(&text), cut: false };
        let events: Vec<Event> = assemble(&segment).into_iter().filter(|event| event.chain.is_some()).collect();
        assert_eq!(events.len(), usize::from(side["negative"] != Value::Bool(true)), "{name}: {events:#?}");
        for event in &events {
            let chain = event.chain.as_ref().unwrap();
            assert_eq!(chain.language, grammar.language(), "{name}");
            check_event(&name, event, chain, &side);
        }
        let hit = |literal: &&str| text.contains(*literal);
        assert!(events.is_empty() || grammar.literals().iter().any(hit), "{name}: the gate would skip it");
        seen += 1;
    }
    assert!(seen >= at_least, "{seen}");
    assert!(grammar.literals().iter().all(|literal| literal.len() >= 4));
}

fn check_event(name: &str, event: &Event, chain: &ExceptionChain, side: &Value) {
    let wanted: BTreeSet<u64> = side["event_lines"]
        .as_array()
        .into_iter()
        .flatten()
        .flat_map(|range| range[0].as_u64().unwrap() + 1..=range[1].as_u64().unwrap() + 1)
        .collect();
    let got: BTreeSet<u64> = event.lines.iter().flat_map(|(first, last)| *first..=*last).collect();
    assert_eq!(got, wanted, "{name}: lines");
    let text = |key: &str| side[format!("text_{key}")].as_str().or(side[key].as_str()).unwrap_or_default().to_owned();
    let root = chain.root_exception();
    assert!(squash(&root.message).contains(&squash(&text("root_message"))), "{name}: {:?}", root.message);
    assert_eq!(root.kind, text("root_type"), "{name}: root");
    if side["text_root_type"].is_null() && side["root_in_text"] != Value::Bool(false) {
        let links = side["chain"].as_array().unwrap();
        let wanted: Vec<&str> = links.iter().map(|link| link["type"].as_str().unwrap_or_default()).collect();
        let got: Vec<&str> = chain.links.iter().map(|link| link.kind.as_str()).collect();
        assert_eq!(got, wanted, "{name}: types");
    }
    if let Some(frames) = side["frames_in_text"].as_u64() {
        let got: usize = chain.links.iter().map(|link| link.frames.len()).sum();
        assert_eq!(got as u64, frames - side["decoy_frames"].as_u64().unwrap_or(0), "{name}: frames");
    }
}

fn squash(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// No mixture of the folder's lines, cut and shuffled, with `extra` ones makes the grammar panic or break the rules for ranges.
pub(in crate::assemble) fn survives(grammar: &dyn Grammar, language: &str, extra: &[&str]) {
    let mut pool: Vec<String> = extra.iter().map(|line| (*line).to_owned()).collect();
    pool.push(String::new());
    for (_, text, _) in cases(language) {
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
