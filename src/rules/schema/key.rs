//! Key files: what credentials look like, whole, masked, or with template text in their place.

use serde::{Deserialize, Serialize};

use super::Pattern;

/// `keys/shapes.toml`
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct KeyFile {
    #[serde(default)]
    pub(crate) shape: Vec<Shape>,
    #[serde(default)]
    pub(crate) mask: Vec<Mask>,
    #[serde(default)]
    pub(crate) placeholder: Vec<Placeholder>,
}

/// What a provider's key looks like.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Shape {
    /// Unique name, shown in redacted text.
    pub id: String,
    /// Owner.
    pub provider: String,
    /// Regex on text.
    #[serde(rename = "match")]
    pub pattern: Pattern,
    /// `api-key`, `jwt`, …
    pub kind: String,
    /// Usual length in bytes, least and most.
    pub length: Option<(usize, usize)>,
    /// Only with a variable name or header as context.
    #[serde(default)]
    pub ambiguous: bool,
    /// Start that a masked key still shows.
    pub prefix: Option<String>,
}

/// How a provider prints a key it refuses.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Mask {
    /// Who prints it.
    pub provider: String,
    /// Regex with groups `head`, `stars`, `tail`.
    #[serde(rename = "match")]
    pub pattern: Pattern,
    /// One star a hidden character.
    #[serde(default)]
    pub hidden_one_to_one: bool,
}

/// Text that stands where a key should be.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Placeholder {
    /// Regex on the value.
    #[serde(rename = "match")]
    pub pattern: Pattern,
}
