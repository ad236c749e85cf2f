//! Finds the places of many pieces of text in one pass over raw bytes.
//!
//! Of each piece four bytes stand for the whole, its *gram*: one that is rare in ordinary log lines. Every other four bytes of a block are
//! looked up in a filter that fits a core's caches, so each piece has two grams, one for either distance; only where a gram may stand the
//! pieces themselves are compared. The cost for bytes that mean nothing hardly depends on how many pieces there are. It must never miss a
//! piece; comparing in vain is allowed.

use std::ops::Range;

use hashbrown::HashMap;

use super::filter::Filter;
use crate::rules::ordinary::{GRAM, Ordinary, gram, grams, hash};

/// What letters of both cases differ in.
const CASE: u8 = 0x20;

/// A block is looked at every so many bytes.
pub(super) const STRIDE: usize = 2;

/// Shortest piece that can be looked for.
pub(crate) const SHORTEST: usize = GRAM - 1;

/// Grams for which the usual filter is large enough: at most one bit in forty of it is set.
const USUAL: usize = 26_000;

/// Slots of the index for each gram.
const SLOTS: usize = 4;

/// Bytes around a gram that are compared before all others: this many in front of it, [`WINDOW`] in all.
const AHEAD: usize = 6;
const WINDOW: usize = 16;

/// Pieces that may share a gram: a gram that is found costs a comparison for each.
const MOST_SHARED: u32 = 12;

/// A piece of text to look for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Wanted {
    /// At least [`SHORTEST`] bytes; in lower case if `folded`.
    pub(crate) text: Box<[u8]>,
    /// Upper and lower case are the same.
    pub(crate) folded: bool,
    /// The piece is a word: no letter, digit, `_` or `-` touches it.
    pub(crate) word: bool,
}

impl Wanted {
    /// A piece that may stand anywhere.
    pub(crate) fn anywhere(text: &str, folded: bool) -> Self {
        Self { text: text.as_bytes().into(), folded, word: false }
    }

    /// A word in either case.
    pub(crate) fn word(text: &str) -> Self {
        Self { text: text.as_bytes().into(), folded: true, word: true }
    }

    /// Whether the piece stands at an offset where the part of it that a window holds is known to stand.
    fn stands(&self, block: &[u8], at: usize, seen: bool) -> bool {
        let end = at + self.text.len();
        let Some(bytes) = block.get(at..end) else { return false };
        let same = || if self.folded { bytes.eq_ignore_ascii_case(&self.text) } else { *bytes == *self.text };
        let touched = |byte: Option<&u8>| byte.is_some_and(|byte| is_name(*byte));
        (seen || same()) && !(self.word && (touched(block[..at].last()) || touched(block.get(end))))
    }
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')
}

/// A place where a piece may stand.
#[derive(Clone, Copy, Debug)]
struct Place {
    /// What has to stand in the window around the gram where the mask is set, once the cases that do not matter are folded.
    near: u128,
    mask: u128,
    fold: u128,
    piece: u32,
    /// How far before the gram the piece begins; one more, so that a gram may begin before it.
    before: u32,
    /// The window holds all of the piece.
    whole: bool,
}

impl Place {
    fn new(piece: &Wanted, number: u32, before: u32) -> Self {
        let (mut near, mut mask, mut fold) = ([0; WINDOW], [0; WINDOW], [0; WINDOW]);
        let mut whole = true;
        for (at, byte) in piece.text.iter().enumerate() {
            let Some(at) = (at + AHEAD + 1).checked_sub(before as usize).filter(|at| *at < WINDOW) else {
                whole = false;
                continue;
            };
            let letter = if piece.folded && byte.is_ascii_alphabetic() { CASE } else { 0 };
            (near[at], mask[at], fold[at]) = (byte | letter, u8::MAX, letter);
        }
        let [near, mask, fold] = [near, mask, fold].map(u128::from_le_bytes);
        Self { near, mask, fold, piece: number, before, whole }
    }

    /// Whether what the window holds of the piece stands there.
    fn fits(&self, window: u128) -> bool {
        ((window | self.fold) ^ self.near) & self.mask == 0
    }
}

/// The places of one gram.
#[derive(Clone, Copy, Debug)]
struct Group {
    gram: u32,
    first: u32,
    end: u32,
    /// The bytes that some place allows in front of the gram and behind it, one bit for each [`kind`].
    beside: [u32; 2],
}

