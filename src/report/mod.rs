//! The report as one plain struct, built once; every format is a pure function of it.
//!
//! Building resolves rule ids to words, picks recipes and checks for the framework and runtime at hand, and numbers the redacted keys in the
//! order in which a reader meets them. Everything here is redacted text.

mod advice;
mod build;
pub mod events;
pub mod explain;
mod table;
mod text;
mod wire;

pub use build::build;
pub(crate) use text::clean;
pub use text::{TextOptions, text};
pub use wire::json;

/// Everything a command may print.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Digest of the rules.
    pub rules: String,
    /// What was read.
    pub inputs: Vec<Input>,
    /// One sentence.
    pub verdict: String,
    /// Failures, errors and exceptions seen.
    pub events: u64,
    /// Of those, explained by a rule.
    pub explained: u64,
    /// Earliest time of what was read.
    pub first_time: Option<String>,
    /// Latest.
    pub last_time: Option<String>,
    /// Most important first.
    pub findings: Vec<FindingView>,
    /// Errors no rule explains, most frequent first.
    pub unexplained: Vec<UnexplainedView>,
    /// How many more there are than listed.
    pub unexplained_more: usize,
    /// What was cut or could not be read.
    pub warnings: Vec<WarningView>,
    /// What was assumed to read the log, as sentences.
    pub assumed: Vec<&'static str>,
    /// Nothing was cut and everything could be read.
    pub complete: bool,
}

/// One input.
#[derive(Clone, Debug)]
pub struct Input {
    /// Name as given.
    pub name: String,
    /// Decoded bytes.
    pub bytes: u64,
    /// Lines.
    pub lines: u64,
    /// Its warnings.
    pub warnings: Vec<String>,
}

/// A finding in words.
#[derive(Clone, Debug)]
pub struct FindingView {
    /// Stable fingerprint.
    pub id: String,
    /// Headline.
    pub title: String,
    /// `auth`, `quota`, …
    pub family: String,
    /// Symptom id.
    pub symptom: String,
    /// `critical`, `high`, `medium`, `low`.
    pub severity: String,
    /// What failed.
    pub component: ComponentView,
    /// The exception of the earliest occurrence.
    pub exception: Option<ExceptionView>,
    /// How often.
    pub occurrences: u64,
    /// First occurrence.
    pub first_time: Option<String>,
    /// Last occurrence.
    pub last_time: Option<String>,
    /// Clock times of both, for people.
    pub clock: Option<(String, String)>,
    /// Who fails and who succeeds.
    pub streams: Vec<StreamView>,
    /// Streams beyond those listed.
    pub streams_more: usize,
    /// Most likely first.
    pub causes: Vec<CauseView>,
    /// Probability that it is none of them.
    pub unknown: f64,
    /// Earliest occurrences.
    pub exemplars: Vec<Quote>,
}

/// What failed.
#[derive(Clone, Debug, Default)]
pub struct ComponentView {
    /// Provider id; `None` where nothing names one.
    pub provider: Option<String>,
    /// Role.
    pub role: Option<String>,
    /// Framework in which it surfaced, `none` without one.
    pub framework: Option<String>,
    /// Class.
    pub class: Option<String>,
    /// For people.
    pub display: String,
    /// The frame, line or word that decided.
    pub because: String,
}

/// An exception in full.
#[derive(Clone, Debug)]
pub struct ExceptionView {
    /// Class, message, relation; outermost first.
    pub chain: Vec<(String, String, String)>,
    /// Index of the root.
    pub root: usize,
    /// Language.
    pub language: String,
}

/// What one stream did.
#[derive(Clone, Debug)]
pub struct StreamView {
    /// Name.
    pub id: String,
    /// Failures.
    pub failures: u64,
    /// Successes of the same call.
    pub successes: u64,
    /// First failure.
    pub first_failure: Option<String>,
    /// Last success.
    pub last_success: Option<String>,
}

/// A cause in words.
#[derive(Clone, Debug)]
pub struct CauseView {
    /// Id.
    pub id: String,
    /// Plain words.
    pub title: String,
    /// 0 to 1.
    pub probability: f64,
    /// Where it starts from before anything is known: a word of `weights.toml`.
    pub prior: &'static str,
    /// General causes whose place it takes when it has evidence of its own.
    pub specializes: Vec<String>,
    /// What spoke for it.
    pub evidence: Vec<EvidenceView>,
    /// What spoke against it.
    pub against: Vec<EvidenceView>,
    /// The fix.
    pub recipe: RecipeView,
    /// Checks.
    pub confirm: Vec<ConfirmView>,
}

/// One item of evidence.
#[derive(Clone, Debug)]
pub struct EvidenceView {
    /// Sentence.
    pub says: String,
    /// Weight class.
    pub weight: &'static str,
    /// One family counts once.
    pub family: String,
    /// The wordings behind it are known from memory only, which lowers the weight.
    pub from_memory: bool,
    /// False where a stronger item of its family counted instead.
    pub counted: bool,
    /// Where.
    pub places: Vec<Quote>,
}

/// A quoted line.
#[derive(Clone, Debug)]
pub struct Quote {
    /// Input.
    pub source: String,
    /// Line, from 1.
    pub line: u64,
    /// Byte offset, from 0.
    pub offset: u64,
    /// Redacted text.
    pub quote: String,
}

/// A fix.
#[derive(Clone, Debug, Default)]
pub struct RecipeView {
    /// What happened.
    pub meaning: String,
    /// Steps: text, language, code.
    pub fix: Vec<(String, Option<String>, Option<String>)>,
    /// How to see that it worked.
    pub verify: String,
    /// What keeps it from coming back.
    pub prevent: String,
    /// Links.
    pub references: Vec<String>,
}

/// A check.
#[derive(Clone, Debug)]
pub struct ConfirmView {
    /// Command or question.
    pub check: String,
    /// Causes it separates.
    pub tells_apart: Vec<String>,
    /// What the answer means.
    pub expect: String,
}

/// An error no rule explains.
#[derive(Clone, Debug)]
pub struct UnexplainedView {
    /// Stable fingerprint.
    pub fingerprint: String,
    /// What it says.
    pub title: String,
    /// How often.
    pub occurrences: u64,
    /// Earliest.
    pub exemplars: Vec<Quote>,
}

/// Something that was cut or could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WarningView {
    /// Kebab-case.
    pub kind: String,
    /// Input.
    pub source: String,
    /// What, and what to do.
    pub text: String,
}
