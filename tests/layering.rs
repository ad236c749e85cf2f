//! Who may import whom, and who may touch what: the shape of the program, read from its sources.
//!
//! The table below is the design in short. A new edge is a decision, not an accident: it fails here first. Tests inside `src/` may import
//! what they like, so test modules are left out, at the end of a file as well as in files of their own.

mod common;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// What stands above an item that only tests are compiled with.
const TEST_MARK: &str = "#[cfg(test)]";

/// A module and what it may import of the others; `*` for everything.
const IMPORTS: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("input", &["model"]),
    ("envelope", &["model"]),
    ("rules", &["model"]),
    ("assemble", &["model"]),
    ("keys", &["model", "rules"]),
    ("matching", &["model", "rules"]),
    ("attribution", &["model", "rules", "keys", "matching"]),
    ("redact", &["model", "rules", "keys"]),
    ("evidence", &["model", "keys"]),
    ("observe", &["model", "rules", "matching", "attribution", "redact", "keys", "evidence"]),
    ("ranking", &["model", "rules", "evidence"]),
    ("streams", &["model", "rules", "input", "envelope"]),
    ("scan", &["model", "rules", "input", "envelope", "streams", "assemble", "observe", "evidence"]),
    ("report", &["model", "rules", "input", "evidence", "ranking", "redact"]),
    ("commands", &["*"]),
    ("cli", &["*"]),
];

/// A name that only some files may speak of, and those files: a path below `src/`, a folder with its slash.
const RESERVED: &[(&str, &[&str])] = &[
    ("clap", &["cli.rs", "commands/", "main.rs"]),
    ("comfy_table", &["report/table.rs"]),
    ("rayon", &["scan.rs", "scan/", "commands/mod.rs"]),
    ("std::thread", &["scan/", "input/reader.rs"]),
    ("signal_hook", &["commands/signals.rs"]),
    ("std::fs", &["input/", "commands/", "rules/load.rs"]),
    ("fs::File", &["input/", "commands/", "rules/load.rs"]),
    ("walkdir", &["input/", "rules/load.rs"]),
    ("std::net", &[]),
    ("std::process::Command", &[]),
    ("std::env::var", &[]),
    ("SystemTime", &[]),
    ("Instant", &[]),
    ("unsafe", &[]),
];

/// The sources without their tests: path below `src/`, code.
fn sources() -> Vec<(String, String)> {
    let src = common::root().join("src");
    let files = common::walk(&src).into_iter().filter(|path| path.extension().is_some_and(|e| e == "rs"));
    let read = |path: &Path| {
        let name = path.strip_prefix(&src).expect("below src").to_string_lossy().replace('\\', "/");
        (name, fs::read_to_string(path).expect("a source is readable"))
    };
    let all: Vec<_> = files.map(|path| read(&path)).collect();
    assert!(all.len() > 30, "the sources are somewhere else: only {} files", all.len());
    let tests: Vec<String> = all.iter().flat_map(|(name, text)| test_files(name, text)).collect();
    let in_program = |name: &str| !name.ends_with("tests.rs") && !tests.iter().any(|test| name == test);
    all.into_iter().filter(|(name, _)| in_program(name)).map(|(name, text)| (name, code(&text))).collect()
}

/// The files of modules that a source declares for its tests only.
fn test_files(name: &str, text: &str) -> Vec<String> {
    let folder = match name.rsplit_once('/') {
        Some((folder, "mod.rs")) => format!("{folder}/"),
        None if matches!(name, "lib.rs" | "main.rs") => String::new(),
        _ => format!("{}/", name.trim_end_matches(".rs")),
    };
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let marks = lines.iter().enumerate().filter(|(_, line)| **line == TEST_MARK);
    let declared = marks.filter_map(|(at, _)| declared_module(lines[at + 1..].iter().copied()));
    declared.map(|module| format!("{folder}{module}.rs")).collect()
}

/// The module that the item after a mark declares as a file of its own.
fn declared_module<'a>(mut lines: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let item = lines.find(|line| !line.trim().starts_with("#["))?;
    item.trim().strip_suffix(';')?.rsplit_once("mod ").map(|(_, module)| module)
}

/// What is compiled into the program: no comments, no strings, no tests. Tests inside a file stand at its end.
fn code(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let inline =
        |at: &usize| lines[*at].trim() == TEST_MARK && declared_module(lines[at + 1..].iter().copied()).is_none();
    let end = (0..lines.len()).find(inline).unwrap_or(lines.len());
    let lines = lines[..end].iter().filter(|line| !line.trim_start().starts_with("//"));
    lines.map(|line| without_strings(line)).collect::<Vec<_>>().join("\n")
}

/// A line without what stands between its quotes, so that a word in a message is not taken for code.
fn without_strings(line: &str) -> String {
    let pieces: Vec<&str> = line.split('"').collect();
    pieces.iter().step_by(2).copied().collect::<Vec<_>>().join("\"\"")
}

