//! Real output against what really happened, forms the folder does not hold, and hostile text.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::fmt::Write as _;

use proptest::prelude::*;

use super::Python;
use crate::assemble::assemble;
use crate::assemble::harness::check;
use crate::model::{Event, ExceptionChain, Line, Position, Relation, Segment, Severity, SourceId, StreamId};

/// Logger prefixes as the folder's programs print them; reading real ones is the envelope's work.
fn prefix(text: &str) -> Option<(usize, Option<Severity>)> {
    let pattern = r"^(?:\[?\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:,\d+)?(?: [+-]\d{4})?(?:: ([A-Z]+)/\w+\] |\] \[\d+\] \[([A-Z]+)\] | ([A-Z]+) (?:\[\S+\] )?)|\[?(ERROR|WARNING|INFO)(?:\] |:root:|: +))";
    thread_local! {
        static PREFIX: std::cell::OnceCell<regex::Regex> = const { std::cell::OnceCell::new() };
    }
    PREFIX.with(|cell| {
        let found = cell.get_or_init(|| regex::Regex::new(pattern).unwrap()).captures(text)?;
        let level = (1..5).find_map(|group| found.get(group)).and_then(|word| Severity::parse(word.as_str()));
        Some((found.get(0)?.end(), level))
    })
}

fn segment(text: &str) -> Segment {
    let colours = regex::Regex::new("\u{1b}\\[[0-9;]*m").unwrap();
    let mut lines = Vec::new();
    for (index, raw) in text.split_terminator('\n').enumerate() {
        let at = Position { source: SourceId(0), line: index as u64 + 1, offset: 0 };
        let clean = if raw.contains('\u{1b}') { colours.replace_all(raw, "").into_owned() } else { raw.to_owned() };
        let mut line = Line::bare(clean, at);
        if let Some((end, severity)) = prefix(&line.text) {
            line.text = line.text[end..].into();
            line.starts = true;
            line.head.severity = severity;
        }
        lines.push(line);
    }
    Segment { stream: StreamId::default(), lines, since: None, cut: false }
}

fn read(text: &str) -> Vec<Event> {
    assemble(&segment(text)).into_iter().filter(|event| event.chain.is_some()).collect()
}

/// The only exception of a text.
fn one(text: &str) -> (Event, ExceptionChain) {
    let mut events = read(text);
    assert_eq!(events.len(), 1, "{events:#?}");
    let event = events.pop().unwrap();
    let chain = event.chain.clone().unwrap();
    (event, chain)
}

fn kinds(chain: &ExceptionChain) -> Vec<&str> {
    chain.links.iter().map(|link| link.kind.as_str()).collect()
}

fn numbers(event: &Event) -> BTreeSet<u64> {
    event.lines.iter().flat_map(|(first, last)| *first..=*last).collect()
}

#[test]
fn real_output_gives_what_really_happened() {
    check(&Python, "python", 25);
}

const TRACE: &str = "Traceback (most recent call last):\n  File \"/app/a.py\", line 3, in run\n    call()\n";

#[test]
fn the_record_above_is_part_of_the_event() {
    let text = format!(
        "2026-11-23 08:00:00 INFO boot\n2026-11-23 08:00:01 ERROR ask failed\n{TRACE}ValueError: no\n2026-11-23 08:00:02 INFO next\n"
    );
    let (event, chain) = one(&text);
    assert_eq!((event.message.as_str(), event.lines.as_slice()), ("ask failed", [(2, 6)].as_slice()));
    assert_eq!(event.severity, Some(Severity::Error));
    assert_eq!((kinds(&chain), chain.complete), (vec!["ValueError"], true));
}

#[test]
fn an_access_line_above_a_crash_is_not() {
    let text = format!("2026-11-23 08:00:00 INFO GET / 200\n{TRACE}ValueError: no\n");
    let (event, _) = one(&text);
    assert_eq!((event.message.as_str(), event.lines.as_slice()), ("", [(2, 5)].as_slice()));
}

#[test]
fn records_of_others_inside_a_trace_are_left_out() {
    let other = "2026-11-23 08:00:00 INFO other thread\n";
    let text = format!(
        "{TRACE}{other}  File \"/app/b.py\", line 4, in call\n    raise KeyError(1)\nKeyError: 1\n{other}\nDuring handling of the above exception, another exception occurred:\n\n{TRACE}ValueError: no\n"
    );
    let (event, chain) = one(&text);
    assert_eq!(event.lines, [(1, 3), (5, 7), (9, 15)]);
    assert_eq!(kinds(&chain), ["ValueError", "KeyError"]);
    assert_eq!((chain.links[1].relation, chain.links[1].frames.len(), chain.root), (Relation::Context, 2, 1));
}

#[test]
fn two_traces_without_any_prefix_stay_two() {
    assert_eq!(read(&format!("{TRACE}ValueError: a\n{TRACE}KeyError: 'b'\n")).len(), 2);
}

