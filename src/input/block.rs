//! Cuts a stream of text into blocks that end at line ends.
//!
//! Where a line ends, where it is cut and what its number is depends on the bytes alone, never on the size of a block or of a read: the
//! report must be the same for every block size. The buffer holds one block, one longest line and one read, whatever comes in.

use memchr::{memchr, memchr_iter, memrchr};

use super::raw::Fed;

/// Bytes asked of the feed at most at a time.
const READ: usize = 1 << 20;

/// Bytes asked of the feed at least: what is behind the end of a block is copied to the next one, so little.
const LITTLE: usize = 16 * 1024;

/// Whole lines of one input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// The lines with their `\n`; only the last line of an input may lack it. A `\r` is left in place.
    pub bytes: Vec<u8>,
    /// Offset of the first byte in the decoded input, from 0. Byte `i` of the block stands at `offset + i`, without exception: a line that
    /// was cut always ends its block.
    pub offset: u64,
    /// Number of the first line, from 1.
    pub first_line: u64,
    /// How many lines there are, at least 1.
    pub lines: u64,
    /// The last line was longer than [`Options::max_line`](super::Options::max_line) and lost its tail.
    pub cut: bool,
}

/// What asking for a block came to.
#[derive(Debug)]
pub(super) enum Next {
    /// The next lines.
    Block(Block),
    /// Nothing comes just now, and every line that is whole was delivered.
    Pause,
    /// The end, for good.
    End,
}

/// Where a [`Cutter`] gets its bytes.
pub(super) trait Feed {
    /// Appends up to about `want` bytes to `out`.
    fn feed(&mut self, out: &mut Vec<u8>, want: usize) -> Fed;
}

/// Lines that were too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct LongLines {
    /// Number of the first one, from 1.
    pub(super) first: u64,
    /// How many there were.
    pub(super) count: u64,
}

/// Makes blocks of what a feed delivers.
pub(super) struct Cutter<F> {
    feed: F,
    /// Bytes not yet delivered begin at `pos`.
    buf: Vec<u8>,
    pos: usize,
    offset: u64,
    lines: u64,
    max_line: usize,
    long: Option<LongLines>,
}

/// What stands at the line under the eye; all positions are relative to the first byte not yet delivered.
enum Sight {
    /// The block ends before this position.
    End(usize),
    /// The block is not large enough yet; its last line known to be whole ends before this position.
    Line(usize),
    /// The line has no end within the permitted length.
    Long,
    /// The bytes at hand do not tell.
    Starved,
}

impl<F: Feed> Cutter<F> {
    /// Cuts `head` and what `feed` delivers after it. `offset` is that of the first byte of `head`; `max_line` is at least 1.
    pub(super) fn new(feed: F, head: Vec<u8>, offset: u64, max_line: usize) -> Self {
        Self { feed, buf: head, pos: 0, offset, lines: 0, max_line: max_line.max(1), long: None }
    }

    /// The next block: up to the first line end at or behind `target` bytes, or up to a pause. `spare` is a buffer to use for it.
    pub(super) fn next_into(&mut self, target: usize, spare: &mut Vec<u8>) -> Next {
        let mut line = 0;
        loop {
            match self.look(line, target.max(1)) {
                Sight::End(end) => return Next::Block(self.take(end, spare)),
                Sight::Line(next) => line = next,
                Sight::Long => return Next::Block(self.take_long(line, spare)),
                Sight::Starved => {
                    let missing = target.saturating_sub(self.buf.len() - self.pos);
                    match self.refill(missing.clamp(LITTLE, READ)) {
                        Fed::More => {}
                        Fed::Pause if line > 0 => return Next::Block(self.take(line, spare)),
                        Fed::Pause => return Next::Pause,
                        Fed::End => {
                            let rest = self.buf.len() - self.pos;
                            return if rest > 0 { Next::Block(self.take(rest, spare)) } else { Next::End };
                        }
                    }
                }
            }
        }
    }

    /// Offset behind the last byte delivered or dropped, in decoded bytes.
    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    /// Lines delivered so far.
    pub(super) fn lines(&self) -> u64 {
        self.lines
    }

    /// Lines cut so far.
    pub(super) fn long_lines(&self) -> Option<LongLines> {
        self.long
    }

    /// Where the bytes come from.
    pub(super) fn feed_mut(&mut self) -> &mut F {
        &mut self.feed
    }

    /// Looks for the end of the block from `line`, the beginning of a line, on.
    fn look(&self, line: usize, target: usize) -> Sight {
        let ready = &self.buf[self.pos..];
        // One byte more than a line may be long: its line end.
        let limit = ready.len().min(line.saturating_add(self.max_line).saturating_add(1));
        let from = line.max(target - 1).min(limit);
        if let Some(found) = memchr(b'\n', &ready[from..limit]) {
            return Sight::End(from + found + 1);
        }
        if let Some(found) = memrchr(b'\n', &ready[line..from]) {
            return Sight::Line(line + found + 1);
        }
        if limit - line > self.max_line { Sight::Long } else { Sight::Starved }
    }

