//! Labelled cases: a folder with `label.json` and the logs of one failure.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use rayon::prelude::*;
use serde_json::Value;
use whodunit::assemble;
use whodunit::evidence::Evidence;
use whodunit::input::SourceSpec;
use whodunit::model::{Aggregate, Event, SourceId};
use whodunit::observe::{Memory, Observer};
use whodunit::ranking::{self, RankedCause};
use whodunit::rules::{CompiledRules, Gate};
use whodunit::scan::{self, Options, Silent};
use whodunit::streams::Stretch;

/// Smaller groups of providers are measured together.
const SMALLEST_GROUP: usize = 8;

/// What only comparing shows: streams with each other, moments with earlier ones, one service with the others.
const CONTRAST: [Aggregate; 16] = [
    Aggregate::SeveralStreams,
    Aggregate::SubsetOfStreamsFails,
    Aggregate::AllStreamsFail,
    Aggregate::SuccessBeforeFailure,
    Aggregate::OnlyFailures,
    Aggregate::Intermittent,
    Aggregate::EndsAfterRestart,
    Aggregate::StartsWithBoot,
    Aggregate::ThrottlingBefore,
    Aggregate::FailsOneLifetimeAfterStart,
    Aggregate::SiblingCallsSucceed,
    Aggregate::SeveralProvidersFail,
    Aggregate::OtherProvidersSucceed,
    Aggregate::EnvDiffers,
    Aggregate::FailuresAfterChange,
    Aggregate::HealedByRetry,
];

/// What the diagnosis may look at.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kept {
    /// Whole exception chains.
    pub(crate) chains: bool,
    /// Comparisons.
    pub(crate) contrast: bool,
}

/// A labelled failure and the causes that its first finding may have.
#[derive(Debug)]
pub(crate) struct Case {
    /// The folder's name.
    pub(crate) name: String,
    /// The injected cause, first, and others that nobody could rule out from the log.
    pub(crate) accepted: Vec<String>,
    /// The log tells the cause.
    pub(crate) told: bool,
    /// The log cannot tell the cause.
    pub(crate) untold: bool,
    /// Who failed.
    pub(crate) provider: String,
    /// Cases of one family are siblings: the same cause at the same provider.
    pub(crate) family: String,
    /// Causes of the first finding; empty where nothing was found.
    pub(crate) causes: Vec<RankedCause>,
}

/// Providers that are left out together.
#[derive(Debug)]
pub(crate) struct Group {
    pub(crate) name: String,
    providers: BTreeSet<String>,
}

impl Group {
    pub(crate) fn holds(&self, case: &Case) -> bool {
        self.providers.contains(&case.provider)
    }
}

/// Every provider with enough cases, and one group of all the others.
pub(crate) fn groups(cases: &[Case]) -> Vec<Group> {
    let mut sizes: BTreeMap<&str, usize> = BTreeMap::new();
    for case in cases {
        *sizes.entry(&case.provider).or_default() += 1;
    }
    let (large, small): (Vec<_>, Vec<_>) = sizes.into_iter().partition(|(_, size)| *size >= SMALLEST_GROUP);
    let alone =
        |(name, _): (&str, usize)| Group { name: name.to_owned(), providers: BTreeSet::from([name.to_owned()]) };
    let mut groups: Vec<Group> = large.into_iter().map(alone).collect();
    if !small.is_empty() {
        let name = format!("{} smaller ones", small.len());
        groups.push(Group { name, providers: small.into_iter().map(|(name, _)| name.to_owned()).collect() });
    }
    groups
}

/// The failures among the labelled cases below some folders, by path.
pub(crate) fn read(rules: &CompiledRules, roots: &[PathBuf], kept: Kept) -> Result<Vec<Case>> {
    let mut folders = BTreeSet::new();
    for root in roots {
        for entry in walkdir::WalkDir::new(root) {
            let entry = entry.with_context(|| format!("{} cannot be read", root.display()))?;
            if entry.file_name() == "label.json" {
                folders.extend(entry.path().parent().map(Path::to_path_buf));
            }
        }
    }
    let literals: Vec<&str> = assemble::literals().collect();
    let gate = Gate::new(rules, &literals);
    let folders: Vec<PathBuf> = folders.into_iter().collect();
    let cases: Result<Vec<Option<Case>>> = folders.par_iter().map(|folder| case(rules, &gate, folder, kept)).collect();
    Ok(cases?.into_iter().flatten().collect())
}

