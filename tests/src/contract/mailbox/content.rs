//! Promises about what is in messages.

use std::fmt::Write;

use syncledger_domain::{ids::ItemId, ports::mailbox::FetchPart};

use super::{Sample, Subject, fetch, fetch_part, flags, unknown_id};

pub async fn a_window_comes_byte_for_byte_without_the_items_that_are_gone(subject: Subject) {
    let (mailbox, inbox) = (subject.open().await, subject.inbox().await);
    let mut window = Vec::new();
    for n in 0..20 {
        window.push((subject.deliver(&inbox, n).await, Sample::new(n)));
    }
    subject.world.set_flags(&inbox, &Sample::new(4), flags("rf")).await;
    let mut ids: Vec<ItemId> = window.iter().map(|(id, _)| id.clone()).collect();
    ids.push(unknown_id());
    for gone in [3, 11] {
        subject.world.remove(&inbox, &Sample::new(gone)).await;
    }
    window.retain(|(_, sample)| ![3, 11].map(|n| Sample::new(n).message_id).contains(&sample.message_id));
    window.sort_by(|(a, _), (b, _)| a.cmp(b));

    let fetched = fetch(&*mailbox, &inbox, &ids).await;
    assert_eq!(fetched.len(), window.len());
    for (item, (id, sample)) in fetched.iter().zip(&window) {
        let letters = if sample.message_id == Sample::new(4).message_id { "rf" } else { "" };
        assert_eq!((&item.id, &item.content, item.date), (id, &sample.raw, sample.date));
        assert_eq!(item.fingerprint, flags(letters).fingerprint());
        assert_eq!(item.size as usize, sample.raw.len());
    }
}

pub async fn a_large_message_comes_byte_for_byte(subject: Subject) {
    let (mailbox, inbox) = (subject.open().await, subject.inbox().await);
    let mut body = String::new();
    for line in 0..60_000 {
        write!(body, "line {line} of many, with é and ü and =3D and . and From \r\n").unwrap();
    }
    // Lines that protocols give a meaning.
    body.push_str(".\r\n..\r\nFrom here\r\n)\r\n* BYE\r\n{5}\r\n");
    let sample = Sample::with_body(1, &body);
    let id = subject.deliver_sample(&inbox, &sample).await;
    assert!(fetch(&*mailbox, &inbox, &[id]).await[0].content == sample.raw, "content differs");
}

pub async fn a_prefix_is_the_beginning_and_has_the_whole_header(subject: Subject) {
    let (mailbox, inbox) = (subject.open().await, subject.inbox().await);
    let sample = Sample::with_body(1, &"text\r\n".repeat(5000));
    let id = subject.deliver_sample(&inbox, &sample).await;
    let header = sample.raw.windows(4).position(|w| w == b"\r\n\r\n").unwrap() + 4;
    for wanted in [0, 1, 100, 2000, 10_000, u32::try_from(sample.raw.len()).unwrap(), u32::MAX] {
        let items = fetch_part(&*mailbox, &inbox, std::slice::from_ref(&id), FetchPart::Prefix(wanted)).await;
        let content = &items[0].content;
        assert!(sample.raw.starts_with(content), "Prefix({wanted}) is no beginning");
        assert!(
            content.len() >= header.max(sample.raw.len().min(wanted as usize)),
            "Prefix({wanted}) is short"
        );
        assert_eq!(items[0].size as usize, sample.raw.len());
    }
}

pub async fn an_empty_window_is_empty(subject: Subject) {
    let (mailbox, inbox) = (subject.open().await, subject.inbox().await);
    subject.deliver(&inbox, 1).await;
    assert!(fetch(&*mailbox, &inbox, &[]).await.is_empty());
    assert!(mailbox.update(&inbox, &[]).await.unwrap().is_empty());
    assert!(mailbox.delete(&inbox, &[]).await.unwrap().is_empty());
    let trash = subject.folder(syncledger_domain::ports::mailbox::FolderRole::Trash).await;
    assert!(mailbox.move_items(&inbox, &[], &trash).await.unwrap().is_empty());
}

pub async fn a_search_finds_messages_with_every_word_newest_first(subject: Subject) {
    let (mailbox, inbox) = (subject.open().await, subject.inbox().await);
    let mut ids = Vec::new();
    // Delivered in another order than their dates, so that order of arrival is no answer.
    for (n, body) in [(2, "apples and pears"), (4, "Apples only"), (1, "pears and APPLES"), (3, "neither")] {
        ids.push(subject.deliver_sample(&inbox, &Sample::with_body(n, &format!("{body}\r\n"))).await);
    }
    let search = async |words: &[&str], limit| {
        let words: Vec<String> = words.iter().map(ToString::to_string).collect();
        mailbox.search(&inbox, &words, limit).await.unwrap()
    };
    assert_eq!(search(&["apples"], 10).await, [ids[1].clone(), ids[0].clone(), ids[2].clone()]);
    assert_eq!(search(&["apples", "pears"], 10).await, [ids[0].clone(), ids[2].clone()]);
    assert_eq!(search(&["apples"], 1).await, [ids[1].clone()]);
    assert_eq!(search(&["apples", "Sample 1"], 10).await, [ids[2].clone()]);
    assert!(search(&["oranges"], 10).await.is_empty());
    assert!(search(&["apples"], 0).await.is_empty());
}

pub async fn words_to_search_are_words_and_nothing_else(subject: Subject) {
    let (mailbox, inbox) = (subject.open().await, subject.inbox().await);
    let other = subject.deliver(&inbox, 1).await;
    for word in ["\" OR ALL", "a\r\nx LOGOUT", "\\", "{3}", "NOT", "*", "%", ".*", "café\u{301}"] {
        let hits = mailbox.search(&inbox, &[word.to_owned()], 10).await;
        // A backend may refuse such a word; it must not find what does not have it.
        assert!(!hits.is_ok_and(|hits| hits.contains(&other)), "{word:?} found a message without it");
    }
    assert_eq!(mailbox.search(&inbox, &["Sample".to_owned()], 10).await.unwrap(), [other]);
}
