//! Takes secrets out of text that may be shown.
//!
//! A secret becomes a token that keeps the diagnosis: `<key#1 openai-project len=164>`; the same secret is the same token, and the
//! characters around it (a trailing newline, a quote) stay. Redaction runs after matching and before anything is kept for output. It
//! errs on the side of hiding: a value that stands where a credential belongs is one, whatever it looks like.

use std::fmt::Write as _;
use std::ops::Range;

use hashbrown::HashMap;

use crate::keys::{self, Possible, Prefilter};
use crate::rules::{CompiledRules, Lazy};

/// A place where a value is a secret because of what stands before it: what kind of secret, and the pattern, whose group `s` it is.
struct Place {
    kind: &'static str,
    pattern: Lazy,
}

/// A pattern and its signs: see [`Lazy::of`].
const fn place(kind: &'static str, signs: &'static [&'static str], pattern: &'static str) -> Place {
    Place { kind, pattern: Lazy::of(pattern, signs) }
}

static PLACES: [Place; 24] = [
    // Private keys, whole blocks, also with escaped line ends.
    place("private-key", &["PRIVATE KEY-----"], r"-----BEGIN [A-Z ]*PRIVATE KEY-----(?P<s>[\s\S]+?)(?:-----END|\z)"),
    // JSON web tokens, whole or cut after the second part.
    place("jwt", &["eyJ"], r"\b(?P<s>eyJ[A-Za-z0-9_-]{6,}\.[A-Za-z0-9_-]{6,}(?:\.[A-Za-z0-9_-]*)?)"),
    // Authorization headers in any quoting: HTTP, Python repr, JSON, util.inspect.
    place(
        "credential",
        &["authorization"],
        r#"(?i)\b(?:proxy-)?authorization['"\\]*\s*(?:[:=,]|=>)\s*(?:b?['"\\]+)?(?:(?:bearer|basic|token|apikey|api-key|digest|negotiate|aws4-hmac-sha256)\s+)?(?P<s>[^\s'"\\,;<>(){}\[\]][^\n'"\\,;<>{}]*)"#,
    ),
    place("credential", &["bearer"], r#"(?i)\bbearer[\s+](?:['"]?)(?P<s>[A-Za-z0-9_.~+/=:\-]{12,})"#),
    place("credential", &["basic"], r#"(?i)\bbasic\s+(?P<s>[A-Za-z0-9+/]{12,}=*)"#),
    // Key headers and assignments: x-api-key, api_key=, "token": "…", password=…
    place(
        "credential",
        &[
            "key",
            "token",
            "secret",
            "passwd",
            "password",
            "pwd",
            "cookie",
            "api",
            "functions",
            "auth",
            "security",
            "subscription",
            "vault",
        ],
        r#"(?i)(?:\b|_)(?:shared[-_]?access[-_]?key|x[-_](?:api|goog-api|functions|auth|amz-security|subscription|vault)[-_]?(?:key|token)?|api[-_ ]?key|apikey|access[-_]?key(?:[-_]?id)?|secret[-_]?(?:access[-_]?)?key|subscription[-_]key|account[-_]?key|auth[-_]?token|access[-_]?token|refresh[-_]?token|id[-_]?token|session[-_]?token|security[-_]?token|client[-_]?secret|secret|token|passwd|password|pwd|cookie|set-cookie)['"\\]*\s*(?:[:=]|=>|,(?:\s*b?['"]))\s*\[?\s*(?:b?['"\\]+)?(?P<s>[^\s'"\\,;&<>(){}\[\]*]{8,})"#,
    ),
    // Variables whose name says what they hold: environ dumps, docker inspect, shell traces.
    place(
        "credential",
        &["KEY", "TOKEN", "SECRET", "PASS", "CREDENTIAL", "AUTH", "DSN", "DATABASE_URL", "CONNECTION_STRING"],
        r#"\b[A-Z][A-Z0-9_]*(?:KEY|TOKEN|SECRET|PASSWORD|PASSWD|PASS|CREDENTIALS?|AUTH|DSN|DATABASE_URL|CONNECTION_STRING)(?:_[A-Z0-9]+)?['"\\]*\s*(?:[:=]|=>)\s*(?:b?['"\\]+)?(?P<s>[^\s'"\\,;<>(){}\[\]*]{6,})"#,
    ),
    // User info and secret parameters of URLs.
    place("password", &["://"], r"[a-z][a-z0-9+.\-]*://(?P<s>[^\s/@'\x22<>]*:[^\s/@'\x22<>]+)@"),
    place(
        "credential",
        &["key=", "token=", "auth=", "sig=", "signature=", "secret=", "password=", "pwd=", "code=", "credential="],
        r"(?i)[?&;](?:key|api[-_]?key|apikey|subscription-key|token|access_token|refresh_token|id_token|auth|sig|signature|secret|client_secret|password|pwd|code|x-amz-(?:signature|security-token|credential)|x-goog-signature)=(?P<s>[^\s&'\x22<>#;\\)]{4,})",
    ),
    // Values that a client refused to send are printed whole.
    place("header-value", &["header value"], r#"(?:[Ii]llegal|[Ii]nvalid) header value b?['"](?P<s>[^'"\n]+)['"]"#),
    place("header-value", &["header value"], r#"header value(?: for \S+)?: (?P<s>(?:Bearer |Basic )?\S{8,}[^\n]*)"#),
    place("header-value", &["Headers."], r#"Headers\.\w+: "(?P<s>[\s\S]+?)" is an invalid header value"#),
    place("header-value", &["Header part ("], r#"Header part \(b?['"]?(?P<s>[^)\n]{6,}?)['"]?\) from"#),
    // Arguments of commands, from shell traces and crash reports.
    place("credential", &["--"], r#"(?i)--[a-z-]*(?:key|token|secret|password)(?:\s+|=)['"]?(?P<s>[^\s'"]{8,})"#),
    place(
        "password",
        &["pass=", "password=", "passwd="],
        r#"(?i)--(?:password|passwd|pass|requirepass)=['"]?(?P<s>[^\s'"]{4,})"#,
    ),
    place(
        "password",
        &["curl"],
        r#"\bcurl\b[^\n]*?\s(?:-u|--user|--proxy-user|-U)[ =]?['"]?[^\s:'"]+:(?P<s>[^\s'"]{4,})"#,
    ),
    place(
        "password",
        &["mysql", "mariadb", "xtrabackup"],
        r#"\b(?:mysql|mysqldump|mysqladmin|mysqlimport|mysqlpump|mariadb|mariadb-dump|xtrabackup)\b[^\n]*?\s-p['"]?(?P<s>[^\s'"]{4,})"#,
    ),
    place("password", &["redis-"], r#"\bredis-(?:cli|benchmark)\b[^\n]*?\s(?:-a|--pass)[ =]?['"]?(?P<s>[^\s'"]{4,})"#),
    place(
        "password",
        &["PGPASSWORD", "MYSQL_PWD", "REDISCLI_AUTH", "SSHPASS"],
        r#"\b(?:PGPASSWORD|MYSQL_PWD|REDISCLI_AUTH|SSHPASS)=['"]?(?P<s>[^\s'";]{4,})"#,
    ),
    place(
        "password",
        &["sshpass", "mongo", "sqlcmd", "docker login"],
        r#"\b(?:sshpass|mongosh?|mongodump|mongorestore|sqlcmd|docker login)\b[^\n]*?\s(?:-p|-P)[ =]?['"]?(?P<s>[^\s'"-][^\s'"]{3,})"#,
    ),
    // What a refusal or a validation quotes may be anything: only what looks like chance is taken for a key.
    place(
        OPAQUE,
        &["provided:", "given:", "supplied:", "received:"],
        r#"(?i)\b(?:key|token) (?:provided|given|supplied|received): ?['"]?(?P<s>[A-Za-z0-9_\-]{16,})"#,
    ),
    place(OPAQUE, &["input_value="], r#"\binput_value=['"](?P<s>[A-Za-z0-9_\-+/=.]{16,})['"]"#),
    // A key split by blanks or line ends escapes the shapes: take the rest with it, over a line end only inside quotes.
    place(
        "credential",
        &["sk-", "pk-", "rk-"],
        r#"['"](?:Bearer )?(?P<s>(?:sk|pk|rk)-[A-Za-z0-9_\-]{12,}\s+[A-Za-z0-9_\-]{8,})['"]"#,
    ),
    place(
        "credential",
        &["sk-", "pk-", "rk-"],
        r#"(?P<s>\b(?:sk|pk|rk)-(?:proj-|ant-|or-|svcacct-|admin-)?[A-Za-z0-9_\-]{12,}(?:[ \t\\nr]+[A-Za-z0-9_\-]{8,})?)"#,
    ),
];

/// Kind of a place where harmless text may stand as well.
const OPAQUE: &str = "opaque";

/// Words that stand where a secret could and are none.
const HARMLESS: &[&str] = &[
    "true",
    "false",
    "none",
    "null",
    "undefined",
    "missing",
    "required",
    "invalid",
    "expired",
    "provided",
    "incorrect",
    "present",
    "bearer",
    "basic",
    "authentication",
    "authorization",
    "credentials",
    "argument",
    "<redacted>",
    "[redacted]",
    "redacted",
    "environment",
    "variable",
    "must",
    "not",
    // What shells say of a variable: `KEY: unbound variable`, `KEY: parameter not set`.
    "unbound",
    "parameter",
];

/// Replaces secrets by tokens of the form `<key:HASH kind len=N>`; [`Numbering`] turns the hash into a number for the report.
#[must_use]
pub fn redact(rules: &CompiledRules, text: &str) -> String {
    redact_possible(rules, Possible::everything(), text)
}

/// A filter that spares most texts most patterns; [`redact_with`] gives what [`redact`] gives.
#[must_use]
pub fn prefilter(rules: &CompiledRules) -> Prefilter {
    Prefilter::new(rules, PLACES.iter().map(|place| &place.pattern))
}

/// [`redact`] for many texts, with the [`prefilter`] of the same rules.
#[must_use]
pub fn redact_with(rules: &CompiledRules, prefilter: &Prefilter, text: &str) -> String {
    redact_possible(rules, prefilter.possible(text), text)
}

fn redact_possible(rules: &CompiledRules, possible: Possible, text: &str) -> String {
    let mut spans: Vec<(Range<usize>, String)> = Vec::new();
    for (lazy, shape) in possible.shapes(rules.shapes.len()).map(|at| (&rules.shapes[at], &rules.set.shapes[at])) {
        if !shape.ambiguous {
            spans.extend(lazy.find_iter(text).map(|range| (range, shape.id.clone())));
        }
    }
    for Place { kind, pattern } in possible.further(PLACES.len()).map(|at| &PLACES[at]) {
        if !pattern.is_match(text) {
            continue;
        }
        let secret = |value: &str| is_secret(value) && (*kind != OPAQUE || looks_random(value));
        let values = pattern.captures_iter(text).filter_map(|found| found.group("s"));
        for range in values.filter(|range| secret(&text[range.clone()])) {
            let kind = if *kind == OPAQUE { "credential" } else { kind };
            spans.push((trim(text, range), kind.to_owned()));
        }
    }
    if spans.is_empty() {
        return text.to_owned();
    }
    replace(text, spans)
}

/// Masked keys, placeholders of ours, and plain words are no secrets.
fn is_secret(value: &str) -> bool {
    let word = value.trim().trim_end_matches(['.', ':', ')']);
    let stars = word.bytes().filter(|&b| b == b'*').count();
    let ours = word.starts_with("<key") || stars >= 3;
    let reference = word.starts_with('$') || word.len() < 4;
    !ours
        && !reference
        && !HARMLESS.iter().any(|harmless| word.eq_ignore_ascii_case(harmless))
        && !word.chars().all(|c| c == 'x' || c == 'X' || c == '.' || c == '-')
}

/// Letters of both cases and digits together: names of models, variables and hosts keep to one case.
fn looks_random(value: &str) -> bool {
    let any = |test: fn(&char) -> bool| value.chars().any(|c| test(&c));
    any(char::is_ascii_digit) && any(char::is_ascii_uppercase) && any(char::is_ascii_lowercase)
}

/// The scheme word stays visible, and so does white space at the ends.
fn trim(text: &str, range: Range<usize>) -> Range<usize> {
    let value = &text[range.clone()];
    let scheme =
        ["Bearer ", "bearer ", "Basic ", "basic "].into_iter().find(|s| value.starts_with(s)).map_or(0, str::len);
    let rest = &value[scheme..];
    // An escaped line end (`\n`) is a sign worth seeing.
    let body = rest.trim_end_matches(['\n', '\r', ' ', '\t']);
    let body = body.strip_suffix("\\n").or_else(|| body.strip_suffix("\\r")).unwrap_or(body);
    let lead = body.len() - body.trim_start().len();
    range.start + scheme + lead..range.start + scheme + body.len()
}

fn replace(text: &str, mut spans: Vec<(Range<usize>, String)>) -> String {
    // Overlapping spans become one that covers them all; the kind of the first, which is the most specific, stays.
    spans.retain(|(range, _)| !range.is_empty());
    let mut merged: Vec<(Range<usize>, String, bool)> = Vec::new();
    spans.sort_by_key(|(range, _)| (range.start, usize::MAX - range.end));
    for (range, kind) in spans {
        match merged.last_mut() {
            Some((last, last_kind, specific)) if range.start < last.end => {
                last.end = last.end.max(range.end);
                if !*specific && is_shape(&kind) {
                    *last_kind = kind;
                    *specific = true;
                }
            }
            _ => {
                let specific = is_shape(&kind);
                merged.push((range, kind, specific));
            }
        }
    }
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for (range, kind, _) in merged {
        out.push_str(&text[at..range.start]);
        let secret = &text[range.clone()];
        // Writing into a String cannot fail.
        let _ = write!(out, "<key:{:016x} {kind} len={}>", keys::hash(secret), secret.len());
        at = range.end;
    }
    out.push_str(&text[at..]);
    out
}

fn is_shape(kind: &str) -> bool {
    !PLACES.iter().any(|place| place.kind == kind)
}

/// Turns the hashes of redacted text into small numbers, in the order in which they are met.
#[derive(Debug, Default)]
pub struct Numbering {
    numbers: HashMap<String, usize>,
}

impl Numbering {
    /// Rewrites every token of a text.
    pub fn apply(&mut self, text: &str) -> String {
        const OPEN: &str = "<key:";
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(at) = rest.find(OPEN) {
            let after = &rest[at + OPEN.len()..];
            let Some(hash) = after.get(..16).filter(|h| h.bytes().all(|b| b.is_ascii_hexdigit())) else {
                out.push_str(&rest[..at + OPEN.len()]);
                rest = after;
                continue;
            };
            let next = self.numbers.len() + 1;
            let number = *self.numbers.entry(hash.to_owned()).or_insert(next);
            out.push_str(&rest[..at]);
            let _ = write!(out, "<key#{number}");
            rest = &after[16..];
        }
        out.push_str(rest);
        out
    }
}

#[cfg(test)]
mod tests {
    use proptest::strategy::{Strategy, ValueTree};
    use proptest::string::string_regex;
    use proptest::test_runner::TestRunner;

    use super::*;

    /// A sign that a match can do without would let a secret pass.
    #[test]
    fn every_match_of_a_place_has_one_of_its_signs() {
        let mut runner = TestRunner::deterministic();
        for place in &PLACES {
            // Text cannot be made for the edges of words; what stands between them can.
            let pattern = place.pattern.text().replace(r"\b", "").replace(r"|\z", "");
            let texts = string_regex(&pattern).expect("a pattern that text can be made for");
            for _ in 0..300 {
                let text = texts.new_tree(&mut runner).expect("a text").current();
                assert!(place.pattern.may_match(&text), "{text:?} matches {pattern} and has none of its signs");
            }
        }
    }
}
