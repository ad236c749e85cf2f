//! Finds which literals of the signals stand in a text, in either case.
//!
//! Nothing has to be built but two small tables, because every start pays for them. Of each literal the four bytes are filed that stand in
//! the fewest texts; where such four bytes stand in a text, the literal around them is compared.

use super::ordinary::{FOLD, GRAM, gram, hash};
use crate::model::SignalId;

/// Bytes that are looked for at once; every literal has so many.
const WINDOW: usize = GRAM;

/// Bytes that are compared before the whole literal is.
const NEAR: usize = 8;

/// Bits of a hash by which windows are told apart before anything is compared.
const FILTER_BITS: u32 = 16;

/// Bits of the same hash by which literals are filed.
const DRAWER_BITS: u32 = 12;

/// A signal that may hold in a text, and which of its patterns; `None` for all of them.
pub type Candidate = (SignalId, Option<u8>);

/// Literals of signals by four of their bytes.
#[derive(Debug)]
pub(super) struct LiteralIndex {
    /// Whether a window of some literal has a hash.
    filter: Vec<u64>,
    /// In the order of their drawers.
    entries: Vec<Entry>,
    /// Where the entries of each drawer begin, with the end of the last.
    drawers: Vec<u32>,
}

#[derive(Debug)]
struct Entry {
    /// What stands in the literal from its window on, cases folded, as far as the mask is set.
    near: u64,
    mask: u64,
    /// Where in the literal the window stands.
    at: usize,
    literal: Box<[u8]>,
    wanted: Candidate,
}

impl LiteralIndex {
    pub(super) fn new<'a>(literals: impl Iterator<Item = (Candidate, &'a str)>) -> Self {
        let entry = |(wanted, literal): (Candidate, &str)| {
            let literal = literal.as_bytes();
            let at = rarest_window(literal)?;
            let mask = u64::MAX >> (64 - 8 * (literal.len() - at).min(NEAR));
            Some(Entry { near: near(literal, at), mask, at, literal: literal.into(), wanted })
        };
        let mut entries: Vec<Entry> = literals.filter_map(entry).collect();
        entries.sort_by_key(|entry| drawer(entry.window()));
        let begin = |at: usize| entries.partition_point(|entry| drawer(entry.window()) < at);
        let drawers = (0..=1 << DRAWER_BITS).map(|at| u32::try_from(begin(at)).unwrap_or(u32::MAX)).collect();
        let mut filter = vec![0; (1 << FILTER_BITS) / 64];
        for entry in &entries {
            let (word, bit) = place(entry.window());
            filter[word] |= bit;
        }
        Self { filter, entries, drawers }
    }

    /// Signals one of whose literals stands in the text, and the patterns those are of, in their order.
    pub(super) fn candidates(&self, text: &str) -> Vec<Candidate> {
        let text = text.as_bytes();
        let mut found = Vec::new();
        for (at, window) in text.windows(WINDOW).enumerate() {
            let window = window.first_chunk::<WINDOW>().map_or(0, |bytes| gram(*bytes));
            let (word, bit) = place(window);
            if self.filter[word] & bit != 0 {
                let (drawer, near) = (drawer(window), near(text, at));
                let filed = &self.entries[self.drawers[drawer] as usize..self.drawers[drawer + 1] as usize];
                let same = filed.iter().filter(|entry| entry.may_stand(near) && entry.stands_at(text, at));
                found.extend(same.map(|entry| entry.wanted));
            }
        }
        found.sort_unstable();
        found.dedup();
        found
    }
}

impl Entry {
    fn window(&self) -> u32 {
        self.near as u32
    }

    /// Whether the literal may stand where its window is followed by such bytes.
    fn may_stand(&self, near: u64) -> bool {
        (near ^ self.near) & self.mask == 0
    }

    /// Whether the literal stands in the text whose window is at `at`.
    fn stands_at(&self, text: &[u8], at: usize) -> bool {
        let stands = |from: usize| text.get(from..from + self.literal.len());
        at.checked_sub(self.at).and_then(stands).is_some_and(|bytes| bytes.eq_ignore_ascii_case(&self.literal))
    }
}

/// The bytes of a text from an offset on, cases folded. Behind its end it seems to go on with blanks; whether a literal ends before that shows
/// when all of it is compared.
fn near(text: &[u8], at: usize) -> u64 {
    let rest = &text[at..];
    let bytes = rest.first_chunk::<NEAR>().copied().unwrap_or_else(|| {
        let mut bytes = [0; NEAR];
        bytes[..rest.len()].copy_from_slice(rest);
        bytes
    });
    u64::from_le_bytes(bytes) | FOLD
}

/// The word of the filter and the bit in it.
fn place(window: u32) -> (usize, u64) {
    let hash = hash(window) >> (32 - FILTER_BITS);
    ((hash / 64) as usize, 1 << (hash % 64))
}

/// The drawer in which literals with a window are filed.
fn drawer(window: u32) -> usize {
    (hash(window) >> (32 - DRAWER_BITS)) as usize
}

/// Where in a literal the four bytes stand that stand in the fewest texts.
fn rarest_window(literal: &[u8]) -> Option<usize> {
    let commonness = |window: &[u8]| window.iter().map(|&byte| u32::from(COMMONNESS[usize::from(byte)])).sum::<u32>();
    let rarest = literal.windows(WINDOW).enumerate().min_by_key(|(_, window)| commonness(window));
    rarest.map(|(at, _)| at)
}

/// How often logs have a byte, roughly.
const COMMONNESS: [u8; 256] = {
    let mut all = [1; 256];
    let classes: [(&[u8], u8); 5] =
        [(b"bfghjkqvwxyz23456789.:/-_\"", 4), (b"EIROTAN", 3), (b"ldcupm01", 5), (b"taoinrs", 7), (b" e", 8)];
    let mut class = 0;
    while class < classes.len() {
        let (bytes, value) = classes[class];
        let mut at = 0;
        while at < bytes.len() {
            all[bytes[at] as usize] = value;
            at += 1;
        }
        class += 1;
    }
    all
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_literals_wherever_they_stand() {
        let literals = ["error code: 401", "code", "refused", "errno 111", "é fe"];
        let index = LiteralIndex::new((0..).map(|id| (SignalId(id), None)).zip(literals));
        let ids = |text: &str| index.candidates(text).into_iter().map(|(id, _)| id.0).collect::<Vec<_>>();
        assert_eq!(ids("Error code: 401"), [0, 1]);
        assert_eq!(ids("Error code: 40"), [1]);
        assert_eq!(ids("connect: refused (errno 111)"), [2, 3]);
        assert_eq!(ids("caf\u{e9} ferm\u{e9}"), [4]);
        assert_eq!(ids("the last word is CODE"), [1]);
        assert_eq!(ids("cod"), [0u16; 0]);
        assert_eq!(ids(""), [0u16; 0]);
    }
}
