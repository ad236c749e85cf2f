//! Real output against what really happened, forms the folder does not hold, and hostile text.

use super::Ruby;
use crate::assemble::harness::{check, find, frames, kinds, only, span, stays_linear, survives};

#[test]
fn real_output_gives_what_really_happened() {
    check(&Ruby, "ruby", 8);
}

#[test]
fn the_new_quotes_and_classes_before_methods() {
    let found = only(
        &Ruby,
        "/app/x.rb:60:in 'Integer#/': divided by 0 (ZeroDivisionError)\n\tfrom /app/x.rb:57:in 'Object#index'\n\tfrom /app/x.rb:1:in '<main>'\n",
    );
    assert_eq!((kinds(&found), frames(&found)), (vec!["ZeroDivisionError"], vec![3]));
    let frame = &found.chain.links[0].frames[0];
    assert_eq!((frame.function.as_str(), frame.path.as_str(), frame.line), ("Integer#/", "/app/x.rb", Some(60)));
}

#[test]
fn the_reversed_form_has_the_root_first() {
    let found = only(
        &Ruby,
        "Traceback (most recent call last):\n\t1: from /app/x.rb:141:in `<main>'\n/app/x.rb:48:in `provider': Connection refused (Errno::ECONNREFUSED)\n\t 1: from /app/x.rb:141:in `<main>'\n/app/x.rb:54:in `embed': embedding failed (EmbeddingError)\n",
    );
    assert_eq!(kinds(&found), ["EmbeddingError", "Errno::ECONNREFUSED"]);
    assert_eq!((found.chain.root, found.chain.innermost_last), (1, true));
    assert_eq!(span(&found), 0..5);
}

#[test]
fn a_threads_report_and_the_main_programs_are_two() {
    let trace = "/app/x.rb:3:in `block': boom (RuntimeError)\n\tfrom /app/x.rb:1:in `<main>'\n";
    let lead = "#<Thread:0x0007 /app/x.rb:2 run> terminated with exception (report_on_exception is true):\n";
    let found = find(&Ruby, &format!("{lead}{trace}{trace}"));
    assert_eq!(found.len(), 2);
    assert!(found[0].lead.starts_with("#<Thread:"));
    assert_eq!((span(&found[0]), span(&found[1])), (0..3, 3..5));
}

#[test]
fn rails_lists_its_causes() {
    let text = "  \nRuntimeError (indexing failed):\n  \nCauses:\nEmbeddingError (embedding failed)\nErrno::ECONNREFUSED (Connection refused)\n  \napp/x.rb:60:in `index'\nrack (3.0.8) lib/rack.rb:3:in `call'\n";
    for text in [text.to_owned(), text.replace('\n', "\n[0f1c2d3e-1111-1111-1111-000000000000] ")] {
        let found = only(&Ruby, &text);
        assert_eq!(kinds(&found), ["RuntimeError", "EmbeddingError", "Errno::ECONNREFUSED"]);
        assert_eq!((frames(&found), span(&found)), (vec![2, 0, 0], 1..9));
        assert_eq!(found.chain.links[0].frames[1].path, "rack (3.0.8) lib/rack.rb");
    }
    let every = text.replace('\n', "\n08:00:00 FATAL ");
    assert_eq!(kinds(&only(&Ruby, &every)).len(), 3);
}

#[test]
fn message_lines_that_look_like_frames_stay_in_the_message() {
    let found = only(
        &Ruby,
        "/app/x.rb:6:in `index': upstream said: (RuntimeError)\n\nHTTP 401\n\tfrom fake.rb:1:in `fake'\nend\n\tfrom /app/x.rb:5:in `run'\n\tfrom /app/x.rb:9:in `<main>'\n",
    );
    assert_eq!(frames(&found), [3]);
    assert!(found.chain.links[0].message.ends_with("`fake'\nend"), "{:?}", found.chain.links[0].message);
}

#[test]
fn names_without_messages() {
    let kind = |rest: &str| only(&Ruby, &format!("x.rb:1:in `<main>': {rest}\n")).chain.links[0].kind.clone();
    assert_eq!(kind("unhandled exception"), "RuntimeError");
    assert_eq!(kind("KeyError"), "KeyError");
    let found = only(&Ruby, "/app/y.rb:2: syntax error, unexpected end-of-input (SyntaxError)\n");
    assert_eq!((kinds(&found), frames(&found)), (vec!["SyntaxError"], vec![1]));
    let found = only(&Ruby, "RuntimeError - no key:\n\t/app/x.rb:3:in `get'\n");
    assert_eq!((kinds(&found), frames(&found)), (vec!["RuntimeError"], vec![1]));
}

#[test]
fn what_is_cut_off_is_not_complete() {
    let found = only(&Ruby, "\tfrom /app/x.rb:57:in `index'\n\tfrom /app/x.rb:65:in `<main>'\n");
    assert!(!found.chain.complete);
}

#[test]
fn mentions_and_call_stacks_are_no_events() {
    for text in [
        "/app/x.rb:3:in `foo': warning: method redefined\n",
        "called from here\n/app/x.rb:3:in `foo'\n/app/x.rb:4:in `<main>'\n",
        "packet from 10.0.0.1:80\nmail from bob:3\n",
        "DEPRECATION WARNING: x is deprecated (called from index at /app/x.rb:3)\n",
        "Traceback (most recent call last):\n  File \"/a.py\", line 1, in f\nKeyError: 'a'\n",
    ] {
        assert_eq!(find(&Ruby, text), [], "{text}");
    }
}

#[test]
fn hostile_text_is_survived() {
    let extra =
        ["Traceback (most recent call last):", "Causes:", "A (b):", "x (", ":in `'", ":in '", "from a:1:in `b'"];
    survives(&Ruby, "ruby", &extra);
    let head = "/app/x.rb:1:in `a': deep (SystemStackError)\n";
    let found = stays_linear(&Ruby, head, "\tfrom /app/x.rb:1:in `a'\n", 20_000);
    assert_eq!(frames(&found[0]), [20_001]);
    stays_linear(&Ruby, "", "/app/x.rb:1:in `a': deep (SystemStackError)\n", 5_000);
    stays_linear(&Ruby, "", "/app/x.rb:1:in `a'\n\n", 5_000);
    stays_linear(&Ruby, "", "\tfrom /app/x.rb:1:in `a'\nx\n", 5_000);
}
