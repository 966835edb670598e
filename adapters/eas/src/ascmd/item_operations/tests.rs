//! Tests of the room.

use base64::{Engine, prelude::BASE64_STANDARD};
use bytes::Bytes;
use syncledger_domain::{
    ids::{FolderId, ProtocolVersion},
    ports::mailbox::{BackendKey, MailboxError},
};
use syncledger_mailbox_memory::{MemoryMailbox, Method};
use syncledger_wbxml::{
    Element, Limits, decode, encode,
    pages::{air_sync as a, air_sync_base as base, email, item_operations as o},
};

use crate::{
    answer::Answer,
    ascmd::{
        EasCommand,
        testing::{Desk, collections, status_of, texts},
    },
    context::RequestBody,
    services::NodeLimits,
};

const WITH_PDF: &str = "From: bob@example.net\nSubject: Lunch?\nMIME-Version: 1.0\n\
    Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\nAt 12?\n--b\n\
    Content-Type: application/pdf; name=menu.pdf\nContent-Transfer-Encoding: base64\n\
    Content-Disposition: attachment; filename=menu.pdf\n\nJVBERi0xLjQgc2FtcGxl\n--b\n\
    Content-Type: application/octet-stream; name=empty\n\n\n--b--\n";
const PDF: &[u8] = b"%PDF-1.4 sample";

fn document(operations: &str) -> String {
    format!(
        "<ItemOperations xmlns=\"ItemOperations\" xmlns:airsync=\"AirSync\" xmlns:base=\"AirSyncBase\" \
         xmlns:search=\"Search\" xmlns:library=\"DocumentLibrary\" xmlns:rm=\"RightsManagement\" \
         xmlns:email=\"Email\">{operations}</ItemOperations>"
    )
}

fn fetch(inside: &str) -> String {
    format!("<Fetch><Store>Mailbox</Store>{inside}</Fetch>")
}

fn by_id(id: &str, options: &str) -> String {
    let folder = id.split(':').next().unwrap();
    fetch(&format!(
        "<airsync:CollectionId>{folder}</airsync:CollectionId><airsync:ServerId>{id}</airsync:ServerId>{options}"
    ))
}

fn by_reference(reference: &str, range: &str) -> String {
    let options =
        if range.is_empty() { String::new() } else { format!("<Options><Range>{range}</Range></Options>") };
    fetch(&format!("<base:FileReference>{reference}</base:FileReference>{options}"))
}

fn empty(folder: &str, options: &str) -> String {
    format!(
        "<EmptyFolderContents><airsync:CollectionId>{folder}</airsync:CollectionId>{options}</EmptyFolderContents>"
    )
}

async fn asked(desk: &Desk, operations: &str) -> Element {
    desk.xml(EasCommand::ItemOperations, &document(operations)).await
}

/// The answers to the operations; the request itself succeeded.
async fn answers(desk: &Desk, operations: &str) -> Vec<Element> {
    let document = asked(desk, operations).await;
    assert_eq!(status_of(&document), 1, "errors of operations leave the request's Status at 1");
    document.child(o::RESPONSE).unwrap().elements().cloned().collect()
}

async fn statuses(desk: &Desk, operations: &str) -> Vec<u16> {
    let number = |answer: &Element| answer.child(o::STATUS).unwrap().text_lossy().parse().unwrap();
    answers(desk, operations).await.iter().map(number).collect()
}

async fn one(desk: &Desk, operation: &str) -> Element {
    let all = answers(desk, operation).await;
    let [answer] = &all[..] else { panic!("{all:?}") };
    answer.clone()
}

