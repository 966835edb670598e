//! Languages of messages.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// A language, perhaps of a country: `fr`, `fr_CA`, `zh_Hant_TW`, in the spelling of directories (`_` between parts).
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct Locale(String);

/// What was given as a language is none.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("locale '{value}' is not valid: allowed is default or a language such as fr, fr_CA or zh_Hant_TW")]
pub struct InvalidLocale {
    /// As it came, cut to 80 characters.
    pub value: String,
}

impl Locale {
    /// Checks a language and brings it into canonical form. `-` is taken for `_`, case does not count.
    ///
    /// # Errors
    /// [`InvalidLocale`].
    pub fn new(text: &str) -> Result<Self, InvalidLocale> {
        let refuse = || InvalidLocale { value: text.chars().take(80).collect() };
        let mut parts = text.split(['-', '_']);
        let language =
            parts.next().filter(|part| is(part, 2..=3, u8::is_ascii_alphabetic)).ok_or_else(refuse)?;
        let mut canonical = language.to_ascii_lowercase();
        let mut rest = parts.next();
        if let Some(script) = rest.filter(|part| is(part, 4..=4, u8::is_ascii_alphabetic)) {
            canonical.push('_');
            canonical.push_str(&script[..1].to_ascii_uppercase());
            canonical.push_str(&script[1..].to_ascii_lowercase());
            rest = parts.next();
        }
        if let Some(region) = rest {
            let good = is(region, 2..=2, u8::is_ascii_alphabetic) || is(region, 3..=3, u8::is_ascii_digit);
            if !good || parts.next().is_some() {
                return Err(refuse());
            }
            canonical.push('_');
            canonical.push_str(&region.to_ascii_uppercase());
        }
        Ok(Self(canonical))
    }

    /// The language without script and country.
    pub fn language(&self) -> &str {
        self.0.split('_').next().unwrap_or(&self.0)
    }

    /// The whole.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// From exact to wide: itself, without the country, the language alone.
    pub fn wider(&self) -> impl Iterator<Item = Self> {
        let mut next = Some(self.clone());
        std::iter::from_fn(move || {
            let this = next.take()?;
            next = this.0.rsplit_once('_').map(|(wider, _)| Self(wider.to_owned()));
            Some(this)
        })
    }
}

fn is(part: &str, length: std::ops::RangeInclusive<usize>, good: fn(&u8) -> bool) -> bool {
    length.contains(&part.len()) && part.bytes().all(|byte| good(&byte))
}

impl fmt::Display for Locale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Locale {
    type Err = InvalidLocale;

    fn from_str(text: &str) -> Result<Self, InvalidLocale> {
        Self::new(text)
    }
}

/// The language a message is stored under.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub enum MessageLocale {
    /// For whoever has no message in a language of theirs.
    Default,
    /// For this language.
    Of(Locale),
}

impl fmt::Display for MessageLocale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::Of(locale) => locale.fmt(f),
        }
    }
}

impl FromStr for MessageLocale {
    type Err = InvalidLocale;

    fn from_str(text: &str) -> Result<Self, InvalidLocale> {
        if text.eq_ignore_ascii_case("default") { Ok(Self::Default) } else { Locale::new(text).map(Self::Of) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_have_one_spelling() {
        for (text, canonical) in [
            ("FR", "fr"),
            ("fr-ca", "fr_CA"),
            ("zh_hant_tw", "zh_Hant_TW"),
            ("sr-LATN", "sr_Latn"),
            ("es_419", "es_419"),
        ] {
            assert_eq!(Locale::new(text).unwrap().as_str(), canonical);
        }
        for bad in ["", "f", "french", "fr_", "fr_C", "fr_CA_x", "fr CA", "_FR", "fr_CAN", "../fr", "fr_CÀ"]
        {
            assert_eq!(Locale::new(bad), Err(InvalidLocale { value: bad.to_owned() }));
        }
        assert_eq!("DEFAULT".parse(), Ok(MessageLocale::Default));
    }

    #[test]
    fn a_locale_widens_to_its_language() {
        let wider: Vec<_> = Locale::new("zh_Hant_TW").unwrap().wider().map(|l| l.to_string()).collect();
        assert_eq!(wider, ["zh_Hant_TW", "zh_Hant", "zh"]);
        assert_eq!(Locale::new("zh_Hant_TW").unwrap().language(), "zh");
    }
}
