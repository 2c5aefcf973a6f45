//! The types of property values.

use serde::Deserialize;

/// The type of a property value.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(from = "&'static str")]
pub enum Kind {
    /// Text.
    String,
    /// A whole number.
    Integer,
    /// A number.
    Number,
    /// True or false.
    Boolean,
    /// A value that AWS publishes no schema for.
    Json,
    /// A point in time, as text in the form of RFC 3339.
    DateTime,
    /// A tag: an object with `Key` and `Value`.
    Tag,
    /// A list.
    List(Box<Kind>),
    /// A map with free keys.
    Map(Box<Kind>),
    /// An object of the type nested in the resource under this name.
    Type(&'static str),
    /// One of several shapes.
    Union(Vec<Kind>),
}

impl Kind {
    /// Returns the type of the innermost elements of a list or map, or the type itself if it is neither.
    pub fn element(&self) -> &Kind {
        match self {
            Self::List(element) | Self::Map(element) => element.element(),
            other => other,
        }
    }
}

impl From<&'static str> for Kind {
    /// Reads the notation of the data: `string`, `[string]`, `{string}`, `:Name`, `a|b`.
    fn from(text: &'static str) -> Self {
        let mut kinds: Vec<_> = alternatives(text).map(single).collect();
        if kinds.len() == 1 { kinds.remove(0) } else { Self::Union(kinds) }
    }
}

/// Splits at the bars that are in no bracket.
fn alternatives(text: &'static str) -> impl Iterator<Item = &'static str> {
    let mut depth = 0;
    text.split(move |letter| {
        match letter {
            '[' | '{' => depth += 1,
            ']' | '}' => depth -= 1,
            _ => {}
        }
        letter == '|' && depth == 0
    })
}

fn single(text: &'static str) -> Kind {
    let inside = |open, close| Some(text.strip_prefix(open)?.strip_suffix(close)?.into());
    if let Some(element) = inside('[', ']') {
        return Kind::List(Box::new(element));
    }
    if let Some(element) = inside('{', '}') {
        return Kind::Map(Box::new(element));
    }
    match text {
        "string" => Kind::String,
        "integer" => Kind::Integer,
        "number" => Kind::Number,
        "boolean" => Kind::Boolean,
        "date-time" => Kind::DateTime,
        "tag" => Kind::Tag,
        _ => text.strip_prefix(':').map_or(Kind::Json, Kind::Type),
    }
}
