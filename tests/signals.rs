//! What a user asks of a running program: a report so far, an end with a report, an end at once. All with a pipe that stays open and silent,
//! because that is where a program hangs.
#![cfg(unix)]

mod common;

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStderr, ChildStdin, Command, ExitStatus};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

/// A log with one finding: the credential is missing.
const LOG: &str = "2026-03-19 08:05:12,310 ERROR app failed\n\
Traceback (most recent call last):\n  File \"/srv/app/llm.py\", line 9, in ask\n    client = Groq()\n\
groq.GroqError: The api_key client option must be set either by passing api_key to the client or by setting the GROQ_API_KEY environment variable\n";

/// Longest time to wait for anything.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running program whose input is open.
struct Running {
    child: Child,
    input: ChildStdin,
    messages: BufReader<ChildStderr>,
}

impl Running {
    fn start(arguments: &[&str]) -> Self {
        let mut child = common::spawned(arguments);
        let input = child.stdin.take().expect("piped");
        let messages = BufReader::new(child.stderr.take().expect("piped"));
        Self { child, input, messages }
    }

    fn write(&mut self, text: &str) {
        self.input.write_all(text.as_bytes()).expect("the program reads");
        self.input.flush().expect("the program reads");
    }

    fn send(&self, signal: &str) {
        let sent = Command::new("kill").args([signal, &self.child.id().to_string()]).status().expect("kill runs");
        assert!(sent.success(), "{signal}");
    }

    /// The JSON document that comes next on standard error.
    fn so_far(&mut self) -> Value {
        self.send("-USR1");
        let mut text = String::new();
        while !text.ends_with("\n}\n") {
            assert!(self.messages.read_line(&mut text).expect("UTF-8") > 0, "no report so far: {text}");
        }
        serde_json::from_str(&text).expect("the report so far is one document")
    }

    /// Waits until the program has taken its signals over: before that each of them ends it.
    fn ready(&self) {
        let caught = |status: &str| {
            let mask = status.lines().find_map(|line| line.strip_prefix("SigCgt:"))?;
            Some(u64::from_str_radix(mask.trim(), 16).ok()? & (1 << 1) != 0)
        };
        for _ in 0..PATIENCE.as_millis() / 20 {
            let Ok(status) = fs::read_to_string(format!("/proc/{}/status", self.child.id())) else {
                // No such files on this system: long enough.
                return thread::sleep(Duration::from_secs(3));
            };
            if caught(&status) == Some(true) {
                return;
            }
            thread::sleep(Duration::from_millis(20));
        }
        panic!("it does not start");
    }

    /// Waits until so many lines were read: the report so far.
    fn read(&mut self, lines: usize) -> Value {
        self.ready();
        let started = Instant::now();
        loop {
            let report = self.so_far();
            if report["inputs"][0]["lines"] == lines {
                return report;
            }
            assert!(started.elapsed() < PATIENCE, "{lines} lines are not read: {}", report["inputs"]);
        }
    }

    /// Waits for the end, with the input still open: exit status and standard output.
    fn ended(mut self) -> (ExitStatus, String) {
        let started = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().expect("it is a child") {
                break status;
            }
            assert!(started.elapsed() < PATIENCE, "it does not end");
            thread::sleep(Duration::from_millis(20));
        };
        let mut out = String::new();
        self.child.stdout.take().expect("piped").read_to_string(&mut out).expect("UTF-8");
        (status, out)
    }
}

fn kinds(report: &Value) -> Vec<&str> {
    report["warnings"].as_array().expect("warnings").iter().filter_map(|w| w["kind"].as_str()).collect()
}

fn causes(report: &Value) -> Vec<&str> {
    report["findings"].as_array().expect("findings").iter().filter_map(|f| f["causes"][0]["id"].as_str()).collect()
}

fn quiet_lines(count: usize) -> String {
    (0..count).map(|n| format!("2026-03-19 08:05:10,{:03} INFO app order {n} is done\n", n % 1000)).collect()
}

/// Few lines, of which it is not yet known what they are; and more, of which some are with the splitter and some with the reader.
#[test]
fn a_report_so_far_shows_the_last_failure_and_changes_nothing() {
    for before in [0, 5000] {
        let mut running = Running::start(&["--format", "json"]);
        running.write(&quiet_lines(before));
        running.write(LOG);
        for _ in 0..2 {
            let report = running.read(before + 5);
            assert_eq!(causes(&report), ["credential-missing"], "{before} lines before");
            assert_eq!(report["findings"][0]["occurrences"], 1, "{before} lines before");
            assert_eq!((kinds(&report), &report["complete"]), (vec!["unfinished-input"], &Value::Bool(false)));
        }
        running.write(LOG);
        let Running { child, input, messages } = running;
        drop(input);
        drop(messages);
        let output = child.wait_with_output().expect("it ends");
        let whole = common::whodunit()
            .args(["--format", "json"])
            .write_stdin(format!("{}{LOG}{LOG}", quiet_lines(before)))
            .output()
            .expect("the program runs");
        assert_eq!(output.status.code(), Some(0));
        common::assert_same(
            &String::from_utf8_lossy(&whole.stdout),
            &String::from_utf8_lossy(&output.stdout),
            "a log whose report was asked for in between",
        );
    }
}

#[test]
fn the_first_interrupt_ends_with_a_report() {
    for before in [0, 5000] {
        let mut running = Running::start(&["--format", "json"]);
        running.write(&quiet_lines(before));
        running.ready();
        // The last line has no end yet: it is read all the same.
        running.write(LOG.trim_end());
        running.send("-INT");
        let (status, out) = running.ended();
        assert_eq!(status.code(), Some(130));
        let report: Value = serde_json::from_str(&out).expect("a report");
        assert_eq!(causes(&report), ["credential-missing"]);
        assert_eq!((kinds(&report), &report["complete"]), (vec!["unfinished-input"], &Value::Bool(false)));
        assert_eq!(report["inputs"][0]["lines"], before + 5);
    }
}

#[test]
fn an_interrupt_ends_a_pipe_that_never_said_anything() {
    let running = Running::start(&[]);
    running.ready();
    running.send("-INT");
    let (status, out) = running.ended();
    assert_eq!(status.code(), Some(130));
    assert!(out.contains("no lines"), "{out}");
}

/// A named pipe without a writer cannot even be opened.
#[test]
fn an_interrupt_ends_the_wait_for_a_writer() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let pipe = folder.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().expect("mkfifo runs").success());
    let running = Running::start(&["--format", "json", &pipe.to_string_lossy()]);
    running.ready();
    running.send("-INT");
    let (status, out) = running.ended();
    assert_eq!(status.code(), Some(130));
    assert_eq!(kinds(&serde_json::from_str(&out).expect("a report")), ["unfinished-input"]);
}
