//! How the lines of a source relate to the lines that were written: as they are, or rearranged on their way.
//!
//! A terminal breaks long lines at its width, a mail program doubles line ends, and `aws logs filter-log-events` or `jq` spread each record
//! over many lines of a JSON document. [`Layout::detect`] decides once for a source, from its beginning; [`Joiner`] then gives back the
//! lines as they were. It must never look at what a line means, and text that does not fit comes through as it is.

use serde_json::{Map, Value};

use crate::envelope::payload;
use crate::model::LineRange;

/// Bytes of a sample that are looked at.
const SAMPLE_BYTES: usize = 64 * 1024;
/// Lines that one line may be joined from.
const MOST_JOINED: usize = 2000;
/// Bytes of a joined line.
const MOST_BYTES: usize = 1 << 20;
/// Widths at which terminals, ticket systems and mail programs break lines.
const WIDTHS: std::ops::RangeInclusive<usize> = 60..=240;
/// Keys under which documents keep their records.
const RECORD_KEYS: [&str; 12] = [
    "events",
    "entries",
    "results",
    "logs",
    "records",
    "items",
    "hits",
    "data",
    "messages",
    "lines",
    "logEvents",
    "rows",
];

/// The arrangement of a source's lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Layout {
    /// Each line is a line.
    #[default]
    Lines,
    /// A blank line was put after every line.
    Spaced,
    /// Lines were broken after this many characters.
    Wrapped(usize),
    /// A JSON document printed over many lines, whose records begin after this many blanks.
    Document(usize),
    /// A JSON document of many records on one line.
    Compact,
}

impl Layout {
    /// The layout of a source that begins with `sample`.
    #[must_use]
    pub fn detect(sample: &[u8]) -> Self {
        let sample = &sample[..sample.len().min(SAMPLE_BYTES)];
        let text = String::from_utf8_lossy(sample);
        let text = text.trim_start_matches('\u{feff}');
        let lines: Vec<&str> = text.lines().map(|line| line.strip_suffix('\r').unwrap_or(line)).collect();
        document(&lines)
            .or_else(|| spaced(&lines).then_some(Self::Spaced))
            .or_else(|| wrapped(&lines).map(Self::Wrapped))
            .unwrap_or_default()
    }

    /// The lines of a sample as they were written.
    #[must_use]
    pub fn restore(self, sample: &[u8]) -> Vec<u8> {
        let sample = &sample[..sample.len().min(SAMPLE_BYTES)];
        if self == Self::Lines {
            return sample.to_vec();
        }
        let mut joiner = Joiner::new(self);
        let mut whole = Vec::new();
        for (line, bytes) in (1..).zip(sample.split(|byte| *byte == b'\n')) {
            joiner.push(Raw::new(line, 0, true, bytes), &mut whole);
        }
        joiner.flush(&mut whole);
        whole.iter().flat_map(|raw| raw.bytes.iter().copied().chain([b'\n'])).collect()
    }
}

/// A document's layout, if the source is one.
fn document(lines: &[&str]) -> Option<Layout> {
    let mut told = lines.iter().filter(|line| !line.trim().is_empty());
    let first = told.next()?.trim_end();
    let indent_of = |line: &&str| line.len() - line.trim_start().len();
    let opens = |line: &&&str| line.trim() == "{";
    match first {
        "[" => told.find(opens).map(|line| Layout::Document(indent_of(line))),
        "{" => {
            let second = told.next()?.trim();
            let inside = |line: &str| {
                let key = line.trim().strip_suffix("\": [").and_then(|rest| rest.strip_prefix('"'));
                key.is_some_and(|key| line.trim() == second || RECORD_KEYS.contains(&key))
            };
            let list = lines.iter().position(|line| inside(line));
            let record = list.and_then(|at| lines.get(at + 1)).filter(opens);
            Some(Layout::Document(record.map_or(0, indent_of)))
        }
        _ => {
            let keyed = RECORD_KEYS.iter().any(|key| {
                let rest = first.strip_prefix("{\"").and_then(|rest| rest.strip_prefix(key));
                rest.is_some_and(|rest| rest.trim_start_matches(['"', ':', ' ', '[']).starts_with('{'))
            });
            (keyed || first.replace(' ', "").starts_with("[{")).then_some(Layout::Compact)
        }
    }
}

