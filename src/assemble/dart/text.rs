//! One line of Dart's error output: frames, classes, and what Android puts in front of every line.

use crate::model::{Bytewise, Frame};

/// The text behind `E/flutter ( 1234): ` and `flutter: `.
pub(super) fn unwrapped(text: &str) -> &str {
    if let Some(rest) = text.strip_prefix("flutter: ") {
        return rest;
    }
    let tagged = text.get(1..).and_then(|rest| rest.strip_prefix("/flutter (")).and_then(|rest| rest.halves_at("): "));
    tagged.map_or(text, |(_, rest)| rest)
}

/// Whether a line could begin or show an exception; most lines of a log cannot, and this is cheap.
pub(super) fn may_matter(text: &str) -> bool {
    let start = text.trimmed_start();
    ["#", "package:", "dart:"].iter().any(|mark| start.starts_with(mark))
        || ["nhandled ", "CAUGHT BY", ".dart"].iter().any(|mark| text.contains(mark))
}

/// `#N      FUNCTION (URI:L:C)`, or the shorter form of `package:stack_trace`: `URI L:C  FUNCTION`.
pub(super) fn frame(text: &str) -> Option<Frame> {
    let text = text.trimmed();
    let Some(numbered) = text.strip_prefix('#') else { return short(text) };
    let (index, rest) = numbered.halves(b' ')?;
    index.parse::<u32>().ok()?;
    let (function, place) = rest.trimmed().strip_suffix(')')?.rsplit_once(" (")?;
    let known = ["dart:", "package:", "file:", "http:", "https:"].iter().any(|scheme| place.starts_with(scheme));
    known.then(|| at(function.trimmed(), place))
}

fn short(text: &str) -> Option<Frame> {
    let (uri, rest) = text.halves(b' ')?;
    let (place, function) = rest.halves_at("  ")?;
    let known = uri.starts_with("package:") || uri.starts_with("dart:") || uri.ends_with(".dart");
    let line = place.trimmed().split(':').next()?.parse().ok().filter(|_| known)?;
    Some(Frame { function: function.trimmed().to_owned(), path: uri.to_owned(), line: Some(line) })
}

/// A frame at `URI[:L[:C]]`; a URI has a colon of its own.
fn at(function: &str, place: &str) -> Frame {
    let numbers = place.rsplit(':').take(2).take_while(|part| part.parse::<u32>().is_ok()).collect::<Vec<_>>();
    let length: usize = numbers.iter().map(|number| number.len() + 1).sum();
    let path = &place[..place.len() - length];
    let line = numbers.last().and_then(|line| line.parse().ok());
    Frame { function: function.to_owned(), path: path.to_owned(), line }
}

/// Whether a frame is the first of its trace.
pub(super) fn starts_at_zero(text: &str) -> bool {
    !text.trimmed_start().starts_with('#') || text.trimmed_start().starts_with("#0 ")
}

/// What stands between frames and is none.
pub(super) fn is_gap(text: &str) -> bool {
    let text = text.trimmed();
    text == "<asynchronous suspension>"
        || text.has_words(" asynchronous gap ==")
        || text.starts_with("(elided ")
        || text.starts_with("...")
}

/// Whether a line is the upper edge of Flutter's box.
pub(super) fn opens_box(text: &str) -> bool {
    text.has_words("EXCEPTION CAUGHT BY") && text.contains('╡')
}

/// The rule that closes Flutter's box.
pub(super) fn is_rule(text: &str) -> bool {
    let text = text.trimmed();
    !text.is_empty() && text.chars().all(|c| c == '═')
}

/// Whether a line begins with a class named like an exception.
pub(super) fn is_exception(text: &str) -> bool {
    !class(text).is_empty() || text.starts_with("Bad state: ") || text.starts_with("Instance of '")
}

/// The class a text begins with, if it is named like an exception.
fn class(text: &str) -> &str {
    let end = text.find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '$'))).unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    let named = name.ends_with("Exception") || name.ends_with("Error");
    let apart = rest.is_empty() || rest.starts_with(':') || rest.starts_with(" (") || rest.starts_with(" [");
    if named && apart && name.starts_with(|c: char| c.is_ascii_uppercase() || c == '_') { name } else { "" }
}

/// Class and message of what an exception's `toString` gave.
pub(super) fn named(text: &str) -> (&str, &str) {
    if let Some((name, rest)) = text.strip_prefix("Instance of '").and_then(|rest| rest.halves(b'\'')) {
        return (name, rest.trimmed());
    }
    if let Some(message) = text.strip_prefix("Bad state: ") {
        return ("StateError", message);
    }
    let name = class(text);
    let rest = &text[name.len()..];
    match name {
        "" => ("", text),
        name => (name, rest.strip_prefix(':').unwrap_or(rest).trimmed_start()),
    }
}

/// Class and message inside Flutter's box: `The following CLASS was thrown WHILE:` and the lines below.
pub(super) fn thrown(body: &[&str]) -> Option<(String, String)> {
    let (at, kind) = body.iter().enumerate().find_map(|(at, line)| {
        let rest = line.trimmed_start().strip_prefix("The following ")?;
        let (kind, _) = rest.halves_at(" was thrown").or_else(|| rest.halves_at(" object was thrown"))?;
        Some((at, kind.trim_start_matches("_")))
    })?;
    let head =
        body[at..].iter().position(|line| line.trimmed_end().ends_with(':')).map_or(at + 1, |more| at + more + 1);
    let own = body.get(head..)?.iter().take_while(|line| !line.trimmed().is_empty());
    let message = own.map(|line| line.trimmed_end()).collect::<Vec<_>>().join("\n");
    let (named_kind, rest) = named(&message);
    let rest = if named_kind == kind || named_kind.trim_start_matches('_') == kind {
        rest.to_owned()
    } else {
        message.clone()
    };
    Some((kind.to_owned(), rest))
}
