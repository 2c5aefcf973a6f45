//! Properties that are secrets.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use zeroize::Zeroizing;

/// A secret property: written to AWS, never read back, printed or serialized.
#[derive(Clone, PartialEq)]
pub(crate) struct Sensitive(Zeroizing<String>);

impl Sensitive {
    /// The value, for the call that needs it.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Sensitive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(sensitive)")
    }
}

impl<'de> Deserialize<'de> for Sensitive {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Sensitive(String);
        Ok(Self(Zeroizing::new(Sensitive::deserialize(deserializer)?.0)))
    }
}

/// Nothing, so that it is left out.
impl Serialize for Sensitive {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_none()
    }
}
