//! The command line. The only module that knows clap; argument types stop at the door.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::scan;

/// Reads logs and tracebacks and names the failing component, the most likely cause, the evidence and the fix.
///
/// Works offline on the log alone. Keys and passwords in it never reach the output.
#[derive(Debug, Parser)]
#[command(name = "whodunit", version, after_help = EXAMPLES, args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct Cli {
    /// What to do; without a command the logs are diagnosed.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// Diagnosis.
    #[command(flatten)]
    pub diagnose: Diagnose,
}

const EXAMPLES: &str = "\
Examples:
  kubectl logs deploy/api --all-containers --prefix | whodunit
  whodunit app.log app.log.1.gz /var/log/app/
  whodunit -                      paste a traceback, then Ctrl-D
  whodunit --format json '/logs/**/*.gz' > report.json
  whodunit explain credential-missing

While it reads, for example from `kubectl logs -f`:
  Ctrl-C             end reading and print the report of what was read; a second one ends at once
  kill -USR1 PID     print a report so far on standard error and go on

Exit codes:
  0    the input was analysed, whether or not something was found
  1    only with --fail-on: the condition held
  2    nothing was analysed: wrong arguments, broken rules, no readable input
  3    analysed, but something was unreadable or cut
  130  ended by Ctrl-C, with the report of what was read until then";

/// Commands beside the diagnosis.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Print every exception in the logs as one JSON object a line.
    Events(EventsArgs),
    /// Tell everything about a cause: meaning, evidence, fixes, checks.
    Explain(ExplainArgs),
    /// Look into the rules.
    Rules(RulesArgs),
}

/// Options of the diagnosis.
#[derive(Args, Debug)]
pub struct Diagnose {
    /// Logs: files, folders, globs, or - for standard input. Compressed files are recognised by their content.
    #[arg(value_name = "PATH")]
    pub paths: Vec<String>,
    /// How to print the report.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
    /// Print at most so many findings; 0 for all.
    #[arg(long, value_name = "N", default_value_t = 5)]
    pub top: usize,
    /// Exit with 1 if there is a finding: `any`, a severity (`high` and above), or a cause id that comes first.
    #[arg(long, value_name = "WHAT")]
    pub fail_on: Option<String>,
    /// Print only the report: no progress, no coverage line.
    #[arg(short, long)]
    pub quiet: bool,
    /// Print every finding in full, with all evidence for and against.
    #[arg(short, long, conflicts_with = "quiet")]
    pub verbose: bool,
    /// Options of every command that reads logs.
    #[command(flatten)]
    pub common: Common,
}

/// Options of every command.
#[derive(Args, Debug, Default)]
pub struct Common {
    /// Read more rules from this folder; entries with a known id replace the built-in ones.
    #[arg(long, value_name = "DIR")]
    pub rules: Option<PathBuf>,
    /// Colour the output.
    #[arg(long, value_enum, value_name = "WHEN", default_value_t = Color::Auto)]
    pub color: Color,
    /// Threads that analyse; 0 for one per core.
    #[arg(long, value_name = "N", default_value_t = 0, hide_short_help = true)]
    pub threads: usize,
    /// Bytes to read at a time; does not change what is found.
    #[arg(long, value_name = "BYTES", default_value_t = scan::BLOCK_BYTES, hide = true)]
    pub block_size: usize,
    /// Look at every line instead of only at those that could matter; does not change what is found.
    #[arg(long, hide = true)]
    pub no_gate: bool,
}

/// Options of `events`.
#[derive(Args, Debug)]
pub struct EventsArgs {
    /// Logs: files, folders, globs, or - for standard input.
    #[arg(value_name = "PATH")]
    pub paths: Vec<String>,
    /// Options of every command that reads logs.
    #[command(flatten)]
    pub common: Common,
}

/// Options of `explain`.
#[derive(Args, Debug)]
pub struct ExplainArgs {
    /// Id of a cause; `whodunit rules list` shows them.
    #[arg(value_name = "CAUSE")]
    pub cause: String,
    /// Read more rules from this folder.
    #[arg(long, value_name = "DIR")]
    pub rules: Option<PathBuf>,
}

/// Options of `rules`.
#[derive(Args, Debug)]
pub struct RulesArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: RulesCommand,
}

/// What to do with the rules.
#[derive(Debug, Subcommand)]
pub enum RulesCommand {
    /// List the causes, or one kind of rule.
    List {
        /// What to list.
        #[arg(value_enum, default_value_t = RuleKind::Causes)]
        kind: RuleKind,
        /// Read more rules from this folder.
        #[arg(long, value_name = "DIR")]
        rules: Option<PathBuf>,
    },
    /// Check the rules against their own examples.
    Check {
        /// Folder with rules to check on top of the built-in ones.
        #[arg(value_name = "DIR")]
        folder: Option<PathBuf>,
    },
}

/// Kinds of rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[allow(missing_docs)]
pub enum RuleKind {
    Causes,
    Signals,
    Components,
    Symptoms,
}

/// Formats of the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    Text,
    /// For programs; names and schema are stable.
    Json,
}

/// When to colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal, unless `NO_COLOR` is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}
