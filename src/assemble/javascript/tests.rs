//! Real output of Node against what the failing program knew of its own errors, and output nobody should have to read.

#![allow(clippy::unwrap_used, clippy::single_range_in_vec_init)]

use super::*;
use crate::assemble::harness::{check, kinds, log, survives};
use crate::model::{Position, SourceId};

fn lines_of(text: &str) -> Vec<Line> {
    let line = |(at, text): (usize, &str)| {
        let at = Position { source: SourceId(0), line: at as u64 + 1, offset: 0 };
        let mut line = Line::bare(text, at);
        // What the envelope recognises as the beginning of a record in these files.
        line.starts = text.starts_with("2026-") || text.starts_with("[08:");
        if text.starts_with("2026-") && text.contains(" ERROR ") {
            line.head.severity = Some(Severity::Error);
        }
        line
    };
    text.lines().enumerate().map(line).collect()
}

fn find(text: &str) -> Vec<Found> {
    JavaScript.find(&lines_of(text))
}

fn only(text: &str) -> Found {
    let mut found = find(text);
    assert_eq!(found.len(), 1, "{found:#?}");
    found.remove(0)
}

fn property<'a>(exception: &'a Exception, name: &str) -> Option<&'a str> {
    exception.properties.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}

fn covered(found: &Found) -> Vec<usize> {
    found.lines.iter().cloned().flatten().collect()
}

#[test]
fn real_output_gives_what_really_happened() {
    check(&JavaScript, "javascript", 20);
}

