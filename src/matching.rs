//! Holds the texts of an event against the signals.
//!
//! A signal is looked for only where one of its literals stands. What is found says which text it was (the log message or which link of the
//! chain), because the root of a chain tells more than the wrapper around it.

use std::ops::Range;

use crate::model::{Event, Exception, SignalId};
use crate::rules::CompiledRules;
use crate::rules::schema::Place;

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
    pub captures: Vec<(String, String)>,
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

/// The searchable texts of an event.
#[derive(Clone, Debug, Default)]
pub struct Texts {
    /// The log message.
    pub message: String,
    /// `Type: message` and the properties of each link.
    pub links: Vec<String>,
    /// `function path`, one frame a line.
    pub frames: String,
    root: usize,
}

impl Texts {
    /// Collects the texts of an event, each bounded.
    #[must_use]
    pub fn of(event: &Event) -> Self {
        let mut texts = Self { message: bounded(&event.message).to_owned(), ..Self::default() };
        if let Some(chain) = &event.chain {
            texts.links = chain.links.iter().map(link_text).collect();
            texts.root = chain.root;
            for frame in chain.links.iter().flat_map(|link| &link.frames) {
                if texts.frames.len() > MOST_TEXT {
                    break;
                }
                texts.frames.push_str(&frame.function);
                texts.frames.push(' ');
                texts.frames.push_str(&frame.path);
                texts.frames.push('\n');
            }
        }
        texts
    }

    /// The text of a slot.
    #[must_use]
    pub fn get(&self, slot: Slot) -> &str {
        match slot {
            Slot::Message => &self.message,
            Slot::Link(at) => &self.links[at],
            Slot::Frames => &self.frames,
        }
    }

    fn slots(&self) -> impl Iterator<Item = Slot> {
        let frames = (!self.frames.is_empty()).then_some(Slot::Frames);
        std::iter::once(Slot::Message).chain((0..self.links.len()).map(Slot::Link)).chain(frames)
    }

    fn searched(&self, place: Place, slot: Slot) -> bool {
        match (place, slot) {
            (Place::Message, Slot::Message | Slot::Link(_)) | (Place::Frames, Slot::Frames) => true,
            (Place::Root, Slot::Link(at)) => at == self.root,
            (Place::Surface, Slot::Link(at)) => at == 0,
            (Place::Root | Place::Surface, Slot::Message) | (Place::Record, Slot::Message) => self.links.is_empty(),
            _ => false,
        }
    }
}

fn link_text(link: &Exception) -> String {
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

fn bounded(text: &str) -> &str {
    let mut end = text.len().min(MOST_TEXT);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// Every signal that holds for an event, in the order of its texts and then of the rules.
#[must_use]
pub fn matches(rules: &CompiledRules, texts: &Texts) -> Vec<Hit> {
    let mut hits = Vec::new();
    for slot in texts.slots() {
        let text = texts.get(slot);
        for id in rules.candidates(text) {
            let signal = rules.signal(id);
            if !texts.searched(signal.rule.place, slot) || signal.unless.iter().any(|unless| unless.is_match(text)) {
                continue;
            }
            hits.extend(signal.patterns.iter().find_map(|pattern| {
                let found = pattern.captures(text)?;
                let captures = found.groups.into_iter().map(|(name, range)| (name.to_owned(), text[range].to_owned()));
                Some(Hit { signal: id, slot, range: found.range, captures: captures.collect() })
            }));
        }
    }
    hits
}
