//! Whatever the lines are, none breaks the reader, none vanishes, and a line is the same whether it was read or remembered.

use std::sync::LazyLock;

use proptest::prelude::*;

use super::*;
use crate::input::Block;
use crate::model::{Bounds, Line, SourceId};
use crate::rules::{CompiledRules, Gate, RuleSet};

pub(super) static ORIGIN: LazyLock<Origin> =
    LazyLock::new(|| Origin { source: SourceId(0), fallback: StreamId::default() });

/// Beginnings of every shape, whole and broken.
const PARTS: [&str; 24] = [
    "> ",
    "  12  ",
    "13:",
    " 14 | ",
    "app.log:",
    "[10:31 AM] ",
    "[10:31] <anna> ",
    "    ",
    "\t",
    "[",
    "{",
    "}",
    "  {",
    "  },",
    "{\"events\":[",
    "[pod/a-1/b] ",
    "2026-11-23T08:26:39.984999895Z ",
    "01E+",
    "api-1  | ",
    "```",
    "Nov 23 08:26:39 w s[1]: ",
    "at f (a.js:1:2)",
    "",
    "\u{a0}x",
];

/// A line within the bounds of another, with the digits of a series where they allow it.
pub(super) fn with_other_digits(line: &[u8], bounds: &Bounds, series: usize) -> Vec<u8> {
    let mut other = line.to_vec();
    for at in (0..line.len()).filter(|at| line[*at].is_ascii_digit()) {
        let was = std::mem::replace(&mut other[at], b"8015907243961"[(at * 7 + series) % 13]);
        if !bounds.hold(&other) {
            other[at] = was;
        }
    }
    other
}

proptest! {
    #[test]
    fn no_source_breaks_the_reader_or_vanishes(picks in prop::collection::vec((0..PARTS.len(), 0..PARTS.len(), any::<bool>()), 0..60)) {
        let text: String =
            picks.iter().map(|(a, b, end)| format!("{}{}{}", PARTS[*a], PARTS[*b], if *end { "\n" } else { "é" })).collect();
        let shape = Shape::detect(text.as_bytes());
        let mut splitter = Splitter::new(ORIGIN.clone(), &shape);
        let lines = text.lines().count() as u64;
        let block = Block { bytes: text.clone().into_bytes(), offset: 0, first_line: 1, lines, cut: false };
        splitter.push(Preparer::new(ORIGIN.clone(), &shape, &Gate::open()).prepare(&block));
        let told: usize = splitter.finish().iter().map(|stretch| stretch.segment.lines.len()).sum();
        prop_assert!(told > 0 || text.trim().is_empty(), "{shape:?} {text:?}");
    }
}

#[test]
fn lines_that_repeat_are_as_if_each_had_been_read() {
    let parts = [
        "Traceback (most recent call last):\n",
        "  File \"/app/a.py\", line 3, in f\n",
        "2026-11-23 08:26:39,984 ERROR app: failed\n",
        "{\"level\":\"error\",\"msg\":\"a\\nb\"}\n",
        "panic: a\\n\\tb\n",
        "  File \"/app/a.py\", line 3, in f\n",
    ];
    let lines: Vec<&str> = std::iter::repeat_n(parts, 3).flatten().collect();
    let shape = Shape::default();
    let split = |blocks: &[String]| {
        let mut splitter = Splitter::new(ORIGIN.clone(), &shape);
        let (mut offset, mut first_line) = (0, 1);
        for text in blocks {
            let (bytes, lines) = (text.clone().into_bytes(), text.lines().count() as u64);
            let block = Block { bytes, offset, first_line, lines, cut: false };
            splitter.push(Preparer::new(ORIGIN.clone(), &shape, &Gate::open()).prepare(&block));
            (offset, first_line) = (offset + text.len() as u64, first_line + lines);
        }
        splitter.finish().into_iter().flat_map(|stretch| stretch.segment.lines).collect::<Vec<Line>>()
    };
    let each: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
    assert_eq!(split(&[lines.concat()]), split(&each));
    assert_eq!(split(&each).len(), 21);
}

