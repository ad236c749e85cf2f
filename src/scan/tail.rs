//! The end of a pipe as far as it was read: lines that the splitter still holds, because what belongs to them may be still to come.
//!
//! Whoever asks for a report in the middle of a log wants to see the failure that was printed last. So the blocks that such lines stand in
//! are kept, and read again by a splitter of its own when somebody asks; the one that goes on is left alone, or the asking would change what
//! is found. Must never hand out a line that was analysed before.

use std::collections::VecDeque;

use hashbrown::HashSet;

use super::Job;
use crate::input::Block;
use crate::model::{Line, Segment, StreamId};
use crate::streams::{self, Shape};

/// Bytes kept; where open segments begin further back, the report so far lacks their beginnings.
const MOST_BYTES: usize = 4 << 20;

/// Blocks with lines that were not analysed.
#[derive(Default)]
pub(super) struct Tail {
    blocks: VecDeque<Block>,
    bytes: usize,
    /// Of these blocks, the last ones that did not go through the splitter yet.
    ahead: usize,
    /// Lines of these blocks that were analysed.
    analysed: HashSet<u64>,
}

impl Tail {
    /// Keeps a copy of a block.
    pub(super) fn keep(&mut self, block: &Block) {
        self.bytes += block.bytes.len();
        self.ahead += 1;
        self.blocks.push_back(block.clone());
        while self.bytes > MOST_BYTES && self.blocks.len() > 1 {
            self.forget_block();
        }
    }

    /// One more block went through the splitter. These go on to the analysis; no segment to come begins before the line `horizon`.
    pub(super) fn hand_on(&mut self, segments: &[Segment], records: &[(StreamId, Line)], horizon: u64) {
        let lines = segments.iter().flat_map(|segment| &segment.lines).chain(records.iter().map(|(_, line)| line));
        self.analysed.extend(lines.map(|line| line.at.line));
        self.ahead = self.ahead.saturating_sub(1);
        while self.blocks.len() > self.ahead.max(1) && self.blocks[1].first_line <= horizon {
            self.forget_block();
        }
        if let Some(first) = self.blocks.front() {
            let first = first.first_line;
            self.analysed.retain(|line| *line >= first);
        }
    }

    fn forget_block(&mut self) {
        self.bytes -= self.blocks.pop_front().map_or(0, |block| block.bytes.len());
    }

    /// The lines that were read and not analysed, as if the input ended here.
    pub(super) fn rest(&self, job: &Job<'_>, shape: &Shape) -> (Vec<Segment>, Vec<(StreamId, Line)>) {
        let mut splitter = job.splitter(shape);
        self.blocks.iter().for_each(|block| splitter.push(streams::prepare(shape, job.gate, block)));
        let mut segments = splitter.finish();
        let mut records = splitter.take_records();
        let fresh = |line: &Line| !self.analysed.contains(&line.at.line);
        segments.iter_mut().for_each(|segment| segment.lines.retain(fresh));
        segments.retain(|segment| segment.lines.iter().any(|line| line.hit));
        records.retain(|(_, line)| fresh(line));
        (segments, records)
    }
}
