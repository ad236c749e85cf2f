//! An exception as a program printed it: links from the outermost to the root, with the frames of each.
//!
//! The order of the text (Python prints the root first, Java last) ends here: a chain is always outermost first.

use std::fmt;

/// The language whose grammar an exception was read with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs)]
pub enum Language {
    Python,
    JavaScript,
    Java,
    DotNet,
    Go,
    Ruby,
    Php,
    Rust,
    Elixir,
    Cpp,
    Dart,
    Lua,
    Perl,
    Shell,
}

impl Language {
    /// The name used in reports and rule selectors.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Python => "python",
            Self::JavaScript => "javascript",
            Self::Java => "java",
            Self::DotNet => "dotnet",
            Self::Go => "go",
            Self::Ruby => "ruby",
            Self::Php => "php",
            Self::Rust => "rust",
            Self::Elixir => "elixir",
            Self::Cpp => "cpp",
            Self::Dart => "dart",
            Self::Lua => "lua",
            Self::Perl => "perl",
            Self::Shell => "shell",
        }
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How a link is tied to the one before it in the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Relation {
    /// The outermost exception, what the program showed first.
    Surface,
    /// Declared cause (`raise … from`, `Caused by`, `[cause]`).
    Cause,
    /// Raised while the inner one was handled.
    Context,
    /// Suppressed by another.
    Suppressed,
    /// Member of a group or aggregate.
    Member,
    /// Quoted inside another's message.
    Wrapped,
}

impl Relation {
    /// The name used in reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Surface => "surface",
            Self::Cause => "cause",
            Self::Context => "context",
            Self::Suppressed => "suppressed",
            Self::Member => "member",
            Self::Wrapped => "wrapped",
        }
    }
}

/// One frame line. Empty strings where the text has no such part.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Frame {
    /// Function as printed: `get_embeddings`, `<module>`, `AzureOpenAI.makeStatusError`, `async Promise.all`.
    pub function: String,
    /// File or URL as printed, without line and column.
    pub path: String,
    /// Line number, from 1.
    pub line: Option<u32>,
}

/// One exception of a chain.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Exception {
    /// Class as printed, with its module where the text has it; may be empty where only a message was printed.
    pub kind: String,
    /// Message, lines joined by `\n`.
    pub message: String,
    /// Tie to the link before.
    pub relation: Relation,
    /// Frames in the order of the text.
    pub frames: Vec<Frame>,
    /// Fields printed with the exception (`status`, `code`, `lc_error_code`), nested names joined by dots.
    pub properties: Vec<(String, String)>,
}

impl Exception {
    /// An exception without frames or properties.
    #[must_use]
    pub fn new(kind: impl Into<String>, message: impl Into<String>, relation: Relation) -> Self {
        Self { kind: kind.into(), message: message.into(), relation, frames: Vec::new(), properties: Vec::new() }
    }
}

/// Exceptions of one failure, outermost first.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ExceptionChain {
    /// Language of the text.
    pub language: Language,
    /// Links, outermost first; never empty. Members of a group follow the group, depth first.
    pub links: Vec<Exception>,
    /// Index of the root cause in `links`.
    pub root: usize,
    /// False where head or tail is cut off, or the text says that it does not hold the root.
    pub complete: bool,
    /// For each frame list, whether the innermost frame is printed last (Python) or first (JavaScript, Java).
    pub innermost_last: bool,
}

impl ExceptionChain {
    /// The root cause.
    #[must_use]
    pub fn root_exception(&self) -> &Exception {
        &self.links[self.root.min(self.links.len() - 1)]
    }
}
