//! Real output against what really happened, forms the folder does not hold, and hostile text.

use super::Lua;
use crate::assemble::harness::{check, find, frames, kinds, only, span, stays_linear, survives};

#[test]
fn real_output_gives_what_really_happened() {
    check(&Lua, "lua", 1);
}

#[test]
fn openresty_prints_coroutines() {
    let found = only(
        &Lua,
        "*1 lua entry thread aborted: runtime error: /app/x.lua:12: no key\nstack traceback:\ncoroutine 0:\n\t[C]: in function 'error'\n\t/app/x.lua:12: in function </app/x.lua:1>, client: 127.0.0.1\n",
    );
    assert_eq!((kinds(&found), frames(&found), span(&found)), (vec![""], vec![2], 0..5));
    assert!(found.chain.links[0].message.ends_with("no key"));
}

#[test]
fn a_message_of_several_lines() {
    let found = only(
        &Lua,
        "start\nlua: x.lua:1: upstream\n\n401\nstack traceback:\n\t[C]: in ?\n\t...\t(skipping 9 levels)\n\tx.lua:2: in main chunk\n",
    );
    assert_eq!((kinds(&found), frames(&found), span(&found)), (vec!["lua"], vec![2], 1..8));
    assert_eq!(found.chain.links[0].message, "x.lua:1: upstream\n\n401");
}

#[test]
fn what_is_cut_off_is_not_complete_and_mentions_are_no_events() {
    assert!(!only(&Lua, "stack traceback:\n\tx.lua:1: in main chunk\n").chain.complete);
    assert_eq!(find(&Lua, "x\nstack traceback:\nnothing\n"), []);
}

#[test]
fn hostile_text_is_survived() {
    survives(&Lua, "lua", &["stack traceback:", "[C]: in ?", "lua: x", "coroutine 0:", ": in "]);
    assert_eq!(frames(&stays_linear(&Lua, "lua: x\nstack traceback:\n", "\tx.lua:1: in f\n", 20_000)[0]), [20_000]);
    stays_linear(&Lua, "", "stack traceback:\n", 5_000);
}

#[test]
fn objects_that_print_themselves_have_no_traceback() {
    let text = "lua5.4: Quota: 20\nx\nlua5.4: x.lua:1: no\nstack traceback:\n\t[C]: in ?\nlua: notes\n";
    let said: Vec<_> = find(&Lua, text).iter().map(span).collect();
    assert_eq!(said, [0..1, 2..5]);
}
