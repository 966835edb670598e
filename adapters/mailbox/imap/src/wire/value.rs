//! What responses are made of.

use bytes::Bytes;

use super::{WireError, frame::announced_literal};

/// How deep lists may nest. Nothing we ask for nests deeper than three.
const MAX_DEPTH: usize = 32;

/// A piece of a response.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Value {
    /// A word, with its section and range if it has them: `FETCH`, `17`, `\Seen`, `BODY[HEADER]<0>`.
    Atom(Bytes),
    /// A quoted string or a literal.
    Text(Bytes),
    /// A list in parentheses.
    List(Vec<Value>),
}

impl Value {
    /// The bytes of an atom or string; `None` for lists and `NIL`.
    pub(crate) fn bytes(&self) -> Option<&Bytes> {
        match self {
            Self::Atom(bytes) if bytes.eq_ignore_ascii_case(b"NIL") => None,
            Self::Atom(bytes) | Self::Text(bytes) => Some(bytes),
            Self::List(_) => None,
        }
    }

    /// The bytes of an atom or string, be it called `NIL`: folder names may be.
    pub(crate) fn name(&self) -> Option<&Bytes> {
        match self {
            Self::Atom(bytes) | Self::Text(bytes) => Some(bytes),
            Self::List(_) => None,
        }
    }

    pub(crate) fn list(&self) -> Option<&[Value]> {
        match self {
            Self::List(values) => Some(values),
            Self::Atom(_) | Self::Text(_) => None,
        }
    }

    pub(crate) fn number<N: std::str::FromStr>(&self) -> Option<N> {
        std::str::from_utf8(self.bytes()?).ok()?.parse().ok()
    }

    pub(crate) fn is_atom(&self, word: &str) -> bool {
        matches!(self, Self::Atom(bytes) if bytes.eq_ignore_ascii_case(word.as_bytes()))
    }
}

/// Reads values from a whole response.
#[derive(Clone, Debug)]
pub(crate) struct Reader {
    rest: Bytes,
}

impl Reader {
    pub(crate) fn new(response: Bytes) -> Self {
        Self { rest: response }
    }

    /// What has not been read, without leading spaces.
    pub(crate) fn rest(mut self) -> Bytes {
        self.skip_spaces();
        self.rest
    }

    /// Takes a bare word up to the next space, whatever it is made of.
    pub(crate) fn word(&mut self) -> Bytes {
        self.skip_spaces();
        let end = self.rest.iter().position(|byte| *byte == b' ').unwrap_or(self.rest.len());
        self.rest.split_to(end)
    }

    /// Takes a response code's inside, `[…]`, if one comes next.
    pub(crate) fn code(&mut self) -> Option<Bytes> {
        self.skip_spaces();
        if self.rest.first() != Some(&b'[') {
            return None;
        }
        // A code may hold a quoted string or a list with brackets inside; `]` inside quotes does not end it.
        let mut quoted = false;
        let mut escaped = false;
        for at in 1..self.rest.len() {
            match self.rest[at] {
                _ if escaped => escaped = false,
                b'\\' if quoted => escaped = true,
                b'"' => quoted = !quoted,
                b']' if !quoted => {
                    let code = self.rest.slice(1..at);
                    self.rest = self.rest.slice(at + 1..);
                    return Some(code);
                }
                _ => {}
            }
        }
        None
    }

    /// All values up to the end.
    pub(crate) fn values(mut self) -> Result<Vec<Value>, WireError> {
        let mut values = Vec::new();
        while let Some(value) = self.value(0)? {
            values.push(value);
        }
        Ok(values)
    }

    /// The next value; `None` at the end.
    fn value(&mut self, depth: usize) -> Result<Option<Value>, WireError> {
        self.skip_spaces();
        let Some(first) = self.rest.first().copied() else { return Ok(None) };
        match first {
            b'(' => self.list(depth).map(Some),
            b')' => Err(WireError::Malformed("a parenthesis too much")),
            b'"' => self.quoted().map(Some),
            b'{' => self.literal().map(Some),
            b'~' if self.rest.get(1) == Some(&b'{') => {
                self.rest = self.rest.slice(1..);
                self.literal().map(Some)
            }
            _ => Ok(Some(self.atom())),
        }
    }

    fn list(&mut self, depth: usize) -> Result<Value, WireError> {
        if depth >= MAX_DEPTH {
            return Err(WireError::Malformed("lists nest too deep"));
        }
        self.rest = self.rest.slice(1..);
        let mut values = Vec::new();
        loop {
            self.skip_spaces();
            if self.rest.first() == Some(&b')') {
                self.rest = self.rest.slice(1..);
                return Ok(Value::List(values));
            }
            let value = self.value(depth + 1)?;
            values.push(value.ok_or(WireError::Malformed("a list without an end"))?);
        }
    }

    fn quoted(&mut self) -> Result<Value, WireError> {
        let mut text = Vec::new();
        let mut at = 1;
        loop {
            match self.rest.get(at) {
                None => return Err(WireError::Malformed("a string without an end")),
                Some(b'"') => break,
                Some(b'\\') => {
                    text.extend(self.rest.get(at + 1));
                    at += 2;
                }
                Some(byte) => {
                    text.push(*byte);
                    at += 1;
                }
            }
        }
        self.rest = self.rest.slice(at + 1..);
        Ok(Value::Text(text.into()))
    }

    fn literal(&mut self) -> Result<Value, WireError> {
        let broken = WireError::Malformed("a literal without its length");
        let line = self.rest.iter().position(|byte| *byte == b'\n').ok_or(broken.clone())?;
        let mark = self.rest.slice(..line);
        let mark = mark.strip_suffix(b"\r").unwrap_or(&mark);
        let length =
            announced_literal(mark).and_then(|length| usize::try_from(length).ok()).ok_or(broken.clone())?;
        let end = (line + 1).checked_add(length).filter(|end| *end <= self.rest.len()).ok_or(broken)?;
        let content = self.rest.slice(line + 1..end);
        self.rest = self.rest.slice(end..);
        Ok(Value::Text(content))
    }

    /// An atom ends at a space or parenthesis outside brackets, so that `BODY[HEADER.FIELDS (DATE)]` is one.
    fn atom(&mut self) -> Value {
        let mut brackets = 0_usize;
        let end = self.rest.iter().position(|byte| match byte {
            b'[' => {
                brackets += 1;
                false
            }
            b']' => {
                brackets = brackets.saturating_sub(1);
                false
            }
            b' ' | b'(' | b')' | b'\r' | b'\n' => brackets == 0,
            _ => false,
        });
        // A stray line end is swallowed, or reading would not move on.
        let end = end.unwrap_or(self.rest.len()).max(1);
        Value::Atom(self.rest.split_to(end))
    }

    fn skip_spaces(&mut self) {
        let spaces = self.rest.iter().take_while(|byte| **byte == b' ').count();
        self.rest = self.rest.slice(spaces..);
    }
}
