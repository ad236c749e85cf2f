//! Recognises credentials in text: whole, masked, or the template text that stands where one should be.
//!
//! What is found is described (owner, length, damage, a hash to tell "the same key" from "another key") and never kept: no type of this
//! module holds a byte of a secret.

mod prefilter;

pub use prefilter::{Possible, Prefilter};

use crate::model::ComponentId;
use crate::rules::CompiledRules;

/// A credential seen in a text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeySeen {
    /// Whose keys look like this; `None` where no shape fits.
    pub owner: Option<ComponentId>,
    /// Several providers' keys look like this, so the owner is no proof.
    pub shared_shape: bool,
    /// Id of the shape, or `masked`, `unknown`.
    pub shape: String,
    /// Length in bytes, where the text tells.
    pub length: Option<usize>,
    /// Least usual length of the shape.
    pub least_length: Option<usize>,
    /// Template text, a URL, a quote or a variable reference instead of a key.
    pub placeholder: bool,
    /// Tells the same key from another: never printed.
    pub hash: u64,
    /// The same of its last characters, where the text shows them.
    pub tail: Option<u64>,
}

impl KeySeen {
    /// Far shorter than this provider's keys are.
    #[must_use]
    pub fn too_short(&self) -> bool {
        matches!((self.length, self.least_length), (Some(length), Some(least)) if length * 10 < least * 8)
    }
}

/// Credentials that a provider's refusal quotes in masked form.
#[must_use]
pub fn masked(rules: &CompiledRules, possible: Possible, text: &str) -> Vec<KeySeen> {
    let mut found = Vec::new();
    for (mask, rule) in possible.masks(rules.masks.len()).map(|at| (&rules.masks[at], &rules.set.masks[at])) {
        let Some(shown) = mask.captures(text) else { continue };
        let part = |name: &str| shown.group(name).map_or("", |range| &text[range]);
        let (head, stars, tail) = (part("head"), part("stars"), part("tail"));
        if head.is_empty() && tail.is_empty() {
            continue;
        }
        let length = (rule.hidden_one_to_one && !stars.is_empty()).then(|| head.len() + stars.len() + tail.len());
        let seen = describe_masked(rules, head, &format!("{head}{stars}{tail}"), length);
        found.push(KeySeen { tail: self::tail(tail), ..seen });
    }
    found
}

fn describe_masked(rules: &CompiledRules, head: &str, whole: &str, length: Option<usize>) -> KeySeen {
    let placeholder = is_placeholder(rules, head);
    let mut owners: Vec<(usize, ComponentId, Option<usize>)> = Vec::new();
    for shape in &rules.set.shapes {
        let Some(prefix) = shape.prefix.as_deref().filter(|prefix| !prefix.is_empty()) else { continue };
        let shared = common_prefix(prefix, head);
        // The mask may show less of the key than the prefix is long; three characters are the least that says anything.
        if (shared == prefix.len() || shared == head.len())
            && shared >= 2.min(prefix.len())
            && let Some(owner) = rules.component_by_name(&shape.provider)
        {
            owners.push((shared, owner, shape.length.map(|(least, _)| least)));
        }
    }
    let longest = owners.iter().map(|o| o.0).max().unwrap_or(0);
    owners.retain(|o| o.0 == longest);
    let first = owners.first().copied();
    KeySeen {
        owner: first.map(|o| o.1).filter(|_| !placeholder),
        shared_shape: owners.iter().any(|o| Some(o.1) != first.map(|f| f.1)),
        shape: "masked".to_owned(),
        length,
        least_length: owners.iter().filter_map(|o| o.2).min(),
        placeholder,
        hash: hash(whole),
        tail: None,
    }
}

/// Credentials that stand whole in a text.
#[must_use]
pub fn whole(rules: &CompiledRules, possible: Possible, text: &str) -> Vec<KeySeen> {
    find_whole(rules, possible, text).into_iter().map(|(_, seen)| seen).collect()
}

fn find_whole(rules: &CompiledRules, possible: Possible, text: &str) -> Vec<(std::ops::Range<usize>, KeySeen)> {
    let mut found: Vec<(std::ops::Range<usize>, KeySeen)> = Vec::new();
    for (lazy, shape) in possible.shapes(rules.shapes.len()).map(|at| (&rules.shapes[at], &rules.set.shapes[at])) {
        if shape.ambiguous {
            continue;
        }
        for range in lazy.find_iter(text) {
            let key = &text[range.clone()];
            let seen = KeySeen {
                owner: rules.component_by_name(&shape.provider),
                shared_shape: false,
                shape: shape.id.clone(),
                length: Some(key.len()),
                least_length: shape.length.map(|(least, _)| least),
                placeholder: false,
                hash: hash(key),
                tail: tail(key),
            };
            found.push((range, seen));
        }
    }
    // The same bytes can fit several shapes: the longest match tells the most, the first rule settles ties.
    let covered: Vec<_> = found.iter().map(|(range, _)| range.clone()).collect();
    let longest = |range: &std::ops::Range<usize>| {
        !covered.iter().any(|o| o.len() > range.len() && o.start <= range.start && o.end >= range.end)
    };
    found.into_iter().filter(|(range, _)| longest(range)).collect()
}

/// Whole credentials that the text shows being sent or refused; those that a dump merely lists say nothing about the call.
#[must_use]
pub fn sent(rules: &CompiledRules, possible: Possible, text: &str) -> Vec<KeySeen> {
    const SIGNS: [&str; 9] =
        ["bearer", "api-key", "api_key", "api key", "apikey", "authorization", "provided", "header value", "key="];
    find_whole(rules, possible, text)
        .into_iter()
        .filter(|(range, _)| {
            let mut from = range.start.saturating_sub(48);
            while !text.is_char_boundary(from) {
                from += 1;
            }
            let before = text[from..range.start].to_ascii_lowercase();
            SIGNS.iter().any(|sign| before.contains(sign))
        })
        .map(|(_, seen)| seen)
        .collect()
}

/// A value that stands where a key belongs (after `Bearer `, in an illegal header), described whatever it is.
#[must_use]
pub fn value(rules: &CompiledRules, value: &str) -> KeySeen {
    let bare = value.trim_start_matches("Bearer ").trim();
    if let Some(seen) = whole(rules, Possible::everything(), bare).into_iter().next() {
        return KeySeen { length: Some(bare.len()), ..seen };
    }
    let head = bare.get(..8).unwrap_or(bare);
    let mut seen = describe_masked(rules, head, bare, Some(bare.len()));
    seen.placeholder |= is_placeholder(rules, bare);
    "unknown".clone_into(&mut seen.shape);
    seen.tail = tail(bare);
    seen
}

/// Whether a value is template text, a URL, a quote or a variable reference.
#[must_use]
pub fn is_placeholder(rules: &CompiledRules, value: &str) -> bool {
    !value.is_empty() && rules.placeholders.iter().any(|p| p.is_match(value))
}

/// A 64-bit digest of a secret, to compare and never to print.
pub(crate) fn hash(secret: &str) -> u64 {
    let digest = blake3::hash(secret.as_bytes());
    u64::from_le_bytes(digest.as_bytes()[..8].try_into().unwrap_or_default())
}

/// A digest of the last characters that masks usually leave visible; `None` where there are fewer.
pub(crate) fn tail(shown: &str) -> Option<u64> {
    const VISIBLE: usize = 4;
    let from = shown.len().checked_sub(VISIBLE)?;
    shown.get(from..).map(hash)
}

fn common_prefix(a: &str, b: &str) -> usize {
    a.bytes().zip(b.bytes()).take_while(|(x, y)| x == y).count()
}
