//! How often four bytes are to be expected in ordinary log lines.
//!
//! What is looked for in every byte of a log should be rare there. The estimate comes from a few lines as healthy programs write them,
//! through the threes and pairs of letters in them. It decides what is looked for, never what is found.

use std::sync::LazyLock;

use hashbrown::HashMap;

/// Bytes of a gram.
pub(crate) const GRAM: usize = 4;

/// Letters of both cases are one where this is set, in each of eight bytes. Other bytes lose a bit as well: a gram may stand for several
/// spellings.
pub(crate) const FOLD: u64 = 0x2020_2020_2020_2020;

/// Lines of the common formats, from servers, databases, queues, jobs and the system.
const LINES: &str = include_str!("ordinary.txt");

/// Four bytes as one number, cases folded.
pub(crate) fn gram(bytes: [u8; GRAM]) -> u32 {
    u32::from_le_bytes(bytes) | FOLD as u32
}

/// A number that is different for most grams; its high bits are the best.
#[inline(always)]
pub(crate) fn hash(gram: u32) -> u32 {
    gram.wrapping_mul(0x9E37_79B1)
}

/// The grams of a text, in order.
pub(crate) fn grams(text: &[u8]) -> impl Iterator<Item = u32> {
    text.windows(GRAM).map(|bytes| gram([bytes[0], bytes[1], bytes[2], bytes[3]]))
}

/// Threes and pairs of letters in ordinary lines, with their numbers.
pub(crate) struct Ordinary {
    threes: HashMap<u32, u64>,
    pairs: HashMap<u32, u64>,
}

impl Ordinary {
    /// Those of the lines that come with the program.
    pub(crate) fn known() -> &'static Self {
        static KNOWN: LazyLock<Ordinary> = LazyLock::new(|| Ordinary::of(LINES.as_bytes()));
        &KNOWN
    }

    fn of(text: &[u8]) -> Self {
        let (mut threes, mut pairs) = (HashMap::new(), HashMap::new());
        text.windows(3).for_each(|three| *threes.entry(gram([three[0], three[1], three[2], 0])).or_insert(0) += 1);
        text.windows(2).for_each(|pair| *pairs.entry(gram([pair[0], pair[1], 0, 0])).or_insert(0) += 1);
        Self { threes, pairs }
    }

    /// How often a gram is to be expected, in 64ths of a time among the ordinary lines; 0 if three of its letters never stand there.
    pub(crate) fn frequency(&self, gram: u32) -> u64 {
        let [a, b, c, d] = gram.to_le_bytes();
        let count = |counts: &HashMap<u32, u64>, bytes| counts.get(&self::gram(bytes)).copied().unwrap_or(0);
        let threes = count(&self.threes, [a, b, c, 0]) * count(&self.threes, [b, c, d, 0]);
        64 * threes / count(&self.pairs, [b, c, 0, 0]).max(1)
    }

    /// How often the rarest gram of a text is to be expected.
    pub(crate) fn rarest(&self, text: &str) -> u64 {
        grams(text.as_bytes()).map(|gram| self.frequency(gram)).min().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_healthy_programs_write_is_frequent() {
        let rarest = |text| Ordinary::known().rarest(text);
        assert!(rarest("request completed") < rarest("info"));
        assert!(rarest("unauthorized") < rarest("request"));
        assert!(rarest(" level=") > rarest(": 503 "));
    }
}
