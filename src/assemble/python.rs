//! Python's error output.

use super::{Found, Grammar};
use crate::model::{Language, Line};

/// The grammar of Python.
pub struct Python;

impl Grammar for Python {
    fn language(&self) -> Language {
        Language::Python
    }

    fn find(&self, _lines: &[Line]) -> Vec<Found> {
        Vec::new()
    }

    fn literals(&self) -> &'static [&'static str] {
        &["Traceback (most recent call last)"]
    }
}
