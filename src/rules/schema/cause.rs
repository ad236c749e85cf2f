//! Cause files: why things fail, what speaks for it, and what fixes it.

use serde::{Deserialize, Serialize};

use super::Later;

/// `causes/<id>.toml`
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Cause {
    /// Unique name, also the file's.
    pub id: String,
    /// Plain words.
    pub title: String,
    /// Symptoms it can explain.
    pub symptoms: Vec<String>,
    /// How often it is the reason before anything is known.
    pub prior: Prior,
    /// Roles of a component that it can explain; all where absent.
    #[serde(default)]
    pub roles: Vec<String>,
    /// Role that the component has in the report when this cause is likely: the hop before a provider, not the provider's usual use.
    pub blames: Option<String>,
    /// General causes whose place it takes when it has evidence of its own.
    #[serde(default)]
    pub specializes: Vec<String>,
    /// What happened, for someone who is no expert.
    pub meaning: String,
    /// How to see that the fix worked.
    pub verify: String,
    /// What keeps it from coming back.
    pub prevent: String,
    /// Links.
    #[serde(default)]
    pub references: Vec<String>,
    /// Evidence for.
    #[serde(default, rename = "for")]
    pub supports: Vec<EvidenceRule>,
    /// Evidence against.
    #[serde(default)]
    pub against: Vec<EvidenceRule>,
    /// Fixes.
    #[serde(default)]
    pub recipe: Later<Vec<Recipe>>,
    /// Checks that tell it from others.
    #[serde(default)]
    pub confirm: Later<Vec<Confirm>>,
}

/// How often a cause is the reason before anything is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs)]
pub enum Prior {
    Fallback,
    Rare,
    Usual,
    Common,
}

impl Prior {
    /// The name used in rules and reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Fallback => "fallback",
            Self::Rare => "rare",
            Self::Usual => "usual",
            Self::Common => "common",
        }
    }
}

/// One item of evidence. Names are concepts, `@aggregates`, or `!@aggregates`.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct EvidenceRule {
    /// Every name must hold.
    #[serde(default)]
    pub all: Vec<String>,
    /// At least one name must hold, where given.
    #[serde(default)]
    pub any: Vec<String>,
    /// No name may hold.
    #[serde(default)]
    pub none: Vec<String>,
    /// How much it counts.
    pub weight: Weight,
    /// One family counts once.
    pub family: String,
    /// Sentence for a person.
    pub says: String,
}

/// Weight class of an evidence item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs)]
pub enum Weight {
    Weak,
    Moderate,
    Strong,
    Decisive,
    /// Only against: rules the cause out.
    Veto,
}

impl Weight {
    /// The name used in reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Weak => "weak",
            Self::Moderate => "moderate",
            Self::Strong => "strong",
            Self::Decisive => "decisive",
            Self::Veto => "veto",
        }
    }
}

/// When a recipe or check fits; an absent selector fits everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selector<'a> {
    /// `llama-index`, `langchain-python`, …
    pub framework: Option<&'a str>,
    /// `python`, `javascript`
    pub language: Option<&'a str>,
    /// `kubernetes`, `compose`, …
    pub runtime: Option<&'a str>,
    /// A provider's id.
    pub provider: Option<&'a str>,
}

/// A fix.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    /// Fits only this framework.
    pub framework: Option<String>,
    /// Fits only this language.
    pub language: Option<String>,
    /// Fits only this runtime.
    pub runtime: Option<String>,
    /// Fits only this provider.
    pub provider: Option<String>,
    /// What to do.
    pub text: String,
    /// Language of `code`.
    pub code_language: Option<String>,
    /// Code to copy.
    pub code: Option<String>,
}

/// A check that separates causes.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Confirm {
    /// Fits only this framework.
    pub framework: Option<String>,
    /// Fits only this language.
    pub language: Option<String>,
    /// Fits only this runtime.
    pub runtime: Option<String>,
    /// Fits only this provider.
    pub provider: Option<String>,
    /// Causes it tells this one from.
    #[serde(default)]
    pub tells_apart: Vec<String>,
    /// Command or question; safe to run, prints no secret.
    pub check: String,
    /// What the answer means.
    pub expect: String,
}
