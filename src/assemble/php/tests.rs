//! Real output against what really happened, forms the folder does not hold, and hostile text.

use super::Php;
use crate::assemble::harness::{check, find, frames, kinds, only, span, stays_linear, survives};

#[test]
fn real_output_gives_what_really_happened() {
    check(&Php, "php", 6);
}

#[test]
fn what_old_versions_print() {
    let found = only(
        &Php,
        "PHP Fatal error:  Uncaught exception 'PDOException' with message 'no host' in /app/a.php:3\nStack trace:\n#0 /app/a.php(3): PDO->__construct('mysql:host=...')\n#1 {main}\n\nNext exception 'Acme\\Broken' with message 'outer' in /app/b.php:9\nStack trace:\n#0 {main}\n  thrown in /app/b.php on line 9\n",
    );
    assert_eq!(kinds(&found), ["Acme\\Broken", "PDOException"]);
    assert_eq!((frames(&found), found.chain.root, span(&found)), (vec![1, 2], 1, 0..9));
    assert_eq!(found.chain.root_exception().message, "no host");
    assert_eq!(found.chain.root_exception().frames[0].function, "PDO->__construct");
}

#[test]
fn web_servers_and_browsers_wrap_it() {
    let found = only(
        &Php,
        "*1 FastCGI sent in stderr: \"PHP message: PHP Fatal error:  Uncaught TypeError: bad in /app/a.php:3\nStack trace:\n#0 {main}\n  thrown in /app/a.php on line 3\" while reading response header from upstream\n",
    );
    assert_eq!((kinds(&found), found.lead.as_str()), (vec!["TypeError"], "*1 FastCGI sent in stderr:"));
    let found = only(
        &Php,
        "<br />\n<b>Fatal error</b>:  Uncaught Error: x in /a.php:3\nStack trace:\n#0 {main}\n  thrown in <b>/a.php</b> on line <b>3</b><br />\n",
    );
    assert_eq!((kinds(&found), span(&found)), (vec!["Error"], 1..5));
}

#[test]
fn one_failure_on_both_outputs_stays_two() {
    let block = |label: &str| {
        format!("{label}  Uncaught E: x in /a.php:3\nStack trace:\n#0 {{main}}\n  thrown in /a.php on line 3\n")
    };
    let found = find(&Php, &format!("{}\n{}", block("PHP Fatal error:"), block("Fatal error:")));
    assert_eq!(found.iter().map(|found| found.lines[0].clone()).collect::<Vec<_>>(), [0..4, 5..9]);
}

#[test]
fn errors_without_exceptions() {
    let found = only(&Php, "PHP Parse error:  syntax error, unexpected '}' in /a.php on line 3\n");
    assert_eq!(
        (kinds(&found), found.chain.links[0].message.as_str()),
        (vec!["PHP Parse error"], "syntax error, unexpected '}'")
    );
    let found = only(
        &Php,
        "PHP Fatal error:  Maximum execution time of 30 seconds exceeded in /a.php on line 3\nPHP Stack trace:\nPHP   1. {main}() /a.php:0\nPHP   2. run() /a.php:9\n",
    );
    assert_eq!(frames(&found), [2]);
}

#[test]
fn monolog_without_traces_lists_them_in_one_pair_of_parentheses() {
    let found = only(
        &Php,
        "batch failed {\"exception\":\"[object] (LogicException(code: 17): outer at /a.php:3, Acme\\\\Deep(code: 401): no, really (code: 7) at /b.php:4)\"} []\n",
    );
    assert_eq!((kinds(&found), found.lead.as_str()), (vec!["LogicException", "Acme\\Deep"], "batch failed"));
    assert_eq!(found.chain.root_exception().message, "no, really (code: 7)");
}

#[test]
fn structured_records_hold_places_only() {
    let found = only(&Php, "LogicException: outer\n/a.php:36\n/a.php:67\nCaused by: Acme\\Inner: no\n/a.php:33\n");
    assert_eq!((kinds(&found), frames(&found)), (vec!["LogicException", "Acme\\Inner"], vec![2, 1]));
}

#[test]
fn what_is_cut_off_is_not_complete() {
    let found = only(&Php, "PHP Fatal error:  Uncaught E: x in /a.php:3\nStack trace:\n#0 /a.php(3): f()\n");
    assert!(!found.chain.complete);
    assert!(!only(&Php, "PHP Fatal error:  Uncaught E: x in /a.php:3\n").chain.complete);
}

#[test]
fn warnings_and_mentions_are_no_events() {
    for text in [
        "PHP Warning:  Undefined variable $x in /a.php on line 3\n",
        "PHP Deprecated:  Function x() is deprecated in /a.php on line 3\n",
        "the log said Fatal error: Uncaught E: x in /a.php:3\n",
        "Stack trace:\n#0      main (file:///app/x.dart:3:5)\n",
        "see /a.php:3\n/a.php:3\n",
        "java.lang.RuntimeException: x\n\tat a.B.c(B.java:3)\n",
    ] {
        assert_eq!(find(&Php, text), [], "{text}");
    }
}

#[test]
fn hostile_text_is_survived() {
    let extra = [
        "Next E: x in /a:1",
        "Fatal error: Uncaught ",
        "[object] (",
        "(code: ",
        "Uncaught exception '",
        "/a.php:3",
        "\"}",
    ];
    survives(&Php, "php", &extra);
    let head = "PHP Fatal error:  Uncaught E: x in /a.php:3\nStack trace:\n";
    assert_eq!(frames(&stays_linear(&Php, head, "#0 /a.php(3): f()\n", 20_000)[0]), [20_000]);
    stays_linear(&Php, "", "a in /a.php:3\nStack trace:\n#0 {main}\n", 5_000);
    stays_linear(&Php, "", "PHP Fatal error:  Uncaught E: x\n", 5_000);
    stays_linear(&Php, "", "x [object] (\n", 5_000);
}
