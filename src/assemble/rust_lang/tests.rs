//! Real output against what really happened, forms the folder does not hold, and hostile text.

use super::Rust;
use crate::assemble::harness::{check, find, frames, kinds, only, span, stays_linear, survives};

fn messages(found: &crate::assemble::Found) -> Vec<&str> {
    found.chain.links.iter().map(|link| link.message.as_str()).collect()
}

#[test]
fn real_output_gives_what_really_happened() {
    check(&Rust, "rust", 10);
}

#[test]
fn until_1_72_the_message_stood_in_quotes() {
    let found = only(
        &Rust,
        "thread 'main' panicked at 'called `Result::unwrap()` on an `Err` value: Os { code: 111, kind: ConnectionRefused, message: \"Connection refused\" }', src/libcore/result.rs:1165:5\nstack backtrace:\n   0:     0x561249a2d064 - backtrace::trace::hda41\n                               at /cargo/libunwind.rs:88\n   1:     0x561249a2d064 - app::main::h1a8d\n                               at src/main.rs:66\nnote: Some details are omitted, run with `RUST_BACKTRACE=full` for a verbose backtrace.\n",
    );
    let panic = &found.chain.links[0];
    assert!(panic.message.ends_with("refused\" }"));
    assert_eq!((panic.frames.len(), span(&found)), (2, 0..7));
    assert_eq!((panic.frames[1].function.as_str(), panic.frames[1].line), ("app::main::h1a8d", Some(66)));
    let found = only(
        &Rust,
        "thread '<unnamed>' panicked at 'assertion failed: `(left == right)`\n  left: `1`,\n right: `2`', src/main.rs:4:5\n",
    );
    assert_eq!(messages(&found), ["assertion failed: `(left == right)`\n  left: `1`,\n right: `2`"]);
}

#[test]
fn only_the_first_panic_has_a_note() {
    let found = find(
        &Rust,
        "thread 'a' (7) panicked at src/a.rs:1:2:\nfirst\nnote: run with `RUST_BACKTRACE=1` environment variable to display a backtrace\nthread 'b' (8) panicked at src/b.rs:1:2:\nassertion `left == right` failed\n  left: 1\n right: 2\nnext line of the log\n",
    );
    assert_eq!(found.iter().map(|found| found.lines[0].clone()).collect::<Vec<_>>(), [0..3, 3..7]);
}

#[test]
fn panics_up_to_an_abort_are_one_failure() {
    let found = only(
        &Rust,
        "thread 'main' panicked at src/a.rs:1:2:\nfirst\nnote: run with `RUST_BACKTRACE=1` environment variable to display a backtrace\nthread 'main' panicked at src/b.rs:1:2:\nsecond\nthread 'main' panicked at library/core/src/panicking.rs:229:5:\npanic in a destructor during cleanup\nthread caused non-unwinding panic. aborting.\n",
    );
    assert_eq!(messages(&found), ["panic in a destructor during cleanup", "second", "first"]);
    assert_eq!((found.chain.root, span(&found)), (2, 0..8));
}

#[test]
fn eyre_prints_a_place() {
    let found = only(
        &Rust,
        "Error: indexing\n\nCaused by:\n   0: embedding\n   1: 401\n\nLocation:\n    src/main.rs:10:5\nnext\n",
    );
    assert_eq!((messages(&found), span(&found)), (vec!["indexing", "embedding", "401"], 0..8));
}

#[test]
fn a_derived_debug_holds_the_systems_error() {
    let found = only(&Rust, "Error: Io(Os { code: 111, kind: ConnectionRefused, message: \"Connection refused\" })\n");
    assert_eq!(found.chain.root_exception().message, "Connection refused (os error 111)");
    assert_eq!(kinds(&only(&Rust, "Error: ParseIntError { kind: InvalidDigit }\n")), [""]);
}

#[test]
fn what_is_cut_off_is_not_complete() {
    assert!(!only(&Rust, "thread 'main' panicked at src/a.rs:1:2:\n").chain.complete);
    assert!(!only(&Rust, "thread 'main' panicked at 'cut\n").chain.complete);
}

#[test]
fn mentions_and_other_languages_are_no_events() {
    for text in [
        "the thread panicked at noon\n",
        "Error: connect ECONNREFUSED\n    at f (/x.js:1:2)\n",
        "Error: \n",
        "Caused by: java.lang.Error: x\n\tat a.B.c(B.java:3)\n",
        "Caused by:\nnothing\n",
        "Error: see docs { here }\n",
    ] {
        assert_eq!(find(&Rust, text), [], "{text}");
    }
}

#[test]
fn hostile_text_is_survived() {
    let extra = [
        "Caused by:",
        "    0: a",
        "Error:",
        "thread '' panicked at ",
        "thread 'a' panicked at 'x",
        "stack backtrace:",
        "note: RUST_BACKTRACE",
    ];
    survives(&Rust, "rust", &extra);
    let head = "thread 'main' panicked at src/a.rs:1:2:\nx\nstack backtrace:\n";
    let frames_text: String = (0..20_000).map(|n| format!("{n}: f\n  at a.rs:{n}:1\n")).collect();
    assert_eq!(frames(&stays_linear(&Rust, &format!("{head}{frames_text}"), "", 0)[0]), [20_000]);
    stays_linear(&Rust, "", "thread 'main' panicked at src/a.rs:1:2:\n", 5_000);
    stays_linear(&Rust, "", "thread 'main' panicked at 'a\n", 5_000);
    stays_linear(&Rust, "", "x\n\nCaused by:\n    y\n", 5_000);
}