/// Access lines far from a hit share what they say; those near one are what stands in the file, in all numbers.
#[test]
fn a_line_near_a_hit_has_its_own_numbers() {
    let rules = CompiledRules::new(RuleSet::embedded().expect("built-in rules")).expect("built-in rules");
    let gate = Gate::new(&rules, &["Traceback (most recent call last)"]);
    let access = |n: u32| {
        let (minute, second, size) = (n / 60 % 60, n % 60, 10_000 + n);
        format!("10.0.1.{} - - [23/Nov/2026:08:{minute:02}:{second:02} +0000] \"GET / HTTP/1.1\" 200 {size}\n", n % 10)
    };
    let shape = Shape::default();
    let preparer = Preparer::new(ORIGIN.clone(), &shape, &gate);
    let mut splitter = Splitter::new(ORIGIN.clone(), &shape);
    let (mut offset, mut first_line) = (0, 1);
    let mut push = |text: &str| {
        let (bytes, lines) = (text.as_bytes().to_vec(), text.lines().count() as u64);
        splitter.push(preparer.prepare(&Block { bytes, offset, first_line, lines, cut: false }));
        (offset, first_line) = (offset + text.len() as u64, first_line + lines);
        splitter.take_records()
    };
    let first: String = (0..1500).map(access).collect();
    push(&first).iter().filter(|record| record.says().is_some()).for_each(|record| record.learn_of_numbers(|| true));
    let second: String = (1500..3000).map(access).collect();
    let hit = "Traceback (most recent call last):\n  File \"/app/a.py\", line 3, in f\nKeyError: 1\n";
    let records = push(&(second + hit));
    let shared = records.iter().filter(|record| record.says().is_some()).flat_map(Record::moments).count();
    assert!(shared > 500, "{shared} records share what they say");
    assert!(records.iter().any(|record| record.again.len() > 100), "those far from the block's ends are gathered");
    let whole = first + &(1500..3000).map(access).collect::<String>() + hit;
    let lines: Vec<&str> = whole.lines().collect();
    let near: Vec<Line> = splitter.finish().into_iter().flat_map(|stretch| stretch.segment.lines).collect();
    assert!(near.len() > 100, "{} lines near the hit", near.len());
    for line in near {
        assert_eq!(&*line.text, lines[usize::try_from(line.at.line).expect("a number") - 1]);
    }
}

/// A call that went well stands for itself though a line goes on with it that is nothing by itself, but not if more may.
#[test]
fn what_goes_on_with_a_success_makes_no_difference_if_it_is_one_line() {
    let rules = CompiledRules::new(RuleSet::embedded().expect("built-in rules")).expect("built-in rules");
    let gate = Gate::new(&rules, &["Traceback (most recent call last)"]);
    let call = "INFO httpx: HTTP Request: POST https://api.openai.com/v1/embeddings \"HTTP/1.1 200 OK\"";
    let alone = |message: &str, below: &[&str]| {
        let lines = |n: u32| {
            let at = format!("2026-11-23 08:{:02}:{:02},005", n / 60, n % 60);
            // No two lines below are alike, and all that begin a record are.
            let words = |line: &&str| format!("{line} {}\n", "x".repeat(n as usize));
            let below: String = below.iter().map(words).collect();
            format!("{at} {message}\n{below}{at} DEBUG app: idle\n")
        };
        let text: String = (0..900).map(lines).collect();
        let count = text.lines().count() as u64;
        let shape = Shape::default();
        let block = Block { bytes: text.into_bytes(), offset: 0, first_line: 1, lines: count, cut: false };
        let prepared = Preparer::new(ORIGIN.clone(), &shape, &gate).prepare(&block);
        prepared.records.iter().flat_map(Record::moments).count()
    };
    // Those at the ends of the block are not counted.
    assert!(alone(call, &[]) > 600 && alone(call, &["  it goes on"]) > 600);
    assert_eq!(alone(call, &["  it goes on", "  and on"]), 0);
    let boot = "INFO app: boot pid=17 OPENAI_API_KEY set: True";
    assert!(alone(boot, &[]) > 600);
    assert_eq!(alone(boot, &["  it goes on"]), 0);
}

/// The caps that a text hits, read without a gate.
fn caps(text: &str) -> Caps {
    let shape = Shape::detect(text.as_bytes());
    let mut splitter = Splitter::new(ORIGIN.clone(), &shape);
    let lines = text.lines().count() as u64;
    let block = Block { bytes: text.to_owned().into_bytes(), offset: 0, first_line: 1, lines, cut: false };
    splitter.push(Preparer::new(ORIGIN.clone(), &shape, &Gate::open()).prepare(&block));
    splitter.finish();
    splitter.caps
}

#[test]
fn a_stream_that_was_closed_early_is_missed_only_if_a_record_goes_on_in_it() {
    let line = |pod: usize, text: &str| format!("[pod/job-{pod}/main] {text}\n");
    let starts: String = (0..MOST_OPEN + 10).map(|pod| line(pod, "2026-11-23 08:00:00 INFO done")).collect();
    assert_eq!(caps(&starts).streams, 0, "nothing is lost of records that are whole");
    let again = starts.clone() + &line(1, "2026-11-23 08:00:01 INFO done again");
    assert_eq!(caps(&again).streams, 0);
    let goes_on = starts + &line(1, "  and more of it") + &line(2, "  and more of it") + &line(2, "  and more");
    assert_eq!(caps(&goes_on).streams, 2, "each is told once");
}

