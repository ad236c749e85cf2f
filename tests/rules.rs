//! The rules as a whole: they load, agree with their own examples and their documentation, and tell people what is wrong with theirs.

mod common;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use whodunit::model::Aggregate;
use whodunit::rules::schema::{Blames, Cause, Sign};
use whodunit::rules::{CompiledRules, RuleError, RuleSet};

/// The rows of the first column of a table under a heading of `rules/README.md`, every code span of them.
fn documented(heading: &str) -> Vec<String> {
    let text = fs::read_to_string(common::root().join("rules/README.md")).expect("the rule language is documented");
    let section = text.split("\n## ").find(|section| section.starts_with(heading)).expect("the heading exists");
    let rows = section.lines().filter(|line| line.starts_with("| `"));
    let cells = rows.filter_map(|row| row.split(" | ").next());
    let names: Vec<String> = cells.flat_map(|cell| cell.split('`').skip(1).step_by(2)).map(ToOwned::to_owned).collect();
    assert!(names.len() > 10, "the table under {heading} has {} names", names.len());
    names
}

/// A folder with one rule file.
fn folder_with(path: &str, text: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join(path);
    fs::create_dir_all(file.parent().expect("a parent")).expect("a folder");
    fs::write(file, text).expect("a rule file");
    folder
}

fn error_of(folder: &Path) -> RuleError {
    match RuleSet::with_folder(folder) {
        Err(error) => error,
        Ok(set) => match CompiledRules::new(set) {
            Err(error) => error,
            // The rules themselves are no message that anybody wants to read.
            Ok(_) => panic!("the rules in {} should not be accepted", folder.display()),
        },
    }
}

/// Every text of a cause that placeholders are filled in, with its kind.
fn filled(cause: &Cause) -> Vec<(&'static str, &str)> {
    let recipes =
        cause.recipe.iter().flat_map(|r| [("prose", r.text.as_str()), ("code", r.code.as_deref().unwrap_or(""))]);
    let checks = cause.confirm.iter().flat_map(|c| [("code", c.check.as_str()), ("prose", c.expect.as_str())]);
    let prose = [cause.meaning.as_str(), &cause.verify, &cause.prevent].map(|text| ("prose", text));
    recipes.chain(checks).chain(prose).collect()
}

#[test]
fn the_built_in_rules_agree_with_their_own_examples() {
    if let Err(error) = common::rules().check_examples() {
        panic!("{error}");
    }
    let set = &common::rules().set;
    assert!(set.causes.len() >= 40 && set.signals.len() >= 300 && set.components.len() >= 50, "rules are missing");
}

#[test]
fn every_file_of_a_rule_folder_is_carried_inside() {
    let names = |folder: &str| -> BTreeSet<String> {
        let files = common::walk(&common::root().join("rules").join(folder));
        files.iter().filter_map(|f| Some(f.file_stem()?.to_str()?.to_owned())).collect()
    };
    let set = &common::rules().set;
    assert_eq!(names("causes"), set.causes.iter().map(|c| c.id.clone()).collect());
    let components = names("components").into_iter().filter(|name| name != "neutral" && name != "roles");
    assert_eq!(components.collect::<BTreeSet<_>>(), set.components.iter().map(|c| c.id.clone()).collect());
}

/// The artifact says what the files say, down to what is derived from patterns and what is read late.
#[test]
fn the_rules_inside_are_those_of_the_files() {
    let inside = RuleSet::embedded().expect("the built-in rules");
    let read = RuleSet::with_folder(&common::root().join("rules")).expect("the rule files");
    let texts = |mut set: RuleSet| {
        set.digest.clear();
        format!("{set:#?}")
    };
    common::assert_same(&texts(read), &texts(inside), "the rules inside");
}

/// Literals that a rule spells out although they are certain are not looked at.
#[test]
fn literals_are_spelt_out_only_where_some_are_not_certain() {
    let certain = |signal: &&whodunit::rules::schema::Signal| {
        !signal.literals.is_empty() && signal.patterns.iter().all(|pattern| !pattern.literals().is_empty())
    };
    let set = RuleSet::embedded().expect("the built-in rules");
    let needless: Vec<&str> =
        set.signals.iter().map(|signal| &**signal).filter(certain).map(|signal| signal.id.as_str()).collect();
    assert!(needless.is_empty(), "{needless:?} need no `literals`");
}

#[test]
fn a_signal_of_the_same_id_in_another_file_is_an_error() {
    let signal =
        "[[signal]]\nid = \"mine\"\nsays = \"x\"\nmatch = ['our own sentence']\nexamples = ['our own sentence']\n";
    let folder = folder_with("signals/a.toml", signal);
    fs::write(folder.path().join("signals/b.toml"), signal).expect("a rule file");
    assert!(error_of(folder.path()).to_string().contains("signal mine is defined twice"));
}

