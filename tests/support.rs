//! What is supported: every form of every language, through every transport, record and paste.
//!
//! Each log below `testdata/traces` is read bare and in each way of [`wrap`]; the exceptions must be the same. What is, stands in
//! `docs/support.md`, which this test writes in memory and holds against the file. `BLESS=1 cargo test --test support` writes the file.

mod common;
#[path = "common/wrap.rs"]
mod wrap;

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use rayon::prelude::*;
use whodunit::assemble;
use whodunit::input::SourceSpec;
use whodunit::model::{Event, SourceId};
use whodunit::rules::Gate;
use whodunit::scan::{self, Analyse, Options, Silent};
use whodunit::streams::{Record, Stretch};
use wrap::{Keeps, Way};

/// An exception as far as every way must keep it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Told {
    language: &'static str,
    root: usize,
    links: Vec<(String, &'static str, String, usize)>,
}

/// What stands around an exception does not count: loggers' text before it, and what a message is followed by.
fn told(event: &Event) -> Option<Told> {
    let chain = event.chain.as_ref()?;
    let links = chain.links.iter().map(|link| {
        let message = link.message.split_whitespace().collect::<Vec<_>>().join(" ");
        (link.kind.clone(), link.relation.as_str(), message, link.frames.len())
    });
    Some(Told { language: chain.language.as_str(), root: chain.root, links: links.collect() })
}

fn events(text: &str, block_bytes: usize) -> Vec<Event> {
    static GATE: OnceLock<Gate> = OnceLock::new();
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("app.log");
    fs::write(&path, text).expect("written");
    let options = Options { block_bytes, blocks_in_flight: 3 };
    let analyse = Analyse {
        segment: |stretch: &Stretch| assemble::assemble(&stretch.segment),
        records: |_: &[Record]| Vec::new(),
    };
    let mut events = Vec::new();
    scan::scan_source(
        GATE.get_or_init(common::derived_gate),
        &SourceSpec::file(&path),
        SourceId(0),
        options,
        &Silent,
        &analyse,
        &mut |parts, _| events.extend(parts.into_iter().flatten()),
    )
    .expect("a readable file");
    events.retain(|event| event.chain.is_some());
    events.sort_by_key(|event| event.at);
    events
}

fn exceptions(text: &str) -> Vec<Told> {
    events(text, 1 << 20).iter().filter_map(told).collect()
}

/// Whether `got` is what the way may make of `bare`.
fn same(keeps: Keeps, bare: &[Told], got: &[Told]) -> bool {
    let close = |(a, b): (&Told, &Told)| {
        let begins = |a: &str, b: &str| {
            let letters = |text: &str| text.chars().filter(|c| !c.is_whitespace()).take(40).collect::<String>();
            letters(a) == letters(b)
        };
        a.root == b.root
            && a.links.len() == b.links.len()
            && a.links.iter().zip(&b.links).all(|(a, b)| a.0 == b.0 && a.3 == b.3 && begins(&a.2, &b.2))
    };
    match keeps {
        Keeps::All => bare == got,
        Keeps::Words => bare.len() == got.len() && bare.iter().zip(got).all(close),
        Keeps::Part => {
            let kinds = |told: &[Told]| told.iter().flat_map(|t| &t.links).map(|l| l.0.clone()).collect::<Vec<_>>();
            let (bare, got) = (kinds(bare), kinds(got));
            got.is_empty() == bare.is_empty() && got.iter().all(|kind| kind.is_empty() || bare.contains(kind))
        }
    }
}

struct Form {
    language: String,
    name: String,
    text: String,
    bare: Vec<Told>,
}

/// Every log of `testdata/traces`.
fn forms() -> &'static [Form] {
    static FORMS: OnceLock<Vec<Form>> = OnceLock::new();
    FORMS.get_or_init(|| {
        let folder = common::root().join("testdata/traces");
        let mut logs: Vec<PathBuf> = common::logs_below("traces");
        logs.retain(|log| !log.starts_with(folder.join("src")));
        // Not in parallel: a worker that waits for this list must not be needed to make it.
        logs.iter().map(|log| form(log)).collect()
    })
}

fn form(log: &Path) -> Form {
    let text = String::from_utf8_lossy(&fs::read(log).expect("a log")).into_owned();
    let part = |path: Option<&Path>| path.and_then(Path::file_stem).expect("a name").to_string_lossy().into_owned();
    Form { language: part(log.parent()), name: part(Some(log)), bare: exceptions(&text), text }
}

/// A form in a way, and whether it came out the same; `None` where the way does not apply.
fn holds(form: &Form, way: &Way) -> Option<bool> {
    (way.wrap)(&form.text).map(|wrapped| same(way.keeps, &form.bare, &exceptions(&wrapped)))
}

