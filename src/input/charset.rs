//! Turns UTF-16 with a byte order mark into UTF-8 and takes byte order marks off.
//!
//! PowerShell's `>` writes such logs. Everything else passes as it is: bytes that are not UTF-8 are no reason to lose a line, and replacing
//! them is up to whoever prints them.

/// The encoding that a byte order mark announces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    None,
    Utf8,
    Utf16Le,
    Utf16Be,
}

impl Mark {
    /// Reads the mark at the start of an input.
    pub(super) fn of(head: &[u8]) -> Self {
        match head {
            [0xef, 0xbb, 0xbf, ..] => Self::Utf8,
            [0xff, 0xfe, ..] => Self::Utf16Le,
            [0xfe, 0xff, ..] => Self::Utf16Be,
            _ => Self::None,
        }
    }

    /// Length of the mark in bytes.
    pub(super) fn len(self) -> usize {
        match self {
            Self::None => 0,
            Self::Utf8 => 3,
            Self::Utf16Le | Self::Utf16Be => 2,
        }
    }

    /// A decoder where one is needed.
    pub(super) fn decoder(self) -> Option<Utf16> {
        match self {
            Self::None | Self::Utf8 => None,
            Self::Utf16Le => Some(Utf16::new(u16::from_le_bytes)),
            Self::Utf16Be => Some(Utf16::new(u16::from_be_bytes)),
        }
    }
}

/// A streaming decoder: code units and surrogate pairs may be split anywhere.
pub(super) struct Utf16 {
    unit: fn([u8; 2]) -> u16,
    half: Option<u8>,
    high: Option<u16>,
}

impl Utf16 {
    fn new(unit: fn([u8; 2]) -> u16) -> Self {
        Self { unit, half: None, high: None }
    }

    /// Appends the text of `bytes` to `out`; lone surrogates become U+FFFD.
    pub(super) fn push(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        let mut rest = bytes;
        if let (Some(half), [first, tail @ ..]) = (self.half, rest) {
            self.half = None;
            rest = tail;
            self.push_unit((self.unit)([half, *first]), out);
        }
        let mut pairs = rest.chunks_exact(2);
        for pair in &mut pairs {
            self.push_unit((self.unit)([pair[0], pair[1]]), out);
        }
        if let [half] = pairs.remainder() {
            self.half = Some(*half);
        }
    }

    /// Says that the input is over: half a character becomes U+FFFD.
    pub(super) fn finish(&mut self, out: &mut Vec<u8>) {
        if self.half.take().is_some() | self.high.take().is_some() {
            push_char(char::REPLACEMENT_CHARACTER, out);
        }
    }

    fn push_unit(&mut self, unit: u16, out: &mut Vec<u8>) {
        if let Some(high) = self.high.take() {
            if let Some(Ok(pair)) = char::decode_utf16([high, unit]).next() {
                push_char(pair, out);
                return;
            }
            push_char(char::REPLACEMENT_CHARACTER, out);
        }
        match unit {
            0..0x80 => out.push(unit.to_le_bytes()[0]),
            0xd800..0xdc00 => self.high = Some(unit),
            _ => push_char(char::from_u32(u32::from(unit)).unwrap_or(char::REPLACEMENT_CHARACTER), out),
        }
    }
}

fn push_char(character: char, out: &mut Vec<u8>) {
    out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::Mark;

    fn decode(bytes: &[u8], step: usize) -> String {
        let mark = Mark::of(bytes);
        let mut decoder = mark.decoder().unwrap();
        let mut out = Vec::new();
        for chunk in bytes[mark.len()..].chunks(step) {
            decoder.push(chunk, &mut out);
        }
        decoder.finish(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn both_orders_decode_however_the_bytes_are_split() {
        let text = "Fehler: Schlüssel 🔑 ungültig\r\n";
        let le: Vec<u8> = [0xfeff].into_iter().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
        let be: Vec<u8> = [0xfeff].into_iter().chain(text.encode_utf16()).flat_map(u16::to_be_bytes).collect();
        for step in 1..9 {
            assert_eq!(decode(&le, step), text);
            assert_eq!(decode(&be, step), text);
        }
    }

    #[test]
    fn broken_pairs_become_replacement_characters() {
        assert_eq!(decode(&[0xff, 0xfe, 0x3d, 0xd8, b'a', 0], 2), "\u{fffd}a");
        assert_eq!(decode(&[0xff, 0xfe, 0x00, 0xdc, b'a', 0], 2), "\u{fffd}a");
        assert_eq!(decode(&[0xff, 0xfe, b'a', 0, b'b'], 2), "a\u{fffd}");
        assert_eq!(decode(&[0xff, 0xfe, 0x3d, 0xd8, 0x3d, 0xd8, 0x11, 0xdd], 3), "\u{fffd}🔑");
    }
}
