//! Tells which lines of a raw block could matter, from literals derived from the rules and grammars.
//!
//! The gate only skips: a line without any of its literals can neither match a signal, nor be an error record, nor open an exception. It works
//! on bytes as they stand in the file, inside JSON or colours. So the automaton looks only for pieces that no escaping changes; where a
//! piece stands, the literal around it is held against the line, escapes allowed for, and where the line is plain text, the signal's patterns
//! too: outside exceptions, which the grammars' literals find, a signal must hold in a record's own text. Lines that could hide a literal
//! (pieces cut by a transport, very long lines) count as found.

use aho_corasick::{AhoCorasick, AhoCorasickBuilder, Input, MatchKind};
use memchr::{memchr_iter, memchr3};

use super::compile::CompiledRules;
use super::literals::SHORTEST;
use super::schema::{Kind, Place};
use crate::model::SignalId;

/// Literals that can hide others: colours, JSON escapes of letters, pieces cut by a transport.
const VEILS: [&str; 7] = ["\x1b", "\\u00", "\\x1b", "stdout P", "stderr P", "#033", "\0"];

/// A longer line may be a piece that a transport cut inside a literal.
const LONG_LINE: usize = 8 * 1024;

/// Words by which loggers mark an error record, where they stand as a word of their own. The automaton finds `ERROR` as `ERR`.
const LEVELS: [&str; 22] = [
    "ERR", "SEVERE", "FATA", "CRIT", "FTL", "PANI", "EMERG", "ALERT", "Error", "Fatal", "Critical", "err", "eror",
    "fatal", "crit", "fail", "panic", "emerg", "alert", "severe", "dpanic", "DPANIC",
];

/// Fields and letters that tell an error record without a word.
const LEVEL_SIGNS: [&str; 15] = [
    "\"level\":5",
    "\"level\":6",
    "\"level\": 5",
    "\"level\": 6",
    "\"PRIORITY\"",
    "\"priority\"",
    "severityNumber",
    "severity_number",
    "\"short_message\"",
    " E0",
    " E1",
    " F0",
    " F1",
    "E, [",
    "F, [",
];

/// How far what a line shows may reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    /// The line's own record, and only if that is one of an error: a level word stands in it.
    Level,
    /// The line's own record: a success, a start.
    Line,
    /// The lines around it: an exception, or words of a failure that an exception may belong to.
    Around,
}

/// A line that could matter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Number of the line in its block, from 0.
    pub line: u32,
    /// How far it surely reaches.
    pub reach: Option<Reach>,
    /// Signals of which only the record's own text tells whether they hold.
    pub doubts: Vec<SignalId>,
}

/// A literal, where a piece of it stands.
#[derive(Clone, Debug)]
struct Needle {
    reach: Reach,
    signal: Option<SignalId>,
    around: Around,
}

#[derive(Clone, Debug)]
enum Around {
    /// The rest of the literal, before and behind the piece.
    Rest(Box<[u8]>, Box<[u8]>),
    /// Nothing that is a word may touch it.
    Word,
    /// Where the piece stands, the literal may stand.
    Nothing,
}

/// Looks for lines that could matter.
#[derive(Debug)]
pub struct Gate<'r> {
    rules: Option<&'r CompiledRules>,
    automaton: Option<AhoCorasick>,
    needles: Vec<Vec<Needle>>,
}

impl<'r> Gate<'r> {
    /// A gate for these rules and the grammars' literals.
    #[must_use]
    pub fn new(rules: &'r CompiledRules, grammar_literals: &[&str]) -> Self {
        let mut pieces: Vec<(String, Needle)> = Vec::new();
        for (signal, id) in rules.signals.iter().zip(0..) {
            // Frames stand in exceptions alone.
            if signal.rule.place != Place::Frames {
                let id = SignalId(id);
                signal
                    .literals
                    .iter()
                    .for_each(|literal| pieces.extend(raw_forms(literal, reach_of(signal.rule.kind()), Some(id))));
            }
        }
        grammar_literals.iter().for_each(|literal| pieces.extend(raw_forms(literal, Reach::Around, None)));
        let sure = |reach| Needle { reach, signal: None, around: Around::Nothing };
        pieces.extend(VEILS.map(|veil| (veil.to_owned(), sure(Reach::Around))));
        let word = Needle { reach: Reach::Level, signal: None, around: Around::Word };
        pieces.extend(LEVEL_SIGNS.map(|sign| (sign.to_owned(), sure(Reach::Level))));
        pieces.extend(LEVELS.map(|level| (level.to_owned(), word.clone())));
        pieces.sort_by(|(a, _), (b, _)| a.len().cmp(&b.len()).then_with(|| a.cmp(b)));
        let mut kept: Vec<String> = Vec::new();
        let mut needles: Vec<Vec<Needle>> = Vec::new();
        for (piece, needle) in pieces {
            // A piece that contains a shorter one is found through that one.
            match kept.iter().position(|k| piece.contains(k.as_str())) {
                Some(at) => needles[at].push(widened(&piece, &kept[at], needle)),
                None => {
                    kept.push(piece);
                    needles.push(vec![needle]);
                }
            }
        }
        // If the automaton cannot be built every line passes: slower, never less.
        Self {
            automaton: AhoCorasickBuilder::new().match_kind(MatchKind::LeftmostFirst).build(&kept).ok(),
            needles,
            rules: Some(rules),
        }
    }

