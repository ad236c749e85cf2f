//! How well probabilities fit the labels.

use std::fmt;

use whodunit::ranking;
use whodunit::rules::Weights;

use crate::corpus::Case;

/// Below this a probability is as good as none; keeps one miss from outweighing everything.
const FLOOR: f64 = 0.01;

/// What became of one case.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Outcome {
    /// Of the most likely cause; 0 where nothing was found.
    pub(crate) probability: f64,
    /// It is the injected one or one that nobody could rule out.
    pub(crate) right: bool,
    /// It is the injected one, where the log tells that.
    pub(crate) told: Option<bool>,
    /// One of the first three is.
    pub(crate) among_three: bool,
    /// How surprising the label is.
    pub(crate) loss: f64,
    /// The log cannot tell.
    pub(crate) untold: bool,
    /// Something was found.
    pub(crate) found: bool,
}

/// The outcome of each case with some weights.
pub(crate) fn outcomes(cases: &[&Case], weights: &Weights) -> Vec<Outcome> {
    cases.iter().map(|case| outcome(case, weights)).collect()
}

/// Mean surprise, which a fit lowers.
pub(crate) fn loss(cases: &[&Case], weights: &Weights) -> f64 {
    let found: Vec<f64> =
        cases.iter().filter(|case| !case.causes.is_empty()).map(|case| outcome(case, weights).loss).collect();
    found.iter().sum::<f64>() / found.len().max(1) as f64
}

fn outcome(case: &Case, weights: &Weights) -> Outcome {
    let (probabilities, _) = ranking::weigh(&case.causes, weights);
    let right = |at: usize| case.accepted.contains(&case.causes[at].id);
    let mut order: Vec<usize> = (0..probabilities.len()).collect();
    order.sort_by(|a, b| {
        probabilities[*b].total_cmp(&probabilities[*a]).then_with(|| case.causes[*a].id.cmp(&case.causes[*b].id))
    });
    let of = |id: &String| case.causes.iter().position(|c| c.id == *id).map_or(0.0, |at| probabilities[at]);
    let loss = if case.untold {
        // What the log cannot tell apart should be named alike.
        let each = case.accepted.iter().map(|id| -of(id).max(FLOOR).ln());
        let count = case.accepted.len() as f64;
        each.sum::<f64>() / count
    } else {
        -case.accepted.iter().map(of).sum::<f64>().clamp(FLOOR, 1.0).ln()
    };
    Outcome {
        probability: order.first().map_or(0.0, |at| probabilities[*at]),
        right: order.first().is_some_and(|at| right(*at)),
        told: case.told.then(|| order.first().is_some_and(|at| case.causes[*at].id == case.accepted[0])),
        among_three: order.iter().take(3).any(|at| right(*at)),
        loss,
        untold: case.untold,
        found: !order.is_empty(),
    }
}

/// The figures of many outcomes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Figures {
    told: f64,
    first: f64,
    three: f64,
    sure_and_wrong: f64,
    brier: f64,
    ece: f64,
    loss: f64,
}

impl Figures {
    pub(crate) const HEADING: &'static str = " told  cause@1 cause@3  wrong&sure  brier    ece  log-loss";

    pub(crate) fn of(outcomes: &[Outcome]) -> Self {
        let share = |sum: f64, of: usize| sum / of.max(1) as f64;
        let count = |holds: &dyn Fn(&&Outcome) -> bool| outcomes.iter().filter(holds).count() as f64;
        let found: Vec<&Outcome> = outcomes.iter().filter(|o| o.found).collect();
        let hit = |right: bool| f64::from(u8::from(right));
        let mut bins = [(0.0, 0.0); 10];
        for outcome in &found {
            let bin = &mut bins[((outcome.probability * 10.0) as usize).min(9)];
            bin.0 += outcome.probability;
            bin.1 += hit(outcome.right);
        }
        let told: Vec<bool> = outcomes.iter().filter_map(|o| o.told).collect();
        Self {
            told: share(told.iter().filter(|told| **told).count() as f64, told.len()),
            first: share(count(&|o| o.right), outcomes.len()),
            three: share(count(&|o| o.among_three), outcomes.len()),
            sure_and_wrong: share(count(&|o| o.found && !o.right && o.probability >= 0.8), found.len()),
            brier: share(found.iter().map(|o| (o.probability - hit(o.right)).powi(2)).sum(), found.len()),
            ece: share(bins.iter().map(|(said, right)| (said - right).abs()).sum(), found.len()),
            loss: share(found.iter().map(|o| o.loss).sum(), found.len()),
        }
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { told, first, three, sure_and_wrong, brier, ece, loss } = self;
        write!(f, "{told:.3}  {first:>7.3} {three:>7.3}  {sure_and_wrong:>10.3}  {brier:.3}  {ece:.3}  {loss:>8.3}")
    }
}
