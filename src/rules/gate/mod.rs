//! Tells which lines of a raw block could matter, from literals derived from the rules and grammars.
//!
//! The gate only skips: a line without any of its literals can neither match a signal, nor be an error record, nor open an exception. It works
//! on bytes as they stand in the file, inside JSON or colours. So [`grams`] looks only for pieces that no escaping changes; where a
//! piece stands, the literal around it is held against the line, escapes allowed for, and where the line is plain text, the signal's patterns
//! too: outside exceptions, which the grammars' literals find, a signal must hold in a record's own text. Lines that could hide a literal
//! (pieces cut by a transport, very long lines) count as found.

mod filter;
mod grams;
mod needle;

use std::ops::Range;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use hashbrown::HashMap;
use memchr::{memchr_iter, memchr2_iter, memchr3, memmem};

pub(crate) use self::grams::{Grams, Wanted};
use self::needle::{Around, Needle, raw_forms};
use super::compile::{CompiledRules, InLine};
use super::literal_index::Candidate;
use super::schema::{Kind, Place};
use crate::model::SignalId;

/// Literals that can hide others: escaped colours, JSON escapes of letters, pieces cut by a transport, a journal's text as numbers.
const VEILS: [&str; 6] = ["\\u00", "\\x1b", "stdout P", "stderr P", "#033", "\"MESSAGE\":["];

/// Bytes that can hide a literal: colours, and what a truncated file is filled with.
const VEILING: (u8, u8) = (0x1b, 0);

/// A longer line may be a piece that a transport cut inside a literal.
const LONG_LINE: usize = 8 * 1024;

/// Words by which loggers mark an error record, in either case, where they stand as words of their own.
const LEVELS: [&str; 17] = [
    "error",
    "err",
    "erro",
    "eror",
    "severe",
    "fatal",
    "fata",
    "ftl",
    "critical",
    "crit",
    "panic",
    "pani",
    "dpanic",
    "emerg",
    "emergency",
    "alert",
    "fail",
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
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mark {
    /// Number of the line in its block, from 0.
    pub line: u32,
    /// How far it surely reaches.
    pub reach: Option<Reach>,
    /// Signals of which a literal stands in the line and that may hold in its record; not told of where the line reaches around.
    pub signals: Vec<Trace>,
}

/// A trace of a signal in a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trace {
    /// Which signal, and which of its patterns.
    pub signal: Candidate,
    /// It holds, whatever the record is.
    pub sure: bool,
    /// It does not hold within this line: only if the record goes on below.
    pub beyond: bool,
}

/// Looks for lines that could matter.
#[derive(Debug)]
pub struct Gate<'r> {
    rules: Option<&'r CompiledRules>,
    grammar_literals: Vec<&'r str>,
    index: OnceLock<Index>,
    /// Bytes that were let pass because it takes longer to make the index than to read them.
    passed: AtomicUsize,
}

/// Bytes that are read sooner than an index is made.
const FEW_BYTES: usize = 32 * 1024;

/// What to look for.
#[derive(Debug)]
struct Index {
    /// Pieces to look for; `None` lets every line pass.
    grams: Option<Grams>,
    /// What each piece may be part of.
    needles: Vec<Vec<Needle>>,
}

impl Index {
    fn new(rules: &CompiledRules, grammar_literals: &[&str]) -> Self {
        let mut pieces: Vec<(Wanted, Needle)> = Vec::new();
        for (signal, id) in rules.signals.iter().zip(0..) {
            // Frames stand in exceptions alone.
            if signal.rule.place != Place::Frames {
                let reach = reach_of(signal.rule.kind());
                for (literal, pattern) in &signal.literals {
                    pieces.extend(raw_forms(literal, true, reach, Some((SignalId(id), *pattern))));
                }
            }
        }
        grammar_literals.iter().for_each(|literal| pieces.extend(raw_forms(literal, false, Reach::Around, None)));
        let sure = |piece, reach, around| (piece, Needle { reach, signal: None, around, folded: false });
        let exact = |text, reach| sure(Wanted::anywhere(text, false), reach, Around::Nothing);
        pieces.extend(VEILS.map(|veil| exact(veil, Reach::Around)));
        pieces.extend(LEVEL_SIGNS.map(|sign| exact(sign, Reach::Level)));
        pieces.extend(LEVELS.map(|level| sure(Wanted::word(level), Reach::Level, Around::Word)));
        let mut numbers: HashMap<Wanted, usize> = HashMap::new();
        let mut kept: Vec<Wanted> = Vec::new();
        let mut needles: Vec<Vec<Needle>> = Vec::new();
        for (piece, needle) in pieces {
            let number = *numbers.entry(piece).or_insert_with_key(|piece| {
                kept.push(piece.clone());
                needles.push(Vec::new());
                needles.len() - 1
            });
            needles[number].push(needle);
        }
        // If a piece is too short to look for, every line passes: slower, never less.
        Self { grams: Grams::new(kept), needles }
    }
}

