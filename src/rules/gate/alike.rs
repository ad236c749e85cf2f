//! Tells which digits of a line the gate does not ask about.
//!
//! Programs write the same line again and again with other times and numbers. What a line is marked with depends on its digits only where a
//! literal or a pattern has digits too. So it holds for all lines within [`Bounds`], and those need not be looked into. It must never let a
//! line be taken for another that the gate would mark differently; where that is not certain it says nothing.

use std::ops::Range;

use aho_corasick::{AhoCorasick, MatchKind};
use hashbrown::HashMap;

use super::needle::{Around, Needle};
use super::{Gate, Grams, Look, forms};
use crate::model::Bounds;
use crate::rules::literal_index::Candidate;

/// The pieces that have digits, by what they are with any digits.
#[derive(Debug)]
pub(super) struct Numbered {
    /// Each piece in lower case, its digits as zeros.
    blurred: AhoCorasick,
    /// The numbers of the pieces that are the same then.
    pieces: Vec<Vec<usize>>,
}

impl Numbered {
    fn new(grams: &Grams) -> Option<Self> {
        let mut all: HashMap<Vec<u8>, Vec<usize>> = HashMap::new();
        let numbered = grams.texts().enumerate().filter(|(_, text)| text.iter().any(u8::is_ascii_digit));
        for (number, text) in numbered {
            all.entry(blurred(text).to_ascii_lowercase()).or_default().push(number);
        }
        let (texts, pieces): (Vec<_>, Vec<_>) = all.into_iter().unzip();
        let blurred = AhoCorasick::builder().match_kind(MatchKind::Standard).ascii_case_insensitive(true).build(texts);
        Some(Self { blurred: blurred.ok()?, pieces })
    }

    /// The pieces that stand in a line but for their digits, each with its offset.
    fn places(&self, blurred: &[u8]) -> impl Iterator<Item = (usize, usize)> {
        let found = self.blurred.find_overlapping_iter(blurred);
        found.flat_map(|found| self.pieces[found.pattern().as_usize()].iter().map(move |piece| (*piece, found.start())))
    }
}

impl Gate<'_> {
    /// The lines that are marked as this one is; `None` where that is certain of no other. The line is given with its end.
    #[must_use]
    pub fn alike(&self, line: &[u8]) -> Option<Bounds> {
        let (rules, (index, grams)) = (self.rules?, self.index()?);
        let numbered = index.numbered.get_or_init(|| Numbered::new(grams)).as_ref()?;
        let mut look = Look { reach: forms::reach(line), ..Look::default() };
        self.look_into(line, 0..line.len(), &mut look);
        let (text, folded) = (look.plain(line), line.to_ascii_lowercase());
        let tried = &mut look.tried.iter();
        if !tried.all(|(signal, pattern)| rules.signal(*signal).takes_any_digits(*pattern, &folded, text)) {
            return None;
        }
        // A literal makes no difference where the signal would not hold with it either.
        let mut told: HashMap<Candidate, bool> = HashMap::new();
        let mut matters = |needle: &Needle| {
            let out = |wanted: Candidate| rules.signal(wanted.0).is_out(wanted.1, &folded, text);
            needle.signal.is_none_or(|wanted| !*told.entry(wanted).or_insert_with(|| out(wanted)))
        };
        let blurred = blurred(line);
        let mut bounds = Bounds::any_digits(line);
        forms::settle(line, &mut bounds);
        for (piece, at) in numbered.places(&blurred) {
            if index.needles[piece].iter().any(&mut matters) {
                bounds.settle(line, at, grams.text(piece));
            }
        }
        let mut settled = true;
        grams.each(line, 0..line.len(), |piece, place| {
            let mut asks = |needle: &Needle| needle.asks_about_digits(&blurred, &place) && matters(needle);
            settled &= !index.needles[piece].iter().any(&mut asks);
            0
        });
        settled.then_some(bounds)
    }
}

impl Needle {
    /// Whether it depends on digits around its piece if the literal stands there.
    fn asks_about_digits(&self, blurred_line: &[u8], place: &Range<usize>) -> bool {
        let Around::Rest(left, right) = &self.around else { return false };
        let digits = left.iter().chain(right).any(u8::is_ascii_digit);
        digits && {
            let around = Around::Rest(blurred(left).into(), blurred(right).into());
            Self { around, ..self.clone() }.holds(blurred_line, place)
        }
    }
}

/// A text with zeros for its digits.
fn blurred(text: &[u8]) -> Vec<u8> {
    text.iter().map(|byte| if byte.is_ascii_digit() { b'0' } else { *byte }).collect()
}
