//! Real output of Go programs against what the failing program knew of its own errors, and output nobody should have to read.

#![allow(clippy::unwrap_used, clippy::format_push_string, clippy::single_range_in_vec_init)]

use serde_json::Value;

use super::*;
use crate::assemble::harness::{check, kinds, log, survives};
use crate::model::{Position, SourceId, Time};

fn at(number: u64) -> Position {
    Position { source: SourceId(0), line: number, offset: number }
}

fn lines_of(text: &str) -> Vec<Line> {
    let mut lines = Vec::new();
    for (text, number) in text.lines().zip(1..) {
        lines.extend(unwrapped(text, number));
    }
    lines
}

/// What the envelope makes of a line of these files.
fn unwrapped(text: &str, number: u64) -> Vec<Line> {
    let mut line = Line::bare(text, at(number));
    if let Some(rest) = text.strip_prefix("2026/11/23 08:49:30 ") {
        (line.text, line.starts, line.head.time) = (rest.into(), true, Some(Time::utc(7)));
    } else if let Ok(Value::Object(record)) = serde_json::from_str(text) {
        return record_lines(&record, number);
    } else if let Some((_, fields)) = text.split_once(" level=error ") {
        (line.text, line.starts) = (fields.replace("\\\"", "\"").into(), true);
        line.head.severity = Some(Severity::Error);
    }
    vec![line]
}

fn record_lines(record: &serde_json::Map<String, Value>, number: u64) -> Vec<Line> {
    let said = |key: &str| record.get(key).and_then(Value::as_str).unwrap_or_default();
    let mut text = said("msg").to_owned();
    for key in ["panic", "error"].iter().filter(|key| record.contains_key(**key)) {
        text.push_str(&format!(" {key}=\"{}\"", said(key)));
    }
    let mut stack: Vec<String> = said("errorVerbose").lines().map(str::to_owned).collect();
    stack.extend(
        record
            .get("stack")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(|l| l.as_str().map(str::to_owned)),
    );
    let mut lines = vec![Line::bare(text, at(number))];
    lines[0].starts = true;
    lines[0].head.severity = Some(if said("level") == "error" { Severity::Error } else { Severity::Info });
    lines.extend(stack.into_iter().map(|text| Line::bare(text, at(number))));
    lines
}

fn find(text: &str) -> Vec<Found> {
    Go.find(&lines_of(text))
}

fn only(text: &str) -> Found {
    let mut found = find(text);
    assert_eq!(found.len(), 1, "{found:#?}");
    found.remove(0)
}

#[test]
fn real_output_gives_what_really_happened() {
    check(&Go, "go", 12);
}

#[test]
fn panics_while_panicking_share_the_stack() {
    let found = only(&log("go", "go119-repanic"));
    let said: Vec<_> =
        found.chain.links.iter().map(|link| (link.message.as_str(), link.frames.len(), link.relation)).collect();
    let wanted = [
        ("cleanup failed: dial tcp: connection refused", 1, Relation::Surface),
        ("OPENAI_API_KEY not set", 3, Relation::Context),
    ];
    assert_eq!((said.as_slice(), found.chain.root), (wanted.as_slice(), 1));
    let recovered = only(
        "panic: first [recovered]\n\tpanic: second\n[signal SIGSEGV: segmentation violation code=0x1]\n\ngoroutine 1 [running]:\nmain.main()\n\t/a.go:1 +0x1\nexit status 2\n",
    );
    let said: Vec<&str> = recovered.chain.links.iter().map(|link| link.message.as_str()).collect();
    assert_eq!((said, recovered.lines.clone()), (vec!["second", "first"], vec![0..8]));
}

#[test]
fn a_message_may_hold_blank_lines_and_something_like_a_goroutine() {
    let found = only(
        "panic: bad:\n\ngoroutine 99 [fake]:\nnot a call\n\ngoroutine 1 [running]:\nmain.main()\n\t/a.go:1 +0x1\n",
    );
    assert_eq!(found.chain.links[0].message, "bad:\n\ngoroutine 99 [fake]:\nnot a call");
}

#[test]
fn values_with_a_type_are_links() {
    let found = only("panic: (main.Config) 0xc000012345\n\ngoroutine 1 [running]:\nmain.main()\n\t/a.go:1 +0x1\n");
    assert_eq!((kinds(&found), found.chain.root), (vec!["panic", "main.Config"], 1));
    let named = only("panic: main.State(\"lost\")\n\ngoroutine 1 [running]:\nmain.main()\n\t/a.go:1 +0x1\n");
    assert_eq!(named.chain.root_exception().message, "lost");
}