#[test]
fn every_line_prefixed() {
    let lines = format!("{TRACE}ValueError: a\nafterwards");
    let text: String = lines
        .lines()
        .fold(String::new(), |text, line| text + "[2026-11-23 08:00:00,123: WARNING/Worker] " + line + "\n");
    let (event, chain) = one(&text);
    assert_eq!((event.lines.as_slice(), kinds(&chain)), ([(1, 4)].as_slice(), vec!["ValueError"]));
    assert_eq!(chain.links[0].message, "a");
}

#[test]
fn a_head_or_tail_cut_off_is_incomplete() {
    let (_, chain) = one("  File \"/app/a.py\", line 3, in run\n    call()\nValueError: no\n");
    assert_eq!((kinds(&chain), chain.complete), (vec!["ValueError"], false));
    let (_, chain) = one(TRACE);
    assert_eq!((kinds(&chain), chain.complete), (vec![""], false));
    let text =
        format!("{TRACE}ValueError: no\n\nDuring handling of the above exception, another exception occurred:\n");
    assert!(!one(&text).1.complete);
    let mut cut = segment(&format!("{TRACE}ValueError: no"));
    cut.cut = true;
    assert!(!assemble(&cut)[0].chain.as_ref().unwrap().complete);
}

#[test]
fn a_cut_tail_takes_the_class_from_its_record() {
    let task = "[2026-11-23 08:00:00,123: ERROR/Worker] Task a.b[c-1] raised unexpected: ResponseError('NOAUTH')\n";
    let (event, chain) = one(&format!("{task}{TRACE}"));
    assert_eq!((kinds(&chain), chain.complete), (vec!["ResponseError"], false));
    assert_eq!((event.lines.as_slice(), chain.links[0].message.as_str()), ([(1, 4)].as_slice(), "NOAUTH"));
    assert!(event.message.starts_with("Task a.b"));
}

#[test]
fn lambda_prints_the_class_first() {
    let (event, chain) = one(&format!("[ERROR] AuthError: bad key\n{}", TRACE.replace("  ", "\u{a0}\u{a0}")));
    assert_eq!((kinds(&chain), chain.links[0].message.as_str(), chain.complete), (vec!["AuthError"], "bad key", true));
    assert_eq!((event.lines.as_slice(), chain.links[0].frames.len()), ([(1, 4)].as_slice(), 1));
}

#[test]
fn call_stacks_without_an_exception_are_none() {
    let stack = "Stack (most recent call last):\n  File \"/app/a.py\", line 3, in run\n    log()\n";
    assert!(read(stack).is_empty());
    assert!(read("  File \"/app/a.py\", line 3, in run\n    log()\nValues follow here\n").is_empty());
    assert!(read("Expected KeyError: nothing\nTraceback (most recent call last) is a header\n").is_empty());
}

#[test]
fn loguru_blanks_and_values() {
    let block = "Traceback (most recent call last):\n\n> File \"/app/a.py\", line 3, in run\n    call(x)\n    │    └ 'value'\n    └ <function call at 0x7f>\n\n";
    let (event, chain) = one(&format!(
        "2026-11-23 08:00:01 ERROR failed\n{block}KeyError: 'a'\n\n\nThe above exception was the direct cause of the following exception:\n\n\n{block}app.Failed: no\n"
    ));
    assert_eq!((kinds(&chain), event.lines.as_slice()), (vec!["app.Failed", "KeyError"], [(1, 22)].as_slice()));
    assert!(chain.links.iter().all(|link| link.frames.len() == 1));
}

#[test]
fn retries_and_tasks_name_the_class_on_one_line() {
    let (event, chain) = one(
        "WARNING: Retrying emb.get in 0.87 seconds as it raised AuthenticationError: Error code: 401 - {'error': 1}.\n",
    );
    assert_eq!(
        (kinds(&chain), chain.links[0].message.as_str()),
        (vec!["AuthenticationError"], "Error code: 401 - {'error': 1}")
    );
    assert_eq!(event.message, "Retrying emb.get in 0.87 seconds");
}

#[test]
fn ipython_class_first_and_again_last() {
    let block = "ValueError                                Traceback (most recent call last)\nCell In[3], line 1\n----> 1 run()\n\nFile ~/app/a.py:7, in Runner.run(self, x)\n      6 if x:\n----> 7     raise ValueError('no')\n\nValueError: no\n";
    let (event, chain) =
        one(&format!("---------------------------------------------------------------------------\n{block}"));
    assert_eq!((kinds(&chain), event.lines.as_slice()), (vec!["ValueError"], [(1, 10)].as_slice()));
    let names: Vec<_> = chain.links[0].frames.iter().map(|f| (f.function.as_str(), f.line)).collect();
    assert_eq!(names, [("<module>", Some(1)), ("Runner.run", Some(7))]);
}

#[test]
fn rich_headings_broken_over_lines() {
    let text = "╭─── Traceback (most recent call last) ───╮\n│ /usr/lib/python3/site-packages/llama/ve │\n│ ctor/base.py:75 in __init__             │\n│                                         │\n│ ❱ 75 │   super().__init__(              │\n╰─────────────────────────────────────────╯\nOpenAIError: Missing credentials. Please\npass an api_key\n";
    let (_, chain) = one(text);
    assert_eq!(chain.links[0].frames[0].path, "/usr/lib/python3/site-packages/llama/vector/base.py");
    assert_eq!(chain.links[0].message, "Missing credentials. Please pass an api_key");
}

