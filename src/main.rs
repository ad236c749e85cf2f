//! Parse, run, report what went wrong. A reader that closes the pipe ends the program in silence.

use std::process::ExitCode;

// Colour only where a terminal listens.
use anstream::eprintln;
use clap::Parser;
use whodunit::cli::{Cli, Command};
use whodunit::commands::{self, Outcome};

/// Texts are made by one thread and freed by another, which the system's allocator is slow at.
#[cfg(not(target_env = "msvc"))]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let result = match cli.command {
        None => commands::diagnose::run(&cli.diagnose),
        Some(Command::Events(args)) => commands::events::run(&args),
        Some(Command::Explain(args)) => commands::explain::run(&args),
        Some(Command::Rules(args)) => commands::rules::run(&args),
    };
    match result {
        Ok(outcome) => outcome.into(),
        Err(error) if commands::is_closed_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            Outcome::Nothing.into()
        }
    }
}
