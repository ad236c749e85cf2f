//! The main job: logs in, report out.

use std::io::IsTerminal;

use anyhow::{Context, Result, bail};
use clap::CommandFactory;

use super::progress::{Bar, Follower};
use super::signals::Signals;
use super::{Outcome, discover, gate, load_rules, note, print, print_aside, scan_options, start_threads};
use crate::cli::{Cli, Diagnose, Format};
use crate::input::Discovered;
use crate::ranking;
use crate::report::{self, Report, TextOptions};
use crate::rules::CompiledRules;
use crate::rules::schema::Grade;
use crate::scan::{self, Progress as _, Scanned};

/// Diagnoses the inputs and prints the report.
///
/// # Errors
/// Unusable arguments or rules, or an output that cannot be written.
pub fn run(args: &Diagnose) -> Result<Outcome> {
    let rules = load_rules(args.common.rules.as_deref())?;
    let fail_on = args.fail_on.as_deref().map(|what| FailOn::parse(rules, what)).transpose()?;
    let Some(found) = discover(&args.paths) else {
        print(args.common.color, &Cli::command().render_help().ansi().to_string())?;
        return Ok(Outcome::Nothing);
    };
    if found.specs.iter().any(|s| s.path.is_none()) && std::io::stdin().is_terminal() && !args.quiet {
        note("Paste the log, then press Ctrl-D on a line of its own.");
    }
    start_threads(&args.common, &found.specs);
    let follower = Follower {
        bar: (!args.quiet && std::io::stderr().is_terminal()).then(Bar::new),
        signals: Signals::catch().context("the signals cannot be caught")?,
        so_far: &|scanned: &Scanned| print_aside(args.common.color, &shown(args, &report(rules, &found, scanned))),
    };
    let gate = gate(rules, &args.common);
    let scanned = scan::collect(rules, &gate, &found.specs, scan_options(&args.common), &follower);
    if let Some(bar) = &follower.bar {
        bar.clear();
    }
    let report = report(rules, &found, &scanned);
    print(args.common.color, &shown(args, &report))?;
    if !args.quiet {
        coverage(&report);
    }
    if follower.stopped() {
        return Ok(Outcome::Interrupted);
    }
    Ok(outcome(&report, fail_on.as_ref()))
}

/// The report of what was found.
fn report(rules: &CompiledRules, found: &Discovered, scanned: &Scanned) -> Report {
    let names: Vec<String> = found.specs.iter().map(|spec| spec.name.clone()).collect();
    let warnings: Vec<_> = found.warnings.iter().chain(&scanned.warnings).cloned().collect();
    let findings = ranking::rank(rules, &scanned.evidence);
    report::build(rules, &scanned.evidence, &findings, &scanned.inputs, &warnings, &names)
}

/// A report as it was asked for.
fn shown(args: &Diagnose, report: &Report) -> String {
    if report.inputs.is_empty() && args.format == Format::Text {
        // Nothing was read: the warnings below say why, and an empty report must not look like health.
        return String::new();
    }
    match args.format {
        Format::Json => report::json(&Report { findings: top(report, args.top), ..report.clone() }),
        Format::Text => report::text(report, TextOptions { width: width(), top: args.top, verbose: args.verbose }),
    }
}

fn top(report: &Report, top: usize) -> Vec<report::FindingView> {
    let most = if top == 0 { usize::MAX } else { top };
    report.findings.iter().take(most).cloned().collect()
}

/// Columns of the terminal; 80 where there is none, and for the width 0 that some report.
fn width() -> usize {
    terminal_size::terminal_size().map(|(width, _)| usize::from(width.0)).filter(|w| *w >= 40).unwrap_or(80).min(120)
}

/// What was looked at, so that an empty answer cannot be mistaken.
fn coverage(report: &Report) {
    if report.inputs.is_empty() {
        for warning in &report.warnings {
            note(&format!("error: {}: {}", warning.source, warning.text));
        }
        return;
    }
    let lines: u64 = report.inputs.iter().map(|i| i.lines).sum();
    let files = if report.inputs.len() == 1 { "1 file".to_owned() } else { format!("{} files", report.inputs.len()) };
    let skipped =
        if report.warnings.is_empty() { String::new() } else { format!(", {} warnings", report.warnings.len()) };
    note(&format!("{files}, {lines} lines, {} events, {} explained{skipped}", report.events, report.explained));
}

fn outcome(report: &Report, fail_on: Option<&FailOn>) -> Outcome {
    if report.inputs.is_empty() {
        return Outcome::Nothing;
    }
    if fail_on.is_some_and(|condition| condition.holds(report)) {
        return Outcome::Failed;
    }
    if report.complete { Outcome::Done } else { Outcome::Incomplete }
}

/// The condition of `--fail-on`.
enum FailOn {
    Any,
    Severity(Grade),
    Cause(String),
}

impl FailOn {
    fn parse(rules: &CompiledRules, what: &str) -> Result<Self> {
        if what == "any" {
            return Ok(Self::Any);
        }
        if let Some(grade) = Grade::parse(what) {
            return Ok(Self::Severity(grade));
        }
        if rules.cause(what).is_some() {
            return Ok(Self::Cause(what.to_owned()));
        }
        bail!(
            "--fail-on {what}: neither `any`, a severity (critical, high, medium, low) nor a cause; `whodunit rules list` shows the causes"
        )
    }

    fn holds(&self, report: &Report) -> bool {
        report.findings.iter().any(|finding| match self {
            Self::Any => true,
            Self::Severity(least) => Grade::parse(&finding.severity).is_some_and(|grade| grade >= *least),
            Self::Cause(id) => finding.causes.first().is_some_and(|cause| cause.id == *id),
        })
    }
}
