//! From arguments to the list of inputs.
//!
//! Arguments are files, folders, patterns that no shell expanded, and `-`. The list does not depend on their order or spelling: it is
//! sorted by name and names every file once, however many ways lead to it. An argument that leads nowhere is a warning, never an end.
//! Files are not opened here; of the files in a folder only regular ones are taken, because opening a pipe would wait for ever.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

use globset::{GlobBuilder, GlobMatcher};
use walkdir::{DirEntry, WalkDir};

use super::InputWarning;
use super::problem::io_advice;

/// An input that is to be opened.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SourceSpec {
    /// What the report calls it: the path as given, without a leading `./`; `-` for standard input.
    pub name: String,
    /// Where it is; `None` for standard input.
    pub path: Option<PathBuf>,
    /// Named by an argument, not found in a folder or by a pattern. That a named file is no text deserves more noise.
    pub named: bool,
}

impl SourceSpec {
    /// Standard input.
    #[must_use]
    pub fn stdin() -> Self {
        Self { name: "-".to_owned(), path: None, named: true }
    }

    /// A file named by an argument.
    #[must_use]
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self::new(path.into(), true)
    }

    fn new(path: PathBuf, named: bool) -> Self {
        Self { name: display(&path), path: Some(path), named }
    }
}

/// What the arguments led to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Discovered {
    /// Inputs to open, sorted by name, no file twice.
    pub specs: Vec<SourceSpec>,
    /// Arguments that led nowhere and folders that could not be listed, sorted.
    pub warnings: Vec<InputWarning>,
}

/// Finds the inputs that the arguments name. Without arguments there are none: whether to read standard input then is up to the caller.
#[must_use]
pub fn discover(args: &[String]) -> Discovered {
    let mut finder = Finder::default();
    for arg in args {
        finder.argument(arg);
    }
    finder.finish()
}

#[derive(Default)]
struct Finder {
    specs: Vec<SourceSpec>,
    warnings: Vec<InputWarning>,
}

impl Finder {
    fn argument(&mut self, arg: &str) {
        if arg == "-" {
            self.specs.push(SourceSpec::stdin());
            return;
        }
        match fs::metadata(arg) {
            Ok(found) if found.is_dir() => self.folder(Path::new(arg)),
            Ok(_) => self.specs.push(SourceSpec::file(arg)),
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                self.warn("unreadable", arg, io_advice(&error));
            }
            Err(_) if fs::symlink_metadata(arg).is_ok() => {
                self.warn("missing-file", arg, "a link to something that does not exist; check its target");
            }
            Err(_) if arg.contains(['*', '?', '[', '{']) => self.pattern(arg),
            Err(_) => self.warn("missing-file", arg, "no such file or folder; check the path"),
        }
    }

    /// Takes every regular file in a folder and the folders in it, links to files included. Names that begin with a dot are skipped.
    fn folder(&mut self, root: &Path) {
        let (before, problems) = (self.specs.len(), self.warnings.len());
        let mut broken = 0_u64;
        let walk = WalkDir::new(root).min_depth(1).into_iter().filter_entry(|entry| !is_hidden(entry));
        for entry in walk {
            match entry {
                Ok(entry) => match kind_of(&entry) {
                    Kind::File => self.specs.push(SourceSpec::new(entry.into_path(), false)),
                    Kind::Broken => broken += 1,
                    Kind::Folder | Kind::Other => {}
                },
                Err(error) => self.unlisted(root, error),
            }
        }
        if broken > 0 {
            let text = format!("links that point to nothing: {broken}; copy what they point to as well");
            self.warn("broken-link", &display(root), text);
        }
        if self.specs.len() == before && self.warnings.len() == problems {
            let text = "no files in this folder (names that begin with a dot are skipped); check the path";
            self.warn("empty-folder", &display(root), text);
        }
    }

    /// Takes the files that match a pattern, and everything in the folders that do.
    fn pattern(&mut self, arg: &str) {
        let pattern = match Pattern::new(arg) {
            Ok(pattern) => pattern,
            Err(error) => {
                let text = format!("neither a file nor a pattern ({}); check the path", error.kind());
                return self.warn("no-match", arg, text);
            }
        };
        let before = self.specs.len();
        let mut walk = pattern.walk();
        while let Some(entry) = walk.next() {
            // What the pattern passes by on its way is not asked for: no warning about it.
            let Ok(entry) = entry else { continue };
            if !pattern.hidden && is_hidden(&entry) {
                if entry.file_type().is_dir() {
                    walk.skip_current_dir();
                }
            } else if pattern.matches(entry.path()) {
                match kind_of(&entry) {
                    Kind::File => self.specs.push(SourceSpec::new(pattern.path_of(&entry), false)),
                    Kind::Folder => {
                        self.folder(&pattern.path_of(&entry));
                        if entry.file_type().is_dir() {
                            walk.skip_current_dir();
                        }
                    }
                    Kind::Broken | Kind::Other => {}
                }
            }
        }
        if self.specs.len() == before {
            self.warn("no-match", arg, "no file matches this pattern; check it, `**` stands for folders of any depth");
        }
    }

    fn unlisted(&mut self, root: &Path, error: walkdir::Error) {
        let path = display(error.path().unwrap_or(root));
        let text =
            error.into_io_error().map_or_else(|| "cannot be listed; check the path".to_owned(), |it| io_advice(&it));
        self.warn("unreadable", &path, text);
    }

    fn warn(&mut self, kind: &'static str, source: &str, text: impl Into<String>) {
        self.warnings.push(InputWarning::new(kind, source, text));
    }

    /// Sorts, and drops what leads to the same file.
    fn finish(mut self) -> Discovered {
        self.specs.sort();
        let mut seen: BTreeMap<Option<PathBuf>, usize> = BTreeMap::new();
        let mut specs: Vec<SourceSpec> = Vec::new();
        for spec in self.specs {
            // Pipes such as /dev/fd/63 have no canonical path.
            let place = spec.path.as_ref().map(|path| fs::canonicalize(path).unwrap_or_else(|_| path.clone()));
            let index = *seen.entry(place).or_insert(specs.len());
            match specs.get_mut(index) {
                Some(known) => known.named |= spec.named,
                None => specs.push(spec),
            }
        }
        self.warnings.sort();
        self.warnings.dedup();
        Discovered { specs, warnings: self.warnings }
    }
}

