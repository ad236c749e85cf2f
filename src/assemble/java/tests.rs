//! Real output of the JVM against what the failing program knew of its own exceptions, and output nobody should have to read.

#![allow(clippy::unwrap_used, clippy::format_push_string, clippy::single_range_in_vec_init)]

use super::*;
use crate::assemble::harness::{check, kinds, survives};
use crate::model::{Position, Relation, SourceId};

fn lines_of(text: &str) -> Vec<Line> {
    let line = |(at, text): (usize, &str)| {
        let mut line = Line::bare(text, Position { source: SourceId(0), line: at as u64 + 1, offset: 0 });
        // What the envelope recognises as the beginning of a record in these files.
        line.starts = ["2026-", "SEVERE:", "INFO "].iter().any(|start| text.starts_with(start));
        if line.starts && (text.contains("ERROR") || text.starts_with("SEVERE")) {
            line.head.severity = Some(Severity::Error);
        }
        line
    };
    text.lines().enumerate().map(line).collect()
}

fn find(text: &str) -> Vec<Found> {
    Java.find(&lines_of(text))
}

fn only(text: &str) -> Found {
    let mut found = find(text);
    assert_eq!(found.len(), 1, "{found:#?}");
    found.remove(0)
}

#[test]
fn real_output_gives_what_really_happened() {
    check(&Java, "java", 15);
}

#[test]
fn indentation_says_whose_cause_it_is() {
    let found = only(
        "a.AException: a\n\tat a.A.f(A.java:1)\n\tSuppressed: a.SException: s\n\t\tat a.S.f(S.java:2)\n\tCaused by: a.TException: t\n\t\t... 1 more\n",
    );
    assert_eq!((kinds(&found), found.chain.root), (vec!["a.AException", "a.SException", "a.TException"], 0));
    assert_eq!(found.chain.links[1].relation, Relation::Suppressed);
    assert_eq!(found.chain.links[2].relation, Relation::Cause);
}

#[test]
fn errors_quoted_in_a_message_are_links() {
    let mail = only(
        "javax.mail.MessagingException: no connection to port: 25;\n  nested exception is:\n\tjava.net.ConnectException: Connection refused\n\tat com.sun.mail.A.open(A.java:1)\n\tat a.B.main(B.java:2)\n",
    );
    assert_eq!(kinds(&mail), ["javax.mail.MessagingException", "java.net.ConnectException"]);
    assert_eq!((mail.chain.root, mail.chain.links[0].frames.len()), (1, 2));
    let spring = only(
        "2026-01-01 ERROR failed: org.springframework.web.client.ResourceAccessException: I/O error; nested exception is java.net.ConnectException: Connection refused\n",
    );
    assert_eq!(spring.chain.root_exception().message, "Connection refused");
    assert_eq!(spring.chain.root_exception().relation, Relation::Wrapped);
}

#[test]
fn class_lines_without_frames() {
    let chained = only("com.acme.XException: x\nCaused by: java.io.IOException: y\n");
    assert_eq!(kinds(&chained), ["com.acme.XException", "java.io.IOException"]);
    let thrown = only("2026-01-01 ERROR batch failed\njava.lang.NullPointerException\n2026-01-01 INFO on\n");
    assert_eq!((thrown.lines.clone(), kinds(&thrown)), (vec![1..2], vec!["java.lang.NullPointerException"]));
    let heap = only("java.lang.OutOfMemoryError: Java heap space\nDumping heap to java_pid1.hprof ...\n");
    assert_eq!(heap.lines, [0..1]);
    let uncaught = only("Exception in thread \"pool-1\" java.lang.OutOfMemoryError: Metaspace\n");
    assert_eq!(uncaught.lead, "Exception in thread \"pool-1\" ");
}

#[test]
fn what_is_cut_off_is_not_complete() {
    for cut in [
        "\tat a.A.f(A.java:1)\n\tat a.A.g(A.java:2)\nCaused by: a.BException: b\n\tat a.B.f(B.java:1)\n\t... 2 more\n",
        "Caused by: a.BException: b\n\tat a.B.f(B.java:1)\n\t... 2 more\n",
        "a.AException: a\n\tat a.A.f(A.java:1)\n\tat a.A.g(A.jav",
        "a.AException: a\n\tat a.A.f(A.java:1)\nCaused by: a.BException: b\n\tat a.B.f(B.java:1)\n",
    ] {
        assert!(!only(cut).chain.complete, "{cut}");
    }
}

#[test]
fn lines_of_others_are_left_out() {
    let found = only(
        "a.AException: a\n\tat a.A.f(A.java:1)\n2026-01-01 INFO other thread\n\tat a.A.g(A.java:2)\nCaused by: a.BException\n\t... 1 more\n",
    );
    assert_eq!(found.lines, [0..2, 3..6]);
    assert_eq!(kinds(&found), ["a.AException", "a.BException"]);
}

#[test]
fn mentions_dumps_and_other_languages_are_no_events() {
    for text in [
        "2026-01-01 INFO retrying after java.net.ConnectException: refused\n",
        "2026-01-01 ERROR failed: openai.AuthenticationError: Error code: 401\n",
        "2026-01-01 ERROR failed: System.IO.IOException: gone\n",
        "PHP Fatal error:  Uncaught RuntimeException: x in /a.php:3\nStack trace:\n#0 {main}\n",
        "\"main\" #1 prio=5 os_prio=0 tid=0x00007f nid=0x1 waiting\n   java.lang.Thread.State: WAITING (on object monitor)\n\tat java.lang.Object.wait(Native Method)\n\t- locked <0x0> (a java.lang.Object)\n\tat com.acme.A.run(A.java:3)\n",
        "java.lang.Exception: Stack trace\n\tat java.lang.Thread.dumpStack(Thread.java:1333)\n\tat com.acme.A.main(A.java:3)\n",
        "Error: x\n    at f (/x.js:1:2)\n    at Array.map (<anonymous>)\n",
        "Unhandled exception. System.Exception: x\n   at Acme.Api.Call(String s)\n   at Acme.Api.Main()\n",
    ] {
        assert_eq!(find(text), [], "{text}");
    }
}

#[test]
fn an_endless_stack_is_read_in_one_pass() {
    let mut text = String::from("java.lang.StackOverflowError\n");
    (0..100_000).for_each(|line| text.push_str(&format!("\tat a.A.f(A.java:{line})\n")));
    assert_eq!(only(&text).chain.links[0].frames.len(), 100_000);
    let headless = text.replace("java.lang.StackOverflowError\n", "") + "a.BException: b\n".repeat(50_000).as_str();
    assert_eq!(find(&headless), []);
    let chain = "a.AException: a\n\tat a.A.f(A.java:1)\n".to_owned()
        + &"Caused by: a.BException: b\n\tat a.B.f(B.java:1)\n".repeat(50_000);
    assert!(!only(&chain).chain.complete);
    // Quadratic behaviour would take hours.
}

#[test]
fn any_mixture_of_lines_is_survived() {
    survives(
        &Java,
        "java",
        &[
            "Caused by: ",
            "\tSuppressed: a.B",
            "Wrapped by: a.BException",
            "\t... 3 more",
            "nested exception is:",
            "at ",
        ],
    );
}
