//! Reads rule files, embedded and from a folder, into one [`RuleSet`].
//!
//! An entry of the folder replaces the built-in one of the same id and is added otherwise. Nothing is skipped: a file in an unknown
//! place, an unknown key or a broken table is an error that names file, line and column.

use std::path::Path;

use serde::de::DeserializeOwned;

use super::schema::{
    Cause, Component, KeyFile, Mask, Neutral, NeutralFile, PlaceRule, Placeholder, RoleFile, RoleRule, Shape, Signal,
    SignalFile, Symptom, SymptomFile,
};
use super::weights::Weights;

/// The rule files carried inside the program: path below `rules/`, text.
const EMBEDDED: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/embedded_rules.rs"));

/// What is wrong with a rule file.
#[derive(Debug, thiserror::Error)]
pub enum RuleError {
    /// A table does not have the form it should have.
    #[error("{file}:{line}:{column}: {text}")]
    Syntax {
        /// File as given.
        file: String,
        /// From 1.
        line: usize,
        /// From 1.
        column: usize,
        /// What is wrong.
        text: String,
    },
    /// A file stands where no rule file belongs.
    #[error(
        "{file}: no rule file belongs here; rules live in signals/, causes/, components/, keys/shapes.toml and symptoms.toml"
    )]
    Misplaced {
        /// File as given.
        file: String,
    },
    /// A file or folder could not be read.
    #[error("{file}: {source}; check the path given to --rules")]
    Unreadable {
        /// File as given.
        file: String,
        /// Why.
        source: std::io::Error,
    },
    /// Entries contradict each other or name something that does not exist.
    #[error("{0}")]
    Invalid(String),
}

/// All rules as written, in the order of their files.
#[derive(Debug, Default)]
pub struct RuleSet {
    /// What texts can show.
    pub signals: Vec<Signal>,
    /// Why things fail.
    pub causes: Vec<Cause>,
    /// Kinds of failure.
    pub symptoms: Vec<Symptom>,
    /// What can fail.
    pub components: Vec<Component>,
    /// What is never to blame.
    pub neutrals: Vec<Neutral>,
    /// What paths and classes are used for.
    pub roles: Vec<RoleRule>,
    /// What frames tell of where in the program it happened.
    pub places: Vec<PlaceRule>,
    /// What keys look like.
    pub shapes: Vec<Shape>,
    /// How refused keys are printed.
    pub masks: Vec<Mask>,
    /// What stands in place of keys.
    pub placeholders: Vec<Placeholder>,
    /// What the words of the rules weigh.
    pub weights: Weights,
    /// Digest of all files read, hex.
    pub digest: String,
}

impl RuleSet {
    /// The rules carried inside the program.
    ///
    /// # Errors
    /// Only if a built-in file is broken, which the project's tests exclude.
    pub fn embedded() -> Result<Self, RuleError> {
        let mut set = Self::default();
        let mut hasher = blake3::Hasher::new();
        for (path, text) in EMBEDDED {
            set.read_file(path, &format!("rules/{path}"), text)?;
            hash_file(&mut hasher, path, text);
        }
        set.digest = digest(&hasher);
        Ok(set)
    }

    /// The built-in rules with those of a folder on top.
    ///
    /// # Errors
    /// A folder that cannot be read, or any broken or misplaced file in it.
    pub fn with_folder(folder: &Path) -> Result<Self, RuleError> {
        let mut set = Self::embedded()?;
        let mut hasher = blake3::Hasher::new();
        hasher.update(set.digest.as_bytes());
        for (path, shown, text) in read_folder(folder)? {
            set.read_file(&path, &shown, &text)?;
            hash_file(&mut hasher, &path, &text);
        }
        set.digest = digest(&hasher);
        Ok(set)
    }

