//! Settles which grammar owns which lines and turns the result into events.
//!
//! The grammars know exceptions; this module knows records: the log line an exception hangs on, the lines that belong to no
//! exception, times and line numbers. It must never read the syntax of a language, and it stays linear: every step is one
//! pass over the lines, and every look back is bounded.

use std::cmp::Reverse;
use std::ops::Range;
use std::sync::OnceLock;

use super::Found;
use super::openings::Index;
use crate::model::{Bytewise, Event, Line, LineRange, Segment, Severity, Time};

/// Lines of one plain record; what follows stands for itself.
const MAX_RECORD_LINES: usize = 100;
/// Bytes of one message.
const MAX_MESSAGE_BYTES: usize = 16 * 1024;
/// Lines between the start of a record and the exception that hangs on it. A longer message is rare, a foreign record is not.
const MAX_HEADER_LINES: usize = 8;

/// Words by which a record below warning level shows, in any of its lines, that the exception after it is its own.
const FAILURE_WORDS: &[&str] = &["exception", "error", "fail", "traceback", "retry", "unable", "cannot", "could not"];

/// Reads the events of a segment.
pub(super) fn assemble(segment: &Segment) -> Vec<Event> {
    let lines = segment.lines.as_slice();
    let found = find(lines);
    let mut claims = Claims::new(lines);
    let mut drafts = Vec::new();
    for found in claims.settle(found) {
        drafts.push(claims.attach(found));
    }
    claims.records(&mut drafts);
    drafts.sort_by_key(Draft::start);
    finish(segment, drafts)
}

/// What the grammars find that are present in the lines.
fn find(lines: &[Line]) -> Vec<Found> {
    static INDEX: OnceLock<Option<Index<'static>>> = OnceLock::new();
    // Without an index every grammar looks at every line: slower, never less.
    let Some(index) = INDEX.get_or_init(|| Index::new(super::GRAMMARS)) else {
        return super::GRAMMARS.iter().flat_map(|grammar| grammar.find(lines)).collect();
    };
    let marks = index.marks(lines);
    index.present(&marks).flat_map(|(grammar, openings)| grammar.search(lines, &openings)).collect()
}

/// An event before its time and line numbers are known.
struct Draft {
    /// Lines covered, by index, in order.
    lines: Vec<Range<usize>>,
    /// The line that carries time, level and worker.
    record: Option<usize>,
    message: String,
    found: Option<Found>,
}

impl Draft {
    fn start(&self) -> usize {
        self.lines.first().map_or(usize::MAX, |range| range.start)
    }

    fn end(&self) -> usize {
        self.lines.last().map_or(0, |range| range.end)
    }
}

/// Which lines are taken.
struct Claims<'a> {
    lines: &'a [Line],
    taken: Vec<bool>,
}

impl<'a> Claims<'a> {
    fn new(lines: &'a [Line]) -> Self {
        Self { lines, taken: vec![false; lines.len()] }
    }

    /// Takes the exceptions that do not overlap: the earliest start wins, then the one that covers more lines, then more frames.
    fn settle(&mut self, mut found: Vec<Found>) -> Vec<Found> {
        found.retain(|f| !f.chain.links.is_empty() && well_formed(&f.lines, self.lines.len()));
        found.sort_by_cached_key(|f| {
            let frames: usize = f.chain.links.iter().map(|link| link.frames.len()).sum();
            (f.lines[0].start, Reverse(f.lines.iter().map(Range::len).sum::<usize>()), Reverse(frames))
        });
        found.retain(|f| {
            let free = f.lines.iter().all(|range| self.taken[range.clone()].iter().all(|taken| !taken));
            if free {
                f.lines.iter().for_each(|range| self.take(range.clone()));
            }
            free
        });
        found
    }

    fn take(&mut self, range: Range<usize>) {
        self.taken[range].fill(true);
    }

