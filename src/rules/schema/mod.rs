//! The rule files as they are written: one struct a table, nothing resolved yet.
//!
//! `rules/README.md` documents every field. An unknown key is an error, so that a misspelt field never loses a rule in silence. The same
//! structs are written into the artifact that the program carries and read back from it; the build script includes this module, so it
//! must not use anything outside of it but [`super::literals`].

mod cause;
mod component;
mod key;
mod later;
mod pattern;
mod signal;

pub use cause::{Cause, Confirm, EvidenceRule, Prior, Recipe, Selector, Weight};
pub use component::{Class, Component, Layer, Neutral, Package, PlaceRule, RoleRule, RoleSubject, Sign};
pub use key::{Mask, Placeholder, Shape};
pub use later::Later;
pub use pattern::Pattern;
pub use signal::{Blames, Confidence, Grade, Kind, Place, Signal, Symptom};

pub(crate) use component::{NeutralFile, RoleFile};
pub(crate) use key::KeyFile;
pub(crate) use signal::{SignalFile, SymptomFile};
