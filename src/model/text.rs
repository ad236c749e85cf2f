//! The text of a line, its own or one that many lines have in common.
//!
//! The frames of a trace are printed thousands of times. Lines that say the same may share one text, so that passing a line on copies
//! nothing. Whether a text is shared must never show.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

/// The text of a line.
#[derive(Clone)]
pub struct LineText(Kept);

#[derive(Clone)]
enum Kept {
    Own(String),
    Shared(Arc<str>),
}

impl LineText {
    /// The characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match &self.0 {
            Kept::Own(text) => text,
            Kept::Shared(text) => text,
        }
    }

    /// The text, if other lines may have the same one.
    pub(crate) fn shared(&self) -> Option<&Arc<str>> {
        match &self.0 {
            Kept::Own(_) => None,
            Kept::Shared(text) => Some(text),
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
