//! The forms of a body: plain text, HTML, MIME.

use std::cell::OnceCell;

use super::mime_text;
use crate::classes::{
    email::{MailItem, Piece, Protection},
    html,
    mime::{MAX_DEPTH, MAX_PARTS, decoded_text},
    text,
};

/// Data of a body.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Data {
    /// Clean text.
    Text(String),
    /// MIME that no string can carry unchanged.
    Bytes(Vec<u8>),
}

impl Data {
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Bytes(bytes) => bytes.len(),
        }
    }
}

/// One form of a body.
pub(super) struct Form {
    /// As much as there is.
    pub(super) data: Data,
    /// Size of the whole in bytes; more than `data` where the message was not fetched whole or its text is huge.
    pub(super) size: usize,
}

/// The forms of one message, each made when first asked for.
pub(super) struct Forms<'m, 'a> {
    mail: &'m MailItem<'a>,
    text: OnceCell<Form>,
    html: OnceCell<Form>,
    mime: OnceCell<Form>,
}

impl<'m, 'a> Forms<'m, 'a> {
    pub(super) fn new(mail: &'m MailItem<'a>) -> Self {
        Self { mail, text: OnceCell::new(), html: OnceCell::new(), mime: OnceCell::new() }
    }

    /// Whether the message's own form is HTML.
    pub(super) fn is_html(&self) -> bool {
        self.mail.structure.has_html()
    }

    pub(super) fn protection(&self) -> Protection {
        Protection::of(&self.mail.tree)
    }

    /// 2 HTML, 4 MIME, everything else plain text.
    pub(super) fn form(&self, body_type: u8) -> &Form {
        match body_type {
            2 => self.html.get_or_init(|| self.make_html()),
            4 => self.mime.get_or_init(|| self.make_mime()),
            _ => self.text.get_or_init(|| self.make_text()),
        }
    }

    /// Plain text to make a preview of.
    pub(super) fn preview_source(&self) -> &str {
        match &self.form(1).data {
            Data::Text(text) => text,
            Data::Bytes(_) => "",
        }
    }

    fn make_text(&self) -> Form {
        let mut missing = self.missing();
        let mut out = String::new();
        for piece in &self.mail.structure.body {
            let (part, is_html) = match piece {
                Piece { text: Some(text), .. } => (*text, false),
                Piece { html: Some(html), .. } => (*html, true),
                Piece { text: None, html: None } => continue,
            };
            let (read, left) = self.read(part);
            missing += left;
            if !out.is_empty() {
                out.push_str("\r\n\r\n");
            }
            out.push_str(&text::body(&if is_html { html::to_text(&read) } else { read }));
        }
        if let Some(notice) = self.notice() {
            out = format!("{notice}\r\n\r\n{out}");
        }
        Form { size: out.len() + missing, data: Data::Text(out) }
    }

    fn make_html(&self) -> Form {
        let mut missing = self.missing();
        let mut out: Option<String> = None;
        for piece in &self.mail.structure.body {
            let (part, is_html) = match piece {
                Piece { html: Some(html), .. } => (*html, true),
                Piece { text: Some(text), .. } => (*text, false),
                Piece { text: None, html: None } => continue,
            };
            let (read, left) = self.read(part);
            missing += left;
            match &mut out {
                None if is_html => {
                    let mut document = text::body(&read);
                    html::as_utf8(&mut document);
                    out = Some(document);
                }
                None => out = Some(html::document(&text::body(&read))),
                Some(document) => {
                    let more = if is_html { html::to_text(&read) } else { read };
                    html::append(document, &html::fragment(&text::body(&more)));
                }
            }
        }
        let mut out = out.unwrap_or_default();
        if let Some(notice) = self.notice() {
            html::append(&mut out, &html::fragment(&notice));
        }
        Form { size: out.len() + missing, data: Data::Text(out) }
    }

    fn make_mime(&self) -> Form {
        let data = mime_text::mime_text(&self.mail.tree);
        Form { size: data.len() + self.mail.missing(), data }
    }

    fn read(&self, part: usize) -> (String, usize) {
        decoded_text(&self.mail.tree, &self.mail.tree.parts[part])
    }

    /// Bytes of the body that were not fetched: known only to be some, if the message was cut within it.
    fn missing(&self) -> usize {
        let raw = self.mail.tree.raw.len();
        let reaches_end = |index: usize| self.mail.tree.parts[index].body.end == raw;
        let cut = self.mail.structure.body.is_empty()
            || self
                .mail
                .structure
                .body
                .iter()
                .any(|piece| [piece.text, piece.html].into_iter().flatten().any(reaches_end));
        if cut { self.mail.missing() } else { 0 }
    }

    /// What is said about a message that is too complicated.
    fn notice(&self) -> Option<String> {
        self.mail.tree.beyond_limits.then(|| {
            format!(
                "[This message has more than {MAX_PARTS} parts or more than {MAX_DEPTH} levels; not all of them are shown.]"
            )
        })
    }
}
