//! The program from outside: inputs of every kind, exit codes, options, pipes that close, and logs that mean harm.

mod common;

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Output;

use flate2::Compression;
use flate2::write::GzEncoder;
use tempfile::TempDir;

/// A log with one finding: the credential is missing.
const LOG: &str = "2026-03-19 08:05:12,310 ERROR app failed\n\
Traceback (most recent call last):\n  File \"/srv/app/llm.py\", line 9, in ask\n    client = Groq()\n\
groq.GroqError: The api_key client option must be set either by passing api_key to the client or by setting the GROQ_API_KEY environment variable\n";

/// A folder with files in it.
fn folder(files: &[(&str, &[u8])]) -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (name, bytes) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::write(path, bytes).expect("a file");
    }
    folder
}

fn run_in(folder: &Path, arguments: &[&str]) -> Output {
    common::whodunit().current_dir(folder).args(arguments).output().expect("the program runs")
}

fn run_on(stdin: &str, arguments: &[&str]) -> Output {
    common::whodunit().args(arguments).write_stdin(stdin).output().expect("the program runs")
}

fn code(output: &Output) -> Option<i32> {
    output.status.code()
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("the output is UTF-8")
}

fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("the messages are UTF-8")
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).expect("memory");
    encoder.finish().expect("memory")
}

/// First causes by finding, of a run with `--format json`.
fn causes(output: &Output) -> Vec<String> {
    let report = common::json_of(output);
    let findings = report["findings"].as_array().expect("findings").clone();
    findings.iter().map(|f| f["causes"][0]["id"].as_str().unwrap_or_default().to_owned()).collect()
}

fn inputs(output: &Output) -> Vec<String> {
    let report = common::json_of(output);
    let inputs = report["inputs"].as_array().expect("inputs").clone();
    inputs.iter().map(|i| i["name"].as_str().unwrap_or_default().to_owned()).collect()
}

#[test]
fn reads_what_is_piped_in() {
    for arguments in [&["--format", "json"][..], &["--format", "json", "-"]] {
        let output = run_on(LOG, arguments);
        assert_eq!((code(&output), causes(&output)), (Some(0), vec!["credential-missing".to_owned()]));
        assert_eq!(inputs(&output), ["-"]);
    }
}

#[test]
fn reads_files_folders_and_patterns() {
    let other = LOG.replace("Groq()", "Client()");
    let files = folder(&[
        ("a.log", LOG.as_bytes()),
        ("b.log.gz", &gzip(other.as_bytes())),
        ("deep/c.log", b"2026-03-19 08:05:12,310 INFO app all is well\n"),
        (".hidden.log", LOG.as_bytes()),
    ]);
    let cases: [(&[&str], &[&str]); 4] = [
        (&["b.log.gz", "a.log"], &["a.log", "b.log.gz"]),
        (&["."], &["a.log", "b.log.gz", "deep/c.log"]),
        (&["*.log"], &["a.log"]),
        (&["**/*.log"], &["a.log", "deep/c.log"]),
    ];
    for (arguments, expected) in cases {
        let output = run_in(files.path(), &[&["--format", "json"], arguments].concat());
        assert_eq!((code(&output), inputs(&output)), (Some(0), expected.iter().map(|s| (*s).to_owned()).collect()));
        assert_eq!(causes(&output), ["credential-missing"], "{arguments:?}");
    }
}

#[test]
fn a_missing_file_does_not_stop_the_others() {
    let files = folder(&[("a.log", LOG.as_bytes())]);
    let output = run_in(files.path(), &["a.log", "gone.log"]);
    assert_eq!(code(&output), Some(3));
    assert!(out(&output).contains("GROQ_API_KEY"), "the report is printed");
    assert!(out(&output).contains("gone.log: no such file or folder"), "the warning is in it");
}

#[test]
fn nothing_to_read_is_an_error() {
    let files = folder(&[("keep", b"")]);
    for argument in ["gone.log", "*.nothing", "empty-folder"] {
        fs::create_dir_all(files.path().join("empty-folder")).expect("a folder");
        let output = run_in(files.path(), &[argument]);
        assert_eq!(code(&output), Some(2), "{argument}");
        assert_eq!(out(&output), "", "an empty report must not look like health");
        assert!(err(&output).contains(argument), "{}", err(&output));
    }
}

