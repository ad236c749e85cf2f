//! The forms that Dart and Flutter print, and hostile text.

use super::Dart;
use crate::assemble::harness::{check, find, frames, kinds, only, span, stays_linear, survives};

const TRACE: &str = "#0      Client.post (package:http/http.dart:12:5)\n<asynchronous suspension>\n#1      main (file:///app/bin/main.dart:3:9)\n";

#[test]
fn real_output_gives_what_really_happened() {
    check(&Dart, "dart", 4);
}

#[test]
fn unhandled_exceptions() {
    let read = |message: &str| {
        let found = only(&Dart, &format!("Unhandled exception:\n{message}\n{TRACE}"));
        assert_eq!(frames(&found), [2]);
        let link = found.chain.links[0].clone();
        (link.kind, link.message)
    };
    let wanted = |kind: &str, message: &str| (kind.to_owned(), message.to_owned());
    assert_eq!(read("Exception: no key"), wanted("Exception", "no key"));
    assert_eq!(read("Bad state: no element"), wanted("StateError", "no element"));
    assert_eq!(read("Instance of 'ApiError'"), wanted("ApiError", ""));
    assert_eq!(
        read("FormatException: Unexpected (at 1)\n<html>\n^"),
        wanted("FormatException", "Unexpected (at 1)\n<html>\n^")
    );
    assert_eq!(read("no class"), wanted("", "no class"));
}

#[test]
fn places_are_split_from_uris() {
    let found = only(&Dart, &format!("Unhandled exception:\nx\n{TRACE}"));
    let frame = &found.chain.links[0].frames[1];
    assert_eq!((frame.path.as_str(), frame.line), ("file:///app/bin/main.dart", Some(3)));
}

#[test]
fn android_prefixes_every_line() {
    let text = format!("[ERROR:flutter/runtime/dart_vm_initializer.cc(41)] Unhandled Exception: Exception: x\n{TRACE}");
    let tagged: String = text.lines().map(|line| format!("E/flutter ( 1234): {line}\n")).collect();
    let found = only(&Dart, &tagged);
    assert_eq!((kinds(&found), frames(&found), span(&found)), (vec!["Exception"], vec![2], 0..4));
}

#[test]
fn flutter_draws_a_box() {
    let found = only(
        &Dart,
        &format!(
            "══╡ EXCEPTION CAUGHT BY WIDGETS LIBRARY ╞══\nThe following StateError was thrown building Home(dirty):\nBad state: no key\n\nWhen the exception was thrown, this was the stack:\n{TRACE}(elided 3 frames from dart:async)\n══════════\n"
        ),
    );
    assert_eq!((kinds(&found), frames(&found), span(&found)), (vec!["StateError"], vec![2], 0..10));
    assert_eq!(found.chain.links[0].message, "no key");
}

#[test]
fn loggers_print_the_class_above() {
    let found = only(&Dart, &format!("SocketException: refused\n{TRACE}"));
    assert_eq!((kinds(&found), span(&found)), (vec!["SocketException"], 0..4));
}

#[test]
fn call_stacks_and_other_languages_are_no_events() {
    for text in [TRACE, "#0 /a.php(3): f()\n#1 {main}\n", "#0 0x1 in main /a.cpp:3\n"] {
        assert_eq!(find(&Dart, text), [], "{text}");
    }
}

#[test]
fn hostile_text_is_survived() {
    let extra = [
        "Unhandled exception:",
        "x Unhandled Exception: ",
        "══╡ EXCEPTION CAUGHT BY A ╞══",
        "═══",
        "#0 a (dart:1)",
        "The following A was thrown",
    ];
    survives(&Dart, "dart", &extra);
    assert_eq!(
        frames(&stays_linear(&Dart, "Unhandled exception:\nx\n", "#0      main (file:///m.dart:3:9)\n", 20_000)[0]),
        [20_000]
    );
    stays_linear(&Dart, "", "══╡ EXCEPTION CAUGHT BY A ╞══\n", 5_000);
    stays_linear(&Dart, "", "Unhandled exception:\n", 5_000);
    stays_linear(&Dart, "", "x\n#1      main (file:///m.dart:3:9)\n", 5_000);
}
