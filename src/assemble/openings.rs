//! Says at which lines of a segment each grammar has to look: one pass over the text for all of them.
//!
//! In a log full of exceptions half of the grammars are present in every segment, and each would read every line to find that it is another
//! language's. Of the lines at which its walk does anything but go on, each grammar names literals ([`Grammar::openings`]); the pass marks
//! the lines that hold one. It only skips: a grammar that looked at every line would find the same.

use std::borrow::Cow;

use aho_corasick::{AhoCorasick, AhoCorasickKind};

use super::Grammar;
use crate::model::Line;

/// Grammars that a line's marks have room for.
const MOST_GRAMMARS: usize = 16;

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
    #[cfg(test)]
    pub(super) fn everywhere(lines: usize) -> Openings<'static> {
        Openings { marks: Cow::Owned(vec![1; lines]), own: 1, below: 0 }
    }
}

/// What a literal tells where it stands.
#[derive(Clone, Copy)]
struct Tells {
    /// The grammars whose exceptions hold it.
    present: u32,
    /// The grammars that have to look at its line.
    own: u32,
    /// The grammars that have to look at a line above, as marks, and how far above.
    below: (u32, usize),
}

/// The literals of all grammars.
pub(super) struct Index<'g> {
    grammars: &'g [&'g dyn Grammar],
    automaton: AhoCorasick,
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
        let nothing = Tells { present: 0, own: 0, below: (0, 0) };
        let (mut literals, mut tells) = (Vec::<&str>::new(), Vec::new());
        for (at, grammar) in grammars.iter().enumerate().take(MOST_GRAMMARS) {
            let bit = 1 << at;
            literals.extend(grammar.literals());
            tells.extend(grammar.literals().iter().map(|_| Tells { present: bit, ..nothing }));
            literals.extend(grammar.openings());
            tells.extend(grammar.openings().iter().map(|_| Tells { own: bit, ..nothing }));
            let (distance, below) = grammar.openings_below();
            literals.extend(below);
            tells.extend(below.iter().map(|_| Tells { below: (bit << MOST_GRAMMARS, distance), ..nothing }));
        }
        // Steps through a table cost a fraction of what following failures does, and every line of a trace goes through it.
        let automaton = AhoCorasick::builder().kind(Some(AhoCorasickKind::DFA)).build(literals).ok()?;
        Some(Self { grammars, automaton, tells })
    }

    /// Looks for all literals in all lines.
    pub(super) fn marks(&self, lines: &[Line]) -> Marks {
        let mut marks = Marks { lines: vec![0; lines.len()], present: 0 };
        for (at, line) in lines.iter().enumerate() {
            for hit in self.automaton.find_overlapping_iter(&line.text) {
                let Tells { present, own, below: (below, distance) } = self.tells[hit.pattern().as_usize()];
                marks.present |= present;
                marks.lines[at] |= own;
                if below != 0 && at >= distance {
                    marks.lines[at - distance] |= below;
                }
            }
        }
        marks
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
