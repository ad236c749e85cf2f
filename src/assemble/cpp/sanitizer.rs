//! Reports of the address, leak, memory, thread and undefined-behaviour sanitizers.

use std::ops::Range;

use super::Scan;
use crate::model::{Bytewise, Exception, Frame, Relation};

/// Lines of one report; a memory map and a legend are part of it.
const REPORT_LINES: usize = 2000;

impl Scan<'_> {
    /// The report that begins at line `at`, perhaps with a rule above its first line.
    pub(super) fn sanitizer(&self, at: usize) -> Option<(Range<usize>, Exception)> {
        let text = self.text(at);
        if let Some((place, message)) = text.halves_at(": runtime error: ").filter(|(place, _)| is_place(place)) {
            let mut link = Exception::new("runtime error", message.trimmed_end(), Relation::Surface);
            link.properties.push(("location".to_owned(), place.to_owned()));
            let end = self.frames_end(at + 1, &mut link.frames);
            return Some((at..end, link));
        }
        let ruled = is_rule(text);
        let head = at + usize::from(ruled);
        if ruled && self.stops(head) {
            return None;
        }
        let (kind, message) = headline(self.text(head))?;
        let mut link = Exception::new(kind, message, Relation::Surface);
        let mut end = head + 1;
        for line in head + 1..head + REPORT_LINES {
            let text = self.text(line);
            if self.stops(line) || (headline(text).is_some() && !text.starts_with("SUMMARY: ")) {
                break;
            }
            link.frames.extend(frame(text));
            if text.starts_with("==") && text.trimmed_end().ends_with("==ABORTING") {
                return Some((at..line + 1, link));
            }
            // What follows the summary of a report that does not abort is the program's own output, unless it is the memory map.
            if text.starts_with("SUMMARY: ") {
                end = line + 1;
                if !self.text(line + 1).starts_with("Shadow bytes around") {
                    break;
                }
            } else if frame(text).is_some() || is_rule(text) {
                end = line + 1;
            }
        }
        Some((at..end, link))
    }

    fn frames_end(&self, from: usize, into: &mut Vec<Frame>) -> usize {
        let before = into.len();
        into.extend((from..).take_while(|&line| !self.stops(line)).map_while(|line| frame(self.text(line))));
        from + into.len() - before
    }
}

/// `==PID==ERROR: AddressSanitizer: MESSAGE`, `WARNING: ThreadSanitizer: MESSAGE`.
/// Whether a line with this text could be the first of a report.
pub(super) fn may_be(text: &str) -> bool {
    text.has_words(": runtime error: ") || is_rule(text) || headline(text).is_some()
}

fn headline(text: &str) -> Option<(&str, &str)> {
    let (before, rest) = text.halves_at("Sanitizer: ")?;
    let name = before.rsplit_once("ERROR: ").or_else(|| before.rsplit_once("WARNING: "))?;
    let known = matches!(name.1, "Address" | "Leak" | "Memory" | "Thread" | "UndefinedBehavior" | "HWAddress");
    let process = name.0.is_empty() || (name.0.starts_with("==") && name.0.ends_with("=="));
    let kind = text.get(text.len() - rest.len() - name.1.len() - "Sanitizer: ".len()..text.len() - rest.len() - 2)?;
    (known && process).then(|| (kind, rest.trimmed_end()))
}

fn is_rule(text: &str) -> bool {
    let text = text.trimmed_end();
    text.len() >= 18 && text.bytes().all(|byte| byte == b'=')
}

/// `FILE:L:C` of a source in C or C++.
fn is_place(text: &str) -> bool {
    text.halves(b':').is_some_and(|(path, rest)| {
        let known = [".c", ".cc", ".cpp", ".cxx", ".h", ".hpp", ".m", ".mm"].iter().any(|end| path.ends_with(end));
        known && rest.bytes().all(|byte| byte.is_ascii_digit() || byte == b':')
    })
}

/// `#N 0xADDRESS in FUNCTION PATH:L[:C]` or `… (MODULE+0xOFFSET)`.
fn frame(text: &str) -> Option<Frame> {
    let (index, rest) = text.trimmed().strip_prefix('#')?.halves(b' ')?;
    let (address, rest) = rest.trimmed_start().halves(b' ')?;
    index.parse::<u32>().ok().filter(|_| address.starts_with("0x"))?;
    let rest = rest.strip_prefix("in ").unwrap_or(rest);
    let (function, place) = rest.last_halves(b' ').unwrap_or(("", rest));
    let mut parts = place.split(':');
    let path = parts.next().unwrap_or_default();
    let line = parts.next().and_then(|line| line.parse().ok());
    Some(Frame { function: function.to_owned(), path: path.to_owned(), line })
}
