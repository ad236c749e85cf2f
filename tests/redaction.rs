//! No secret leaves: not in any format, not on standard error, whatever quotes stand around it.
//!
//! What counts as a secret is told by patterns of this file, not by the program's own, so that a hole in the program is not a hole here too.
//! All secrets in this project are repeated letters: they have the shape of keys and open nothing.

mod common;

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::sync::OnceLock;

use regex::Regex;
use whodunit::keys::Prefilter;
use whodunit::redact::{Numbering, prefilter, redact, redact_with};
use whodunit::report::{self, TextOptions};

/// Where a whole secret stands in raw text; the group is the secret.
const SECRETS: &[&str] = &[
    r"\b((?:sk|pk|rk)-[A-Za-z0-9_-]{16,})",
    r"\b((?:gsk|hf|pcsk|jina|nvapi|xai|pplx|tvly|lsv2_pt|lsv2_sk|gh[pousr]|github_pat|glpat)[-_][A-Za-z0-9_-]{16,})",
    r"\b(A[KS]IA[0-9A-Z]{16})\b",
    r"\b(AIza[0-9A-Za-z_-]{35})",
    r"\b(eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,})",
    r#"(?i)authorization['"\\]*\s*[:=,]\s*b?['"\\]*(?:bearer|basic|token) ([A-Za-z0-9_.~+/=-]{12,})"#,
    r#"(?i)x-api-key['"\\]*\s*[:=,]\s*b?['"\\]*([A-Za-z0-9_.~+/=-]{12,})"#,
    r#"(?i)[a-z][a-z0-9+.-]*://[^\s/:@'"]*:([^\s/:@'"*]{12,})@"#,
    r"(?i)[?&](?:key|api_key|token|sig|signature)=([A-Za-z0-9_.~+/%-]{12,})",
];

fn secrets_in(text: &str) -> BTreeSet<String> {
    let patterns = SECRETS.iter().map(|pattern| Regex::new(pattern).expect("a pattern"));
    let found = patterns.flat_map(|regex| regex.captures_iter(text).map(|c| c[1].to_owned()).collect::<Vec<_>>());
    found.filter(|secret| !is_placeholder(secret)).collect()
}

/// Template text is no secret: it is what the report must be able to show.
fn is_placeholder(secret: &str) -> bool {
    ["your", "YOUR", "placeholder", "example", "xxxx"].iter().any(|word| secret.contains(word))
}

/// Fails if a text holds one of the secrets, without printing it into the log of a build.
fn assert_none(secrets: &BTreeSet<String>, text: &str, what: &str) {
    for secret in secrets {
        assert!(!text.contains(secret.as_str()), "{what} holds the secret that begins with {:.8}", secret);
    }
}

fn all_logs() -> Vec<PathBuf> {
    ["causes", "envelopes", "redaction", "traces"].into_iter().flat_map(common::logs_below).collect()
}

fn redacted(text: &str) -> String {
    let plain = redact(common::rules(), text);
    assert_eq!(redact_with(common::rules(), filter(), text), plain, "the filter hides something of {text}");
    Numbering::default().apply(&plain)
}

fn filter() -> &'static Prefilter {
    static FILTER: OnceLock<Prefilter> = OnceLock::new();
    FILTER.get_or_init(|| prefilter(common::rules()))
}

#[test]
fn the_filter_only_skips() {
    for log in all_logs() {
        let text = fs::read(&log).expect("a log is readable");
        String::from_utf8_lossy(&text).lines().for_each(|line| drop(redacted(line)));
    }
}

/// Repeated letters of some length.
fn letters(length: usize) -> String {
    "ABCDEFGHIJKLMNOPQRSTUVWXYZ".chars().flat_map(|c| [c; 4]).cycle().take(length).collect()
}

fn lower(length: usize) -> String {
    letters(length).to_lowercase()
}

fn hex(length: usize) -> String {
    "abcdef0123456789".chars().flat_map(|c| [c; 4]).cycle().take(length).collect()
}

