//! Every snippet of a recipe is one that its language accepts: people copy them in a hurry.
//!
//! Placeholders are filled as a report fills them. Each language has a check of its own, and each check is shown something broken first.

mod common;

use std::fs;
use std::io::Write as _;
use std::process::{Command, Stdio};

use oxc_allocator::Allocator;
use oxc_parser::Parser;
use oxc_span::SourceType;
use rayon::prelude::*;
use saphyr::{LoadableYamlNode, Yaml};

/// A check of one language: what is wrong with a text.
type Check = fn(&str) -> Result<(), String>;

/// The languages of snippets, as the rules write them.
const LANGUAGES: [(&str, Check); 10] = [
    ("bash", bash),
    ("dockerfile", dockerfile),
    ("ini", ini),
    ("javascript", javascript),
    ("json", json),
    ("nginx", nginx),
    ("python", python),
    ("sql", sql),
    ("typescript", typescript),
    ("yaml", yaml),
];

/// One snippet.
struct Snippet {
    place: String,
    language: String,
    code: String,
}

fn filled(text: &str) -> String {
    common::PLACEHOLDERS.iter().fold(text.to_owned(), |text, (name, value)| text.replace(name, value))
}

fn snippets() -> Vec<Snippet> {
    let mut all = Vec::new();
    for cause in &common::rules().set.causes {
        for (number, recipe) in cause.recipe.iter().enumerate() {
            let Some(code) = &recipe.code else { continue };
            let language = recipe.code_language.clone().unwrap_or_default();
            all.push(Snippet { place: format!("{} recipe {}", cause.id, number + 1), language, code: filled(code) });
        }
        for (number, confirm) in cause.confirm.iter().enumerate().filter(|(_, c)| !is_sentence(&c.check)) {
            let place = format!("{} check {}", cause.id, number + 1);
            all.push(Snippet { place, language: "bash".to_owned(), code: filled(&confirm.check) });
        }
    }
    all
}

/// Some checks are a thing to do, not a command to run.
fn is_sentence(check: &str) -> bool {
    check.starts_with(|c: char| c.is_ascii_uppercase()) && check.trim_end().ends_with(['.', '?'])
}

fn typescript(code: &str) -> Result<(), String> {
    ecmascript(code, SourceType::ts())
}

fn javascript(code: &str) -> Result<(), String> {
    ecmascript(code, SourceType::mjs())
}

fn ecmascript(code: &str, kind: SourceType) -> Result<(), String> {
    let allocator = Allocator::default();
    let parsed = Parser::new(&allocator, code, kind).parse();
    parsed.errors.first().map_or(Ok(()), |error| Err(error.to_string()))
}

/// YAML that means something: a text without any structure is a slip, not a configuration.
fn yaml(code: &str) -> Result<(), String> {
    let documents = Yaml::load_from_str(code).map_err(|error| error.to_string())?;
    let structured = !documents.is_empty() && documents.iter().all(|d| d.is_mapping() || d.is_sequence());
    if structured { Ok(()) } else { Err("neither a mapping nor a list".to_owned()) }
}

fn json(code: &str) -> Result<(), String> {
    serde_json::from_str::<serde_json::Value>(code).map(|_| ()).map_err(|error| error.to_string())
}

fn bash(code: &str) -> Result<(), String> {
    piped("bash", &["-n"], code)
}

fn python(code: &str) -> Result<(), String> {
    piped("python3", &["-c", "import sys; compile(sys.stdin.read(), 'snippet', 'exec')"], code)
}

/// What a program says of a text on its standard input; nothing where there is no such program.
fn piped(program: &str, arguments: &[&str], text: &str) -> Result<(), String> {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
    let Ok(mut child) = command.spawn() else { return Ok(()) };
    let mut input = child.stdin.take().expect("a pipe");
    input.write_all(text.as_bytes()).expect("the program reads");
    drop(input);
    let output = child.wait_with_output().expect("the program ends");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    if output.status.success() && said.is_empty() { Ok(()) } else { Err(said) }
}

/// Sections, settings and comments, as systemd reads them.
fn ini(code: &str) -> Result<(), String> {
    let mut section = false;
    for line in code.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with(['#', ';'])) {
        section |= line.starts_with('[') && line.ends_with(']');
        let setting = line.split_once('=').is_some_and(|(name, _)| name.trim().chars().all(char::is_alphanumeric));
        if !section || !(setting || line.starts_with('[') && line.ends_with(']')) {
            return Err(format!("no setting of a section: {line}"));
        }
    }
    Ok(())
}