impl<'r> Gate<'r> {
    /// A gate for these rules and the grammars' literals.
    #[must_use]
    pub fn new(rules: &'r CompiledRules, grammar_literals: &[&'r str]) -> Self {
        let gate = Self::when_needed(rules, grammar_literals);
        gate.index();
        gate
    }

    /// The same, made ready once there is so much to read that it pays; until then every line passes.
    #[must_use]
    pub fn when_needed(rules: &'r CompiledRules, grammar_literals: &[&'r str]) -> Self {
        Self { rules: Some(rules), grammar_literals: grammar_literals.to_vec(), ..Self::open() }
    }

    /// A gate that lets every line pass.
    #[must_use]
    pub fn open() -> Self {
        Self { rules: None, grammar_literals: Vec::new(), index: OnceLock::new(), passed: AtomicUsize::new(0) }
    }

    /// What to look for; `None` lets every line pass.
    fn index(&self) -> Option<(&Index, &Grams)> {
        let rules = self.rules?;
        let index = self.index.get_or_init(|| Index::new(rules, &self.grammar_literals));
        index.grams.as_ref().map(|grams| (index, grams))
    }

    /// Whether so little was read up to the end of this block that the index need not be made.
    fn is_early(&self, block: &[u8]) -> bool {
        self.index.get().is_none() && self.passed.fetch_add(block.len(), Ordering::Relaxed) + block.len() <= FEW_BYTES
    }

    /// The lines of a block that could matter, in order. `starts` are the offsets at which its lines begin, with the block's length behind
    /// them. Lines that `known` knows, by number and bytes, are passed over; it is not asked of all.
    #[must_use]
    pub fn marks(&self, block: &[u8], starts: &[u32], mut known: impl FnMut(u32, &[u8]) -> bool) -> Vec<Mark> {
        let index = if self.is_early(block) { None } else { self.index() };
        let Some((index, grams)) = index else {
            let around = |line| Mark { line, reach: Some(Reach::Around), signals: Vec::new() };
            return (0..starts.len() - 1).filter_map(|line| u32::try_from(line).ok()).map(around).collect();
        };
        let mut found: Vec<Mark> = Vec::new();
        let mut line = 0;
        let mut look = Look::default();
        grams.each(block, |piece, place| {
            while starts[line + 1] as usize <= place.start {
                line += 1;
            }
            let (from, end) = (starts[line] as usize, starts[line + 1] as usize);
            if look.line != Some(line) {
                found.extend(look.turn_to(Some(line)));
                if known(line as u32, &block[from..end]) {
                    return end;
                }
            }
            let within = place.start.saturating_sub(from)..place.end.min(end) - from;
            self.look(&mut look, &block[from..end], &within, &index.needles[piece]);
            if look.reach == Some(Reach::Around) { end } else { 0 }
        });
        found.extend(look.turn_to(None));
        merged(lines_by_form(block, starts), found)
    }

    /// Holds the needles at a place against the line.
    fn look<'l>(&self, look: &mut Look<'l>, line: &'l [u8], place: &Range<usize>, needles: &[Needle]) {
        for needle in needles {
            let Some(wanted @ (signal, pattern)) = needle.signal else {
                if look.reach < Some(needle.reach) && needle.holds(line, place) {
                    look.reach = Some(needle.reach);
                }
                continue;
            };
            if look.tried.contains(&wanted) || !needle.holds(line, place) {
                continue;
            }
            look.tried.push(wanted);
            let Some(rule) = self.rules.map(|rules| rules.signal(signal)) else { continue };
            // What reaches no further than what is sure already need not be held against the line.
            let text = if look.reach >= Some(needle.reach) { None } else { look.plain(line) };
            let told = rule.in_line(pattern, look.folded(line), text);
            if told == InLine::Holds {
                look.reach = look.reach.max(Some(needle.reach));
            }
            if told != InLine::Not {
                let (sure, beyond) = (told == InLine::Holds, told == InLine::Beyond);
                look.signals.push(Trace { signal: wanted, sure, beyond });
            }
        }
    }

    /// Whether a record's text stands in its line as it is, so that what no literal in the line speaks for is not in the text either.
    #[must_use]
    pub fn shows(line: &[u8], text: &str) -> bool {
        is_plain(line) && line.trim_ascii_end().ends_with(text.trim_ascii_end().as_bytes())
    }

    /// Whether a signal's pattern holds in the text of a record.
    #[must_use]
    pub fn confirms(&self, (signal, pattern): Candidate, text: &str) -> bool {
        self.rules.is_none_or(|rules| rules.signal(signal).holds(pattern, text))
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
struct Look<'l> {
    line: Option<usize>,
    reach: Option<Reach>,
    /// The line where it is plain text, once somebody asked.
    plain: Option<Option<&'l str>>,
    /// The line in small letters, once somebody asked.
    folded: Vec<u8>,
    tried: Vec<Candidate>,
    signals: Vec<Trace>,
}

