//! Cuts the incoming bytes into responses: a line, with the literals it announces and the lines behind them.

use bytes::{Bytes, BytesMut};

use super::WireError;

/// Limits against a server that never ends.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Bytes of one response outside literals. A `SEARCH` of a million messages takes some 8 MB.
    pub(crate) line: usize,
    /// Bytes of all literals of one response.
    pub(crate) literal: usize,
}

/// Collects bytes until a response is whole.
#[derive(Debug)]
pub(crate) struct Framer {
    buffer: BytesMut,
    limits: Limits,
    /// Where the line now being read begins: behind the last literal.
    scanned: usize,
    /// Up to where no line end has been found in it.
    searched: usize,
    /// Bytes of literals in the response at the front.
    literals: usize,
}

impl Framer {
    pub(crate) fn new(limits: Limits) -> Self {
        Self { buffer: BytesMut::with_capacity(16 * 1024), limits, scanned: 0, searched: 0, literals: 0 }
    }

    /// Where new bytes go.
    pub(crate) fn buffer(&mut self) -> &mut BytesMut {
        // A literal is known before it comes: one allocation instead of doubling up to it.
        let missing = self.scanned.saturating_sub(self.buffer.len());
        self.buffer.reserve(missing.clamp(16 * 1024, 1024 * 1024));
        &mut self.buffer
    }

    /// Whether bytes are waiting that nobody has asked for; after STARTTLS there must be none.
    pub(crate) fn has_leftovers(&self) -> bool {
        !self.buffer.is_empty()
    }

    /// The next whole response, without its line end.
    pub(crate) fn next(&mut self) -> Result<Option<Bytes>, WireError> {
        loop {
            if self.scanned > self.buffer.len() {
                return Ok(None);
            }
            let from = self.searched.max(self.scanned);
            let Some(end) = self.buffer[from..].iter().position(|byte| *byte == b'\n') else {
                self.searched = self.buffer.len();
                self.check_line(self.buffer.len())?;
                return Ok(None);
            };
            let end = from + end;
            self.check_line(end)?;
            let line = &self.buffer[self.scanned..end];
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            let line_end = self.scanned + line.len();
            if let Some(length) = announced_literal(line) {
                let total = usize::try_from(length).ok().and_then(|n| self.literals.checked_add(n));
                let total = total.filter(|total| *total <= self.limits.literal);
                let limit = self.limits.literal;
                self.literals = total.ok_or(WireError::LiteralTooLong { length, limit })?;
                self.scanned = end + 1 + usize::try_from(length).unwrap_or(usize::MAX);
                continue;
            }
            let mut whole = self.buffer.split_to(end + 1);
            whole.truncate(line_end);
            (self.scanned, self.searched, self.literals) = (0, 0, 0);
            return Ok(Some(whole.freeze()));
        }
    }

    fn check_line(&self, up_to: usize) -> Result<(), WireError> {
        let text = up_to.saturating_sub(self.literals);
        if text > self.limits.line { Err(WireError::LineTooLong(self.limits.line)) } else { Ok(()) }
    }
}

/// `{n}`, `{n+}` or `~{n}` at the end of a line (RFC 3501 "literal", RFC 7888, RFC 3516).
pub(super) fn announced_literal(line: &[u8]) -> Option<u64> {
    let inside = line.strip_suffix(b"}")?;
    let inside = inside.strip_suffix(b"+").unwrap_or(inside);
    let digits = inside.iter().rev().take(20).take_while(|byte| byte.is_ascii_digit()).count();
    let (before, number) = inside.split_at(inside.len() - digits);
    if digits == 0 || before.last() != Some(&b'{') {
        return None;
    }
    std::str::from_utf8(number).ok()?.parse().ok()
}
