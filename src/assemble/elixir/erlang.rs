//! What Erlang prints itself: `exception error: REASON` with the calls below it, and the report of a process whose reason is a term.

use std::sync::OnceLock;

use regex::Regex;

use crate::assemble::Found;
use crate::model::{Bytewise, Exception, ExceptionChain, Frame, Language, Line, Relation};

/// Lines of one message, and of one term.
const MOST_LINES: usize = 128;
/// Bytes of one term.
const MOST_BYTES: usize = 16 * 1024;

/// The exception that begins on line `at`.
pub(super) fn read(lines: &[Line], at: usize) -> Option<Found> {
    sentence(lines, at).or_else(|| report(lines, at))
}

fn found(lines: std::ops::Range<usize>, lead: &str, link: Exception, complete: bool) -> Found {
    let links = vec![link];
    let chain = ExceptionChain { language: Language::Elixir, links, root: 0, complete, innermost_last: false };
    Found { lines: std::iter::once(lines).collect(), lead: lead.to_owned(), chain }
}

/// `escript: exception error: REASON`, the same behind `** ` in a shell or alone in a report, then `in function` and `in call from`.
fn sentence(lines: &[Line], at: usize) -> Option<Found> {
    let (lead, rest) = lines[at].text.halves_at("exception ")?;
    let (kind, reason) = rest.halves_at(": ").filter(|(kind, _)| matches!(*kind, "error" | "exit" | "throw"))?;
    let lead = lead.trimmed();
    if !(lead.is_empty() || lead == "**" || lead.ends_with(':')) {
        return None;
    }
    let mut link = Exception::new(kind, reason.trimmed(), Relation::Surface);
    let mut end = at + 1;
    for (below, line) in lines.iter().enumerate().skip(at + 1).take(MOST_LINES).take_while(|(_, line)| !line.starts) {
        if let Some(frame) = call(&line.text) {
            link.frames.push(frame);
            end = below + 1;
        } else if !line.text.starts_with(' ') {
            break;
        } else if link.frames.is_empty() {
            link.message.push('\n');
            link.message.push_str(line.text.trimmed());
        }
    }
    (!link.frames.is_empty()).then(|| found(at..end, lead, link, true))
}

/// `  in function  MODULE:NAME/ARITY (FILE, line N)`.
fn call(text: &str) -> Option<Frame> {
    let body = text.trimmed();
    let rest = body.strip_prefix("in function ").or_else(|| body.strip_prefix("in call from "))?.trimmed_start();
    let (function, place) = rest.halves_at(" (").unwrap_or((rest, ""));
    let (path, line) = place.trim_end_matches(')').halves_at(", line ").unwrap_or_default();
    Some(Frame { function: function.to_owned(), path: path.to_owned(), line: line.parse().ok() })
}

/// `Error in process <0.79.0> with exit value:`, then `{REASON,[{MODULE,NAME,ARITY,PLACE},…]}` over several lines.
fn report(lines: &[Line], at: usize) -> Option<Found> {
    let text = lines[at].text.as_str();
    let told = text.has_words("Error in process <") && text.trimmed_end().ends_with(" with exit value:");
    let below =
        lines.get(at + 1..).filter(|below| told && below.first().is_some_and(|line| line.text.starts_with('{')))?;
    let mut term = String::new();
    let mut count = 0;
    for line in below.iter().take(MOST_LINES).take_while(|line| !line.starts) {
        term.push_str(line.text.trimmed());
        count += 1;
        if term.len() > MOST_BYTES || closed(&term) {
            break;
        }
    }
    let (reason, stack) = term.strip_prefix('{').map(split)?;
    let (kind, message) = match reason.strip_prefix('{') {
        Some(inner) => split(inner.strip_suffix('}').unwrap_or(inner)),
        None => (reason, ""),
    };
    let mut link = Exception::new(kind, message, Relation::Surface);
    link.frames = frames(stack);
    let above =
        at.checked_sub(1).filter(|&above| lines[above].text.starts_with("=ERROR REPORT====") && !lines[at].starts);
    Some(found(above.unwrap_or(at)..at + 1 + count, "", link, closed(&term)))
}

/// Whether the bracket that a term begins with is closed.
fn closed(term: &str) -> bool {
    ends(term, |depth, _| depth == 0).is_some()
}

/// The first element of a tuple's inside, and the others.
fn split(inside: &str) -> (&str, &str) {
    let comma = ends(inside, |depth, byte| depth == 0 && byte == b',');
    comma.map_or((inside, ""), |at| (&inside[..at], &inside[at + 1..]))
}

/// The first byte outside of strings where `done` says so of the depth behind it.
fn ends(term: &str, done: impl Fn(i32, u8) -> bool) -> Option<usize> {
    let (mut depth, mut string, mut escaped) = (0, false, false);
    for (at, byte) in term.bytes().enumerate() {
        if string {
            string = escaped || byte != b'"';
            escaped = !escaped && byte == b'\\';
            continue;
        }
        match byte {
            b'"' => string = true,
            b'{' | b'[' | b'(' => depth += 1,
            b'}' | b']' | b')' => depth -= 1,
            _ => {}
        }
        if (b"}]),".contains(&byte)) && done(depth, byte) {
            return Some(at);
        }
    }
    None
}

/// The calls of a stack: `{MODULE,NAME,ARITY or [ARGUMENTS],[{file,"FILE"},{line,N}]}`.
fn frames(stack: &str) -> Vec<Frame> {
    static CALL: OnceLock<Option<Regex>> = OnceLock::new();
    let pattern =
        r#"\{([a-z]\w*|'[^']*'),([a-z]\w*|'[^']*'),(?:\d+|\[[^\]]*\]),\[(?:\{file,"([^"]*)"\},\{line,(\d+)\})?"#;
    let Some(call) = CALL.get_or_init(|| Regex::new(pattern).ok()) else { return Vec::new() };
    let text = |found: Option<regex::Match<'_>>| found.map_or("", |found| found.as_str()).to_owned();
    call.captures_iter(stack)
        .map(|parts| Frame {
            function: format!("{}:{}", text(parts.get(1)), text(parts.get(2))),
            path: text(parts.get(3)),
            line: parts.get(4).and_then(|line| line.as_str().parse().ok()),
        })
        .collect()
}
