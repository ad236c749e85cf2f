//! What shells print of a script that fails: `FILE: line N: MESSAGE`, and dash's `FILE: N: MESSAGE`.
//!
//! Compilers and linters print places in similar ways, so the file must be a script's or a shell's. Warnings are no events.

#[cfg(test)]
mod tests;

use super::{Found, Grammar, Openings};
use crate::model::{Bytewise, Exception, ExceptionChain, Language, Line, Relation};

/// The grammar of shells' error output.
#[derive(Clone, Copy, Debug, Default)]
pub struct Shell;

impl Grammar for Shell {
    fn language(&self) -> Language {
        Language::Shell
    }

    fn search(&self, lines: &[Line], openings: &Openings<'_>) -> Vec<Found> {
        let mut found: Vec<Found> = Vec::new();
        let mut at = 0;
        while let Some(next) = openings.next(at) {
            at = next;
            let Some((place, message)) = failure(&lines[at].text) else {
                at += 1;
                continue;
            };
            // The second line of a syntax error quotes the source.
            let next = lines.get(at + 1).filter(|line| !line.starts);
            let quote = next.and_then(|line| failure(&line.text)).filter(|(_, text)| text.starts_with('`'));
            let mut text = message.to_owned();
            if let Some((_, source)) = &quote {
                text.push('\n');
                text.push_str(source);
            }
            let end = at + 1 + usize::from(quote.is_some());
            let mut link = Exception::new("", text, Relation::Surface);
            link.properties.push(("location".to_owned(), place));
            let links = vec![link];
            let chain =
                ExceptionChain { language: Language::Shell, links, root: 0, complete: true, innermost_last: false };
            found.push(Found { lines: std::iter::once(at..end).collect(), lead: String::new(), chain });
            at = end;
        }
        found
    }

    fn openings(&self) -> &'static [&'static str] {
        &[": line ", "sh: 0", "sh: 1", "sh: 2", "sh: 3", "sh: 4", "sh: 5", "sh: 6", "sh: 7", "sh: 8", "sh: 9"]
    }

    fn literals(&self) -> &'static [&'static str] {
        // Dash prints the number without a word; nine digits are rarer than `sh: `, in which many words end.
        &[": line ", "sh: 1", "sh: 2", "sh: 3", "sh: 4", "sh: 5", "sh: 6", "sh: 7", "sh: 8", "sh: 9"]
    }
}

/// Place and message of a shell's complaint.
fn failure(text: &str) -> Option<(String, &str)> {
    let text = text.trimmed();
    let (file, rest) = text.halves_at(": ")?;
    let (numbered, bash) = match rest.strip_prefix("line ") {
        Some(numbered) => (numbered, true),
        None => (rest, false),
    };
    let (digits, message) = numbered.halves_at(": ")?;
    let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let counts = plain && !message.starts_with("warning:") && !message.is_empty();
    (counts && is_script(file, bash)).then(|| (format!("{file}:{digits}"), message))
}

/// Whether a name is a script's or a shell's. Bash says `line`, so that a path without an ending is enough.
fn is_script(file: &str, bash: bool) -> bool {
    let base = file.behind_last(b'/');
    let shell = matches!(base.trim_start_matches('-'), "bash" | "sh" | "dash" | "ksh" | "zsh" | "ash");
    let script = [".sh", ".bash", ".ksh", ".zsh"].iter().any(|end| base.ends_with(end));
    let path = bash && file.has(b'/') && !base.is_empty() && (!base.has(b'.') || base.ends_with(".bats"));
    !file.contains(char::is_whitespace) && (shell || script || path)
}