/// One case; `None` where nothing failed.
fn case(rules: &CompiledRules, gate: &Gate<'_>, folder: &Path, kept: Kept) -> Result<Option<Case>> {
    let path = folder.join("label.json");
    let text = fs::read_to_string(&path).with_context(|| format!("{} cannot be read", path.display()))?;
    let label: Value = serde_json::from_str(&text).with_context(|| format!("{} is no label", path.display()))?;
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let truth = word(&label["cause"]);
    if !matches!(label["kind"].as_str(), None | Some("failure")) || truth.is_empty() || truth == "none" {
        return Ok(None);
    }
    let mut accepted = vec![truth.clone()];
    let others = label["acceptable_causes"].as_array().into_iter().flatten().map(word);
    accepted.extend(others.filter(|id| *id != truth));
    let derivable = match &label["derivable"] {
        Value::Bool(told) => told.to_string(),
        Value::String(word) => word.to_lowercase(),
        _ => "true".to_owned(),
    };
    let provider = Some(word(&label["component"]["provider"])).filter(|p| !p.is_empty());
    let provider = provider.unwrap_or_else(|| "none".to_owned());
    let evidence = collect(rules, gate, &logs(folder, &label)?, kept);
    let unseen: &[Aggregate] = if kept.contrast { &[] } else { &CONTRAST };
    let first = ranking::rank_without(rules, &evidence, unseen).into_iter().next();
    Ok(Some(Case {
        name: folder.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        accepted,
        told: derivable == "true",
        untold: derivable == "false",
        family: format!("{truth} {provider}"),
        provider,
        causes: first.map(|finding| finding.causes).unwrap_or_default(),
    }))
}

/// The logs that the label names, else every file beside it.
fn logs(folder: &Path, label: &Value) -> Result<Vec<PathBuf>> {
    if let Some(names) = label["files"].as_array() {
        return Ok(names.iter().filter_map(Value::as_str).map(|name| folder.join(name)).collect());
    }
    let entries = fs::read_dir(folder).with_context(|| format!("{} cannot be read", folder.display()))?;
    let files = entries.flatten().map(|entry| entry.path());
    let mut files: Vec<PathBuf> = files.filter(|path| path.is_file() && !path.ends_with("label.json")).collect();
    files.sort();
    Ok(files)
}

fn collect(rules: &CompiledRules, gate: &Gate<'_>, files: &[PathBuf], kept: Kept) -> Evidence {
    let specs: Vec<SourceSpec> = files.iter().map(SourceSpec::file).collect();
    if kept.chains {
        return scan::collect(rules, gate, &specs, Options::default(), &Silent).evidence;
    }
    let memory = Memory::default();
    let segment = |stretch: &Stretch| {
        let segment = &stretch.segment;
        let mut evidence = Evidence::default();
        let mut observer = Observer::new(rules, &memory, &segment.lines, segment.stream.clone());
        for mut event in assemble::assemble(segment) {
            cut_chain(&mut event);
            observer.observe(&event).into_iter().for_each(|seen| evidence.add(seen));
        }
        evidence
    };
    // Records have no chains to cut.
    let records = |records: &[_]| scan::analyse_records(rules, &memory, records);
    let analyse = scan::Analyse { segment, records };
    let mut evidence = Evidence::default();
    for (id, spec) in specs.iter().enumerate() {
        let id = SourceId(u32::try_from(id).unwrap_or(u32::MAX));
        let mut sink = |parts: Vec<Evidence>, _| parts.into_iter().for_each(|part| evidence.merge(part));
        // What cannot be read is missed as a person would miss it.
        let _ = scan::scan_source(gate, spec, id, Options::default(), &Silent, &analyse, &mut sink);
    }
    evidence
}

/// Leaves of a chain what a reader meets last: the outermost exception with the first line of its message.
fn cut_chain(event: &mut Event) {
    let Some(chain) = &mut event.chain else { return };
    chain.links.truncate(1);
    chain.root = 0;
    chain.complete = false;
    for link in &mut chain.links {
        link.frames.clear();
        link.properties.clear();
        link.message.truncate(link.message.find('\n').unwrap_or(link.message.len()));
    }
}