    /// Adds to an exception the record it hangs on: the header above it and what is left of a structured record below it.
    fn attach(&mut self, mut found: Found) -> Draft {
        let mut ranges = std::mem::take(&mut found.lines);
        let first = ranges[0].start;
        let mut message = String::new();
        let mut record = self.lines[first].starts.then_some(first);
        if let Some(header) = self.header(first) {
            message = join(&self.lines[header..first]);
            self.take(header..first);
            ranges[0].start = header;
            record = Some(header);
        }
        if !found.lead.trimmed().is_empty() {
            if !message.is_empty() {
                message.push('\n');
            }
            message.push_str(cap(found.lead.trimmed()));
        }
        if let Some(last) = ranges.last_mut() {
            let end = self.rest_of_record(last.end);
            self.taken[last.end..end].fill(true);
            last.end = end;
        }
        Draft { lines: ranges, record, message, found: Some(found) }
    }

    /// Where the record starts whose text stands directly above line `first`.
    fn header(&self, first: usize) -> Option<usize> {
        if self.lines[first].starts {
            return None;
        }
        let at = self.lines[first].at;
        for index in (0..first).rev() {
            let line = &self.lines[index];
            let bound = if line.at == at { MAX_RECORD_LINES } else { MAX_HEADER_LINES };
            if self.taken[index] || first - index > bound || ends_structured(self.lines, index) {
                return None;
            }
            if line.starts {
                let announced = || announces(line) || self.lines[index + 1..first].iter().any(tells_of_failure);
                return (line.at == at || (announced() && !crashes(&self.lines[first].text))).then_some(index);
            }
        }
        None
    }

    /// End of the lines from `from` on that stand at the same position as the line before: the tail of a structured record.
    fn rest_of_record(&self, from: usize) -> usize {
        let mut end = from;
        while end > 0 && end < self.lines.len() && !self.taken[end] && continues(self.lines, end) {
            end += 1;
        }
        end
    }

    /// Turns what no exception took, and in which something may be found, into plain records.
    fn records(&mut self, drafts: &mut Vec<Draft>) {
        let mut index = 0;
        while index < self.lines.len() {
            let end = if self.lines[index].starts { self.record_end(index) } else { index + 1 };
            let blank = || end == index + 1 && self.lines[index].text.trimmed().is_empty();
            if !self.taken[index] && self.lines[index..end].iter().any(matters) && !blank() {
                let message = join(&self.lines[index..end]);
                drafts.push(Draft {
                    lines: std::iter::once(index..end).collect(),
                    record: Some(index),
                    message,
                    found: None,
                });
            }
            index = end;
        }
    }

    /// End of the plain record that starts at `start`.
    fn record_end(&self, start: usize) -> usize {
        let mut bytes = None;
        let mut end = start + 1;
        while end < self.lines.len() && end - start < MAX_RECORD_LINES {
            if self.taken[start] || self.taken[end] || self.lines[end].starts || ends_structured(self.lines, end - 1) {
                break;
            }
            // Most records are one line, of which nobody asks how long it is.
            let bytes = bytes.get_or_insert_with(|| self.lines[start].text.len());
            if *bytes >= MAX_MESSAGE_BYTES {
                break;
            }
            *bytes += self.lines[end].text.len();
            end += 1;
        }
        end
    }
}

/// Whether a plain record with this line may show something. A line that was put aside has no such level, and is not read for that.
fn matters(line: &Line) -> bool {
    line.hit || !line.text.is_put_aside() && line.severity().is_some_and(|severity| severity >= Severity::Error)
}

/// Whether ranges are in order, apart, not empty and inside the segment. A grammar that breaks this loses the exception, not the run.
fn well_formed(ranges: &[Range<usize>], len: usize) -> bool {
    let mut from = 0;
    for range in ranges {
        if range.start < from || range.is_empty() || range.end > len {
            return false;
        }
        from = range.end;
    }
    !ranges.is_empty()
}

/// Whether line `index` belongs to the same structured record as the line before it.
fn continues(lines: &[Line], index: usize) -> bool {
    index > 0 && !lines[index].starts && lines[index].at == lines[index - 1].at
}

