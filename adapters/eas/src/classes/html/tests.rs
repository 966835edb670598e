//! HTML in and out.

use proptest::prelude::*;

use super::*;

#[test]
fn text_is_what_a_reader_sees() {
    for (html, expected) in [
        ("<p>one</p><p>two</p>", "one\n\ntwo"),
        ("a<br>b<br/>c", "a\nb\nc"),
        ("a <b>bold</b>  word", "a bold word"),
        ("<div>a</div><div>b</div>", "a\nb"),
        ("<pre>  keep\n   this</pre>", "keep\n   this"),
        ("<a href='https://example.com/?x=1'>link</a>", "link"),
        ("<img alt='picture' src='x.png'>text", "text"),
        ("<script>alert('<p>x</p>')</script>a<style>b</style>c<SCRIPT>d</ScRiPt >e", "ace"),
        ("<head><title>t</title></head><body>b</body>", "b"),
        ("<!-- <p>no</p> -->a<!---->b<!DOCTYPE html>c<?xml v?>d", "abcd"),
        ("<a title='a>b'>x</a>", "x"),
        ("1 < 2 && 3 > 2", "1 < 2 && 3 > 2"),
        ("&lt;&amp;&gt;&#65;&#x42;&nbsp;&euro;&nonsense;&", "<&>AB €&nonsense;&"),
        ("<td>a</td><td>b</td>", "a b"),
        ("<ul><li>a</li><li>b</li></ul>", "* a\n* b"),
        ("<script>never closed", ""),
        ("<p", ""),
        ("a<a href=\"never closed>b</a>c", "abc"),
        ("<br><br><br><br><br>x", "x"),
        ("", ""),
    ] {
        assert_eq!(to_text(html), expected, "{html}");
    }
}

#[test]
fn nesting_of_any_depth_is_only_more_tags() {
    let deep = format!(
        "{}heart{}",
        "<div><table><tr><td>".repeat(50_000),
        "</td></tr></table></div>".repeat(50_000)
    );
    assert_eq!(to_text(&deep), "heart");
    assert_eq!(to_text(&"<a href=\"".repeat(100_000)), "");
    assert_eq!(to_text(&"</".repeat(100_000)).len(), 200_000);
}

#[test]
fn text_becomes_html_that_says_the_same() {
    let text = "a < b & \"c\"\r\n  two blanks  inside\n\n<script>";
    assert_eq!(
        fragment(text),
        "<div>a &lt; b &amp; \"c\"<br>\r\n&nbsp; two blanks &nbsp;inside<br>\r\n<br>\r\n&lt;script&gt;</div>"
    );
    assert_eq!(to_text(&document(text)), "a < b & \"c\"\n  two blanks  inside\n\n<script>");
}

#[test]
fn a_wrong_charset_is_corrected_wherever_it_stands() {
    for (html, expected) in [
        ("<meta charset=latin1>x", "<meta charset=utf-8>x"),
        ("<META CHARSET='koi8-r'>", "<META CHARSET='utf-8'>"),
        (
            "<meta content=\"text/html; charset=gb2312\" http-equiv=x>",
            "<meta content=\"text/html; charset=utf-8\" http-equiv=x>",
        ),
        ("<meta charset=\"UTF-8\">", "<meta charset=\"UTF-8\">"),
        ("<meta name=x content=y>ä charset=latin1", "<meta name=x content=y>ä charset=latin1"),
        ("<meta charset=a><meta charset=bb>", "<meta charset=utf-8><meta charset=utf-8>"),
    ] {
        let mut html = html.to_owned();
        as_utf8(&mut html);
        assert_eq!(html, expected);
    }
    assert_eq!(declared_charset(b"<meta charset = 'koi8-r' >").as_deref(), Some("koi8-r"));
    assert_eq!(declared_charset(b"<!-- <meta charset=x> --><p>\xff"), None);
}

#[test]
fn references_are_found_in_attributes_and_styles() {
    let mut references = References::default();
    references.add(
        "<IMG SRC=\"CID:a%40b\"><div style='background:url(cid:c)'><img src=d.png><a href=e.png>cid:f</a>",
    );
    assert!(["a@b", "c", "f"].iter().all(|id| references.shows_id(id)));
    assert!(references.shows_location("d.png") && !references.shows_location("e.png"));
    references.add(&"cid:".repeat(1 << 20));
}

#[test]
fn more_text_goes_to_the_end_of_the_body() {
    let appended = |document: &str| {
        let mut document = document.to_owned();
        append(&mut document, "+");
        document
    };
    assert_eq!(appended("<body>x</BODY ></html>"), "<body>x+</BODY ></html>");
    assert_eq!(appended("x</html>"), "x+</html>");
    assert_eq!(appended("ä"), "ä+");
}

proptest! {
    #[test]
    fn anything_is_some_html(html in "(<|>|/|p|br|script|style|!--|-->|meta charset=|&|;|#|1|amp|\"|'|=| |\n|ä|🎉|cid:|%4|src=){0,60}") {
        to_text(&html);
        let mut corrected = html.clone();
        as_utf8(&mut corrected);
        append(&mut corrected, "x");
        References::default().add(&html);
        declared_charset(html.as_bytes());
    }

    #[test]
    fn text_comes_back_from_html(text in "[a-z<>&\"';ä🎉]{1,20}( [a-z<&]{1,10}){0,5}(\n[a-z&]{1,10}){0,3}") {
        prop_assert_eq!(to_text(&document(&text)), text);
    }
}
