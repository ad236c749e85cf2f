//! One long input, read ahead and analysed while it is being read.
//!
//! A thread reads blocks; tasks of the pool prepare them; whoever called puts the pieces back in order and through the splitter; tasks
//! analyse the segments; and results are handed on in order. At no time are more than [`Options::blocks_in_flight`](super::Options) blocks
//! between reading and result, and the buffers of the blocks go round. The caller never waits for one thing alone: on a pool of one thread
//! it would wait for itself.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, Thread};
use std::time::Duration;

use rayon::{Scope, Yield};

use super::{Analyse, Job, RECORDS, SoFar, told};
use crate::input::{self, Block, InputSummary, InputWarning, Parcel, Reader, Source};
use crate::streams::{Prepared, Preparer, Record, Shape, Splitter, Stretch};

/// How long to rest at most where nothing moves: signals wake nobody.
const REST: Duration = Duration::from_millis(100);

/// Rests for which a pipe may take to open after a wish to stop.
const PATIENCE: usize = 20;

/// Lines of segments that are worth a task.
const LINES: usize = 512;

/// Runs an input through the pipeline. `asked` gets what is known so far, whenever the follower of the work asks for it.
pub(super) fn run<T: Send>(
    job: &Job<'_>,
    analyse: &Analyse<impl Fn(&Stretch) -> T + Sync, impl Fn(&[Record]) -> T + Sync>,
    sink: &mut impl FnMut(Vec<T>, u64),
    asked: &mut dyn FnMut(SoFar),
) -> Result<InputSummary, InputWarning> {
    let me = thread::current();
    let blocks = job.options.blocks_in_flight.max(1);
    let reader = Reader::start(job.spec, job.options.block_bytes, blocks, move || me.unpark())?;
    let Some(opened) = open(job, &reader, asked)? else {
        return Ok(stopped(InputSummary { name: job.spec.name.clone(), bytes: 0, lines: 0, warnings: Vec::new() }));
    };
    job.progress.opened(&job.spec.name);
    let shape = Shape::detect(&opened.sample);
    let preparer = Preparer::new(job.origin(), &shape, job.gate);
    let (sender, done) = channel();
    let flow = Flow {
        job,
        analyse,
        preparer: &preparer,
        reader: &reader,
        splitter: preparer.splitter(),
        sender,
        done,
        me: thread::current(),
        prepared: VecDeque::new(),
        first_prepared: 0,
        batches: VecDeque::new(),
        first_batch: 0,
        end: None,
        served: None,
        read: 0,
        opened,
    };
    rayon::in_place_scope(|scope| flow.run(scope, sink, asked))
}

struct Opened {
    sample: Vec<u8>,
    raw: Arc<AtomicU64>,
}

/// Waits until it is known what the input is; `None` if reading was to end before that.
fn open(job: &Job<'_>, reader: &Reader, asked: &mut dyn FnMut(SoFar)) -> Result<Option<Opened>, InputWarning> {
    let mut patience = PATIENCE;
    loop {
        match reader.next() {
            Some(Parcel::Opened { sample, raw }) => return Ok(Some(Opened { sample, raw })),
            Some(Parcel::Refused(error)) => return Err(error.into()),
            Some(Parcel::Block(_) | Parcel::Served(_) | Parcel::End(_)) => unreachable!("the first parcel opens"),
            None => thread::park_timeout(REST),
        }
        if job.progress.stopped() {
            reader.stop();
            // A pipe that nobody has opened at its other end cannot be opened either, not even to say that it is empty.
            if patience == 0 {
                return Ok(None);
            }
            patience -= 1;
            // Whatever wakes this thread must not use the patience up.
            thread::sleep(REST);
        } else if let Some(bytes) = reader.early()
            && job.progress.asked()
        {
            asked(early(job, bytes));
        }
    }
}

/// What the bytes show of which there are too few yet to tell what the input is, as if they were all.
fn early(job: &Job<'_>, bytes: Vec<u8>) -> SoFar {
    let name = &job.spec.name;
    let nothing = InputSummary { name: name.clone(), bytes: 0, lines: 0, warnings: Vec::new() };
    let mut so_far = SoFar { summary: nothing, segments: Vec::new(), records: Vec::new() };
    if let Ok(mut source) = Source::open_reader(name, Box::new(std::io::Cursor::new(bytes)), input::Options::default())
    {
        let shape = Shape::detect(source.sample());
        let preparer = Preparer::new(job.origin(), &shape, job.gate);
        let mut splitter = preparer.splitter();
        while let Some(block) = source.next_block(job.options.block_bytes) {
            splitter.push(preparer.prepare(&block));
        }
        (so_far.segments, so_far.records) = (splitter.finish(), splitter.take_records());
        // An archive of which only the beginning came is not damaged.
        so_far.summary = InputSummary { warnings: Vec::new(), ..source.finish() };
    }
    so_far.summary = unfinished(so_far.summary);
    so_far
}

