//! Every cause is named where it is the cause, and is not named where something else only looks like it.
//!
//! `testdata/causes/<cause-id>/` holds `fires-*.log`, whose first finding must have the cause first, and `near-miss-*.log`, where it must
//! not. A cause without both fails, so that none can be added without evidence that it works. `expect.toml` beside the logs says more
//! where more is known: the component that fails, and what a near miss is instead.

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use regex::Regex;
use serde::Deserialize;
use whodunit::report::{self, FindingView, Report, TextOptions};

/// What `expect.toml` says of one log, by its name without the ending.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    /// Provider of the first finding.
    provider: Option<String>,
    /// Role of the first finding.
    role: Option<String>,
    /// First cause of a near miss.
    cause: Option<String>,
    /// The near miss is no failure at all.
    #[serde(default)]
    quiet: bool,
}

/// A log with what is expected of it.
#[derive(Debug)]
struct Case {
    cause: String,
    path: PathBuf,
    expected: Expected,
}

impl Case {
    fn name(&self) -> String {
        self.path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
    }

    fn fires(&self) -> bool {
        self.name().starts_with("fires-")
    }
}

fn folder() -> PathBuf {
    common::root().join("testdata/causes")
}

/// All cases, those of one folder together.
fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for folder in folders() {
        let mut expected = expectations(&folder);
        let cause = file_name(&folder);
        let logs = common::walk(&folder).into_iter().filter(|path| path.extension().is_some_and(|e| e == "log"));
        for path in logs {
            let expected = expected.remove(&path.file_stem().unwrap_or_default().to_string_lossy().into_owned());
            cases.push(Case { cause: cause.clone(), path, expected: expected.unwrap_or_default() });
        }
        assert!(
            expected.is_empty(),
            "{}/expect.toml names logs that do not exist: {expected:?}",
            common::shown(&folder)
        );
    }
    cases
}

fn folders() -> Vec<PathBuf> {
    let entries = fs::read_dir(folder()).expect("testdata/causes exists").map(|entry| entry.expect("readable").path());
    let mut folders: Vec<PathBuf> = entries.filter(|path| path.is_dir()).collect();
    folders.sort();
    folders
}

fn expectations(folder: &Path) -> BTreeMap<String, Expected> {
    let Ok(text) = fs::read_to_string(folder.join("expect.toml")) else { return BTreeMap::new() };
    toml::from_str(&text).unwrap_or_else(|error| panic!("{}/expect.toml: {error}", common::shown(folder)))
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// Every case with its report; read once for the tests that look at them.
fn reports() -> &'static [(Case, Report)] {
    static REPORTS: OnceLock<Vec<(Case, Report)>> = OnceLock::new();
    let read = |case: Case| {
        let report = common::diagnose_files(std::slice::from_ref(&case.path));
        (case, report)
    };
    REPORTS.get_or_init(|| cases().into_iter().map(read).collect())
}

fn first_cause(report: &Report) -> Option<&str> {
    report.findings.first()?.causes.first().map(|cause| cause.id.as_str())
}

/// What is wrong with the report of a case, if anything.
fn problem(case: &Case, report: &Report) -> Option<String> {
    let first = first_cause(report);
    let expected = &case.expected;
    if case.fires() && first != Some(case.cause.as_str()) {
        return Some(format!("{} should come first, not {first:?}\n{}", case.cause, ranking(report)));
    }
    if !case.fires() && first == Some(case.cause.as_str()) {
        return Some(format!("{} must not come first\n{}", case.cause, ranking(report)));
    }
    if expected.quiet && first.is_some() {
        return Some(format!("this is no failure, yet {first:?} is named"));
    }
    if expected.cause.is_some() && expected.cause.as_deref() != first {
        return Some(format!("{:?} should come first, not {first:?}\n{}", expected.cause, ranking(report)));
    }
    let component = report.findings.first().map(|finding| &finding.component);
    let (provider, role) = component.map_or((None, None), |c| (c.provider.clone(), c.role.clone()));
    if expected.provider.is_some() && expected.provider != provider {
        return Some(format!("the provider is {:?}, not {provider:?}", expected.provider));
    }
    if expected.role.is_some() && expected.role != role {
        return Some(format!("the role is {:?}, not {role:?}", expected.role));
    }
    None
}

