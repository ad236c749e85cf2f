//! Everything about one cause.

use anyhow::{Result, bail};

use super::{Outcome, load_rules, print};
use crate::cli::{Color, ExplainArgs};
use crate::report::explain;

/// Prints a cause with its evidence, recipes and checks.
///
/// # Errors
/// An unknown cause (with the nearest known ones), unusable rules, or an output that cannot be written.
pub fn run(args: &ExplainArgs) -> Result<Outcome> {
    let rules = load_rules(args.rules.as_deref())?;
    let Some(cause) = rules.cause(&args.cause) else {
        let words: Vec<&str> = args.cause.split('-').filter(|w| w.len() > 2).collect();
        let near: Vec<&str> = rules
            .set
            .causes
            .iter()
            .map(|c| c.id.as_str())
            .filter(|id| words.iter().any(|word| id.contains(word)))
            .collect();
        let hint = if near.is_empty() {
            "`whodunit rules list` shows them".to_owned()
        } else {
            format!("did you mean {}?", near.join(", "))
        };
        bail!("no cause is called {}; {hint}", args.cause);
    };
    print(Color::Auto, &explain::cause(cause))?;
    Ok(Outcome::Done)
}