    fn read_file(&mut self, path: &str, shown: &str, text: &str) -> Result<(), RuleError> {
        if !path.ends_with(".toml") {
            return Err(RuleError::Misplaced { file: shown.to_owned() });
        }
        match path.split_once('/') {
            Some(("signals", _)) => {
                let file: SignalFile = parse(shown, text)?;
                overlay(&mut self.signals, file.signal, |s| s.id.clone());
            }
            Some(("causes", name)) => {
                let cause: Cause = parse(shown, text)?;
                if name != format!("{}.toml", cause.id) {
                    return Err(RuleError::Invalid(format!(
                        "{shown}: a cause's file is named after its id; rename it {}.toml",
                        cause.id
                    )));
                }
                overlay(&mut self.causes, vec![cause], |c| c.id.clone());
            }
            Some(("components", "neutral.toml")) => {
                let file: NeutralFile = parse(shown, text)?;
                overlay(&mut self.neutrals, file.neutral, |n| format!("{}:{}", n.language, n.path));
            }
            Some(("components", "roles.toml")) => {
                let file: RoleFile = parse(shown, text)?;
                overlay(&mut self.roles, file.role, |r| format!("{:?}:{}", r.on, r.path));
                overlay(&mut self.places, file.place, |p| format!("{:?}:{}", p.sign, p.frame));
            }
            Some(("components", _)) => {
                let component: Component = parse(shown, text)?;
                overlay(&mut self.components, vec![component], |c| c.id.clone());
            }
            Some(("keys", "shapes.toml")) => {
                let file: KeyFile = parse(shown, text)?;
                overlay(&mut self.shapes, file.shape, |s| s.id.clone());
                overlay(&mut self.masks, file.mask, |m| m.pattern.clone());
                overlay(&mut self.placeholders, file.placeholder, |p| p.pattern.clone());
            }
            None if path == "symptoms.toml" => {
                let file: SymptomFile = parse(shown, text)?;
                overlay(&mut self.symptoms, file.symptom, |s| s.id.clone());
            }
            None if path == "weights.toml" => self.weights = parse(shown, text)?,
            _ => return Err(RuleError::Misplaced { file: shown.to_owned() }),
        }
        Ok(())
    }
}

/// Rule files below a folder in the order of their paths: path relative to it, path to show, text.
fn read_folder(folder: &Path) -> Result<Vec<(String, String, String)>, RuleError> {
    let unreadable =
        |path: &Path, source: std::io::Error| RuleError::Unreadable { file: path.display().to_string(), source };
    let mut files = Vec::new();
    for entry in walkdir::WalkDir::new(folder).sort_by_file_name() {
        let entry = entry.map_err(|e| {
            let path = e.path().unwrap_or(folder).to_path_buf();
            unreadable(&path, e.into_io_error().unwrap_or_else(|| std::io::Error::other("the folder contains itself")))
        })?;
        if !entry.file_type().is_file() || entry.path().extension().is_some_and(|e| e == "md") {
            continue;
        }
        let text = std::fs::read_to_string(entry.path()).map_err(|e| unreadable(entry.path(), e))?;
        let relative = entry.path().strip_prefix(folder).unwrap_or(entry.path()).to_string_lossy().replace('\\', "/");
        files.push((relative, entry.path().display().to_string(), text));
    }
    Ok(files)
}

fn parse<T: DeserializeOwned>(file: &str, text: &str) -> Result<T, RuleError> {
    toml::from_str(text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start).min(text.len());
        let before = text.get(..at).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        RuleError::Syntax { file: file.to_owned(), line, column, text: error.message().to_owned() }
    })
}

/// Entries of `added` replace those of the same key in `base`, in place; new ones go to the end.
fn overlay<T>(base: &mut Vec<T>, added: Vec<T>, key: impl Fn(&T) -> String) {
    // Only entries that were there before may be replaced: two of one id inside a file are left for the checks to report.
    let known: hashbrown::HashMap<String, usize> =
        base.iter().enumerate().map(|(at, entry)| (key(entry), at)).collect();
    for entry in added {
        match known.get(&key(&entry)) {
            Some(&at) => base[at] = entry,
            None => base.push(entry),
        }
    }
}

fn hash_file(hasher: &mut blake3::Hasher, path: &str, text: &str) {
    for part in [path, text] {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part.as_bytes());
    }
}

fn digest(hasher: &blake3::Hasher) -> String {
    hasher.finalize().to_hex()[..16].to_owned()
}
