//! Derives pseudo-random values deterministically from a key.

use hmac::{Hmac, Mac};
use sha2::Sha256;

const HEX: &[u8] = b"0123456789abcdef";
const LOWER: &[u8] = b"0123456789abcdefghijklmnopqrstuvwxyz";
const UPPER: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const LETTERS_AND_DIGITS: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// A source of values that depend only on its key and the requested label.
#[derive(Clone)]
pub(crate) struct Derivation([u8; 32]);

impl Derivation {
    /// Returns a source for the combination of `parts`, under `key`.
    pub(crate) fn new(key: &[u8], parts: &[&str]) -> Self {
        let mut mac = keyed(key);
        for part in parts {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part.as_bytes());
        }
        Self(mac.finalize().into_bytes().into())
    }

    /// Returns 64 hexadecimal digits that reveal nothing about `text` without the key.
    pub(crate) fn digest(&self, text: &str) -> String {
        let mut mac = keyed(&self.0);
        mac.update(text.as_bytes());
        mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// `length` characters of `alphabet`, which is not empty.
    pub(crate) fn text(&self, label: &str, alphabet: &[u8], length: usize) -> String {
        let pick = |byte: u16| char::from(alphabet[usize::from(byte) % alphabet.len()]);
        self.numbers(label).take(length).map(pick).collect()
    }

    pub(crate) fn hex(&self, label: &str, length: usize) -> String {
        self.text(label, HEX, length)
    }

    pub(crate) fn lower(&self, label: &str, length: usize) -> String {
        self.text(label, LOWER, length)
    }

    pub(crate) fn upper(&self, label: &str, length: usize) -> String {
        self.text(label, UPPER, length)
    }

    pub(crate) fn alphanumeric(&self, label: &str, length: usize) -> String {
        self.text(label, LETTERS_AND_DIGITS, length)
    }

    pub(crate) fn digits(&self, label: &str, length: usize) -> String {
        self.text(label, b"123456789", length)
    }

    /// In the form of a random (version 4) UUID.
    pub(crate) fn uuid(&self, label: &str) -> String {
        let hex = self.hex(label, 32);
        format!("{}-{}-4{}-a{}-{}", &hex[..8], &hex[8..12], &hex[13..16], &hex[17..20], &hex[20..])
    }

    /// A number below `bound`.
    pub(crate) fn below(&self, label: &str, bound: u16) -> u16 {
        self.numbers(label).next().unwrap_or_default() % bound
    }

    /// A number from 0 to below 1.
    pub(crate) fn fraction(&self, label: &str) -> f64 {
        f64::from(self.numbers(label).next().unwrap_or_default()) / 65536.0
    }

    /// An endless stream, two bytes at a time, so that a choice among few is hardly biased.
    fn numbers(&self, label: &str) -> impl Iterator<Item = u16> {
        (0_u64..).flat_map(move |block| {
            let mut mac = keyed(&self.0);
            mac.update(label.as_bytes());
            mac.update(&block.to_be_bytes());
            let bytes: [u8; 32] = mac.finalize().into_bytes().into();
            (0..16).map(move |at| u16::from_be_bytes([bytes[2 * at], bytes[2 * at + 1]]))
        })
    }
}

fn keyed(key: &[u8]) -> Hmac<Sha256> {
    Hmac::new_from_slice(key).expect("an HMAC takes a key of any length")
}

#[cfg(test)]
mod tests {
    use super::Derivation;

    #[test]
    fn the_same_key_and_label_give_the_same_value_and_others_another() {
        let one = Derivation::new(b"key", &["a", "bc"]);
        assert_eq!(one.hex("id", 17), Derivation::new(b"key", &["a", "bc"]).hex("id", 17));
        assert_ne!(one.hex("id", 17), Derivation::new(b"key", &["ab", "c"]).hex("id", 17));
        assert_ne!(one.hex("id", 17), one.hex("other", 17));
    }

    #[test]
    fn a_uuid_has_the_form_of_one() {
        let uuid = Derivation::new(b"", &[]).uuid("id");
        assert_eq!(uuid.split('-').map(str::len).collect::<Vec<_>>(), [8, 4, 4, 4, 12]);
        assert_eq!(uuid.as_bytes()[14], b'4');
    }
}