    /// A gate that lets every line pass.
    #[must_use]
    pub fn open() -> Self {
        Self { automaton: None, needles: Vec::new(), rules: None }
    }

    /// The lines of a block that could matter, in order, and the offsets at which its lines begin, with the block's length behind them.
    #[must_use]
    pub fn marks(&self, block: &[u8]) -> (Vec<Mark>, Vec<u32>) {
        let starts = line_starts(block);
        let lines = 0..u32::try_from(starts.len() - 1).unwrap_or(u32::MAX);
        let Some(automaton) = &self.automaton else {
            return (lines.map(|line| Mark { line, reach: Some(Reach::Around), doubts: Vec::new() }).collect(), starts);
        };
        let mut marks: Vec<Mark> = Vec::new();
        for line in lines {
            let (from, to) = (starts[line as usize] as usize, starts[line as usize + 1] as usize);
            let long = to - from > LONG_LINE;
            if long || leads_with_level(&block[from..to]) {
                let reach = if long { Reach::Around } else { Reach::Level };
                marks.push(Mark { line, reach: Some(reach), doubts: Vec::new() });
            }
        }
        let mut found: Vec<Mark> = Vec::new();
        let (mut at, mut line) = (0, 0);
        let mut look = Look::default();
        while let Some(hit) = (at < block.len()).then(|| automaton.find(Input::new(block).range(at..))).flatten() {
            while starts[line + 1] as usize <= hit.start() {
                line += 1;
            }
            let (from, end) = (starts[line] as usize, starts[line + 1] as usize);
            if look.line != Some(line) {
                found.extend(std::mem::take(&mut look).into_mark());
                look = Look { line: Some(line), ..Look::default() };
            }
            let place = hit.start() - from..hit.end() - from;
            self.look(&mut look, &block[from..end], &place, &self.needles[hit.pattern().as_usize()]);
            at = if look.reach == Some(Reach::Around) { end } else { hit.start() + 1 };
        }
        found.extend(look.into_mark());
        (merged(marks, found), starts)
    }

    /// Holds the needles at a place against the line.
    fn look(&self, look: &mut Look, line: &[u8], place: &std::ops::Range<usize>, needles: &[Needle]) {
        for needle in needles {
            if look.reach >= Some(needle.reach) || !needle.holds(line, place) {
                continue;
            }
            let Some(id) = needle.signal else {
                look.reach = Some(needle.reach);
                continue;
            };
            if look.tried.contains(&id) {
                continue;
            }
            look.tried.push(id);
            let plain = *look.plain.get_or_insert_with(|| is_plain(line));
            let text = std::str::from_utf8(line).ok().filter(|_| plain && self.holds_within_a_line(id));
            match text.map(|text| self.confirms(id, text.trim_end_matches(['\r', '\n']))) {
                Some(true) => look.reach = look.reach.max(Some(needle.reach)),
                Some(false) => {}
                None => look.doubts.push(id),
            }
        }
    }

    /// Whether a signal holds in the text of a record.
    #[must_use]
    pub fn confirms(&self, signal: SignalId, text: &str) -> bool {
        self.rules.is_none_or(|rules| rules.signal(signal).patterns.iter().any(|pattern| pattern.is_match(text)))
    }

    /// How far a signal reaches.
    #[must_use]
    pub fn reach(&self, signal: SignalId) -> Reach {
        self.rules.map_or(Reach::Around, |rules| reach_of(rules.signal(signal).rule.kind()))
    }

    /// Whether every match of a signal's patterns lies within one line of a text.
    #[must_use]
    pub fn holds_within_a_line(&self, signal: SignalId) -> bool {
        self.rules.is_some_and(|rules| rules.signal(signal).within_a_line)
    }
}

