//! Reads, checks and prepares the rule files below `rules/`, and writes the artifact that the program carries inside.
//!
//! What is wrong with a rule fails the build with file, line and column: a rule that would be left out in silence, or found broken by whoever
//! runs the program, is worse. The modules are the program's own, so that rules of users are read and checked the same way.

#![allow(
    dead_code,
    unused_imports,
    unreachable_pub,
    missing_docs,
    reason = "the modules are the program's, which uses and documents all of them"
)]

#[path = "src/rules/check.rs"]
mod check;
#[path = "src/rules/every_match.rs"]
mod every_match;
#[path = "src/rules/load.rs"]
mod load;
#[path = "src/model/ids.rs"]
mod model;
#[path = "src/rules/ordinary.rs"]
mod ordinary;
#[path = "src/rules/schema/mod.rs"]
mod schema;
#[path = "src/rules/weights.rs"]
mod weights;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{env, fs};

use load::{RuleSet, read_folder};

fn main() -> ExitCode {
    println!("cargo::rerun-if-changed=rules");
    match prepare(Path::new("rules")) {
        Ok(artifact) => {
            let target = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets this")).join("rules.postcard");
            fs::write(target, artifact).expect("the build folder is writable");
            ExitCode::SUCCESS
        }
        Err(text) => {
            // An error has to stand on one line here.
            println!("cargo::error={}", text.replace('\n', " | "));
            ExitCode::FAILURE
        }
    }
}

fn prepare(folder: &Path) -> Result<Vec<u8>, String> {
    let files = read_folder(folder).map_err(|error| error.to_string())?;
    let mut set = RuleSet::default();
    let checked = set.add(&files).and_then(|()| check::structure(&set));
    checked.map_err(|error| error.placed(&files).to_string())?;
    postcard::to_allocvec(&set).map_err(|error| error.to_string())
}