#[test]
fn ids_are_unique() {
    let set = &common::rules().set;
    let kinds: [(&str, Vec<&str>); 5] = [
        ("signal", set.signals.iter().map(|s| s.id.as_str()).collect()),
        ("cause", set.causes.iter().map(|c| c.id.as_str()).collect()),
        ("component", set.components.iter().map(|c| c.id.as_str()).collect()),
        ("symptom", set.symptoms.iter().map(|s| s.id.as_str()).collect()),
        ("shape", set.shapes.iter().map(|s| s.id.as_str()).collect()),
    ];
    for (kind, ids) in kinds {
        let mut seen = BTreeSet::new();
        let twice: Vec<&str> = ids.into_iter().filter(|id| !seen.insert(*id)).collect();
        assert!(twice.is_empty(), "{kind} ids that stand twice: {twice:?}");
    }
}

#[test]
fn documented_concepts_are_shown_by_some_signal() {
    let shown: BTreeSet<&str> = common::rules().set.signals.iter().flat_map(|s| &s.shows).map(String::as_str).collect();
    let idle: Vec<String> = documented("Concepts").into_iter().filter(|name| !shown.contains(name.as_str())).collect();
    assert!(idle.is_empty(), "rules/README.md names concepts that no signal shows: {idle:?}");
}

#[test]
fn documented_aggregates_are_those_of_the_engine() {
    let documented: BTreeSet<String> =
        documented("Aggregates").into_iter().filter(|name| !name.contains('x')).collect();
    let known: BTreeSet<String> = Aggregate::ALL.iter().map(|a| format!("@{}", a.as_str())).collect();
    let known: BTreeSet<String> = known.into_iter().filter(|name| !name.contains('x')).collect();
    assert_eq!(documented, known);
}

#[test]
fn every_symptom_can_be_shown_and_explained() {
    let set = &common::rules().set;
    for symptom in &set.symptoms {
        let id = symptom.id.as_str();
        assert!(set.signals.iter().any(|s| s.symptom.as_deref() == Some(id)), "no signal has the symptom {id}");
        let explained = set.causes.iter().any(|c| c.symptoms.iter().any(|s| s == id));
        assert!(explained, "no cause explains the symptom {id}");
    }
}

#[test]
fn an_unknown_key_is_an_error_with_its_place() {
    let rule = "[[signal]]\nid = \"x\"\nsays = \"x\"\nmatch = ['xyzzy']\nconfidence = \"docs\"\n  colour = \"red\"\n";
    let folder = folder_with("signals/mine.toml", rule);
    let error = error_of(folder.path());
    let RuleError::Syntax { file, line, column, text } = &error else { panic!("{error:?}") };
    assert!(file.ends_with("signals/mine.toml"), "{file}");
    assert_eq!((*line, *column), (6, 3), "{error}");
    assert!(text.contains("colour"), "{text}");
    assert!(error.to_string().contains("mine.toml:6:3: "), "{error}");
}

#[test]
fn broken_toml_is_an_error_with_its_place() {
    let folder = folder_with("symptoms.toml", "[[symptom]]\nid = \"x\nfamily = \"auth\"\n");
    let RuleError::Syntax { line, .. } = error_of(folder.path()) else { panic!("not a syntax error") };
    assert_eq!(line, 2);
}

#[test]
fn a_pattern_that_does_not_parse_is_an_error_with_its_place() {
    let rule = "[[signal]]\nid = \"x\"\nsays = \"x\"\nmatch = ['xyzzy plugh', 'xyzzy(']\nconfidence = \"docs\"\n";
    let error = error_of(folder_with("signals/mine.toml", rule).path());
    let RuleError::Syntax { line, text, .. } = &error else { panic!("{error:?}") };
    assert_eq!(*line, 4, "{error}");
    assert!(text.contains("does not parse") && text.contains("unclosed group"), "{text}");
}

#[test]
fn files_where_none_belongs_are_errors() {
    for path in ["signal/mine.toml", "causes.toml", "keys/other.toml", "notes.txt", "signals/readme.txt"] {
        let folder = folder_with(path, "");
        let error = error_of(folder.path()).to_string();
        assert!(error.contains(path.rsplit('/').next().unwrap_or(path)), "{path}: {error}");
        assert!(error.contains("no rule file belongs here"), "{path}: {error}");
    }
}

