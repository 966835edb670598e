//! Text → HTML, as little of it as keeps the lines.

/// A whole document around a text. Lines may end in LF or CRLF.
pub(in crate::classes) fn document(text: &str) -> String {
    let head =
        "<html><head><meta http-equiv=\"Content-Type\" content=\"text/html; charset=utf-8\"></head><body>";
    format!("{head}{}</body></html>", fragment(text))
}

/// The text as a piece of a body.
pub(in crate::classes) fn fragment(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 8 + 32);
    out.push_str("<div>");
    // A blank where HTML would swallow it: at the begin of a line and after another one.
    let mut swallowed = true;
    for c in text.trim_end_matches(['\r', '\n']).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\r' => {}
            '\n' => out.push_str("<br>\r\n"),
            ' ' if swallowed => out.push_str("&nbsp;"),
            c => out.push(c),
        }
        swallowed = c == '\n' || c == ' ' && !swallowed;
    }
    out.push_str("</div>");
    out
}