impl Group {
    fn new(gram: u32, at: u32, place: &Place) -> Self {
        let mut group = Self { gram, first: at, end: at, beside: [0; 2] };
        group.add(place);
        group
    }

    fn add(&mut self, place: &Place) {
        self.end += 1;
        let asked = beside(place.near).into_iter().zip(beside(place.mask));
        for (all, (byte, mask)) in self.beside.iter_mut().zip(asked) {
            *all |= if mask == 0 { u32::MAX } else { kind(byte) };
        }
    }

    /// Whether some of the places may fit a window.
    fn may_fit(&self, window: u128) -> bool {
        let [before, behind] = beside(window).map(kind);
        self.beside[0] & before != 0 && self.beside[1] & behind != 0
    }
}

/// The bytes of a window in front of the gram and behind it.
fn beside(window: u128) -> [u8; 2] {
    let bytes = window.to_le_bytes();
    [bytes[AHEAD - 1], bytes[AHEAD + GRAM]]
}

/// A byte as one of 32 bits, the same for letters of both cases.
fn kind(byte: u8) -> u32 {
    1 << (byte & 31)
}

/// A filter in which few bits are set for its grams: 128 KiB, which a core's second cache holds with room to spare, or what very many
/// rules need.
#[derive(Debug)]
enum Filters {
    Usual(Filter<{ 1 << 15 }>),
    Large(Filter<{ 1 << 18 }>),
}

impl Filters {
    fn new(count: usize, grams: impl Iterator<Item = u32>) -> Self {
        if count <= USUAL { Self::Usual(Filter::new(grams)) } else { Self::Large(Filter::new(grams)) }
    }
}

/// Pieces of text, made ready for looking.
#[derive(Debug)]
pub(crate) struct Grams {
    filter: Filters,
    /// One more than the number of a group by the hash of its gram, or in one of the next slots; 0 where none is.
    index: Vec<u32>,
    groups: Vec<Group>,
    places: Vec<Place>,
    pieces: Vec<Wanted>,
}

impl Grams {
    /// The pieces made ready; `None` where one is shorter than [`SHORTEST`]. A piece is known by its index.
    pub(crate) fn new(pieces: Vec<Wanted>) -> Option<Self> {
        if pieces.iter().any(|piece| piece.text.len() < SHORTEST) {
            return None;
        }
        let mut found: Vec<(u32, u32, u32)> = Vec::with_capacity(pieces.len() * STRIDE);
        let mut choice = Choice::new(&pieces);
        for (piece, number) in pieces.iter().zip(0..) {
            found.extend(choice.of(piece).into_iter().map(|(gram, before)| (gram, number, before)));
        }
        found.sort_unstable();
        found.dedup();
        let place = |&(_, number, before): &(u32, u32, u32)| Place::new(&pieces[number as usize], number, before);
        let places: Vec<Place> = found.iter().map(place).collect();
        let mut groups: Vec<Group> = Vec::new();
        for ((&(gram, ..), place), at) in found.iter().zip(&places).zip(0..) {
            match groups.last_mut().filter(|group| group.gram == gram) {
                Some(group) => group.add(place),
                None => groups.push(Group::new(gram, at, place)),
            }
        }
        let filter = Filters::new(groups.len(), groups.iter().map(|group| group.gram));
        let slots = (groups.len() * SLOTS).next_power_of_two();
        let mut grams = Self { filter, index: vec![0; slots], groups, places, pieces };
        for number in 0..grams.groups.len() {
            let mut slot = grams.slot(grams.groups[number].gram);
            while grams.index[slot] != 0 {
                slot = (slot + 1) % slots;
            }
            grams.index[slot] = u32::try_from(number + 1).ok()?;
        }
        Some(grams)
    }

    /// The pieces as they were wanted.
    pub(super) fn texts(&self) -> impl Iterator<Item = &[u8]> {
        self.pieces.iter().map(|piece| &*piece.text)
    }

    pub(super) fn text(&self, piece: usize) -> &[u8] {
        &self.pieces[piece].text
    }

