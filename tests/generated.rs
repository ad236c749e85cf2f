//! The generated logs: the same every time, with the answer each was made for, and with one report however they are read.
//!
//! They are small in a debug build, so that the tests stay quick, and only a sample of the ways to read them is tried. With
//! `WHODUNIT_TEST_MB=20` every way is tried on logs of that size; use `cargo test --release` then.

mod common;
#[path = "../examples/make_logs/logs/mod.rs"]
mod logs;

use std::fs;
use std::path::Path;

use logs::Kind;
use serde_json::Value;
use whodunit::input::SourceSpec;
use whodunit::report;
use whodunit::rules::Gate;
use whodunit::scan::Options;

const MB: u64 = 1_000_000;

const KINDS: [Kind; 5] = [Kind::Plain, Kind::Requests, Kind::Incident, Kind::Dense, Kind::Distinct];

/// Block size, threads, and whether the gate is on: each size, each number and both gates, but not each with each.
const SAMPLE: [(usize, usize, bool); 4] =
    [(4 << 10, 1, true), (64 << 10, 8, true), (4 << 20, 1, false), (4 << 10, 8, false)];

/// Megabytes that the environment asks for.
fn wanted() -> Option<u64> {
    let megabytes = std::env::var("WHODUNIT_TEST_MB").ok()?;
    Some(megabytes.parse().expect("WHODUNIT_TEST_MB is a number"))
}

fn ways() -> Vec<(usize, usize, bool)> {
    if wanted().is_none() {
        return SAMPLE.to_vec();
    }
    let sizes = [4 << 10, 64 << 10, 1 << 20, 4 << 20];
    let threads = |size| [1, 2, 8].map(|threads| (size, threads));
    sizes.into_iter().flat_map(threads).flat_map(|(s, t)| [true, false].map(|gate| (s, t, gate))).collect()
}

/// The document for a log, read in some way.
fn document(log: &Path, (block_bytes, threads, gated): (usize, usize, bool)) -> String {
    let gate = if gated { common::derived_gate() } else { Gate::open() };
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
    let options = Options { block_bytes, blocks_in_flight: 2 * threads };
    let spec = SourceSpec { name: "generated.log".to_owned(), ..SourceSpec::file(log) };
    pool.install(|| report::json(&common::diagnose(&[spec], &gate, options)))
}

#[track_caller]
fn reads_the_same(kind: Kind) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let log = folder.path().join("generated.log");
    let megabytes = wanted().unwrap_or(if cfg!(debug_assertions) { 2 } else { 20 });
    fs::write(&log, logs::bytes(kind, megabytes * MB)).expect("written");
    let expected = document(&log, (1 << 20, 2, true));
    for (bytes, threads, gated) in ways() {
        let what = format!("{kind:?} in blocks of {bytes}, {threads} threads, gate {gated}");
        common::assert_same(&expected, &document(&log, (bytes, threads, gated)), &what);
    }
}

#[test]
fn plain_reads_the_same() {
    reads_the_same(Kind::Plain);
}

#[test]
fn requests_read_the_same() {
    reads_the_same(Kind::Requests);
}

#[test]
fn an_incident_reads_the_same() {
    reads_the_same(Kind::Incident);
}

#[test]
fn dense_tracebacks_read_the_same() {
    reads_the_same(Kind::Dense);
}

#[test]
fn distinct_errors_read_the_same() {
    reads_the_same(Kind::Distinct);
}

#[test]
fn a_log_is_the_same_every_time() {
    for kind in KINDS {
        let (long, short) = (logs::bytes(kind, MB), logs::bytes(kind, MB / 2));
        assert!(long.len() as u64 >= MB, "{kind:?} is too short");
        assert!((long.len() as u64) < MB + 64 * 1024, "{kind:?} is far too long");
        assert!(long.ends_with(b"\n") && short.ends_with(b"\n"), "{kind:?} ends within a line");
        assert!(long == logs::bytes(kind, MB), "{kind:?} differs from itself");
        assert!(long.starts_with(&short), "{kind:?} depends on its size");
    }
}

fn findings(kind: Kind) -> Vec<Value> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let log = folder.path().join("generated.log");
    fs::write(&log, logs::bytes(kind, MB)).expect("written");
    let report: Value = serde_json::from_str(&document(&log, (1 << 20, 2, true))).expect("the document is JSON");
    report["findings"].as_array().expect("findings").clone()
}

#[test]
fn healthy_services_have_no_findings() {
    for kind in [Kind::Plain, Kind::Requests] {
        assert_eq!(findings(kind), Vec::<Value>::new(), "{kind:?}");
    }
}

#[test]
fn the_incident_has_its_cause() {
    let findings = findings(Kind::Incident);
    assert_eq!(findings.len(), 1, "one failure: {findings:#?}");
    let cause = &findings[0]["causes"][0];
    assert_eq!(cause["id"], "credential-missing-some-replicas");
    assert!(cause["probability"].as_f64() > Some(0.8), "{cause}");
    assert_eq!(findings[0]["component"]["provider"], "openai");
}
