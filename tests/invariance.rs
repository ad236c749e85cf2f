//! Same bytes, same report: whatever the size of the blocks, the number of threads, the gate, the order of the arguments, the compression,
//! or the way in which a log was split over files.
//!
//! Every way of reading is held against one plain way, to the byte of the JSON document.

mod common;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;
use whodunit::evidence::Evidence;
use whodunit::input::{self, SourceSpec};
use whodunit::model::SourceId;
use whodunit::observe::Memory;
use whodunit::report;
use whodunit::rules::Gate;
use whodunit::scan::{self, Options};
use whodunit::streams::Stretch;

/// Logs that differ in what could go wrong: pods that interleave, records cut in pieces, JSON lines, chains, groups, several findings.
const LOGS: &[&str] = &[
    "causes/credential-missing-some-replicas/fires-three-pods-kubectl.log",
    "causes/credential-missing/fires-compose-pino.log",
    "causes/stale-credential-after-rotation/fires-pm2-restart.log",
    "causes/invalid-key/fires-cri-partials.log",
    "causes/invalid-key/fires-exception-group.log",
    "causes/rate-limit-masked-as-auth/fires-docker-json.log",
    "causes/quota-exhausted/fires-langchain-js.log",
    "causes/auth-context-lost-in-fanout/fires-langchain-parallel.log",
    "envelopes/interleaved_pid_prefix.log",
    "envelopes/kubectl_prefix_two_pods.log",
    "envelopes/stern_two_pods.log",
    "envelopes/cri_java_go.log",
    "envelopes/docker_json_python.log",
    "envelopes/gcp_json_payload_array.log",
    "envelopes/lambda_python_cr.log",
    "envelopes/nul_and_bad_utf8_node.log",
];

fn logs() -> Vec<PathBuf> {
    LOGS.iter().map(|name| common::root().join("testdata").join(name)).collect()
}

fn options(block_bytes: usize, blocks_in_flight: usize) -> Options {
    Options { block_bytes, blocks_in_flight }
}

/// The document for some files that are called by their bare names, so that where they lie does not show.
fn document(files: &[PathBuf], gate: &Gate<'_>, options: Options) -> String {
    let specs: Vec<SourceSpec> = files.iter().map(|path| named(path)).collect();
    report::json(&common::diagnose(&specs, gate, options))
}

/// An input under its file name without the ending of a compression.
fn named(path: &Path) -> SourceSpec {
    let name = path.file_name().expect("a file").to_string_lossy();
    let name = name.strip_suffix(".gz").unwrap_or(&name).to_owned();
    SourceSpec { name, ..SourceSpec::file(path) }
}

fn plain(files: &[PathBuf]) -> String {
    document(files, &common::derived_gate(), options(1 << 20, 4))
}

#[test]
fn the_logs_show_something() {
    for log in logs() {
        let document = plain(std::slice::from_ref(&log));
        let report: Value = serde_json::from_str(&document).expect("the document is JSON");
        assert!(report["summary"]["events"].as_u64() > Some(0), "{} shows nothing", common::shown(&log));
    }
}

#[test]
fn the_size_of_blocks_does_not_show() {
    let gate = common::derived_gate();
    for log in logs() {
        let log = [log];
        let expected = plain(&log);
        for bytes in [1, 7, 100, 4096, 1 << 20] {
            let what = format!("{} in blocks of {bytes}", common::shown(&log[0]));
            common::assert_same(&expected, &document(&log, &gate, options(bytes, 3)), &what);
        }
    }
}

#[test]
fn the_number_of_threads_does_not_show() {
    let gate = common::derived_gate();
    let logs = logs();
    let expected = plain(&logs);
    for threads in [1, 2, 8] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
        let actual = pool.install(|| document(&logs, &gate, options(512, 2 * threads)));
        common::assert_same(&expected, &actual, &format!("{threads} threads"));
    }
}

#[test]
fn the_gate_only_skips() {
    for log in common::logs_below("causes").into_iter().chain(common::logs_below("envelopes")) {
        let log = [log];
        let open = document(&log, &Gate::open(), options(4096, 4));
        common::assert_same(&open, &plain(&log), &common::shown(&log[0]));
    }
}

