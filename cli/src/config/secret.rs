//! A secret written into the configuration file.

use std::fmt;

use serde::{Deserialize, Deserializer, de};

/// A secret that neither `Debug` nor an error about it shows.
#[derive(Clone)]
pub(crate) struct SecretText(pub(crate) String);

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(secret)")
    }
}

impl<'de> Deserialize<'de> for SecretText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Whatever it is, serde's own error would repeat it.
        let text = String::deserialize(deserializer);
        text.map(Self).map_err(|_| de::Error::custom("a password must be text in quotes"))
    }
}
