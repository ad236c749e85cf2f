//! Real output against what really happened, forms the folder does not hold, and hostile text.

use super::Shell;
use crate::assemble::harness::{check, find, only, span, stays_linear, survives};

#[test]
fn real_output_gives_what_really_happened() {
    check(&Shell, "shell", 1);
}

#[test]
fn shells_of_every_kind() {
    let message = |text: &str| only(&Shell, text).chain.links[0].message.clone();
    assert_eq!(message("/entrypoint: line 3: exec: uvicorn: not found\n"), "exec: uvicorn: not found");
    assert_eq!(message("run.sh: 12: OPENAI_API_KEY: parameter not set\n"), "OPENAI_API_KEY: parameter not set");
    assert_eq!(message("bash: line 1: 77 Killed                  ./run\n"), "77 Killed                  ./run");
    let found = only(&Shell, "x.sh: line 3: syntax error near unexpected token `fi'\nx.sh: line 3: `fi'\n");
    assert_eq!(span(&found), 0..2);
}

#[test]
fn warnings_and_other_tools_are_no_events() {
    for text in [
        "/bin/bash: line 1: warning: setlocale: LC_ALL: cannot change locale\n",
        "config.yaml: line 3: bad indentation\n",
        "/etc/app.conf: line 3: unknown key\n",
        "a.py: 12: E501 line too long\n",
        "note: line 3: see below\n",
    ] {
        assert_eq!(find(&Shell, text), [], "{text}");
    }
}

#[test]
fn hostile_text_is_survived() {
    survives(&Shell, "shell", &[": line : ", "x.sh: line 1: `", "sh: 1: é"]);
    stays_linear(&Shell, "", "x.sh: line 3: a\n", 5_000);
}
