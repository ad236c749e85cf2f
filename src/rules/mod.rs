//! What is known about the world, as data: read, checked, compiled.
//!
//! A [`RuleSet`] is the rule files as written; [`CompiledRules`] is the immutable, shareable form with indexes and automatons. Rules
//! hold no code: this module must never grow a special case for one cause or provider.

mod check;
mod compile;
mod gate;
mod literals;
mod load;
mod ordinary;
pub mod schema;
mod weights;

pub use compile::{Atom, CompiledRules, CompiledSignal, Lazy, PackageMatch};
pub use gate::{Doubt, Gate, Mark, Reach};
pub use load::{RuleError, RuleSet};
pub use weights::Weights;
