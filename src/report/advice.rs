//! Picks the recipe and the check that fit the framework, language and runtime at hand, and fills their placeholders.

use crate::rules::schema::{Cause, Confirm, Recipe, Selector};

/// What recipes may name.
#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    pub(super) env: Option<String>,
    pub(super) provider: Option<String>,
    pub(super) class: Option<String>,
    pub(super) pod: Option<String>,
    pub(super) host: Option<String>,
}

impl Names {
    /// Replaces exactly the known placeholders; every other brace belongs to the code.
    pub(super) fn fill(&self, text: &str) -> String {
        let env = self.env.as_deref().unwrap_or("API_KEY");
        let lower = env.to_ascii_lowercase();
        let filled = [
            ("{env}", env),
            ("{env_lower}", &lower),
            ("{provider}", self.provider.as_deref().unwrap_or("the provider")),
            ("{class}", self.class.as_deref().unwrap_or("Client")),
            ("{pod}", self.pod.as_deref().unwrap_or("<pod>")),
            ("{host}", self.host.as_deref().unwrap_or("<host>")),
        ];
        filled.iter().fold(text.to_owned(), |text, (name, value)| text.replace(name, value))
    }
}

/// The recipe with the most matching selectors; one that contradicts the case is out, ties go to the first in the file.
pub(super) fn recipe<'c>(cause: &'c Cause, at_hand: &Selector<'_>) -> Option<&'c Recipe> {
    best(&cause.recipe, at_hand, |r| [&r.framework, &r.language, &r.runtime, &r.provider])
}

/// Checks, the best first: those that separate the cause from the runner-up before others.
pub(super) fn confirms<'c>(cause: &'c Cause, rival: Option<&str>, at_hand: &Selector<'_>) -> Vec<&'c Confirm> {
    let selectors = |c: &'c Confirm| [&c.framework, &c.language, &c.runtime, &c.provider];
    let mut fitting: Vec<(usize, usize, &Confirm)> = cause
        .confirm
        .iter()
        .enumerate()
        .filter_map(|(at, confirm)| {
            let fit = fit(selectors(confirm), at_hand)?;
            let tells = rival.is_some_and(|rival| confirm.tells_apart.iter().any(|c| c == rival));
            Some((fit + if tells { 10 } else { 0 }, at, confirm))
        })
        .collect();
    fitting.sort_by_key(|(score, at, _)| (std::cmp::Reverse(*score), *at));
    fitting.into_iter().map(|(_, _, confirm)| confirm).collect()
}

fn best<'c, T>(
    all: &'c [T],
    at_hand: &Selector<'_>,
    selectors: impl Fn(&'c T) -> [&'c Option<String>; 4],
) -> Option<&'c T> {
    let fitting = all
        .iter()
        .enumerate()
        .filter_map(|(at, item)| Some((fit(selectors(item), at_hand)?, std::cmp::Reverse(at), item)));
    fitting.max_by_key(|(score, at, _)| (*score, *at)).map(|(_, _, item)| item)
}

/// Number of selectors that match; `None` where one contradicts or asks for what is not known.
fn fit(selectors: [&Option<String>; 4], at_hand: &Selector<'_>) -> Option<usize> {
    let known = [at_hand.framework, at_hand.language, at_hand.runtime, at_hand.provider];
    let mut score = 0;
    for (selector, known) in selectors.into_iter().zip(known) {
        match (selector.as_deref(), known) {
            (None, _) => {}
            (Some(wanted), Some(known)) if wanted == known => score += 1,
            (Some(_), _) => return None,
        }
    }
    Some(score)
}