/// The parts of a multipart body.
fn parts(body: &Bytes) -> Vec<Bytes> {
    let number = |at: usize| u32::from_le_bytes(body[at..at + 4].try_into().unwrap()) as usize;
    let count = number(0);
    let mut end = 4 + 8 * count;
    let parts = (0..count).map(|part| {
        let (offset, length) = (number(4 + 8 * part), number(8 + 8 * part));
        assert_eq!(offset, end, "back to back");
        end = offset + length;
        body.slice(offset..end)
    });
    let parts: Vec<_> = parts.collect();
    assert_eq!(end, body.len());
    parts
}

async fn multipart(desk: &mut Desk, operations: &str) -> (Element, Vec<Bytes>) {
    desk.parameters.accept_multipart = true;
    let body = RequestBody::Wbxml(syncledger_wbxml::from_xml(&document(operations)).unwrap());
    let Ok(Answer::Multipart(bytes)) = desk.ask(EasCommand::ItemOperations, body).await else {
        panic!("not in parts")
    };
    let mut parts = parts(&bytes);
    let document = decode(&parts.remove(0), &Limits::default()).unwrap();
    (document, parts)
}

#[tokio::test]
async fn the_published_exchanges_come_out_byte_for_byte() {
    let golden = include_str!("../../../../../tests/golden/examples.jsonl");
    let hex = |label: &str| {
        let line = golden.lines().find(|line| {
            line.contains("21-itemoperations") && line.contains(&format!("\"label\": \"{label}\""))
        });
        let line = line.unwrap_or_else(|| panic!("no example {label}"));
        let hex = line.split("\"wbxml_hex\": \"").nth(1).unwrap().split('"').next().unwrap();
        (0..hex.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap())
            .collect::<Vec<u8>>()
    };
    let labels: Vec<&str> = golden
        .lines()
        .filter(|line| line.contains("21-itemoperations"))
        .map(|line| line.split("\"label\": \"").nth(1).unwrap().split('"').next().unwrap())
        .collect();
    let label = |part: &str| {
        *labels.iter().find(|label| label.contains(part)).unwrap_or_else(|| panic!("{labels:?}"))
    };
    let mut desk = Desk::new().await;
    for _ in 0..40 {
        desk.deliver("filler", 1);
    }
    assert_eq!(desk.deliver_raw(WITH_PDF.as_bytes()), "2:41");
    let request = decode(&hex(label("inline")), &Limits::default()).unwrap();
    let answer = desk.ask(EasCommand::ItemOperations, RequestBody::Wbxml(request.clone())).await.unwrap();
    let Answer::Wbxml(inline) = answer else { panic!("{answer:?}") };
    let data = BASE64_STANDARD.encode(PDF);
    assert_eq!(texts(&inline, o::DATA), [data]);
    assert!(golden.contains(&format!("\"{}\"", to_hex(&encode(&inline)))), "{inline}");
    desk.parameters.accept_multipart = true;
    let answer = desk.ask(EasCommand::ItemOperations, RequestBody::Wbxml(request)).await.unwrap();
    let Answer::Multipart(frame) = answer else { panic!("{answer:?}") };
    let head = [2, 0, 0, 0, 0x14, 0, 0, 0, 0x42, 0, 0, 0, 0x56, 0, 0, 0, 0x0F, 0, 0, 0];
    assert_eq!(&frame[..20], head);
    assert!(golden.contains(&format!("\"{}\"", to_hex(&frame[20..20 + 0x42]))));
    assert_eq!(&frame[0x56..], PDF);
}

fn to_hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .map(|digit| char::from_digit(digit.into(), 16).unwrap())
        .collect()
}

#[tokio::test]
async fn an_item_comes_whole_and_stays_unread() {
    for version in [ProtocolVersion::V12_1, ProtocolVersion::V14_1, ProtocolVersion::V16_1] {
        let mut desk = Desk::new().await;
        let id = desk.deliver("one", 1);
        let answer = one(desk.speak(version), &by_id(&id, "")).await;
        let names: Vec<_> = answer.elements().map(|child| child.tag).collect();
        assert_eq!(names, [o::STATUS, a::COLLECTION_ID, a::SERVER_ID, a::CLASS, o::PROPERTIES]);
        assert_eq!(texts(&answer, a::SERVER_ID), [id]);
        assert_eq!(texts(&answer, a::CLASS), ["Email"]);
        assert_eq!(texts(&answer, email::SUBJECT), ["one"]);
        assert_eq!(texts(&answer, base::DATA), ["Text of one.\r\n"]);
        assert_eq!(desk.mailbox.faults().calls().of(Method::Update), 0);
    }
}

