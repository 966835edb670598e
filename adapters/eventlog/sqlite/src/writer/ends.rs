//! Where streams end, remembered between transactions.

use std::collections::HashMap;

use syncledger_domain::event::{Position, StreamId, chain::ChainEnd};

/// Streams remembered at most, some 200 bytes each. Beyond, all are forgotten, which costs one look-up per stream.
const MOST: usize = 16_384;

/// What is known of the ends of streams, as of a position of the log. Another process may append, so it holds only
/// while the log still ends there.
#[derive(Debug, Default)]
pub(crate) struct Ends {
    as_of: Position,
    known: HashMap<StreamId, Option<ChainEnd>>,
}

impl Ends {
    pub(crate) fn forget(&mut self) {
        self.known.clear();
    }

    /// The log was found to end here, in a transaction that keeps others from appending.
    pub(crate) fn verify(&mut self, head: Position) {
        if head != self.as_of || self.known.len() > MOST {
            self.forget();
        }
        self.as_of = head;
    }

    /// The log ends here now, by our own doing.
    pub(crate) fn advance(&mut self, head: Position) {
        self.as_of = head;
    }

    pub(crate) fn knows(&self, stream: &StreamId) -> bool {
        self.known.contains_key(stream)
    }

    /// The end of a stream that was looked up; `None` when it does not exist.
    pub(crate) fn of(&self, stream: &StreamId) -> Option<ChainEnd> {
        self.known.get(stream).copied().flatten()
    }

    pub(crate) fn set(&mut self, stream: StreamId, end: Option<ChainEnd>) {
        self.known.insert(stream, end);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use syncledger_domain::event::{EventHash, Revision};

    #[test]
    fn what_is_known_lasts_until_somebody_else_appends() {
        let stream: StreamId = "s".parse().unwrap();
        let end = Some(ChainEnd { revision: Revision(3), hash: EventHash([1; 32]) });
        let mut ends = Ends::default();
        ends.verify(Position(7));
        ends.set(stream.clone(), end);
        ends.advance(Position(8));
        ends.verify(Position(8));
        assert_eq!(ends.of(&stream), end);
        ends.verify(Position(9));
        assert!(!ends.knows(&stream));
    }
}