#[test]
fn a_syntax_error_in_the_program_itself() {
    let (_, chain) = one("  File \"/app/main.py\", line 3\n    foo(\n       ^\nSyntaxError: '(' was never closed\n");
    assert_eq!((kinds(&chain), chain.complete), (vec!["SyntaxError"], true));
    assert_eq!(chain.links[0].properties[0].1, "/app/main.py");
}

#[test]
fn a_worker_traceback_begins_at_its_class() {
    let quoted = format!(
        "multiprocessing.pool.RemoteTraceback: \n\"\"\"\n{TRACE}KeyError: 'a'\n\"\"\"\n\nThe above exception was the direct cause of the following exception:\n\n{TRACE}KeyError: 'a'\n"
    );
    let (_, chain) = one(&quoted);
    assert_eq!((chain.root, chain.links[2].relation, kinds(&chain).len()), (2, Relation::Wrapped, 3));
    assert_eq!(read(&quoted.repeat(3)).len(), 3);
}

#[test]
fn long_traces_are_read_in_linear_time() {
    let mut deep = String::from("Traceback (most recent call last):\n");
    for line in 0..50_000 {
        writeln!(deep, "  File \"/app/a.py\", line {line}, in run\n    call()").unwrap();
    }
    for (text, events) in [
        (format!("{deep}ValueError: no"), 1),
        (deep, 1),
        ("  File \"/app/a.py\", line 3\n".repeat(100_000), 0),
        (
            format!(
                "  + Exception Group Traceback (most recent call last):\n{}",
                "  +-+---------------- 1 ----------------\n".repeat(100_000)
            ),
            1,
        ),
        ("____ test ____\nE   \n".repeat(50_000), 50_000),
        ("\nDuring handling of the above exception, another exception occurred:\n".repeat(50_000), 0),
        (
            format!("{TRACE}ValueError: no\n\nDuring handling of the above exception, another exception occurred:\n\n")
                .repeat(15_000),
            1,
        ),
        ("x.RemoteTraceback: \n\"\"\"\n".repeat(50_000), usize::MAX),
        ("A  Traceback (most recent call last)\n".repeat(100_000), 100_000),
    ] {
        let segment = segment(&text);
        let found = assemble(&segment).iter().filter(|event| event.chain.is_some()).count();
        assert!(events == usize::MAX || found <= events, "{found} in {:?}", &text[..60.min(text.len())]);
    }
}

fn any_line() -> impl Strategy<Value = String> {
    let known = [
        "Traceback (most recent call last):",
        "  + Exception Group Traceback (most recent call last):",
        "  | Traceback (most recent call last):",
        "  |   File \"a.py\", line 1, in f",
        "  | ValueError: x (2 sub-exceptions)",
        "  +-+---------------- 1 ----------------",
        "    +---------------- 2 ----------------",
        "    +------------------------------------",
        "  File \"a.py\", line 1, in f",
        "  File \"a.py\", line 99999999999999999999, in ",
        "  File \"a.py\", line 1 in f",
        "  File \"a.py\", line 1",
        "    source()",
        "    ^^^^",
        "",
        " ",
        "ValueError: no",
        "ValueError",
        "a.RemoteTraceback: ",
        "\"\"\"",
        "During handling of the above exception, another exception occurred:",
        "The above exception was the direct cause of the following exception:",
        "ERROR: record",
        "Stack (most recent call last):",
        "╭── Traceback (most recent call last) ──╮",
        "│ a.py:1 in f │",
        "│",
        "╰─────╯",
        "ValueError      Traceback (most recent call last)",
        "----> 1 x",
        "Fatal Python error: é",
        "Current thread 0x1 (most recent call first):",
        "==== FAILURES ====",
        "____ test ____",
        "E   ValueError: x",
        "a.py:1: ValueError",
        "Retrying x as it raised ValueError: é.",
        "future: <Task>",
    ];
    prop_oneof![4 => prop::sample::select(known.to_vec()).prop_map(str::to_owned), 1 => "\\PC{0,12}"]
}

proptest! {
    #[test]
    fn no_mix_of_lines_breaks_anything(lines in prop::collection::vec(any_line(), 0..60)) {
        let segment = segment(&lines.join("\n"));
        let mut seen = BTreeSet::new();
        let mut last = 0;
        for event in assemble(&segment) {
            let numbers = numbers(&event);
            prop_assert!(event.at.line >= last);
            last = event.at.line;
            for number in numbers {
                prop_assert!(seen.insert(number), "line {number} belongs to two events");
            }
            if let Some(chain) = event.chain {
                prop_assert!(chain.root < chain.links.len());
                prop_assert_eq!(chain.links[0].relation, Relation::Surface);
            }
        }
    }
}
