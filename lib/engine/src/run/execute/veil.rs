//! Redacts secrets in provider messages, which may repeat request values, and which are recorded and shown.

use zeroize::Zeroizing;

use crate::provider::{ProviderError, Status};

/// Stands for a secret in a message.
const HIDDEN: &str = "(secret)";

/// The minimum length of a text that is replaced everywhere. A shorter one is a part of too many words, and is replaced
/// only as a whole word.
const ANYWHERE: usize = 4;

/// The shortest line of a secret of several lines that gives it away.
const LINE: usize = 8;

/// The secrets that a step has sent.
#[derive(Default)]
pub(super) struct Veil {
    /// The texts to redact, the longest first.
    hidden: Vec<Zeroizing<String>>,
}

impl Veil {
    /// Hides these as well, also in the forms in which JSON, XML and URLs write them.
    pub(super) fn hide(&mut self, secrets: Vec<Zeroizing<String>>) {
        for secret in secrets {
            let forms = [json(&secret), xml(&secret), url(&secret)];
            self.hidden.extend(forms.into_iter().filter(|form| *form != secret));
            let lines = secret.lines().filter(|line| line.len() >= LINE && line.len() < secret.len());
            self.hidden.extend(lines.map(|line| Zeroizing::new(line.to_owned())));
            self.hidden.push(secret);
        }
        self.hidden.retain(|form| !form.is_empty());
        self.hidden.sort_by_key(|form| std::cmp::Reverse(form.len()));
    }

    pub(super) fn error(&self, error: ProviderError) -> ProviderError {
        ProviderError { message: self.text(error.message), ..error }
    }

    pub(super) fn status(&self, status: Status) -> Status {
        match status {
            Status::Pending(detail) => Status::Pending(self.text(detail)),
            Status::Deleting(detail) => Status::Deleting(self.text(detail)),
            Status::Blocked(reason) => Status::Blocked(self.text(reason)),
            Status::Failed(reason) => Status::Failed(self.text(reason)),
            Status::Ready(_) | Status::Gone => status,
        }
    }

    pub(super) fn text(&self, mut text: String) -> String {
        for secret in &self.hidden {
            if text.contains(secret.as_str()) {
                text = replaced(&text, secret);
            }
        }
        text
    }
}

fn replaced(text: &str, secret: &str) -> String {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let mut result = String::with_capacity(text.len());
    let mut end = 0;
    for (start, _) in text.match_indices(secret) {
        let after = start + secret.len();
        let alone = !text[..start].ends_with(is_word) && !text[after..].starts_with(is_word);
        if secret.chars().count() >= ANYWHERE || alone {
            result.push_str(&text[end..start]);
            result.push_str(HIDDEN);
            end = after;
        }
    }
    result.push_str(&text[end..]);
    result
}

fn json(secret: &str) -> Zeroizing<String> {
    let quoted = Zeroizing::new(serde_json::to_string(secret).expect("a text is JSON"));
    Zeroizing::new(quoted[1..quoted.len() - 1].to_owned())
}

fn xml(secret: &str) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(2 * secret.len()));
    for c in secret.chars() {
        match c {
            '&' => text.push_str("&amp;"),
            '<' => text.push_str("&lt;"),
            '>' => text.push_str("&gt;"),
            '"' => text.push_str("&quot;"),
            '\'' => text.push_str("&apos;"),
            c => text.push(c),
        }
    }
    text
}

fn url(secret: &str) -> Zeroizing<String> {
    use std::fmt::Write;
    let mut text = Zeroizing::new(String::with_capacity(3 * secret.len()));
    for byte in secret.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            text.push(char::from(byte));
        } else {
            write!(text, "%{byte:02X}").expect("writing to a string never fails");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn veiled(secrets: &[&str], text: &str) -> String {
        let mut veil = Veil::default();
        veil.hide(secrets.iter().map(|secret| Zeroizing::new((*secret).to_owned())).collect());
        veil.text(text.to_owned())
    }

    #[test]
    fn a_secret_is_replaced_in_every_form_that_a_message_may_have() {
        let secret = "p\"a&ss word";
        for said in [r#"p"a&ss word"#, r#"p\"a&ss word"#, "p&quot;a&amp;ss word", "p%22a%26ss%20word"] {
            assert_eq!(veiled(&[secret], &format!("Value '{said}' failed")), "Value '(secret)' failed");
        }
    }

    #[test]
    fn a_status_of_any_kind_says_no_secret() {
        let mut veil = Veil::default();
        veil.hide(vec![Zeroizing::new("hunter2".to_owned())]);
        for kind in [Status::Pending, Status::Deleting, Status::Blocked, Status::Failed] {
            assert_eq!(veil.status(kind("`hunter2` is refused".into())), kind("`(secret)` is refused".into()));
        }
    }

    #[test]
    fn a_short_secret_is_replaced_where_it_stands_alone() {
        assert_eq!(veiled(&["12"], "value 12 of i-12ab, not 112"), "value (secret) of i-12ab, not 112");
        assert_eq!(veiled(&[""], "nothing"), "nothing");
    }

    #[test]
    fn the_longest_goes_first_and_lines_go_alone() {
        assert_eq!(veiled(&["hunter", "hunter2"], "hunter2, hunter"), "(secret), (secret)");
        let key = "-----BEGIN KEY-----\nMIIEpAIBAAKCAQEA\n-----END KEY-----";
        assert_eq!(veiled(&[key], "bad line MIIEpAIBAAKCAQEA"), "bad line (secret)");
        assert_eq!(veiled(&[key], key), "(secret)");
    }
}