/// Says that there was more to come.
fn unfinished(summary: InputSummary) -> InputSummary {
    let text = format!("still being read; this is what its first {} lines show", summary.lines);
    with_warning(summary, text)
}

/// Says that there may have been more.
fn stopped(summary: InputSummary) -> InputSummary {
    let text = format!(
        "reading was stopped after {} lines; run it again without stopping it to see what comes after them",
        summary.lines
    );
    with_warning(summary, text)
}

fn with_warning(mut summary: InputSummary, text: String) -> InputSummary {
    let warning = InputWarning { kind: "unfinished-input", source: summary.name.clone(), text };
    summary.warnings.push(warning);
    summary
}

/// What tasks send back.
enum Done<T> {
    Prepared {
        number: u64,
        block: Prepared,
        buffer: Vec<u8>,
    },
    Analysed {
        batch: u64,
        at: usize,
        results: Vec<T>,
    },
    /// A task panicked; the scope passes it on.
    Lost,
}

/// Sends what a task did when the task ends, however it ends.
struct Post<T> {
    sender: Sender<Done<T>>,
    me: Thread,
    done: Option<Done<T>>,
}

impl<T> Post<T> {
    fn send(mut self, done: Done<T>) {
        self.done = Some(done);
    }
}

impl<T> Drop for Post<T> {
    fn drop(&mut self) {
        // Nobody listens any more after a panic.
        let _ = self.sender.send(self.done.take().unwrap_or(Done::Lost));
        self.me.unpark();
    }
}

/// The results of the segments that one block completed.
struct Batch<T> {
    results: Vec<Vec<T>>,
    missing: usize,
    horizon: u64,
}

/// What one task analyses.
enum Work {
    Segments(Vec<Stretch>),
    Records(Vec<Record>),
}

struct Flow<'f, T, S, R> {
    job: &'f Job<'f>,
    analyse: &'f Analyse<S, R>,
    preparer: &'f Preparer<'f>,
    reader: &'f Reader,
    opened: Opened,
    splitter: Splitter,
    sender: Sender<Done<T>>,
    done: Receiver<Done<T>>,
    me: Thread,
    /// What came of blocks in their order, `None` where it is not ready.
    prepared: VecDeque<Option<Prepared>>,
    first_prepared: u64,
    batches: VecDeque<Batch<T>>,
    first_batch: u64,
    /// What the input came to, once it is over.
    end: Option<InputSummary>,
    /// Somebody asked; what was read until the lines that were there.
    served: Option<InputSummary>,
    /// Raw bytes told of to the follower.
    read: u64,
}

