//! Notices for administrators, and the mail that brings them some of what happened.
//!
//! A mail is written once, by whichever node comes first, and kept in the log with everything it says; then it is sent
//! and that is recorded. A node that dies in between leaves it to another, which sends the same mail under the same
//! Message-ID. One stream, `notices`.

mod event;

use std::collections::{BTreeMap, VecDeque};

pub use event::{
    MailPrepared, MailRefused, MailSent, MailTaken, NoticeRaised, NoticesEvent, Severity, Topic,
};

use crate::{
    Aggregate,
    event::Position,
    ids::{Address, NodeName},
};

/// Notices remembered; older ones are in the log.
pub const NOTICES_KEPT: usize = 1000;
/// Longest subject, in characters.
pub const SUBJECT_CHARS: usize = 200;
/// Longest text of a mail, in bytes.
pub const TEXT_BYTES: usize = 256 * 1024;
/// Longest text of a notice, in bytes.
pub const NOTICE_BYTES: usize = 4096;

/// Notices and mail.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Notices {
    /// The youngest, oldest first.
    pub recent: VecDeque<NoticeRaised>,
    /// Number of the youngest notice there ever was.
    pub last_id: u64,
    /// Mail that is written and has not left.
    pub outbox: BTreeMap<u64, MailPrepared>,
    /// Number of the youngest mail there ever was.
    pub last_number: u64,
    /// Up to where mail tells of each topic.
    pub told: BTreeMap<Topic, Position>,
}

impl Aggregate for Notices {
    type Event = NoticesEvent;

    fn evolve(&mut self, event: &NoticesEvent) {
        match event {
            NoticesEvent::Raised(raised) => {
                self.last_id = self.last_id.max(raised.id);
                self.recent.push_back(raised.clone());
                while self.recent.len() > NOTICES_KEPT {
                    self.recent.pop_front();
                }
            }
            NoticesEvent::MailPrepared(mail) => {
                self.last_number = self.last_number.max(mail.number);
                let told = self.told.entry(mail.topic).or_default();
                *told = (*told).max(mail.up_to);
                self.outbox.insert(mail.number, mail.clone());
            }
            NoticesEvent::MailTaken(taken) => {
                if let Some(mail) = self.outbox.get_mut(&taken.number) {
                    mail.by = taken.by.clone();
                }
            }
            NoticesEvent::MailSent(MailSent { number })
            | NoticesEvent::MailRefused(MailRefused { number, .. }) => {
                self.outbox.remove(number);
            }
        }
    }
}

impl Notices {
    /// Up to where mail tells of a topic.
    pub fn told(&self, topic: Topic) -> Position {
        self.told.get(&topic).copied().unwrap_or_default()
    }
}

/// A mail to be written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MailDraft {
    /// What it is about.
    pub topic: Topic,
    /// It tells of what came after this, and of nothing mail told before.
    pub after: Position,
    /// It tells of events up to here.
    pub up_to: Position,
    /// To whom.
    pub recipients: Vec<Address>,
    /// Its subject.
    pub subject: String,
    /// Its text.
    pub body: String,
}

/// Raises a notice. Subject and text are cut where they are too long.
pub fn raise(
    notices: &Notices,
    severity: Severity,
    node: Option<&NodeName>,
    subject: &str,
    text: &str,
) -> Vec<NoticesEvent> {
    vec![NoticesEvent::Raised(NoticeRaised {
        id: notices.last_id.saturating_add(1),
        severity,
        node: node.cloned(),
        subject: one_line(subject),
        text: cut_bytes(text, NOTICE_BYTES),
    })]
}

/// As [`raise`]. Nothing happens when one with this subject is among the recent ones.
pub fn raise_once(
    notices: &Notices,
    severity: Severity,
    node: Option<&NodeName>,
    subject: &str,
    text: &str,
) -> Vec<NoticesEvent> {
    let subject = one_line(subject);
    if notices.recent.iter().any(|notice| notice.subject == subject) {
        return Vec::new();
    }
    raise(notices, severity, node, &subject, text)
}

/// Writes a mail. Nothing happens when mail has told of that meanwhile: another node was first.
pub fn prepare(notices: &Notices, draft: &MailDraft, by: &NodeName) -> Vec<NoticesEvent> {
    if notices.told(draft.topic) != draft.after || draft.up_to <= draft.after {
        return Vec::new();
    }
    vec![NoticesEvent::MailPrepared(MailPrepared {
        number: notices.last_number.saturating_add(1),
        topic: draft.topic,
        up_to: draft.up_to,
        recipients: draft.recipients.clone(),
        subject: one_line(&draft.subject),
        body: cut_bytes(&draft.body, TEXT_BYTES),
        by: by.clone(),
    })]
}