#[tokio::test]
async fn bodies_follow_the_options_of_the_request_alone() {
    let desk = Desk::new().await;
    let id = desk.deliver("one", 1);
    let mime = "<Options><airsync:MIMESupport>2</airsync:MIMESupport><base:BodyPreference><base:Type>4</base:Type>\
                </base:BodyPreference></Options>";
    let answer = one(&desk, &by_id(&id, mime)).await;
    assert_eq!(texts(&answer, base::TYPE), ["4"]);
    assert!(texts(&answer, base::DATA)[0].starts_with("From: bob@example.com\r\n"));
    let cut = "<Options><base:BodyPreference><base:Type>1</base:Type><base:TruncationSize>4</base:TruncationSize>\
               </base:BodyPreference></Options>";
    let answer = one(&desk, &by_id(&id, cut)).await;
    assert_eq!(
        (texts(&answer, base::DATA), texts(&answer, base::TRUNCATED)),
        (vec!["Text".into()], vec!["1".into()])
    );
    assert_eq!(texts(&one(&desk, &by_id(&id, "")).await, base::DATA), ["Text of one.\r\n"], "nothing sticks");
}

#[tokio::test]
async fn a_schema_restricts_the_properties() {
    let desk = Desk::new().await;
    let id = desk.deliver("one", 1);
    let schema = "<Options><Schema><email:Subject/><base:Body/></Schema></Options>";
    let answer = one(&desk, &by_id(&id, schema)).await;
    let names: Vec<_> = answer.child(o::PROPERTIES).unwrap().elements().map(|child| child.tag).collect();
    assert_eq!(names, [email::SUBJECT, base::BODY]);
}

#[tokio::test]
async fn attachments_come_with_their_type_and_a_range_only_when_asked_for() {
    let desk = Desk::new().await;
    let reference = format!("{}:2", desk.deliver_raw(WITH_PDF.as_bytes()));
    let answer = one(&desk, &by_reference(&reference, "")).await;
    let properties = answer.child(o::PROPERTIES).unwrap();
    let names: Vec<_> = properties.elements().map(|child| child.tag).collect();
    assert_eq!(names, [base::CONTENT_TYPE, o::DATA]);
    assert_eq!(texts(&answer, base::FILE_REFERENCE), [reference.as_str()]);
    for (range, said, bytes) in [
        ("0-3", "0-3", &PDF[..4]),
        ("4-4", "4-4", &PDF[4..5]),
        ("9-14", "9-14", &PDF[9..]),
        ("9-9999", "9-14", &PDF[9..]),
        ("0-99999999999999999999999999", "0-14", PDF),
    ] {
        let answer = one(&desk, &by_reference(&reference, range)).await;
        assert_eq!(texts(&answer, o::RANGE), [said], "{range}");
        assert_eq!(texts(&answer, o::TOTAL), ["15"]);
        assert_eq!(texts(&answer, o::DATA), [BASE64_STANDARD.encode(bytes)]);
    }
    for range in ["15-16", "3-1", "x-y", "-5", "5-", "5", "1-2-3", "+1-2", " "] {
        assert_eq!(statuses(&desk, &by_reference(&reference, range)).await, [8], "{range:?}");
    }
}