fn reach_of(kind: Kind) -> Reach {
    if kind == Kind::Failure { Reach::Around } else { Reach::Line }
}

/// What was found in a line so far.
#[derive(Default)]
struct Look {
    line: Option<usize>,
    reach: Option<Reach>,
    plain: Option<bool>,
    tried: Vec<SignalId>,
    doubts: Vec<SignalId>,
}

impl Look {
    fn into_mark(self) -> Option<Mark> {
        let line = u32::try_from(self.line?).ok()?;
        let told = self.reach.is_some() || !self.doubts.is_empty();
        told.then_some(Mark { line, reach: self.reach, doubts: self.doubts })
    }
}

/// Whether a record's text stands in the line as it is: neither escapes, colours nor fields have to be read for it.
fn is_plain(line: &[u8]) -> bool {
    memchr3(b'{', b'\\', 0x1b, line).is_none()
        && memchr3(b'&', b'#', 0, line).is_none()
        && ["level=", "lvl=", "msg=", "severity="]
            .iter()
            .all(|key| memchr::memmem::find(line, key.as_bytes()).is_none())
}

/// Both lists in order; what stands in both becomes one.
fn merged(some: Vec<Mark>, others: Vec<Mark>) -> Vec<Mark> {
    let mut all = some;
    all.extend(others);
    all.sort_by_key(|mark| mark.line);
    all.dedup_by(|later, earlier| {
        let same = later.line == earlier.line;
        if same {
            earlier.reach = earlier.reach.max(later.reach);
            earlier.doubts.append(&mut later.doubts);
        }
        same
    });
    all
}

/// Where the lines of a block begin, and its end.
fn line_starts(block: &[u8]) -> Vec<u32> {
    let mut starts = Vec::with_capacity(block.len() / 64 + 2);
    starts.push(0);
    starts.extend(memchr_iter(b'\n', block).map(|at| u32::try_from(at + 1).unwrap_or(u32::MAX)));
    let end = u32::try_from(block.len()).unwrap_or(u32::MAX);
    if starts.last() != Some(&end) {
        starts.push(end);
    }
    starts
}

/// Levels that are told by the line's first bytes: a syslog priority, klog's letter, Ruby's.
fn leads_with_level(line: &[u8]) -> bool {
    matches!(
        line,
        [b'<', b'0'..=b'9', ..] | [b'E' | b'F', b'0' | b'1', b'0'..=b'9', ..] | [b'E' | b'F', b',', b' ', b'[', ..]
    )
}

impl Needle {
    /// Whether the literal stands in the line, where its piece was found.
    fn holds(&self, line: &[u8], place: &std::ops::Range<usize>) -> bool {
        let (before, behind) = (&line[..place.start], &line[place.end..]);
        match &self.around {
            Around::Nothing => true,
            Around::Word => is_level(before, &line[place.clone()], behind),
            Around::Rest(left, right) => {
                ends_with(before, left) && starts_with(behind, right) && !is_logged_place(right, behind)
            }
        }
    }
}

/// Whether a level word stands alone: not within a name or a path, and not as the key of a field. The automaton looks for beginnings, so the
/// letters behind the piece belong to the word.
fn is_level(before: &[u8], piece: &[u8], behind: &[u8]) -> bool {
    const WORDS: [&[u8]; 17] = [
        b"error",
        b"err",
        b"erro",
        b"eror",
        b"severe",
        b"fatal",
        b"fata",
        b"ftl",
        b"critical",
        b"crit",
        b"panic",
        b"pani",
        b"dpanic",
        b"emerg",
        b"emergency",
        b"alert",
        b"fail",
    ];
    let rest = behind.iter().take(8).take_while(|byte| byte.is_ascii_alphabetic()).count();
    let known = |word: &&[u8]| {
        word.len() == piece.len() + rest
            && word[..piece.len()].eq_ignore_ascii_case(piece)
            && word[piece.len()..].eq_ignore_ascii_case(&behind[..rest])
    };
    let name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'/');
    if before.last().is_some_and(|byte| name(byte) || *byte == b'.') || !WORDS.iter().any(known) {
        return false;
    }
    match &behind[rest..] {
        [] => true,
        [b'"', b':', ..] | [b'\\', b'"', b':', ..] => false,
        [first, ..] => !name(first) && !matches!(first, b'.' | b'=' | b'('),
    }
}

