//! Elixir's and Erlang's error output: `** (MODULE) MESSAGE` with frames, alone or in a logger's record, and what Erlang prints itself.
//!
//! The help that some errors print stands at the same indentation as frames and belongs to the message. An exit quotes what made another
//! process exit: those are links too. A line of a log that merely begins with stars must never become an exception.

mod erlang;
#[cfg(test)]
mod tests;

use super::{Found, Grammar, Openings};
use crate::model::{Bytewise, Exception, ExceptionChain, Frame, Language, Line, Relation};

/// Lines of one message.
const MESSAGE_LINES: usize = 64;
/// Exceptions of one chain.
const MOST_LINKS: usize = 16;
/// Files a frame can stand in.
const FILES: [&str; 8] = [".ex", ".exs", ".erl", ".eex", ".heex", ".leex", "nofile", "iex"];

/// The grammar of Elixir's error output.
#[derive(Clone, Copy, Debug, Default)]
pub struct Elixir;

impl Grammar for Elixir {
    fn language(&self) -> Language {
        Language::Elixir
    }

    fn search(&self, lines: &[Line], openings: &Openings<'_>) -> Vec<Found> {
        let scan = Scan { lines };
        let mut found = Vec::new();
        let mut at = 0;
        while let Some(next) = openings.next(at) {
            at = next;
            let event = scan.read(at).or_else(|| erlang::read(lines, at));
            at = event.as_ref().and_then(|event| event.lines.last()).map_or(at + 1, |range| range.end);
            found.extend(event);
        }
        found
    }

    fn openings(&self) -> &'static [&'static str] {
        self.literals()
    }

    fn literals(&self) -> &'static [&'static str] {
        &["** (", "exception error: ", "exception exit: ", "exception throw: ", " with exit value:"]
    }
}

struct Scan<'a> {
    lines: &'a [Line],
}

impl<'a> Scan<'a> {
    fn text(&self, at: usize) -> &'a str {
        self.lines.get(at).map_or("", |line| line.text.as_str())
    }

    fn stops(&self, at: usize) -> bool {
        self.lines.get(at).is_none_or(|line| line.starts)
    }

    /// The exception whose first line is `start`, with everything quoted in it.
    fn read(&self, start: usize) -> Option<Found> {
        let (lead, kind, message) = head(self.text(start))?;
        let mut links = Vec::new();
        let (mut title, mut at) = ((kind, message), start);
        let mut complete = true;
        loop {
            let frames_at = self.frames_at(at + 1);
            let message_end = frames_at.unwrap_or_else(|| self.untold_end(at + 1));
            let above = (at + 1..message_end).map(|line| self.text(line).trimmed_end());
            let message = std::iter::once(title.1).chain(above).collect::<Vec<_>>().join("\n");
            let relation = if links.is_empty() { Relation::Surface } else { Relation::Cause };
            let mut link = Exception::new(title.0, message.trimmed_end(), relation);
            let end = frames_at.map_or(message_end, |from| self.frames(from, &mut link.frames));
            // An inner one that is announced but not there was cut off.
            complete &=
                frames_at.is_some() || !title.1.ends_with("an exception was raised:") || self.quoted(end).is_some();
            links.push(link);
            at = end;
            match self.quoted(end).filter(|_| links.len() < MOST_LINKS) {
                Some(inner) => title = inner,
                None => break,
            }
        }
        let root = links.len() - 1;
        let end = self.trailer(at, &mut links[root].frames);
        let chain = ExceptionChain { language: Language::Elixir, links, root, complete, innermost_last: false };
        Some(Found { lines: std::iter::once(start..end).collect(), lead: lead.to_owned(), chain })
    }

    /// An exception quoted inside the one before it: indented, at line `at`.
    fn quoted(&self, at: usize) -> Option<(&'a str, &'a str)> {
        let text = self.text(at);
        let inner = head(text).filter(|(lead, ..)| lead.is_empty() && text.starts_with("    ") && !self.stops(at))?;
        Some((inner.1, inner.2))
    }

    /// Where the frames of a message that goes on at `from` begin. Lines that look like frames but are followed by more of the message are not
    /// they.
    fn frames_at(&self, from: usize) -> Option<usize> {
        let mut found = None;
        let mut at = from;
        while at < from + MESSAGE_LINES && !self.stops(at) && head(self.text(at)).is_none() && !is_field(self.text(at))
        {
            if frame(self.text(at)).is_some() || self.native(at).is_some() {
                found = Some(at);
                at = self.frames(at, &mut Vec::new());
            } else {
                at += 1;
            }
        }
        found
    }

    /// Reads frames from `at` on; returns the line after the last.
    fn frames(&self, at: usize, into: &mut Vec<Frame>) -> usize {
        let before = into.len();
        into.extend(self.native(at));
        let from = at + into.len() - before;
        let frames = (from..).take_while(|&line| !self.stops(line)).map_while(|line| frame(self.text(line)));
        into.extend(frames);
        at + into.len() - before
    }

    /// A function of the virtual machine above the first frame: it has no place and no application.
    fn native(&self, at: usize) -> Option<Frame> {
        let above = !self.stops(at) && !self.stops(at + 1) && frame(self.text(at + 1)).is_some();
        native_call(self.text(at)).filter(|_| above)
    }

    /// End of a message without frames: what is indented below it.
    fn untold_end(&self, from: usize) -> usize {
        let own = |line: &usize| {
            let text = self.text(*line);
            !self.stops(*line) && text.starts_with("    ") && head(text).is_none()
        };
        (from..from + MESSAGE_LINES).take_while(own).last().map_or(from, |line| line + 1)
    }

    /// What a logger prints below a process's exception: its last message, its state, the caller with the frames where it waits.
    fn trailer(&self, from: usize, frames: &mut Vec<Frame>) -> usize {
        let mut end = from;
        while !self.stops(end) && is_field(self.text(end)) {
            let client = self.text(end).starts_with("Client ");
            end += 1;
            while !client
                && !self.stops(end)
                && self.text(end).starts_with("    ")
                && !self.text(end).trimmed().is_empty()
            {
                end += 1;
            }
            let below = end + usize::from(self.text(end).trimmed().is_empty());
            if client && !self.stops(below) && frame(self.text(below)).is_some() {
                end = self.frames(below, frames);
            }
        }
        end
    }
}

