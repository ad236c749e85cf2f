//! One analysed event, ready to be counted: redacted, attributed, and no longer tied to the rules that read it.

use std::sync::Arc;

use crate::keys::KeySeen;
use crate::model::{ComponentId, Moment, Position, SignalId, StreamId, SymptomId};

/// Who wrote something: the stream, and the worker in it where the text names one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamKey {
    /// Pod, container, process, or the input itself.
    pub stream: StreamId,
    /// Process id, worker or thread.
    pub worker: Option<Arc<str>>,
}

impl std::fmt::Display for StreamKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.worker {
            Some(worker) => write!(f, "{}#{worker}", self.stream),
            None => write!(f, "{}", self.stream),
        }
    }
}

/// What failed or was called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// A component of the rules.
    Component(ComponentId),
    /// A service of the user's own.
    Internal,
    /// The application's own code.
    Application,
    /// Nothing names it.
    Unknown,
}

/// Failures with one key are one finding.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GroupKey {
    /// What failed.
    pub subject: Subject,
    /// What it is used for; empty where nothing tells.
    pub role: String,
    /// How it failed.
    pub symptom: SymptomId,
}

/// A signal on an event, with the line that shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignalUse {
    /// Which signal.
    pub signal: SignalId,
    /// Line of the match.
    pub at: Position,
    /// Sentence with its captures, redacted.
    pub says: String,
    /// The line, redacted and bounded.
    pub quote: String,
}

/// A signal on an event. Where earlier places of its kind are kept already it is counted only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Used {
    /// Which signal.
    pub signal: SignalId,
    /// With the line that shows it.
    pub shown: Option<SignalUse>,
}

/// A link of a chain, redacted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkSummary {
    /// Class.
    pub kind: String,
    /// Message.
    pub message: String,
    /// Tie to the link before.
    pub relation: &'static str,
}

/// An event in full, redacted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exemplar {
    /// Outermost first; empty without an exception.
    pub chain: Vec<LinkSummary>,
    /// Index of the root.
    pub root: usize,
    /// Language of the text.
    pub language: Option<&'static str>,
    /// The line that tells the most.
    pub quote: String,
    /// Its place; the event's own where `None`.
    pub quote_at: Option<Position>,
}

/// One failure.
#[derive(Clone, Debug)]
pub struct Failure {
    /// What failed and how.
    pub key: GroupKey,
    /// Only a client's line about a call: an event may or may not follow.
    pub call_only: bool,
    /// Signals, root-most first.
    pub signals: Vec<Used>,
    /// Framework in which it surfaced.
    pub framework: Option<String>,
    /// Class of the adapter or client.
    pub class: Option<String>,
    /// Language of the exception.
    pub language: Option<String>,
    /// Host that was called.
    pub host: Option<String>,
    /// The host is not the component's own.
    pub gateway: bool,
    /// Built at module level.
    pub module_level: bool,
    /// In parallel execution.
    pub parallel: bool,
    /// The role is the component's usual one, nothing in the event tells.
    pub assumed_role: bool,
    /// Only a client that other vendors' calls run through too named the component.
    pub weak: bool,
    /// The call was turned away for now and is made again; told below error level, so perhaps it is no failure yet.
    pub retried: bool,
    /// Only a generic signal (a bare status, a wrapper's text) told the symptom.
    pub generic: bool,
    /// Keys in the event.
    pub keys: Vec<KeySeen>,
    /// What decided the attribution, redacted; `None` where nothing did or an earlier event of the group says so.
    pub because: Option<String>,
    /// The event in full; `None` where enough earlier ones of the group are kept.
    pub exemplar: Option<Exemplar>,
}

/// What a boot line says of a variable.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Presence {
    /// Whose credential it is; `None` for a variable that no component knows.
    pub owner: Option<ComponentId>,
    /// Its name.
    pub variable: String,
    /// Set or not.
    pub set: bool,
    /// Who said so.
    pub stream: StreamKey,
}

/// What was seen.
#[derive(Clone, Debug)]
pub enum Seen {
    /// A failure.
    Failure(Box<Failure>),
    /// A call to a component.
    Call {
        /// Called.
        subject: Subject,
        /// For what; empty where nothing tells.
        role: String,
        /// Answered well.
        ok: bool,
    },
    /// A call to one of the user's own services.
    InternalCall {
        /// Host; empty where the text has only a path.
        host: String,
        /// Path without query.
        path: String,
        /// Answered well.
        ok: bool,
    },
    /// A request that the application itself answered.
    Route {
        /// Path with numbers taken out.
        route: String,
        /// Status below 400.
        ok: bool,
    },
    /// A process or worker came up.
    Boot,
    /// Something was rotated, deployed, scaled, reloaded.
    Change(SignalUse),
    /// A call was slowed down or repeated.
    Throttle(Subject),
    /// A variable is set or not.
    Presence(Presence, Used),
    /// Evidence without a failure.
    Note(Used),
    /// A configured address of a component.
    Endpoint(ComponentId),
    /// A process named the end of the key that it uses, here as a digest, and maybe whose key it is.
    KeyTail(Option<ComponentId>, u64),
    /// A line that gives the runtime away.
    Runtime(String),
    /// An error that no rule explains.
    Unexplained {
        /// Stable key.
        fingerprint: String,
        /// What it says, redacted.
        title: String,
        /// The line, redacted.
        quote: String,
    },
}

/// How a call or a request ended, as it is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome<'s> {
    /// A call to a component, and for what.
    Call(Subject, &'s str, bool),
    /// A call to a host, and its path.
    InternalCall(&'s str, &'s str, bool),
    /// A request to the application itself.
    Route(&'s str, bool),
}

impl Seen {
    /// How a call or a request ended, where that is all that was seen.
    #[must_use]
    pub fn outcome(&self) -> Option<Outcome<'_>> {
        Some(match self {
            Self::Call { subject, role, ok } => Outcome::Call(*subject, role, *ok),
            Self::InternalCall { host, path, ok } => Outcome::InternalCall(host, path, *ok),
            Self::Route { route, ok } => Outcome::Route(route, *ok),
            _ => return None,
        })
    }
}

/// One thing seen at one moment in one stream.
#[derive(Clone, Debug)]
pub struct Observation {
    /// Who wrote it.
    pub stream: StreamKey,
    /// When and where.
    pub moment: Moment,
    /// What.
    pub seen: Seen,
}
