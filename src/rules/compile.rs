//! The rules made ready: names resolved, signals with their regexes. Immutable and shared by all threads.
//!
//! Every start comes by here, so nothing is built that only some runs need: lookups and regexes wait until they are asked for.

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use hashbrown::HashMap;

use super::blurred::blurred;
use super::check;
use super::lazy::{Found, Lazy};
use super::literal_index::{Candidate, LiteralIndex};
use super::load::{RuleError, RuleSet};
use super::lookups::Lookups;
use super::schema::{Cause, Component, Kind, Pattern, Signal};
use crate::model::{Aggregate, AnyOf, ComponentId, ConceptId, SignalId, SymptomId};

/// A signal with its regexes and concepts.
#[derive(Debug)]
pub struct CompiledSignal {
    /// As written.
    pub rule: Arc<Signal>,
    /// Regexes of `match`.
    pub patterns: Vec<Lazy>,
    /// Those that ask for a beginning or an end, without that: see [`Pattern::relaxed`](super::schema::Pattern::relaxed).
    relaxed: Vec<Option<Lazy>>,
    /// What every match of each pattern contains besides: see [`Pattern::further`](super::schema::Pattern::further). Made when first asked.
    further: Vec<OnceLock<Vec<AnyOf>>>,
    /// Those without anchors, with any digit for each of theirs. Made when first asked.
    blurred: Vec<OnceLock<Option<Lazy>>>,
    /// Regexes of `unless`.
    pub unless: Vec<Lazy>,
    /// What it shows.
    pub shows: Vec<ConceptId>,
    /// What it stands for.
    pub symptom: Option<SymptomId>,
    /// Whose wording it is.
    pub provider: Option<ComponentId>,
    /// Whose wording it was first.
    pub likely: Option<ComponentId>,
    /// Literals in lower case, and the pattern of which every match contains one of its literals, in either case; `None` where the rule
    /// spells them out for all its patterns, because of some no literal is certain.
    pub literals: Vec<(String, Option<u8>)>,
    /// Whether every match of its patterns lies within one line of a text.
    pub within_a_line: bool,
    /// Whether it tells of no failure, and the same of a text to which lines without its literals are added.
    pub is_firm: bool,
}

/// What a line of a file, as it stands there, tells of a signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum InLine {
    /// It does not hold because of this line.
    Not,
    /// It does not hold within this line; with the lines around it, it may.
    Beyond,
    /// Only the record's own text tells.
    Perhaps,
    /// It holds in whatever record the line belongs to.
    Holds,
}