/// A text of each shape, by the id of the shape.
fn samples() -> Vec<(&'static str, String)> {
    let uuid = format!("{}-{}-{}-{}-{}", hex(8), hex(4), hex(4), hex(4), hex(12));
    let jwt = format!("eyJ{}.eyJ{}.{}", letters(20), letters(30), letters(43));
    vec![
        ("openai-legacy", format!("sk-{}T3BlbkFJ{}", letters(20), letters(20))),
        ("openai-project", format!("sk-proj-{}", letters(156))),
        ("openai-service-account", format!("sk-svcacct-{}", letters(120))),
        ("openai-admin", format!("sk-admin-{}", letters(120))),
        ("openai-none", format!("sk-None-{}", letters(48))),
        ("openai-session", format!("sess-{}", letters(40))),
        ("anthropic-api", format!("sk-ant-api03-{}", letters(95))),
        ("anthropic-admin", format!("sk-ant-admin01-{}", letters(95))),
        ("anthropic-oauth", format!("sk-ant-oat01-{}", letters(95))),
        ("openrouter", format!("sk-or-v1-{}", hex(64))),
        ("deepseek", format!("sk-{}", hex(32))),
        ("dashscope", format!("sk-{}", hex(32))),
        ("litellm-virtual", format!("sk-{}", letters(22))),
        ("langfuse-secret", format!("sk-lf-{uuid}")),
        ("langfuse-public", format!("pk-lf-{uuid}")),
        ("azure-openai", format!("{}JQQJ99{}AC{}{}", letters(52), letters(10), letters(2), letters(12))),
        ("azure-openai-legacy", hex(32)),
        ("azure-ai-search", letters(52)),
        ("azure-entra-jwt", jwt.clone()),
        ("qdrant-jwt", jwt.clone()),
        ("supabase-jwt", jwt),
        ("google-api-key", format!("AIza{}", letters(35))),
        ("google-aq-key", format!("AQ.{}", letters(40))),
        ("google-oauth-access", format!("ya29.{}", letters(60))),
        ("google-oauth-secret", format!("GOCSPX-{}", letters(28))),
        ("aws-access-key-id", format!("AKIA{}", letters(16))),
        ("aws-temporary-key-id", format!("ASIA{}", letters(16))),
        ("bedrock-api-key-long", format!("ABSK{}", letters(128))),
        ("bedrock-api-key-short", format!("bedrock-api-key-{}", letters(80))),
        ("groq", format!("gsk_{}", letters(52))),
        ("xai", format!("xai-{}", letters(80))),
        ("cerebras", format!("csk-{}", lower(48))),
        ("perplexity", format!("pplx-{}", letters(48))),
        ("huggingface-user", format!("hf_{}", letters(34))),
        ("huggingface-org", format!("api_org_{}", letters(34))),
        ("huggingface-oauth", format!("hf_oauth_{}", letters(40))),
        ("nvidia", format!("nvapi-{}", letters(64))),
        ("replicate", format!("r8_{}", letters(37))),
        ("fireworks", format!("fw_{}", letters(24))),
        ("together", format!("tgp_v1_{}", letters(43))),
        ("together-legacy", hex(64)),
        ("mistral", letters(32)),
        ("cohere", letters(40)),
        ("voyage", format!("pa-{}", letters(43))),
        ("voyage-atlas", format!("al-{}", letters(43))),
        ("jina", format!("jina_{}", letters(60))),
        ("pinecone", format!("pcsk_{}_{}", letters(6), letters(63))),
        ("pinecone-legacy", uuid),
        ("qdrant-legacy", letters(54)),
        ("chroma", format!("ck-{}", letters(44))),
        ("elasticsearch", format!("{}==", letters(58))),
        ("milvus-zilliz", hex(72)),
        ("llamacloud", format!("llx-{}", letters(48))),
        ("langsmith-personal", format!("lsv2_pt_{}_{}", hex(32), hex(10))),
        ("langsmith-service", format!("lsv2_sk_{}_{}", hex(32), hex(10))),
        ("langsmith-legacy", format!("ls__{}", hex(32))),
        ("tavily", format!("tvly-dev-{}", letters(32))),
        ("serpapi", hex(64)),
        ("portkey", format!("pk-{}", letters(28))),
        ("github-classic", format!("ghp_{}", letters(36))),
        ("github-fine-grained", format!("github_pat_{}", letters(82))),
        ("gitlab", format!("glpat-{}", letters(20))),
        ("slack", format!("xoxb-{}", letters(40))),
        ("slack-app", format!("xapp-1-{}", letters(40))),
        ("slack-webhook", format!("hooks.slack.com/services/T{}/B{}/{}", letters(8), letters(10), letters(24))),
        ("stripe", format!("sk_test_{}", letters(24))),
        ("stripe-webhook", format!("whsec_{}", letters(32))),
        ("sendgrid", format!("SG.{}.{}", letters(22), letters(43))),
    ]
}

#[test]
fn no_secret_of_any_log_reaches_the_report() {
    let mut seen = 0;
    for log in all_logs() {
        let secrets = secrets_in(&String::from_utf8_lossy(&fs::read(&log).expect("a log")));
        if secrets.is_empty() {
            continue;
        }
        seen += secrets.len();
        let report = common::diagnose_files(std::slice::from_ref(&log));
        assert_none(&secrets, &report::json(&report), &format!("the JSON of {}", common::shown(&log)));
        for verbose in [false, true] {
            let text = report::text(&report, TextOptions { width: 100_000, top: 0, verbose });
            assert_none(&secrets, &text, &format!("the text of {}", common::shown(&log)));
        }
    }
    assert!(seen >= 12, "only {seen} secrets in all the logs: this test has nothing to look for");
}

#[test]
fn no_secret_of_any_log_reaches_the_output_of_the_program() {
    let logs = all_logs();
    let texts = logs.iter().map(|log| String::from_utf8_lossy(&fs::read(log).expect("a log")).into_owned());
    let secrets: BTreeSet<String> = texts.flat_map(|text| secrets_in(&text)).collect();
    for arguments in [&["events"][..], &["--verbose", "--top", "0"]] {
        let output = common::whodunit().args(arguments).args(&logs).output().expect("the program runs");
        for (stream, bytes) in [("standard output", &output.stdout), ("standard error", &output.stderr)] {
            assert_none(&secrets, &String::from_utf8_lossy(bytes), &format!("{stream} of {arguments:?}"));
        }
        assert!(output.stdout.len() > 1000, "{arguments:?} printed nothing");
    }
}

