//! Every exception as one JSON object a line, in the order of first lines.

use std::io::Write;

use anyhow::{Result, bail};

use super::{Outcome, discover, gate, load_rules, note, output, scan_options, start_threads};
use crate::assemble;
use crate::cli::EventsArgs;
use crate::model::{Event, SourceId};
use crate::redact::Numbering;
use crate::report::events;
use crate::scan::{self, Analyse, Silent};
use crate::streams::{Record, Stretch};

/// Prints the exceptions of the inputs.
///
/// # Errors
/// Unusable arguments or rules, or an output that cannot be written.
pub fn run(args: &EventsArgs) -> Result<Outcome> {
    let rules = load_rules(args.common.rules.as_deref())?;
    let Some(found) = discover(&args.paths) else {
        bail!("nothing to read; name a log, or pipe one in: kubectl logs … | whodunit events");
    };
    start_threads(&args.common, &found.specs);
    let gate = gate(rules, &args.common);
    let mut out = output(args.common.color);
    let mut numbering = Numbering::default();
    let mut warnings = found.warnings;
    let mut read = 0;
    for (id, spec) in (0..).zip(&found.specs) {
        let mut failed: Option<std::io::Error> = None;
        let mut waiting: Vec<Event> = Vec::new();
        let analyse = Analyse {
            segment: |stretch: &Stretch| assemble::assemble(&stretch.segment),
            records: |_: &[Record]| Vec::new(),
        };
        let outcome = scan::scan_source(
            &gate,
            spec,
            SourceId(id),
            scan_options(&args.common),
            &Silent,
            &analyse,
            &mut |parts, horizon| {
                waiting.extend(parts.into_iter().flatten().filter(|event| event.chain.is_some()));
                waiting.sort_by_key(|event| event.at);
                let ready = waiting.partition_point(|event| event.at.line < horizon);
                for event in waiting.drain(..ready) {
                    if let Some(line) = events::line(rules, &mut numbering, &spec.name, &event)
                        && failed.is_none()
                    {
                        failed = writeln!(out, "{line}").err();
                    }
                }
                // Whoever follows a pipe that is silent now wants to see what there was.
                failed = failed.take().or_else(|| out.flush().err());
            },
        );
        if let Some(error) = failed {
            return Err(error.into());
        }
        match outcome {
            Ok(summary) => {
                read += 1;
                warnings.extend(summary.warnings);
            }
            Err(warning) => warnings.push(warning),
        }
    }
    out.flush()?;
    for warning in &warnings {
        note(&format!("warning: {}: {}", warning.source, warning.text));
    }
    Ok(match (read, warnings.is_empty()) {
        (0, _) => Outcome::Nothing,
        (_, true) => Outcome::Done,
        (_, false) => Outcome::Incomplete,
    })
}