#[test]
fn the_table_of_what_is_supported_is_true() {
    let path = common::root().join("docs/support.md");
    let table = table();
    if std::env::var_os("BLESS").is_some() {
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(&path, &table).expect("written");
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    let differs = table.lines().zip(kept.lines()).find(|(is, said)| is != said);
    assert_eq!(differs, None, "docs/support.md is not what is; BLESS=1 writes it anew");
    assert_eq!(table.lines().count(), kept.lines().count(), "docs/support.md is longer or shorter than what is");
}

const HEAD: &str = "# What is supported

Every form of `testdata/traces` is read bare and in each way below, and must give the same exceptions: for transports and records the same
types, messages, relations and frames; for pastes that change the white space the same types, frames and beginnings of messages; for a text
whose head or tail is cut off some of the exception and nothing else. `m/n` says that m of n forms of the language do. Written by a test
(`BLESS=1 cargo test --test support`), and held against the code by it.
";

fn table() -> String {
    let mut page = HEAD.to_owned();
    let parts = [("Transports", wrap::TRANSPORTS), ("Records", wrap::RECORDS), ("Pastes", wrap::PASTES)];
    let mut lost: BTreeMap<(&str, &str), Vec<&str>> = BTreeMap::new();
    for (title, ways) in parts {
        section(&mut page, title, ways, &mut lost);
    }
    page.push_str("\n## Forms\n\n| language | form | not in |\n|---|---|---|\n");
    for form in forms() {
        let failed = lost.get(&(form.language.as_str(), form.name.as_str())).map(|ways| ways.join(", "));
        writeln!(page, "| {} | {} | {} |", form.language, form.name, failed.unwrap_or_default()).expect("a string");
    }
    page
}

fn section<'f>(page: &mut String, title: &str, ways: &[Way], lost: &mut BTreeMap<(&'f str, &'f str), Vec<&'f str>>) {
    let mut languages: Vec<&str> = forms().iter().map(|form| form.language.as_str()).collect();
    languages.dedup();
    let cells: Vec<String> = std::iter::once(title).chain(languages.iter().copied()).map(str::to_owned).collect();
    let rule = "|---".repeat(cells.len());
    write!(page, "\n## {title}\n\n| {} |\n{rule}|\n", cells.join(" | ")).expect("a string");
    for way in ways {
        let results: Vec<Option<bool>> = forms().par_iter().map(|form| holds(form, way)).collect();
        write!(page, "| {} |", way.name).expect("a string");
        for language in &languages {
            let of_language = forms().iter().zip(&results).filter(|(form, _)| form.language == *language);
            let (mut held, mut all) = (0, 0);
            for (form, result) in of_language {
                all += usize::from(result.is_some());
                held += usize::from(*result == Some(true));
                if *result == Some(false) {
                    lost.entry((&form.language, &form.name)).or_default().push(way.name);
                }
            }
            write!(page, " {held}/{all} |").expect("a string");
        }
        page.push('\n');
    }
}

/// Where the blocks of a file end does not show.
#[test]
fn splitting_is_harmless() {
    let config = Config { cases: 4, failure_persistence: None, ..Config::default() };
    forms().par_iter().for_each(|form| {
        let whole = shown(&events(&form.text, 1 << 20));
        let outcome = TestRunner::new(config.clone()).run(&(1usize..form.text.len().max(2)), |bytes| {
            prop_assert_eq!(&shown(&events(&form.text, bytes)), &whole, "{} in blocks of {}", form.name, bytes);
            Ok(())
        });
        assert!(outcome.is_ok(), "{outcome:?}");
    });
}

/// Everything of events that a reader sees.
fn shown(events: &[Event]) -> Vec<String> {
    events.iter().map(|event| format!("{event:?}")).collect()
}

/// How two programs write into one log, a line of one or of the other.
type Mark = fn(bool, usize, &str) -> String;

const SHARED: [(&str, Mark); 4] = [
    ("kubectl", |first, _, line| {
        let pod = if first { "api-7d9f8b6c5-x2x4q" } else { "api-7d9f8b6c5-k9w8z" };
        format!("[pod/{pod}/api] {line}")
    }),
    ("compose", |first, _, line| format!("{} | {line}", if first { "api-1   " } else { "worker-1" })),
    ("docker json-file", |first, n, line| {
        let stream = if first { "stdout" } else { "stderr" };
        let time = format!("2026-11-23T08:26:39.{:09}Z", n * 1000);
        serde_json::json!({"log": format!("{line}\n"), "stream": stream, "time": time}).to_string()
    }),
    ("CRI", |first, n, line| {
        let stream = if first { "stdout" } else { "stderr" };
        format!("2026-11-23T08:26:39.{:09}Z {stream} F {line}", n * 1000)
    }),
];

/// Two programs that write at once into one log: each one's exceptions are those of its own text.
#[test]
fn interleaving_is_harmless() {
    let plan = (prop::collection::vec(any::<prop::sample::Index>(), 2), prop::collection::vec(any::<bool>(), 1..200));
    let config = Config { cases: 64, failure_persistence: None, ..Config::default() };
    SHARED.par_iter().for_each(|(name, mark)| {
        let outcome = TestRunner::new(config.clone()).run(&(plan.clone(), 20usize..4000), |((picks, turns), bytes)| {
            let pair = [picks[0].get(forms()), picks[1].get(forms())];
            let text = interleaved(pair, &turns, *mark);
            let mut got: Vec<Told> = events(&text, bytes).iter().filter_map(told).collect();
            let mut wanted: Vec<Told> = pair.iter().flat_map(|form| form.bare.iter().cloned()).collect();
            got.sort();
            wanted.sort();
            prop_assert_eq!(got, wanted, "{}: {} and {}", name, pair[0].name, pair[1].name);
            Ok(())
        });
        assert!(outcome.is_ok(), "{outcome:?}");
    });
}

fn interleaved(pair: [&Form; 2], turns: &[bool], mark: Mark) -> String {
    let mut left = pair.map(|form| form.text.split_terminator('\n').peekable());
    let mut text = String::new();
    for (n, first) in turns.iter().cycle().enumerate() {
        let at = usize::from(left[usize::from(!first)].peek().is_none() == *first);
        let Some(line) = left[at].next() else { break };
        text.push_str(&mark(at == 0, n, line.trim_end_matches('\r')));
        text.push('\n');
    }
    text
}
