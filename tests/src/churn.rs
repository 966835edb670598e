//! Load with a known outcome: phones and other programs work on one mailbox at random, each on messages of its own,
//! while the test kills the node. Afterwards every message must be exactly where its owner left it, exactly once.

#![expect(clippy::missing_panics_doc, reason = "helpers of tests: a panic is how they fail")]

use std::{
    collections::BTreeMap,
    hash::{BuildHasher, RandomState},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use syncledger_simulator::{
    Fault, Keep, Phone,
    ascmd::move_items::{MOVED, Move},
    store::ClientCommand,
};

use crate::{
    mail::{Mail, Message, Stored},
    servers::wait_until,
    world::{ALICE, BOB, folder, item, sync_all},
};

/// Numbers that differ from run to run; the seed is printed with the test's output.
pub struct Dice(u64);

impl Dice {
    /// With a fresh seed.
    pub fn new(whose: &str) -> Self {
        let seed = RandomState::new().hash_one(whose) | 1;
        println!("{whose}: seed {seed}");
        Self(seed)
    }

    /// Less than `bound` (xorshift; nothing here needs more).
    pub fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }

    fn of<'a, T>(&mut self, all: &'a [T]) -> Option<&'a T> {
        let count = u64::try_from(all.len()).expect("few").max(1);
        all.get(usize::try_from(self.below(count)).expect("few"))
    }
}

/// What somebody believes about his messages: their subjects, and where they are in which state. A message that is
/// gone for good is `None`.
pub type Belief = BTreeMap<String, Option<Stored>>;

/// What a churn came to.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Alice's messages.
    pub messages: Belief,
    /// Subjects of messages to Bob.
    pub sent: Vec<String>,
    /// Rounds made.
    pub rounds: u64,
}

/// Delivers messages of one owner; all in the Inbox, unread.
pub fn deliver_for(mail: &dyn Mail, owner: &str, count: u32) -> Belief {
    let subjects = (0..count).map(|n| format!("{owner} {n}"));
    let believed = subjects.map(|subject| {
        mail.deliver("Inbox", &Message::new(&subject).bytes());
        (subject.clone(), Some(unread(&subject)))
    });
    believed.collect()
}

fn unread(subject: &str) -> Stored {
    Stored { folder: "Inbox".to_owned(), subject: subject.to_owned(), read: false, flagged: false }
}

/// Another program: delivers, flags and removes messages of its own until told to stop. Blocking.
pub fn by_another_program(mail: &dyn Mail, stop: &AtomicBool, pause: Duration) -> Outcome {
    let mut dice = Dice::new("another program");
    let mut outcome = Outcome::default();
    while !stop.load(Relaxed) {
        outcome.rounds += 1;
        let there: Vec<String> = outcome
            .messages
            .iter()
            .filter(|(_, state)| state.is_some())
            .map(|(name, _)| name.clone())
            .collect();
        match (dice.below(5), dice.of(&there)) {
            (0..=2, _) | (_, None) => {
                let subject = format!("disk {}", outcome.rounds);
                mail.deliver("Inbox", &Message::new(&subject).bytes());
                outcome.messages.insert(subject.clone(), Some(unread(&subject)));
            }
            (3, Some(subject)) => {
                let (read, flagged) = (dice.below(2) == 0, dice.below(2) == 0);
                mail.set_flags("Inbox", subject, read, flagged);
                outcome.messages.insert(subject.clone(), Some(Stored { read, flagged, ..unread(subject) }));
            }
            (_, Some(subject)) => {
                mail.remove("Inbox", subject);
                outcome.messages.insert(subject.clone(), None);
            }
        }
        std::thread::sleep(pause);
    }
    outcome
}

/// Makes a phone repeat a request until the node is back, however often it dies meanwhile.
pub fn make_patient(phone: &mut Phone) {
    let repeat = &mut phone.config_mut().repeat;
    repeat.times = 3000;
    repeat.pause = Duration::from_millis(20);
    repeat.longest_pause = Duration::from_millis(100);
}

/// A user: marks, flags, deletes and moves messages of his own and sends new ones until told to stop. Every request is
/// repeated until it is answered.
pub async fn by_phone(phone: &mut Phone, mut messages: Belief, stop: Arc<AtomicBool>) -> Outcome {
    let name = phone.config().device_id.clone();
    let mut dice = Dice::new(&name);
    let mut outcome = Outcome::default();
    sync_all(phone).await;
    while !stop.load(Relaxed) {
        outcome.rounds += 1;
        for _ in 0..=dice.below(3) {
            change(phone, &mut messages, &mut dice).await;
        }
        if dice.below(4) == 0 {
            outcome.sent.push(send(phone, &name, outcome.rounds).await);
        }
        if dice.below(3) == 0 {
            phone.inject(None, mishap(&mut dice));
        }
        if dice.below(8) == 0 {
            phone.folder_sync_from_zero().await.expect("FolderSync");
        }
        sync_all(phone).await;
    }
    sync_all(phone).await;
    outcome.messages = messages;
    outcome
}

