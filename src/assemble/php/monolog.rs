//! Exceptions as Monolog's line formatter prints them (Laravel, Symfony): a JSON string broken over lines, outermost first.
//!
//! `{"exception":"[object] (CLASS(code: N): MESSAGE at PATH:N)`, `[stacktrace]`, frames, `[previous exception] [object] (…`, `"}`. Without
//! traces all exceptions stand in one pair of parentheses.

use super::Scan;
use super::text;
use crate::model::{Bytewise, Exception, Relation};

/// What stands before every exception.
const OBJECT: &str = "[object] (";
/// Lines of one message.
const MESSAGE_LINES: usize = 64;
/// Exceptions of one record.
const MOST_LINKS: usize = 64;

impl Scan<'_> {
    /// Exceptions in the context of the record at the current line.
    pub(super) fn monolog(&mut self) -> bool {
        let first = self.at;
        let text = self.text(first);
        let Some(open) = text.find(OBJECT).filter(|_| text.has_words("(code: ") || self.goes_on(first)) else {
            return false;
        };
        let lead = text[..open].last_halves(b'{').map_or(&text[..open], |(lead, _)| lead).trimmed().to_owned();
        let mut links: Vec<Exception> = Vec::new();
        let (mut at, mut complete) = (first, true);
        while links.len() < MOST_LINKS {
            let Some(end) = self.object_end(at) else { break };
            let exceptions = self.objects(at, end);
            if exceptions.is_empty() {
                break;
            }
            let newest = links.len();
            links.extend(exceptions);
            at = end;
            if text::is_trace_head(self.text(at)) && !self.stops(at) {
                let (frames, end) = self.frames(at + 1);
                complete = frames.last().is_some_and(|frame| frame.function == "{main}");
                links[newest].frames = frames;
                at = end;
            }
            let next = at + usize::from(self.text(at).trimmed().is_empty());
            if self.stops(next) || !self.text(next).trimmed_start().starts_with("[previous exception] ") {
                break;
            }
            at = next;
        }
        if links.is_empty() {
            return false;
        }
        links[0].relation = Relation::Surface;
        // The rest of the JSON record.
        if !self.stops(at) && self.text(at).starts_with('"') {
            at += 1;
        }
        self.emit(first..at, lead, links, complete)
    }

    fn goes_on(&self, at: usize) -> bool {
        (at + 1..at + MESSAGE_LINES)
            .take_while(|&line| !self.stops(line))
            .any(|line| self.text(line).has_words("(code: "))
    }

    /// End of the lines of the object that begins at `at`: the trace follows, or the JSON string ends.
    fn object_end(&self, at: usize) -> Option<usize> {
        let closes = |line: &usize| {
            let text = self.text(*line).trimmed_end();
            text.has_words(")\"") || (text.ends_with(')') && text::is_trace_head(self.text(line + 1)))
        };
        let mut lines = (at..at + MESSAGE_LINES).take_while(|&line| line == at || !self.stops(line));
        lines.find(closes).map(|line| line + 1)
    }

    /// The exceptions in the parentheses on these lines.
    fn objects(&self, at: usize, end: usize) -> Vec<Exception> {
        let joined = (at..end).map(|line| self.text(line)).collect::<Vec<_>>().join("\n");
        let Some((_, inside)) = joined.split_once(OBJECT) else { return Vec::new() };
        let inside = inside.halves_at(")\"").map_or(inside, |(inside, _)| inside);
        let mut exceptions = Vec::new();
        let mut rest = inside.trimmed_end().trim_end_matches(')');
        while let Some((class, after)) = rest.halves_at("(code: ") {
            let Some((code, body)) = after.halves_at("): ") else { break };
            let next = next_object(body);
            let own = &body[..next.unwrap_or(body.len())];
            let (message, place) = own.rsplit_once(" at ").unwrap_or((own, ""));
            let relation = Relation::Cause;
            let mut exception = Exception::new(text::unescaped(class), text::unescaped(message), relation);
            exception.properties.push(("code".to_owned(), code.to_owned()));
            if !place.is_empty() {
                exception.properties.push(("location".to_owned(), text::unescaped(place)));
            }
            exceptions.push(exception);
            rest = next.map_or("", |next| &body[next + 2..]);
        }
        exceptions
    }
}

/// Where `, CLASS(code: ` begins.
fn next_object(body: &str) -> Option<usize> {
    body.match_indices("(code: ").find_map(|(open, _)| {
        let comma = body[..open].rfind(", ")?;
        text::is_class(&text::unescaped(&body[comma + 2..open])).then_some(comma)
    })
}
