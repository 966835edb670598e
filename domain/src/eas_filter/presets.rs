//! Lists of filters to start from.

use std::{fmt, str::FromStr};

use super::{Draft, Mode, Rule, rule::Condition, text::Needle};
use crate::ids::{InvalidId, ProtocolVersion};

/// A list to start from. Its rows are ordinary filters afterwards.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Preset {
    /// One row: everybody up to 16.1.
    Default,
    /// Three rows, as mobile servers of the 14.1 years shipped them: Outlook for Windows is given 14.0 alone, Samsung
    /// devices 2.5 at most, everybody else 14.1 at most. On a server that does not speak 2.5 the second row shuts Samsung
    /// devices out, which [`warnings`](super::warnings) says.
    Classic,
}

impl Preset {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Default, Self::Classic];

    /// Its filters, in order.
    pub fn drafts(self) -> Vec<Draft> {
        let draft = |rule, mode, version, blocking| Draft { rule, mode, versions: vec![version], blocking };
        let contains = |text: &str| Condition::Contains(Needle::from(text.to_owned()));
        match self {
            Self::Default => vec![draft(Rule::Always, Mode::Limit, ProtocolVersion::V16_1, false)],
            Self::Classic => {
                let outlook = Rule::Or(vec![contains("outlook/"), contains("microsoft.outlook")]);
                let samsung = Rule::One(contains("samsung"));
                vec![
                    draft(outlook, Mode::Fixed, ProtocolVersion::V14_0, true),
                    draft(samsung, Mode::Limit, ProtocolVersion::V2_5, false),
                    draft(Rule::Always, Mode::Limit, ProtocolVersion::V14_1, false),
                ]
            }
        }
    }
}

impl fmt::Display for Preset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Default => "default",
            Self::Classic => "classic",
        })
    }
}

impl FromStr for Preset {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let found = Self::ALL.into_iter().find(|preset| preset.to_string().eq_ignore_ascii_case(text.trim()));
        found.ok_or_else(|| InvalidId {
            field: "preset",
            value: text.chars().take(80).collect(),
            allowed: "default or classic",
        })
    }
}