impl<'f, T, S, R> Flow<'f, T, S, R>
where
    T: Send + 'f,
    S: Fn(&Stretch) -> T + Sync,
    R: Fn(&[Record]) -> T + Sync,
{
    fn run(
        mut self,
        scope: &Scope<'f>,
        sink: &mut impl FnMut(Vec<T>, u64),
        asked: &mut dyn FnMut(SoFar),
    ) -> Result<InputSummary, InputWarning> {
        let mut finished = false;
        loop {
            let mut moved = self.take_parcels(scope);
            moved |= self.take_done();
            moved |= self.split(scope);
            moved |= self.hand_on(sink);
            self.follow(asked);
            if moved {
                continue;
            }
            if !self.is_idle() || self.end.is_none() {
                self.rest();
            } else if finished {
                break;
            } else {
                finished = true;
                let segments = self.splitter.finish();
                self.start(scope, segments, u64::MAX);
            }
        }
        self.job.progress.done();
        let summary = told(self.end.take().unwrap_or_else(|| unreachable!("it is over")), &self.splitter);
        Ok(if self.job.progress.stopped() { stopped(summary) } else { summary })
    }

    /// Nothing is between reading and result.
    fn is_idle(&self) -> bool {
        self.prepared.is_empty() && self.batches.is_empty()
    }

    /// Takes what the reader has, as much as may be in flight.
    fn take_parcels(&mut self, scope: &Scope<'f>) -> bool {
        let most = self.job.options.blocks_in_flight.max(1);
        let mut moved = false;
        while self.end.is_none() && self.served.is_none() && self.prepared.len() + self.batches.len() < most {
            match self.reader.next() {
                None => break,
                Some(Parcel::Block(block)) => self.prepare(scope, block),
                Some(Parcel::Served(summary)) => self.served = Some(summary),
                Some(Parcel::End(summary)) => self.end = Some(summary),
                Some(Parcel::Opened { .. } | Parcel::Refused(_)) => unreachable!("it is open"),
            }
            moved = true;
        }
        moved
    }

    fn prepare(&mut self, scope: &Scope<'f>, block: Block) {
        let number = self.first_prepared + self.prepared.len() as u64;
        self.prepared.push_back(None);
        let (preparer, post) = (self.preparer, self.post());
        scope.spawn(move |_| {
            let prepared = preparer.prepare(&block);
            post.send(Done::Prepared { number, block: prepared, buffer: block.bytes });
        });
        let read = self.opened.raw.load(Ordering::Relaxed);
        self.job.progress.read(read - self.read);
        self.read = read;
    }

    fn post(&self) -> Post<T> {
        Post { sender: self.sender.clone(), me: self.me.clone(), done: None }
    }

    fn take_done(&mut self) -> bool {
        let mut moved = false;
        for done in self.done.try_iter() {
            moved = true;
            match done {
                Done::Prepared { number, block, buffer } => {
                    self.reader.give_back(buffer);
                    self.prepared[(number - self.first_prepared) as usize] = Some(block);
                }
                Done::Analysed { batch, at, results } => {
                    let batch = &mut self.batches[(batch - self.first_batch) as usize];
                    batch.results[at] = results;
                    batch.missing -= 1;
                }
                Done::Lost => panic!("a task of the pipeline broke"),
            }
        }
        moved
    }

    /// Puts the blocks that are next through the splitter and sets the tasks to work on what is complete.
    fn split(&mut self, scope: &Scope<'f>) -> bool {
        let mut moved = false;
        while let Some(block) = self.prepared.front_mut().and_then(Option::take) {
            self.prepared.pop_front();
            self.first_prepared += 1;
            self.splitter.push(block);
            let segments = self.splitter.take();
            let horizon = self.splitter.horizon();
            self.start(scope, segments, horizon);
            moved = true;
        }
        moved
    }

    fn start(&mut self, scope: &Scope<'f>, segments: Vec<Stretch>, horizon: u64) {
        let records = self.splitter.take_records();
        let works = works(segments, records);
        let batch = self.first_batch + self.batches.len() as u64;
        let results = works.iter().map(|_| Vec::new()).collect();
        self.batches.push_back(Batch { results, missing: works.len(), horizon });
        for (at, work) in works.into_iter().enumerate() {
            let (analyse, post) = (self.analyse, self.post());
            scope.spawn(move |_| {
                let results = match work {
                    Work::Segments(segments) => segments.iter().map(&analyse.segment).collect(),
                    Work::Records(records) => vec![(analyse.records)(&records)],
                };
                post.send(Done::Analysed { batch, at, results });
            });
        }
    }

    /// Hands on the results that are next.
    fn hand_on(&mut self, sink: &mut impl FnMut(Vec<T>, u64)) -> bool {
        let mut moved = false;
        while self.batches.front().is_some_and(|batch| batch.missing == 0) {
            let Some(batch) = self.batches.pop_front() else { break };
            self.first_batch += 1;
            sink(batch.results.into_iter().flatten().collect(), batch.horizon);
            moved = true;
        }
        moved
    }

    /// Looks whether the follower of the work wants something.
    fn follow(&mut self, asked: &mut dyn FnMut(SoFar)) {
        if self.job.progress.stopped() {
            self.reader.stop();
        } else if self.job.progress.asked() {
            self.reader.hurry();
        }
        if self.is_idle()
            && let Some(summary) = self.served.take()
        {
            // Whoever asks wants to see the failure that was printed last. The splitter that goes on is left alone, or the asking would
            // change what is found.
            let mut copy = self.splitter.clone();
            let (segments, records) = (copy.finish(), copy.take_records());
            asked(SoFar { summary: unfinished(summary), segments, records });
        }
    }

    /// Does a task of the pool, if this is one of its threads and there is one to do; else waits for news.
    fn rest(&self) {
        if rayon::yield_now() != Some(Yield::Executed) {
            thread::park_timeout(REST);
        }
    }
}

/// Cuts what is to be analysed into tasks of a useful size.
fn works(segments: Vec<Stretch>, mut records: Vec<Record>) -> Vec<Work> {
    let mut works = Vec::new();
    let mut group: Vec<Stretch> = Vec::new();
    let mut lines = 0;
    for stretch in segments {
        lines += stretch.segment.lines.len();
        group.push(stretch);
        if lines >= LINES {
            works.push(Work::Segments(std::mem::take(&mut group)));
            lines = 0;
        }
    }
    if !group.is_empty() {
        works.push(Work::Segments(group));
    }
    while !records.is_empty() {
        let rest = records.split_off(records.len().min(RECORDS));
        works.push(Work::Records(std::mem::replace(&mut records, rest)));
    }
    works
}
