//! The checksum at the end of a document. It detects a document that was edited by hand, truncated, or damaged on the
//! disk.
//!
//! The last member of a sealed document is `"checksum": "sha256:…"`, over the bytes of the same document without that
//! member. It guards against accidents, not against an attacker: anyone who can write the file can also compute the
//! checksum.

use sha2::{Digest, Sha256};

const BEFORE: &str = ",\n  \"checksum\": \"sha256:";
const AFTER: &str = "\"\n}\n";
const END: &str = "\n}\n";

/// Adds the checksum to an indented JSON object with members, which ends with a line feed.
pub(crate) fn seal(json: &str) -> String {
    let body = json.strip_suffix(END).expect("an indented object with members ends with a brace on its own line");
    format!("{body}{BEFORE}{}{AFTER}", checksum(body))
}

/// Returns the document without its checksum; `None` if it has no checksum or does not match it.
pub(crate) fn open(text: &str) -> Option<String> {
    let (body, stated) = split(text)?;
    (checksum(body) == stated).then(|| format!("{body}{END}"))
}

fn split(text: &str) -> Option<(&str, &str)> {
    let text = text.strip_suffix(AFTER)?;
    let (body, stated) = text.split_at_checked(text.len().checked_sub(64)?)?;
    Some((body.strip_suffix(BEFORE)?, stated))
}

fn checksum(body: &str) -> String {
    let mut digest = Sha256::new();
    digest.update(body);
    digest.update(END);
    hex(&digest.finalize())
}

/// The bytes as hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        write!(text, "{byte:02x}").expect("writing to a string never fails");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &str = "{\n  \"format\": 2,\n  \"name\": \"ä\"\n}\n";

    #[test]
    fn a_sealed_document_opens_and_is_what_it_was() {
        let sealed = seal(BODY);
        assert!(serde_json::from_str::<serde_json::Value>(&sealed).unwrap()["checksum"].is_string());
        assert_eq!(open(&sealed).as_deref(), Some(BODY));
    }

    #[test]
    fn every_changed_byte_and_every_cut_is_seen() {
        let sealed = seal(BODY);
        for at in 0..sealed.len() {
            let mut bytes = sealed.clone().into_bytes();
            bytes[at] ^= 1;
            if let Ok(text) = String::from_utf8(bytes) {
                assert_eq!(open(&text), None, "byte {at}: {text}");
            }
            if let Some(cut) = sealed.get(..at) {
                assert_eq!(open(cut), None, "{at} bytes");
            }
        }
        assert_eq!(open(&sealed.replace('\n', "\r\n")), None);
        assert_eq!(open(BODY), None);
    }
}