fn printed(value: &Exception) -> Vec<(&str, &str)> {
    value.properties.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

#[test]
fn properties_are_kept_by_their_printed_names() {
    let found = only(&log("javascript", "node20-langchain_401"));
    let root = found.chain.root_exception();
    assert_eq!(
        printed(root),
        [
            ("status", "401"),
            ("error.message", "Incorrect API key provided: sk-****"),
            ("error.type", "invalid_request_error"),
            ("error.code", "invalid_api_key"),
            ("code", "invalid_api_key"),
            ("type", "invalid_request_error"),
            ("lc_error_code", "MODEL_AUTHENTICATION"),
        ]
    );
    assert_eq!(root.frames[0].function, "APIError.generate");
    assert_eq!(root.frames[0].path, "/home/deploy/builds/node/node_modules/openai/core/error.js");
    assert_eq!(root.frames[0].line, Some(48));
    assert_eq!(root.frames[4].function, "");
    assert_eq!(root.frames[5].function, "Object.pRetry [as default]");
}

#[test]
fn a_huge_request_object_does_not_hide_the_status() {
    let found = only(&log("javascript", "node20-axios_401"));
    let error = found.chain.root_exception();
    assert_eq!(property(error, "code"), Some("ERR_BAD_REQUEST"));
    assert_eq!(property(error, "config.url"), Some("http://127.0.0.1:42965/v1/embeddings"));
    assert_eq!(property(error, "response.status"), Some("401"));
    assert_eq!(property(error, "status"), Some("401"));
    assert!(error.properties.len() <= 96);
}

#[test]
fn the_class_stands_behind_the_log_message() {
    let found = only(
        "2026-11-23T09:27:26.840Z ERROR triage failed reqId=req-4 UpstreamError: 401 Unauthorized from POST /x: {\"error\":\"a\"}\n    at post (file:///app/src/triage.mjs:18:11)\n    at async Promise.all (index 1) {\n  status: 401\n}\n",
    );
    assert!(found.lead.ends_with("triage failed reqId=req-4 "), "{}", found.lead);
    let error = found.chain.root_exception();
    assert_eq!((error.kind.as_str(), error.frames.len()), ("UpstreamError", 2));
    assert_eq!(error.message, "401 Unauthorized from POST /x: {\"error\":\"a\"}");
    assert_eq!(error.frames[1].function, "Promise.all");
    assert_eq!(property(error, "status"), Some("401"));
}

#[test]
fn names_in_brackets_are_codes_or_the_better_class() {
    let read = |line: &str| {
        let found = only(&format!("{line}\n    at f (/app/x.js:1:2)\n    at /app/y.js:3:4\n"));
        let error = found.chain.links[0].clone();
        (error.kind.clone(), error.message.clone(), property(&error, "code").map(str::to_owned))
    };
    let wanted =
        |kind: &str, message: &str, code: Option<&str>| (kind.to_owned(), message.to_owned(), code.map(str::to_owned));
    assert_eq!(read("TypeError [ERR_INVALID_CHAR]: bad"), wanted("TypeError", "bad", Some("ERR_INVALID_CHAR")));
    assert_eq!(read("ERR failed Error [TimeoutError]: late"), wanted("TimeoutError", "late", None));
    assert_eq!(read("k RR [Error]: min"), wanted("RR", "min", None));
    assert_eq!(read(" \u{2a2f} Error: x"), wanted("Error", "x", None));
    assert_eq!(read("NoSuchBucket: gone"), wanted("NoSuchBucket", "gone", None));
    assert_eq!(read("401 Incorrect API key"), wanted("", "401 Incorrect API key", None));
}

#[test]
fn causes_of_every_spelling_are_links() {
    let inspected = only(
        "Error: a\n    at f (/x.js:1:2) {\n  [cause]: TypeError: b\n      at g (/x.js:3:4) {\n    cause: [RangeError: c] { code: 'X' }\n  }\n}\n",
    );
    assert_eq!(kinds(&inspected), ["Error", "TypeError", "RangeError"]);
    assert_eq!(inspected.chain.root, 2);
    assert_eq!(property(&inspected.chain.links[2], "code"), Some("X"));
    let written =
        only("Error: a\n    at f (/x.js:1:2)\ncaused by: TypeError: b\n    at g (/x.js:3:4)\ncaused by: no class\n");
    assert_eq!(kinds(&written), ["Error", "TypeError", ""]);
    assert_eq!(written.chain.root_exception().message, "no class");
    let plain = only("Error: a\n    at f (/x.js:1:2) {\n  [cause]: { status: 401, error: { code: 'k' } }\n}\n");
    assert_eq!(property(plain.chain.root_exception(), "cause.error.code"), Some("k"));
    let old = only("{ MongoError: a\n    at f (/x.js:1:2)\n  ok: 0,\n  code: 18 }\n");
    assert_eq!(property(old.chain.root_exception(), "code"), Some("18"));
    assert!(old.chain.complete);
}

#[test]
fn lambda_reports_in_one_line() {
    let found = only(
        "Uncaught Exception \t{\"errorType\":\"Runtime.UnhandledPromiseRejection\",\"errorMessage\":\"Error: 401\",\"reason\":{\"errorType\":\"AuthenticationError\",\"errorMessage\":\"401 bad key\",\"status\":401,\"stack\":[\"AuthenticationError: 401 bad key\",\"    at f (/var/task/x.mjs:1:2)\"]},\"stack\":[\"Runtime.UnhandledPromiseRejection: Error: 401\",\"    at process.emit (node:events:1:2)\"]}",
    );
    assert_eq!(found.lead, "Uncaught Exception \t");
    assert_eq!(kinds(&found), ["Runtime.UnhandledPromiseRejection", "AuthenticationError"]);
    assert_eq!(found.chain.root, 1);
    assert_eq!(property(found.chain.root_exception(), "status"), Some("401"));
    assert_eq!(found.chain.root_exception().frames.len(), 1);
}

#[test]
fn rejections_and_things_thrown() {
    let warned = only(
        "(node:12) UnhandledPromiseRejectionWarning: Error: no key\n    at f (/app/x.js:1:2)\n(node:12) UnhandledPromiseRejectionWarning: Unhandled promise rejection. This error originated either by\n",
    );
    assert_eq!(kinds(&warned), ["Error"]);
    let thrown = only(
        "/app/x.js:1\nthrow 'no key'\n^\nno key\n(Use `node --trace-uncaught ...` to show where the exception was thrown)\n\nNode.js v20.20.2\n",
    );
    assert_eq!(thrown.chain.root_exception().message, "no key");
    assert_eq!(covered(&thrown), (0..7).collect::<Vec<_>>());
    let quoted = only("Uncaught 'no key'\n");
    assert_eq!((quoted.lead.as_str(), quoted.chain.root_exception().message.as_str()), ("Uncaught ", "no key"));
}

#[test]
fn a_workers_error_stands_below_its_parents_place() {
    let found = only(
        "node:internal/event_target:1105\n  process.nextTick(() => { throw err; });\n                           ^\n[worker eval]:1\nthrow new Error(\"w\")\n^\n\nError: w\n    at [worker eval]:1:7\n    at [worker eval]-wrapper:6:24\nEmitted 'error' event on Worker instance at:\n    at [kOnErrorMessage] (node:internal/worker:333:10)\n\nNode.js v20.20.2\n",
    );
    assert_eq!(found.lines, std::slice::from_ref(&(0..14)));
    assert_eq!((kinds(&found), found.chain.links[0].frames.len()), (vec!["Error"], 3));
}

#[test]
fn message_lines_that_look_like_frames_stay_in_the_message() {
    let found = only(
        "Error: upstream said:\n\n    at fake.notReal (fake.js:1:1)\nsee docs\n    at real (/app/x.js:7:1)\n    at main (/app/x.js:9:1)\n",
    );
    assert_eq!(found.chain.links[0].frames.len(), 2);
    assert!(found.chain.links[0].message.ends_with("see docs"));
}

#[test]
fn lines_of_others_are_left_out() {
    let found = only(
        "Error: a\n    at f (/x.js:1:2) {\n  status: 401,\n2026-11-23T09:27:26.840Z INFO  HTTP ok\n  code: 'k'\n}\n",
    );
    assert_eq!(found.lines, [0..3, 4..6]);
    assert_eq!(property(found.chain.root_exception(), "code"), Some("k"));
}

#[test]
fn what_is_cut_off_is_not_complete() {
    for cut in [
        "    at f (/x.js:1:2)\n    at g (/x.js:3:4)\n",
        "Error: a\n    at f (/x.js:1:2) {\n  status: 401,\n",
        "Error: a\n    at f (/x.js:1:2) {\n  [cause]: TypeError: b\n      at g (/x.js:3:4)\n",
        "  [cause]: TypeError: b\n      at g (/x.js:3:4)\n}\n",
        "Error: a\n    at f (/x.js:1:2) {\n  [cause]: [AxiosError]\n}\n",
    ] {
        let found = only(cut);
        assert!(!found.chain.complete, "{cut}");
    }
}

#[test]
fn mentions_and_other_languages_are_no_events() {
    for text in [
        "2026-11-23T09:30:12.241Z INFO  ticket 8123 text: \"our app prints AuthenticationError: 401 Incorrect API key\" n=30",
        " \u{2713} throws AuthenticationError: Incorrect API key provided when key is empty (3 ms)",
        "retryOn=[429,500] noRetryOn=[401,AuthenticationError]",
        "java.lang.IllegalStateException: x\n\tat com.acme.Api.call(Api.java:7)\n\tat com.acme.Api.main(Native Method)\n",
        "Unhandled exception. System.Exception: x\n   at Acme.Api.Call(String s) in C:\\src\\Api.cs:line 7\n   at Acme.Api.Main()\n",
        "stack backtrace:\n   0: std::panicking::begin\n             at /rustc/59/library/std/src/panicking.rs:689:5\n   1: app::main\n             at ./src/main.rs:3:5\n",
        "Trace: here\n    at f (/app/x.js:1:2)\n    at g (/app/x.js:3:4)\n",
        "(node:1) [DEP0005] DeprecationWarning: Buffer()\n    at f (/app/x.js:1:2)\n    at g (/app/x.js:3:4)\n",
        "  [PDOException]\n",
        "we met at noon\nat 10:20:30\nat 2026-11-23T10:20:30\n",
    ] {
        assert_eq!(find(text), [], "{text}");
    }
}

#[test]
fn an_endless_stack_is_read_in_one_pass() {
    let mut text = String::from("RangeError: Maximum call stack size exceeded\n");
    for line in 0..100_000 {
        text.push_str(&format!("    at f (/app/x.js:{line}:34)\n"));
    }
    assert_eq!(only(&text).chain.links[0].frames.len(), 100_000);
    // Quadratic behaviour would take hours.
}

#[test]
fn nesting_without_end_is_cut() {
    let mut text = String::from("Error: 0\n    at f (/x.js:1:2) {\n");
    for depth in 1..3000 {
        let blanks = " ".repeat(depth * 2);
        text.push_str(&format!("{blanks}[cause]: Error: {depth}\n{blanks}    at f (/x.js:1:2) {{\n"));
    }
    assert!(!find(&text).is_empty());
    let causes =
        "Error: 0\n    at f (/x.js:1:2)\n".to_owned() + &"caused by: Error: 1\n    at f (/x.js:1:2)\n".repeat(3000);
    assert!(!find(&causes).is_empty());
    let open = "Error: 0\n    at f (/x.js:1:2) {\n".to_owned() + &"  a: {\n".repeat(3000) + &"  a: [\n".repeat(3000);
    assert!(!find(&open).is_empty());
}

#[test]
fn any_mixture_of_lines_is_survived() {
    survives(
        &JavaScript,
        "javascript",
        &[
            "}",
            "]",
            "  },",
            "[",
            "^",
            "x.js:1",
            "[Error: x",
            "[Error: y] {",
            "{ Error: z",
            "caused by: ",
            "<--- Last few GCs --->",
        ],
    );
}
