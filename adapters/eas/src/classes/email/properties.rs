//! The properties of a message, in the order deployed servers send them.

use syncledger_domain::ids::{ProtocolVersion, ServerId};
use syncledger_wbxml::{
    Element, Tag,
    pages::{air_sync, email, email2, item_operations},
};

use super::{
    MailItem, addresses,
    conversation::{conversation_id, conversation_index, topic},
    flag::{bool_text, flag, last_verb},
    message_class::message_class,
};
use crate::classes::{
    attachments,
    body::{self, BodyWish},
    mime::Fields,
    shield,
};

/// Everything is converted to UTF-8. MS-ASEMAIL, "`InternetCPID`".
const UTF_8: &str = "65001";

/// The `ApplicationData` of an Add, or of a Change that sends the whole item.
pub fn application_data(mail: &MailItem<'_>, server_id: &ServerId, wish: &BodyWish) -> Element {
    item(air_sync::APPLICATION_DATA, mail, server_id, wish)
}

/// The Properties of a Fetch (EAS command ItemOperations). For a multipart answer the caller puts a Part in the place
/// of `AirSyncBase:Data`.
pub fn properties(mail: &MailItem<'_>, server_id: &ServerId, wish: &BodyWish) -> Element {
    item(item_operations::PROPERTIES, mail, server_id, wish)
}

fn item(root: Tag, mail: &MailItem<'_>, server_id: &ServerId, wish: &BodyWish) -> Element {
    let built = shield::contain(|| Element::new(root).with_all(all(mail, server_id, wish)));
    built.unwrap_or_else(|| stand_in(root, mail))
}

/// The `ApplicationData` of an Add in the place of a message nobody can read: its flags and its date are all there is.
pub fn unreadable(mail: &MailItem<'_>) -> Element {
    stand_in(air_sync::APPLICATION_DATA, mail)
}

fn stand_in(root: Tag, mail: &MailItem<'_>) -> Element {
    Element::new(root)
        .with(Element::new(email::TO))
        .with(Element::new(email::FROM))
        .with(Element::text(email::SUBJECT, "(unreadable message)"))
        .with_all(mail.received.and_then(date_time).map(|date| Element::text(email::DATE_RECEIVED, date)))
        .with(Element::text(email::IMPORTANCE, "1"))
        .with(bool_text(email::READ, mail.flags.read))
        .with(body::placeholder("This message cannot be displayed. Open it with another mail program."))
        .with(Element::text(email::MESSAGE_CLASS, "IPM.Note"))
        .with(Element::text(email::INTERNET_CPID, UTF_8))
        .with(flag(mail.flags))
        .with(Element::text(email::CONTENT_CLASS, "urn:content-classes:message"))
}

fn all(mail: &MailItem<'_>, server_id: &ServerId, wish: &BodyWish) -> Vec<Element> {
    let fields = mail.fields();
    let mut out = headers(mail, &fields);
    out.extend(attachments::list(mail, server_id));
    let body::Rendered { body, body_part, native_type } = body::render(mail, wish);
    out.extend(body);
    out.extend(body_part);
    out.push(Element::text(email::MESSAGE_CLASS, message_class(&mail.tree)));
    out.push(Element::text(email::INTERNET_CPID, UTF_8));
    out.push(flag(mail.flags));
    out.push(Element::text(email::CONTENT_CLASS, "urn:content-classes:message"));
    out.push(native_type);
    if wish.version >= ProtocolVersion::V14_0 {
        out.extend(since_14_0(mail, &fields));
        out.push(Element::new(email::CATEGORIES));
    }
    if wish.version >= ProtocolVersion::V16_0 {
        out.push(bool_text(email2::IS_DRAFT, mail.draft));
        let bcc = addresses::joined(&addresses::all(&fields, "Bcc"), ", ");
        out.extend((!bcc.is_empty()).then(|| Element::text(email2::BCC, bcc)));
    }
    out
}

/// To, From and Subject are always there, if empty: every client expects them.
fn headers(mail: &MailItem<'_>, fields: &Fields<'_>) -> Vec<Element> {
    let to = addresses::all(fields, "To");
    let from = addresses::all(fields, "From");
    let subject = mail.subject();
    let optional = |tag, text: String| (!text.is_empty()).then(|| Element::text(tag, text));
    let reply_to = Some(addresses::all(fields, "Reply-To")).filter(|reply_to| *reply_to != from);
    let sent: [Option<Element>; 10] = [
        Some(Element::text(email::TO, addresses::joined(&to, ", "))),
        optional(email::CC, addresses::joined(&addresses::all(fields, "Cc"), ", ")),
        Some(Element::text(email::FROM, from.first().map(addresses::one).unwrap_or_default())),
        Some(Element::text(email::SUBJECT, subject.clone())),
        reply_to.and_then(|list| optional(email::REPLY_TO, addresses::joined(&list, "; "))),
        mail.date(fields).and_then(date_time).map(|date| Element::text(email::DATE_RECEIVED, date)),
        optional(email::DISPLAY_TO, addresses::names(&to)),
        optional(email::THREAD_TOPIC, topic(fields, &subject)),
        Some(Element::text(email::IMPORTANCE, importance(fields))),
        Some(bool_text(email::READ, mail.flags.read)),
    ];
    sent.into_iter().flatten().collect()
}