/// Whether a structured record of several lines ends with line `index`: what follows is not its continuation.
fn ends_structured(lines: &[Line], index: usize) -> bool {
    continues(lines, index) && lines.get(index + 1).is_some_and(|next| next.at != lines[index].at)
}

/// Whether a log line can be the record of the exception printed after it. An access line at info level before a crash is not, although it
/// stands directly above it.
fn announces(line: &Line) -> bool {
    line.severity().is_none_or(|severity| severity >= Severity::Warning) || tells_of_failure(line)
}

fn tells_of_failure(line: &Line) -> bool {
    let text = cap(&line.text).to_ascii_lowercase();
    FAILURE_WORDS.iter().any(|word| text.contains(word))
}

/// Whether a runtime, not a logger, printed the line.
fn crashes(text: &str) -> bool {
    super::GRAMMARS.iter().flat_map(|grammar| grammar.crashes()).any(|beginning| text.starts_with(beginning))
}

/// The text of lines, bounded.
fn join(lines: &[Line]) -> String {
    let mut text = String::new();
    for line in lines {
        if text.len() > MAX_MESSAGE_BYTES {
            break;
        }
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(&line.text);
    }
    let kept = cap(text.trimmed_end()).len();
    text.truncate(kept);
    text
}

/// The text, cut at the bound for messages.
fn cap(text: &str) -> &str {
    let mut end = text.len().min(MAX_MESSAGE_BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// Gives drafts in order of their lines what only the segment knows.
fn finish(segment: &Segment, drafts: Vec<Draft>) -> Vec<Event> {
    let mut latest = Latest { lines: &segment.lines, seen: 0, time: segment.since };
    let mut seen = 0;
    let mut events = Vec::with_capacity(drafts.len());
    for draft in drafts {
        let until = draft.record.unwrap_or(draft.start()).max(seen);
        seen = until + 1;
        events.push(event(segment, draft, || latest.until(until)));
    }
    events
}

/// The time of the latest line that has one. Lines are asked only if somebody wants to know.
struct Latest<'s> {
    lines: &'s [Line],
    /// Lines that the time is known of.
    seen: usize,
    time: Option<Time>,
}

impl Latest<'_> {
    /// That of the lines up to this one, which is not before one that was asked about earlier.
    fn until(&mut self, line: usize) -> Option<Time> {
        self.time = self.lines[self.seen..=line].iter().rev().find_map(Line::time).or(self.time);
        self.seen = line + 1;
        self.time
    }
}

fn event(segment: &Segment, draft: Draft, latest: impl FnOnce() -> Option<Time>) -> Event {
    let lines = segment.lines.as_slice();
    let (start, end) = (draft.start(), draft.end());
    let record = draft.record.map(|index| lines[index].head());
    let mut chain = draft.found.map(|found| found.chain);
    if let Some(chain) = chain.as_mut()
        && segment.cut
        && end == lines.len()
    {
        chain.complete = false;
    }
    Event {
        stream: segment.stream.clone(),
        worker: record.and_then(|head| head.worker.clone()),
        request: record.and_then(|head| head.request.clone()),
        time: record.and_then(|head| head.time).or_else(latest),
        severity: record.and_then(|head| head.severity),
        at: lines[start].at,
        lines: line_ranges(lines, &draft.lines),
        message: draft.message,
        chain,
    }
}

