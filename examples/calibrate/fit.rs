//! Finds numbers that fit labelled cases better without going far from the present ones.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use whodunit::rules::Weights;

use crate::corpus::Case;
use crate::measure;

/// Seed of the only thing that looks random: which family falls into which part.
const SEED: u64 = 0x5eed_1e55_c0ff_ee11;

/// Steps of the search, in units of a parameter's scale.
const STEPS: [f64; 4] = [0.5, 0.25, 0.1, 0.05];

/// Classes stay this far apart, in log-odds.
const GAP: f64 = 0.2;

/// One number of the weights.
#[derive(Clone, Copy)]
pub(crate) struct Parameter {
    pub(crate) section: &'static str,
    pub(crate) name: &'static str,
    pub(crate) get: fn(&Weights) -> f64,
    set: fn(&mut Weights, f64),
    /// What counts as a large change.
    scale: f64,
    range: (f64, f64),
}

macro_rules! parameter {
    ($section:ident . $name:ident, $scale:literal, $from:literal ..= $to:literal) => {
        Parameter {
            section: stringify!($section),
            name: stringify!($name),
            get: |weights| weights.$section.$name,
            set: |weights, value| weights.$section.$name = value,
            scale: $scale,
            range: ($from, $to),
        }
    };
}

/// Every number that may move. The prior of a usual cause stays: it is what the others are relative to.
pub(crate) const PARAMETERS: [Parameter; 11] = [
    parameter!(prior.common, 1.0, -4.0..=4.0),
    parameter!(prior.rare, 1.0, -4.0..=4.0),
    parameter!(prior.fallback, 1.0, -4.0..=4.0),
    parameter!(weight.decisive, 1.0, 0.1..=8.0),
    parameter!(weight.strong, 1.0, 0.1..=8.0),
    parameter!(weight.moderate, 1.0, 0.1..=8.0),
    parameter!(weight.weak, 1.0, 0.1..=8.0),
    parameter!(ranking.unknown, 1.0, -4.0..=4.0),
    parameter!(ranking.from_memory, 0.3, 0.3..=1.0),
    parameter!(ranking.specializing, 1.0, 0.5..=6.0),
    parameter!(ranking.temperature, 0.3, 0.5..=2.0),
];

/// Fits weights to cases.
#[derive(Debug)]
pub(crate) struct Fitter {
    /// Where the search starts, and what it is pulled to.
    pub(crate) present: Weights,
    /// How strongly.
    pub(crate) pull: f64,
}

impl Fitter {
    /// The best weights for these cases: one number after the other is moved while that helps, in ever smaller steps.
    pub(crate) fn fit(&self, cases: &[&Case]) -> Weights {
        let mut best = self.present.clone();
        let mut least = self.cost(cases, &best);
        for step in STEPS {
            loop {
                let before = least;
                for parameter in PARAMETERS {
                    for direction in [1.0, -1.0] {
                        let mut tried = best.clone();
                        let value = (parameter.get)(&best) + direction * step * parameter.scale;
                        (parameter.set)(&mut tried, (value * 1000.0).round() / 1000.0);
                        let cost = self.cost(cases, &tried);
                        if cost < least - 1e-9 {
                            (best, least) = (tried, cost);
                        }
                    }
                }
                if before - least < 1e-6 {
                    break;
                }
            }
        }
        best
    }

    fn cost(&self, cases: &[&Case], weights: &Weights) -> f64 {
        if !ordered(weights) {
            return f64::INFINITY;
        }
        let distance = PARAMETERS.iter().map(|p| (((p.get)(weights) - (p.get)(&self.present)) / p.scale).powi(2));
        measure::loss(cases, weights) + self.pull * distance.sum::<f64>()
    }
}

/// Whether the words still mean what they say: each number in its range, and stronger words weigh more.
fn ordered(weights: &Weights) -> bool {
    let within = |p: &Parameter| ((p.range.0)..=(p.range.1)).contains(&(p.get)(weights));
    let classes = [weights.weight.decisive, weights.weight.strong, weights.weight.moderate, weights.weight.weak];
    let priors = [weights.prior.common, weights.prior.usual, weights.prior.rare, weights.prior.fallback];
    PARAMETERS.iter().all(within)
        && classes.windows(2).all(|pair| pair[0] >= pair[1] + GAP)
        && priors.windows(2).all(|pair| pair[0] >= pair[1])
}

/// The part of each case. Families stay together; the next one goes to the smallest part.
pub(crate) fn folds(cases: &[Case], folds: usize) -> Vec<usize> {
    let mut families: BTreeMap<&str, usize> = BTreeMap::new();
    for case in cases {
        *families.entry(&case.family).or_default() += 1;
    }
    let mut order: Vec<(&str, usize)> = families.into_iter().collect();
    let mut state = SEED;
    for at in (1..order.len()).rev() {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        order.swap(at, usize::try_from(state % (at as u64 + 1)).unwrap_or(0));
    }
    let mut sizes = vec![0; folds.max(1)];
    let mut part_of: BTreeMap<&str, usize> = BTreeMap::new();
    for (family, size) in order {
        let smallest = (0..sizes.len()).min_by_key(|part| sizes[*part]).unwrap_or(0);
        sizes[smallest] += size;
        part_of.insert(family, smallest);
    }
    cases.iter().map(|case| part_of[case.family.as_str()]).collect()
}

/// The text of a weights file with other numbers, and everything else as it was.
pub(crate) fn written(text: &str, weights: &Weights) -> String {
    let mut section = "";
    let mut out = String::new();
    for line in text.lines() {
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            section = name;
        }
        let name = line.split_once(" = ").map(|(name, _)| name);
        let parameter = PARAMETERS.iter().find(|p| p.section == section && Some(p.name) == name);
        let _ = match parameter {
            Some(parameter) => writeln!(out, "{} = {:?}", parameter.name, rounded((parameter.get)(weights))),
            None => writeln!(out, "{line}"),
        };
    }
    out
}

/// More digits than the cases can tell apart would only look precise.
fn rounded(value: f64) -> f64 {
    (value * 20.0).round() / 20.0
}
