//! Decodes text files in UTF-8 or UTF-16, with or without a byte order mark, as editors and shells save them.

use encoding_rs::Encoding;

/// The help for a file in an unknown encoding.
pub(super) const SAVE_AS_UTF8: &str =
    "save the file as UTF-8 text (Notepad: Save as, Encoding UTF-8)";

/// Decodes a file in the encoding of its byte order mark, or in UTF-8 if it has none.
///
/// # Errors
///
/// The reason, with the number of the line if the file is not UTF-8.
pub(super) fn decode(bytes: &[u8]) -> Result<String, String> {
    if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
        return encoding
            .decode_without_bom_handling_and_without_replacement(&bytes[mark..])
            .map(std::borrow::Cow::into_owned)
            .ok_or_else(|| {
                format!(
                    "its byte order mark says {}, but the text is not in that encoding",
                    encoding.name()
                )
            });
    }
    match std::str::from_utf8(bytes) {
        Ok(text) if text.contains('\0') => {
            Err("it has zero bytes, so it may be UTF-16 text without a byte order mark".to_owned())
        }
        Ok(text) => Ok(text.to_owned()),
        Err(error) => {
            let before = String::from_utf8_lossy(&bytes[..error.valid_up_to()]);
            let line = 1 + before.matches('\n').count();
            Err(format!("line {line} is not text in UTF-8"))
        }
    }
}

/// Quotes a text for a TOML file.
#[must_use]
pub(crate) fn toml_string(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_byte_order_mark_selects_the_encoding() {
        let utf16 = |text: &str, mark: [u8; 2], to_bytes: fn(u16) -> [u8; 2]| {
            let units = text.encode_utf16().flat_map(to_bytes);
            mark.into_iter().chain(units).collect::<Vec<u8>>()
        };
        let text = "key = \"Müller\"\r\n";
        for bytes in [
            text.as_bytes().to_vec(),
            [b"\xef\xbb\xbf", text.as_bytes()].concat(),
            utf16(text, [0xff, 0xfe], u16::to_le_bytes),
            utf16(text, [0xfe, 0xff], u16::to_be_bytes),
        ] {
            assert_eq!(decode(&bytes).as_deref(), Ok(text));
        }
    }

    #[test]
    fn a_file_that_is_not_text_is_refused_with_the_reason() {
        for (bytes, why) in [
            (&b"a\nb\nM\xfcller"[..], "line 3 is not text in UTF-8"),
            (&b"a\0b\0"[..], "it has zero bytes"),
            (&b"\xff\xfe\x00"[..], "its byte order mark says UTF-16LE"),
            (
                &b"\xfe\xff\xd8\x00"[..],
                "its byte order mark says UTF-16BE",
            ),
            (&b"\xef\xbb\xbf\xff"[..], "its byte order mark says UTF-8"),
        ] {
            let error = decode(bytes).unwrap_err();
            assert!(error.starts_with(why), "{error}");
        }
    }
}
