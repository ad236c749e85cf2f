//! Tells which lines of a raw block could matter, from literals derived from the rules and grammars.
//!
//! The gate only skips: a line without any of its literals can neither match a signal, nor be an error record, nor open an exception. It works
//! on bytes as they stand in the file, inside JSON or colours. So [`grams`] looks only for pieces that no escaping changes; where a
//! piece stands, the literal around it is held against the line, escapes allowed for, and where the line is plain text, the signal's patterns
//! too: outside exceptions, which the grammars' literals find, a signal must hold in a record's own text. Lines that could hide a literal
//! (pieces cut by a transport, very long lines) count as found.

mod alike;
mod filter;
mod forms;
mod grams;
mod needle;

use std::ops::Range;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use hashbrown::HashMap;
use memchr::{memchr_iter, memchr3};

use self::alike::Numbered;
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
    /// The pieces with digits. Made when first asked.
    numbered: OnceLock<Option<Numbered>>,
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
        Self { grams: Grams::new(kept), needles, numbered: OnceLock::new() }
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

    /// Whether the lines of this block are looked at; otherwise all of them could matter. Asked once of each block, because what was read
    /// counts.
    #[must_use]
    pub fn is_ready(&self, block: &[u8]) -> bool {
        !self.is_early(block) && self.index().is_some()
    }

    /// The lines of a block that could matter, by their numbers from 0. `starts` are the offsets at which its lines begin, with the block's length behind
    /// them.
    #[must_use]
    pub fn marks(&self, block: &[u8], starts: &[u32]) -> Vec<(u32, Mark)> {
        let lines = (0..).zip(starts.windows(2));
        if !self.is_ready(block) {
            let around = Mark { reach: Some(Reach::Around), signals: Vec::new() };
            return lines.map(|(line, _)| (line, around.clone())).collect();
        }
        let mark = |ends: &[u32]| self.mark(block, ends[0] as usize..ends[1] as usize);
        lines.filter_map(|(line, ends)| Some((line, mark(ends)?))).collect()
    }

    /// What the line in this part of a block, with its end, is marked with.
    #[must_use]
    pub fn mark(&self, block: &[u8], part: Range<usize>) -> Option<Mark> {
        let mut look = Look { reach: forms::reach(&block[part.clone()]), ..Look::default() };
        self.look_into(block, part, &mut look);
        look.told()
    }

    fn look_into<'l>(&self, block: &'l [u8], part: Range<usize>, look: &mut Look<'l>) {
        let Some((index, grams)) = self.index().filter(|_| look.reach < Some(Reach::Around)) else { return };
        let line = &block[part.clone()];
        grams.each(block, part.clone(), |piece, place| {
            let within = place.start - part.start..place.end - part.start;
            self.look(look, line, &within, &index.needles[piece]);
            if look.reach == Some(Reach::Around) { part.end } else { 0 }
        });
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
            let text = look.plain(line);
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

    /// Whether a signal tells of no failure, and the same of a text to which lines are added that are not marked.
    #[must_use]
    pub fn is_firm(&self, signal: SignalId) -> bool {
        self.rules.is_some_and(|rules| rules.signal(signal).is_firm)
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

    /// What the line came to.
    fn told(self) -> Option<Mark> {
        let told = self.reach.is_some() || !self.signals.is_empty();
        let signals = if self.reach == Some(Reach::Around) { Vec::new() } else { self.signals };
        told.then_some(Mark { reach: self.reach, signals })
    }
}

/// Whether a record's text stands in the line as it is: neither escapes, colours nor fields have to be read for it.
fn is_plain(line: &[u8]) -> bool {
    memchr3(b'{', b'\\', 0x1b, line).is_none()
        && memchr3(b'&', b'#', 0, line).is_none()
        && memchr_iter(b'=', line)
            .all(|at| !["level", "lvl", "msg", "severity"].iter().any(|key| line[..at].ends_with(key.as_bytes())))
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
        let marked = || gate.marks(&block, &line_starts(&block)).len();
        assert_eq!((block.len(), [marked(), marked(), marked()]), (18_000, [1000, 0, 0]));
    }

    fn reaches(gate: &Gate<'_>, line: &str) -> Option<Reach> {
        let block = format!("before\n{line}\nbehind\n").into_bytes();
        gate.marks(&block, &line_starts(&block)).first().and_then(|(number, mark)| {
            assert_eq!(*number, 1, "{line}");
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
