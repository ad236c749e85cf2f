//! Lines that differ from others in numbers and times alone are not looked into again, and that never shows.

mod common;

use std::fs;
use std::path::PathBuf;

use whodunit::input::SourceSpec;
use whodunit::report;
use whodunit::rules::Gate;
use whodunit::scan::Options;

/// A deterministic stream of numbers (Knuth's MMIX).
struct Dice(u64);

impl Dice {
    fn below(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }

    fn digit(&mut self) -> u8 {
        b"0123456789"[usize::try_from(self.below(10)).unwrap_or(0)]
    }

    /// The text with about one in so many digits replaced.
    fn other_digits(&mut self, text: &[u8], one_in: u64) -> Vec<u8> {
        let other = |byte: &u8| if byte.is_ascii_digit() && self.below(one_in) == 0 { self.digit() } else { *byte };
        text.iter().map(other).collect()
    }
}

fn logs() -> Vec<PathBuf> {
    ["causes", "envelopes", "logs", "traces"].into_iter().flat_map(common::logs_below).collect()
}

/// Every line of every log, with other digits within the bounds that the gate names.
#[test]
fn the_gate_marks_what_it_says_is_alike_in_the_same_way() {
    let gate = common::derived_gate();
    let mut dice = Dice(7);
    let (mut known, mut held) = (0, 0);
    for log in logs() {
        let bytes = fs::read(&log).expect("a log");
        for line in bytes.split_inclusive(|byte| *byte == b'\n').take(2000) {
            let Some(bounds) = gate.alike(line) else { continue };
            assert!(bounds.hold(line), "{} is like itself", String::from_utf8_lossy(line));
            known += 1;
            let mark = |line: &[u8]| gate.mark(line, 0..line.len());
            for one_in in [1, 3, 9] {
                let other = dice.other_digits(line, one_in);
                if bounds.hold(&other) {
                    held += 1;
                    let (line, said) = (String::from_utf8_lossy(line), String::from_utf8_lossy(&other));
                    assert_eq!(mark(line.as_bytes()), mark(&other), "{line}{said}");
                }
            }
        }
    }
    assert!(known > 10_000 && held > known, "{known} lines, {held} others");
}

/// Each log several times over with other digits here and there, once through the gate and its memory of lines, once read in full.
#[test]
fn logs_with_other_numbers_are_read_as_if_each_line_were_new() {
    let gate = common::derived_gate();
    let folder = tempfile::tempdir().expect("a folder");
    let mut dice = Dice(11);
    // Enough of them, and not so many that it takes minutes without optimisation.
    for log in ["causes", "envelopes"].into_iter().flat_map(common::logs_below).step_by(4) {
        let bytes = fs::read(&log).expect("a log");
        if bytes.len() > 16 * 1024 || bytes.starts_with(&[0x1f, 0x8b]) {
            continue;
        }
        // Nothing is kept of the first bytes of a source.
        let rounds = (40 * 1024_usize).div_ceil(bytes.len().max(1)).clamp(4, 60);
        let again = (0..rounds).flat_map(|round| dice.other_digits(&bytes, [100, 30, 8][round % 3]));
        let path = folder.path().join("again.log");
        fs::write(&path, bytes.iter().copied().chain(again).collect::<Vec<u8>>()).expect("written");
        let read = |gate: &Gate<'_>| {
            let options = Options { block_bytes: 4096, blocks_in_flight: 2 };
            report::json(&common::diagnose(&[SourceSpec::file(&path)], gate, options))
        };
        common::assert_same(&read(&Gate::open()), &read(&gate), &common::shown(&log));
    }
}
