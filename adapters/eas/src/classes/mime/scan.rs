//! From bytes to parts: one pass over the lines, with the open multiparts on a stack.

use super::{Encoding, Fields, MAX_DEPTH, MAX_PARTS, Media, Part, PartPath, Tree, foreign};

/// Finds the parts of a message. Total: every sequence of bytes is some message.
pub(in crate::classes) fn scan(raw: &[u8]) -> Tree<'_> {
    let mut scanner =
        Scanner { raw, parts: Vec::new(), open: Vec::new(), state: State::Skip, beyond_limits: false };
    scanner.begin(0, PartPath::default());
    let mut at = 0;
    while at < raw.len() {
        let end = raw[at..].iter().position(|b| *b == b'\n').map_or(raw.len(), |found| at + found + 1);
        scanner.line(at, end);
        at = end;
    }
    scanner.finish();
    Tree { raw, parts: scanner.parts, beyond_limits: scanner.beyond_limits }
}

struct Scanner<'a> {
    raw: &'a [u8],
    parts: Vec<Part>,
    /// Multiparts whose end has not come, outermost first.
    open: Vec<Open>,
    state: State,
    beyond_limits: bool,
}

struct Open {
    part: usize,
    boundary: Vec<u8>,
}

#[derive(Clone, Copy)]
enum State {
    /// In the header of a part.
    Header(usize),
    /// In the body of a leaf.
    Body(usize),
    /// Before the first, or after the last part of a multipart.
    Skip,
}

impl Scanner<'_> {
    fn begin(&mut self, at: usize, path: PartPath) {
        self.state = State::Header(self.parts.len());
        self.parts.push(Part {
            path,
            header: at..at,
            body: at..at,
            media: Media::default(),
            encoding: Encoding::Identity,
            multipart: false,
            children: Vec::new(),
        });
    }

    fn line(&mut self, start: usize, end: usize) {
        let text = trim_line_end(&self.raw[start..end]);
        if text.starts_with(b"--") && self.boundary(text, start, end) {
            return;
        }
        let State::Header(part) = self.state else { return };
        if text.is_empty() {
            self.parts[part].header.end = start;
            self.body_begins(part, end);
        } else if start == self.parts[part].header.start && !begins_header(text) {
            self.body_begins(part, start);
        }
    }

    /// Whether the line is the boundary of an open multipart; of an outer one, too, because inner ends get lost.
    fn boundary(&mut self, text: &[u8], start: usize, end: usize) -> bool {
        let text = text.trim_ascii_end();
        let closes = |boundary: &[u8]| text[2..].strip_suffix(b"--") == Some(boundary);
        let found =
            self.open.iter().rposition(|open| text[2..] == open.boundary[..] || closes(&open.boundary));
        let Some(level) = found else { return false };
        self.end_leaf(start);
        self.open.truncate(level + 1);
        let open = &self.open[level];
        if text[2..] != open.boundary[..] {
            self.parts[open.part].body.end = start;
            self.open.truncate(level);
            self.state = State::Skip;
        } else if self.parts.len() >= MAX_PARTS {
            self.beyond_limits = true;
            self.state = State::Skip;
        } else {
            let (parent, child) = (open.part, self.parts.len());
            let path = self.parts[parent].path.child(self.parts[parent].children.len() + 1);
            self.parts[parent].children.push(child);
            self.begin(end, path);
        }
        true
    }

    fn body_begins(&mut self, part: usize, at: usize) {
        self.parts[part].header.end = self.parts[part].header.end.max(self.parts[part].header.start);
        self.parts[part].body = at..self.raw.len();
        self.describe(part);
        let boundary =
            self.parts[part].media.parameter("boundary").map(|text| text.trim_end().as_bytes().to_vec());
        match boundary.filter(|boundary| self.parts[part].media.kind == "multipart" && !boundary.is_empty()) {
            Some(boundary) if self.open.len() < MAX_DEPTH => {
                self.parts[part].multipart = true;
                self.open.push(Open { part, boundary });
                self.state = State::Skip;
            }
            deeper => {
                self.beyond_limits |= deeper.is_some();
                self.state = State::Body(part);
            }
        }
    }

    fn describe(&mut self, part: usize) {
        let fields = Fields::new(&self.raw[self.parts[part].header.clone()]);
        let digest =
            self.open.last().is_some_and(|open| self.parts[open.part].media.is("multipart", "digest"));
        let default = if digest { ("message", "rfc822") } else { ("text", "plain") };
        let media = foreign::media(fields.first("Content-Type").map(|field| field.value), default);
        let encoding = match fields.first("Content-Transfer-Encoding").map(|field| field.value.trim_ascii()) {
            Some(value) if value.eq_ignore_ascii_case(b"base64") => Encoding::Base64,
            Some(value) if value.eq_ignore_ascii_case(b"quoted-printable") => Encoding::QuotedPrintable,
            Some(value) if value.eq_ignore_ascii_case(b"binary") => Encoding::Binary,
            _ => Encoding::Identity,
        };
        self.parts[part].media = media;
        self.parts[part].encoding = encoding;
    }

    /// Ends what is open at `at`, the begin of a boundary line or the end of the message.
    fn end_leaf(&mut self, at: usize) {
        let before_line_end = |raw: &[u8]| trim_line_end(&raw[..at]).len();
        match self.state {
            State::Body(part) => {
                let start = self.parts[part].body.start;
                self.parts[part].body.end = before_line_end(self.raw).max(start);
            }
            // Cut off within its header: a part without content.
            State::Header(part) => {
                self.parts[part].header.end = at;
                self.body_begins(part, at);
                self.parts[part].body.end = at;
                if self.parts[part].multipart {
                    self.open.pop();
                }
            }
            State::Skip => {}
        }
    }

    fn finish(&mut self) {
        if let State::Header(part) = self.state {
            self.parts[part].header.end = self.raw.len();
            self.body_begins(part, self.raw.len());
        }
    }
}

/// Whether a message's first line belongs to a header: a field, or the envelope line of an mbox file.
fn begins_header(line: &[u8]) -> bool {
    let name = line.iter().position(|b| *b == b':').map(|colon| line[..colon].trim_ascii_end());
    let is_name = |name: &[u8]| !name.is_empty() && name.iter().all(u8::is_ascii_graphic);
    name.is_some_and(is_name) || line.starts_with(b"From ") || line.starts_with(b">From ")
}

fn trim_line_end(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}
