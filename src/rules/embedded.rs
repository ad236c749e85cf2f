//! The rules that the program carries inside, as the build prepared them.
//!
//! The artifact is the rule set after reading, checking and deriving, so that a start does none of that. It must hold nothing that the rule
//! files do not say.

use std::path::Path;

use super::check;
use super::load::{RuleError, RuleSet, read_folder};

/// Written by the build script.
const ARTIFACT: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/rules.postcard"));

impl RuleSet {
    /// The rules carried inside the program.
    ///
    /// # Errors
    /// None but for a program that was built wrongly, which the project's tests exclude.
    pub fn embedded() -> Result<Self, RuleError> {
        let set: Self = postcard::from_bytes(ARTIFACT)
            .map_err(|error| RuleError::Invalid(format!("the built-in rules cannot be read: {error}")))?;
        Ok(Self { checked: true, ..set })
    }

    /// The built-in rules with those of a folder on top.
    ///
    /// # Errors
    /// A folder that cannot be read, any broken or misplaced file in it, or a name that nothing defines.
    pub fn with_folder(folder: &Path) -> Result<Self, RuleError> {
        let mut set = Self::embedded()?;
        let files = read_folder(folder)?;
        set.add(&files)?;
        check::structure(&set).map_err(|error| error.placed(&files))?;
        Ok(Self { checked: true, ..set })
    }
}