/// The causes of the first finding, for whoever has to find out why.
fn ranking(report: &Report) -> String {
    let line = |finding: &FindingView| {
        let causes: Vec<String> = finding.causes.iter().map(|c| format!("{} {:.2}", c.id, c.probability)).collect();
        format!("    {} ({}): {}", finding.component.display, finding.symptom, causes.join(", "))
    };
    report.findings.iter().take(2).map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn every_cause_has_logs_that_show_it_and_logs_that_do_not() {
    let cases = cases();
    let mut missing = Vec::new();
    for cause in &common::rules().set.causes {
        let of = |fires: bool| cases.iter().any(|case| case.cause == cause.id && case.fires() == fires);
        for (kind, there) in [("fires-*.log", of(true)), ("near-miss-*.log", of(false))] {
            if !there {
                missing.push(format!("testdata/causes/{}/{kind}", cause.id));
            }
        }
    }
    assert!(missing.is_empty(), "missing:\n{}", missing.join("\n"));
}

#[test]
fn every_folder_belongs_to_a_cause_and_every_log_says_what_it_is() {
    for case in cases() {
        assert!(common::rules().cause(&case.cause).is_some(), "testdata/causes/{} belongs to no cause", case.cause);
        let named = case.fires() || case.name().starts_with("near-miss-");
        assert!(named, "{}: neither fires-*.log nor near-miss-*.log", common::shown(&case.path));
        if let Some(other) = &case.expected.cause {
            assert!(!case.fires() && common::rules().cause(other).is_some(), "{}: {other}", common::shown(&case.path));
        }
    }
}

#[test]
fn causes_come_first_where_they_are_the_cause_and_only_there() {
    let told = reports().iter().filter_map(|(case, report)| Some((case, problem(case, report)?)));
    let problems: Vec<String> = told.map(|(case, text)| format!("{}: {text}", common::shown(&case.path))).collect();
    assert!(problems.is_empty(), "{} logs are read wrongly\n{}", problems.len(), problems.join("\n"));
}

/// A wrong answer given with confidence is the worst one: what fires must be sure of itself in at least some log.
#[test]
fn every_cause_is_told_with_confidence_in_some_log() {
    const SURE: f64 = 0.6;
    let mut best: BTreeMap<String, f64> = BTreeMap::new();
    for (case, report) in reports().iter().filter(|(case, _)| case.fires()) {
        let sure = report.findings.first().and_then(|f| f.causes.first()).map_or(0.0, |cause| cause.probability);
        let most = best.entry(case.cause.clone()).or_default();
        *most = most.max(sure);
    }
    let unsure: Vec<_> = best.iter().filter(|(_, sure)| **sure < SURE).collect();
    assert!(unsure.is_empty(), "never told with {SURE} or more: {unsure:?}");
}

/// One finding fits the screen of a terminal as it comes: 80 columns, 24 lines. Only a command to copy may be longer than a line.
#[test]
fn one_finding_fits_the_first_screen() {
    let options = TextOptions { width: 80, top: 5, verbose: false };
    let mut problems = Vec::new();
    for (case, report) in reports().iter().filter(|(_, report)| report.findings.len() == 1) {
        let text = plain(&report::text(report, options));
        let checks: Vec<&str> =
            report.findings[0].causes.iter().flat_map(|c| &c.confirm).flat_map(|c| c.check.lines()).collect();
        let wide =
            text.lines().filter(|line| line.chars().count() > 80 && !checks.iter().any(|check| line.ends_with(check)));
        let name = common::shown(&case.path);
        problems.extend(wide.map(|line| format!("{name}: {} columns: {line}", line.chars().count())));
        if text.lines().count() > 24 && report.unexplained.is_empty() {
            problems.push(format!("{name}: {} lines", text.lines().count()));
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

/// Text without its styles.
fn plain(text: &str) -> String {
    Regex::new("\x1b\\[[0-9;]*m").expect("a pattern").replace_all(text, "").into_owned()
}

#[test]
fn the_test_data_stays_small() {
    let bytes: u64 =
        common::walk(&common::root().join("testdata")).iter().map(|f| fs::metadata(f).map_or(0, |m| m.len())).sum();
    assert!(bytes < 3 << 20, "testdata holds {bytes} bytes; shorten logs, most lines of a long one repeat");
}