#[test]
fn fatal_errors_begin_where_the_runtime_explains_itself() {
    let found = only(
        "runtime: goroutine stack exceeds 1000000000-byte limit\nfatal error: stack overflow\n\nruntime stack:\nruntime.throw({0x1, 0x2})\n\t/go/panic.go:1047 +0x5d\n\ngoroutine 1 [running]:\nmain.rec(0x1)\n\t/a.go:1 +0x1\n...additional frames elided...\ncreated by main.main\n\t/a.go:9 +0x2\n",
    );
    assert_eq!((found.lines.clone(), found.chain.links[0].frames.len()), (vec![0..13], 2));
}

#[test]
fn lost_tabs_and_lines_of_others_change_nothing() {
    let found = only(
        "panic: x\n\ngoroutine 1 [running]:\nmain.f()\n2026/11/23 08:49:30 GET /healthz\nC:/a.go:1 +0x1\nmain.main()\n        /a.go:2 +0x1\n",
    );
    assert_eq!((found.lines.clone(), found.chain.links[0].frames.len()), (vec![0..4, 5..8], 2));
}

#[test]
fn what_is_cut_off_is_not_complete() {
    for cut in [
        "panic: x\n\ngoroutine 1 [running]:\nmain.f()\n\t/a.go:1 +0x1\nmain.main()\n",
        "panic: x\n\n",
        "panic: x\n\ngoroutine 1 [running]:\n",
    ] {
        assert!(!only(cut).chain.complete, "{cut}");
    }
    assert!(only("panic: x\nexit status 2\n").chain.complete);
}

#[test]
fn a_logging_calls_stack_is_not_the_errors() {
    let mut lines =
        lines_of("batch failed error=\"embed: returned 401\"\nmain.main\n\t/a.go:1\nruntime.main\n\t/go/proc.go:250\n");
    (lines[0].starts, lines[0].head.severity) = (true, Some(Severity::Error));
    let found = Go.find(&lines);
    assert_eq!(found[0].lines, [0..5]);
    assert_eq!(
        (found[0].chain.links[0].message.as_str(), found[0].chain.links[0].frames.len()),
        ("embed: returned 401", 0)
    );
    lines[0].text = "shutting down".into();
    assert_eq!(Go.find(&lines), []);
}

#[test]
fn mentions_dumps_and_other_languages_are_no_events() {
    for text in [
        "SIGQUIT: quit\nPC=0x46 m=0\n\ngoroutine 1 [IO wait]:\nmain.main()\n\t/a.go:1 +0x1\n",
        "goroutine 1 [running]:\nmain.main()\n\t/a.go:1 +0x1\n",
        "2026/11/23 08:49:30 listening on: 0.0.0.0:8080\n",
        "2026/11/23 08:49:30 GET /a: 200: connection refused never\n",
        "we do not panic: it is only a test\nnext line\n",
        "a.c:1:10: fatal error: x.h: No such file or directory\n",
        "Error: x\n    at f (/x.js:1:2)\n",
        "thread 'main' panicked at src/main.rs:3:5:\nx\n",
    ] {
        assert_eq!(find(text), [], "{text}");
    }
}

#[test]
fn an_endless_stack_is_read_in_one_pass() {
    let mut text = String::from("panic: x\n\ngoroutine 1 [running]:\n");
    (0..100_000).for_each(|line| text.push_str(&format!("main.f(0x1)\n\t/a.go:{line} +0x1\n")));
    let started = std::time::Instant::now();
    assert_eq!(only(&text).chain.links[0].frames.len(), 100_000);
    let bare = "root\n".to_owned() + &"main.f\n\t/a.go:1\n".repeat(100_000);
    assert_eq!(only(&bare).chain.links[0].frames.len(), 100_000);
    assert_eq!(find(&"panic: x\ny\n".repeat(50_000)), []);
    assert_eq!(find(&"goroutine 1 [running]:\n".repeat(50_000)), []);
    // Quadratic behaviour would take hours.
    assert!(started.elapsed().as_secs() < 30);
}

#[test]
fn any_mixture_of_lines_is_survived() {
    survives(
        &Go,
        "go",
        &[
            "panic: ",
            "\tpanic: x",
            "goroutine 1 [running]:",
            "exit status 2",
            "fatal error: x",
            "[signal x]",
            "main.f",
            "\t/a.go:1",
            "SIGSEGV: x",
        ],
    );
}
