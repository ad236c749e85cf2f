//! The pipeline on one screen: blocks → pieces → segments → whatever a command makes of them.
//!
//! The only module that uses threads. Blocks are read in order, prepared in parallel, split by stream in order, and the segments
//! are analysed in parallel again. Nothing here depends on how many threads there are or where blocks end.

use rayon::prelude::*;

use crate::assemble;
use crate::evidence::Evidence;
use crate::input::{Block, InputSummary, InputWarning, Source, SourceSpec};
use crate::model::{Line, Segment, SourceId, StreamId};
use crate::observe::{Memory, Observer};
use crate::rules::{CompiledRules, Gate};
use crate::streams::{self, Shape, Splitter};

/// Records that one task reads.
const RECORDS: usize = 1024;

/// How to scan; none of it changes what is found.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Bytes a block aims at.
    pub block_bytes: usize,
    /// Blocks read ahead for each round of parallel work.
    pub blocks_in_flight: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self { block_bytes: 1 << 20, blocks_in_flight: 2 * rayon::current_num_threads().max(1) }
    }
}

/// What one input gave.
#[derive(Debug, Default)]
pub struct Scanned {
    /// What was read of each input, in the order of their names.
    pub inputs: Vec<InputSummary>,
    /// What could not be read, or was cut.
    pub warnings: Vec<InputWarning>,
    /// What was collected.
    pub evidence: Evidence,
}

/// Reads every input and collects the evidence.
#[must_use]
pub fn collect(
    rules: &CompiledRules,
    gate: &Gate<'_>,
    specs: &[SourceSpec],
    options: Options,
    progress: &dyn Progress,
) -> Scanned {
    let memory = Memory::default();
    let each = |(id, spec): (usize, &SourceSpec)| {
        let mut evidence = Evidence::default();
        let source = SourceId(u32::try_from(id).unwrap_or(u32::MAX));
        let analyse = Analyse {
            segment: |segment: &Segment| analyse(rules, &memory, segment),
            records: |records: &[(StreamId, Line)]| analyse_records(rules, &memory, records),
        };
        let outcome = scan_source(gate, spec, source, options, progress, &analyse, &mut |parts, _| {
            parts.into_iter().for_each(|part| evidence.merge(part));
        });
        (outcome, evidence)
    };
    let outcomes: Vec<_> = specs.par_iter().enumerate().map(each).collect();
    let mut scanned = Scanned::default();
    for (outcome, evidence) in outcomes {
        scanned.evidence.merge(evidence);
        scanned.add(outcome);
    }
    scanned
}

impl Scanned {
    /// Takes over what one input said of itself.
    pub fn add(&mut self, outcome: Result<InputSummary, InputWarning>) {
        match outcome {
            Ok(summary) => {
                self.warnings.extend(summary.warnings.iter().cloned());
                self.inputs.push(summary);
            }
            Err(warning) => self.warnings.push(warning),
        }
    }
}

/// The evidence of one segment.
fn analyse(rules: &CompiledRules, memory: &Memory, segment: &Segment) -> Evidence {
    let mut evidence = Evidence::default();
    let mut observer = Observer::new(rules, memory, &segment.lines, segment.stream.clone());
    for event in assemble::assemble(segment) {
        observer.observe(&event).into_iter().for_each(|observation| evidence.add(observation));
    }
    evidence
}

/// The evidence of records that stand for themselves.
#[must_use]
pub fn analyse_records(rules: &CompiledRules, memory: &Memory, records: &[(StreamId, Line)]) -> Evidence {
    let mut evidence = Evidence::default();
    for (stream, line) in records {
        let mut observer = Observer::new(rules, memory, std::slice::from_ref(line), stream.clone());
        let event = assemble::record(stream, line);
        observer.observe(&event).into_iter().for_each(|observation| evidence.add(observation));
    }
    evidence
}

/// What to make of the parts of a source.
pub struct Analyse<S, R> {
    /// Lines around something that could matter.
    pub segment: S,
    /// Records of one line, of which there may be very many.
    pub records: R,
}

/// Follows the work; called from several threads.
pub trait Progress: Sync {
    /// An input was opened.
    fn opened(&self, name: &str);
    /// Bytes read from disk or pipe since the last call.
    fn read(&self, bytes: u64);
    /// An input is done.
    fn done(&self);
}

/// Nobody watches.
pub struct Silent;

impl Progress for Silent {
    fn opened(&self, _: &str) {}
    fn read(&self, _: u64) {}
    fn done(&self) {}
}

/// Runs one input through the pipeline. `sink` gets the results of each round, in the order of the segments, and the line before which
/// no segment will begin any more.
pub fn scan_source<T: Send>(
    gate: &Gate<'_>,
    spec: &SourceSpec,
    id: SourceId,
    options: Options,
    progress: &dyn Progress,
    analyse: &Analyse<impl Fn(&Segment) -> T + Sync, impl Fn(&[(StreamId, Line)]) -> T + Sync>,
    sink: &mut impl FnMut(Vec<T>, u64),
) -> Result<InputSummary, InputWarning> {
    let mut source = Source::open(spec).map_err(InputWarning::from)?;
    progress.opened(source.name());
    let shape = Shape::detect(source.sample());
    let mut splitter = Splitter::new(id, StreamId::new(&stream_name(source.name())), &shape);
    let mut read = 0;
    loop {
        let blocks = next_blocks(&mut source, options);
        if blocks.is_empty() {
            break;
        }
        let pieces: Vec<_> = blocks.par_iter().map(|block| streams::prepare(&shape, gate, block)).collect();
        pieces.into_iter().for_each(|pieces| splitter.push(pieces));
        let (segments, records) = (splitter.take(), splitter.take_records());
        let mut results: Vec<T> = segments.par_iter().map(&analyse.segment).collect();
        results.par_extend(records.par_chunks(RECORDS).map(&analyse.records));
        sink(results, splitter.horizon());
        progress.read(source.raw_bytes_read() - read);
        read = source.raw_bytes_read();
    }
    let segments = splitter.finish();
    let mut results: Vec<T> = segments.par_iter().map(&analyse.segment).collect();
    results.par_extend(splitter.take_records().par_chunks(RECORDS).map(&analyse.records));
    sink(results, u64::MAX);
    progress.done();
    let mut summary = source.finish();
    for (kind, text) in splitter.caps.warnings() {
        summary.warnings.push(InputWarning { kind, source: summary.name.clone(), text });
    }
    Ok(summary)
}

fn next_blocks(source: &mut Source, options: Options) -> Vec<Block> {
    (0..options.blocks_in_flight.max(1)).map_while(|_| source.next_block(options.block_bytes)).collect()
}

/// The name under which a file's lines are counted: rotated and compressed parts of one log are one stream.
fn stream_name(source: &str) -> String {
    let file = source.rsplit(['/', '\\']).next().unwrap_or(source);
    let mut name = file;
    while let Some((stem, last)) = name.rsplit_once('.') {
        let rotated = matches!(last, "gz" | "zst" | "bz2" | "xz" | "old")
            || last.bytes().all(|b| b.is_ascii_digit() || b == b'-');
        if !rotated || stem.is_empty() {
            break;
        }
        name = stem;
    }
    name.to_owned()
}