#[test]
fn empty_inputs_are_said_to_be_empty() {
    let files = folder(&[("empty.log", b"")]);
    for output in [run_in(files.path(), &["empty.log"]), run_on("", &[])] {
        assert_eq!(code(&output), Some(0));
        assert!(out(&output).contains("no lines"), "{}", out(&output));
    }
}

#[test]
fn what_is_no_text_is_left_out_with_a_warning() {
    let binary: Vec<u8> = (0..4096_u32).map(|n| (n * 37 % 256) as u8).collect();
    let files = folder(&[("a.log", LOG.as_bytes()), ("core.bin", &binary)]);
    let output = run_in(files.path(), &["a.log", "core.bin"]);
    assert_eq!(code(&output), Some(3));
    assert!(out(&output).contains("core.bin: not a text file"), "{}", out(&output));
    assert_eq!(code(&run_in(files.path(), &["core.bin"])), Some(2));
}

#[test]
fn a_cut_archive_is_read_as_far_as_it_goes() {
    let packed = gzip(format!("{LOG}{}", "2026-03-19 08:05:13,310 INFO app fine\n".repeat(2000)).as_bytes());
    let files = folder(&[("a.log.gz", &packed[..packed.len() - 12])]);
    let output = run_in(files.path(), &["--format", "json", "a.log.gz"]);
    assert_eq!((code(&output), causes(&output)), (Some(3), vec!["credential-missing".to_owned()]));
    assert_eq!(common::json_of(&output)["complete"], false);
}

#[test]
fn broken_rules_are_named_with_their_place() {
    let files =
        folder(&[("rules/signals/mine.toml", b"[[signal]]\nid = \"x\"\ncolour = 1\n"), ("a.log", LOG.as_bytes())]);
    for arguments in
        [&["--rules", "rules", "a.log"][..], &["rules", "check", "rules"], &["events", "--rules", "rules", "a.log"]]
    {
        let output = run_in(files.path(), arguments);
        assert_eq!((code(&output), out(&output)), (Some(2), String::new()), "{arguments:?}");
        assert!(err(&output).contains("mine.toml:3:1: "), "{}", err(&output));
    }
    let output = run_in(files.path(), &["--rules", "no-such-folder", "a.log"]);
    assert_eq!(code(&output), Some(2));
    assert!(err(&output).contains("no-such-folder"), "{}", err(&output));
}

#[test]
fn rules_of_the_user_are_used() {
    let signal = "[[signal]]\nid = \"house\"\nsays = \"the ledger is locked\"\nmatch = ['ledger is locked']\nsymptom = \"port-in-use\"\n\
                  shows = [\"port-in-use\"]\nexamples = ['ledger is locked']\nconfidence = \"run\"\n";
    let files = folder(&[
        ("rules/signals/mine.toml", signal.as_bytes()),
        ("a.log", b"2026-03-19 08:05:12 ERROR ledger is locked\n"),
    ]);
    let output = run_in(files.path(), &["--format", "json", "--rules", "rules", "a.log"]);
    assert_eq!(causes(&output), ["port-in-use"]);
    assert_eq!(causes(&run_in(files.path(), &["--format", "json", "a.log"])), Vec::<String>::new());
}

#[test]
fn explain_knows_causes_and_helps_with_others() {
    let output = run_on("", &["explain", "credential-missing"]);
    assert_eq!(code(&output), Some(0));
    assert!(out(&output).starts_with("credential") || out(&output).contains("(credential-missing)"));
    let output = run_on("", &["explain", "missing-credential"]);
    assert_eq!((code(&output), out(&output)), (Some(2), String::new()));
    assert!(err(&output).contains("credential-missing"), "{}", err(&output));
    let output = run_on("", &["explain", "xyzzy"]);
    assert!(code(&output) == Some(2) && err(&output).contains("whodunit rules list"), "{}", err(&output));
}

#[test]
fn fail_on_decides_the_exit_code() {
    let cases = [
        ("any", 1),
        ("critical", 1),
        ("high", 1),
        ("low", 1),
        ("credential-missing", 1),
        ("dns-failure", 0),
        ("hihg", 2),
        ("", 2),
    ];
    for (condition, expected) in cases {
        let output = run_on(LOG, &["--fail-on", condition]);
        assert_eq!(code(&output), Some(expected), "--fail-on {condition}: {}", err(&output));
    }
    assert_eq!(code(&run_on("all is well\n", &["--fail-on", "any"])), Some(0));
    assert!(err(&run_on(LOG, &["--fail-on", "hihg"])).contains("critical, high, medium, low"));
}

