//! Reads the rule files of a folder into a [`RuleSet`].
//!
//! An entry of a folder that is read on top of others replaces the one of the same id and is added otherwise. Nothing is skipped: a file in
//! an unknown place, an unknown key, a broken table or a pattern that does not parse is an error that names file, line and column. The
//! build reads the built-in rules with this module and `--rules` those of users, so that both hear the same.

use std::path::Path;
use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::schema::{
    Cause, Component, KeyFile, Mask, Neutral, NeutralFile, PlaceRule, Placeholder, RoleFile, RoleRule, Shape, Signal,
    SignalFile, Symptom, SymptomFile,
};
use super::weights::Weights;

/// What is wrong with a rule file.
#[derive(Debug, thiserror::Error)]
pub enum RuleError {
    /// A table is not what it should be.
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
    /// An entry contradicts another or names something that does not exist.
    #[error("{text}")]
    Contradiction {
        /// Id of the entry.
        about: String,
        /// What is wrong.
        text: String,
    },
    /// A file or the whole set is not what it should be.
    #[error("{0}")]
    Invalid(String),
}

impl RuleError {
    /// A contradiction with its place: that of the entry it is about, or else the first that names it.
    pub(crate) fn placed(self, files: &[RuleFile]) -> Self {
        let Self::Contradiction { about, text } = self else { return self };
        let place = |wanted: &str| {
            let mut lines = files.iter().flat_map(|file| file.text.lines().zip(1..).map(move |line| (file, line)));
            lines.find_map(|(file, (line, number))| Some((file.shown.clone(), number, line.find(wanted)? + 1)))
        };
        match place(&format!("id = \"{about}\"")).or_else(|| place(&format!("\"{about}\""))) {
            Some((file, line, column)) => Self::Syntax { file, line, column, text },
            None => Self::Contradiction { about, text },
        }
    }
}

/// All rules as written, in the order of their files.
#[derive(Debug, Default, Deserialize, Serialize)]
pub struct RuleSet {
    /// What texts can show.
    pub signals: Vec<Arc<Signal>>,
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
    /// Its names resolve.
    #[serde(skip)]
    pub(crate) checked: bool,
}

/// A rule file as it was read.
pub(crate) struct RuleFile {
    /// Path below the folder.
    pub(crate) path: String,
    /// Path as messages should have it.
    pub(crate) shown: String,
    pub(crate) text: String,
}

impl RuleSet {
    /// Reads files on top of what is there.
    pub(crate) fn add(&mut self, files: &[RuleFile]) -> Result<(), RuleError> {
        let mut hasher = blake3::Hasher::new();
        hasher.update(self.digest.as_bytes());
        let mut signals = Vec::new();
        for file in files {
            self.read_file(&file.path, &file.shown, &file.text, &mut signals)?;
            hash_file(&mut hasher, &file.path, &file.text);
        }
        overlay(&mut self.signals, signals, |s| s.id.clone());
        self.digest = hasher.finalize().to_hex()[..16].to_owned();
        self.checked = false;
        Ok(())
    }

    /// Reads one file; signals, which stand in many, are collected.
    fn read_file(
        &mut self,
        path: &str,
        shown: &str,
        text: &str,
        signals: &mut Vec<Arc<Signal>>,
    ) -> Result<(), RuleError> {
        if !path.ends_with(".toml") {
            return Err(RuleError::Misplaced { file: shown.to_owned() });
        }
        match path.split_once('/') {
            Some(("signals", _)) => {
                let file: SignalFile = parse(shown, text)?;
                signals.extend(file.signal.into_iter().map(Arc::new));
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
                overlay(&mut self.masks, file.mask, |m| m.pattern.to_string());
                overlay(&mut self.placeholders, file.placeholder, |p| p.pattern.to_string());
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

/// Rule files below a folder in the order of their paths.
pub(crate) fn read_folder(folder: &Path) -> Result<Vec<RuleFile>, RuleError> {
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
        let path = entry.path().strip_prefix(folder).unwrap_or(entry.path()).to_string_lossy().replace('\\', "/");
        files.push(RuleFile { path, shown: entry.path().display().to_string(), text });
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
    // Only entries that were there before may be replaced: two of one id that come together are left for the checks to report.
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