/// What stands behind an entry of a folder, links followed.
enum Kind {
    File,
    Folder,
    Broken,
    Other,
}

fn kind_of(entry: &DirEntry) -> Kind {
    let kind = entry.file_type();
    if kind.is_symlink() {
        return match fs::metadata(entry.path()) {
            Ok(target) if target.is_file() => Kind::File,
            // Folders behind links are not walked: they may lead in circles.
            Ok(_) => Kind::Other,
            Err(_) => Kind::Broken,
        };
    }
    match () {
        () if kind.is_file() => Kind::File,
        () if kind.is_dir() => Kind::Folder,
        () => Kind::Other,
    }
}

fn is_hidden(entry: &DirEntry) -> bool {
    entry.depth() > 0 && entry.file_name().as_encoded_bytes().starts_with(b".")
}

/// A path as a report shows it.
fn display(path: &Path) -> String {
    let text = path.to_string_lossy();
    match text.strip_prefix("./") {
        Some(rest) if !rest.is_empty() => rest.to_owned(),
        _ => text.into_owned(),
    }
}

/// A pattern, with the folder that it begins in.
struct Pattern {
    base: PathBuf,
    /// The base is the current folder and was not written down.
    bare: bool,
    /// Levels below the base that can match; `None` with `**`.
    depth: Option<usize>,
    /// The pattern asks for names that begin with a dot.
    hidden: bool,
    matcher: GlobMatcher,
}

impl Pattern {
    fn new(text: &str) -> Result<Self, globset::Error> {
        let text = text.strip_prefix("./").unwrap_or(text);
        let matcher = GlobBuilder::new(text).literal_separator(true).build()?.compile_matcher();
        let mut base = PathBuf::new();
        let mut rest = Path::new(text).components().peekable();
        while let Some(part) = rest.next_if(|part| !is_wild(*part)) {
            base.push(part);
        }
        let rest: Vec<String> = rest.map(|part| part.as_os_str().to_string_lossy().into_owned()).collect();
        // Alternatives in braces may hold separators; then the depth is anyone's guess.
        let endless = rest.iter().any(|part| part.contains("**")) || text.contains('{');
        let bare = base.as_os_str().is_empty();
        Ok(Self {
            base: if bare { PathBuf::from(".") } else { base },
            bare,
            depth: (!endless).then_some(rest.len()),
            hidden: rest.iter().any(|part| part.starts_with('.')),
            matcher,
        })
    }

    fn walk(&self) -> walkdir::IntoIter {
        let walk = WalkDir::new(&self.base).min_depth(1);
        match self.depth {
            // As deep as the pattern goes a shell follows links to folders; there is an end to it.
            Some(depth) => walk.max_depth(depth).follow_links(true).into_iter(),
            None => walk.into_iter(),
        }
    }

    fn matches(&self, path: &Path) -> bool {
        self.matcher.is_match(self.relative(path))
    }

    fn path_of(&self, entry: &DirEntry) -> PathBuf {
        self.relative(entry.path()).to_owned()
    }

    fn relative<'a>(&self, path: &'a Path) -> &'a Path {
        if self.bare { path.strip_prefix(".").unwrap_or(path) } else { path }
    }
}

fn is_wild(part: Component<'_>) -> bool {
    part.as_os_str().to_string_lossy().contains(['*', '?', '[', '{'])
}