    /// Calls `found` with the number and the place of every piece in a part of the block, in the order of their grams. What it gives back is
    /// the offset before which nothing more is asked for.
    pub(crate) fn each(&self, block: &[u8], part: Range<usize>, found: impl FnMut(usize, Range<usize>) -> usize) {
        match &self.filter {
            Filters::Usual(filter) => self.each_of(filter, block, part, found),
            Filters::Large(filter) => self.each_of(filter, block, part, found),
        }
    }

    fn each_of<const WORDS: usize>(
        &self,
        filter: &Filter<WORDS>,
        block: &[u8],
        part: Range<usize>,
        mut found: impl FnMut(usize, Range<usize>) -> usize,
    ) {
        let mut from = part.start;
        let mut at = part.start;
        while let Some(next) = filter.next(block, at, part.end) {
            let window = window(block, next);
            let group = self.group(gram_at(block, next)).filter(|group| group.may_fit(window));
            for place in group.map_or(&[][..], |group| self.places_of(group)) {
                if !place.fits(window) {
                    continue;
                }
                let piece = &self.pieces[place.piece as usize];
                let Some(begin) = (next + 1).checked_sub(place.before as usize) else { continue };
                let end = begin + piece.text.len();
                if begin >= from && end <= part.end && piece.stands(block, begin, place.whole) {
                    from = from.max(found(place.piece as usize, begin..end));
                }
            }
            // A gram may begin before its piece.
            at = (next + STRIDE).max(from.saturating_sub(1).max(part.start));
        }
    }

    /// Where to look in the index first.
    fn slot(&self, gram: u32) -> usize {
        (hash(gram) >> (u32::BITS - self.index.len().ilog2())) as usize
    }

    fn group(&self, gram: u32) -> Option<&Group> {
        let mut slot = self.slot(gram);
        while let Some(number) = self.index[slot].checked_sub(1) {
            let group = &self.groups[number as usize];
            if group.gram == gram {
                return Some(group);
            }
            slot = (slot + 1) & (self.index.len() - 1);
        }
        None
    }

    fn places_of(&self, group: &Group) -> &[Place] {
        &self.places[group.first as usize..group.end as usize]
    }
}

/// The bytes around a gram; zeros outside the block.
fn window(block: &[u8], at: usize) -> u128 {
    let whole =
        at.checked_sub(AHEAD).and_then(|from| block.get(from..)).and_then(|bytes| bytes.first_chunk::<WINDOW>());
    let bytes = whole.copied().unwrap_or_else(|| {
        let mut bytes = [0; WINDOW];
        let around = (0..WINDOW).zip(&mut bytes);
        around.for_each(|(index, byte)| {
            *byte = (at + index).checked_sub(AHEAD).and_then(|at| block.get(at)).copied().unwrap_or(0);
        });
        bytes
    });
    u128::from_le_bytes(bytes)
}

/// The gram at an offset; behind the end of the block stand zeros.
pub(super) fn gram_at(block: &[u8], at: usize) -> u32 {
    if let Some(four) = block.get(at..).and_then(|bytes| bytes.first_chunk::<GRAM>()) {
        return gram(*four);
    }
    let mut four = [0; GRAM];
    let rest = &block[at..];
    four[..rest.len()].copy_from_slice(rest);
    gram(four)
}

/// Decides which grams stand for a piece: rare ones, and if it may be some that stand for others already.
struct Choice {
    ordinary: &'static Ordinary,
    /// In how many pieces a gram stands.
    shared: HashMap<u32, u32>,
    /// For how many pieces a gram stands so far.
    taken: HashMap<u32, u32>,
}

impl Choice {
    fn new(pieces: &[Wanted]) -> Self {
        let mut shared = HashMap::new();
        pieces.iter().flat_map(|piece| grams(&piece.text)).for_each(|gram| *shared.entry(gram).or_insert(0) += 1);
        Self { ordinary: Ordinary::known(), shared, taken: HashMap::new() }
    }

