//! Holds the ranking's numbers against labelled logs, and proposes better ones.
//!
//! `cargo run --release --example calibrate -- CORPUS…` reads every folder below the arguments that has a `label.json` and logs,
//! diagnoses the logs, and tells how well the probabilities of the first finding's causes fit the labels: with the present numbers of
//! `rules/weights.toml`, and with numbers fitted on other cases than those they are held against (cross-validation). At the end stands
//! what a fit on all cases would propose. Nothing is written without `--write`.
//!
//! `rules/README.md` says what a label holds and how to read the tables.

#![expect(clippy::print_stdout, reason = "tables on standard output are what this program is for")]

mod corpus;
mod fit;
mod measure;

use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use clap::{Parser, ValueEnum};
use whodunit::ranking;
use whodunit::rules::{CompiledRules, RuleSet, Weights};

use corpus::{Case, Kept};
use fit::{Fitter, PARAMETERS};
use measure::Figures;

/// Holds the ranking's numbers against labelled logs, and proposes better ones.
#[derive(Debug, Parser)]
struct Arguments {
    /// Folders with labelled cases, searched for `label.json`.
    #[arg(required = true)]
    corpus: Vec<PathBuf>,
    /// Rules laid over the built-in ones.
    #[arg(long)]
    rules: Option<PathBuf>,
    /// Parts of the cross-validation.
    #[arg(long, default_value_t = 5)]
    folds: usize,
    /// How strongly a fit is pulled to the present numbers.
    #[arg(long, default_value_t = 0.02)]
    pull: f64,
    /// Leave out one group after the other, and fit on the rest.
    #[arg(long, value_enum)]
    leave_out: Option<LeaveOut>,
    /// Take something away from the logs, to see what it contributes.
    #[arg(long, value_enum)]
    without: Option<Without>,
    /// Tell of every case what was said with the present numbers; wrong ones are marked with `!`, what the log cannot tell with `?`.
    #[arg(long)]
    list: bool,
    /// Write the proposal into this file of weights.
    #[arg(long)]
    write: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum LeaveOut {
    /// The cases of one provider after the other.
    Provider,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Without {
    /// Of each exception chain only the line that a reader meets last: the outermost exception, no frames, no fields.
    Chains,
    /// Who fails and who succeeds, since when: everything that comes from comparing streams, moments and other services.
    Contrast,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let set = match &arguments.rules {
        Some(folder) => RuleSet::with_folder(folder)?,
        None => RuleSet::embedded()?,
    };
    let rules = CompiledRules::new(set)?;
    let kept = Kept {
        chains: !matches!(arguments.without, Some(Without::Chains)),
        contrast: !matches!(arguments.without, Some(Without::Contrast)),
    };
    let cases = corpus::read(&rules, &arguments.corpus, kept)?;
    ensure!(cases.len() >= 2 * arguments.folds.max(1), "only {} labelled failures; that is too few", cases.len());
    let fitter = Fitter { present: rules.set.weights.clone(), pull: arguments.pull };
    println!(
        "{} labelled failures, {} of them told by their log",
        cases.len(),
        cases.iter().filter(|c| c.told).count()
    );
    if arguments.list {
        list(&cases, &fitter.present);
        return Ok(());
    }
    if matches!(arguments.leave_out, Some(LeaveOut::Provider)) {
        leave_out_providers(&fitter, &cases);
        return Ok(());
    }
    cross_validate(&fitter, &cases, arguments.folds);
    let proposal = fitter.fit(&cases.iter().collect::<Vec<_>>());
    propose(&fitter.present, &proposal);
    if let Some(path) = &arguments.write {
        let text = std::fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?;
        std::fs::write(path, fit::written(&text, &proposal))
            .with_context(|| format!("{} cannot be written", path.display()))?;
        println!("\nwritten to {}", path.display());
    }
    Ok(())
}

/// The present numbers against numbers fitted without the cases that they are held against.
fn cross_validate(fitter: &Fitter, cases: &[Case], folds: usize) {
    let parts = fit::folds(cases, folds);
    println!("\n{:22} {:>5}  {}", "held out", "cases", Figures::HEADING);
    let (mut before, mut after) = (Vec::new(), Vec::new());
    for part in 0..folds {
        let held_out: Vec<&Case> = cases.iter().zip(&parts).filter(|(_, p)| **p == part).map(|(c, _)| c).collect();
        let rest: Vec<&Case> = cases.iter().zip(&parts).filter(|(_, p)| **p != part).map(|(c, _)| c).collect();
        let fitted = fitter.fit(&rest);
        let (present, other) = (measure::outcomes(&held_out, &fitter.present), measure::outcomes(&held_out, &fitted));
        row(&format!("part {} present", part + 1), &present);
        row(&format!("part {} fitted", part + 1), &other);
        before.extend(present);
        after.extend(other);
    }
    row("all present", &before);
    row("all fitted", &after);
    let untold: Vec<_> = before.iter().zip(&after).filter(|(o, _)| o.untold).collect();
    if !untold.is_empty() {
        let mean = |p: f64| p / untold.len() as f64;
        println!(
            "first probability where the log cannot tell: present {:.3}, fitted {:.3}, over {}",
            mean(untold.iter().map(|(o, _)| o.probability).sum()),
            mean(untold.iter().map(|(_, o)| o.probability).sum()),
            untold.len()
        );
    }
}

/// What is said of every case.
fn list(cases: &[Case], weights: &Weights) {
    for case in cases {
        let outcome = &measure::outcomes(&[case], weights)[0];
        let mark = if !outcome.right {
            '!'
        } else if case.untold {
            '?'
        } else {
            ' '
        };
        let (probabilities, unknown) = ranking::weigh(&case.causes, weights);
        let mut said: Vec<(f64, &str)> =
            probabilities.into_iter().zip(case.causes.iter().map(|c| c.id.as_str())).collect();
        said.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(b.1)));
        let said: Vec<String> = said.iter().take(3).map(|(p, id)| format!("{id} {p:.2}")).collect();
        println!("{mark} {:44} {:32} {}, unknown {unknown:.2}", case.name, case.accepted[0], said.join(", "));
    }
}

/// Each provider's cases, judged with numbers that were fitted without them.
fn leave_out_providers(fitter: &Fitter, cases: &[Case]) {
    println!("\n{:22} {:>5}  {}", "left out", "cases", Figures::HEADING);
    for group in corpus::groups(cases) {
        let left_out: Vec<&Case> = cases.iter().filter(|c| group.holds(c)).collect();
        let rest: Vec<&Case> = cases.iter().filter(|c| !group.holds(c)).collect();
        row(&group.name, &measure::outcomes(&left_out, &fitter.fit(&rest)));
    }
}

fn row(name: &str, outcomes: &[measure::Outcome]) {
    println!("{name:22} {:>5}  {}", outcomes.len(), Figures::of(outcomes));
}

fn propose(present: &Weights, proposal: &Weights) {
    println!("\n{:22} {:>8} {:>9}", "number", "present", "proposed");
    for parameter in PARAMETERS {
        let (before, after) = ((parameter.get)(present), (parameter.get)(proposal));
        println!("{:22} {before:>8.2} {after:>9.2}", format!("{}.{}", parameter.section, parameter.name));
    }
}