#[tokio::test]
async fn attachments_that_are_none_have_their_status() {
    let desk = Desk::new().await;
    let id = desk.deliver_raw(WITH_PDF.as_bytes());
    let gone = desk.deliver("gone", 1);
    desk.remove(&gone);
    let long = "9".repeat(600);
    let references =
        ["", "nonsense", "2:41", "999:1:2", "14:1:2", &format!("{id}:9"), &format!("{gone}:1"), &long];
    for reference in references {
        assert_eq!(statuses(&desk, &by_reference(reference, "")).await, [15], "{reference}");
    }
    assert_eq!(statuses(&desk, &by_reference(&format!("{id}:3"), "")).await, [10], "an empty file");
    desk.mailbox.remove_folder(&MemoryMailbox::inbox());
    assert_eq!(statuses(&desk, &by_reference(&format!("{id}:2"), "")).await, [15]);
}

#[tokio::test]
async fn fetches_that_break_the_rules_have_their_status() {
    let desk = Desk::new().await;
    let id = desk.deliver_raw(WITH_PDF.as_bytes());
    let reference = format!("<base:FileReference>{id}:2</base:FileReference>");
    let ids =
        format!("<airsync:CollectionId>2</airsync:CollectionId><airsync:ServerId>{id}</airsync:ServerId>");
    let cases = [
        (fetch(""), 2),
        (fetch("<airsync:CollectionId>2</airsync:CollectionId>"), 2),
        (fetch(&format!("<airsync:ServerId>{id}</airsync:ServerId>")), 2),
        (fetch(&format!("{ids}{reference}")), 2),
        (fetch(&format!("{reference}{reference}")), 2),
        (fetch(&format!("{ids}<search:LongId>x</search:LongId>")), 2),
        (fetch(&format!("{reference}<Options><airsync:MIMESupport>2</airsync:MIMESupport></Options>")), 2),
        (fetch(&format!("{reference}<Options><Range>0-1</Range><Range>2-3</Range></Options>")), 2),
        (by_id(&id, "<Options><airsync:MIMESupport>7</airsync:MIMESupport></Options>"), 2),
        (
            by_id(
                &id,
                "<Options><base:BodyPartPreference><base:Type>1</base:Type></base:BodyPartPreference></Options>",
            ),
            164,
        ),
        (by_id(&id, "<rm:RemoveRightsManagementProtection/>"), 168),
        (fetch("<search:LongId>x</search:LongId>"), 6),
        (by_id("2:999", ""), 6),
        (by_id("999:1", ""), 6),
        (by_id("14:1", ""), 6),
        (by_id("RI:1", ""), 6),
        (
            fetch(&format!(
                "<airsync:CollectionId>5</airsync:CollectionId><airsync:ServerId>{id}</airsync:ServerId>"
            )),
            6,
        ),
        (fetch("<library:LinkId>\\\\server\\share</library:LinkId>"), 9),
        ("<Fetch><Store>DocumentLibrary</Store><library:LinkId>x</library:LinkId></Fetch>".to_owned(), 9),
        (format!("<Fetch><Store>Elsewhere</Store>{reference}</Fetch>"), 9),
        (format!("<Fetch>{reference}</Fetch>"), 2),
        (format!("<Fetch><Store>mailbox</Store>{reference}</Fetch>"), 1),
    ];
    for (operation, status) in cases {
        assert_eq!(statuses(&desk, &operation).await, [status], "{operation}");
    }
}

#[tokio::test]
async fn requests_out_of_bounds_have_a_status_of_the_whole() {
    let mut desk = Desk::new().await;
    for (operations, status) in
        [(String::new(), 2), ("<Store>Mailbox</Store>".to_owned(), 2), (by_id("2:999", "").repeat(101), 11)]
    {
        let answer = asked(&desk, &operations).await;
        assert_eq!(status_of(&answer), status);
        assert!(answer.child(o::RESPONSE).is_none());
    }
    assert_eq!(statuses(&desk, &by_id("2:999", "").repeat(100)).await, [6; 100]);
    desk.speak(ProtocolVersion::V12_1);
    assert_eq!(status_of(&asked(&desk, "<Move/>").await), 2, "Move came with 14.0");
    assert_eq!(desk.fails(EasCommand::ItemOperations, "<Sync xmlns=\"AirSync\"/>").await, 103);
}