#[test]
fn wrong_arguments_end_with_two() {
    for arguments in [&["--no-such-option"][..], &["--format", "xml"], &["--top", "many"], &["rules"], &["explain"]] {
        assert_eq!(code(&run_on("", arguments)), Some(2), "{arguments:?}");
    }
}

#[test]
fn colour_is_for_terminals() {
    assert!(!out(&run_on(LOG, &[])).contains('\x1b'), "no colour into a pipe");
    assert!(!out(&run_on(LOG, &["--color", "never"])).contains('\x1b'));
    assert!(out(&run_on(LOG, &["--color", "always"])).contains("\x1b["));
    let plain = common::whodunit().env("NO_COLOR", "1").write_stdin(LOG).output().expect("the program runs");
    assert!(!out(&plain).contains('\x1b'));
    let json = run_on(LOG, &["--color", "always", "--format", "json"]);
    assert_eq!(causes(&json), ["credential-missing"], "no colour inside a document");
}

#[test]
fn quiet_prints_the_report_alone() {
    let (usual, quiet) = (run_on(LOG, &[]), run_on(LOG, &["--quiet"]));
    assert_eq!(out(&usual), out(&quiet));
    assert!(err(&usual).contains("1 events") && err(&quiet).is_empty(), "{:?} {:?}", err(&usual), err(&quiet));
}

#[test]
fn events_are_one_object_a_line() {
    let output = run_on(&LOG.repeat(2), &["events"]);
    assert_eq!(code(&output), Some(0));
    let events: Vec<serde_json::Value> =
        out(&output).lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(events.len(), 2);
    assert!(events.iter().all(|e| e["schema"] == "whodunit.event/1" && e["chain"][0]["type"] == "groq.GroqError"));
    assert_eq!(events[1]["lines"], serde_json::json!([[6, 10]]));
}

/// `whodunit … | head -1`: the reader is gone before the first byte. That is no failure, and nobody wants to read about it.
#[test]
fn a_closed_pipe_is_silent() {
    for arguments in
        [&[][..], &["--format", "json"], &["events"], &["explain", "timeout"], &["rules", "list", "signals"]]
    {
        let mut child = common::spawned(arguments);
        drop(child.stdout.take());
        // Commands that read no input may be gone before it is written.
        let _ = child.stdin.take().expect("piped").write_all(LOG.as_bytes());
        let output = child.wait_with_output().expect("it ends");
        assert_eq!((code(&output), err(&output)), (Some(0), String::new()), "{arguments:?}");
    }
}

/// Log text is hostile: nothing in it reaches a terminal as a command, and nothing turns the text around.
#[test]
fn hostile_text_stays_text() {
    let evil = "\x1b[2J\x1b[31m\x1b]8;;http://evil.example\x07click\x1b]8;;\x07\x1b]52;c;AAAA\x07\u{9b}31m\u{202e}drow\u{2066}\u{200b}\u{7f}\x08";
    let log = format!(
        "{}2026-03-19 08:06:00,000 ERROR {evil} odd {evil}\n",
        LOG.replace("client option", &format!("{evil} client option"))
    );
    let files = folder(&[("a\x1b[31m\u{202e}.log", log.as_bytes())]);
    let named = |arguments: &[&str]| run_in(files.path(), &[arguments, &["."]].concat());
    let styled = regex::Regex::new("\x1b\\[[0-9;]*m").expect("a pattern");
    for arguments in [&["--verbose"][..], &["--color", "always"], &["--top", "0"]] {
        let output = named(arguments);
        let shown = out(&output) + &err(&output);
        let text =
            if arguments.contains(&"always") { styled.replace_all(&shown, "").into_owned() } else { shown.clone() };
        let odd: Vec<char> = text.chars().filter(|c| (c.is_control() && *c != '\n') || is_turning(*c)).collect();
        assert!(odd.is_empty(), "{arguments:?}: {odd:?} in\n{text:?}");
        assert!(!shown.contains("\x1b[2J") && !shown.contains("\x1b]"), "{arguments:?}");
    }
    for arguments in [&["gone\x1b[31m.log"][..], &["events", "gone\x1b[31m.log"], &["gone\x1b[31m.log", "."]] {
        let missing = run_in(files.path(), arguments);
        assert!(
            !err(&missing).contains('\x1b') && !out(&missing).contains('\x1b'),
            "{arguments:?}: a name is text too"
        );
    }
}

fn is_turning(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}
