//! What each stage costs alone, on logs of the kinds that trouble it: `cargo bench --bench stages -- gate`.

#![allow(missing_docs, reason = "criterion's macro makes a public function")]

#[path = "../examples/make_logs/logs/mod.rs"]
mod logs;

use std::hint::black_box;

use criterion::{BenchmarkGroup, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use logs::Kind;
use whodunit::assemble;
use whodunit::envelope::payload;
use whodunit::evidence::Evidence;
use whodunit::input::Block;
use whodunit::matching::{self, Standing};
use whodunit::model::{Event, Segment, SourceId, StreamId};
use whodunit::observe::{Memory, Observer};
use whodunit::ranking;
use whodunit::rules::{CompiledRules, Gate, RuleSet, line_starts};
use whodunit::streams::{Origin, Preparer, Shape};

/// Bytes of each log: a few blocks' worth, more than the caches hold.
const SIZE: u64 = 4 << 20;

const KINDS: [Kind; 5] = [Kind::Plain, Kind::Requests, Kind::Incident, Kind::Dense, Kind::Distinct];

fn rules() -> CompiledRules {
    RuleSet::embedded().and_then(CompiledRules::new).expect("the built-in rules")
}

fn derived_gate(rules: &CompiledRules) -> Gate<'_> {
    Gate::new(rules, &assemble::literals().collect::<Vec<_>>())
}

/// The segments of a log, as the pipeline cuts them.
fn segments(gate: &Gate<'_>, bytes: Vec<u8>) -> Vec<Segment> {
    let shape = Shape::detect(&bytes[..64 * 1024]);
    let lines = memchr::memchr_iter(b'\n', &bytes).count() as u64;
    let block = Block { bytes, offset: 0, first_line: 1, lines, cut: false };
    let origin = Origin { source: SourceId(0), fallback: StreamId::new("bench") };
    let preparer = Preparer::new(origin, &shape, gate);
    let mut splitter = preparer.splitter();
    splitter.push(preparer.prepare(&block));
    splitter.finish().into_iter().map(|stretch| stretch.segment).collect()
}

fn text_bytes(segments: &[Segment]) -> u64 {
    segments.iter().flat_map(|segment| &segment.lines).map(|line| line.text.len() as u64 + 1).sum()
}

/// The texts of an event that are held against the signals, and how they stand in it.
fn texts(event: &Event) -> Vec<(String, Standing)> {
    let message = matching::bounded(&event.message).to_owned();
    let mut texts = vec![(message, Standing::message(event.chain.is_some()))];
    if let Some(chain) = &event.chain {
        let links = chain.links.iter().enumerate();
        texts.extend(links.map(|(at, link)| (matching::link_text(link), Standing::link(at, chain.root))));
        texts.push((matching::frames_text(chain), Standing::Frames));
    }
    texts
}

fn bench<T: ?Sized>(
    group: &mut BenchmarkGroup<'_, criterion::measurement::WallTime>,
    kind: Kind,
    bytes: u64,
    input: &T,
    mut run: impl FnMut(&T),
) {
    group.throughput(Throughput::Bytes(bytes)).sample_size(20);
    let id = BenchmarkId::from_parameter(format!("{kind:?}").to_lowercase());
    group.bench_with_input(id, input, |bencher, input| bencher.iter(|| run(input)));
}

/// What every run pays before it reads a byte: the rules, from the artifact to their compiled form. No run takes them apart again.
fn start(criterion: &mut Criterion) {
    criterion.bench_function("start/rules", |bencher| bencher.iter_with_large_drop(rules));
}

/// Finding the lines that could matter.
fn gate(criterion: &mut Criterion) {
    let rules = rules();
    let gate = derived_gate(&rules);
    let mut group = criterion.benchmark_group("gate");
    for kind in KINDS {
        let log = logs::bytes(kind, SIZE);
        bench(&mut group, kind, log.len() as u64, log.as_slice(), |log| {
            black_box(gate.marks(log, &line_starts(log)).len());
        });
    }
}

/// Taking the transport and the logger's prefix off every line, whether or not the gate would let it pass.
fn envelope(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("envelope");
    for kind in KINDS {
        let log = logs::bytes(kind, SIZE);
        let shape = Shape::detect(&log[..64 * 1024]);
        bench(&mut group, kind, log.len() as u64, log.as_slice(), |log| {
            for line in log.split(|byte| *byte == b'\n') {
                black_box(payload::read(&shape.wrapping.strip(line).payload));
            }
        });
    }
}

/// From segments to events. Bytes are those of the lines that reached it.
fn assembly(criterion: &mut Criterion) {
    let rules = rules();
    let gate = derived_gate(&rules);
    let mut group = criterion.benchmark_group("assembly");
    for kind in KINDS {
        let segments = segments(&gate, logs::bytes(kind, SIZE));
        bench(&mut group, kind, text_bytes(&segments), segments.as_slice(), |segments| {
            for segment in segments {
                black_box(assemble::assemble(segment));
            }
        });
    }
}

/// Holding every event against the signals, without the memory of texts seen before. Bytes are those of the texts.
fn matching(criterion: &mut Criterion) {
    let rules = rules();
    let gate = derived_gate(&rules);
    let mut group = criterion.benchmark_group("matching");
    for kind in KINDS {
        let events: Vec<Event> = segments(&gate, logs::bytes(kind, SIZE)).iter().flat_map(assemble::assemble).collect();
        let texts: Vec<(String, Standing)> = events.iter().flat_map(texts).collect();
        let bytes = texts.iter().map(|(text, _)| text.len() as u64).sum();
        bench(&mut group, kind, bytes, texts.as_slice(), |texts| {
            for (text, standing) in texts {
                black_box(matching::find(&rules, text, *standing));
            }
        });
    }
}

/// From evidence to findings. Bytes are those of the log behind the evidence.
fn ranking(criterion: &mut Criterion) {
    let rules = rules();
    let gate = derived_gate(&rules);
    let mut group = criterion.benchmark_group("ranking");
    for kind in [Kind::Incident, Kind::Dense, Kind::Distinct] {
        let mut evidence = Evidence::default();
        let memory = Memory::default();
        for segment in segments(&gate, logs::bytes(kind, SIZE)) {
            let mut observer = Observer::new(&rules, &memory, &segment.lines, segment.stream.clone());
            let seen = assemble::assemble(&segment).into_iter().flat_map(|event| observer.observe(&event));
            seen.for_each(|observation| evidence.add(observation));
        }
        bench(&mut group, kind, SIZE, &evidence, |evidence| {
            black_box(ranking::rank(&rules, evidence));
        });
    }
}

criterion_group!(stages, start, gate, envelope, assembly, matching, ranking);
criterion_main!(stages);
