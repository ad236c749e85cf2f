//! Real output of Node against what the failing program knew of its own errors, and output nobody should have to read.

use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::model::{Position, SourceId};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/traces/javascript")
}

fn lines_of(text: &str) -> Vec<Line> {
    let line = |(at, text): (usize, &str)| {
        let at = Position { source: SourceId(0), line: at as u64 + 1, offset: 0 };
        let mut line = Line::bare(text, at);
        // What the envelope recognises as the beginning of a record in these files.
        line.starts = text.starts_with("2026-") || text.starts_with("[08:");
        if text.starts_with("2026-") && text.contains(" ERROR ") {
            line.severity = Some(Severity::Error);
        }
        line
    };
    text.lines().enumerate().map(line).collect()
}

fn find(text: &str) -> Vec<Found> {
    JavaScript.find(&lines_of(text))
}

fn only(text: &str) -> Found {
    let mut found = find(text);
    assert_eq!(found.len(), 1, "{found:#?}");
    found.remove(0)
}

fn kinds(found: &Found) -> Vec<&str> {
    found.chain.links.iter().map(|link| link.kind.as_str()).collect()
}

fn property<'a>(exception: &'a Exception, name: &str) -> Option<&'a str> {
    exception.properties.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}

fn wanted_kinds(chain: &Value) -> Vec<String> {
    let mut kinds = Vec::new();
    for link in chain.as_array().into_iter().flatten() {
        if link.is_array() {
            kinds.extend(wanted_kinds(link));
            continue;
        }
        kinds.push(link["type"].as_str().unwrap_or_default().to_owned());
        kinds.extend(wanted_kinds(&link["members"]));
    }
    kinds
}

fn covered(found: &Found) -> Vec<usize> {
    found.lines.iter().cloned().flatten().collect()
}

fn wanted_lines(side: &Value) -> Vec<usize> {
    let number = |value: &Value| usize::try_from(value.as_u64().unwrap_or_default()).unwrap_or_default();
    let scattered = side["scattered_event_lines"].as_array();
    match scattered {
        Some(lines) => lines.iter().map(number).collect(),
        None => {
            side["event_lines"].as_array().into_iter().flatten().flat_map(|r| number(&r[0])..=number(&r[1])).collect()
        }
    }
}

#[test]
fn real_output_is_read_as_what_it_was() {
    let mut cases = 0;
    let mut logs: Vec<PathBuf> = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path()).collect();
    logs.sort();
    for log in logs.iter().filter(|path| path.extension().is_some_and(|e| e == "log")) {
        let side: Value = serde_json::from_str(&fs::read_to_string(log.with_extension("json")).unwrap()).unwrap();
        let found = find(&fs::read_to_string(log).unwrap());
        let name = log.file_stem().unwrap().to_string_lossy();
        assert_eq!(found.len(), 1, "{name}: {found:#?}");
        let found = &found[0];
        assert_eq!(covered(found), wanted_lines(&side), "{name}: lines");
        let root = found.chain.root_exception();
        let text =
            |key: &str| side[format!("text_{key}")].as_str().or(side[key].as_str()).unwrap_or_default().to_owned();
        assert_eq!(root.kind, text("root_type"), "{name}: root");
        assert_eq!(root.message.trim(), text("root_message").trim(), "{name}: message");
        if side["text_root_type"].is_null() {
            assert_eq!(kinds(found), wanted_kinds(&side["chain"]), "{name}: types");
        }
        if let Some(frames) = side["frames_in_text"].as_u64() {
            let got: usize = found.chain.links.iter().map(|link| link.frames.len()).sum();
            assert_eq!(got as u64, frames, "{name}: frames");
        }
        assert_eq!(found.chain.complete, side["truncated"].is_null(), "{name}: complete");
        cases += 1;
    }
    assert!(cases >= 20, "{cases}");
}

#[test]
fn every_case_passes_the_gate() {
    for entry in fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|e| e == "log") {
            let text = fs::read_to_string(&path).unwrap();
            assert!(JavaScript.literals().iter().any(|literal| text.contains(literal)), "{}", path.display());
        }
    }
    assert!(JavaScript.literals().iter().all(|literal| literal.len() >= 4));
}