    /// The grams of a piece, one for either distance or more, and one more than how far behind the piece's beginning each stands.
    fn of(&mut self, piece: &Wanted) -> Vec<(u32, u32)> {
        let text = &piece.text;
        let may = |byte: &u8| !(piece.word && is_name(*byte));
        let any = || (0..=u8::MAX).filter(may);
        let last = text.len() - SHORTEST;
        let behind = |next| (gram([text[last], text[last + 1], text[last + 2], next]), last as u32 + 1);
        let before = |first| (gram([first, text[0], text[1], text[2]]), 0);
        match text.len() {
            SHORTEST => any().map(behind).chain(any().map(before)).collect(),
            // A word's end tells more than its middle: `error` is not `errors`.
            _ if piece.word || text.len() == GRAM => {
                let inner = grams(&text[last - 1..]).map(|gram| (gram, last as u32));
                any().map(behind).chain(inner).collect()
            }
            _ => self.rarest(text),
        }
    }

    /// For either distance the gram that is to be expected least.
    fn rarest(&mut self, text: &[u8]) -> Vec<(u32, u32)> {
        let mut best: Vec<(u32, u32)> = Vec::with_capacity(STRIDE);
        for distance in 0..STRIDE {
            // Frequencies that differ by less than two are as good as equal.
            let frequency = |gram: u32| self.ordinary.frequency(gram).max(1).ilog2();
            let all = grams(text).zip(1..).skip(distance).step_by(STRIDE).map(|(gram, at)| (frequency(gram), gram, at));
            let all: Vec<(u32, u32, u32)> = all.collect();
            let Some(least) = all.iter().map(|(frequency, ..)| *frequency).min() else { continue };
            let count = |counts: &HashMap<u32, u32>, gram: u32| counts.get(&gram).copied().unwrap_or(0);
            let cost =
                |gram: u32| (count(&self.taken, gram) >= MOST_SHARED, std::cmp::Reverse(count(&self.shared, gram)));
            let rarest = all.iter().filter(|(frequency, ..)| *frequency == least);
            best.extend(rarest.min_by_key(|(_, gram, _)| cost(*gram)).map(|(_, gram, at)| (*gram, *at)));
        }
        best.iter().for_each(|(gram, _)| *self.taken.entry(*gram).or_insert(0) += 1);
        best
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn exact(piece: &str) -> Wanted {
        Wanted::anywhere(piece, false)
    }

    fn places(pieces: &[&str], block: &[u8]) -> Vec<(usize, usize)> {
        let grams = Grams::new(pieces.iter().map(|piece| exact(piece)).collect()).expect("long enough");
        let mut all = Vec::new();
        grams.each(block, 0..block.len(), |piece, at| {
            all.push((piece, at.start));
            0
        });
        all.sort_unstable();
        all
    }

    #[test]
    fn a_short_piece_is_found_at_the_very_end() {
        assert_eq!(places(&["ERR", "Denied"], b"ERR x Denied ERR"), [(0, 0), (0, 13), (1, 6)]);
        assert!(Grams::new(vec![exact("ab")]).is_none());
    }

    #[test]
    fn a_word_is_touched_by_nothing() {
        let grams = Grams::new(["err", "fail", "error"].map(Wanted::word).to_vec()).expect("long enough");
        let mut seen = Vec::new();
        let text = b"err Error errors ERR] xfail [FAIL error_rate fail-fast error=1 ERROR";
        grams.each(text, 0..text.len(), |piece, at| {
            seen.push((piece, at.start));
            0
        });
        seen.sort_unstable();
        assert_eq!(seen, [(0, 0), (0, 17), (1, 29), (2, 4), (2, 55), (2, 63)]);
    }

    #[test]
    fn what_is_not_asked_for_is_skipped() {
        let grams = Grams::new(vec![exact("fail")]).expect("long enough");
        let mut seen = Vec::new();
        grams.each(b"fail fail\nfail", 0..14, |_, at| {
            seen.push(at.start);
            if at.start < 10 { 10 } else { 0 }
        });
        assert_eq!(seen, [0, 10]);
    }

    proptest! {
        #[test]
        fn every_piece_is_found(text in "[abAB\n]{0,200}", picks in prop::collection::vec("[abAB]{3,7}", 1..20)) {
            let pieces: Vec<&str> = picks.iter().map(String::as_str).collect();
            let mut wanted = Vec::new();
            for (number, piece) in pieces.iter().enumerate() {
                wanted.extend((0..text.len()).filter(|at| text[*at..].starts_with(piece)).map(|at| (number, at)));
            }
            prop_assert_eq!(places(&pieces, text.as_bytes()), wanted);
        }
    }
}
