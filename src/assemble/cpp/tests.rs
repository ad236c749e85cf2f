//! Real output against what really happened, forms the folder does not hold, and hostile text.

use super::Cpp;
use crate::assemble::harness::{check, find, frames, kinds, only, span, stays_linear, survives};

#[test]
fn real_output_gives_what_really_happened() {
    check(&Cpp, "cpp", 6);
}

#[test]
fn what_other_libraries_print() {
    let found = only(&Cpp, "libc++abi: terminating due to uncaught exception of type std::runtime_error: no key\n");
    assert_eq!((kinds(&found), found.lead.as_str()), (vec!["std::runtime_error"], "libc++abi:"));
    let found = only(&Cpp, "Assertion failed: (key != 0), function main, file a.c, line 3.\n");
    assert_eq!(found.chain.links[0].message, "key != 0");
    let found = only(
        &Cpp,
        "terminate called after throwing an instance of 'std::_Nested_exception<Acme::Error>'\n  what():  outer\nAborted (core dumped)\n",
    );
    assert_eq!((kinds(&found), span(&found)), (vec!["std::_Nested_exception<Acme::Error>"], 0..2));
}

#[test]
fn sanitizers_of_every_kind() {
    let found = only(&Cpp, "a.cpp:3:5: runtime error: signed integer overflow\n    #0 0x1 in main /a.cpp:3:5\nnext\n");
    assert_eq!((kinds(&found), frames(&found), span(&found)), (vec!["runtime error"], vec![1], 0..2));
    let found = only(
        &Cpp,
        "==1==ERROR: LeakSanitizer: detected memory leaks\n\nDirect leak of 1 byte\n    #0 0x1 in malloc (/lib/a.so+0x1)\n\nSUMMARY: AddressSanitizer: 1 byte(s) leaked\nnext\n",
    );
    assert_eq!((kinds(&found), frames(&found), span(&found)), (vec!["LeakSanitizer"], vec![1], 0..6));
}

#[test]
fn mentions_are_no_events() {
    for text in [
        "AddressSanitizer: enabled\n",
        "exception: none\n",
        "Assertion of rights: failed.\n",
        "==================\n",
        "the process called terminate\n",
    ] {
        assert_eq!(find(&Cpp, text), [], "{text}");
    }
}

#[test]
fn hostile_text_is_survived() {
    let extra = [
        "==================",
        "==1==ERROR: Sanitizer: ",
        "WARNING: ThreadSanitizer: é",
        "exception: ",
        " exception: a",
        "#0 0x1 in",
    ];
    survives(&Cpp, "cpp", &extra);
    let head = "==1==ERROR: AddressSanitizer: SEGV\n";
    stays_linear(&Cpp, head, "    #0 0x1 in main /a.cpp:3\n", 20_000);
    stays_linear(&Cpp, "", "==================\n", 5_000);
    stays_linear(&Cpp, "", "terminate called after throwing an instance of 'A'\n  what():  x\n", 5_000);
}
