//! Lists the rule files below `rules/` so that the program carries them inside.
//!
//! A file that is not TOML or Markdown is an error here: a rule that would be left out in silence is worse than a failed build.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR").expect("cargo sets this")).join("rules");
    println!("cargo::rerun-if-changed={}", root.display());
    let mut files = Vec::new();
    collect(&root, &mut files);
    files.sort();
    let mut out = String::from("&[\n");
    for file in &files {
        let name = file.strip_prefix(&root).expect("below the rules folder").to_string_lossy().replace('\\', "/");
        writeln!(out, "    ({name:?}, include_str!({:?})),", file.display().to_string()).expect("a string grows");
    }
    out.push_str("]\n");
    let target = PathBuf::from(env::var("OUT_DIR").expect("cargo sets this")).join("embedded_rules.rs");
    fs::write(target, out).expect("the build folder is writable");
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    println!("cargo::rerun-if-changed={}", folder.display());
    for entry in fs::read_dir(folder).expect("the rules folder is readable") {
        let path = entry.expect("the rules folder is readable").path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|e| e == "toml") {
            files.push(path);
        } else {
            assert!(path.extension().is_some_and(|e| e == "md"), "{} is neither a rule file nor prose", path.display());
        }
    }
}
