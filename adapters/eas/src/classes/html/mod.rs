//! HTML in mail: to text, from text, and the few corrections it needs before a client gets it.
//!
//! Everything here reads HTML as a stream of tags and text, in one pass, without building a tree: what mail contains
//! is not worth a browser's parser, whose work grows with the square of the nesting. Scripts are left in HTML that is
//! sent: no client runs them, and cutting them out of foreign HTML safely is the client's trade. Text made from HTML
//! never contains them.

mod charset;
mod from_text;
mod references;
mod tags;
#[cfg(test)]
mod tests;
mod to_text;

pub(super) use charset::{as_utf8, declared_charset};
pub(super) use from_text::{document, fragment};
pub(super) use references::References;
pub(super) use to_text::to_text;

pub(super) use join::append;

mod join {
    //! Several bodies one after the other: a list's footer behind the message.

    /// Puts a fragment at the end of a document's body.
    pub(in crate::classes) fn append(document: &mut String, fragment: &str) {
        let at = last_end_tag(document, b"</body").or_else(|| last_end_tag(document, b"</html"));
        document.insert_str(at.unwrap_or(document.len()), fragment);
    }

    fn last_end_tag(document: &str, tag: &[u8]) -> Option<usize> {
        let bytes = document.as_bytes();
        (0..bytes.len()).rev().find(|at| {
            bytes[*at] == b'<'
                && bytes.get(*at..at + tag.len()).is_some_and(|found| found.eq_ignore_ascii_case(tag))
        })
    }
}
