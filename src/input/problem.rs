//! What can be wrong with an input, in words for the report.
//!
//! Every text is one sentence that says what is wrong and what to do. The name of the input stands beside it, never inside, so that a
//! report can print it as it likes. Nothing here quotes the content of an input.

use std::io;

use thiserror::Error;

/// Something the report should say about an input that was read in part, or not at all.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct InputWarning {
    /// What kind of problem, in kebab-case: `missing-file`, `no-match`, `empty-folder`, `broken-link`, `unreadable`,
    /// `unsupported-archive`, `skipped-binary`, `truncated-input`, `corrupt-input`, `trailing-garbage`, `read-error`, `long-line`; of a
    /// run that was asked for a report before the end, `unfinished-input`.
    pub kind: &'static str,
    /// Name of the input as in [`SourceSpec::name`](super::SourceSpec), or the argument that led nowhere.
    pub source: String,
    /// One sentence: what, and what to do about it.
    pub text: String,
}

impl InputWarning {
    /// A warning about `source`.
    pub(super) fn new(kind: &'static str, source: impl Into<String>, text: impl Into<String>) -> Self {
        Self { kind, source: source.into(), text: text.into() }
    }
}

/// Why nothing of an input is read. Convert it into an [`InputWarning`] to go on without that input.
#[derive(Debug, Error)]
#[error("{name}: {reason}")]
pub struct InputError {
    /// Name of the input.
    pub name: String,
    /// Why it is not read.
    #[source]
    pub reason: Reason,
}

/// The reasons why nothing of an input is read.
#[derive(Debug, Error)]
pub enum Reason {
    /// It cannot be opened, or not one byte of it can be read.
    #[error("{}", io_advice(.0))]
    Unreadable(#[source] io::Error),
    /// A container of several files, or a compression that is not read here.
    #[error("this is {what}, which is not opened here; {advice}")]
    Archive {
        /// What it is, with its article: `a tar archive`.
        what: &'static str,
        /// What to type instead.
        advice: String,
    },
    /// The first bytes are not text.
    #[error("not a text file; leave it out, or convert it to text first")]
    Binary,
    /// There is no byte but NUL, as far as it was read.
    #[error("{}", nul_advice(*.bytes, *.whole))]
    NulFilled {
        /// How many NUL bytes were read.
        bytes: u64,
        /// The input ended there; false where reading was given up.
        whole: bool,
    },
}

impl InputError {
    /// The kind of the warning that this error becomes.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self.reason {
            Reason::Unreadable(_) => "unreadable",
            Reason::Archive { .. } => "unsupported-archive",
            Reason::Binary | Reason::NulFilled { .. } => "skipped-binary",
        }
    }
}

impl From<InputError> for InputWarning {
    fn from(error: InputError) -> Self {
        Self { kind: error.kind(), text: error.reason.to_string(), source: error.name }
    }
}

/// An I/O error as a sentence with advice.
pub(super) fn io_advice(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "no such file or folder; check the path".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied; run as a user who may read it".to_owned(),
        _ => format!("cannot be read ({error}); check the file system, or copy the file and read the copy"),
    }
}

fn nul_advice(bytes: u64, whole: bool) -> String {
    if whole {
        format!("nothing but {bytes} NUL bytes; the log was emptied or its disk lost it, look for a rotated copy")
    } else {
        format!("begins with more than {bytes} NUL bytes; if a log follows them, pipe it through `tr -d '\\0'`")
    }
}