#[test]
fn every_shape_is_hidden_and_tells_its_owner_and_length() {
    let samples = samples();
    for shape in &common::rules().set.shapes {
        let Some((_, sample)) = samples.iter().find(|(id, _)| *id == shape.id) else {
            panic!("no sample of the key shape {}: add one to this test", shape.id)
        };
        let same: Vec<&str> = samples.iter().filter(|(_, s)| s == sample).map(|(id, _)| *id).collect();
        for around in ["key {} refused", "got '{}'", "got \"{}\"", "[{}]", "Bearer {}", "Bearer {}\\n", "x={}"] {
            // Shapes that many texts have count only where a credential belongs.
            let around = if shape.ambiguous { format!("api_key: {around}") } else { around.to_owned() };
            if shape.ambiguous && !around.contains("Bearer") {
                continue;
            }
            let text = redacted(&around.replace("{}", sample));
            assert!(!text.contains(sample.as_str()), "{} stays visible in {around}", shape.id);
            assert!(text.contains(&format!("len={}>", sample.len())), "{}: the length is lost: {text}", shape.id);
            let named = same.iter().any(|id| text.contains(&format!("<key#1 {id} ")));
            assert!(named || shape.ambiguous, "{}: the owner is lost: {text}", shape.id);
        }
    }
}

#[test]
fn a_value_is_a_secret_where_a_credential_belongs() {
    const SECRET: &str = "Zq7Zq7Zq7-Zq7Zq7Zq7_Zq7Zq7";
    let places = fs::read_to_string(common::root().join("testdata/redaction/places.txt")).expect("places");
    let mut leaks = Vec::new();
    for place in places.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        assert!(place.contains("{}"), "no place for the secret in {place:?}");
        let text = redacted(&place.replace("{}", SECRET));
        if text.contains(SECRET) || text.contains(&SECRET[..12]) {
            leaks.push(format!("{place}\n    {text}"));
        }
    }
    assert!(leaks.is_empty(), "{} places leak:\n{}", leaks.len(), leaks.join("\n"));
}

#[test]
fn what_is_no_secret_stays() {
    let texts = fs::read_to_string(common::root().join("testdata/redaction/harmless.txt")).expect("texts");
    for text in texts.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        assert_eq!(redacted(text), text, "nothing in it is a secret");
    }
}

#[test]
fn the_same_key_is_the_same_token() {
    let (first, second) = (format!("sk-proj-{}", letters(156)), format!("sk-proj-{}", &letters(160)[4..]));
    let mut numbering = Numbering::default();
    let mut token = |text: &str| numbering.apply(&redact(common::rules(), text));
    assert_eq!(token(&format!("a {first}")), "a <key#1 openai-project len=164>");
    assert_eq!(token(&format!("b '{second}'")), "b '<key#2 openai-project len=164>'");
    assert_eq!(token(&format!("c={first};")), "c=<key#1 openai-project len=164>;");
}

#[test]
fn damage_around_a_key_stays_visible() {
    let key = format!("sk-proj-{}", letters(156));
    let token = "<key#1 openai-project len=164>";
    for (before, after) in
        [("b'Bearer ", "\\n'"), ("b'Bearer  ", "'"), ("\u{201c}", "\u{201d}"), ("\"'", "'\""), ("", "\n"), ("", " ")]
    {
        assert_eq!(redacted(&format!("{before}{key}{after}")), format!("{before}{token}{after}"));
    }
}

#[test]
fn both_halves_of_a_broken_key_are_hidden() {
    let (head, tail) = (format!("sk-proj-{}", letters(40)), lower(60));
    for gap in ["\n", "\\n", " ", "\r\n", "\\r\\n", "\t"] {
        // Python prints the bytes of a header with escapes, so a real line end stands in the other two only.
        for around in [
            "Illegal header value b'Bearer {}'",
            "Headers.append: \"Bearer {}\" is an invalid header value.",
            "key '{}' refused",
        ] {
            if around.contains("b'") && gap.contains(['\n', '\r', '\t']) {
                continue;
            }
            let text = redacted(&around.replace("{}", &format!("{head}{gap}{tail}")));
            assert!(!text.contains(&head) && !text.contains(&tail[..20]), "{around} with {gap:?}: {text}");
        }
    }
}

#[test]
fn private_keys_are_hidden_to_the_last_line() {
    let line = letters(64);
    for (kind, end) in [("RSA ", "\n"), ("", "\\n"), ("EC ", "\n"), ("OPENSSH ", "\r\n")] {
        let block =
            format!("key: -----BEGIN {kind}PRIVATE KEY-----{end}{line}{end}{line}{end}-----END {kind}PRIVATE KEY-----");
        assert!(!redacted(&block).contains(&line[..20]), "{kind:?} with {end:?}");
        let cut = &block[..block.len() - 60];
        assert!(!redacted(cut).contains(&line[..20]), "{kind:?} without its end");
    }
}
