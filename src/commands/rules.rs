//! A look into the rules: what there is, and whether it agrees with its own examples.

use std::fmt::Write as _;

use anyhow::Result;

use super::{Outcome, load_rules, print};
use crate::cli::{Color, RuleKind, RulesArgs, RulesCommand};
use crate::rules::CompiledRules;

/// Lists or checks the rules.
///
/// # Errors
/// Unusable rules, or an output that cannot be written.
pub fn run(args: &RulesArgs) -> Result<Outcome> {
    match &args.command {
        RulesCommand::List { kind, rules } => print(Color::Auto, &list(load_rules(rules.as_deref())?, *kind))?,
        RulesCommand::Check { folder } => {
            let rules = load_rules(folder.as_deref())?;
            rules.check_examples()?;
            let set = &rules.set;
            let counts = [
                (set.causes.len(), "causes"),
                (set.signals.len(), "signals"),
                (set.components.len(), "components"),
                (set.shapes.len(), "key shapes"),
            ];
            let words: Vec<String> = counts.iter().map(|(n, what)| format!("{n} {what}")).collect();
            print(Color::Auto, &format!("{}: all agree with their examples\n", words.join(", ")))?;
        }
    }
    Ok(Outcome::Done)
}

fn list(rules: &CompiledRules, kind: RuleKind) -> String {
    let set = &rules.set;
    let mut rows: Vec<(&str, String)> = match kind {
        RuleKind::Causes => set.causes.iter().map(|c| (c.id.as_str(), c.title.clone())).collect(),
        RuleKind::Signals => set.signals.iter().map(|s| (s.id.as_str(), s.says.clone())).collect(),
        RuleKind::Components => {
            set.components.iter().map(|c| (c.id.as_str(), format!("{} ({})", c.name, c.roles.join(", ")))).collect()
        }
        RuleKind::Symptoms => {
            set.symptoms.iter().map(|s| (s.id.as_str(), format!("{}, {}", s.family, s.severity.as_str()))).collect()
        }
    };
    rows.sort();
    let width = rows.iter().map(|(id, _)| id.len()).max().unwrap_or(0);
    let mut out = String::new();
    for (id, text) in rows {
        let _ = writeln!(out, "{id:width$}  {text}");
    }
    out
}
