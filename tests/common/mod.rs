//! What several themes of tests need: the rules once, the logs of `testdata/`, and a report by the library's own way.
//!
//! The rules are compiled once a test program, because that and the regexes behind it are what costs time here, not the logs.

#![allow(dead_code, reason = "no theme uses all of it")]
#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::OnceLock;

use assert_cmd::Command;
use serde_json::Value;
use whodunit::input::SourceSpec;
use whodunit::report::Report;
use whodunit::rules::{CompiledRules, Gate, RuleSet};
use whodunit::scan::{Options, Silent};
use whodunit::{assemble, ranking, report, scan};

/// What recipes may name, and what it becomes in a test; everything else in braces belongs to the code.
pub(crate) const PLACEHOLDERS: [(&str, &str); 6] = [
    ("{env}", "OPENAI_API_KEY"),
    ("{env_lower}", "openai_api_key"),
    ("{provider}", "OpenAI"),
    ("{class}", "Client"),
    ("{pod}", "api-1"),
    ("{host}", "api.example.com"),
];

/// The folder of the project.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The built-in rules.
pub(crate) fn rules() -> &'static CompiledRules {
    static RULES: OnceLock<CompiledRules> = OnceLock::new();
    RULES.get_or_init(|| CompiledRules::new(RuleSet::embedded().unwrap()).unwrap())
}

/// The gate as every run derives it.
pub(crate) fn derived_gate() -> Gate<'static> {
    let literals: Vec<&str> = assemble::literals().collect();
    Gate::new(rules(), &literals)
}

/// The report of some inputs, read in the way that is given.
pub(crate) fn diagnose(specs: &[SourceSpec], gate: &Gate<'_>, options: Options) -> Report {
    let scanned = scan::collect(rules(), gate, specs, options, &Silent);
    let names: Vec<String> = specs.iter().map(|spec| spec.name.clone()).collect();
    let findings = ranking::rank(rules(), &scanned.evidence);
    report::build(rules(), &scanned.evidence, &findings, &scanned.inputs, &scanned.warnings, &names)
}

/// The report of some files, read as the command reads them.
pub(crate) fn diagnose_files(paths: &[PathBuf]) -> Report {
    static GATE: OnceLock<Gate> = OnceLock::new();
    let specs: Vec<SourceSpec> = paths.iter().map(SourceSpec::file).collect();
    diagnose(&specs, GATE.get_or_init(derived_gate), Options::default())
}

/// Every log below a folder of `testdata/`, sorted: whatever is no expectation.
pub(crate) fn logs_below(folder: &str) -> Vec<PathBuf> {
    let mut logs: Vec<PathBuf> = walk(&root().join("testdata").join(folder));
    logs.retain(|path| path.extension().is_some_and(|e| e == "log" || e == "jsonl" || e == "gz"));
    assert!(!logs.is_empty(), "no log below testdata/{folder}");
    logs
}

/// Every file below a folder, sorted by path.
pub(crate) fn walk(folder: &Path) -> Vec<PathBuf> {
    let entries = walkdir::WalkDir::new(folder).sort_by_file_name().into_iter().map(Result::unwrap);
    entries.filter(|entry| entry.file_type().is_file()).map(walkdir::DirEntry::into_path).collect()
}

/// A path as a test's message should name it.
pub(crate) fn shown(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).display().to_string()
}

/// The running program, with pipes to all its ends.
pub(crate) fn spawned(arguments: &[&str]) -> Child {
    std::process::Command::new(assert_cmd::cargo::cargo_bin("whodunit"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program runs")
}

/// The program, without the colours and the terminal of whoever runs the tests.
pub(crate) fn whodunit() -> Command {
    let mut command = Command::cargo_bin("whodunit").unwrap();
    for variable in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "FORCE_COLOR", "COLUMNS", "LINES"] {
        command.env_remove(variable);
    }
    command.env("TERM", "dumb");
    command
}

/// Standard output of a run as JSON.
pub(crate) fn json_of(output: &std::process::Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
        panic!("no JSON on standard output ({error}); standard error: {}", String::from_utf8_lossy(&output.stderr))
    })
}

/// Fails with the first line that differs, because the whole documents are unreadable.
pub(crate) fn assert_same(expected: &str, actual: &str, what: &str) {
    if expected == actual {
        return;
    }
    let differs = expected.lines().zip(actual.lines()).enumerate().find(|(_, (a, b))| a != b);
    match differs {
        Some((at, (a, b))) => panic!("{what}: line {} of the report is\n  {b}\nand was\n  {a}", at + 1),
        None => panic!("{what}: one report is longer"),
    }
}
