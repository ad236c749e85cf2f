//! Brings together groups that are one failure.
//!
//! One failure surfaces in several places: a client's log line, an exception, a wrapper's message without a class. Each is counted under what
//! it tells by itself; here those that tell less join those that tell more. Runs once, on the merged evidence.

use std::collections::{BTreeMap, BTreeSet};

use crate::evidence::{Evidence, Group, GroupKey, Subject};
use crate::rules::CompiledRules;

/// The groups of the evidence, joined.
pub(super) fn settle(rules: &CompiledRules, evidence: &Evidence) -> BTreeMap<GroupKey, Group> {
    let mut groups = evidence.groups.clone();
    follow_endpoints(evidence, &mut groups);
    name_the_unnamed(rules, evidence, &mut groups);
    join(&mut groups, same_role);
    use_calls(evidence, &mut groups);
    join(&mut groups, same_failure);
    let family = |key: &GroupKey| &rules.set.symptoms[usize::from(key.symptom.0)].family;
    join(&mut groups, |key, group, other, host| {
        let nobody = matches!(key.subject, Subject::Unknown | Subject::Application);
        nobody && family(key) == family(other) && says_less(group) && says_more(host) && together(group, host)
    });
    groups
}

/// A client that serves several vendors calls whoever it was configured for, where the log names exactly one address.
fn follow_endpoints(evidence: &Evidence, groups: &mut BTreeMap<GroupKey, Group>) {
    let Some(configured) = only(evidence.endpoints.iter()) else { return };
    let weak: Vec<GroupKey> =
        groups.iter().filter(|(_, g)| g.weak > 0 && g.weak == g.events.count).map(|(key, _)| key.clone()).collect();
    for key in weak {
        let target = GroupKey { subject: Subject::Component(*configured), ..key.clone() };
        if target != key
            && let Some(group) = groups.remove(&key)
        {
            adopt(groups, target, group);
        }
    }
}

fn adopt(groups: &mut BTreeMap<GroupKey, Group>, key: GroupKey, group: Group) {
    match groups.get_mut(&key) {
        Some(other) => other.merge(group),
        None => {
            groups.insert(key, group);
        }
    }
}

/// A failure that names nobody belongs to the only component that fails like it, or else to the only one that fails or is called at all.
fn name_the_unnamed(rules: &CompiledRules, evidence: &Evidence, groups: &mut BTreeMap<GroupKey, Group>) {
    let unnamed: Vec<GroupKey> = groups.keys().filter(|k| k.subject == Subject::Unknown).cloned().collect();
    for key in unnamed {
        let family = |k: &GroupKey| rules.set.symptoms[usize::from(k.symptom.0)].family.clone();
        let named = |k: &&GroupKey| !matches!(k.subject, Subject::Unknown | Subject::Application);
        let alike = only(groups.keys().filter(named).filter(|k| k.symptom == key.symptom));
        let related = || only(groups.keys().filter(named).filter(|k| family(k) == family(&key)));
        let failing = || {
            only(
                evidence
                    .calls
                    .iter()
                    .filter(|(_, s)| s.values().any(|t| t.failures.count > 0))
                    .map(|((subject, role), _)| (subject, role)),
            )
            .map(|(subject, role)| (*subject, role.clone()))
        };
        // The wrapper's own words follow on a refusal that was logged as mere throttling.
        let throttling = || {
            let subject = only(evidence.throttles.keys().filter(|s| matches!(s, Subject::Component(_))))?;
            let Subject::Component(id) = *subject else { return None };
            Some((*subject, rules.component(id).roles.first().cloned().unwrap_or_default()))
        };
        // Some line that is no failure may name a component, and nothing else is named anywhere.
        let noted = || {
            let named: BTreeSet<_> = evidence.notes.keys().filter_map(|id| rules.signal(*id).provider).collect();
            let id = only(named.into_iter())?;
            let role = rules.component(id).roles.first().cloned().unwrap_or_default();
            (role != "tracing").then_some((Subject::Component(id), role))
        };
        let owner = alike.or_else(related).map(|k| (k.subject, k.role.clone()));
        let owner = owner.or_else(failing).or_else(throttling).or_else(noted);
        let Some((subject, role)) = owner else { continue };
        let Some(group) = groups.remove(&key) else { continue };
        let target =
            GroupKey { subject, role: if key.role.is_empty() { role } else { key.role.clone() }, symptom: key.symptom };
        adopt(groups, target, group);
    }
}

/// Where no event tells the role, the first thing that the application asks of the component is what fails first too.
fn use_calls(evidence: &Evidence, groups: &mut BTreeMap<GroupKey, Group>) {
    let assumed: Vec<GroupKey> = groups
        .iter()
        .filter(|(_, g)| g.assumed_role == g.events.count + g.calls.count)
        .map(|(key, _)| key.clone())
        .collect();
    for key in assumed {
        let own = evidence.calls.iter().filter(|((subject, role), _)| *subject == key.subject && !role.is_empty());
        let earliest = own
            .filter_map(|((_, role), streams)| {
                Some((streams.values().filter_map(|t| t.successes.first()).min()?, role))
            })
            .min();
        let Some((_, role)) = earliest.filter(|(_, role)| **role != key.role) else { continue };
        let target = GroupKey { role: role.clone(), ..key.clone() };
        if let Some(group) = groups.remove(&key) {
            adopt(groups, target, group);
        }
    }
}

/// The single item of an iterator; `None` for none or several.
fn only<T>(mut items: impl Iterator<Item = T>) -> Option<T> {
    let first = items.next()?;
    items.next().is_none().then_some(first)
}

/// Joins each group into another one that `fits`, the most frequent first.
fn join(groups: &mut BTreeMap<GroupKey, Group>, fits: impl Fn(&GroupKey, &Group, &GroupKey, &Group) -> bool) {
    let keys: Vec<GroupKey> = groups.keys().cloned().collect();
    for key in keys {
        let Some(group) = groups.get(&key) else { continue };
        let hosts = groups.iter().filter(|(other, host)| **other != key && fits(&key, group, other, host));
        let host = hosts
            .max_by(|a, b| a.1.events.count.cmp(&b.1.events.count).then_with(|| b.0.cmp(a.0)))
            .map(|(k, _)| k.clone());
        if let Some(host) = host
            && let Some(group) = groups.remove(&key)
            && let Some(target) = groups.get_mut(&host)
        {
            target.merge(group);
        }
    }
}

/// Nothing in the group tells its role, and the other one knows.
fn same_role(key: &GroupKey, group: &Group, other: &GroupKey, host: &Group) -> bool {
    let total = group.events.count + group.calls.count;
    key.subject == other.subject
        && key.symptom == other.symptom
        && group.assumed_role == total
        && host.assumed_role < host.events.count + host.calls.count
}

/// A client's line or a bare status about the same calls of the same component that an exception tells more of.
fn same_failure(key: &GroupKey, group: &Group, other: &GroupKey, host: &Group) -> bool {
    let same = key.subject == other.subject && key.role == other.role;
    same && says_less(group) && says_more(host) && together(group, host)
}

fn says_less(group: &Group) -> bool {
    group.events.count == 0 || group.generic == group.events.count + group.calls.count
}

fn says_more(group: &Group) -> bool {
    group.events.count > 0 && group.generic < group.events.count + group.calls.count
}

/// Whether some stream tells of both.
fn together(group: &Group, host: &Group) -> bool {
    group.streams.keys().any(|s| host.streams.keys().any(|o| o.stream == s.stream))
}