/// `controller.go:231]`: the place of a logging call, which is no frame.
fn is_logged_place(right: &[u8], behind: &[u8]) -> bool {
    let place = right == b":" || right.is_empty() && behind.first().is_some_and(u8::is_ascii_digit);
    let rest = behind.strip_prefix(right).unwrap_or(behind);
    let digits = rest.iter().take(7).take_while(|byte| byte.is_ascii_digit()).count();
    place && digits > 0 && rest.get(digits) == Some(&b']')
}

/// Whether raw text begins with `wanted`, however it is escaped.
fn starts_with(raw: &[u8], wanted: &[u8]) -> bool {
    let mut at = 0;
    for &byte in wanted {
        if raw.get(at) == Some(&b'\n') {
            // The literal goes on on the next line.
            return byte == b'\n';
        }
        match step(&raw[at..], byte) {
            Some(Some(taken)) => at += taken,
            Some(None) => return true,
            None => return false,
        }
    }
    true
}

/// Bytes that `byte` takes at the start of raw text, in any of its escaped forms; `Some(None)` where that cannot be told.
fn step(raw: &[u8], byte: u8) -> Option<Option<usize>> {
    if !byte.is_ascii() {
        return Some(None);
    }
    let slashes = raw.iter().take(16).take_while(|b| **b == b'\\').count();
    let next = raw.get(slashes).copied();
    match byte {
        b'"' | b'/' | b'\'' if next == Some(byte) => Some(Some(slashes + 1)),
        b'\\' if slashes > 0 => Some(Some(slashes)),
        b'\t' | b'\n' | b'\r' if raw.first() == Some(&byte) => Some(Some(1)),
        b'\t' if slashes > 0 && next == Some(b't') => Some(Some(slashes + 1)),
        b'\n' if slashes > 0 && next == Some(b'n') => Some(Some(slashes + 1)),
        b'\r' if slashes > 0 && next == Some(b'r') => Some(Some(slashes + 1)),
        _ if byte.is_ascii_control() && (raw.starts_with(b"#0") || slashes > 0) => Some(None),
        // Markup in a paste.
        b'"' | b'\'' | b'<' | b'>' | b'&' if raw.first() == Some(&b'&') => Some(None),
        _ => (raw.first() == Some(&byte)).then_some(Some(1)),
    }
}

/// Whether raw text ends with `wanted`, however it is escaped.
fn ends_with(raw: &[u8], wanted: &[u8]) -> bool {
    let mut rest = raw;
    for &byte in wanted.iter().rev() {
        if !byte.is_ascii()
            || byte.is_ascii_control()
            || rest.last() == Some(&b';') && matches!(byte, b'"' | b'\'' | b'<' | b'>' | b'&')
        {
            return true;
        }
        // What stands before an escaped character is its backslash.
        let trimmed = rest.strip_suffix(&[byte]);
        rest = match trimmed {
            Some(left) if matches!(byte, b'"' | b'/' | b'\'') => {
                &left[..left.len() - left.iter().rev().take(16).take_while(|b| **b == b'\\').count()]
            }
            Some(left) => left,
            None => return false,
        };
    }
    true
}

/// The needle of a longer piece, seen from the shorter one inside it.
fn widened(piece: &str, inside: &str, needle: Needle) -> Needle {
    let at = piece.find(inside).unwrap_or(0);
    let (left, right) = (&piece[..at], &piece[at + inside.len()..]);
    let around = match needle.around {
        Around::Rest(before, behind) => Around::Rest(
            [&before[..], left.as_bytes()].concat().into_boxed_slice(),
            [right.as_bytes(), &behind[..]].concat().into_boxed_slice(),
        ),
        Around::Nothing => Around::Rest(left.as_bytes().into(), right.as_bytes().into()),
        Around::Word if piece == inside => Around::Word,
        // Found through a part of itself: what touches it cannot be told from there.
        Around::Word => Around::Rest(left.as_bytes().into(), right.as_bytes().into()),
    };
    Needle { around, ..needle }
}

