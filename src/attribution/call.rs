//! Calls to hosts, as captures, error objects and messages show them.
//!
//! Only reads where a request went. It must never decide who is to blame.

use memchr::{memchr, memmem};

use super::told::Said;
use crate::matching::Hit;
use crate::model::{ComponentId, Event};
use crate::rules::{CompiledRules, Lazy};

/// A call to a host, as a client's log line or a URL in a message shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// Host in lower case, without port; empty for a relative path.
    pub host: String,
    /// Path, may be empty.
    pub path: String,
    /// Port, where the text has one.
    pub port: Option<u16>,
    /// HTTP status, where the text has one.
    pub status: Option<u16>,
}

/// Reads the call out of a hit's captures: `url`, or `host` with `path`; `status` where captured.
#[must_use]
pub fn call_of(hit: &Hit) -> Option<Call> {
    let status = hit.capture("status").and_then(|s| s.parse().ok());
    if let Some(url) = hit.capture("url") {
        return Call::from_url(url).map(|call| Call { status, ..call });
    }
    if let Some(host) = hit.capture("host") {
        let call = Call::from_url(host).unwrap_or_else(|| Call::from_authority(host, ""));
        let path = hit.capture("path").map_or(call.path, ToOwned::to_owned);
        return Some(Call { path, status, ..call });
    }
    let path = hit.capture("path").filter(|path| path.starts_with('/'))?;
    Some(Call { path: path.to_owned(), status, host: String::new(), port: None })
}

impl Call {
    /// Host, port and path of a URL; `None` for text that is none.
    fn from_url(url: &str) -> Option<Self> {
        let Some((_, rest)) = url.split_once("://") else {
            let relative = url.starts_with('/');
            return relative.then(|| Self { host: String::new(), path: url.to_owned(), port: None, status: None });
        };
        const ENDS: [char; 6] = ['?', '#', '"', '\'', ' ', '`'];
        let authority_end = rest.find(|c| c == '/' || ENDS.contains(&c)).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(authority_end);
        Some(Self::from_authority(authority, path.split(ENDS).next().unwrap_or_default()))
    }

    fn from_authority(authority: &str, path: &str) -> Self {
        let host = authority.rsplit('@').next().unwrap_or(authority);
        let (host, port) = match host.strip_prefix('[') {
            Some(v6) => v6.split_once(']').map_or((v6, ""), |(h, rest)| (h, rest.trim_start_matches(':'))),
            None => host.split_once(':').unwrap_or((host, "")),
        };
        let host = host.trim_end_matches('.').to_ascii_lowercase();
        Self { host, path: path.to_owned(), port: port.parse().ok(), status: None }
    }

    /// The component at this host, or else at this port of a host that is nobody's.
    #[must_use]
    pub fn component(&self, rules: &CompiledRules) -> Option<ComponentId> {
        rules.host(&self.host).or_else(|| self.port.and_then(|port| rules.port(port)))
    }
}

/// Whether a host is one of the user's own: a bare name, a private address, or a zone that no public service uses.
#[must_use]
pub fn is_internal_host(host: &str) -> bool {
    const ZONES: &[&str] = &[
        ".internal",
        ".local",
        ".svc",
        ".lan",
        ".intra",
        ".intranet",
        ".home",
        ".corp",
        ".test",
        ".localhost",
        ".private",
    ];
    if host.is_empty() || !host.contains('.') || ZONES.iter().any(|zone| host.ends_with(zone)) || host.contains(".svc.")
    {
        return true;
    }
    let mut octets = host.split('.').map(|part| part.parse::<u8>());
    matches!(
        (octets.next(), octets.next()),
        (Some(Ok(10 | 127)), Some(Ok(_))) | (Some(Ok(192)), Some(Ok(168))) | (Some(Ok(172)), Some(Ok(16..=31)))
    )
}

/// The call that the event itself shows: a client's failure line, a URL of a known host in a message, or the path of a refused call.
pub(super) fn own_call(rules: &CompiledRules, event: &Event, hits: &[Hit], said: &[Said<'_>]) -> Option<Call> {
    let by_capture = hits.iter().rev().filter(|hit| rules.signal(hit.signal).symptom.is_some()).find_map(call_of);
    if by_capture.is_some() {
        return by_capture;
    }
    let known = || said.iter().flat_map(|said| said.calls()).find(|call| rules.host(&call.host).is_some()).cloned();
    property_call(event).or_else(known)
}

/// The request that an error object carries: `config.url`, `rawResponse.url`, `request.url`.
fn property_call(event: &Event) -> Option<Call> {
    let links = event.chain.iter().flat_map(|chain| chain.links.iter().rev());
    let named =
        |name: &str| name.rsplit('.').next().is_some_and(|last| matches!(last, "url" | "requestUrl" | "responseUrl"));
    let mut calls = links
        .flat_map(|link| &link.properties)
        .filter(|(name, _)| named(name))
        .filter_map(|(_, url)| Call::from_url(url));
    let first = calls.next()?;
    Some(calls.find(|call| !call.host.is_empty()).filter(|_| first.host.is_empty()).unwrap_or(first))
}

/// Calls to the addresses in a text.
pub(super) fn urls(text: &str) -> Vec<Call> {
    static URL: Lazy = Lazy::of(r#"\bhttps?://[^\s'"<>()\[\]{}\\]+"#, &["://"]);
    // Hardly any message has an address, and to look for its mark is far cheaper.
    if memmem::find(text.as_bytes(), b"://").is_none() {
        return Vec::new();
    }
    URL.find_iter(text).take(20).filter_map(|url| Call::from_url(&text[url])).collect()
}

/// A path without a host, as the application's own services name it: `from POST /internal/x`, `"path":"/internal/x"`.
pub(super) fn relative_path(text: &str) -> Option<String> {
    static PATH: Lazy = Lazy::of(
        r#"(?:\b(?:GET|POST|PUT|PATCH|DELETE)\s+|["']path["']:\s*["'])(?P<path>/[A-Za-z0-9_][\w./-]*)"#,
        &["GET", "POST", "PUT", "PATCH", "DELETE", "path"],
    );
    memchr(b'/', text.as_bytes())?;
    Some(text[PATH.captures(text)?.group("path")?].to_owned())
}