#[tokio::test]
async fn operations_are_answered_in_their_order_each_for_itself() {
    let desk = Desk::new().await;
    let id = desk.deliver_raw(WITH_PDF.as_bytes());
    let operations = [by_reference(&format!("{id}:2"), ""), empty("2", ""), by_id(&id, ""), empty("999", "")];
    let all = answers(&desk, &operations.concat()).await;
    let tags: Vec<_> = all.iter().map(|answer| answer.tag).collect();
    assert_eq!(tags, [o::FETCH, o::EMPTY_FOLDER_CONTENTS, o::FETCH, o::EMPTY_FOLDER_CONTENTS]);
    let statuses: Vec<_> =
        all.iter().map(|one| one.child(o::STATUS).unwrap().text_lossy().into_owned()).collect();
    assert_eq!(statuses, ["1", "1", "6", "6"], "what was emptied is gone for the next");
}

#[tokio::test]
async fn in_parts_bodies_and_attachments_stand_beside_the_document() {
    let mut desk = Desk::new().await;
    let id = desk.deliver_raw(WITH_PDF.as_bytes());
    let reference = format!("{id}:2");
    let operations = [by_id(&id, ""), by_reference(&reference, "5-7"), by_id("2:999", ""), empty("3", "")];
    let (document, contents) = multipart(&mut desk, &operations.concat()).await;
    assert_eq!(contents, [&b"At 12?"[..], &PDF[5..=7]]);
    let all: Vec<_> = document.child(o::RESPONSE).unwrap().elements().collect();
    let body = all[0].child(o::PROPERTIES).unwrap().child(base::BODY).unwrap();
    assert_eq!(texts(body, o::PART), ["1"]);
    assert!(body.child(base::DATA).is_none());
    assert_eq!(texts(all[1], o::PART), ["2"]);
    assert_eq!((texts(all[1], o::RANGE), texts(all[1], o::TOTAL)), (vec!["5-7".into()], vec!["15".into()]));
    assert!(texts(all[1], o::DATA).is_empty());
    assert!(all[2].child(o::PROPERTIES).is_none());
    // Nothing beside the document is one part.
    let (document, contents) = multipart(&mut desk, &empty("3", "")).await;
    assert_eq!((status_of(&document), contents.len()), (1, 0));
    let (document, contents) = multipart(&mut desk, "").await;
    assert_eq!((status_of(&document), contents.len()), (2, 0));
}

#[tokio::test]
async fn emptying_deletes_all_of_it_and_sync_tells() {
    let desk = Desk::new().await;
    let trash = BackendKey("Trash".to_owned());
    for _ in 0..1201 {
        desk.deliver_to(&trash, FolderId::TRASH, "rubbish", 1);
    }
    desk.deliver("stays", 1);
    let answer = one(&desk, &empty("3", "")).await;
    assert_eq!(
        (texts(&answer, o::STATUS), texts(&answer, a::COLLECTION_ID)),
        (vec!["1".into()], vec!["3".into()])
    );
    assert!(desk.mailbox.messages(&trash).is_empty());
    assert_eq!(desk.mailbox.messages(&MemoryMailbox::inbox()).len(), 1);
    assert_eq!(desk.mailbox.faults().calls().of(Method::Delete), 3, "in batches");
    assert_eq!(statuses(&desk, &empty("3", "")).await, [1], "again");

    let id = desk.deliver("known", 0);
    let key = desk.primed().await;
    assert_eq!(statuses(&desk, &empty("2", "")).await, [1]);
    assert!(desk.sync(&collections(&[(&key, 2, "")])).await.deletes().contains(&id));
}

