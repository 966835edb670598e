//! When states of silent devices are purged.

use std::{fmt, str::FromStr};

use crate::ids::InvalidId;

/// A schedule, `days:every:hour` as text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Retention {
    /// Days without use after which a device goes; 1 to 36500.
    pub days: u32,
    /// Days between two runs; 1 to 365.
    pub every_days: u32,
    /// Hour of the day of a run, in UTC; 0 to 23.
    pub hour: u32,
}

impl fmt::Display for Retention {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.days, self.every_days, self.hour)
    }
}

impl FromStr for Retention {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let refuse = || InvalidId {
            field: "retention",
            value: text.chars().take(80).collect(),
            allowed: "days:every:hour",
        };
        let numbers: Vec<u32> = text
            .split(':')
            .map(|part| part.trim().parse().map_err(|_| refuse()))
            .collect::<Result<_, _>>()?;
        match numbers[..] {
            [days @ 1..=36_500, every_days @ 1..=365, hour @ 0..=23] => Ok(Self { days, every_days, hour }),
            _ => Err(refuse()),
        }
    }
}
