//! A cause rule as text: everything a person may want to read about it, with every recipe.

use std::fmt::Write as _;

use super::advice::Names;
use crate::rules::schema::{Cause, EvidenceRule};

/// The whole cause.
#[must_use]
pub fn cause(cause: &Cause) -> String {
    let names = Names::default();
    let mut out = format!("{} ({})\n\n{}\n", cause.title, cause.id, names.fill(cause.meaning.trim()));
    if !cause.specializes.is_empty() {
        let _ = writeln!(out, "\nA special case of: {}", cause.specializes.join(", "));
    }
    for (heading, items) in [("Speaks for it", &cause.supports), ("Speaks against it", &cause.against)] {
        evidence(&mut out, heading, items);
    }
    for recipe in &cause.recipe {
        let _ = writeln!(
            out,
            "\nFix{}",
            selectors([&recipe.framework, &recipe.language, &recipe.runtime, &recipe.provider])
        );
        let _ = writeln!(out, "  {}", names.fill(recipe.text.trim()));
        for line in recipe.code.as_deref().unwrap_or_default().trim_matches('\n').lines() {
            let _ = writeln!(out, "    {}", names.fill(line));
        }
    }
    for confirm in &cause.confirm {
        let _ = writeln!(
            out,
            "\nCheck{}",
            selectors([&confirm.framework, &confirm.language, &confirm.runtime, &confirm.provider])
        );
        for line in names.fill(&confirm.check).lines() {
            let _ = writeln!(out, "    {line}");
        }
        let _ = writeln!(out, "  {}", names.fill(&confirm.expect));
        if !confirm.tells_apart.is_empty() {
            let _ = writeln!(out, "  Tells it from: {}", confirm.tells_apart.join(", "));
        }
    }
    let _ = writeln!(out, "\nVerify\n  {}\n\nPrevent\n  {}", names.fill(&cause.verify), names.fill(&cause.prevent));
    if !cause.references.is_empty() {
        let _ = writeln!(out, "\nReferences\n  {}", cause.references.join("\n  "));
    }
    out
}

fn evidence(out: &mut String, heading: &str, items: &[EvidenceRule]) {
    if items.is_empty() {
        return;
    }
    let _ = writeln!(out, "\n{heading}");
    for item in items {
        let _ = writeln!(out, "  {:9} {}", item.weight.as_str(), item.says);
    }
}

fn selectors(parts: [&Option<String>; 4]) -> String {
    let known: Vec<&str> = parts.into_iter().flatten().map(String::as_str).collect();
    if known.is_empty() { String::new() } else { format!(" ({})", known.join(", ")) }
}
