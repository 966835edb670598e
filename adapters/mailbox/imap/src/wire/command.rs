//! Commands: text with strings in it, which travel quoted or as literals (RFC 3501, "string"; RFC 7888).

use bytes::{BufMut, Bytes, BytesMut};

/// A command without its tag.
#[derive(Clone, Default)]
pub(crate) struct Command {
    parts: Vec<Part>,
    /// The folder it selects, if it does.
    selects: Option<String>,
}

#[derive(Clone)]
enum Part {
    Text(BytesMut),
    Literal(Bytes),
}

/// What of a command may be sent at once.
pub(crate) enum Step {
    /// Write this and go on.
    Write(Bytes),
    /// Write this, then wait for the server's `+`.
    WriteAndWait(Bytes),
}

/// How literals may be sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum LiteralMode {
    /// After asking.
    #[default]
    Synchronising,
    /// Up to 4096 bytes at once (`LITERAL-`).
    SmallAtOnce,
    /// At once (`LITERAL+`).
    AtOnce,
}

impl Command {
    /// A command from its fixed text.
    pub(crate) fn new(text: impl AsRef<[u8]>) -> Self {
        Self::default().text(text)
    }

    /// Selects a folder.
    pub(crate) fn select(folder: &str) -> Self {
        let command = Self::new("SELECT ").string(folder.as_bytes());
        Self { selects: Some(folder.to_owned()), ..command }
    }

    /// The folder it selects, if it does.
    pub(crate) fn selects(&self) -> Option<&str> {
        self.selects.as_deref()
    }

    /// Adds fixed text; it must not come from a peer.
    #[must_use]
    pub(crate) fn text(mut self, text: impl AsRef<[u8]>) -> Self {
        match self.parts.last_mut() {
            Some(Part::Text(last)) => last.put_slice(text.as_ref()),
            _ => self.parts.push(Part::Text(text.as_ref().into())),
        }
        self
    }

    /// Adds any bytes as a string: quoted where that is allowed, else as a literal.
    #[must_use]
    pub(crate) fn string(self, content: &[u8]) -> Self {
        let quotable = content.len() <= 1000 && content.iter().all(|b| (b' '..=b'~').contains(b));
        if !quotable {
            return self.literal(Bytes::copy_from_slice(content));
        }
        let mut quoted = Vec::with_capacity(content.len() + 2);
        quoted.push(b'"');
        for byte in content {
            if matches!(byte, b'"' | b'\\') {
                quoted.push(b'\\');
            }
            quoted.push(*byte);
        }
        quoted.push(b'"');
        self.text(quoted)
    }

    /// Adds a literal.
    #[must_use]
    pub(crate) fn literal(mut self, content: Bytes) -> Self {
        self.parts.push(Part::Literal(content));
        self
    }

    /// The writes that make up the command.
    pub(crate) fn steps(&self, tag: &str, mode: LiteralMode) -> Vec<Step> {
        let mut steps = Vec::new();
        let mut text = BytesMut::from(tag.as_bytes());
        text.put_u8(b' ');
        for part in &self.parts {
            match part {
                Part::Text(more) => text.put_slice(more),
                Part::Literal(content) => {
                    let at_once = match mode {
                        LiteralMode::Synchronising => false,
                        LiteralMode::SmallAtOnce => content.len() <= 4096,
                        LiteralMode::AtOnce => true,
                    };
                    let plus = if at_once { "+" } else { "" };
                    text.put_slice(format!("{{{}{plus}}}\r\n", content.len()).as_bytes());
                    let start = std::mem::take(&mut text).freeze();
                    steps.push(if at_once { Step::Write(start) } else { Step::WriteAndWait(start) });
                    steps.push(Step::Write(content.clone()));
                }
            }
        }
        text.put_slice(b"\r\n");
        steps.push(Step::Write(text.freeze()));
        steps
    }
}