#[tokio::test]
async fn subfolders_stay_and_the_answer_says_so() {
    let desk = Desk::new().await;
    let with = "<Options><DeleteSubFolders/></Options>";
    assert_eq!(statuses(&desk, &empty("3", with)).await, [1], "there are none");
    let trash = BackendKey("Trash".to_owned());
    desk.mailbox.add_folder("Trash/Old", None);
    desk.folder_sync("1.1").await;
    desk.deliver_to(&trash, FolderId::TRASH, "rubbish", 1);
    assert_eq!(statuses(&desk, &empty("3", "")).await, [1]);
    desk.deliver_to(&trash, FolderId::TRASH, "rubbish", 1);
    assert_eq!(statuses(&desk, &empty("3", with)).await, [17]);
    assert!(desk.mailbox.messages(&trash).is_empty());
}

#[tokio::test]
async fn folders_that_cannot_be_emptied_have_their_status() {
    let desk = Desk::new().await;
    assert_eq!(statuses(&desk, "<EmptyFolderContents/>").await, [2]);
    assert_eq!(statuses(&desk, &empty("RI", "")).await, [6]);
    assert_eq!(statuses(&desk, &empty("14", "")).await, [1], "the Outbox is always empty");
    desk.deliver("one", 1);
    for (error, status) in [
        (MailboxError::Denied("read-only".into()), 16),
        (MailboxError::Refused("no".into()), 3),
        (MailboxError::NoSuchFolder(MemoryMailbox::inbox()), 6),
    ] {
        desk.mailbox.faults().fail_next_of(Method::Delete, 1, &error);
        assert_eq!(statuses(&desk, &empty("2", "")).await, [status]);
    }
}

#[tokio::test]
async fn conversations_are_not_moved() {
    let desk = Desk::new().await;
    let move_ = |options: &str| {
        format!("<Move><ConversationId>AQID</ConversationId><DstFldId>5</DstFldId>{options}</Move>")
    };
    let answer = one(&desk, &move_("<Options><MoveAlways/></Options>")).await;
    assert_eq!(texts(&answer, o::STATUS), ["156"]);
    assert_eq!(answer.child(o::CONVERSATION_ID).unwrap().bytes_content().as_ref(), [1, 2, 3]);
    assert_eq!(statuses(&desk, &move_("")).await, [155]);
    assert_eq!(statuses(&desk, "<Move><DstFldId>5</DstFldId></Move>").await, [2]);
}

#[tokio::test]
async fn a_mailbox_that_is_down_is_503() {
    let desk = Desk::new().await;
    let id = desk.deliver_raw(WITH_PDF.as_bytes());
    desk.mailbox.set_down(true);
    for operation in [by_id(&id, ""), by_reference(&format!("{id}:2"), ""), empty("2", "")] {
        assert_eq!(desk.fails(EasCommand::ItemOperations, &document(&operation)).await, 503, "{operation}");
    }
}

#[tokio::test]
async fn an_answer_holds_no_more_than_the_node_allows() {
    let limits = NodeLimits { max_message_bytes: 1000, ..NodeLimits::default() };
    let desk = Desk::with_limits(limits).await;
    let text = "0123456789\n".repeat(200);
    let huge = desk.deliver_raw(WITH_PDF.replace("At 12?", &text).as_bytes());
    let answer = one(&desk, &by_id(&huge, "")).await;
    assert_eq!(texts(&answer, base::TRUNCATED), ["1"]);
    assert!(texts(&answer, base::DATA)[0].len() < 1000);
    assert_eq!(statuses(&desk, &by_reference(&format!("{huge}:2"), "")).await, [11]);
    let small = desk.deliver_raw(WITH_PDF.as_bytes());
    let many = by_reference(&format!("{small}:2"), "").repeat(4);
    assert_eq!(statuses(&desk, &many).await, [1, 1, 1, 11]);
}
