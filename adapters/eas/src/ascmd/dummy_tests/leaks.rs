//! Nothing of the real mailbox gets out: it holds a canary everywhere, and every command is asked for it by its real ids.

use syncledger_domain::{
    ids::{FolderId, ProtocolVersion},
    ports::mailbox::{BackendKey, MailFlags},
};
use syncledger_mailbox_memory::MemoryMailbox;
use syncledger_wbxml::{Element, encode, from_xml};

use super::{delete, estimate, fetch, mark, operations, ping};
use crate::{
    answer::Answer,
    ascmd::{
        EasCommand,
        testing::{Desk, NOON, collections, sync_document},
    },
    context::RequestBody,
};

const CANARY: &str = "canary";

/// Names of folders, headers, bodies and attachments all hold the canary; the phone has synchronised them.
async fn filled(version: ProtocolVersion) -> (Desk, Vec<String>, Vec<String>) {
    let mut desk = Desk::new().await;
    desk.speak(version);
    let work = desk.mailbox.add_folder("canary folder", None);
    let raw = "From: canary@example.com\nTo: alice@example.com\nSubject: canary\nMIME-Version: 1.0\n\
        Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\ncanary\n--b\n\
        Content-Type: text/plain; name=canary.txt\nContent-Disposition: attachment; filename=canary.txt\n\ncanary\n\
        --b--\n";
    let mut items = Vec::new();
    let folders: [(BackendKey, u32); 6] = [
        (MemoryMailbox::inbox(), 2),
        (BackendKey("Trash".into()), 3),
        (BackendKey("Junk".into()), 4),
        (BackendKey("Sent".into()), 5),
        (BackendKey("Drafts".into()), 6),
        (work, FolderId::FIRST_FREE),
    ];
    desk.folder_sync("0").await;
    let mut keys = vec!["0".to_owned(), "1".to_owned()];
    for (key, folder) in folders {
        for _ in 0..2 {
            let item = desk.mailbox.deliver(&key, raw.as_bytes(), NOON, MailFlags::default()).unwrap();
            items.push(format!("{folder}:{item}"));
        }
        let start = desk.sync(&collections(&[("0", folder, "")])).await.key();
        let answer = desk.sync(&collections(&[(&start, folder, "<WindowSize>1</WindowSize>")])).await;
        assert!(shows(&Answer::Wbxml(answer.document().clone())), "the canary sings in the real world");
        keys.push(answer.key());
        keys.push(start);
    }
    (desk, items, keys)
}

fn shows(answer: &Answer) -> bool {
    let bytes = match answer {
        Answer::Wbxml(document) => encode(document),
        Answer::Empty => Vec::new(),
        Answer::Multipart(bytes) => bytes.to_vec(),
    };
    let has = |text: &str| bytes.windows(text.len()).any(|part| part.eq_ignore_ascii_case(text.as_bytes()));
    // Content is base64 in places; the canary stands at the beginning of its attachment.
    has(CANARY) || has("Y2FuYXJ5")
}