    /// Gets more bytes.
    fn refill(&mut self, want: usize) -> Fed {
        self.buf.drain(..self.pos);
        self.pos = 0;
        // Exactly, because doubling would make each buffer that goes round twice as large.
        self.buf.reserve_exact(want);
        self.feed.feed(&mut self.buf, want)
    }

    /// Delivers the next `length` bytes, which are whole lines.
    fn take(&mut self, length: usize, spare: &mut Vec<u8>) -> Block {
        let end = self.pos + length;
        spare.clear();
        let bytes = if self.pos == 0 && self.buf.len() - end < length {
            // The smaller part is copied, so that neither huge nor tiny blocks copy bytes over and over.
            spare.extend_from_slice(&self.buf[end..]);
            self.buf.truncate(end);
            std::mem::replace(&mut self.buf, std::mem::take(spare))
        } else {
            spare.extend_from_slice(&self.buf[self.pos..end]);
            self.pos = end;
            std::mem::take(spare)
        };
        self.block(bytes, length as u64, false)
    }

    /// Delivers everything before `line` and the head of the line that begins there, and drops the rest of that line.
    fn take_long(&mut self, line: usize, spare: &mut Vec<u8>) -> Block {
        let kept = line + self.max_line;
        spare.clear();
        spare.extend_from_slice(&self.buf[self.pos..self.pos + kept]);
        let mut bytes = std::mem::take(spare);
        let number = self.lines + 1 + memchr_iter(b'\n', &bytes).count() as u64;
        let long = self.long.get_or_insert(LongLines { first: number, count: 0 });
        long.count += 1;
        self.pos += kept;
        let (dropped, ended) = self.drop_line();
        if ended {
            bytes.push(b'\n');
        }
        self.block(bytes, kept as u64 + dropped, true)
    }

    /// Skips to behind the next line end: how many bytes that were, and whether there was one.
    fn drop_line(&mut self) -> (u64, bool) {
        let mut dropped = 0;
        loop {
            let ready = &self.buf[self.pos..];
            if let Some(found) = memchr(b'\n', ready) {
                self.pos += found + 1;
                return (dropped + found as u64 + 1, true);
            }
            dropped += ready.len() as u64;
            self.pos = self.buf.len();
            if self.refill(READ) == Fed::End {
                return (dropped, false);
            }
        }
    }

    /// A block of `bytes` that stand for `consumed` bytes of the input.
    fn block(&mut self, bytes: Vec<u8>, consumed: u64, cut: bool) -> Block {
        let unended = u64::from(bytes.last() != Some(&b'\n'));
        let lines = memchr_iter(b'\n', &bytes).count() as u64 + unended;
        let block = Block { bytes, offset: self.offset, first_line: self.lines + 1, lines, cut };
        self.offset += consumed;
        self.lines += lines;
        block
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::{Block, Cutter, Fed, Feed, LongLines, Next};

    impl<F: Feed> Cutter<F> {
        /// The next block, pauses waited out.
        fn next_block(&mut self, target: usize) -> Option<Block> {
            loop {
                match self.next_into(target, &mut Vec::new()) {
                    Next::Block(block) => return Some(block),
                    Next::Pause => {}
                    Next::End => return None,
                }
            }
        }
    }

    /// Delivers a text in pieces of these sizes, over and over.
    struct Pieces<'a> {
        text: &'a [u8],
        sizes: Vec<usize>,
        turn: usize,
    }

