//! Which parts of a message are its body and which are attachments.
//!
//! Nothing is lost: a part that is not shown as body is an attachment, save alternatives of the body itself.
//!
//! Source: RFC 2046, "Composite Media Type Values"; RFC 2387 (related), RFC 1847 (signed), RFC 2183 (disposition).

use crate::classes::mime::{Fields, Part, Tree, disposition};

/// The parts by their use; indexes into the tree.
#[derive(Default)]
pub(in crate::classes) struct Structure {
    /// The body, piece after piece: mostly one; a list's footer is a second.
    pub(in crate::classes) body: Vec<Piece>,
    /// Everything else with content, in the order of the message.
    pub(in crate::classes) attachments: Vec<usize>,
    /// The first `text/calendar` part. It is among the attachments, too; a meeting request is where this will start.
    pub(in crate::classes) calendar: Option<usize>,
}

/// A piece of the body in one or two forms.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub(in crate::classes) struct Piece {
    /// Plain text.
    pub(in crate::classes) text: Option<usize>,
    /// HTML.
    pub(in crate::classes) html: Option<usize>,
}

impl Structure {
    /// Sorts the parts of a message.
    pub(in crate::classes) fn of(tree: &Tree<'_>) -> Self {
        let mut structure = Self::default();
        structure.sort(tree, 0);
        structure.attachments.sort_unstable();
        structure
    }

    /// Whether any piece is HTML.
    pub(in crate::classes) fn has_html(&self) -> bool {
        self.body.iter().any(|piece| piece.html.is_some())
    }

    /// Recurses over multiparts, which `mime::MAX_DEPTH` bounds.
    fn sort(&mut self, tree: &Tree<'_>, index: usize) {
        let part = &tree.parts[index];
        if !part.multipart {
            return self.leaf(tree, index);
        }
        match part.media.subtype.as_str() {
            "alternative" => self.alternative(tree, part),
            "related" => self.related(tree, part),
            // The rest belongs to the first part: a signature, a report about delivery.
            "signed" | "report" | "encrypted" => {
                for (number, child) in part.children.iter().enumerate() {
                    if number == 0 { self.sort(tree, *child) } else { self.attach_all(tree, *child) }
                }
            }
            _ => part.children.iter().for_each(|child| self.sort(tree, *child)),
        }
    }

    fn leaf(&mut self, tree: &Tree<'_>, index: usize) {
        let part = &tree.parts[index];
        match form(tree, part, self.body.is_empty()) {
            Form::Text => self.body.push(Piece { text: Some(index), html: None }),
            Form::Html => self.body.push(Piece { text: None, html: Some(index) }),
            Form::Attachment => self.attach(tree, index),
        }
    }

    fn attach(&mut self, tree: &Tree<'_>, index: usize) {
        let part = &tree.parts[index];
        if part.media.is("text", "calendar") {
            self.calendar = self.calendar.or(Some(index));
        }
        // A part without header and content is what a stray boundary leaves behind.
        if part.media.explicit || !part.body.is_empty() {
            self.attachments.push(index);
        }
    }

    fn attach_all(&mut self, tree: &Tree<'_>, index: usize) {
        let part = &tree.parts[index];
        if part.multipart {
            part.children.iter().for_each(|child| self.attach_all(tree, *child));
        } else {
            self.attach(tree, index);
        }
    }

    /// The same content in several forms, the richest last: one piece of the best text and the best HTML.
    fn alternative(&mut self, tree: &Tree<'_>, part: &Part) {
        let mut best = Piece::default();
        let mut more = Vec::new();
        for &child in &part.children {
            let mut inner = Self::default();
            let media = &tree.parts[child].media;
            // Forms for watches and the like, enriched text: what is shown anyway.
            let known = matches!(media.subtype.as_str(), "plain" | "html" | "calendar");
            if media.kind == "text" && !known && best != Piece::default() {
                continue;
            }
            inner.sort(tree, child);
            let mut pieces = inner.body.into_iter();
            if let Some(first) = pieces.next() {
                best.text = first.text.or(best.text);
                best.html = first.html.or(best.html);
            }
            more.extend(pieces);
            self.attachments.extend(inner.attachments);
            self.calendar = self.calendar.or(inner.calendar);
        }
        if best != Piece::default() {
            self.body.push(best);
        }
        self.body.extend(more);
    }

    /// A document and what it shows.
    fn related(&mut self, tree: &Tree<'_>, part: &Part) {
        let start = part.media.parameter("start").map(|id| id.trim_matches(['<', '>', ' ']).to_owned());
        let is_start =
            |child: &&usize| start.is_some() && content_id(&tree.fields(&tree.parts[**child])) == start;
        let root = part.children.iter().find(is_start).or_else(|| part.children.first()).copied();
        for &child in &part.children {
            if Some(child) == root { self.sort(tree, child) } else { self.attach_all(tree, child) }
        }
    }
}

enum Form {
    Text,
    Html,
    Attachment,
}

/// How a leaf is shown. A text with a file name is an attachment, unless nothing but a `name` parameter gives it one
/// and there is no body yet.
fn form(tree: &Tree<'_>, part: &Part, first: bool) -> Form {
    let fields = tree.fields(part);
    let disposition = fields.first("Content-Disposition").and_then(|field| disposition(field.value));
    let file = disposition.as_ref().is_some_and(|(kind, parameters)| {
        kind == "attachment" || parameters.iter().any(|(name, _)| name.starts_with("filename"))
    });
    let named = part.media.parameter("name").is_some();
    if file || named && !first || part.multipart {
        return Form::Attachment;
    }
    let only = part.path == crate::classes::mime::PartPath::default();
    match (part.media.kind.as_str(), part.media.subtype.as_str()) {
        ("text", "plain") => Form::Text,
        ("text", "html") => Form::Html,
        ("text", "enriched" | "richtext" | "markdown" | "x-markdown") if first => Form::Text,
        // A multipart that could not be opened: its text is better than nothing.
        ("multipart", _) if only => Form::Text,
        _ => Form::Attachment,
    }
}

/// Content-ID without angle brackets; `None` where there is none.
pub(in crate::classes) fn content_id(fields: &Fields<'_>) -> Option<String> {
    let value = fields.first("Content-ID")?.value;
    let id = crate::classes::mime::unstructured(value, 512);
    let id = id.trim_matches(['<', '>', ' ']);
    (!id.is_empty()).then(|| id.to_owned())
}
