//! What stays of a text when what varies between its occurrences is taken out.
//!
//! Two texts with the same remainder are counted as one, so it must depend on the text alone and never on what was seen before.

/// Numbers and long hexadecimal words of a path are one route.
pub(super) fn plain_route(path: &str) -> String {
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let varies = |part: &str| {
        part.bytes().any(|b| b.is_ascii_digit()) && part.len() > 2
            || part.bytes().all(|b| b.is_ascii_digit()) && !part.is_empty()
    };
    path.split('/')
        .map(|part| if varies(part) && !is_version(part) { "{}" } else { part })
        .collect::<Vec<_>>()
        .join("/")
}

fn is_version(part: &str) -> bool {
    part.len() <= 7 && part.starts_with('v') && part[1..].starts_with(|c: char| c.is_ascii_digit())
}

/// What stays of a message when everything that varies between occurrences is taken out.
pub(super) fn template(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let (len, numbered) = word(rest);
        out.push_str(if numbered { "#" } else { &rest[..len] });
        rest = &rest[len..];
    }
    out
}

/// Length of the word that a text begins with and of the sign behind it, and whether it has digits.
fn word(text: &str) -> (usize, bool) {
    let (mut len, mut numbered) = (0, false);
    while let Some(byte) = text.as_bytes().get(len) {
        let (goes_on, width) = if byte.is_ascii() {
            (byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'), 1)
        } else {
            text[len..].chars().next().map_or((false, 1), |c| (c.is_alphanumeric(), c.len_utf8()))
        };
        numbered |= byte.is_ascii_digit();
        len += width;
        if !goes_on {
            break;
        }
    }
    (len, numbered)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_route_is_a_path_without_what_names_one_thing() {
        let routes = [
            ("/v1/embeddings?page=2#end", "/v1/embeddings"),
            ("/users/42/orders/9f3c-11aa", "/users/{}/orders/{}"),
            ("/a1/v2beta/v20240101/", "/a1/v2beta/{}/"),
        ];
        for (path, route) in routes {
            assert_eq!(plain_route(path), route, "{path}");
        }
    }

    #[test]
    fn messages_that_differ_in_numbers_alone_are_one() {
        let of = |text: &str| template(text);
        assert_eq!(of("no passages for ticket 781080 (try 2)"), of("no passages for ticket 9 (try 11)"));
        assert_eq!(of("übergröße bei räumung-7, 3 mal"), of("übergröße bei räumung-12, 4 mal"));
        assert_ne!(of("no passages for ticket 781080"), of("no passages for order 781080"));
        assert_ne!(of("ended: 3"), of("ended 3"));
    }
}