async fn change(phone: &mut Phone, messages: &mut Belief, dice: &mut Dice) {
    let in_reach = |stored: &&Stored| ["Inbox", "Projects"].contains(&stored.folder.as_str());
    let mine: Vec<Stored> = messages.values().flatten().filter(in_reach).cloned().collect();
    let Some(chosen) = dice.of(&mine) else { return };
    let here = folder(phone, &chosen.folder);
    let server_id = item(phone, &here, &chosen.subject);
    let mut now = chosen.clone();
    match dice.below(10) {
        0..=3 => {
            now.read = !now.read;
            phone.queue(&here, [ClientCommand::SetRead { server_id, read: now.read }]);
        }
        4..=7 => {
            now.flagged = !now.flagged;
            phone.queue(&here, [ClientCommand::SetFlag { server_id, flagged: now.flagged }]);
        }
        8 if dice.below(3) == 0 => {
            "Trash".clone_into(&mut now.folder);
            phone.queue(&here, [ClientCommand::Delete { server_id }]);
            phone.sync_folder(&here).await.expect("Sync");
        }
        _ => {
            let other = if chosen.folder == "Inbox" { "Projects" } else { "Inbox" };
            other.clone_into(&mut now.folder);
            // What waits for the message comes before it leaves.
            phone.sync_folder(&here).await.expect("Sync");
            let wanted = Move { server_id, from_folder: here, to_folder: folder(phone, other) };
            let moved = phone.move_items(&[wanted]).await.expect("MoveItems");
            // 1: it had moved when the node died, before that was written down; the next Sync tells.
            assert!([MOVED, 1].contains(&moved[0].status), "{moved:?}");
            sync_all(phone).await;
        }
    }
    messages.insert(now.subject.clone(), Some(now));
}

/// What happens to phones besides: an answer is lost, the connection breaks, a request goes out twice.
fn mishap(dice: &mut Dice) -> Fault {
    match dice.below(4) {
        0 => Fault::LoseAnswer,
        1 => Fault::HangUp,
        2 => Fault::Duplicate(Keep::First),
        _ => Fault::Duplicate(Keep::Last),
    }
}

async fn send(phone: &mut Phone, name: &str, round: u64) -> String {
    let subject = format!("sent by {name} {round}");
    let message = Message { from: ALICE.to_owned(), to: BOB.to_owned(), ..Message::new(&subject) };
    let mime = String::from_utf8_lossy(&message.bytes()).replace('\n', "\r\n");
    // A repetition may be told that the message is on its way already: that is success, too.
    phone.send_mail(mime.as_bytes(), true).await.expect("SendMail");
    subject
}

/// How often a message to Bob may arrive.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Arrival {
    /// Once: delivery is ours.
    Once,
    /// Once, but for messages on their way to a mail server at the very moment the node died: those may come again,
    /// with the same Message-ID.
    AtLeastOnce,
}

/// Every message of every owner is where it was left, once, and so are the sent ones and their copies.
#[track_caller]
pub fn assert_nothing_lost_or_doubled(
    outcomes: &[Outcome],
    alice: &dyn Mail,
    bob: &dyn Mail,
    arrival: Arrival,
) {
    let sent: Vec<&String> = outcomes.iter().flat_map(|outcome| &outcome.sent).collect();
    let believed = outcomes.iter().flat_map(|outcome| outcome.messages.values()).flatten().cloned();
    let copies = sent.iter().map(|subject| Stored {
        folder: "Sent".to_owned(),
        subject: (*subject).clone(),
        read: true,
        flagged: false,
    });
    let expected: Vec<Stored> = believed.chain(copies).collect();
    assert_same("in Alice's mailbox", &alice.stored(), &expected);

    let sent: Vec<String> = sent.into_iter().cloned().collect();
    // Delivery by a mail server takes its time.
    let arrived = wait_until("all messages to arrive", || {
        let mut arrived: Vec<String> = bob.stored().into_iter().map(|stored| stored.subject).collect();
        sent.iter().all(|subject| arrived.contains(subject)).then(|| {
            arrived.sort();
            if arrival == Arrival::AtLeastOnce {
                arrived.dedup();
            }
            arrived
        })
    });
    assert_same("with Bob", &arrived, &sent);
}

/// Says only what differs, since there is much.
#[track_caller]
fn assert_same<T: Ord + std::fmt::Debug>(where_: &str, there: &[T], expected: &[T]) {
    let count = |list: &[T], one: &T| list.iter().filter(|other| *other == one).count();
    let off = |one: &&T| count(there, one) != count(expected, one);
    let mut wrong: Vec<&T> = there.iter().chain(expected).filter(off).collect();
    wrong.sort();
    wrong.dedup();
    let wrong: Vec<_> = wrong
        .iter()
        .map(|one| format!("{one:?}: {} times, expected {}", count(there, one), count(expected, one)))
        .collect();
    assert!(wrong.is_empty(), "{where_}: {wrong:#?}");
}