fn since_14_0(mail: &MailItem<'_>, fields: &Fields<'_>) -> Vec<Element> {
    let date = mail.date(fields);
    let verb = last_verb(mail.flags);
    let id = conversation_id(fields, &mail.subject(), date);
    let sent = [
        Some(Element::opaque(email2::CONVERSATION_ID, id)),
        Some(Element::opaque(email2::CONVERSATION_INDEX, conversation_index(fields, date))),
        // Its time is not kept by mailboxes, so LastVerbExecutionTime is left out rather than invented.
        (verb > 0).then(|| Element::text(email2::LAST_VERB_EXECUTED, verb.to_string())),
        received_as_bcc(mail, fields).then(|| Element::text(email2::RECEIVED_AS_BCC, "1")),
        sender(fields).map(|sender| Element::text(email2::SENDER, sender)),
    ];
    sent.into_iter().flatten().collect()
}

/// Whether the account got the message without being named. Mail of lists and one's own mail are another matter.
fn received_as_bcc(mail: &MailItem<'_>, fields: &Fields<'_>) -> bool {
    let named = |field| addresses::any_own(&addresses::all(fields, field), mail.own);
    let listed = fields.first("List-Id").is_some() || fields.first("List-Post").is_some();
    !mail.own.is_empty() && !mail.draft && !listed && !["To", "Cc", "From", "Sender"].into_iter().any(named)
}

/// Sender, if it is somebody else than From.
fn sender(fields: &Fields<'_>) -> Option<String> {
    let sender =
        addresses::all(fields, "Sender").into_iter().next().filter(|sender| !sender.address.is_empty())?;
    let from = addresses::all(fields, "From");
    let same = from.iter().any(|from| from.address.eq_ignore_ascii_case(&sender.address));
    (!same).then(|| addresses::one(&sender))
}

/// 0 low, 1 normal, 2 high. MS-ASEMAIL, "Importance"; X-Priority counts from 1, the highest, to 5.
fn importance(fields: &Fields<'_>) -> &'static str {
    let value = |name: &str| {
        let field = fields.first(name)?;
        Some(String::from_utf8_lossy(field.value).trim().to_ascii_lowercase())
    };
    if let Some(said) = value("Importance") {
        match said.as_str() {
            "high" => return "2",
            "low" => return "0",
            _ => {}
        }
    }
    match value("X-Priority").and_then(|said| said.bytes().next()) {
        Some(b'1' | b'2') => return "2",
        Some(b'4' | b'5') => return "0",
        _ => {}
    }
    match value("Priority").or_else(|| value("X-MSMail-Priority")).as_deref() {
        Some("urgent" | "high") => "2",
        Some("non-urgent" | "low") => "0",
        _ => "1",
    }
}

/// `2024-05-01T09:12:33.000Z`. MS-ASDTYPE, "dateTime Data Type".
fn date_time(seconds: i64) -> Option<String> {
    let time = jiff::Timestamp::from_second(seconds).ok()?;
    Some(time.strftime("%Y-%m-%dT%H:%M:%S.000Z").to_string()).filter(|text| text.len() == 24)
}

#[cfg(test)]
mod tests {
    use syncledger_domain::ports::mailbox::MailFlags;
    use syncledger_wbxml::{Limits, decode, encode, pages::air_sync_base};

    use super::*;

    #[test]
    fn the_stand_in_for_an_unreadable_message_has_all_that_clients_need() {
        let mail =
            MailItem::parse(b"", 1_714_554_753, MailFlags { read: true, ..MailFlags::default() }, 0, &[]);
        let item = unreadable(&mail);
        assert_eq!(decode(&encode(&item), &Limits::default()).as_ref(), Ok(&item));
        for tag in [
            email::TO,
            email::FROM,
            email::SUBJECT,
            email::DATE_RECEIVED,
            email::IMPORTANCE,
            email::READ,
            email::MESSAGE_CLASS,
            email::INTERNET_CPID,
            email::FLAG,
            email::CONTENT_CLASS,
        ] {
            assert!(item.child(tag).is_some(), "{tag} is missing");
        }
        let data = item.child(air_sync_base::BODY).and_then(|body| body.child(air_sync_base::DATA));
        assert!(data.is_some_and(|data| !data.is_empty()));
    }
}