/// Whether hardly a line stands directly under another.
fn spaced(lines: &[&str]) -> bool {
    let told = lines.iter().filter(|line| !line.trim().is_empty()).count();
    let touching = lines.windows(2).filter(|pair| pair.iter().all(|line| !line.trim().is_empty())).count();
    told >= 3 && touching * 20 <= told
}

/// The width at which the lines were broken.
fn wrapped(lines: &[&str]) -> Option<usize> {
    let widths: Vec<usize> = lines.iter().map(|line| line.chars().count()).collect();
    let width = *widths.iter().max().filter(|width| WIDTHS.contains(*width))?;
    let full: Vec<usize> = (0..lines.len()).filter(|at| widths[*at] == width).collect();
    let mut distinct: Vec<&str> = full.iter().map(|at| lines[*at]).collect();
    distinct.sort_unstable();
    distinct.dedup();
    let broken = full.iter().filter(|at| lines.get(**at + 1).is_some_and(|next| is_rest(next, lines[**at])));
    let broken = broken.count();
    if broken == 0 || broken * 2 < full.len() {
        return None;
    }
    // One line as long as a terminal is wide is chance, unless something goes on on the next.
    let usual = matches!(width, 72 | 76..=80 | 100 | 120 | 132);
    let torn = || full.iter().any(|at| lines.get(at + 1).is_some_and(|next| is_torn(lines[*at], next)));
    let most = broken * 5 >= full.len() * 4;
    let enough = if usual { (distinct.len() >= 2 && most) || torn() } else { distinct.len() >= 3 && most && torn() };
    enough.then_some(width)
}

/// Whether a line can be the rest of one that was broken: it does not begin as lines of logs and traces do, nor as the line above it.
fn is_rest(line: &str, above: &str) -> bool {
    let begins =
        ["  ", "\t", " at ", "at ", "Caused by: ", "Traceback (", "from "].iter().any(|begin| line.starts_with(begin));
    let alike = line.chars().zip(above.chars()).take_while(|(a, b)| a == b).count() >= 4;
    !line.trim().is_empty() && !begins && !alike && !payload::read(line.as_bytes()).starts
}

/// Whether a bracket or quotation mark opens on one line and closes on the next, or a path goes on there.
fn is_torn(line: &str, next: &str) -> bool {
    let path = line.rsplit(' ').next().is_some_and(|word| word.contains('/') && !word.ends_with([':', ',', ')', '"']));
    let rest = next.split(' ').next().is_some_and(|word| word.contains(['/', '.', ':']));
    if path && rest {
        return true;
    }
    let open = |text: &str, pair: [char; 2]| {
        let count = |sign: char| text.chars().filter(|c| *c == sign).count();
        if pair[0] == pair[1] { count(pair[0]) % 2 } else { count(pair[0]).saturating_sub(count(pair[1])) }
    };
    let both = format!("{line}{next}");
    [['"', '"'], ['(', ')'], ['[', ']'], ['{', '}']]
        .into_iter()
        .any(|pair| open(line, pair) > 0 && open(&both, pair) == 0)
}

/// A line of the input, or several joined into one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Raw {
    pub(super) bytes: Vec<u8>,
    pub(super) line: u64,
    pub(super) offset: u64,
    pub(super) hit: bool,
    /// The last line that was joined into it.
    pub(super) last: u64,
}

impl Raw {
    pub(super) fn new(line: u64, offset: u64, hit: bool, bytes: &[u8]) -> Self {
        let bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes).to_vec();
        Self { bytes, line, offset, hit, last: line }
    }

    /// The lines it stands on, where those are several.
    pub(super) fn range(&self) -> Option<LineRange> {
        (self.last > self.line).then_some((self.line, self.last))
    }

    fn append(&mut self, next: &Self, bytes: &[u8]) {
        if self.bytes.len() + bytes.len() <= MOST_BYTES {
            self.bytes.extend_from_slice(bytes);
        }
        self.last = next.line;
        self.hit |= next.hit;
    }

    fn is_blank(&self) -> bool {
        self.bytes.trim_ascii().is_empty()
    }
}