impl<'l> Look<'l> {
    fn plain(&mut self, line: &'l [u8]) -> Option<&'l str> {
        let plain = || is_plain(line).then(|| std::str::from_utf8(line).ok()).flatten();
        *self.plain.get_or_insert_with(|| plain().map(|text| text.trim_end_matches(['\r', '\n'])))
    }

    fn folded(&mut self, line: &[u8]) -> &[u8] {
        if self.folded.is_empty() {
            self.folded.extend(line.iter().map(u8::to_ascii_lowercase));
        }
        &self.folded
    }

    /// Goes on with another line; what this one came to.
    fn turn_to(&mut self, line: Option<usize>) -> Option<Mark> {
        let was = std::mem::replace(&mut self.line, line);
        let (reach, mut signals) = (self.reach.take(), std::mem::take(&mut self.signals));
        self.plain = None;
        self.folded.clear();
        self.tried.clear();
        let told = reach.is_some() || !signals.is_empty();
        if reach == Some(Reach::Around) {
            signals.clear();
        }
        let line = u32::try_from(was?).ok()?;
        told.then_some(Mark { line, reach, signals })
    }
}

/// Whether a record's text stands in the line as it is: neither escapes, colours nor fields have to be read for it.
fn is_plain(line: &[u8]) -> bool {
    memchr3(b'{', b'\\', 0x1b, line).is_none()
        && memchr3(b'&', b'#', 0, line).is_none()
        && memchr_iter(b'=', line)
            .all(|at| !["level", "lvl", "msg", "severity"].iter().any(|key| line[..at].ends_with(key.as_bytes())))
}

/// Lines that could matter for what they are, whatever literals stand in them: too long, cut, veiled, or at a level that their first bytes
/// tell.
fn lines_by_form(block: &[u8], starts: &[u32]) -> Vec<Mark> {
    let mut marks: Vec<Mark> = Vec::new();
    for (line, bounds) in (0..).zip(starts.windows(2)) {
        let (from, to) = (bounds[0] as usize, bounds[1] as usize);
        let hides = to - from > LONG_LINE || is_cut_piece(&block[from..to]);
        if hides || leads_with_level(&block[from..to]) {
            let reach = if hides { Reach::Around } else { Reach::Level };
            marks.push(Mark { line, reach: Some(reach), signals: Vec::new() });
        }
    }
    let mut veiled = 0;
    for at in memchr2_iter(VEILING.0, VEILING.1, block).map(|at| at as u32) {
        if at >= veiled {
            let line = starts.partition_point(|start| *start <= at) - 1;
            veiled = starts[line + 1];
            marks.push(Mark { line: line as u32, reach: Some(Reach::Around), signals: Vec::new() });
        }
    }
    marks
}

/// Both lists in order; what stands in both becomes one.
fn merged(some: Vec<Mark>, others: Vec<Mark>) -> Vec<Mark> {
    if some.is_empty() {
        return others;
    }
    let mut all = some;
    all.extend(others);
    all.sort_by_key(|mark| mark.line);
    all.dedup_by(|later, earlier| {
        let same = later.line == earlier.line;
        if same {
            earlier.reach = earlier.reach.max(later.reach);
            earlier.signals.append(&mut later.signals);
        }
        same
    });
    all
}

/// Where the lines of a block begin, and its end.
#[must_use]
pub fn line_starts(block: &[u8]) -> Vec<u32> {
    let mut starts = Vec::with_capacity(block.len() / 64 + 2);
    starts.push(0);
    starts.extend(memchr_iter(b'\n', block).map(|at| u32::try_from(at + 1).unwrap_or(u32::MAX)));
    let end = u32::try_from(block.len()).unwrap_or(u32::MAX);
    if starts.last() != Some(&end) {
        starts.push(end);
    }
    starts
}

/// A piece of a line that docker's json-file driver cut, where the line end is missing in what was logged; or one that GitLab says belongs
/// to the line above: `T 01E+rest`.
fn is_cut_piece(line: &[u8]) -> bool {
    let gitlab = || {
        let at = line.iter().take(40).position(|byte| *byte == b' ').unwrap_or(0);
        matches!(line.get(at + 3..at + 5), Some(b"O+" | b"E+"))
    };
    (line.starts_with(b"{\"log\":\"") && memmem::find(line, b"\\n\",\"").is_none())
        || (line.get(10) == Some(&b'T') && line[0].is_ascii_digit() && gitlab())
}

/// Levels that are told by the line's first bytes: a syslog priority, klog's letter, Ruby's.
fn leads_with_level(line: &[u8]) -> bool {
    matches!(
        line,
        [b'<', b'0'..=b'9', ..] | [b'E' | b'F', b'0' | b'1', b'0'..=b'9', ..] | [b'E' | b'F', b',', b' ', b'[', ..]
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::RuleSet;

    fn gate(rules: &CompiledRules) -> Gate<'_> {
        let grammars: Vec<&str> = crate::assemble::literals().collect();
        let from_rules = rules.signals.iter().flat_map(|s| s.literals.iter().map(|(literal, _)| literal.as_str()));
        let short = |l: &&str| raw_forms(l, false, Reach::Line, None).iter().any(|(form, _)| form.text.len() < 3);
        let hopeless: Vec<&str> = from_rules.chain(grammars.iter().copied()).filter(short).collect();
        assert_eq!(hopeless, Vec::<&str>::new(), "these would switch the gate off");
        Gate::new(rules, &grammars)
    }

    #[test]
    fn the_index_is_made_once_it_pays() {
        let rules = CompiledRules::new(RuleSet::embedded().expect("built-in rules")).expect("built-in rules");
        let gate = Gate::when_needed(&rules, &[]);
        let block = b"item 7 took 12 ms\n".repeat(1000);
        let marked = || gate.marks(&block, &line_starts(&block), |_, _| false).len();
        assert_eq!((block.len(), [marked(), marked(), marked()]), (18_000, [1000, 0, 0]));
    }

    fn reaches(gate: &Gate<'_>, line: &str) -> Option<Reach> {
        let block = format!("before\n{line}\nbehind\n").into_bytes();
        gate.marks(&block, &line_starts(&block), |_, _| false).first().and_then(|mark| {
            assert_eq!(mark.line, 1, "{line}");
            mark.reach
        })
    }

    #[test]
    fn tells_how_far_a_line_reaches() {
        let rules = CompiledRules::new(RuleSet::embedded().expect("built-in rules")).expect("built-in rules");
        let gate = gate(&rules);
        assert!(gate.index().is_some());
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
            ("{\"log\":\"the line goes \",\"stream\":\"stderr\",\"time\":\"x\"}", Some(Reach::Around)),
            ("2026-11-23T08:26:39.984999Z 01E+goes on here", Some(Reach::Around)),
            ("2026-11-23T08:26:39.984999Z 01E it goes ", None),
            ("{\"log\":\"on here\\n\",\"stream\":\"stderr\",\"time\":\"x\"}", None),
            ("{\"MESSAGE\":[80,97,110,105,99],\"_PID\":\"1\"}", Some(Reach::Around)),
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
}
