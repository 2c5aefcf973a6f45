//! Strings composed of literals and outputs.

use std::fmt;

use crate::value::{Deferred, Value};

/// A string that is complete only once the outputs in it are known. Use [`template!`](crate::template!) to create it.
#[derive(Clone, PartialEq)]
pub struct Template(Vec<Value>);

impl fmt::Debug for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Template({:?})", Deferred::Template(self.0.clone()))
    }
}

impl Template {
    /// Joins the pieces of text between the holes with what fills them.
    #[doc(hidden)]
    pub fn new(text: &str, parts: Vec<Value>) -> Self {
        let mut pieces = split(text).into_iter();
        let mut joined = Vec::new();
        let mut push = |value: Value| match (joined.last_mut(), value) {
            (_, Value::Deferred(Deferred::Template(inner))) => joined.extend(inner),
            (Some(Value::String(last)), Value::String(next)) => last.push_str(&next),
            (_, Value::String(next)) if next.is_empty() => {}
            (_, value) => joined.push(value),
        };
        push(Value::String(pieces.next().unwrap_or_default()));
        for (part, piece) in parts.into_iter().zip(pieces) {
            push(part);
            push(Value::String(piece));
        }
        Self(joined)
    }

    pub(crate) fn from_parts(parts: Vec<Value>) -> Self {
        Self(parts)
    }

    pub(crate) fn into_value(mut self) -> Value {
        match self.0.len() {
            0 => Value::String(String::new()),
            1 => self.0.remove(0),
            _ => Deferred::Template(self.0).into(),
        }
    }
}

/// The text between the `{}` holes, with `{{` and `}}` unescaped; one more than there are holes.
fn split(text: &str) -> Vec<String> {
    let mut pieces = vec![String::new()];
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let last = pieces.last_mut().expect("it starts with one piece");
        match (c, chars.peek()) {
            ('{', Some('{')) | ('}', Some('}')) => {
                chars.next();
                last.push(c);
            }
            ('{', Some('}')) => {
                chars.next();
                pieces.push(String::new());
            }
            _ => last.push(c),
        }
    }
    pieces
}

/// Counts the holes of a template's text at compile time.
///
/// # Panics
/// Where a brace is neither a hole nor doubled; in a constant that is a compile error.
#[doc(hidden)]
pub const fn holes(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut count = 0;
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at] == b'{' || bytes[at] == b'}' {
            let next = if at + 1 < bytes.len() { bytes[at + 1] } else { b' ' };
            assert!(
                next == bytes[at] || (bytes[at] == b'{' && next == b'}'),
                "a brace in a template must open and close a hole at once, or be doubled"
            );
            if next != bytes[at] {
                count += 1;
            }
            at += 1;
        }
        at += 1;
    }
    count
}

/// A value that can fill a hole of a template: string outputs of this or other apps, handles of named resources, text
/// and whole numbers, but not a [`Secret`](crate::Secret).
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be put in a template",
    label = "a template accepts string outputs, text and whole numbers",
    note = "a `Secret` cannot be part of a text: pass it directly to the property that takes it"
)]
pub trait TemplatePart {
    /// Converts the part into a value.
    fn part(self) -> Value;
}

impl TemplatePart for Template {
    fn part(self) -> Value {
        self.into_value()
    }
}

macro_rules! parts {
    ($($type:ty),+) => {$(
        impl TemplatePart for $type {
            fn part(self) -> Value {
                Value::String(self.to_string())
            }
        }
    )+};
}

parts!(&str, String, &String, crate::Path, u8, u16, u32, u64, i32, i64, ipnet::Ipv4Net, ipnet::IpNet);

/// Composes a string from literals and outputs, like `format!`, but from values that may not be known yet.
///
/// ```
/// use groundplan_core::{Output, Reference, template};
/// let bucket: Output<String> = Output::new(Reference::new("checkout/media", "BucketName"));
/// let objects = template!("arn:aws:s3:::{}/*", bucket);
/// ```
///
/// The compiler checks the number of holes, and refuses a secret:
///
/// ```compile_fail
/// # use groundplan_core::{Secret, template};
/// let dsn = template!("postgres://saleor:{}@db", Secret::from_env("PASSWORD"));
/// ```
#[macro_export]
macro_rules! template {
    ($text:literal $(, $part:expr)* $(,)?) => {{
        const _: () = assert!(
            $crate::private::holes($text) == 0 $(+ { let _ = stringify!($part); 1 })*,
            "the template does not have as many holes as arguments"
        );
        $crate::Template::new($text, vec![$($crate::private::TemplatePart::part($part)),*])
    }};
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Output, Reference};

    fn name() -> Output<String> {
        Output::new(Reference::new("checkout/media", "BucketName"))
    }

    #[test]
    fn literals_and_outputs_are_joined_in_order() {
        let template = template!("arn:{}:s3:::{}/{{x}}", "aws", name());
        let expected = vec!["arn:aws:s3:::".into(), name().reference().clone().into(), "/{x}".into()];
        assert_eq!(template.into_value(), Value::Deferred(Deferred::Template(expected)));
    }

    #[test]
    fn a_template_of_known_parts_is_a_plain_string() {
        assert_eq!(template!("{}-{}", "a", 7).into_value(), Value::from("a-7"));
    }

    #[test]
    fn a_template_in_a_template_is_flattened() {
        let inner = template!("{}/*", name());
        let Value::Deferred(Deferred::Template(parts)) = template!("arn:{}", inner).into_value() else {
            panic!("it has an output")
        };
        assert_eq!(parts.len(), 3);
    }
}