/// Puts lines back together. What is pushed comes out in order; gaps in the line numbers end what is open.
#[derive(Clone, Debug, Default)]
pub(super) struct Joiner {
    layout: Layout,
    open: Option<Raw>,
    /// Number of the line before, and whether a blank one after it is to be dropped.
    before: Option<(u64, bool)>,
}

impl Joiner {
    pub(super) fn new(layout: Layout) -> Self {
        Self { layout, ..Self::default() }
    }

    /// First line of what is open.
    pub(super) fn open_line(&self) -> Option<u64> {
        self.open.as_ref().map(|raw| raw.line)
    }

    pub(super) fn push(&mut self, raw: Raw, whole: &mut Vec<Raw>) {
        if self.before.is_some_and(|(line, _)| line + 1 != raw.line) {
            self.flush(whole);
        }
        match self.layout {
            Layout::Lines => whole.push(raw),
            Layout::Spaced => self.spaced(raw, whole),
            Layout::Wrapped(width) => self.wrapped(width, raw, whole),
            Layout::Document(indent) => self.document(indent, raw, whole),
            Layout::Compact => compact(raw, whole),
        }
    }

    pub(super) fn flush(&mut self, whole: &mut Vec<Raw>) {
        whole.extend(self.open.take());
        self.before = None;
    }

    fn spaced(&mut self, raw: Raw, whole: &mut Vec<Raw>) {
        let dropped = raw.is_blank() && self.before.is_some_and(|(_, drop)| drop);
        self.before = Some((raw.line, !dropped));
        if !dropped {
            whole.push(raw);
        }
    }

    fn wrapped(&mut self, width: usize, raw: Raw, whole: &mut Vec<Raw>) {
        self.before = Some((raw.line, false));
        let text = String::from_utf8_lossy(&raw.bytes);
        let full = text.chars().count() == width;
        let rest = self.open.as_ref().is_some_and(|open| is_rest(&text, &String::from_utf8_lossy(&open.bytes)));
        let open = match self.open.take() {
            Some(mut open) if rest => {
                open.append(&raw, &raw.bytes);
                open
            }
            other => {
                whole.extend(other);
                raw.clone()
            }
        };
        if full && open.last - open.line < MOST_JOINED as u64 {
            self.open = Some(open);
        } else {
            whole.push(open);
        }
    }

    fn document(&mut self, indent: usize, raw: Raw, whole: &mut Vec<Raw>) {
        self.before = Some((raw.line, false));
        let text = raw.bytes.trim_ascii();
        let at = raw.bytes.len() - raw.bytes.trim_ascii_start().len();
        let ends = at == indent && matches!(text, b"}" | b"},");
        match self.open.take() {
            None if at == indent && text == b"{" => self.open = Some(Raw { bytes: text.to_vec(), ..raw }),
            None => {
                // Elements that stand on a line each.
                let element = text.strip_suffix(b",").filter(|_| text.starts_with(b"{") && text.ends_with(b"},"));
                let bytes = element.unwrap_or(&raw.bytes).to_vec();
                whole.push(Raw { bytes, ..raw });
            }
            Some(mut open) => {
                open.append(&raw, if ends { b"}" } else { text });
                if ends || open.last - open.line >= MOST_JOINED as u64 {
                    whole.push(open);
                } else {
                    self.open = Some(open);
                }
            }
        }
    }
}

/// The records of a document on one line.
fn compact(raw: Raw, whole: &mut Vec<Raw>) {
    let records = match serde_json::from_slice::<Value>(&raw.bytes) {
        Ok(Value::Array(list)) => list,
        Ok(Value::Object(mut document)) => records_of(&mut document),
        _ => Vec::new(),
    };
    if records.is_empty() || !records.iter().all(Value::is_object) {
        whole.push(raw);
        return;
    }
    whole.extend(records.iter().map(|record| Raw { bytes: record.to_string().into_bytes(), ..raw.clone() }));
}

