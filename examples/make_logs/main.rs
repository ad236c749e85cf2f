//! Writes large logs of a known kind, the same bytes for the same arguments, to measure and to test with.
//!
//! `cargo run --release --example make_logs -- --kind incident --size 1GiB > incident.log`

mod logs;

use std::io::{self, BufWriter, Write};

use clap::Parser;

use logs::Kind;

/// Writes a log of a known kind to standard output.
#[derive(Parser)]
struct Args {
    /// What stands in the log.
    #[arg(long, value_enum)]
    kind: Kind,
    /// Least size; the log ends with the record that reaches it. A number with KiB, MiB, GiB or nothing behind it.
    #[arg(long, value_parser = size)]
    size: u64,
    /// Another seed, another log of the same kind.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

fn size(text: &str) -> Result<u64, String> {
    let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
    let number: u64 = digits.parse().map_err(|_| format!("`{text}` is no size"))?;
    let unit: u64 = match text[digits.len()..].trim() {
        "" | "B" => 1,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        unit => return Err(format!("unknown unit `{unit}`: KiB, MiB or GiB")),
    };
    number.checked_mul(unit).ok_or_else(|| format!("`{text}` is too much"))
}

fn main() -> io::Result<()> {
    let args = Args::parse();
    let mut out = BufWriter::with_capacity(1 << 20, io::stdout().lock());
    match logs::write(args.kind, args.seed, args.size, &mut out).and_then(|_| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        done => done,
    }
}
