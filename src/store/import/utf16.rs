//! Reads UTF-16 as UTF-8, piece by piece.

use std::io::{self, Read};

/// Text of a file in UTF-16.
#[derive(Debug)]
pub(super) struct Utf16<R> {
    source: R,
    order: ByteOrder,
    /// The first half of a pair of surrogates.
    high: Option<u16>,
    /// The text that was decoded. The part before `start` was read.
    text: Vec<u8>,
    start: usize,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum ByteOrder {
    Little,
    Big,
}

impl ByteOrder {
    /// The order of the bytes in a file with this start; `None` without the byte order mark of UTF-16.
    pub(super) fn of(start: &[u8]) -> Option<Self> {
        match start {
            // UTF-32 begins like that.
            [0xFF, 0xFE, 0, 0, ..] => None,
            [0xFF, 0xFE, ..] => Some(Self::Little),
            [0xFE, 0xFF, ..] => Some(Self::Big),
            _ => None,
        }
    }
}

/// A byte that no text in UTF-8 has. It stands for what is no UTF-16, so that its line is refused.
const NO_TEXT: u8 = 0xFF;

/// The number of bytes of the file that are decoded at once.
const PIECE: u64 = 16 * 1024;

impl<R: Read> Utf16<R> {
    /// The byte order mark is decoded like any letter.
    pub(super) fn new(source: R, order: ByteOrder) -> Self {
        Self {
            source,
            order,
            high: None,
            text: Vec::new(),
            start: 0,
        }
    }

    /// Decodes the next piece. Returns whether the file had one.
    fn decode(&mut self) -> io::Result<bool> {
        self.text.clear();
        self.start = 0;
        let mut piece = Vec::new();
        (&mut self.source).take(PIECE).read_to_end(&mut piece)?;
        let pairs = piece.chunks_exact(2);
        // Only the last piece is shorter than the others.
        let has_half_unit = !pairs.remainder().is_empty();
        let unit = |pair: &[u8]| match self.order {
            ByteOrder::Little => u16::from_le_bytes([pair[0], pair[1]]),
            ByteOrder::Big => u16::from_be_bytes([pair[0], pair[1]]),
        };
        let mut units: Vec<u16> = self.high.take().into_iter().collect();
        units.extend(pairs.map(unit));
        if !piece.is_empty() {
            // Its second half may be in the next piece.
            self.high = units.pop_if(|unit| matches!(unit, 0xD800..=0xDBFF));
        }
        for letter in char::decode_utf16(units) {
            match letter {
                Ok(letter) => {
                    let bytes = &mut [0; 4];
                    self.text
                        .extend_from_slice(letter.encode_utf8(bytes).as_bytes());
                }
                Err(_) => self.text.push(NO_TEXT),
            }
        }
        if has_half_unit {
            self.text.push(NO_TEXT);
        }
        Ok(!piece.is_empty())
    }
}

impl<R: Read> Read for Utf16<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        // A piece may be the first half of a pair alone.
        while self.start == self.text.len() {
            if !self.decode()? && self.text.is_empty() {
                return Ok(0);
            }
        }
        let count = (&self.text[self.start..]).read(buffer)?;
        self.start += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(bytes: &[u8], order: ByteOrder) -> Vec<u8> {
        let mut text = Vec::new();
        Utf16::new(bytes, order).read_to_end(&mut text).unwrap();
        text
    }

    #[test]
    fn text_in_both_byte_orders_is_decoded_across_the_pieces() {
        for length in [0, 1, 8_190, 8_191, 8_192, 8_193, 20_000] {
            let text = format!("\u{feff}{}🐢é\r\nß", "a".repeat(length));
            let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
            let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
            assert_eq!(ByteOrder::of(&little), Some(ByteOrder::Little));
            assert_eq!(ByteOrder::of(&big), Some(ByteOrder::Big));

            assert_eq!(decoded(&little, ByteOrder::Little), text.as_bytes());
            assert_eq!(decoded(&big, ByteOrder::Big), text.as_bytes());
        }
    }

    #[test]
    fn what_is_no_utf_16_becomes_a_byte_that_is_no_text() {
        for (bytes, text) in [
            (&b"a\0b"[..], &b"a\xFF"[..]),
            (b"\x00\xD8a\0", b"\xFFa"),
            (b"\x00\xDCa\0", b"\xFFa"),
            (b"a\0\x00\xD8", b"a\xFF"),
            (b"\x00\xD8\x00\xD8\x00\xDC", b"\xFF\xF0\x90\x80\x80"),
        ] {
            assert_eq!(decoded(bytes, ByteOrder::Little), text, "{bytes:?}");
        }
    }
}