/// Blocks that close, and directives that end.
fn nginx(code: &str) -> Result<(), String> {
    let mut depth = 0;
    for line in code.lines().map(|line| line.split('#').next().unwrap_or_default().trim()).filter(|l| !l.is_empty()) {
        match line.chars().last() {
            Some('{') => depth += 1,
            Some('}') => depth -= 1,
            Some(';') => {}
            _ => return Err(format!("no end of a directive: {line}")),
        }
    }
    if depth == 0 { Ok(()) } else { Err("a block is left open".to_owned()) }
}

/// Instructions, with their continuations.
fn dockerfile(code: &str) -> Result<(), String> {
    const INSTRUCTIONS: [&str; 12] =
        ["FROM", "RUN", "COPY", "ENV", "ARG", "CMD", "ENTRYPOINT", "WORKDIR", "USER", "EXPOSE", "HEALTHCHECK", "ADD"];
    let joined = code.replace("\\\n", " ");
    let lines = joined.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let stranger = lines.filter_map(|line| line.split_whitespace().next()).find(|word| !INSTRUCTIONS.contains(word));
    stranger.map_or(Ok(()), |word| Err(format!("no instruction: {word}")))
}

/// Statements that end, with quotes and brackets that close.
fn sql(code: &str) -> Result<(), String> {
    let lines = code.lines().map(|line| line.split("--").next().unwrap_or_default()).collect::<Vec<_>>().join("\n");
    let text = lines.trim();
    let count = |c: char| text.matches(c).count();
    if !text.is_empty() && !text.ends_with(';') {
        return Err("the last statement does not end".to_owned());
    }
    if count('(') != count(')') || !count('\'').is_multiple_of(2) {
        return Err("a bracket or quote is left open".to_owned());
    }
    Ok(())
}

fn check_of(language: &str) -> Option<Check> {
    LANGUAGES.iter().find(|(name, _)| *name == language).map(|(_, check)| *check)
}

#[test]
fn every_snippet_names_a_language_that_is_checked() {
    let strangers = snippets().into_iter().filter(|s| check_of(&s.language).is_none());
    let strangers: Vec<String> = strangers.map(|s| format!("{}: {:?}", s.place, s.language)).collect();
    assert!(strangers.is_empty(), "{strangers:#?}");
    let marks = common::rules().set.causes.iter().flat_map(|c| &c.recipe).filter(|r| r.code.is_none());
    let idle = marks.filter(|r| r.code_language.is_some()).count();
    assert_eq!(idle, 0, "recipes that name a language and have no code");
    let documented = fs::read_to_string(common::root().join("rules/README.md")).expect("the rule language");
    for (language, _) in LANGUAGES {
        assert!(documented.contains(&format!("`{language}`")), "rules/README.md does not name the language {language}");
    }
}

#[test]
fn every_snippet_is_accepted_by_its_language() {
    let snippets = snippets();
    let problem = |snippet: &Snippet| {
        let error = check_of(&snippet.language)?(&snippet.code).err()?;
        Some(format!("{} ({}): {error}\n{}\n", snippet.place, snippet.language, snippet.code))
    };
    let problems: Vec<String> = snippets.par_iter().filter_map(problem).collect();
    assert!(problems.is_empty(), "{}", problems.concat());
    for (language, _) in LANGUAGES {
        assert!(snippets.iter().any(|s| s.language == language), "no snippet of {language}: drop its check");
    }
}

/// A check that accepts everything would be worth nothing.
#[test]
fn every_check_refuses_what_is_broken() {
    let broken = [
        ("bash", "for x in a b; do echo \"$x\""),
        ("dockerfile", "COPY a b\npip install x"),
        ("ini", "EnvironmentFile=/etc/env"),
        ("javascript", "const key: string = 'typed';"),
        ("json", "{\"a\": 1,}"),
        ("nginx", "location / {\n  proxy_pass https://example.com\n}"),
        ("python", "client = Client(api_key=key"),
        ("sql", "SELECT (1;"),
        ("typescript", "const client = new Client({ apiKey: });"),
        ("yaml", "env:\n- name: A\n  value: b\n valueFrom: c"),
    ];
    for (language, check) in LANGUAGES {
        let (_, text) = broken.iter().find(|(name, _)| *name == language).expect("a broken text of each language");
        let missing = matches!(language, "bash" | "python") && check("").is_ok() && !runs(language);
        assert!(missing || check(text).is_err(), "{language} accepts {text:?}");
    }
}

fn runs(language: &str) -> bool {
    let program = if language == "python" { "python3" } else { language };
    Command::new(program).arg("--version").output().is_ok_and(|output| output.status.success())
}
