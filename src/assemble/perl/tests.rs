//! Real output against what really happened, forms the folder does not hold, and hostile text.

use super::Perl;
use crate::assemble::harness::{check, find, frames, only, span, stays_linear, survives};

#[test]
fn real_output_gives_what_really_happened() {
    check(&Perl, "perl", 2);
}

#[test]
fn what_follows_from_a_missing_module_is_part_of_it() {
    let found = only(
        &Perl,
        "Can't locate Acme.pm in @INC (@INC entries checked: /usr/lib) at x.pl line 1.\nBEGIN failed--compilation aborted at x.pl line 1.\n",
    );
    assert_eq!(span(&found), 0..2);
}

#[test]
fn the_input_read_last_stands_behind_the_place() {
    let found = only(&Perl, "bad record at /app/x.pl line 3, <STDIN> line 12.\n");
    assert_eq!(found.chain.links[0].message, "bad record");
    assert_eq!(found.chain.links[0].properties, [("location".to_owned(), "/app/x.pl:3".to_owned())]);
    let found = only(&Perl, "no at (eval 7) line 3.\n\teval {...} called at /usr/bin/app line 9\n");
    assert_eq!(frames(&found), [1]);
}

#[test]
fn warnings_and_mentions_are_no_events() {
    for text in [
        "Use of uninitialized value $x in addition (+) at x.pl line 3.\n",
        "look at README line 3.\n",
        "Argument \"a\" isn't numeric in addition (+) at x.pl line 3.\n",
        "  File \"/a.py\", line 3, in f\n",
    ] {
        assert_eq!(find(&Perl, text), [], "{text}");
    }
}

#[test]
fn hostile_text_is_survived() {
    survives(&Perl, "perl", &[" at x.pl line 1.", " called at  line 1", "at line", ", <> line 1."]);
    assert_eq!(
        frames(&stays_linear(&Perl, "x at x.pl line 3.\n", "\tA::f(1) called at x.pl line 9\n", 20_000)[0]),
        [20_000]
    );
    stays_linear(&Perl, "x\n", "\tA::f(1) called at x.pl line 9\n", 20_000);
}

#[test]
fn the_place_may_stand_below_the_message() {
    let found = only(&Perl, "x\nbad:\n  got 'many'\n  at a.pl line 10.\n\tA::f(1) called at a.pl line 16\n");
    assert_eq!((frames(&found), span(&found)), (vec![1], 1..5));
    assert_eq!(found.chain.links[0].message, "bad:\n  got 'many'");
    assert_eq!(find(&Perl, "  at a.pl line 10.\n"), []);
}
