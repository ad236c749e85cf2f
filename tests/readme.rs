//! The README keeps its word: what it tells people to type exists, and its first example runs on a log of this repository.
//!
//! Two headings are promised: how to build the program and diagnose a log, and how to run the tests. Commands are what stands in fenced
//! blocks of a shell (after `$ ` where output is shown too), and code spans that begin with the program's name.

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

/// What stands below a heading that begins like this, and the words its first command begins with.
const PROMISED: [(&str, &[&str]); 2] = [("Build", &["cargo", "run"]), ("Run the tests", &["cargo", "test"])];

fn readme() -> String {
    let path = common::root().join("README.md");
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Every command line of the shell blocks.
fn commands(readme: &str) -> Vec<Shown> {
    let mut found = Vec::new();
    let (mut heading, mut fence) = (String::new(), None);
    for line in readme.lines() {
        match (line.strip_prefix("```"), fence) {
            (Some(language), None) => fence = Some(language.trim()),
            (Some(_), Some(_)) => fence = None,
            (None, None) if line.starts_with("## ") => heading = line[3..].trim().to_owned(),
            (None, Some(language)) => {
                found.extend(command(language, line).map(|words| Shown { heading: heading.clone(), words }))
            }
            (None, None) => {}
        }
    }
    found
}

/// The words of a line of a block, if it is a command.
fn command(language: &str, line: &str) -> Option<Vec<String>> {
    let line = match language {
        "sh" | "bash" => line,
        "console" => line.strip_prefix("$ ")?,
        _ => return None,
    };
    let line = line.split(" #").next().unwrap_or_default().trim();
    (!line.is_empty() && !line.starts_with('#')).then(|| words(line))
}

fn words(line: &str) -> Vec<String> {
    line.split_whitespace().map(|word| word.trim_matches(['\'', '"']).to_owned()).collect()
}

/// Code spans of the prose that begin with the program's name.
fn spans(readme: &str) -> Vec<Vec<String>> {
    let prose = readme.split("```").step_by(2).flat_map(|part| part.split('`').skip(1).step_by(2));
    prose.filter_map(|span| span.strip_prefix("whodunit ")).map(|arguments| bare(&words(arguments))).collect()
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
fn both_headings_show_their_command() {
    let shown = commands(&readme());
    for (heading, words) in PROMISED {
        let first = shown.iter().find(|s| s.heading.starts_with(heading));
        let first = first.unwrap_or_else(|| panic!("no command under a heading `{heading} …`"));
        assert!(first.words.iter().zip(words).all(|(a, b)| a == b), "{heading}: {}", first.words.join(" "));
    }
}

#[test]
fn every_call_of_the_program_is_one_that_it_understands() {
    let readme = readme();
    let shown = commands(&readme);
    let calls: Vec<Vec<String>> = shown.iter().flat_map(calls).map(bare).chain(spans(&readme)).collect();
    assert!(calls.len() > 5, "the README calls the program {} times", calls.len());
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
    let first = shown.iter().filter(|s| s.heading.starts_with(PROMISED[0].0)).flat_map(calls).next().map(bare);
    let first = first.expect("a call of the program under the first heading");
    let log = first.iter().find(|word| common::root().join(word.as_str()).is_file());
    let log = log.unwrap_or_else(|| panic!("whodunit {}: no argument is a file of this repository", first.join(" ")));
    let output = common::whodunit().current_dir(common::root()).args(&first).output().expect("the program runs");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(matches!(output.status.code(), Some(0 | 1)), "exit {:?} on {log}", output.status.code());
    assert!(text.contains("Fix") && text.contains("Seen"), "the first example shows no finding:\n{text}");
}

/// The reader of the README sees what it should see.
#[test]
fn the_check_reads_blocks_sessions_spans_and_cargo_run() {
    let text = "```console\n$ kubectl logs x | whodunit -q > out   # say so\nwhodunit is no command here\n```\n## Use\n\
                `whodunit explain x` and `other`\n```sh\ncargo run -- explain dns-failure\n```\n```json\nwhodunit no\n```\n";
    let shown = commands(text);
    assert_eq!(shown.iter().map(|s| s.heading.as_str()).collect::<Vec<_>>(), ["", "Use"]);
    let calls: Vec<String> = shown.iter().flat_map(calls).map(|call| bare(call).join(" ")).collect();
    assert_eq!(calls, ["-q", "explain dns-failure"]);
    assert_eq!(spans(text), [["explain", "x"]]);
}
