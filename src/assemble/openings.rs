//! Says at which lines of a segment each grammar has to look: one pass over the text for all of them.
//!
//! In a log full of exceptions half of the grammars are present in every segment, and each would read every line to find that it is another
//! language's. Of the lines at which its walk does anything but go on, each grammar names literals ([`Grammar::openings`]); the pass marks
//! the lines that hold one, unless the grammar says of their text that it opens nothing ([`Grammar::may_open`]). It only skips: a grammar
//! that looked at every line would find the same.

mod fields;

use std::borrow::Cow;
use std::cell::RefCell;
use std::hash::BuildHasher;
use std::iter;
use std::sync::OnceLock;

use hashbrown::DefaultHashBuilder;

use super::Grammar;
use super::remembered::{LONGEST, Remembered};
use crate::model::{Line, Literals, Parts, Unread};

/// Grammars that a line's marks have room for.
const MOST_GRAMMARS: usize = 16;

/// Lines further down that may tell of an opening.
const FURTHEST: usize = 2;

/// Places for texts of lines that each thread remembers, and the texts that fit into one.
const PLACES: usize = 2048;
const TEXTS: usize = 2;

/// Where one grammar has to look in the lines of a segment.
#[derive(Debug)]
pub struct Openings<'a> {
    marks: Cow<'a, [u32]>,
    own: u32,
    below: u32,
}

impl Openings<'_> {
    /// The first line from `at` on at which the grammar has to look.
    #[must_use]
    pub fn next(&self, at: usize) -> Option<usize> {
        let wanted = self.own | self.below;
        let ahead = self.marks.get(at..)?.iter().position(|marks| marks & wanted != 0)?;
        Some(at + ahead)
    }

    /// Whether only a line below tells that something may open at this one.
    #[must_use]
    pub fn is_told_below(&self, at: usize) -> bool {
        self.marks.get(at).is_some_and(|marks| marks & self.own == 0)
    }

    /// Every one of so many lines.
    pub(super) fn everywhere(lines: usize) -> Openings<'static> {
        Openings { marks: Cow::Owned(vec![1; lines]), own: 1, below: 0 }
    }
}

/// What the literals of a line tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Tells {
    /// The grammars whose exceptions hold one of them.
    present: u32,
    /// The grammars that have to look at the line.
    own: u32,
    /// The grammars that have to look one line above, two lines above; as marks.
    below: (u32, u32),
}

impl Tells {
    fn add(&mut self, other: &Self) {
        self.present |= other.present;
        self.own |= other.own;
        self.below.0 |= other.below.0;
        self.below.1 |= other.below.1;
    }
}

/// What lines seen before told. The frames of a trace are printed thousands of times, and to compare a text is far cheaper than to search it.
struct Seen {
    hasher: DefaultHashBuilder,
    places: Vec<Place>,
}

#[derive(Default)]
struct Place {
    /// Part of the hash of the text that was searched last: only what comes again is kept, and most lines that are not frames never do.
    searched: u32,
    /// The latest first, each with that part of its hash.
    texts: [(u32, Box<str>, Tells); TEXTS],
}

thread_local! {
    static SEEN: RefCell<(Seen, Remembered<Tells>)> = RefCell::new((Seen::new(), Remembered::new()));
}

impl Seen {
    fn new() -> Self {
        Self { hasher: DefaultHashBuilder::default(), places: (0..PLACES).map(|_| Place::default()).collect() }
    }

    /// What a line tells, searched for if its text is not one of those kept in its place. The search is told whether its answer will be
    /// needed again.
    fn tells(&mut self, text: &str, search: impl FnOnce(bool) -> Tells) -> Tells {
        if text.len() > LONGEST {
            return search(false);
        }
        let hash = self.hasher.hash_one(text);
        let at = hash as usize % self.places.len();
        let place = &mut self.places[at];
        let mark = (hash >> 32) as u32;
        let known = place.texts.iter().find(|(known, kept, _)| *known == mark && **kept == *text);
        if let Some((.., tells)) = known {
            return *tells;
        }
        let again = std::mem::replace(&mut place.searched, mark) == mark;
        let tells = search(again);
        if again {
            place.texts.rotate_right(1);
            place.texts[0] = (mark, Box::from(text), tells);
        }
        tells
    }
}

/// The literals of all grammars.
pub(super) struct Index<'g> {
    grammars: &'g [&'g dyn Grammar],
    literals: Literals,
    /// What each of them tells.
    tells: Vec<Tells>,
    /// What stands for them in lines of fields, made when there is one.
    fields: OnceLock<Option<InFields>>,
}

/// What stands for literals in lines of fields, and what each tells.
struct InFields {
    forms: Literals,
    tells: Vec<Tells>,
}

/// The marks of a segment's lines.
pub(super) struct Marks {
    lines: Vec<u32>,
    present: u32,
}

