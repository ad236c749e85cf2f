//! The pipeline on one screen: blocks → pieces → segments → whatever a command makes of them.
//!
//! With its parts the only module that puts work on threads. Inputs of one block are read whole, many at a time; longer ones, pipes and
//! archives one after the other, as a [`pipeline`]. Nothing here depends on how many threads there are or where blocks end.

mod pipeline;
mod pot;
mod records;

use rayon::prelude::*;

use self::pot::Pot;
use self::records::Repeated;
pub use self::records::analyse_records;
use crate::assemble;
use crate::evidence::Evidence;
use crate::input::{self, InputSummary, InputWarning, Source, SourceSpec};
use crate::model::{SourceId, StreamId};
use crate::observe::{Memory, Observer};
use crate::rules::{CompiledRules, Gate};
use crate::streams::{Origin, Preparer, Record, Shape, Splitter, Stretch};

/// Records that one task reads.
const RECORDS: usize = 4096;

/// Short inputs that are read between two looks at whether somebody wants something.
const AT_ONCE: usize = 256;

/// Bytes of a block, unless somebody wants others. Near its ends more lines are kept than within, so smaller blocks cost more; larger ones
/// take more memory.
pub const BLOCK_BYTES: usize = 5 << 17;

/// How to scan; none of it changes what is found.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Bytes a block aims at.
    pub block_bytes: usize,
    /// Blocks that are between reading and result at a time.
    pub blocks_in_flight: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self { block_bytes: BLOCK_BYTES, blocks_in_flight: rayon::current_num_threads() + 1 }
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
    let pot = Pot::default();
    let analyse = Analyse {
        segment: |stretch: &Stretch| pot.add(|evidence| observe(rules, &memory, stretch, evidence)),
        records: |found: &[Record]| pot.add(|evidence| records::observe(rules, &memory, found, evidence)),
    };
    let jobs: Vec<Job> =
        specs.iter().enumerate().map(|(id, spec)| Job::new(gate, spec, id, options, progress)).collect();
    let (short, long): (Vec<&Job>, Vec<&Job>) = jobs.iter().partition(|job| job.is_short());
    let mut outcomes = Outcomes::default();
    for jobs in short.chunks(AT_ONCE) {
        if progress.stopped() {
            break;
        }
        let read: Vec<_> = jobs
            .par_iter()
            .filter(|job| !job.progress.stopped())
            .map(|job| (job.id, whole(job, &analyse, &mut |_, _| {})))
            .collect();
        outcomes.0.extend(read);
        if progress.asked() {
            progress.so_far(&outcomes.scanned(specs, pot.total()));
        }
    }
    for (number, job) in long.into_iter().enumerate() {
        // What waits in a pipe already is taken even after a wish to stop.
        if number > 0 && progress.stopped() {
            break;
        }
        let outcome = pipeline::run(job, &analyse, &mut |_, _| {}, &mut |rest: SoFar| {
            let mut evidence = pot.total();
            // The memory knows what the evidence keeps, and this evidence is not kept.
            let memory = Memory::default();
            for segment in &rest.segments {
                observe(rules, &memory, segment, &mut evidence);
            }
            records::observe(rules, &memory, &rest.records, &mut evidence);
            evidence.bound();
            let so_far = outcomes.0.iter().cloned().chain([(job.id, Ok(rest.summary))]).collect();
            progress.so_far(&Outcomes(so_far).scanned(specs, evidence));
        });
        outcomes.0.push((job.id, outcome));
    }
    outcomes.scanned(specs, pot.total())
}

/// What the inputs that were read said of themselves.
#[derive(Default)]
struct Outcomes(Vec<(SourceId, Result<InputSummary, InputWarning>)>);

