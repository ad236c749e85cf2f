//! Real output of .NET and Mono against what the failing program knew of its own exceptions, and output nobody should have to read.

#![allow(clippy::unwrap_used, clippy::format_push_string, clippy::single_range_in_vec_init)]

use super::*;
use crate::assemble::harness::{check, kinds, log, survives};
use crate::model::{Position, Relation, SourceId};

fn lines_of(text: &str) -> Vec<Line> {
    let line = |(at, text): (usize, &str)| {
        let mut line = Line::bare(text, Position { source: SourceId(0), line: at as u64 + 1, offset: 0 });
        // What the envelope recognises as the beginning of a record in these files.
        line.starts = ["2026-", "fail: ", "info: "].iter().any(|start| text.starts_with(start));
        if line.starts && (text.contains("ERROR") || text.starts_with("fail: ")) {
            line.head.severity = Some(Severity::Error);
        }
        line
    };
    text.lines().enumerate().map(line).collect()
}

fn find(text: &str) -> Vec<Found> {
    DotNet.find(&lines_of(text))
}

fn only(text: &str) -> Found {
    let mut found = find(text);
    assert_eq!(found.len(), 1, "{found:#?}");
    found.remove(0)
}

#[test]
fn real_output_gives_what_really_happened() {
    check(&DotNet, "dotnet", 9);
}

#[test]
fn core_prints_the_first_member_as_the_inner_exception_and_the_others_behind() {
    let found = only(
        "fail: Acme.Api[0]\n      An unhandled exception has occurred.\n      System.AggregateException: Several. (a) (b)\n       ---> System.InvalidOperationException: a\n         at A.B.F() in /a.cs:line 3\n         --- End of inner exception stack trace ---\n         at A.B.Main(String[] a)\n       ---> (Inner Exception #1) System.TimeoutException: b\n         at A.B.G()<---\n\ninfo: next\n",
    );
    assert_eq!(
        kinds(&found),
        ["System.AggregateException", "System.InvalidOperationException", "System.TimeoutException"]
    );
    let frames: Vec<usize> = found.chain.links.iter().map(|link| link.frames.len()).collect();
    assert_eq!((frames, found.chain.root, found.lines.clone()), (vec![1, 1, 1], 1, vec![2..9]));
    assert_eq!(found.chain.links[2].relation, Relation::Member);
    assert_eq!(found.chain.links[1].frames[0].line, Some(3));
}

#[test]
fn frames_are_dealt_out_from_the_innermost() {
    let found = only(&log("dotnet", "netcore31-inner"));
    let first: Vec<&str> = found.chain.links.iter().map(|link| link.frames[0].function.as_str()).collect();
    assert_eq!(first, ["Acme.Search.Program.Index", "Acme.Search.Program.Embed", "Acme.Search.Program.Provider"]);
    assert_eq!(found.lead, "Unhandled exception. ");
    assert_eq!(found.chain.root_exception().properties, [("code".to_owned(), "111".to_owned())]);
}

#[test]
fn class_lines_without_frames() {
    let killed = only("Unhandled exception. System.OutOfMemoryException: Insufficient memory\n");
    assert_eq!(killed.lead, "Unhandled exception. ");
    let logged = only("2026-01-01 ERROR call failed: System.Net.Http.HttpRequestException: refused\n");
    assert_eq!(
        (logged.lead.as_str(), kinds(&logged)),
        ("2026-01-01 ERROR call failed: ", vec!["System.Net.Http.HttpRequestException"])
    );
    let old = only("Unhandled Exception:\nSystem.IO.IOException: x\n  at A.B.M () [0x00003] in /a.cs:5 \n");
    assert_eq!((old.lines.clone(), old.lead.as_str()), (vec![0..3], "Unhandled Exception:"));
}

#[test]
fn what_is_cut_off_is_not_complete() {
    for cut in [
        "A.XException: x\n ---> A.YException: y\n   at A.Y.F()\n   at A.Y.G()\n",
        " ---> A.YException: y\n   at A.Y.F()\n   --- End of inner exception stack trace ---\n   at A.X.G()\n",
    ] {
        assert!(!only(cut).chain.complete, "{cut}");
    }
}

#[test]
fn lost_indentation_changes_nothing() {
    let found = only(
        "System.Exception: x\n---> A.YException: y\nat A.Y.F()\n--- End of inner exception stack trace ---\nat A.X.G()\n--- End of stack trace from previous location ---\nat A.X.H()\n",
    );
    let frames: Vec<usize> = found.chain.links.iter().map(|link| link.frames.len()).collect();
    assert_eq!((frames, found.chain.complete), (vec![2, 1], true));
}

#[test]
fn mentions_stacks_and_other_languages_are_no_events() {
    for text in [
        "2026-01-01 INFO retry after System.IO.IOException: gone\n",
        "   at System.Environment.get_StackTrace()\n   at A.B.Main(String[] a)\n",
        "java.lang.IllegalStateException: x\n\tat com.acme.Api.call(Api.java:7)\n\tat com.acme.Api.main(Native Method)\n",
        "Error: x\n    at f (/x.js:1:2)\n    at Array.map (<anonymous>)\n",
        "Unhandled exception: Exception: no key\n#0      main (file:///a.dart:1:2)\n",
        "2026-01-01 ERROR failed: java.io.IOException: x\n",
    ] {
        assert_eq!(find(text), [], "{text}");
    }
}

#[test]
fn an_endless_stack_is_read_in_one_pass() {
    let mut text = String::from("System.StackOverflowException: x\n");
    (0..100_000).for_each(|line| text.push_str(&format!("   at A.B.F() in /a.cs:line {}\n", line + 1)));
    assert_eq!(only(&text).chain.links[0].frames.len(), 100_000);
    assert_eq!(find(text.split_once('\n').unwrap().1), []);
    let arrows = format!("A.XException: x{}\n   at A.B.F()\n", " ---> A.YException: y".repeat(20_000));
    assert_eq!(only(&arrows).chain.links.len(), 256);
    // Quadratic behaviour would take hours.
}

#[test]
fn any_mixture_of_lines_is_survived() {
    survives(
        &DotNet,
        "dotnet",
        &[
            " ---> ",
            " ---> A.BException: x",
            "---> (Inner Exception #1) A.BException",
            "<---",
            "   --- End of inner exception stack trace ---",
            "at ",
            "[0x",
        ],
    );
}