/// Line numbers of index ranges, neighbours merged; only those of the source the first line stands in.
fn line_ranges(lines: &[Line], ranges: &[Range<usize>]) -> Vec<LineRange> {
    let mut merged: Vec<LineRange> = Vec::new();
    let mut before: Option<&Line> = None;
    let mut merge = |first: u64, last: u64| match merged.last_mut() {
        Some((_, end)) if first >= *end && first - *end <= 1 => *end = last,
        _ => merged.push((first, last)),
    };
    for range in ranges {
        for line in &lines[range.clone()] {
            if before.is_some_and(|before| before.at.source != line.at.source) {
                continue;
            }
            match &line.joined {
                None => merge(line.at.line, line.at.line),
                Some(_) if before.is_some_and(|before| before.at == line.at) => continue,
                Some(joined) => joined.iter().for_each(|(first, last)| merge(*first, *last)),
            }
            before = Some(line);
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Position, SourceId, StreamId};

    fn line(number: u64, text: &str, starts: bool) -> Line {
        let at = Position { source: SourceId(0), line: number, offset: number * 100 };
        Line { starts, ..Line::bare(text, at) }
    }

    fn read(lines: Vec<Line>) -> Vec<Event> {
        assemble(&Segment { stream: StreamId::new("pod/a"), lines, since: None, cut: false })
    }

    const TRACE: [&str; 3] = ["Traceback (most recent call last):", "  File \"/a.py\", line 1, in f", "KeyError: 'a'"];

    #[test]
    fn plain_records_keep_their_continuation() {
        let lines = vec![line(1, "raw", false), line(2, "", false), line(3, "first", true), line(4, "  more", false)];
        let events = read(lines);
        let said: Vec<_> = events.iter().map(|event| (event.message.as_str(), event.lines[0])).collect();
        assert_eq!(said, [("raw", (1, 1)), ("first\n  more", (3, 4))]);
        assert_eq!(events[0].stream.as_str(), "pod/a");
    }

    #[test]
    fn an_endless_record_ends_at_the_bound() {
        let mut lines = vec![line(1, "first", true)];
        lines.extend((2..=300).map(|number| line(number, "text", false)));
        let events = read(lines);
        assert_eq!(events[0].lines, [(1, 100)]);
        assert_eq!(events.len(), 201);
    }

    #[test]
    fn a_structured_record_is_one_event_and_ends_there() {
        let mut lines = vec![line(1, "failed", true)];
        lines.extend(TRACE.iter().map(|text| line(1, text, false)));
        lines.push(line(2, "raw line after it", false));
        let events = read(lines);
        assert_eq!(events.len(), 2);
        assert_eq!((events[0].message.as_str(), events[0].lines.as_slice()), ("failed", [(1, 1)].as_slice()));
        let message = events[0].chain.as_ref().map(|chain| chain.links[0].message.as_str());
        assert_eq!(message, Some("'a'"));
    }

    #[test]
    fn a_crash_hangs_on_no_record() {
        let mut lines = vec![line(1, "listening", true)];
        let crash = ["panic: no key", "", "goroutine 1 [running]:", "main.main()", "\t/app/main.go:9 +0x1"];
        lines.extend(crash.iter().zip(2..).map(|(text, number)| line(number, text, false)));
        let said: Vec<_> = read(lines).into_iter().map(|event| (event.message, event.lines)).collect();
        assert_eq!(said, [("listening".to_owned(), vec![(1, 1)]), (String::new(), vec![(2, 6)])]);
    }

    #[test]
    fn time_goes_on_from_the_segment_before() {
        let segment =
            |since| Segment { stream: StreamId::default(), lines: vec![line(1, "up", true)], since, cut: false };
        let time = |since| assemble(&segment(since))[0].time;
        assert_eq!((time(None), time(Some(Time::utc(7)))), (None, Some(Time::utc(7))));
    }

    #[test]
    fn time_comes_from_the_record_or_the_line_before() {
        let mut lines = vec![line(1, "load", true), line(2, "boot", true), line(3, "far below", false)];
        for (line, time) in lines.iter_mut().zip([5, 7]) {
            line.head.time = Some(Time::utc(time));
            line.head.severity = Some(Severity::Info);
        }
        lines.extend(TRACE.iter().zip(4..).map(|(text, number)| line(number, text, false)));
        lines.push(line(7, "raw", false));
        let events = read(lines);
        let crash = events.iter().find(|event| event.chain.is_some()).map(|event| (event.time, event.severity));
        assert_eq!(crash, Some((Some(Time::utc(7)), None)));
        assert_eq!(events.last().and_then(|event| event.time), Some(Time::utc(7)), "no line has another since");
    }
}