impl CompiledSignal {
    /// Where the first of its patterns that matches does, or this one.
    #[must_use]
    pub fn captures(&self, pattern: Option<u8>, text: &str) -> Option<Found<'_>> {
        match pattern.and_then(|at| self.patterns.get(usize::from(at))) {
            Some(pattern) => pattern.captures(text),
            None => self.patterns.iter().find_map(|pattern| pattern.captures(text)),
        }
    }

    /// Whether its patterns, or this one, and what speaks against it take every ASCII digit for any other.
    #[must_use]
    pub fn digits_alike(&self, pattern: Option<u8>) -> bool {
        let all = match pattern.and_then(|at| self.rule.patterns.get(usize::from(at))) {
            Some(pattern) => pattern.digits_alike(),
            None => self.rule.patterns.iter().all(Pattern::digits_alike),
        };
        all && self.rule.unless.iter().all(Pattern::digits_alike)
    }

    /// Whether [`in_line`](Self::in_line) tells the same of a line with whatever digits.
    #[must_use]
    pub fn takes_any_digits(&self, pattern: Option<u8>, folded: &[u8], text: Option<&str>) -> bool {
        self.wanted(pattern).all(|at| self.rule.patterns[at].digits_alike() || self.never_matches(at, folded, text))
    }

    /// Whether [`in_line`](Self::in_line) says that it does not hold, of a line with whatever digits.
    #[must_use]
    pub fn is_out(&self, pattern: Option<u8>, folded: &[u8], text: Option<&str>) -> bool {
        let within_a_line = |at: usize| self.rule.patterns[at].relaxed().within_a_line();
        self.wanted(pattern).all(|at| within_a_line(at) && self.never_matches(at, folded, text))
    }

    /// Whether a pattern matches in a line with no digits whatever.
    fn never_matches(&self, at: usize, folded: &[u8], text: Option<&str>) -> bool {
        let pattern = &self.rule.patterns[at];
        let numbered = |set: &[String]| set.iter().any(|text| text.bytes().any(|byte| byte.is_ascii_digit()));
        let mut sets = self.further(at).iter().zip(pattern.further());
        if sets.any(|(set, texts)| !numbered(texts) && !set.stands_in(folded)) {
            return true;
        }
        let make = || blurred(pattern.relaxed()).as_ref().map(Lazy::new);
        let blurred = || self.blurred[at].get_or_init(make).as_ref();
        text.is_some_and(|text| blurred().is_some_and(|blurred| !blurred.is_match(text)))
    }

    fn further(&self, at: usize) -> &[AnyOf] {
        self.further[at].get_or_init(|| self.rule.patterns[at].further().iter().map(|set| AnyOf::new(set)).collect())
    }

    /// Whether one of its patterns, or this one, holds in a text.
    #[must_use]
    pub fn holds(&self, pattern: Option<u8>, text: &str) -> bool {
        match pattern.and_then(|at| self.patterns.get(usize::from(at))) {
            Some(pattern) => pattern.is_match(text),
            None => self.patterns.iter().any(|pattern| pattern.is_match(text)),
        }
    }

    /// What a line in which a literal of one of its patterns, or of this one, stands tells of it. `folded` is the line in small letters,
    /// `text` the line where a record's text would have it as it is.
    #[must_use]
    pub fn in_line(&self, pattern: Option<u8>, folded: &[u8], text: Option<&str>) -> InLine {
        self.wanted(pattern).map(|at| self.pattern_in_line(at, folded, text)).max().unwrap_or(InLine::Perhaps)
    }

    /// All of its patterns, or this one.
    fn wanted(&self, pattern: Option<u8>) -> Range<usize> {
        pattern.map_or(0..self.patterns.len(), |at| usize::from(at)..usize::from(at) + 1)
    }

    fn pattern_in_line(&self, at: usize, folded: &[u8], text: Option<&str>) -> InLine {
        let pattern = &self.rule.patterns[at];
        let not = if pattern.relaxed().within_a_line() { InLine::Not } else { InLine::Beyond };
        let further = self.further(at);
        // Where the regex can be asked, it is as quick as looking for more than the literals that are hardly ever there.
        let asked = if text.is_some() { 1 } else { usize::MAX };
        if !further.iter().take(asked).all(|set| set.stands_in(folded)) {
            return not;
        }
        let Some(text) = text else { return InLine::Perhaps };
        let relaxed = self.relaxed[at].as_ref().unwrap_or(&self.patterns[at]);
        match relaxed.is_match(text) {
            true if pattern.within_a_line() => InLine::Holds,
            true => InLine::Perhaps,
            false => not,
        }
    }
}

/// A name in an evidence rule, resolved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Atom {
    /// Holds when a signal showed it.
    Concept(ConceptId),
    /// Holds when true.
    Aggregate(Aggregate),
    /// Holds when false, not when unknown.
    NotAggregate(Aggregate),
}

/// The rules made ready.
#[derive(Debug)]
pub struct CompiledRules {
    /// As written.
    pub set: RuleSet,
    /// Signals with their regexes.
    pub signals: Vec<CompiledSignal>,
    /// Names of concepts by id, sorted.
    pub concepts: Vec<String>,
    /// Key shapes in file order.
    pub shapes: Vec<Lazy>,
    /// Masks in file order.
    pub masks: Vec<Lazy>,
    /// Placeholders in file order.
    pub placeholders: Vec<Lazy>,
    literal_index: OnceLock<LiteralIndex>,
    pub(super) lookups: Lookups,
}

impl CompiledRules {
    /// Makes a rule set ready, and checks it unless that was done.
    ///
    /// # Errors
    /// The first contradiction or dangling name found.
    pub fn new(set: RuleSet) -> Result<Self, RuleError> {
        if !set.checked {
            check::structure(&set)?;
        }
        let mut concepts: Vec<String> = set.signals.iter().flat_map(|s| s.shows.iter().cloned()).collect();
        concepts.sort_unstable();
        concepts.dedup();
        let names = Names {
            concepts: ids(concepts.iter(), ConceptId),
            symptoms: ids(set.symptoms.iter().map(|s| &s.id), SymptomId),
            components: ids(set.components.iter().map(|c| &c.id), ComponentId),
        };
        let signals = set.signals.iter().map(|rule| compile_signal(rule, &names)).collect();
        drop(names);
        Ok(Self {
            signals,
            shapes: set.shapes.iter().map(|s| Lazy::new(&s.pattern)).collect(),
            masks: set.masks.iter().map(|m| Lazy::new(&m.pattern)).collect(),
            placeholders: set.placeholders.iter().map(|p| Lazy::new(&p.pattern)).collect(),
            literal_index: OnceLock::new(),
            lookups: Lookups::default(),
            concepts,
            set,
        })
    }

    /// The signal's rule.
    #[must_use]
    pub fn signal(&self, id: SignalId) -> &CompiledSignal {
        &self.signals[usize::from(id.0)]
    }

    /// The component's rule.
    #[must_use]
    pub fn component(&self, id: ComponentId) -> &Component {
        &self.set.components[usize::from(id.0)]
    }