fn records_of(document: &mut Map<String, Value>) -> Vec<Value> {
    let key = RECORD_KEYS.into_iter().find(|key| document.get(*key).is_some_and(Value::is_array));
    match key.and_then(|key| document.remove(key)) {
        Some(Value::Array(list)) => list,
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The lines of a text as they were written, with the line numbers they cover.
    fn restored(text: &str) -> (Layout, Vec<(String, u64, u64)>) {
        let layout = Layout::detect(text.as_bytes());
        let mut joiner = Joiner::new(layout);
        let mut whole = Vec::new();
        for (line, text) in (1..).zip(text.lines()) {
            joiner.push(Raw::new(line, 0, false, text.as_bytes()), &mut whole);
        }
        joiner.flush(&mut whole);
        let told = |raw: Raw| (String::from_utf8(raw.bytes).expect("text"), raw.line, raw.last);
        (layout, whole.into_iter().map(told).collect())
    }

    #[test]
    fn documents_give_their_records() {
        let aws = "{\n    \"events\": [\n        {\n            \"message\": \"a {\"\n        },\n        {\n            \"message\": \"b\"\n        }\n    ]\n}\n";
        let (layout, lines) = restored(aws);
        assert_eq!(layout, Layout::Document(8));
        let records: Vec<_> = lines.iter().filter(|line| line.0.starts_with("{\"")).collect();
        assert_eq!(records[0], &("{\"message\": \"a {\"}".to_owned(), 3, 5));
        assert_eq!(records[1], &("{\"message\": \"b\"}".to_owned(), 6, 8));
        let (layout, lines) =
            restored("{\n  \"level\": 50,\n  \"tags\": [\n    \"x\"\n  ]\n}\n{\n  \"level\": 30\n}\n");
        assert_eq!(layout, Layout::Document(0));
        assert_eq!(lines[0].0, "{\"level\": 50,\"tags\": [\"x\"]}");
        assert_eq!(lines[1], ("{\"level\": 30}".to_owned(), 7, 9));
        let (layout, lines) = restored("[{\"a\":1},{\"a\":2}]\n");
        assert_eq!((layout, lines.len(), lines[1].0.as_str()), (Layout::Compact, 2, "{\"a\":2}"));
        assert_eq!(restored("{\"events\":[{\"a\":1}]}").1[0].0, "{\"a\":1}");
        assert_eq!(restored("[{\"a\":1},{\"a\":2\n").1[0].0, "[{\"a\":1},{\"a\":2", "broken documents stay text");
    }

    #[test]
    fn doubled_line_ends_go_and_blank_lines_stay() {
        let (layout, lines) = restored("a\n\nb\n\n\n\nc\n\n");
        assert_eq!(layout, Layout::Spaced);
        assert_eq!(lines.iter().map(|line| line.0.as_str()).collect::<Vec<_>>(), ["a", "b", "", "c"]);
    }

    #[test]
    fn broken_lines_are_joined() {
        let long = "x".repeat(79);
        let (layout, lines) = restored(&format!("  File \"a\"\n({long}\nrest), line 3\n    return 1\n"));
        assert_eq!(layout, Layout::Wrapped(80));
        assert_eq!(lines[1], (format!("({long}rest), line 3"), 2, 3));
        assert_eq!(lines.len(), 3);
    }

    #[test]
    fn plain_logs_stay_as_they_are() {
        let cut = "2026-11-23 08:26:39 INFO app: ".to_owned() + &"y".repeat(50);
        for text in [
            "a\nb\nc\n",
            "2026-11-23 INFO {\n  \"a\": 1\n}\n",
            &format!("{cut}\n{cut}z\n{cut}\n"),
            &format!("{cut}\n{}\n", cut.replace("39", "40")),
        ] {
            assert_eq!(restored(text).0, Layout::Lines, "{text}");
        }
    }
}