/// `** (KIND) MESSAGE` with log text before it; the kind is a module, `exit`, `throw`, `stop` or `EXIT …`.
fn head(text: &str) -> Option<(&str, &str, &str)> {
    let (lead, rest) = text.halves_at("** (")?;
    let (kind, message) = rest.halves(b')')?;
    let module = kind.split('.').all(|part| {
        part.starts_with(|c: char| c.is_ascii_uppercase()) && part.chars().all(|c| c.is_alphanumeric() || c == '_')
    });
    let known = matches!(kind, "exit" | "throw" | "stop" | "error") || kind.starts_with("EXIT from #PID<");
    let lead = lead.trimmed();
    let apart = message.is_empty() || message.starts_with(' ');
    ((module || known) && apart && !lead.ends_with('*')).then_some((lead, kind, message.trimmed_start()))
}

/// A line of the state that a logger prints below the frames.
fn is_field(text: &str) -> bool {
    const FIELDS: [&str; 9] = [
        "Function: ",
        "Last message",
        "State: ",
        "Queued messages",
        "Client ",
        "Initial Call: ",
        "Ancestors: ",
        "Start Call: ",
        "Extra info",
    ];
    FIELDS.iter().any(|field| text.starts_with(field))
}

/// `    :erlang.map_get("key", %{})` or `    Module.function/2`.
fn native_call(text: &str) -> Option<Frame> {
    let call = text.strip_prefix("    ")?.trimmed_end();
    let end = call.find('(').unwrap_or(call.len());
    let (module, function) = call[..end].last_halves(b'.')?;
    let named = |text: &str| text.chars().all(|c| c.is_alphanumeric() || "_.!?/\"<>-".contains(c));
    let module = module.strip_prefix(':').unwrap_or(module);
    let arity = function.last_halves(b'/').is_some_and(|(_, count)| count.parse::<u8>().is_ok());
    let whole = if end < call.len() { call.ends_with(')') } else { arity };
    let plain = module.starts_with(char::is_alphabetic) && named(module) && !function.is_empty() && named(function);
    (whole && plain).then(|| Frame { function: call.to_owned(), ..Frame::default() })
}

/// `[(APP VERSION) ]FILE:N: FUNCTION`, or `(APP VERSION) FUNCTION`, behind blanks.
fn frame(text: &str) -> Option<Frame> {
    let body = text.trimmed_start();
    let indented = body.len() < text.len();
    let app = body.strip_prefix('(').and_then(|rest| rest.halves_at(") "));
    let rest = app.map_or(body, |(_, rest)| rest);
    let place = rest.halves_at(": ").and_then(|(place, function)| {
        let (path, line) = place.last_halves(b':')?;
        let known = FILES.iter().any(|file| path.ends_with(file)) && !path.has(b' ');
        Some((path, line.parse().ok().filter(|_| known)?, function))
    });
    if let Some((path, line, function)) = place {
        // A paste may have lost the blanks; a compiler's message has neither an application in front nor an arity at its end.
        let told = indented || app.is_some() || function.trimmed_end().ends_with(|c: char| c.is_ascii_digit());
        let frame = Frame { function: function.trimmed_end().to_owned(), path: path.to_owned(), line: Some(line) };
        return told.then_some(frame);
    }
    let (name, arity) = rest.trimmed_end().last_halves(b'/')?;
    let call = app.is_some() && arity.parse::<u8>().is_ok() && name.has(b'.') && !name.has_words(": ");
    call.then(|| Frame { function: rest.trimmed_end().to_owned(), ..Frame::default() })
}