#[test]
fn a_structured_record_near_a_hit_may_show_something_whatever_the_gate_saw() {
    let hits = |text: &str| {
        let mut open = Open::default();
        let at = Position { source: SourceId(0), line: 1, offset: 0 };
        let payload = payload::read(text.as_bytes());
        open.push(Whole { payload, at, joined: None, hit: false, time: None, severity: None, said: None }, None);
        open.lines.iter().map(|line| line.hit).collect::<Vec<_>>()
    };
    assert_eq!(hits("{\"level\":\"info\",\"msg\":\"answered\",\"status\":401}"), [true]);
    assert_eq!(hits("2026-11-23 08:00:00 INFO answered 401"), [false]);
}

/// Lines between runs of all kinds: records that stand for themselves, beginnings of traces, what tells nothing.
const BETWEEN: [&str; 6] = [
    "2026-11-23 08:26:39,984 INFO httpx: HTTP Request: POST https://api.openai.com/v1/embeddings \"HTTP/1.1 200 OK\"",
    "2026-11-23 08:26:40,001 INFO app: idle",
    "Traceback (most recent call last):",
    "KeyError: 'a'",
    "2026-11-23 08:26:41,120 ERROR app: failed",
    "",
];

/// Indented lines: some reach around, some tell nothing, some are read in a way of their own.
const INDENTED: [&str; 6] = [
    "  File \"/app/a.py\", line 3, in f",
    "    return g()",
    "    ^^^^^^^^^^",
    "\tat com.acme.Indexer.index(Indexer.java:29)",
    "  AWS_REGION is not set",
    "  2026-11-23 08:26:42 ERROR nested",
];

/// A text of such lines, in which each run comes again.
fn text_with_runs(picks: &[(usize, usize, usize, usize)]) -> String {
    let mut text = String::new();
    for (between, first, count, gap) in picks.iter().cycle().take(picks.len() * 4) {
        let indented = INDENTED.iter().cycle().skip(*first).take(*count);
        let idle = std::iter::repeat_n(&BETWEEN[0], if *gap == 0 { (AFTER + 2 * BEFORE) as usize } else { *gap });
        let lines = std::iter::repeat_n(&BETWEEN[*between], between % 3 + 1).chain(indented).chain(idle);
        lines.for_each(|line| text.extend([line, "\n"]));
    }
    text
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    /// What is remembered of runs never shows: a reader that knows them tells what one tells that knows nothing. One or two indented lines
    /// are no run; whether a record above such a line is taken alone may depend on what is known of the next, and tells the same either way.
    #[test]
    fn a_run_that_is_known_is_as_if_its_lines_had_been_read(
        picks in prop::collection::vec((0..BETWEEN.len(), 0..INDENTED.len(), prop_oneof![Just(0), 3..150_usize], 0..4_usize), 1..8),
        parts in 1..4_usize,
    ) {
        let rules = CompiledRules::new(RuleSet::embedded().expect("built-in rules")).expect("built-in rules");
        let gate = Gate::new(&rules, &["Traceback (most recent call last)", "File \"", ".java:"]);
        let text = text_with_runs(&picks);
        let shape = Shape::default();
        let filler = "2026-11-23 08:00:00,000 INFO app: nothing happens here at all\n".repeat(1000);
        let block = |text: &str, offset: usize, first_line: u64| Block {
            bytes: text.as_bytes().to_vec(), offset: offset as u64, first_line, lines: text.lines().count() as u64, cut: false,
        };
        let lines: Vec<&str> = text.split_inclusive('\n').collect();
        let told = |lines_each: usize, knows: bool| {
            let knowing = Preparer::new(ORIGIN.clone(), &shape, &gate);
            if knows {
                // So much that it remembers, and the whole text.
                drop(knowing.prepare(&block(&(filler.clone() + &text), 0, 1)));
            }
            let mut splitter = Splitter::new(ORIGIN.clone(), &shape);
            let (mut offset, mut first_line) = (0, 1);
            for part in lines.chunks(lines_each).map(<[&str]>::concat) {
                let part = block(&part, offset, first_line);
                (offset, first_line) = (offset + part.bytes.len(), first_line + part.lines);
                // One that has read a few lines remembers nothing.
                let fresh = Preparer::new(ORIGIN.clone(), &shape, &gate);
                splitter.push(if knows { knowing.prepare(&part) } else { fresh.prepare(&part) });
            }
            let near: Vec<Vec<Line>> = splitter.finish().into_iter().map(|stretch| stretch.segment.lines).collect();
            let mut far: Vec<_> =
                splitter.take_records().iter().flat_map(Record::moments).map(|moment| moment.at).collect();
            far.sort_unstable();
            (near, far)
        };
        prop_assert_eq!(told(lines.len().div_ceil(parts), true), told(50, false));
    }
}