/// The part of a path below `src/` that names its module.
fn module_of(name: &str) -> &str {
    name.split('/').next().unwrap_or(name).trim_end_matches(".rs")
}

/// Modules that a source names after `crate::`, also in braces.
fn imported(code: &str) -> BTreeSet<String> {
    let after_crate = code.split("crate::").skip(1);
    let modules = after_crate.flat_map(|after| match after.strip_prefix('{') {
        Some(group) => first_words(group),
        None => vec![first_word(after)],
    });
    modules.filter(|name| !name.is_empty()).collect()
}

/// The first word of each item of a brace group whose opening brace is off.
fn first_words(group: &str) -> Vec<String> {
    let mut words = vec![first_word(group)];
    let mut depth = 0;
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => words.push(first_word(&group[at + 1..])),
            _ => {}
        }
    }
    words
}

fn first_word(text: &str) -> String {
    text.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

/// Whether a name stands in the code as a word of its own.
fn speaks_of(code: &str, name: &str) -> bool {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    code.match_indices(name).any(|(at, _)| {
        let before = code[..at].chars().next_back();
        let after = code[at + name.len()..].chars().next();
        !before.is_some_and(part) && !after.is_some_and(part)
    })
}

/// Edges that the table does not allow, one a line.
fn forbidden_edges(sources: &[(String, String)]) -> Vec<String> {
    let mut problems = Vec::new();
    for (name, code) in sources {
        let module = module_of(name);
        if matches!(module, "lib" | "main") {
            continue;
        }
        let Some((_, allowed)) = IMPORTS.iter().find(|(known, _)| *known == module) else {
            problems.push(format!("src/{name}: the module {module} has no row in the table"));
            continue;
        };
        let edges = imported(code).into_iter().filter(|to| to != module && !allowed.contains(&"*"));
        let bad = edges.filter(|to| !allowed.contains(&to.as_str()));
        problems.extend(bad.map(|to| format!("src/{name}: {module} must not import {to}")));
    }
    problems
}

fn reserved_words(sources: &[(String, String)]) -> Vec<String> {
    let mut problems = Vec::new();
    for (word, places) in RESERVED {
        let strangers = sources.iter().filter(|(name, code)| {
            let at_home = places.iter().any(|place| name == place || (place.ends_with('/') && name.starts_with(place)));
            !at_home && speaks_of(code, word)
        });
        problems.extend(strangers.map(|(name, _)| format!("src/{name} must not use {word}")));
    }
    problems
}

#[test]
fn modules_import_only_what_the_design_allows() {
    let problems = forbidden_edges(&sources());
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn files_threads_arguments_and_tables_stay_with_their_modules() {
    let problems = reserved_words(&sources());
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn every_row_of_the_table_is_a_module() {
    let sources = sources();
    for (module, allowed) in IMPORTS {
        for name in std::iter::once(module).chain(*allowed).filter(|name| **name != "*") {
            assert!(sources.iter().any(|(file, _)| module_of(file) == *name), "{name} is no module of src/");
        }
    }
}

/// The check itself sees what it should see.
#[test]
fn the_check_finds_planted_edges() {
    let file = |name: &str, text: &str| (name.to_owned(), code(text));
    let planted = [
        file("model/a.rs", "use crate::rules::Gate;"),
        file("evidence/b.rs", "use crate::{model::{Line, Time}, report::json};"),
        file("ranking/c.rs", "let x = crate::scan::Options::default();"),
        file("new/d.rs", "use crate::model::Line;"),
    ];
    assert_eq!(forbidden_edges(&planted).len(), 4, "{:?}", forbidden_edges(&planted));
    let fine = [
        file(
            "model/a.rs",
            "//! See [`crate::report`].\nlet x = \"crate::scan\";\n#[cfg(test)]\nuse crate::rules::Gate;",
        ),
        file("evidence/b.rs", "use crate::{keys::KeySeen, model::Line};"),
    ];
    assert_eq!(forbidden_edges(&fine), Vec::<String>::new());
    let declares = "#[cfg(test)]\n#[allow(dead_code)]\npub(super) mod harness;\nuse crate::scan::Options;";
    assert_eq!(test_files("assemble/ruby.rs", declares), ["assemble/ruby/harness.rs"]);
    assert_eq!(
        forbidden_edges(&[file("assemble/ruby.rs", declares)]).len(),
        1,
        "what stands below a declaration counts"
    );
    let reserved = [file("matching.rs", "let clapped = rayon::join(a, b); std::fs::read(x); let y = \"clap\";")];
    assert_eq!(
        reserved_words(&reserved),
        ["src/matching.rs must not use rayon", "src/matching.rs must not use std::fs"]
    );
}