/// Takes over the sending of a mail from the node that has it. Nothing happens when it has left, or somebody else took it
/// over.
pub fn take(notices: &Notices, number: u64, from: &NodeName, by: &NodeName) -> Vec<NoticesEvent> {
    let stands = notices.outbox.get(&number).is_some_and(|mail| mail.by == *from) && from != by;
    if stands { vec![NoticesEvent::MailTaken(MailTaken { number, by: by.clone() })] } else { Vec::new() }
}

/// Records that a mail left. Nothing happens when that is known.
pub fn sent(notices: &Notices, number: u64) -> Vec<NoticesEvent> {
    let waits = notices.outbox.contains_key(&number);
    if waits { vec![NoticesEvent::MailSent(MailSent { number })] } else { Vec::new() }
}

/// Records that the mail server refused a mail for good.
pub fn refused(notices: &Notices, number: u64, why: &str) -> Vec<NoticesEvent> {
    let waits = notices.outbox.contains_key(&number);
    let refused = || MailRefused { number, why: one_line(why) };
    if waits { vec![NoticesEvent::MailRefused(refused())] } else { Vec::new() }
}

fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(SUBJECT_CHARS).collect()
}

fn cut_bytes(text: &str, most: usize) -> String {
    let mut end = text.len().min(most);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text[..end].to_owned()
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;
    use crate::testing::given;

    fn node(name: &str) -> NodeName {
        NodeName::new(name).unwrap()
    }

    fn draft(after: u64, up_to: u64) -> MailDraft {
        MailDraft {
            topic: Topic::Quarantine,
            after: Position(after),
            up_to: Position(up_to),
            recipients: vec![Address::new("admin@example.com").unwrap()],
            subject: "new\r\ndevices".to_owned(),
            body: "phone1".to_owned(),
        }
    }

    #[test]
    fn of_two_nodes_that_write_the_same_mail_one_does() {
        let first = given::<Notices>([])
            .when(|it| Ok::<_, Infallible>(prepare(it, &draft(0, 9), &node("one"))))
            .then([NoticesEvent::MailPrepared(MailPrepared {
                number: 1,
                topic: Topic::Quarantine,
                up_to: Position(9),
                recipients: draft(0, 9).recipients,
                subject: "new  devices".to_owned(),
                body: "phone1".to_owned(),
                by: node("one"),
            })]);
        assert!(prepare(&first, &draft(0, 9), &node("two")).is_empty());
        assert!(prepare(&first, &draft(0, 12), &node("two")).is_empty(), "it would tell of some twice");
        assert!(prepare(&first, &draft(9, 9), &node("two")).is_empty());
        assert_eq!(prepare(&first, &draft(9, 12), &node("two")).len(), 1);
    }

    #[test]
    fn a_mail_leaves_once_whoever_sends_it() {
        let mut notices = Notices::default();
        let step = |notices: &mut Notices, events: Vec<NoticesEvent>| {
            for event in &events {
                notices.evolve(event);
            }
            events.len()
        };
        let written = prepare(&notices, &draft(0, 9), &node("one"));
        step(&mut notices, written);
        let taken = take(&notices, 1, &node("one"), &node("two"));
        assert_eq!(step(&mut notices, taken), 1);
        assert!(take(&notices, 1, &node("one"), &node("three")).is_empty(), "somebody else was first");
        let left = sent(&notices, 1);
        assert_eq!(step(&mut notices, left), 1);
        assert!(notices.outbox.is_empty());
        assert!(sent(&notices, 1).is_empty() && refused(&notices, 1, "no").is_empty());
    }

    #[test]
    fn what_is_raised_once_is_known_by_its_subject_as_it_is_kept() {
        let subject = format!("a\n{}", "b".repeat(SUBJECT_CHARS));
        let once = |notices: &Notices| raise_once(notices, Severity::Warning, None, &subject, "text");
        let notices: Notices = crate::event::fold(&once(&Notices::default()));
        assert_eq!(notices.recent.len(), 1);
        assert!(once(&notices).is_empty());
        assert_eq!(raise_once(&notices, Severity::Warning, None, "another", "text").len(), 1);
    }

    #[test]
    fn notices_are_bounded_in_number_and_length() {
        let mut notices = Notices::default();
        for _ in 0..=NOTICES_KEPT {
            for event in raise(&notices, Severity::Warning, None, "a\nb", &"ä".repeat(TEXT_BYTES)) {
                notices.evolve(&event);
            }
        }
        assert_eq!((notices.recent.len(), notices.last_id), (NOTICES_KEPT, 1001));
        let last = notices.recent.back().unwrap();
        assert_eq!((last.subject.as_str(), last.text.len()), ("a b", NOTICE_BYTES));
    }
}
