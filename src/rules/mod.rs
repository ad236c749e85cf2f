//! What is known about the world, as data: read, checked, compiled.
//!
//! A [`RuleSet`] is the rule files as written; [`CompiledRules`] is the immutable, shareable form with lookups and regexes. The build script
//! includes `schema`, `weights`, `every_match`, `ordinary`, `load` and `check` to read and check the built-in rules once; `embedded` takes over what it
//! wrote. Rules hold no code: this module must never grow a special case for one cause or provider.

mod blurred;
mod check;
mod compile;
mod embedded;
mod every_match;
mod examples;
mod gate;
mod lazy;
mod literal_index;
mod load;
mod lookups;
mod ordinary;
pub mod schema;
mod weights;

pub use compile::{Atom, CompiledRules, CompiledSignal};
pub use gate::{Gate, Mark, Reach, Trace, line_starts};
pub use lazy::{Found, Lazy};
pub use literal_index::Candidate;
pub use load::{RuleError, RuleSet};
pub use lookups::PackageMatch;
pub use weights::Weights;
