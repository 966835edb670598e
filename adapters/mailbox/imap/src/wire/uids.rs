//! Sets of UIDs (RFC 3501, "sequence-set").

use std::fmt::Write as _;

/// A set of UIDs as sorted ranges that do not touch.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct UidSet(Vec<(u32, u32)>);

impl UidSet {
    /// The set written by a server: `4,7:9,12`. Order and overlaps do not matter.
    pub(crate) fn parse(text: &[u8]) -> Option<Self> {
        Some(Self::from_ranges(ranges(text)?))
    }

    pub(crate) fn from_uids(uids: impl IntoIterator<Item = u32>) -> Self {
        Self::from_ranges(uids.into_iter().map(|uid| (uid, uid)).collect())
    }

    fn from_ranges(mut ranges: Vec<(u32, u32)>) -> Self {
        ranges.sort_unstable();
        let mut merged: Vec<(u32, u32)> = Vec::new();
        for (low, high) in ranges {
            match merged.last_mut() {
                Some((_, last)) if low <= last.saturating_add(1) => *last = high.max(*last),
                _ => merged.push((low, high)),
            }
        }
        Self(merged)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn contains(&self, uid: u32) -> bool {
        let after = self.0.partition_point(|(low, _)| *low <= uid);
        after > 0 && uid <= self.0[after - 1].1
    }

    /// Adds another set.
    pub(crate) fn extend(&mut self, other: Self) {
        let mut ranges = std::mem::take(&mut self.0);
        ranges.extend(other.0);
        *self = Self::from_ranges(ranges);
    }

    /// Every UID of the set. The number of them is the server's word: take no more than you can use.
    pub(crate) fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        self.0.iter().flat_map(|(low, high)| *low..=*high)
    }

    /// The set as text, in pieces short enough for any server's command line.
    pub(crate) fn pieces(&self) -> Vec<String> {
        const LONGEST: usize = 4000;
        let mut pieces = Vec::new();
        let mut piece = String::new();
        for (low, high) in &self.0 {
            if piece.len() > LONGEST {
                pieces.push(std::mem::take(&mut piece));
            }
            if !piece.is_empty() {
                piece.push(',');
            }
            let written = if low == high { write!(piece, "{low}") } else { write!(piece, "{low}:{high}") };
            debug_assert!(written.is_ok(), "a String takes everything");
        }
        if !piece.is_empty() {
            pieces.push(piece);
        }
        pieces
    }
}

/// UIDs in the very order a server lists them, at most `limit` of them; for COPYUID, where the order tells which
/// message became which (RFC 4315, "COPYUID").
pub(crate) fn in_order(text: &[u8], limit: usize) -> Option<Vec<u32>> {
    let all = ranges(text)?.into_iter().flat_map(|(low, high)| low..=high);
    Some(all.take(limit).collect())
}

fn ranges(text: &[u8]) -> Option<Vec<(u32, u32)>> {
    let text = std::str::from_utf8(text).ok()?;
    let number = |text: &str| text.parse::<u32>().ok().filter(|uid| *uid > 0);
    text.split(',')
        .map(|part| match part.split_once(':') {
            Some((low, high)) => {
                let (low, high) = (number(low)?, number(high)?);
                Some((low.min(high), low.max(high)))
            }
            None => number(part).map(|uid| (uid, uid)),
        })
        .collect()
}
