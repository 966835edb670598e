//! What the XML looks like, and what is not read.

use super::*;
use crate::{
    Element, Node, Tag,
    pages::{air_sync, calendar, compose_mail, email, email2},
};

fn mail() -> Element {
    Element::new(air_sync::APPLICATION_DATA)
        .with(Element::text(email::SUBJECT, "Salt & <pepper>"))
        .with(Element::text(email::READ, "1"))
        .with(Element::new(email::FLAG))
        .with(Element::opaque(email2::CONVERSATION_INDEX, [0xFF, 0x00]))
}

#[test]
fn xml_is_indented_and_uses_one_prefix_a_page() {
    let expected = r#"<ApplicationData xmlns="AirSync" xmlns:email="Email" xmlns:email2="Email2">
  <email:Subject>Salt &amp; &lt;pepper&gt;</email:Subject>
  <email:Read>1</email:Read>
  <email:Flag/>
  <email2:ConversationIndex>/wA=</email2:ConversationIndex>
</ApplicationData>"#;
    assert_eq!(to_xml(&mail()), expected);
    assert_eq!(format!("{} {:?}", mail(), mail()), format!("{expected} {expected}"));
    assert_eq!(from_xml(expected), Ok(mail()));
}

#[test]
fn redacted_xml_shows_the_shape_only() {
    let expected = r#"<ApplicationData xmlns="AirSync" xmlns:email="Email" xmlns:email2="Email2">
  <email:Subject>…15</email:Subject>
  <email:Read>1</email:Read>
  <email:Flag/>
  <email2:ConversationIndex>…2</email2:ConversationIndex>
</ApplicationData>"#;
    assert_eq!(to_xml_redacted(&mail()), expected);
    let posing = Element::text(email::READ, "my password");
    assert_eq!(to_xml_redacted(&posing), r#"<Read xmlns="Email">…11</Read>"#);
    let telephone = Element::text(email::IMPORTANCE, "491701234567");
    assert_eq!(to_xml_redacted(&telephone), r#"<Importance xmlns="Email">…12</Importance>"#);
}

#[test]
fn what_the_table_does_not_foresee_is_marked_and_reads_back() {
    let odd = Element {
        tag: Tag::new(0xFE, 0x3F),
        children: vec![
            Node::Text(" ".to_owned()),
            Node::Element(Element::text(compose_mail::MIME, "From: a\r\n")),
            Node::Element(Element::opaque(email::SUBJECT, *b"J\xF6rg")),
            Node::Element(Element::new(Tag::new(22, 0x3F))),
        ],
    };
    let xml = to_xml(&odd);
    let expected = r#"<token-3F xmlns="page-FE" xmlns:email="Email" xmlns:composemail="ComposeMail" xmlns:email2="Email2" xmlns:wbxml="urn:wbxml">
  <wbxml:text> </wbxml:text>
  <composemail:Mime>
    <wbxml:text>From: a&#13;
</wbxml:text>
  </composemail:Mime>
  <email:Subject>
    <wbxml:opaque>SvZyZw==</wbxml:opaque>
  </email:Subject>
  <email2:token-3F/>
</token-3F>"#;
    assert_eq!(xml, expected);
    assert_eq!(from_xml(&xml), Ok(odd));
}

#[test]
fn handwritten_xml_may_use_colons_comments_cdata_and_folded_base64() {
    let xml = "<?xml version=\"1.0\"?>\n<!DOCTYPE x>\n<!-- a mail -->\n<e:Subject xmlns:e='Email:'>a<![CDATA[<b>]]>&#x63;</e:Subject>\n";
    assert_eq!(from_xml(xml), Ok(Element::text(email::SUBJECT, "a<b>c")));
    let folded = "<ConversationIndex xmlns='Email2'>\n  /w\n  A=\n</ConversationIndex>";
    assert_eq!(from_xml(folded), Ok(Element::opaque(email2::CONVERSATION_INDEX, [0xFF, 0x00])));
}

#[test]
fn another_spelling_can_be_resolved() {
    let xml = "<TimeZone xmlns=\"Calendar:\">x</TimeZone>";
    let resolve =
        |page: &str, name: &str| (page == "Calendar" && name == "TimeZone").then_some(calendar::TIMEZONE);
    assert_eq!(from_xml_with(xml, resolve), Ok(Element::text(calendar::TIMEZONE, "x")));
    assert!(matches!(from_xml(xml), Err(XmlError::UnknownElement { .. })));
}

#[test]
fn characters_xml_forbids_are_shown_as_replaced() {
    assert_eq!(
        to_xml(&Element::text(email::SUBJECT, "a\u{1B}b")),
        "<Subject xmlns=\"Email\">a\u{FFFD}b</Subject>"
    );
}

#[test]
fn what_is_no_tree_is_refused() {
    let unknown = XmlError::UnknownElement { namespace: "Email".to_owned(), name: "Sync".to_owned() };
    assert_eq!(from_xml("<Sync xmlns='Email'/>"), Err(unknown));
    assert_eq!(from_xml("<Sync xmlns='AirSync' a='1'/>"), Err(XmlError::Attribute("Sync".to_owned())));
    assert_eq!(from_xml(""), Err(XmlError::NotOneRoot));
    assert_eq!(from_xml("<Sync xmlns='AirSync'/><Sync xmlns='AirSync'/>"), Err(XmlError::NotOneRoot));
    assert_eq!(from_xml("x<Sync xmlns='AirSync'/>"), Err(XmlError::NotOneRoot));
    assert_eq!(from_xml("<Sync xmlns='AirSync'>"), Err(XmlError::NotOneRoot));
    assert_eq!(from_xml("<text xmlns='urn:wbxml'/>"), Err(XmlError::NotOneRoot));
    assert!(matches!(from_xml("<Sync xmlns='AirSync'></Add>"), Err(XmlError::Malformed { .. })));
    assert!(matches!(from_xml("<Sync xmlns='AirSync'>&x;</Sync>"), Err(XmlError::Malformed { .. })));
    let no_base64 = from_xml("<Mime xmlns='ComposeMail'>?</Mime>");
    assert_eq!(no_base64, Err(XmlError::NotBase64("ComposeMail:Mime".to_owned())));
    let deep = "<Sync xmlns='AirSync'>".repeat(600);
    assert_eq!(from_xml(&deep), Err(XmlError::TooDeep));
}
