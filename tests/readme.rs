//! The README keeps its word: what it tells people to type exists, and its first example runs on a log of this repository.
//!
//! Only fenced blocks of a shell count; prose may say what it likes. The README is for two kinds of readers, those who use the program and
//! those who work on it, and each kind gets at least one command under a heading of its own.

mod common;

use std::path::Path;

use clap::CommandFactory;
use whodunit::cli::Cli;

/// A command of a fenced block, with the heading it stands under.
#[derive(Debug)]
struct Shown {
    heading: String,
    words: Vec<String>,
}

fn readme() -> String {
    let path = common::root().join("README.md");
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Every command line of the shell blocks.
fn commands(readme: &str) -> Vec<Shown> {
    const SHELLS: [&str; 4] = ["sh", "bash", "console", "shell"];
    let mut found = Vec::new();
    let (mut heading, mut fence) = (String::new(), None);
    for line in readme.lines() {
        match (line.strip_prefix("```"), fence) {
            (Some(language), None) => fence = Some(SHELLS.contains(&language.trim())),
            (Some(_), Some(_)) => fence = None,
            (None, None) if line.starts_with("## ") => heading = line[3..].trim().to_owned(),
            (None, Some(true)) => {
                let line = line.split(" #").next().unwrap_or_default().trim_start_matches("$ ").trim();
                if !line.is_empty() && !line.starts_with('#') {
                    let words = line.split_whitespace().map(|w| w.trim_matches(['\'', '"']).to_owned()).collect();
                    found.push(Shown { heading: heading.clone(), words });
                }
            }
            _ => {}
        }
    }
    found
}

/// The arguments of each call of the program in a line: after a pipe too, and as `cargo run … --`.
fn calls(shown: &Shown) -> Vec<&[String]> {
    let parts = shown.words.split(|word| word == "|" || word == "&&");
    let own = parts.filter_map(|part| {
        let program = part.first()?;
        if program == "cargo" && part.get(1).is_some_and(|w| w == "run") {
            return part.iter().position(|w| w == "--").map(|at| &part[at + 1..]);
        }
        (Path::new(program).file_name().is_some_and(|name| name == "whodunit")).then(|| &part[1..])
    });
    own.collect()
}

/// Arguments without redirections.
fn bare(arguments: &[String]) -> Vec<String> {
    arguments.iter().take_while(|word| !word.starts_with('>') && !word.starts_with("2>")).cloned().collect()
}

#[test]
fn both_kinds_of_readers_get_commands() {
    let shown = commands(&readme());
    let mut headings: Vec<&str> = shown.iter().map(|s| s.heading.as_str()).filter(|h| !h.is_empty()).collect();
    headings.dedup();
    assert!(headings.len() >= 2, "commands stand under {headings:?} only");
    assert!(shown.iter().any(|s| s.words.starts_with(&["cargo".to_owned(), "test".to_owned()])), "no `cargo test`");
}

#[test]
fn every_call_of_the_program_is_one_that_it_understands() {
    let shown = commands(&readme());
    let calls: Vec<Vec<String>> = shown.iter().flat_map(calls).map(bare).collect();
    assert!(!calls.is_empty(), "the README calls the program nowhere");
    for arguments in calls {
        let parsed =
            Cli::command().try_get_matches_from(std::iter::once("whodunit".to_owned()).chain(arguments.clone()));
        if let Err(error) = parsed
            && error.use_stderr()
        {
            panic!("whodunit {}: {error}", arguments.join(" "));
        }
    }
}

#[test]
fn scripts_and_features_that_it_names_exist() {
    const CARGO: [&str; 9] = ["build", "run", "test", "install", "clippy", "fmt", "bench", "doc", "fuzz"];
    for shown in commands(&readme()) {
        let program = &shown.words[0];
        if program.starts_with("./") || program.starts_with(".ci/") {
            let built = program.contains("target/");
            assert!(built || common::root().join(program).exists(), "{program} does not exist");
        }
        if program == "cargo" {
            assert!(CARGO.contains(&shown.words[1].as_str()), "cargo {} is no command", shown.words[1]);
        }
    }
}

#[test]
fn the_first_example_runs_on_a_log_of_this_repository() {
    let shown = commands(&readme());
    let first = shown.iter().flat_map(calls).next().map(bare).expect("the README calls the program");
    let log = first.iter().find(|word| common::root().join(word.as_str()).is_file());
    let log = log.unwrap_or_else(|| panic!("whodunit {}: no argument is a file of this repository", first.join(" ")));
    let output = common::whodunit().current_dir(common::root()).args(&first).output().expect("the program runs");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(matches!(output.status.code(), Some(0 | 1)), "exit {:?} on {log}", output.status.code());
    assert!(text.contains("Fix") && text.contains("Seen"), "the first example shows no finding:\n{text}");
}

/// The reader of the README sees what it should see.
#[test]
fn the_check_reads_blocks_pipes_and_cargo_run() {
    let text = "## Use\n```sh\n$ kubectl logs x | whodunit -q > out   # say so\ncargo run -- explain dns-failure\n```\n\
                ```json\nwhodunit no\n```\n## Test\n```bash\ncargo test\n```\n";
    let shown = commands(text);
    assert_eq!(shown.iter().map(|s| s.heading.as_str()).collect::<Vec<_>>(), ["Use", "Use", "Test"]);
    let calls: Vec<Vec<String>> = shown.iter().flat_map(calls).map(bare).collect();
    assert_eq!(calls, [vec!["-q".to_owned()], vec!["explain".to_owned(), "dns-failure".to_owned()]]);
}