/// The pieces by which a literal can be found in a file, which may have escaped it for JSON any number of times. Of a long literal the
/// longest part that escaping leaves alone is enough; a short one is looked for as it is and up to its first escape.
fn raw_forms(literal: &str, reach: Reach, signal: Option<SignalId>) -> Vec<(String, Needle)> {
    let changed = |c: char| !c.is_ascii() || c.is_ascii_control() || "\"\\/".contains(c);
    let sure = |form: String| (form, Needle { reach, signal, around: Around::Nothing });
    if let Some(piece) = literal.split(changed).max_by_key(|piece| piece.len()).filter(|piece| piece.len() >= SHORTEST)
    {
        let at = piece.as_ptr() as usize - literal.as_ptr() as usize;
        let (left, right) = (&literal[..at], &literal[at + piece.len()..]);
        let around = Around::Rest(left.as_bytes().into(), right.as_bytes().into());
        return vec![(piece.to_owned(), Needle { reach, signal, around })];
    }
    if !literal.is_ascii() {
        let escaped = literal.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect();
        return vec![sure(literal.to_owned()), sure(escaped)];
    }
    let mut forms = vec![sure(literal.to_owned())];
    if literal.contains('\t') {
        forms.extend([literal.replace('\t', "\\t"), literal.replace('\t', "#011")].map(sure));
    } else if let Some((at, _)) = literal.char_indices().skip(1).find(|(_, c)| changed(*c)) {
        // An escape puts a backslash before the character; one before a leading quote changes nothing.
        forms.push(sure(format!("{}\\", &literal[..at])));
    }
    forms
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::RuleSet;

    fn gate(rules: &CompiledRules) -> Gate<'_> {
        let grammars: Vec<&str> = crate::assemble::literals().collect();
        let from_rules = rules.signals.iter().flat_map(|s| s.literals.iter().map(String::as_str));
        let short = |l: &&str| raw_forms(l, Reach::Line, None).iter().any(|(form, _)| form.len() < 3);
        let hopeless: Vec<&str> = from_rules.chain(grammars.iter().copied()).filter(short).collect();
        assert_eq!(hopeless, Vec::<&str>::new(), "these would switch the gate off");
        Gate::new(rules, &grammars)
    }

    fn reaches(gate: &Gate<'_>, line: &str) -> Option<Reach> {
        gate.marks(format!("before\n{line}\nbehind\n").as_bytes()).0.first().and_then(|mark| {
            assert_eq!(mark.line, 1, "{line}");
            mark.reach
        })
    }

    #[test]
    fn tells_how_far_a_line_reaches() {
        let rules = CompiledRules::new(RuleSet::embedded().expect("built-in rules")).expect("built-in rules");
        let gate = gate(&rules);
        assert!(gate.automaton.is_some());
        for (line, reach) in [
            ("item 7 took 12 ms", None),
            ("done; payment errors: 0, denied: 0", None),
            ("GET /static/error.css failed=0 error_rate=0.0", None),
            ("I1123 08:00:00.013000       1 garbagecollector.go:146] swept", None),
            ("{\"stack\":\"Oops\\n\\tat com.acme.A.f(A.java:3)\"}", Some(Reach::Around)),
            ("  File &quot;/srv/a.py&quot;, line 3, in f", Some(Reach::Around)),
            (
                "{\"message\":\"Traceback (most recent call last):\\n  File \\\"/a.py\\\", line 1\"}",
                Some(Reach::Around),
            ),
            ("\tat com.acme.A.f(A.java:3)", Some(Reach::Around)),
            ("2026-11-23 08:26:39 ERROR batch 17 is lost", Some(Reach::Level)),
            ("time=x level=error msg=lost", Some(Reach::Level)),
            ("E1123 08:26:39.985123       1 f.x:88] lost", Some(Reach::Level)),
            ("<11>1 2026-11-23T08:26:39Z h a 1 - - lost", Some(Reach::Level)),
            (
                "INFO httpx: HTTP Request: POST https://api.openai.com/v1/embeddings \"HTTP/1.1 200 OK\"",
                Some(Reach::Line),
            ),
        ] {
            assert_eq!(reaches(&gate, line), reach, "{line}");
        }
    }

    #[test]
    fn escapes_do_not_hide_a_literal() {
        for (raw, wanted) in [
            ("\\\": x", "\": x"),
            ("\": x", "\": x"),
            ("\\\\\\\"/", "\"/"),
            ("\\/v1", "/v1"),
            ("\\tat", "\tat"),
            ("#011at", "\tat"),
            ("&quot;x", "\"x"),
            ("\\u00e9", "é"),
        ] {
            assert!(starts_with(raw.as_bytes(), wanted.as_bytes()), "{raw} {wanted}");
        }
        assert!(!starts_with(b"x: y", b"\": y"));
        for (raw, wanted) in [("a \\\"", " \""), ("a\"", "\""), ("a&quot;", "\""), ("\\t", "\t"), ("\\/v1", "/v1")] {
            assert!(ends_with(raw.as_bytes(), wanted.as_bytes()), "{raw} {wanted}");
        }
        assert!(!ends_with(b"x", b"\""));
    }
}
