//! What the words of the rules weigh: the only numbers of the ranking, read from one file.

use serde::{Deserialize, Serialize};

use super::schema::{Prior, Weight};

/// `weights.toml`: what the words of the rules weigh, in log-odds.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Weights {
    /// Start of each cause.
    pub prior: PriorWeights,
    /// Evidence classes.
    pub weight: ClassWeights,
    /// How scores become probabilities.
    pub ranking: RankingWeights,
}

/// Log-odds of the prior words.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct PriorWeights {
    pub common: f64,
    pub usual: f64,
    pub rare: f64,
    pub fallback: f64,
}

/// Log-odds of the weight classes.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct ClassWeights {
    pub decisive: f64,
    pub strong: f64,
    pub moderate: f64,
    pub weak: f64,
}

/// How scores become probabilities.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct RankingWeights {
    /// Log-odds of "none of the known causes".
    pub unknown: f64,
    /// Share of a weight whose signals are all known from memory only.
    pub from_memory: f64,
    /// Evidence that moves about two thirds of the general cause's probability to the specific one.
    pub specializing: f64,
    /// Factor on the final log-odds.
    pub temperature: f64,
}

impl Weights {
    /// Log-odds of a prior word.
    #[must_use]
    pub fn prior(&self, prior: Prior) -> f64 {
        match prior {
            Prior::Common => self.prior.common,
            Prior::Usual => self.prior.usual,
            Prior::Rare => self.prior.rare,
            Prior::Fallback => self.prior.fallback,
        }
    }

    /// Log-odds of a weight class; a veto has none, it rules out.
    #[must_use]
    pub fn of(&self, weight: Weight) -> f64 {
        match weight {
            Weight::Weak => self.weight.weak,
            Weight::Moderate => self.weight.moderate,
            Weight::Strong => self.weight.strong,
            Weight::Decisive | Weight::Veto => self.weight.decisive,
        }
    }
}
