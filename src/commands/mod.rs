//! One command a file, and what they share: rules, inputs, output that survives a closed pipe.

pub mod diagnose;
pub mod events;
pub mod explain;
mod progress;
pub mod rules;
mod signals;

use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result};

use crate::assemble;
use crate::cli::{Color, Common};
use crate::input::{self, Discovered, SourceSpec};
use crate::report;
use crate::rules::{CompiledRules, Gate, RuleSet};
use crate::scan;

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Analysed.
    Done,
    /// The condition of `--fail-on` held.
    Failed,
    /// Nothing was analysed.
    Nothing,
    /// Analysed, but something was unreadable or cut.
    Incomplete,
    /// Ended by Ctrl-C; what was read until then was analysed.
    Interrupted,
}

impl From<Outcome> for ExitCode {
    fn from(outcome: Outcome) -> Self {
        Self::from(match outcome {
            Outcome::Done => 0,
            Outcome::Failed => 1,
            Outcome::Nothing => 2,
            Outcome::Incomplete => 3,
            // As shells tell of a program that the signal ended.
            Outcome::Interrupted => 130,
        })
    }
}

/// Whether an error is a reader that went away.
#[must_use]
pub fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| cause.downcast_ref::<io::Error>().is_some_and(|e| e.kind() == io::ErrorKind::BrokenPipe))
}

/// The built-in rules, with those of a folder on top. They last as long as the program: to take them apart at its end would be work for
/// nobody.
fn load_rules(folder: Option<&Path>) -> Result<&'static CompiledRules> {
    let set = match folder {
        Some(folder) => RuleSet::with_folder(folder),
        None => RuleSet::embedded(),
    };
    let rules = set.and_then(CompiledRules::new).context("the rules cannot be used")?;
    Ok(Box::leak(Box::new(rules)))
}

/// What to read: the arguments, or standard input when something is piped in. `None` when there is nothing to read and nobody to wait for.
fn discover(paths: &[String]) -> Option<Discovered> {
    if !paths.is_empty() {
        return Some(input::discover(paths));
    }
    let piped = !io::stdin().is_terminal();
    piped.then(|| Discovered { specs: vec![SourceSpec::stdin()], warnings: Vec::new() })
}

/// Inputs that are read sooner than threads are started.
fn is_small(specs: &[SourceSpec]) -> bool {
    /// Bytes of all inputs together. Of compressed ones too: they grow, but not out of hand.
    const MOST: u64 = 32 * 1024;
    let file = |spec: &SourceSpec| std::fs::metadata(spec.path.as_deref()?).ok().filter(std::fs::Metadata::is_file);
    let size = |spec: &SourceSpec| Some(file(spec)?.len());
    specs.iter().try_fold(0, |sum, spec| Some(size(spec)? + sum).filter(|sum| *sum <= MOST)).is_some()
}

fn gate<'r>(rules: &'r CompiledRules, common: &Common) -> Gate<'r> {
    if common.no_gate {
        return Gate::open();
    }
    let literals: Vec<&str> = assemble::literals().collect();
    Gate::when_needed(rules, &literals)
}

/// Threads for the whole run.
fn start_threads(common: &Common, specs: &[SourceSpec]) {
    let pool = rayon::ThreadPoolBuilder::new();
    let pool = if common.threads == 0 && is_small(specs) {
        pool.num_threads(1).use_current_thread()
    } else {
        pool.num_threads(common.threads)
    };
    // A second pool in one process (tests) keeps the first one's size, which changes nothing that is found.
    let _ = pool.build_global();
}

fn scan_options(common: &Common) -> scan::Options {
    scan::Options { block_bytes: common.block_size.max(1), ..scan::Options::default() }
}

/// Standard output, buffered, with styles only where they are wanted.
fn output(color: Color) -> impl Write {
    styled(io::stdout(), color)
}

fn styled<S: anstream::stream::RawStream + anstream::stream::AsLockedWrite>(stream: S, color: Color) -> impl Write {
    let choice = match color {
        Color::Auto => anstream::AutoStream::choice(&stream),
        Color::Always => anstream::ColorChoice::Always,
        Color::Never => anstream::ColorChoice::Never,
    };
    io::BufWriter::new(anstream::AutoStream::new(stream, choice))
}

fn print(color: Color, text: &str) -> Result<()> {
    let mut out = output(color);
    out.write_all(text.as_bytes())?;
    out.flush()?;
    Ok(())
}

/// A text on standard error; a closed one is nobody's loss.
fn print_aside(color: Color, text: &str) {
    let mut out = styled(io::stderr(), color);
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// A line on standard error; a closed one is nobody's loss. Names of files are as hostile as what is in them.
fn note(text: &str) {
    let _ = writeln!(io::stderr(), "{}", report::clean(text));
}
