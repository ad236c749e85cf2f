//! Holds the texts of an event against the signals.
//!
//! A signal is looked for only where one of its literals stands. What is found says which text it was (the log message or which link of the
//! chain), because the root of a chain tells more than the wrapper around it.

use std::ops::Range;
use std::sync::Arc;

use crate::model::{Exception, ExceptionChain, SignalId};
use crate::rules::schema::Place;
use crate::rules::{Candidate, CompiledRules};

/// Longer texts are searched up to here; a message of this size has said what it has to say.
const MOST_TEXT: usize = 64 * 1024;

/// The text in which a signal was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Slot {
    /// The log message.
    Message,
    /// An exception, by its index in the chain.
    Link(usize),
    /// The frames of all links.
    Frames,
}

/// A signal that holds, and where.
#[derive(Clone, Debug)]
pub struct Hit {
    /// Which signal.
    pub signal: SignalId,
    /// In which text.
    pub slot: Slot,
    /// Bytes of the text that matched.
    pub range: Range<usize>,
    /// Named captures.
    pub captures: Arc<[(String, String)]>,
}

impl Hit {
    /// The text of a named capture.
    #[must_use]
    pub fn capture(&self, name: &str) -> Option<&str> {
        self.captures.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }
}

impl Hit {
    /// How deep the text stands: the root is deepest; links after it are other members of a group.
    #[must_use]
    pub fn depth(&self, root: usize) -> usize {
        match self.slot {
            Slot::Link(at) if at <= root => at + 3,
            Slot::Link(_) => 2,
            Slot::Message => 1,
            Slot::Frames => 0,
        }
    }

    /// The signal's sentence with its captures; what was not captured is left open.
    #[must_use]
    pub fn sentence(&self, rules: &CompiledRules) -> String {
        let mut rest = rules.signal(self.signal).rule.says.as_str();
        let mut out = String::with_capacity(rest.len());
        while let Some((before, name, after)) =
            rest.split_once('{').and_then(|(b, r)| r.split_once('}').map(|(n, a)| (b, n, a)))
        {
            out.push_str(before);
            out.push_str(self.capture(name).map_or("…", str::trim));
            rest = after;
        }
        out.push_str(rest);
        out
    }
}

/// How a text stands in its event: all that the places in which signals may be looked for depend on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// The log message of an event without an exception.
    Record,
    /// The log message above an exception.
    Above,
    /// An exception.
    Link {
        /// The root of the chain.
        root: bool,
        /// The outermost of the chain.
        surface: bool,
    },
    /// The frames of all links.
    Frames,
}

impl Standing {
    /// How a log message stands, with or without an exception below it.
    #[must_use]
    pub fn message(has_chain: bool) -> Self {
        if has_chain { Self::Above } else { Self::Record }
    }

    /// How link `at` stands in a chain with this root.
    #[must_use]
    pub fn link(at: usize, root: usize) -> Self {
        Self::Link { root: at == root, surface: at == 0 }
    }

    fn is_searched(self, place: Place) -> bool {
        match (place, self) {
            (Place::Message, Self::Record | Self::Above | Self::Link { .. }) | (Place::Frames, Self::Frames) => true,
            (Place::Root, Self::Link { root, .. }) => root,
            (Place::Surface, Self::Link { surface, .. }) => surface,
            (Place::Root | Place::Surface | Place::Record, Self::Record) => true,
            _ => false,
        }
    }
}

/// `Type: message` and the properties of a link, bounded.
#[must_use]
pub fn link_text(link: &Exception) -> String {
    let mut text = match (link.kind.is_empty(), link.message.is_empty()) {
        (true, _) => link.message.clone(),
        (false, true) => link.kind.clone(),
        (false, false) => format!("{}: {}", link.kind, link.message),
    };
    text.truncate(bounded(&text).len());
    for (name, value) in &link.properties {
        if text.len() > MOST_TEXT {
            break;
        }
        text.push('\n');
        text.push_str(name);
        text.push_str(": ");
        text.push_str(value);
    }
    text
}

/// `function path` of every frame of a chain, one a line, bounded.
#[must_use]
pub fn frames_text(chain: &ExceptionChain) -> String {
    let mut text = String::new();
    for frame in chain.links.iter().flat_map(|link| &link.frames) {
        if text.len() > MOST_TEXT {
            break;
        }
        text.push_str(&frame.function);
        text.push(' ');
        text.push_str(&frame.path);
        text.push('\n');
    }
    text
}

/// A text, cut where it has said what it has to say.
#[must_use]
pub fn bounded(text: &str) -> &str {
    let mut end = text.len().min(MOST_TEXT);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// Every signal that holds in one text, in the order of the rules. Which link it was the caller knows: `slot` is that of the first.
#[must_use]
pub fn find(rules: &CompiledRules, text: &str, standing: Standing) -> Vec<Hit> {
    find_among(rules, &rules.candidates(text), text, standing)
}

/// Every signal that holds in one text, of candidates in the order of the rules, which are all that may.
#[must_use]
pub fn find_among(rules: &CompiledRules, candidates: &[Candidate], text: &str, standing: Standing) -> Vec<Hit> {
    let slot = match standing {
        Standing::Record | Standing::Above => Slot::Message,
        Standing::Link { .. } => Slot::Link(0),
        Standing::Frames => Slot::Frames,
    };
    let mut hits = Vec::new();
    for candidates in candidates.chunk_by(|a, b| a.0 == b.0) {
        let id = candidates[0].0;
        let signal = rules.signal(id);
        if !standing.is_searched(signal.rule.place) {
            continue;
        }
        let found = candidates.iter().find_map(|(_, pattern)| signal.captures(*pattern, text));
        // Most candidates fail at their patterns, so what speaks against them is looked for last.
        let Some(found) = found.filter(|_| !signal.unless.iter().any(|unless| unless.is_match(text))) else { continue };
        let captures = found.groups.into_iter().map(|(name, range)| (name.to_owned(), text[range].to_owned()));
        hits.push(Hit { signal: id, slot, range: found.range, captures: captures.collect() });
    }
    hits
}
