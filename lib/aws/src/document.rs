//! Policy documents: JSON for us, text for AWS.

use serde_json::Value as Json;

/// A document as AWS takes it.
pub(crate) fn text(document: &Json) -> String {
    match document {
        Json::String(text) => text.clone(),
        json => json.to_string(),
    }
}

/// A document as AWS gives it: text, which IAM encodes as part of a URL. What is no JSON stays
/// text.
pub(crate) fn parse(text: &str) -> Json {
    let decoded = if text.trim_start().starts_with('%') { percent_decoded(text) } else { text.to_owned() };
    serde_json::from_str(&decoded).unwrap_or(Json::String(decoded))
}

fn percent_decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut position = 0;
    while position < bytes.len() {
        let escaped = (bytes[position] == b'%')
            .then(|| text.get(position + 1..position + 3))
            .flatten()
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        decoded.push(escaped.unwrap_or(bytes[position]));
        position += if escaped.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_document_of_iam_is_decoded() {
        let encoded = "%7B%22Version%22%3A%20%222012-10-17%22%2C%22Id%22%3A%22%C3%A4%25%22%7D";
        assert_eq!(parse(encoded), json!({"Version": "2012-10-17", "Id": "ä%"}));
        assert_eq!(parse(r#"{"Id": "100%25"}"#), json!({"Id": "100%25"}));
    }

    #[test]
    fn a_document_that_is_text_stays_as_it_is() {
        assert_eq!(text(&json!("{ }")), "{ }");
        assert_eq!(text(&json!({"a": 1})), r#"{"a":1}"#);
    }
}