    /// A cause by its id.
    #[must_use]
    pub fn cause(&self, id: &str) -> Option<&Cause> {
        self.set.causes.iter().find(|cause| cause.id == id)
    }

    /// A concept by its name.
    #[must_use]
    pub fn concept(&self, name: &str) -> Option<ConceptId> {
        let at = self.concepts.binary_search_by(|known| known.as_str().cmp(name)).ok()?;
        u16::try_from(at).ok().map(ConceptId)
    }

    /// Resolves a name of an evidence rule.
    #[must_use]
    pub fn atom(&self, name: &str) -> Option<Atom> {
        if let Some(rest) = name.strip_prefix("!@") {
            return Aggregate::parse(rest).map(Atom::NotAggregate);
        }
        match name.strip_prefix('@') {
            Some(rest) => Aggregate::parse(rest).map(Atom::Aggregate),
            None => self.concept(name).map(Atom::Concept),
        }
    }

    /// Signals one of whose literals stands in the text, and the patterns those are of, in order.
    #[must_use]
    pub fn candidates(&self, text: &str) -> Vec<Candidate> {
        self.literal_index().candidates(text)
    }

    fn literal_index(&self) -> &LiteralIndex {
        let literals = || {
            let signals = self.signals.iter().zip(0..);
            signals.flat_map(|(signal, id)| {
                signal.literals.iter().map(move |(l, pattern)| ((SignalId(id), *pattern), l.as_str()))
            })
        };
        self.literal_index.get_or_init(|| LiteralIndex::new(literals()))
    }
}

/// Ids by name, where rules name other rules.
struct Names<'s> {
    concepts: HashMap<&'s str, ConceptId>,
    symptoms: HashMap<&'s str, SymptomId>,
    components: HashMap<&'s str, ComponentId>,
}

fn ids<'s, T>(names: impl Iterator<Item = &'s String>, make: impl Fn(u16) -> T) -> HashMap<&'s str, T> {
    names.zip(0..).map(|(name, at)| (name.as_str(), make(at))).collect()
}

fn compile_signal(rule: &Arc<Signal>, names: &Names<'_>) -> CompiledSignal {
    let component = |name: &Option<String>| names.components.get(name.as_deref()?).copied();
    CompiledSignal {
        patterns: rule.patterns.iter().map(Lazy::new).collect(),
        unless: rule.unless.iter().map(Lazy::new).collect(),
        shows: rule.shows.iter().filter_map(|name| names.concepts.get(name.as_str()).copied()).collect(),
        symptom: rule.symptom.as_deref().and_then(|name| names.symptoms.get(name).copied()),
        provider: component(&rule.provider),
        likely: component(&rule.likely),
        literals: literals(rule),
        relaxed: rule.patterns.iter().map(|p| p.is_anchored().then(|| Lazy::new(p.relaxed()))).collect(),
        further: rule.patterns.iter().map(|_| OnceLock::new()).collect(),
        blurred: rule.patterns.iter().map(|_| OnceLock::new()).collect(),
        is_firm: matches!(rule.kind(), Kind::Success | Kind::Note)
            && rule.symptom.is_none()
            && rule.unless.is_empty()
            && rule.patterns.iter().all(Pattern::within_a_line),
        within_a_line: rule.patterns.iter().all(|pattern| pattern.relaxed().within_a_line()),
        rule: Arc::clone(rule),
    }
}

/// The literals of a signal: see [`CompiledSignal::literals`].
fn literals(rule: &Signal) -> Vec<(String, Option<u8>)> {
    if rule.patterns.iter().all(|pattern| !pattern.literals().is_empty()) {
        let patterns = rule.patterns.iter().zip(0..);
        return patterns.flat_map(|(p, at)| p.literals().iter().map(move |l| (l.clone(), Some(at)))).collect();
    }
    rule.literals.iter().map(|literal| (literal.to_ascii_lowercase(), None)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_firm_signal_tells_the_same_of_a_longer_text() {
        let rules = CompiledRules::new(RuleSet::embedded().expect("built-in rules")).expect("built-in rules");
        let found = |signal: &CompiledSignal, text: &str| {
            let found =
                signal.captures(None, text).filter(|_| !signal.unless.iter().any(|unless| unless.is_match(text)));
            format!("{found:?}")
        };
        let (mut firm, mut others) = (0, 0);
        for signal in &rules.signals {
            for example in signal.rule.examples.iter() {
                let alike = ["", "  and so on", "x: 1", "}"]
                    .iter()
                    .all(|below| found(signal, example) == found(signal, &format!("{example}\n{below}")));
                assert!(alike || !signal.is_firm, "{}: {example}", signal.rule.id);
                firm += usize::from(signal.is_firm);
                others += usize::from(!alike);
            }
        }
        assert!(firm > 20 && others > 0, "{firm} {others}");
    }
}
