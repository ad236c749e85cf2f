//! How the literal of a text stands in the line of fields that the text is made of.
//!
//! A record's text has its fields as `key=value`, parted by blanks and where needed in quotes; the line has them as `"key":"value"`. So a
//! literal with such signs may reach over a seam. It must never miss one; finding too many is allowed.

/// What texts have at seams, and within fields as well.
const SEAMS: [char; 3] = [' ', '=', '"'];

/// What a field without quotes ends with, besides digits.
const BARE: [&str; 3] = ["true", "false", "null"];

/// Texts of which one stands in every line of fields whose text has the literal.
pub(super) fn forms(literal: &str) -> Vec<String> {
    let mut forms = vec![literal.to_owned()];
    // Each of these signs may be at the first seam.
    for (at, sign) in literal.match_indices(SEAMS) {
        let head = &literal[..at];
        if head.is_empty() {
            let seams = [sign, "=\"", "\" "].into_iter().filter_map(|seam| Some((seam, literal.strip_prefix(seam)?)));
            forms.extend(seams.map(|(seam, rest)| behind(seam, rest)));
            continue;
        }
        let behind: &[&str] = match sign {
            "=" => &["\":", "\" "],
            " " => &["\",", "\"}", "\" "],
            _ => &["\""],
        };
        forms.extend(behind.iter().map(|behind| format!("{head}{behind}")));
        let digits = head.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-'));
        if digits || BARE.iter().any(|bare| bare.ends_with(head)) {
            forms.push(head.to_owned());
        }
    }
    forms
}

/// What stands in a line for the text behind a seam, which is a name or a value, as far as it has no other seam.
fn behind(seam: &str, rest: &str) -> String {
    let end = rest.char_indices().skip(1).find(|(_, sign)| SEAMS.contains(sign)).map_or(rest.len(), |(at, _)| at);
    let named = seam.ends_with(' ') && !rest.starts_with(SEAMS);
    format!("{}{}", if named { "\"" } else { "" }, &rest[..end])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// A record's text as it is printed, with a value in quotes or without.
        #[test]
        fn a_literal_of_a_text_stands_in_its_line(
            message in "[a =]{0,4}",
            fields in prop::collection::vec(("[a =.]{1,3}", prop_oneof!["[a =]{0,4}", "7|true|-1.5"], any::<bool>()), 0..3),
            from in 0..40usize,
            len in 1..8usize,
        ) {
            let bare = |value: &str| matches!(value, "7" | "true" | "-1.5");
            let (mut text, mut line) = (message.clone(), format!("{{\"msg\":\"{message}\""));
            for (key, value, quoted) in &fields {
                // An empty value is always printed in quotes.
                let text_quote = if *quoted || value.is_empty() { "\"" } else { "" };
                let quote = if bare(value) { "" } else { "\"" };
                text += &format!(" {key}={text_quote}{value}{text_quote}");
                line += &format!(",\"{key}\":{quote}{value}{quote}");
            }
            line.push('}');
            let literal: String = text.chars().skip(from % text.len().max(1)).take(len).collect();
            let stands = literal.is_empty() || forms(&literal).iter().any(|form| line.contains(form));
            prop_assert!(stands, "{literal:?} of {text:?} in {line}");
        }
    }

    #[test]
    fn no_seam_hides_a_literal() {
        for (literal, line) in [
            ("Error: ", r#"{"msg":"Error: x"}"#),
            ("at ", r#"{"msg":"arrived at","n":1}"#),
            ("at ", r#"{"msg":"x","place":"home at"}"#),
            (" line ", r#"{"msg":"x","line a":1}"#),
            (" line ", r#"{"msg":"in line","a":1}"#),
            ("===", r#"{"msg":"x","a":"==b"}"#),
            ("===", r#"{"msg":"x","a==":"b"}"#),
            ("\"errorType\"", r#"{"msg":"x","a":"errorType"}"#),
            ("File \"", r#"{"msg":"File ","a":1}"#),
            ("7 of", r#"{"n":17,"of":1}"#),
            ("ue n=", r#"{"a":true,"n":1}"#),
        ] {
            assert!(forms(literal).iter().any(|form| line.contains(form)), "{literal} in {line}: {:?}", forms(literal));
        }
        let plain = r#"{"level":"info","created_at":"2026-11-23T08:00:00Z","msg":"priced nimbus"}"#;
        assert!(!forms("at ").iter().any(|form| plain.contains(form)));
    }
}