    impl Feed for Pieces<'_> {
        fn feed(&mut self, out: &mut Vec<u8>, want: usize) -> Fed {
            let size = self.sizes[self.turn % self.sizes.len()].min(want).min(self.text.len());
            self.turn += 1;
            out.extend_from_slice(&self.text[..size]);
            self.text = &self.text[size..];
            if size == 0 { Fed::End } else { Fed::More }
        }
    }

    fn cut(text: &[u8], sizes: &[usize], target: usize, max_line: usize) -> (Vec<Block>, u64, Option<LongLines>) {
        let mut cutter = Cutter::new(Pieces { text, sizes: sizes.to_vec(), turn: 0 }, Vec::new(), 0, max_line);
        let blocks = std::iter::from_fn(|| cutter.next_block(target)).collect();
        (blocks, cutter.offset(), cutter.long_lines())
    }

    type Numbered = (u64, u64, Vec<u8>);

    /// Number, offset and bytes of every line, as a later stage reads them off the blocks.
    fn lines_of(blocks: &[Block]) -> Vec<Numbered> {
        let mut lines = Vec::new();
        for block in blocks {
            let mut at = block.offset;
            let start = lines.len();
            for (line, number) in block.bytes.split_inclusive(|&byte| byte == b'\n').zip(block.first_line..) {
                lines.push((number, at, line.to_vec()));
                at += line.len() as u64;
            }
            assert_eq!((lines.len() - start) as u64, block.lines);
        }
        lines
    }

    /// The same, straight from the definition.
    fn lines_by_definition(text: &[u8], max_line: usize) -> Vec<Numbered> {
        let mut at = 0;
        let mut lines = Vec::new();
        for (line, number) in text.split_inclusive(|&byte| byte == b'\n').zip(1..) {
            let content = line.strip_suffix(b"\n").unwrap_or(line);
            let mut kept = content[..content.len().min(max_line)].to_vec();
            if line.len() > content.len() {
                kept.push(b'\n');
            }
            lines.push((number, at, kept));
            at += line.len() as u64;
        }
        lines
    }

    fn text() -> impl Strategy<Value = Vec<u8>> {
        let line = prop_oneof![
            8 => proptest::collection::vec(any::<u8>(), 0..40),
            1 => (any::<u8>(), 0..6000_usize).prop_map(|(byte, length)| vec![byte; length]),
            1 => Just(b"crlf\r".to_vec()),
        ];
        (proptest::collection::vec(line, 0..60), any::<bool>()).prop_map(|(lines, ended)| {
            let mut text = lines.join(&b'\n');
            if ended {
                text.push(b'\n');
            }
            text
        })
    }

    proptest! {
        #[test]
        fn lines_do_not_depend_on_block_or_read_size(
            text in text(),
            sizes in proptest::collection::vec(1..5000_usize, 1..5),
            max_line in prop_oneof![Just(1 << 20), 1..3000_usize],
        ) {
            let expected = lines_by_definition(&text, max_line);
            let content = |line: &[u8]| line.strip_suffix(b"\n").unwrap_or(line).len();
            let long = text.split_inclusive(|&byte| byte == b'\n').filter(|line| content(line) > max_line).count() as u64;
            for target in [1, 7, 4096, 1 << 20] {
                let (blocks, bytes, cuts) = cut(&text, &sizes, target, max_line);
                prop_assert_eq!(&lines_of(&blocks), &expected);
                prop_assert_eq!(bytes, text.len() as u64);
                prop_assert_eq!(cuts.map_or(0, |it| it.count), long);
                prop_assert_eq!(blocks.iter().filter(|block| block.cut).count() as u64, long);
            }
        }

        #[test]
        fn blocks_are_about_as_large_as_asked_for(text in text(), target in 1..5000_usize) {
            let (blocks, ..) = cut(&text, &[777], target, 1 << 20);
            for (index, block) in blocks.iter().enumerate() {
                let before_last = block.bytes[..block.bytes.len() - 1].iter().rposition(|&b| b == b'\n').map_or(0, |i| i + 1);
                prop_assert!(before_last < target);
                prop_assert!(block.bytes.len() >= target || index + 1 == blocks.len());
            }
        }
    }

    #[test]
    fn a_line_of_exactly_the_limit_is_whole() {
        assert_eq!(cut(b"abcd\nabcde\nab", &[3], 1, 4).2, Some(LongLines { first: 2, count: 1 }));
        assert_eq!(cut(b"abcd", &[3], 1, 4).2, None);
        let (blocks, bytes, long) = cut(b"x\nabcdefgh", &[3], 100, 4);
        assert_eq!(blocks, [Block { bytes: b"x\nabcd".to_vec(), offset: 0, first_line: 1, lines: 2, cut: true }]);
        assert_eq!((bytes, long), (10, Some(LongLines { first: 2, count: 1 })));
    }

    #[test]
    fn an_endless_line_needs_no_more_memory_than_its_head() {
        struct Endless(u32);
        impl Feed for Endless {
            fn feed(&mut self, out: &mut Vec<u8>, want: usize) -> Fed {
                if self.0 == 0 {
                    return Fed::End;
                }
                self.0 -= 1;
                out.resize(out.len() + want, b'x');
                Fed::More
            }
        }
        let mut cutter = Cutter::new(Endless(200), Vec::new(), 0, 1 << 20);
        let block = cutter.next_block(4096).unwrap();
        assert_eq!(block.bytes.len(), 1 << 20);
        assert!(cutter.buf.capacity() <= 4 << 20, "{}", cutter.buf.capacity());
        assert!(cutter.offset() > 64 << 20, "{}", cutter.offset());
        assert!(cutter.next_block(4096).is_none());
    }
}
