//! Which lines are as good as one that was looked at: those that differ from it in digits alone, each within bounds.
//!
//! Whoever looks at a line says what it made of its digits, and what it says holds for every line within the bounds. A byte that is no
//! digit is never free, nor is the length of a line.

use std::cmp::Ordering;
use std::ops::{Range, RangeInclusive};

/// Bytes that are compared at once.
const CHUNK: usize = 16;

/// Of every byte of a line the least that is as good as it, and how many more there are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bounds {
    len: usize,
    /// For so many bytes at a time; behind the line stands what no line is held against.
    chunks: Box<[[[u8; CHUNK]; 2]]>,
}

impl Bounds {
    /// Lines with whatever digits where this one has digits.
    #[must_use]
    pub fn any_digits(line: &[u8]) -> Self {
        let mut bounds = Self::exactly(line);
        for at in (0..line.len()).filter(|at| line[*at].is_ascii_digit()) {
            bounds.widen(at, b'0'..=b'9');
        }
        bounds
    }

    /// No line but this one.
    #[must_use]
    pub fn exactly(line: &[u8]) -> Self {
        let chunk = |bytes: &[u8]| [padded(bytes), [0; CHUNK]];
        Self { len: line.len(), chunks: line.chunks(CHUNK).map(chunk).collect() }
    }

    /// Whether a line is within the bounds.
    #[must_use]
    pub fn hold(&self, line: &[u8]) -> bool {
        if line.len() != self.len {
            return false;
        }
        let (chunks, rest) = line.as_chunks::<CHUNK>();
        // Without an early end: most lines that are asked about are within.
        let within = [0; CHUNK];
        let all = chunks.iter().zip(&self.chunks).fold(within, |all, (bytes, bounds)| beyond(all, bytes, bounds));
        let all = self.chunks.get(chunks.len()).map_or(all, |bounds| beyond(all, &padded(rest), bounds));
        all == within
    }

    /// The bytes allowed at an offset.
    fn at(&self, at: usize) -> RangeInclusive<u8> {
        let [low, more] = &self.chunks[at / CHUNK];
        low[at % CHUNK]..=low[at % CHUNK] + more[at % CHUNK]
    }

    /// Allows these bytes at an offset.
    pub fn widen(&mut self, at: usize, bytes: RangeInclusive<u8>) {
        let [low, more] = &mut self.chunks[at / CHUNK];
        (low[at % CHUNK], more[at % CHUNK]) = (*bytes.start(), bytes.end() - bytes.start());
    }

    /// Allows no other digit at an offset of the line than these, of which its own is one.
    pub fn narrow(&mut self, at: usize, digits: RangeInclusive<u8>) {
        let now = self.at(at);
        self.widen(at, *now.start().max(digits.start())..=*now.end().min(digits.end()));
    }

    /// Allows no other bytes in this range of the line than its own.
    pub fn fix(&mut self, line: &[u8], range: Range<usize>) {
        range.for_each(|at| self.widen(at, line[at]..=line[at]));
    }

    /// Allows nothing that both do not; some line is within both.
    pub fn meet(&mut self, other: &Self) {
        (0..self.len).for_each(|at| self.narrow(at, other.at(at)));
    }

    /// Makes no difference of whether a text stands at an offset of the line, which it does but for its digits: it does in all of the
    /// lines as in this one, or in none.
    pub fn settle(&mut self, line: &[u8], at: usize, text: &[u8]) {
        let digits = || text.iter().zip(at..).filter(|(byte, _)| byte.is_ascii_digit());
        if digits().any(|(byte, at)| !self.at(at).contains(byte)) {
            return;
        }
        // On this side of the text's digit the line has another; where most digits are left on it, it costs least.
        let side = |(byte, at): (&u8, usize)| match line[at].cmp(byte) {
            Ordering::Less => Some((at, *self.at(at).start()..=byte - 1)),
            Ordering::Greater => Some((at, byte + 1..=*self.at(at).end())),
            Ordering::Equal => None,
        };
        match digits().filter_map(side).max_by_key(|(_, side)| side.end() - side.start()) {
            Some((at, side)) => self.narrow(at, side),
            None => digits().for_each(|(byte, at)| self.narrow(at, *byte..=*byte)),
        }
    }
}

/// What was beyond bounds before, and for each byte whether it is now.
#[inline(always)]
fn beyond(before: [u8; CHUNK], bytes: &[u8; CHUNK], [low, more]: &[[u8; CHUNK]; 2]) -> [u8; CHUNK] {
    let mut all = before;
    for at in 0..CHUNK {
        all[at] |= bytes[at].wrapping_sub(low[at]).saturating_sub(more[at]);
    }
    all
}

/// The bytes, and zeros behind them.
fn padded(bytes: &[u8]) -> [u8; CHUNK] {
    let mut all = [0; CHUNK];
    all[..bytes.len()].copy_from_slice(bytes);
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_digits_are_free() {
        let bounds = Bounds::any_digits(b"at 08:15, took 7 ms");
        for other in ["at 08:15, took 7 ms", "at 23:59, took 0 ms"] {
            assert!(bounds.hold(other.as_bytes()), "{other}");
        }
        for other in ["at 08:15, took 17 ms", "at 08:15, took 7 Ms", "at 0815:, took 7 ms", "at 08:1x, took 7 ms", ""] {
            assert!(!bounds.hold(other.as_bytes()), "{other}");
        }
    }

    #[test]
    fn what_is_fixed_or_narrowed_is_free_no_more() {
        let line = b"user 4711 of 15";
        let mut bounds = Bounds::any_digits(line);
        bounds.fix(line, 5..9);
        bounds.narrow(13, b'0'..=b'1');
        assert!(
            bounds.hold(b"user 4711 of 09") && !bounds.hold(b"user 4712 of 15") && !bounds.hold(b"user 4711 of 25")
        );
        let mut both = Bounds::any_digits(line);
        both.narrow(14, b'5'..=b'9');
        both.meet(&bounds);
        assert!(both.hold(b"user 4711 of 06") && !both.hold(b"user 4711 of 04") && !both.hold(b"user 4712 of 06"));
    }

    #[test]
    fn a_text_stands_in_all_lines_or_in_none() {
        for (line, text, same, other) in [
            ("code 401", " 401", "code 401", ["code 402", "code 101"]),
            ("code 593", " 401", "code 412", ["code 401", "code 403"]),
            ("code 200", " 401", "code 300", ["code 401", "code 501"]),
            ("code 493", " 401", "code 411", ["code 401", "code 408"]),
        ] {
            let mut bounds = Bounds::any_digits(line.as_bytes());
            bounds.settle(line.as_bytes(), 4, text.as_bytes());
            assert!(bounds.hold(line.as_bytes()) && bounds.hold(same.as_bytes()), "{line}");
            assert!(!other.iter().any(|other| bounds.hold(other.as_bytes())), "{line}");
        }
    }
}