/// What a record says as `key=value` stands in no line of JSON: so many lines that the gate is asked, with what the signals look for in their
/// fields alone.
#[test]
fn the_gate_reads_fields_as_records_do() {
    let dir = tempfile::tempdir().expect("a folder");
    for (name, fields) in [
        ("route", r#""msg":"HTTP","method":"POST","path":"/api/login","status":200,"ms":3"#),
        ("spaced", r#""msg": "HTTP", "method": "POST", "path": "/api/login", "status": 200, "ms": 3"#),
        ("nested", r#""msg":"done","http":{"method":"POST","path":"/api/login","status":401}"#),
        ("login", r#""msg":"login refused","user":"u7","reason":"invalid_password""#),
        ("client", r#""msg":"call","url":"https://api.openai.com/v1/embeddings","model":"m","status":200"#),
        ("refused", r#""msg":"call","url":"https://api.openai.com/v1/embeddings","model":"m","status_code":401"#),
    ] {
        let line =
            |n: u32| format!("{{\"level\":\"info\",\"time\":{},{fields}}}\n", 1_764_000_000_000_u64 + u64::from(n));
        let log = [dir.path().join(format!("{name}.log"))];
        fs::write(&log[0], (0..2000).map(line).collect::<String>()).expect("a file");
        let open = document(&log, &Gate::open(), options(4096, 4));
        common::assert_same(&open, &plain(&log), name);
    }
}

/// Records that tell how calls and requests ended, lines of all kinds that go on with them, and failures, many or few.
#[test]
fn the_gate_skips_what_goes_on_with_a_record_only_if_it_is_nothing() {
    let dir = tempfile::tempdir().expect("a folder");
    for one_in in [3, 1000] {
        let mut text = String::new();
        for n in 0..4000_u32 {
            let at = format!("2026-11-23 08:{:02}:{:02},{:03}", n / 60, n % 60, n % 7);
            let call =
                |url: &str, status: &str| format!("{at} INFO httpx: HTTP Request: POST {url} \"HTTP/1.1 {status}\"\n");
            let fails = n % one_in == 1;
            text += &match n % 2 {
                _ if fails => call("https://api.cohere.com/v2/rerank", "401 Unauthorized"),
                0 => call("https://api.openai.com/v1/embeddings", "200 OK"),
                _ => {
                    let stamp = format!("[23/Nov/2026:08:00:{:02} +0000]", n % 60);
                    format!("10.0.0.{} - - {stamp} \"GET /ask HTTP/1.1\" {} {n}\n", n % 9, 200 + n % 5 / 4 * 303)
                }
            };
            let more = ["", "  and so on", "  and\n  so on", "  Error code: 401", "}\n  status 503 of 7"];
            let below = more[n as usize % if fails { 5 } else { 3 }];
            text += &below.lines().map(|line| format!("{line} {}\n", "y".repeat(n as usize % 83))).collect::<String>();
        }
        let log = [dir.path().join(format!("app-{one_in}.log"))];
        fs::write(&log[0], text).expect("a file");
        let open = document(&log, &Gate::open(), options(4096, 4));
        common::assert_same(&open, &plain(&log), &format!("one in {one_in} fails"));
    }
}

/// One memory for all logs, or a new one for every segment and every record: one evidence.
#[test]
fn what_was_remembered_does_not_show() {
    let (rules, gate) = (common::rules(), common::derived_gate());
    let logs = common::logs_below("causes");
    // What came once is not kept: some come three times.
    let again = std::iter::repeat_n(&logs[..logs.len().min(40)], 2).flatten();
    let specs: Vec<SourceSpec> = logs.iter().chain(again).map(SourceSpec::file).collect();
    let segment = |stretch: &Stretch| scan::analyse_stretch(rules, &Memory::default(), stretch);
    let records = |records: &[_]| {
        let mut evidence = Evidence::default();
        records.chunks(1).for_each(|record| evidence.merge(scan::analyse_records(rules, &Memory::default(), record)));
        evidence
    };
    let analyse = scan::Analyse { segment, records };
    let mut forgotten = Evidence::default();
    for (id, spec) in (0..).zip(&specs) {
        let mut sink = |parts: Vec<Evidence>, _| parts.into_iter().for_each(|part| forgotten.merge(part));
        scan::scan_source(&gate, spec, SourceId(id), options(4096, 2), &scan::Silent, &analyse, &mut sink)
            .expect("a log is readable");
    }
    let remembered = scan::collect(rules, &gate, &specs, options(4096, 2), &scan::Silent).evidence;
    assert!(format!("{forgotten:?}") == format!("{remembered:?}"), "the memory shows");
}

#[test]
fn the_order_of_arguments_does_not_show() {
    let names: Vec<String> = logs().iter().map(|log| log.display().to_string()).collect();
    let gate = common::derived_gate();
    let read = |names: &[String]| {
        let found = input::discover(names);
        report::json(&common::diagnose(&found.specs, &gate, options(4096, 4)))
    };
    let expected = read(&names);
    let reversed: Vec<String> = names.iter().rev().cloned().collect();
    let shuffled: Vec<String> = (0..names.len()).map(|at| names[at * 7 % names.len()].clone()).collect();
    let twice: Vec<String> = names.iter().chain(&names).cloned().collect();
    for (what, names) in [("reversed", reversed), ("shuffled", shuffled), ("each twice", twice)] {
        common::assert_same(&expected, &read(&names), what);
    }
}

#[test]
fn compression_does_not_show() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for log in logs() {
        let bytes = fs::read(&log).expect("a log");
        let name = format!("{}.gz", log.file_name().expect("a file").to_string_lossy());
        let packed = folder.path().join(name);
        let mut encoder = GzEncoder::new(fs::File::create(&packed).expect("a file"), Compression::fast());
        encoder.write_all(&bytes).expect("written");
        encoder.finish().expect("written");
        common::assert_same(&plain(std::slice::from_ref(&log)), &plain(&[packed]), &common::shown(&log));
    }
}

/// A log split between two records, as `logrotate` and `split` do it: other names and line numbers, the same diagnosis.
#[test]
fn a_rotated_log_gives_the_same_diagnosis() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for log in ["kubectl-rotated.log", "pm2-rotated.log"] {
        let source = match log {
            "kubectl-rotated.log" => LOGS[0],
            _ => LOGS[2],
        };
        let text = fs::read_to_string(common::root().join("testdata").join(source)).expect("a log");
        let cut = record_boundary(&text);
        let parts = [folder.path().join(format!("{log}.1")), folder.path().join(log)];
        fs::write(&parts[0], &text[..cut]).expect("written");
        fs::write(&parts[1], &text[cut..]).expect("written");
        let whole = folder.path().join("whole").join(log);
        fs::create_dir_all(whole.parent().expect("a parent")).expect("a folder");
        fs::write(&whole, &text).expect("written");
        let (expected, actual) = (diagnosis(&plain(&[whole])), diagnosis(&plain(&parts)));
        assert_eq!(expected, actual, "{log} split at byte {cut}");
    }
}

/// The start of the first line in the second half that begins a record in every stream: one without a trace around it.
fn record_boundary(text: &str) -> usize {
    let quiet = |line: &str| line.contains("200 OK") || line.contains(" -> 200") || line.contains("status=200");
    let half = text.len() / 2;
    let mut at = text[..half].rfind('\n').map_or(0, |at| at + 1);
    let lines: Vec<&str> = text[at..].split_inclusive('\n').collect();
    for pair in lines.windows(2) {
        at += pair[0].len();
        if quiet(pair[0]) && quiet(pair[1]) {
            return at;
        }
    }
    panic!("no quiet place in the second half");
}

/// What a reader concludes: who fails, how often, in which streams, why and how probably.
fn diagnosis(document: &str) -> Vec<Value> {
    let report: Value = serde_json::from_str(document).expect("the document is JSON");
    let findings = report["findings"].as_array().expect("findings").iter().map(|finding| {
        let causes: Vec<Value> = finding["causes"]
            .as_array()
            .expect("causes")
            .iter()
            .map(|cause| serde_json::json!([cause["id"], cause["probability"]]))
            .collect();
        serde_json::json!([
            finding["id"],
            finding["component"]["provider"],
            finding["component"]["role"],
            finding["occurrences"],
            finding["first_time"],
            finding["last_time"],
            finding["streams"],
            causes
        ])
    });
    findings.collect()
}

/// Evidence of two machines, merged in either order, is one evidence.
#[test]
fn merging_is_commutative_and_associative() {
    let gate = common::derived_gate();
    let specs: Vec<SourceSpec> = logs().iter().map(SourceSpec::file).collect();
    let mut parts = Vec::new();
    for at in 0..specs.len() {
        // Each part is read as what it is in the whole: the input of its number.
        let mut alone: Vec<SourceSpec> = specs.clone();
        for (other, spec) in alone.iter_mut().enumerate() {
            if other != at {
                spec.path = Some(PathBuf::from("/nonexistent"));
            }
        }
        let scanned =
            whodunit::scan::collect(common::rules(), &gate, &alone, options(4096, 2), &whodunit::scan::Silent);
        parts.push(scanned.evidence);
    }
    let fold = |order: &[usize]| {
        let mut whole = Evidence::default();
        order.iter().for_each(|&at| whole.merge(parts[at].clone()));
        format!("{whole:?}")
    };
    let forward: Vec<usize> = (0..parts.len()).collect();
    let backward: Vec<usize> = forward.iter().rev().copied().collect();
    let (left, right) = parts.split_at(parts.len() / 2);
    let halves = |parts: &[Evidence]| {
        let mut half = Evidence::default();
        parts.iter().for_each(|part| half.merge(part.clone()));
        half
    };
    let mut grouped = halves(right);
    grouped.merge(halves(left));
    assert!(fold(&forward) == fold(&backward), "merging depends on the order");
    assert!(fold(&forward) == format!("{grouped:?}"), "merging depends on the grouping");
}