#[test]
fn what_a_stack_shows_and_whom_a_symptom_blames_are_data() {
    let set = &common::rules().set;
    for sign in [Sign::Parallel, Sign::ModuleLoader] {
        assert!(set.places.iter().any(|place| place.sign == sign), "no frame is a sign of {sign:?}");
    }
    assert!(set.symptoms.iter().any(|s| s.throttling), "no symptom is throttling");
    for symptom in &set.symptoms {
        let own = matches!(symptom.family.as_str(), "application" | "dependency" | "memory" | "disk");
        assert_eq!(symptom.blames == Blames::Application, own, "{} is the application's own", symptom.id);
    }
}

#[test]
fn names_that_nothing_defines_are_errors() {
    let cause = fs::read_to_string(common::root().join("rules/causes/timeout.toml")).expect("a cause");
    let cases = [
        ("causes/timeout.toml", cause.replace("\"read-timed-out\"", "\"read-timed-outt\""), "read-timed-outt"),
        ("causes/timeout.toml", cause.replace("\"@intermittent\"", "\"@intermitent\""), "@intermitent"),
        ("causes/timeout.toml", cause.replace("id = \"timeout\"", "id = \"time-out\""), "rename it time-out.toml"),
        (
            "signals/a.toml",
            "[[signal]]\nid = \"x\"\nsays = \"x\"\nmatch = ['a.*b']\nexamples = ['ab']\nconfidence = \"docs\"\n"
                .to_owned(),
            "literal",
        ),
        (
            "signals/a.toml",
            "[[signal]]\nid = \"x\"\nsays = \"x\"\nmatch = ['xyzzy(']\nexamples = ['ab']\nconfidence = \"docs\"\n"
                .to_owned(),
            "does not parse",
        ),
    ];
    for (path, text, expected) in cases {
        let error = error_of(folder_with(path, &text).path()).to_string();
        assert!(error.contains(expected), "{expected:?} is not in {error:?}");
        assert!(error.contains(&format!("{path}:")) || expected.starts_with("rename"), "{error:?} names no place");
    }
}

#[test]
fn an_entry_of_the_users_folder_replaces_or_adds() {
    let signal = |id: &str| {
        format!(
            "[[signal]]\nid = \"{id}\"\nsays = \"mine\"\nmatch = ['xyzzy plugh']\nexamples = ['xyzzy plugh']\nconfidence = \"docs\"\n"
        )
    };
    let built_in = &common::rules().set;
    let folder = folder_with("signals/mine.toml", &format!("{}{}", signal("groq-401"), signal("house-brand-401")));
    let set = RuleSet::with_folder(folder.path()).expect("the folder is fine");
    assert_eq!(set.signals.len(), built_in.signals.len() + 1);
    let at = |set: &RuleSet, id: &str| set.signals.iter().position(|s| s.id == id);
    assert_eq!(at(&set, "groq-401"), at(built_in, "groq-401"), "a replaced rule keeps its place");
    assert_eq!(set.signals[at(&set, "groq-401").expect("it is there")].says, "mine");
    assert!(at(&set, "house-brand-401").is_some());
    assert_ne!(set.digest, built_in.digest, "other rules have another digest");
}

#[test]
fn placeholders_of_recipes_are_known() {
    let language = fs::read_to_string(common::root().join("rules/README.md")).expect("the rule language is documented");
    for (name, _) in common::PLACEHOLDERS {
        assert!(language.contains(&format!("`{name}`")), "rules/README.md does not document {name}");
    }
    let word = regex::Regex::new(r"[$%#]?\{[a-z_]+\}").expect("a pattern");
    for cause in &common::rules().set.causes {
        for (kind, text) in filled(cause) {
            let words = word.find_iter(text).map(|m| m.as_str()).filter(|w| w.starts_with('{'));
            let unknown = words.filter(|w| !common::PLACEHOLDERS.iter().any(|(name, _)| name == w));
            // In code only a near miss is suspicious: `{apiKey}` is JavaScript, `{envs}` is a slip.
            let near = |w: &&str| ["{env", "{pod", "{host", "{provid", "{class"].iter().any(|stem| w.starts_with(stem));
            let bad: Vec<&str> = unknown.filter(|w| kind == "prose" || near(w)).collect();
            assert!(bad.is_empty(), "cause {}: {bad:?} is no placeholder, in {text:?}", cause.id);
        }
    }
}

#[test]
fn shell_checks_never_print_a_value() {
    let mut bad = String::new();
    for cause in &common::rules().set.causes {
        for confirm in &cause.confirm {
            let line = confirm.check.replace("{env}", "KEY");
            for tell in
                ["echo $KEY", "echo \"$KEY\"", "echo ${KEY}", "printenv KEY\n", "print(os.environ['KEY'])", "cat .env"]
            {
                if format!("{line}\n").contains(tell) {
                    let _ = writeln!(bad, "cause {}: {tell:?} in {line}", cause.id);
                }
            }
        }
    }
    assert!(bad.is_empty(), "checks print presence, never a value\n{bad}");
}
