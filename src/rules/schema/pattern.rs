//! A regex of a rule, with what can be told from it before it is compiled.
//!
//! A pattern that does not parse is an error of the file it stands in. What is derived travels with the pattern into the artifact, so that
//! a start parses no regex; nothing here compiles one.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::super::every_match;

/// A regex as written, and what every match of it must contain. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Pattern(Arc<Derived>);

#[derive(Debug, Serialize, Deserialize)]
struct Derived {
    text: String,
    literals: Vec<String>,
    signs: Vec<Vec<String>>,
    within_a_line: bool,
    digits_alike: bool,
    further: Vec<Vec<String>>,
    relaxed: Option<Pattern>,
}

impl Pattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// What the pattern's syntax breaks.
    pub fn new(text: &str) -> Result<Self, String> {
        let hir = every_match::parse(text).map_err(|error| format!("the pattern does not parse\n{error}"))?;
        let literals = every_match::required(&hir).unwrap_or_default();
        // Literals are signs already, and better ones.
        let signs = if literals.is_empty() { every_match::signs(&hir) } else { Vec::new() };
        let within_a_line = every_match::within_a_line(&hir);
        let digits_alike = every_match::digits_alike(&hir);
        let further = every_match::further(&hir);
        let relaxed = every_match::relaxed(text).map(|relaxed| Self::new(&relaxed)).transpose()?;
        let text = text.to_owned();
        Ok(Self(Arc::new(Derived { text, literals, signs, within_a_line, digits_alike, further, relaxed })))
    }

    /// Literals in lower case of which every match contains one, in either case; empty where none are certain.
    #[must_use]
    pub fn literals(&self) -> &[String] {
        &self.0.literals
    }

    /// Sets of texts in lower case of which every match contains one each, in letters of whatever case; empty where there are literals, or
    /// none are certain. They say something of ASCII texts only.
    #[must_use]
    pub fn signs(&self) -> &[Vec<String>] {
        &self.0.signs
    }

    /// Further sets of texts in lower case of which every match contains one each, in either case and however it is escaped.
    #[must_use]
    pub fn further(&self) -> &[Vec<String>] {
        &self.0.further
    }

    /// A pattern that matches wherever this one does, and asks for no beginning and no end: this one if it is such a pattern.
    #[must_use]
    pub fn relaxed(&self) -> &Self {
        self.0.relaxed.as_ref().unwrap_or(self)
    }

    /// Whether it asks for a beginning or an end, of a text or a line.
    #[must_use]
    pub fn is_anchored(&self) -> bool {
        self.0.relaxed.is_some()
    }

    /// Whether every match lies within one line, wherever in a text that line stands.
    #[must_use]
    pub fn within_a_line(&self) -> bool {
        self.0.within_a_line
    }

    /// Whether it takes every ASCII digit for any other: where it matches, it matches the same when digits are exchanged for others.
    #[must_use]
    pub fn digits_alike(&self) -> bool {
        self.0.digits_alike
    }
}

impl Deref for Pattern {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0.text
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self)
    }
}

impl Serialize for Pattern {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            return self.0.text.serialize(serializer);
        }
        self.0.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Pattern {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            return Self::new(&String::deserialize(deserializer)?).map_err(D::Error::custom);
        }
        Derived::deserialize(deserializer).map(|derived| Self(Arc::new(derived)))
    }
}
