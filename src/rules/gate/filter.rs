//! Tells at which places of a block a gram of interest may stand.
//!
//! One bit for each hash of a gram. Its size is known when the program is built, so that a lookup is a few instructions; it must say
//! "perhaps" for every gram it was made of, and may for others.

use super::grams::{STRIDE, gram_at};
use crate::rules::ordinary::{FOLD, hash};

/// Bits by the hash of a gram; the number of words is a power of two.
#[derive(Debug)]
pub(super) struct Filter<const WORDS: usize>(Box<[u32; WORDS]>);

impl<const WORDS: usize> Filter<WORDS> {
    /// Bits of the hash that do not tell a word.
    const SHIFT: u32 = u32::BITS - WORDS.ilog2();

    /// A filter for these grams.
    pub(super) fn new(grams: impl Iterator<Item = u32>) -> Self {
        let words = vec![0; WORDS].into_boxed_slice().try_into();
        let mut filter = Self(words.unwrap_or_else(|_| unreachable!("it has so many words")));
        for gram in grams {
            let hash = hash(gram);
            filter.0[(hash >> Self::SHIFT) as usize] |= 1 << bit(hash);
        }
        filter
    }

    /// The first place from `at` on, in steps of [`STRIDE`] up to `end`, where a gram may stand. It looks at what stands behind `end`.
    #[inline(always)]
    pub(super) fn next(&self, block: &[u8], at: usize, end: usize) -> Option<usize> {
        let mut at = at;
        // Four lookups take eight steps; the last gram reaches two bytes further.
        while at < end
            && let Some(bytes) = block.get(at..).and_then(|bytes| bytes.first_chunk::<12>())
        {
            let eight = |from: usize| {
                let eight = bytes[from..].first_chunk::<8>().map_or(0, |eight| u64::from_le_bytes(*eight));
                eight | FOLD
            };
            let (left, right) = (eight(0), eight(4));
            let four =
                [left as u32, (left >> 16) as u32, right as u32, (right >> 16) as u32].map(|gram| self.told(gram));
            if (four[0] | four[1] | four[2] | four[3]) & 1 != 0 {
                let first = four.iter().position(|told| told & 1 != 0)?;
                return Some(at + STRIDE * first).filter(|at| *at < end);
            }
            at += 4 * STRIDE;
        }
        (at..end).step_by(STRIDE).find(|at| self.told(gram_at(block, *at)) & 1 != 0)
    }

    /// Its lowest bit is set where a gram may be one of those.
    #[inline(always)]
    fn told(&self, gram: u32) -> u32 {
        let hash = hash(gram);
        self.0[(hash >> Self::SHIFT) as usize] >> bit(hash)
    }
}

/// Bits that no filter takes for a word; lower ones hardly depend on the second byte of a gram.
#[inline(always)]
fn bit(hash: u32) -> u32 {
    hash >> 9 & 31
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::ordinary::{GRAM, gram};

    /// The places that a filter of some size tells of, asked for one after the other.
    fn places<const WORDS: usize>(grams: &[[u8; GRAM]], block: &[u8]) -> Vec<usize> {
        let filter = Filter::<WORDS>::new(grams.iter().map(|bytes| gram(*bytes)));
        let mut at = 0;
        std::iter::from_fn(|| {
            let next = filter.next(block, at, block.len())?;
            at = next + STRIDE;
            Some(next)
        })
        .collect()
    }

    #[test]
    fn a_filter_of_any_size_tells_of_each_of_its_grams() {
        let block = b"..fail....FAIL..fail.denied..........fa";
        // What stands at an odd place is for the other gram of a piece.
        assert_eq!(places::<{ 1 << 15 }>(&[*b"fail"], block), [2, 10, 16]);
        assert_eq!(places::<{ 1 << 18 }>(&[*b"fail", *b"enie"], block), [2, 10, 16, 22]);
        // A small one tells of others as well.
        let all = places::<4>(&[*b"fail"], block);
        assert!([2, 10, 16].iter().all(|at| all.contains(at)) && all.iter().all(|at| at % STRIDE == 0), "{all:?}");
    }
}