/// Every command with every id, key and reference of the real mailbox.
fn questions(items: &[String], keys: &[String]) -> Vec<(EasCommand, RequestBody)> {
    let mut asked: Vec<(EasCommand, Element)> = Vec::new();
    let mut xml = |command, xml: &str| asked.push((command, from_xml(xml).unwrap()));
    let folders = [2, 3, 4, 5, 6, 14, FolderId::FIRST_FREE];
    for key in keys {
        let folder_sync =
            format!("<FolderSync xmlns=\"FolderHierarchy\"><SyncKey>{key}</SyncKey></FolderSync>");
        xml(EasCommand::FolderSync, &folder_sync);
        for folder in folders {
            xml(EasCommand::GetItemEstimate, &estimate(key, folder));
        }
    }
    for folder in folders {
        xml(EasCommand::Ping, &ping(folder));
    }
    for item in items {
        let reference =
            format!("<Fetch><Store>Mailbox</Store><base:FileReference>{item}:2</base:FileReference></Fetch>");
        let long = format!("<Fetch><Store>Mailbox</Store><search:LongId>{item}</search:LongId></Fetch>");
        xml(EasCommand::ItemOperations, &fetch(item, ""));
        xml(EasCommand::ItemOperations, &operations(&reference));
        xml(EasCommand::ItemOperations, &operations(&long));
        xml(
            EasCommand::MoveItems,
            &format!(
                "<MoveItems xmlns=\"Move\"><Move><SrcMsgId>{item}</SrcMsgId><SrcFldId>{}</SrcFldId>\
                 <DstFldId>2</DstFldId></Move></MoveItems>",
                item.split(':').next().unwrap()
            ),
        );
    }
    for folder in folders {
        let empty = format!(
            "<EmptyFolderContents><airsync:CollectionId>{folder}</airsync:CollectionId><Options>\
             <DeleteSubFolders/></Options></EmptyFolderContents>"
        );
        xml(EasCommand::ItemOperations, &operations(&empty));
    }
    xml(
        EasCommand::Settings,
        "<Settings xmlns=\"Settings\"><UserInformation><Get/></UserInformation></Settings>",
    );
    let oof = "<Settings xmlns=\"Settings\"><Oof><Get><BodyType>Text</BodyType></Get></Oof></Settings>";
    xml(EasCommand::Settings, oof);
    xml(
        EasCommand::Provision,
        "<Provision xmlns=\"Provision\"><Policies><Policy><PolicyType>MS-EAS-Provisioning-WBXML</PolicyType>\
         </Policy></Policies></Provision>",
    );
    let mut questions: Vec<_> =
        asked.into_iter().map(|(command, document)| (command, RequestBody::Wbxml(document))).collect();
    for key in keys {
        for folder in folders {
            let ids = || items.iter().filter(|item| item.starts_with(&format!("{folder}:")));
            let mut bodies = vec![String::new()];
            bodies.extend(ids().map(|item| mark(item, true)));
            bodies.extend(ids().map(|item| delete(item)));
            bodies.extend(
                ids().map(|item| format!("<Commands><Fetch><ServerId>{item}</ServerId></Fetch></Commands>")),
            );
            for body in bodies {
                let document = sync_document(&collections(&[(key, folder, &body)]));
                questions.push((EasCommand::Sync, RequestBody::Wbxml(document)));
            }
        }
    }
    let mail = "From: alice@example.com\r\nTo: bob@example.com\r\nSubject: x\r\n\r\nx";
    questions.push((EasCommand::SendMail, RequestBody::Mime(mail.into())));
    questions.extend(EasCommand::ALL.iter().map(|command| (*command, RequestBody::Empty)));
    questions
}

/// Asks everything; no answer shows the canary, and the real mailbox is not asked anything at all.
async fn is_silent(desk: &Desk, items: &[String], keys: &[String]) {
    let version = desk.version;
    let content = || -> Vec<_> {
        let folders = ["INBOX", "Trash", "Junk", "Sent", "Drafts"].map(|name| BackendKey(name.into()));
        folders.iter().map(|folder| desk.mailbox.messages(folder)).collect()
    };
    let (before, calls) = (content(), desk.mailbox.faults().calls().total());
    let folders = desk.world.events("folders").await;
    let mut asked = std::collections::HashSet::new();
    for (command, body) in questions(items, keys) {
        let question = format!("{version} {command:?} {body:?}");
        asked.insert(command);
        match desk.ask(command, body).await {
            Ok(answer) => assert!(!shows(&answer), "{question}: {answer:?}"),
            Err(failure) => assert!(!failure.to_string().contains(CANARY), "{question}: {failure}"),
        }
    }
    assert_eq!(asked.len(), EasCommand::ALL.len(), "a command is not tried");
    assert_eq!(desk.mailbox.faults().calls().total(), calls, "the real mailbox was asked");
    assert!(content() == before && desk.post.sent().is_empty());
    assert_eq!(desk.world.events("folders").await, folders);
}

#[tokio::test(start_paused = true)]
async fn a_phone_that_is_shut_out_sees_nothing_of_the_real_mailbox() {
    for version in ProtocolVersion::SERVED {
        let (mut desk, items, keys) = filled(version).await;
        desk.shut_out().await;
        is_silent(&desk, &items, &keys).await;
    }
}

/// Whatever is remembered of a phone, in memory or on the log, holds nothing that could be shown.
#[tokio::test(start_paused = true)]
async fn nor_does_one_whose_states_were_not_reset() {
    for version in ProtocolVersion::SERVED {
        let (mut desk, items, keys) = filled(version).await;
        desk.shut_out = Some(crate::ascmd::testing::ShutOut::for_days(0));
        is_silent(&desk, &items, &keys).await;
    }
}
