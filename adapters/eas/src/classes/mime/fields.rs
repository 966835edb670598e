//! Header fields as they stand in the message.

use std::ops::Range;

/// How much of a header is looked at: enough for some ten thousand recipients.
const MAX_HEADER: usize = 1 << 20;
/// Fields of one header that are looked at.
const MAX_FIELDS: usize = 4_000;

/// The fields of one header, in order.
pub(in crate::classes) struct Fields<'a> {
    list: Vec<Field<'a>>,
    /// Whether all of the header was looked at.
    pub(in crate::classes) is_whole: bool,
}

/// One field.
#[derive(Clone)]
pub(in crate::classes) struct Field<'a> {
    /// Name as written; `""` for a line that is no field.
    pub(in crate::classes) name: &'a [u8],
    /// Value, still folded, without the last line end.
    pub(in crate::classes) value: &'a [u8],
    /// The whole field with its last line end, as a range of the header.
    pub(in crate::classes) range: Range<usize>,
}

impl<'a> Fields<'a> {
    /// Reads a header block. Lines that are no fields are kept, nameless, so that a header can be rebuilt.
    pub(in crate::classes) fn new(header: &'a [u8]) -> Self {
        let whole = header;
        let header = &header[..header.len().min(MAX_HEADER)];
        let mut list: Vec<Field<'a>> = Vec::new();
        let mut at = 0;
        while at < header.len() && list.len() < MAX_FIELDS {
            let end = field_end(header, at);
            list.push(field(header, at..end));
            at = end;
        }
        Self { list, is_whole: at == whole.len() }
    }

    /// The first field of a name, in any case.
    pub(in crate::classes) fn first(&self, name: &str) -> Option<&Field<'a>> {
        self.list.iter().find(|field| field.is(name))
    }

    /// All fields of a name.
    pub(in crate::classes) fn all<'s>(&'s self, name: &'s str) -> impl Iterator<Item = &'s Field<'a>> {
        self.list.iter().filter(move |field| field.is(name))
    }

    /// All fields.
    pub(in crate::classes) fn iter(&self) -> impl Iterator<Item = &Field<'a>> {
        self.list.iter()
    }
}

impl Field<'_> {
    /// Whether it has this name.
    pub(in crate::classes) fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name.as_bytes())
    }
}

/// The end of the field that begins at `at`: the first line that does not begin with white space.
fn field_end(header: &[u8], at: usize) -> usize {
    let mut end = at;
    loop {
        end = header[end..].iter().position(|b| *b == b'\n').map_or(header.len(), |found| end + found + 1);
        if !matches!(header.get(end), Some(b' ' | b'\t')) {
            return end;
        }
    }
}

fn field(header: &[u8], range: Range<usize>) -> Field<'_> {
    let text = &header[range.clone()];
    let text = text.strip_suffix(b"\n").unwrap_or(text);
    let text = text.strip_suffix(b"\r").unwrap_or(text);
    let colon = text
        .iter()
        .position(|b| *b == b':')
        .map(|colon| (text[..colon].trim_ascii_end(), &text[colon + 1..]));
    match colon.filter(|(name, _)| !name.is_empty() && name.iter().all(u8::is_ascii_graphic)) {
        Some((name, value)) => Field { name, value, range },
        None => Field { name: b"", value: text, range },
    }
}
