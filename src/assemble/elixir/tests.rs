//! Real output against what really happened, forms the folder does not hold, and hostile text.

use super::Elixir;
use crate::assemble::harness::{check, find, frames, kinds, only, span, stays_linear, survives};

#[test]
fn real_output_gives_what_really_happened() {
    check(&Elixir, "elixir", 5);
}

#[test]
fn the_help_of_a_clause_error_is_message() {
    let found = only(
        &Elixir,
        "** (FunctionClauseError) no function clause matching in Acme.f/1    \n    \n    The following arguments were given to Acme.f/1:\n    \n        # 1\n        nil\n    \n    lib/acme.ex:3: Acme.f/1\n    (elixir 1.14.0) lib/code.ex:1245: Code.require_file/2\n",
    );
    assert_eq!((frames(&found), span(&found)), (vec![2], 0..9));
    assert!(found.chain.links[0].message.ends_with("nil"));
}

#[test]
fn a_server_prints_its_state_and_its_caller() {
    let found = only(
        &Elixir,
        "GenServer #PID<0.1.0> terminating\n** (RuntimeError) boom\n    lib/a.ex:3: A.handle_call/3\n    (stdlib 4.2) gen_server.erl:1149: :gen_server.try_handle_call/4\nLast message (from #PID<0.2.0>): :go\nState: %{a: 1}\nClient #PID<0.2.0> is alive\n\n    (stdlib 4.2) gen.erl:256: :gen.do_call/4\n    (elixir 1.14.0) lib/gen_server.ex:1035: GenServer.call/3\n",
    );
    assert_eq!((frames(&found), span(&found)), (vec![4], 1..10));
}

#[test]
fn an_exit_quotes_its_reason() {
    let found = only(
        &Elixir,
        "** (exit) exited in: GenServer.call(A, :go, 5000)\n    ** (EXIT from #PID<0.3.0>) an exception was raised:\n        ** (Acme.Error) no key\n            lib/a.ex:3: A.go/0\n    (elixir 1.14.0) lib/gen_server.ex:1035: GenServer.call/3\n",
    );
    assert_eq!(kinds(&found), ["exit", "EXIT from #PID<0.3.0>", "Acme.Error"]);
    assert_eq!((found.chain.root, found.chain.root_exception().message.as_str()), (2, "no key"));
    assert_eq!(span(&found), 0..5);
}

#[test]
fn message_lines_that_look_like_frames_stay_in_the_message() {
    let found =
        only(&Elixir, "** (RuntimeError) upstream:\n\n    lib/fake.ex:1: Fake.f/0\nend\n    lib/a.ex:3: A.go/0\n");
    assert_eq!((frames(&found), found.chain.links[0].message.lines().count()), (vec![1], 4));
}

#[test]
fn mentions_are_no_events() {
    for text in ["*** (Note) read this\n", "** (see below) text\n", "a ** (b) c\n", "    lib/a.ex:3: A.go/0\n"] {
        assert_eq!(find(&Elixir, text), [], "{text}");
    }
}

#[test]
fn what_is_cut_off_is_not_complete() {
    assert!(!only(&Elixir, "** (EXIT from #PID<0.94.0>) an exception was raised:\n").chain.complete);
}

#[test]
fn hostile_text_is_survived() {
    survives(&Elixir, "elixir", &["** (", "    ** (EXIT) x", "State: ", "Client ", "    (a) B.c/1", "** (A)é"]);
    let head = "** (RuntimeError) x\n";
    assert_eq!(frames(&stays_linear(&Elixir, head, "    lib/a.ex:3: A.go/0\n", 20_000)[0]), [20_000]);
    stays_linear(&Elixir, "", "** (RuntimeError) x\n", 5_000);
    stays_linear(&Elixir, head, "    lib/a.ex:3: A.go/0\nx\n", 20_000);
}

#[test]
fn erlang_prints_sentences_and_terms() {
    let shell = only(
        &Elixir,
        "** exception error: bad argument\n     in function  atom_to_list/1\n        called as atom_to_list(\"x\")\n        *** argument 1: not an atom\n     in call from a:f/1 (a.erl, line 3)\n1> \n",
    );
    assert_eq!((kinds(&shell), frames(&shell), span(&shell)), (vec!["error"], vec![2], 0..5));
    assert_eq!((shell.chain.links[0].message.as_str(), shell.lead.as_str()), ("bad argument", "**"));
    let report = only(
        &Elixir,
        "Error in process <0.9.0> on node 'a@b' with exit value:\n{{badmatch,{error,\"a, {b\"}},\n [{a,f,2,[{file,\"a.erl\"},{line,3}]},{b,'-g/0-fun-0-',[x],[]}]}\nnext\n",
    );
    assert_eq!((kinds(&report), frames(&report), span(&report)), (vec!["badmatch"], vec![2], 0..3));
    assert_eq!(report.chain.links[0].message, "{error,\"a, {b\"}");
    let cut = only(&Elixir, "Error in process <0.9.0> with exit value:\n{badarg,[{a,f,2,[]}\n");
    assert!(!cut.chain.complete);
    for text in
        ["we saw an exception error: x\n", "exception error: x\n", "Error in process <0.9.0> with exit value:\nx\n"]
    {
        assert_eq!(find(&Elixir, text), [], "{text}");
    }
    survives(
        &Elixir,
        "elixir",
        &["{{", "}}", "[\"", "\\", "  in function a:b/1 (", "Error in process <0.1> with exit value:"],
    );
}
