//! The five kinds of logs. Shared by the example, the benchmarks and the tests, so nothing here knows about a command line.

mod dense;
mod distinct;
mod incident;
mod pen;
mod plain;

use std::io::{self, Write};

use pen::Pen;

/// What stands in a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Kind {
    /// Several healthy services; words like `error`, `failed` and `denied` only where they mean nothing.
    Plain,
    /// The same, but every second line is a client's successful request.
    Requests,
    /// Three pods of one Deployment; one of them is refused by its provider. One line in a hundred belongs to a traceback.
    Incident,
    /// Nothing but tracebacks, of fifty kinds in six languages.
    Dense,
    /// About a million errors a GiB, each with a message of its own, some with a traceback.
    Distinct,
}

/// Bytes collected before they are handed on.
const FLUSH: usize = 256 * 1024;

/// Writes records until there are at least `size` bytes, and says how many there are. A longer log begins with a shorter one.
pub(crate) fn write(kind: Kind, seed: u64, size: u64, out: &mut impl Write) -> io::Result<u64> {
    let mut pen = Pen::new(seed);
    let mut record = records(kind);
    let mut written = 0;
    while written + (pen.bytes.len() as u64) < size {
        record(&mut pen);
        if pen.bytes.len() >= FLUSH {
            out.write_all(&pen.bytes)?;
            written += pen.bytes.len() as u64;
            pen.bytes.clear();
        }
    }
    out.write_all(&pen.bytes)?;
    Ok(written + pen.bytes.len() as u64)
}

/// A function that appends the next record, with its line end.
fn records(kind: Kind) -> Box<dyn FnMut(&mut Pen)> {
    match kind {
        Kind::Plain => Box::new(plain::plain()),
        Kind::Requests => Box::new(plain::requests()),
        Kind::Incident => Box::new(incident::incident()),
        Kind::Dense => Box::new(dense::dense()),
        Kind::Distinct => Box::new(distinct::distinct()),
    }
}

/// A whole log in memory.
#[allow(dead_code, reason = "the example writes to a stream")]
pub(crate) fn bytes(kind: Kind, size: u64) -> Vec<u8> {
    let mut out = Vec::new();
    write(kind, 1, size, &mut out).expect("a vector takes everything");
    out
}