impl<'g> Index<'g> {
    /// `None` if the automaton cannot be built.
    pub(super) fn new(grammars: &'g [&'g dyn Grammar]) -> Option<Self> {
        let (mut literals, mut tells) = (Vec::<&str>::new(), Vec::new());
        for (at, grammar) in grammars.iter().enumerate().take(MOST_GRAMMARS) {
            let bit = 1 << at;
            literals.extend(grammar.literals());
            tells.extend(grammar.literals().iter().map(|_| Tells { present: bit, own: 0, below: (0, 0) }));
            literals.extend(grammar.openings());
            tells.extend(grammar.openings().iter().map(|_| Tells { present: 0, own: bit, below: (0, 0) }));
            let (distance, below) = grammar.openings_below();
            literals.extend(below);
            let above = bit << MOST_GRAMMARS;
            let told = if distance == FURTHEST { (0, above) } else { (above, 0) };
            tells.extend(below.iter().map(|_| Tells { present: 0, own: 0, below: told }));
        }
        let literals = literals.into_iter().map(str::to_owned).collect();
        Some(Self { grammars, literals: Literals::new(literals, false)?, tells, fields: OnceLock::new() })
    }

    /// What stands for the literals in lines of fields.
    fn in_fields(&self) -> Option<&InFields> {
        let make = || {
            let of = |(literal, tells): (&String, &Tells)| fields::forms(literal).into_iter().zip(iter::repeat(*tells));
            let (forms, tells) = self.literals.texts().iter().zip(&self.tells).flat_map(of).unzip();
            Some(InFields { forms: Literals::new(forms, false)?, tells })
        };
        self.fields.get_or_init(make).as_ref()
    }

    /// Looks for all literals in all lines.
    pub(super) fn marks(&self, lines: &[Line]) -> Marks {
        let mut marks = Marks { lines: vec![0; lines.len()], present: 0 };
        let mut add = |at: usize, tells: Tells| {
            marks.present |= tells.present;
            marks.lines[at] |= tells.own;
            for (distance, told) in [(1, tells.below.0), (FURTHEST, tells.below.1)] {
                if told != 0 && at >= distance {
                    marks.lines[at - distance] |= told;
                }
            }
        };
        SEEN.with_borrow_mut(|(seen, shared)| {
            for (at, line) in lines.iter().enumerate() {
                if let Some(tells) = line.text.unread().and_then(|unread| self.tells_of_line(unread)) {
                    add(at, tells);
                    continue;
                }
                let known = shared.get_or_read(&line.text, |text| seen.tells(text, |_| self.tells(text, true)));
                add(at, known.unwrap_or_else(|| seen.tells(&line.text, |again| self.tells(&line.text, again))));
            }
        });
        marks
    }

    /// What the literals of a text tell. To ask the grammars takes as long as to let them look at the line, so it is done where that saves
    /// them to look `again`.
    fn tells(&self, text: &str, again: bool) -> Tells {
        let mut told = Tells::default();
        self.literals.each_in(text, |literal| told.add(&self.tells[literal]));
        for (at, grammar) in self.grammars.iter().enumerate().take(MOST_GRAMMARS) {
            if again && told.own >> at & 1 == 1 && !grammar.may_open(text) {
                told.own &= !(1 << at);
            }
        }
        told
    }

    /// What the literals of a line's text may tell, without reading the line; `None` if it has to be read.
    fn tells_of_line(&self, unread: &Unread) -> Option<Tells> {
        let mut told = Tells::default();
        match unread.parts {
            Parts::Piece => self.literals.each_in(&unread.line, |literal| told.add(&self.tells[literal])),
            Parts::Fields => {
                let fields = self.in_fields()?;
                fields.forms.each_in(&unread.line, |form| told.add(&fields.tells[form]));
            }
        }
        Some(told)
    }

    /// The grammars of which a literal stands in the lines, with where they have to look; the others cannot find anything.
    pub(super) fn present<'m>(&self, marks: &'m Marks) -> impl Iterator<Item = (&'g dyn Grammar, Openings<'m>)> {
        let present =
            self.grammars.iter().enumerate().take(MOST_GRAMMARS).filter(|(at, _)| marks.present >> at & 1 == 1);
        present.map(|(at, grammar)| {
            let own = 1 << at;
            (*grammar, Openings { marks: Cow::Borrowed(&marks.lines), own, below: own << MOST_GRAMMARS })
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::assemble::{GRAMMARS, assemble, harness};
    use crate::model::{FEW_TEXTS, Head, LineText, Position, Segment, Severity, StreamId, Time};

    /// Lines of every language's traces, and such as break them.
    fn traces() -> &'static [Line] {
        static TRACES: OnceLock<Vec<Line>> = OnceLock::new();
        TRACES.get_or_init(read_traces)
    }

    fn read_traces() -> Vec<Line> {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/traces");
        let mut logs: Vec<_> =
            walkdir::WalkDir::new(root).into_iter().flatten().map(|entry| entry.into_path()).collect();
        logs.sort();
        logs.retain(|path| path.extension().is_some_and(|end| end == "log"));
        let read = |path: &std::path::PathBuf| std::fs::read(path).expect("a log is readable");
        logs.iter().flat_map(|path| harness::lines(&String::from_utf8_lossy(&read(path)))).collect()
    }

    fn check(lines: &[Line]) {
        let index = Index::new(GRAMMARS).expect("the literals make an automaton");
        let marks = index.marks(lines);
        for (grammar, openings) in index.present(&marks) {
            assert_eq!(grammar.search(lines, &openings), grammar.find(lines), "{}", grammar.language());
        }
    }

    /// What stands in front of the text of a line that is read later.
    const FRONT: &str = "2026-11-23 INFO ";

    /// What such a line tells.
    fn head(line: &Line) -> Head {
        let time = Some(Time::utc(line.at.line.cast_signed()));
        Head { time, severity: Some(Severity::Info), ..Head::default() }
    }

    /// The line, read when somebody asks for it; it is no hit.
    fn put_off(line: &Line) -> Line {
        let Head { time, severity, .. } = head(line);
        let whole = format!("{FRONT}{}", &*line.text).into();
        let unread = Unread { line: whole, parts: Parts::Piece, time, severity, moment: None };
        let read = |unread: &Unread| {
            let head = Head { time: unread.time, severity: unread.severity, ..Head::default() };
            (unread.line[FRONT.len()..].to_owned(), head)
        };
        Line { text: LineText::later(unread, read), starts: true, hit: false, ..line.clone() }
    }

    #[test]
    fn a_text_that_came_twice_is_not_searched_again() {
        let mut seen = Seen { hasher: DefaultHashBuilder::default(), places: vec![Place::default()] };
        let mut searches = 0;
        let mut tells = |text: &str| {
            let search = |_| {
                searches += 1;
                Tells { own: text.len() as u32, ..Tells::default() }
            };
            seen.tells(text, search).own
        };
        let (long, texts) = ("x".repeat(LONGEST + 1), ["a", "a", "bb", "bb", "a", "bb", "ccc", "a"]);
        assert_eq!(texts.map(&mut tells), [1, 1, 2, 2, 1, 2, 3, 1]);
        assert_eq!([tells(&long), tells(&long)], [161, 161]);
        assert_eq!(searches, 7, "each twice, what came once, and what is too long to keep");
    }

    #[test]
    fn every_grammar_has_a_mark() {
        assert!(GRAMMARS.len() <= MOST_GRAMMARS);
        assert!(GRAMMARS.iter().all(|grammar| grammar.openings_below().0 <= FURTHEST));
    }

    #[test]
    fn the_table_tells_what_is_told_without_it() {
        let index = Index::new(GRAMMARS).expect("the literals make an automaton");
        let tells =
            || traces().iter().take(FEW_TEXTS as usize).map(|line| index.tells(&line.text, true)).collect::<Vec<_>>();
        let without = tells();
        assert!(without.len() == FEW_TEXTS as usize && without.iter().any(|tells| tells.own != 0));
        assert_eq!(tells(), without, "so many texts were searched before");
    }

    #[test]
    fn whole_traces_are_found_as_if_every_line_were_looked_at() {
        traces().chunks(500).for_each(check);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]
        #[test]
        fn lines_that_are_read_later_are_as_if_they_had_been_read(
            picks in prop::collection::vec((any::<prop::sample::Index>(), 1..6usize, any::<bool>()), 1..60)
        ) {
            let all = traces();
            let taken = picks.iter().flat_map(|(index, count, later)| {
                let from = index.index(all.len());
                all[from..].iter().take(*count).map(move |line| (line, *later))
            });
            let (mut known, mut unread) = (Vec::new(), Vec::new());
            for ((line, later), number) in taken.zip(1..) {
                let line = Line { at: Position { line: number, ..line.at }, ..line.clone() };
                known.push(if later { Line { starts: true, hit: false, head: head(&line), ..line.clone() } } else { line.clone() });
                unread.push(if later { put_off(&line) } else { line });
            }
            let segment = |lines| Segment { stream: StreamId::default(), lines, since: None, cut: false };
            let (known, unread) = (segment(known), segment(unread));
            prop_assert_eq!(format!("{:?}", assemble(&unread)), format!("{:?}", assemble(&known)));
        }

        #[test]
        fn mixed_lines_are_found_as_if_every_line_were_looked_at(
            picks in prop::collection::vec((any::<prop::sample::Index>(), 1..12usize, any::<bool>()), 1..60)
        ) {
            let all = traces();
            let mut lines = Vec::new();
            for (index, count, starts) in picks {
                let from = index.index(all.len());
                let taken = all[from..].iter().take(count).cloned();
                let before = lines.len();
                lines.extend(taken);
                lines[before].starts |= starts;
            }
            for (number, line) in (1..).zip(&mut lines) {
                line.at.line = number;
            }
            check(&lines);
        }
    }
}