impl Outcomes {
    /// All there is to report, in the order of the inputs; says so if some were not read.
    fn scanned(&self, specs: &[SourceSpec], evidence: Evidence) -> Scanned {
        let mut outcomes: Vec<_> = self.0.iter().collect();
        outcomes.sort_by_key(|(id, _)| id.0);
        let mut scanned = Scanned { evidence, ..Scanned::default() };
        outcomes.iter().for_each(|(_, outcome)| scanned.add(outcome.clone()));
        let unread = |(number, _): &(u32, &SourceSpec)| outcomes.binary_search_by_key(number, |(id, _)| id.0).is_err();
        let mut unread = (0..).zip(specs).filter(unread).map(|(_, spec)| &spec.name);
        if let Some(first) = unread.next() {
            let more = match unread.count() {
                0 => String::new(),
                more => format!(", nor {more} more"),
            };
            let text = format!("not read yet{more}; run it again without stopping it to see all");
            scanned.warnings.push(InputWarning { kind: "unfinished-input", source: first.clone(), text });
        }
        scanned
    }
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

/// The evidence of neighbouring lines.
#[must_use]
pub fn analyse_stretch(rules: &CompiledRules, memory: &Memory, stretch: &Stretch) -> Evidence {
    let mut evidence = Evidence::default();
    observe(rules, memory, stretch, &mut evidence);
    evidence
}

/// Adds what one segment shows; the number of observations.
fn observe(rules: &CompiledRules, memory: &Memory, stretch: &Stretch, evidence: &mut Evidence) -> usize {
    let segment = &stretch.segment;
    let mut observer = Observer::new(rules, memory, &segment.lines, segment.stream.clone());
    let mut repeated = Repeated::default();
    let mut records = stretch.records();
    let mut count = 0;
    for event in assemble::assemble(segment) {
        let record = records.of(&event);
        if record.is_some_and(|record| repeated.event(&observer, (&event, record), &segment.stream)) {
            continue;
        }
        for observation in observer.observe(&event) {
            evidence.add(observation);
            count += 1;
        }
    }
    count + repeated.give(evidence)
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
    /// Whether reading should end here; true for good once it was.
    fn stopped(&self) -> bool {
        false
    }
    /// Whether somebody asked since the last call.
    fn asked(&self) -> bool {
        false
    }
    /// Gets what was found so far after it was asked for.
    fn so_far(&self, _: &Scanned) {}
}

/// Nobody watches.
pub struct Silent;

impl Progress for Silent {
    fn opened(&self, _: &str) {}
    fn read(&self, _: u64) {}
    fn done(&self) {}
}

/// Runs one input through the pipeline. `sink` gets results in the order of the segments, and the line before which no segment will begin
/// any more.
pub fn scan_source<T: Send>(
    gate: &Gate<'_>,
    spec: &SourceSpec,
    id: SourceId,
    options: Options,
    progress: &dyn Progress,
    analyse: &Analyse<impl Fn(&Stretch) -> T + Sync, impl Fn(&[Record]) -> T + Sync>,
    sink: &mut impl FnMut(Vec<T>, u64),
) -> Result<InputSummary, InputWarning> {
    let job = Job { gate, spec, id, options, progress };
    // A task of the pool that waits takes up others, which would wait inside it, and so on to the end of the stack.
    let within_task = rayon::current_thread_index().is_some();
    if within_task || job.is_short() {
        whole(&job, analyse, sink)
    } else {
        pipeline::run(&job, analyse, sink, &mut |_| {})
    }
}

/// One input to be read.
struct Job<'j> {
    gate: &'j Gate<'j>,
    spec: &'j SourceSpec,
    id: SourceId,
    options: Options,
    progress: &'j dyn Progress,
}

impl<'j> Job<'j> {
    fn new(gate: &'j Gate<'j>, spec: &'j SourceSpec, id: usize, options: Options, progress: &'j dyn Progress) -> Self {
        Self { gate, spec, id: SourceId(u32::try_from(id).unwrap_or(u32::MAX)), options, progress }
    }

    /// Whether all of it is one block, so that there is nothing to read ahead.
    fn is_short(&self) -> bool {
        input::is_file_within(self.spec, self.options.block_bytes as u64)
    }

    fn origin(&self) -> Origin {
        Origin { source: self.id, fallback: StreamId::new(&stream_name(&self.spec.name)) }
    }
}

/// What is known of an input that is still being read.
struct SoFar {
    summary: InputSummary,
    /// Lines that were read and not analysed, because what belongs to them may be still to come.
    segments: Vec<Stretch>,
    records: Vec<Record>,
}

/// Runs a short input through all stages on the spot.
fn whole<T: Send>(
    job: &Job<'_>,
    analyse: &Analyse<impl Fn(&Stretch) -> T + Sync, impl Fn(&[Record]) -> T + Sync>,
    sink: &mut impl FnMut(Vec<T>, u64),
) -> Result<InputSummary, InputWarning> {
    let mut source = Source::open(job.spec).map_err(InputWarning::from)?;
    job.progress.opened(source.name());
    let shape = Shape::detect(source.sample());
    let preparer = Preparer::new(job.origin(), &shape, job.gate);
    let mut splitter = preparer.splitter();
    // An archive of one block may hold many.
    while let Some(block) = source.next_block(job.options.block_bytes) {
        splitter.push(preparer.prepare(&block));
        sink(results(analyse, splitter.take(), splitter.take_records()), splitter.horizon());
    }
    let segments = splitter.finish();
    sink(results(analyse, segments, splitter.take_records()), u64::MAX);
    job.progress.read(source.raw_bytes_read());
    job.progress.done();
    Ok(told(source.finish(), &splitter))
}

fn results<T: Send>(
    analyse: &Analyse<impl Fn(&Stretch) -> T + Sync, impl Fn(&[Record]) -> T + Sync>,
    segments: Vec<Stretch>,
    records: Vec<Record>,
) -> Vec<T> {
    let mut results: Vec<T> = segments.par_iter().map(&analyse.segment).collect();
    results.par_extend(records.par_chunks(RECORDS).map(&analyse.records));
    results
}

/// What an input came to, with what the caps of its splitter cost.
fn told(mut summary: InputSummary, splitter: &Splitter) -> InputSummary {
    for (kind, text) in splitter.caps.warnings() {
        summary.warnings.push(InputWarning { kind, source: summary.name.clone(), text });
    }
    summary
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
