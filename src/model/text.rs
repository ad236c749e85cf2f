//! The text of a line: its own, one that many lines have in common, or one that is read when somebody asks for it.
//!
//! The frames of a trace are printed thousands of times. Lines that say the same may share one text, so that passing a line on copies
//! nothing. And most lines near a failure say nothing of it: such a line is kept as it stands in the log until somebody asks what it says.
//! Which of these a text is must never show.

use std::fmt;
use std::ops::Deref;
use std::sync::{Arc, OnceLock};

use super::{Head, Severity, Time};

/// The text of a line.
#[derive(Clone)]
pub struct LineText(Kept);

#[derive(Clone)]
enum Kept {
    Own(String),
    Shared(Arc<str>),
    Later(Box<Later>),
}

/// How the text of a line is made of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parts {
    /// It is a part of the line.
    Piece,
    /// It is put together, with ` ` and `=`, from keys and values of a JSON object that has neither escapes nor objects inside.
    Fields,
}

/// A line as it stands in the log.
#[derive(Clone, Debug)]
pub(crate) struct Unread {
    /// Without what a transport put around it.
    pub(crate) line: Box<str>,
    pub(crate) parts: Parts,
    /// What the transport told.
    pub(crate) time: Option<Time>,
    pub(crate) severity: Option<Severity>,
    /// A moment near it, for stamps without a year.
    pub(crate) moment: Option<Time>,
}

/// Reads a line: what it says and what stands before that.
pub(crate) type Read = fn(&Unread) -> (String, Head);

#[derive(Clone)]
struct Later {
    unread: Unread,
    read: Read,
    told: OnceLock<(String, Head)>,
}

impl Later {
    fn told(&self) -> &(String, Head) {
        self.told.get_or_init(|| (self.read)(&self.unread))
    }
}

impl LineText {
    /// The text of a line that is read like this when somebody asks.
    pub(crate) fn later(unread: Unread, read: Read) -> Self {
        Self(Kept::Later(Box::new(Later { unread, read, told: OnceLock::new() })))
    }

    /// The characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match &self.0 {
            Kept::Own(text) => text,
            Kept::Shared(text) => text,
            Kept::Later(later) => &later.told().0,
        }
    }

    /// The text, if other lines may have the same one.
    pub(crate) fn shared(&self) -> Option<&Arc<str>> {
        match &self.0 {
            Kept::Shared(text) => Some(text),
            Kept::Own(_) | Kept::Later(_) => None,
        }
    }

    /// The line, if nobody has asked for its text.
    pub(crate) fn unread(&self) -> Option<&Unread> {
        match &self.0 {
            Kept::Later(later) if later.told.get().is_none() => Some(&later.unread),
            _ => None,
        }
    }

    /// Whether the line was put aside for its neighbours: nothing in it tells of a failure, whether or not it was read since.
    pub(crate) fn is_put_aside(&self) -> bool {
        matches!(self.0, Kept::Later(_))
    }

    /// What was read together with the text.
    pub(super) fn head(&self) -> Option<&Head> {
        match &self.0 {
            Kept::Later(later) => Some(&later.told().1),
            Kept::Own(_) | Kept::Shared(_) => None,
        }
    }
}

impl Deref for LineText {
    type Target = str;

    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl From<String> for LineText {
    fn from(text: String) -> Self {
        Self(Kept::Own(text))
    }
}

impl From<&str> for LineText {
    fn from(text: &str) -> Self {
        Self(Kept::Own(text.to_owned()))
    }
}

impl From<Arc<str>> for LineText {
    fn from(text: Arc<str>) -> Self {
        Self(Kept::Shared(text))
    }
}

impl PartialEq for LineText {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for LineText {}

impl fmt::Debug for LineText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}
