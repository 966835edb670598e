//! Promises about indexes.

use std::{collections::HashMap, sync::Arc};

use syncledger_domain::ports::mailbox::{
    BackendKey, FlagChange, FolderIndex, IndexEntry, ItemChange, MailFlags, Mailbox,
};

use super::{Dice, Sample, Subject, flags, full_index};

pub async fn an_index_tells_date_size_and_flags_of_every_item(subject: Subject) {
    let (mailbox, inbox) = (subject.open().await, subject.inbox().await);
    assert!(full_index(&*mailbox, &inbox).await.entries.is_empty());
    for n in 1..=5 {
        let sample = Sample::with_body(n, &"x".repeat(100 * n as usize));
        let id = subject.deliver_sample(&inbox, &sample).await;
        let entry = IndexEntry {
            id: id.clone(),
            fingerprint: MailFlags::default().fingerprint(),
            date: sample.date,
            size: u32::try_from(sample.raw.len()).unwrap(),
        };
        assert_eq!(full_index(&*mailbox, &inbox).await.get(&id), Some(&entry));
    }
    subject.world.set_flags(&inbox, &Sample::new(3), flags("ra")).await;
    let index = full_index(&*mailbox, &inbox).await;
    let states: Vec<MailFlags> =
        index.entries.iter().map(|entry| MailFlags::from_fingerprint(entry.fingerprint)).collect();
    assert_eq!(states.iter().filter(|state| **state == flags("ra")).count(), 1);
    assert_eq!(states.iter().filter(|state| **state == flags("")).count(), 4);
}

pub async fn ids_are_the_same_for_every_handle_and_after_a_restart(subject: Subject) {
    let inbox = subject.inbox().await;
    for n in 0..10 {
        subject.world.deliver(&inbox, &Sample::new(n)).await;
    }
    let one = full_index(&*subject.open().await, &inbox).await;
    let other = full_index(&*subject.open().await, &inbox).await;
    let later = full_index(&*subject.open_after_restart().await, &inbox).await;
    assert_eq!(one.entries.len(), 10);
    assert_eq!(one.entries, other.entries);
    assert_eq!(one.entries, later.entries);
}

pub async fn an_id_is_never_given_to_another_message(subject: Subject) {
    let inbox = subject.inbox().await;
    let mut seen = std::collections::BTreeSet::new();
    for n in 0..10 {
        let id = subject.deliver(&inbox, n).await;
        assert!(seen.insert(id.clone()), "{id} was given before");
        if n % 2 == 0 {
            subject.world.remove(&inbox, &Sample::new(n)).await;
        } else {
            subject.open().await.delete(&inbox, &[id]).await.unwrap()[0].clone().unwrap();
        }
    }
}

pub async fn an_earlier_index_gives_the_same_as_none_whatever_happened_between(subject: Subject) {
    let (mailbox, inbox) = (subject.open().await, subject.inbox().await);
    for seed in 1..=3 {
        let mut mob = Mob::new(seed);
        let mut earlier = None;
        for _ in 0..25 {
            mob.act(&subject, &*mailbox, &inbox).await;
            let incremental = mailbox.index(&inbox, earlier.take()).await.unwrap();
            let full = full_index(&*mailbox, &inbox).await;
            assert_eq!(incremental.entries, full.entries, "seed {seed}");
            assert_eq!(full.entries.len(), mob.present.len(), "seed {seed}");
            earlier = Some(incremental);
        }
        mob.leave(&subject, &inbox).await;
    }
}

pub async fn an_earlier_index_survives_a_restart(subject: Subject) {
    let inbox = subject.inbox().await;
    let mut mob = Mob::new(7);
    for _ in 0..10 {
        mob.act(&subject, &*subject.open().await, &inbox).await;
    }
    let earlier = full_index(&*subject.open().await, &inbox).await;
    for _ in 0..10 {
        mob.act(&subject, &*subject.open().await, &inbox).await;
    }
    let restarted = subject.open_after_restart().await;
    let incremental = restarted.index(&inbox, Some(earlier)).await.unwrap();
    assert_eq!(incremental.entries, full_index(&*subject.open_after_restart().await, &inbox).await.entries);
    let again = restarted.index(&inbox, Some(Arc::clone(&incremental))).await.unwrap();
    assert_eq!(again.entries, incremental.entries);
}

pub async fn equal_tokens_mean_equal_entries(subject: Subject) {
    let (mailbox, inbox) = (subject.open().await, subject.inbox().await);
    let mut by_token: HashMap<String, Arc<FolderIndex>> = HashMap::new();
    let mut mob = Mob::new(11);
    for _ in 0..40 {
        mob.act(&subject, &*mailbox, &inbox).await;
        let index = full_index(&*mailbox, &inbox).await;
        if !index.token.is_empty() {
            let known = by_token.entry(index.token.to_string()).or_insert_with(|| Arc::clone(&index));
            assert_eq!(known.entries, index.entries, "token {}", index.token);
        }
    }
}

/// Others who deliver, flag and remove messages, and we ourselves among them.
struct Mob {
    dice: Dice,
    next: u32,
    present: Vec<u32>,
}

impl Mob {
    fn new(seed: u64) -> Self {
        Self { dice: Dice::new(seed), next: u32::try_from(seed).unwrap() * 1000, present: Vec::new() }
    }

    async fn act(&mut self, subject: &Subject, mailbox: &dyn Mailbox, folder: &BackendKey) {
        for _ in 0..=self.dice.below(3) {
            match self.dice.below(10) {
                0..=3 => self.deliver(subject, folder).await,
                4..=6 => self.flag(subject, folder).await,
                7 => self.remove(subject, folder).await,
                8 => self.flag_as_ourselves(mailbox, folder).await,
                _ => {}
            }
        }
    }

    async fn deliver(&mut self, subject: &Subject, folder: &BackendKey) {
        self.next += 1;
        self.present.push(self.next);
        subject.world.deliver(folder, &Sample::new(self.next)).await;
    }

    async fn flag(&mut self, subject: &Subject, folder: &BackendKey) {
        if self.present.is_empty() {
            return;
        }
        let n = self.present[self.dice.below(self.present.len())];
        let letters = ["", "r", "f", "rf", "ra", "rw", "rfaw"][self.dice.below(7)];
        subject.world.set_flags(folder, &Sample::new(n), flags(letters)).await;
    }

    async fn remove(&mut self, subject: &Subject, folder: &BackendKey) {
        if self.present.is_empty() {
            return;
        }
        let at = self.dice.below(self.present.len());
        let n = self.present.swap_remove(at);
        subject.world.remove(folder, &Sample::new(n)).await;
    }

    async fn flag_as_ourselves(&mut self, mailbox: &dyn Mailbox, folder: &BackendKey) {
        let index = full_index(mailbox, folder).await;
        if index.entries.is_empty() {
            return;
        }
        let entry = &index.entries[self.dice.below(index.entries.len())];
        let change = FlagChange { flagged: Some(self.dice.below(2) == 0), ..FlagChange::default() };
        mailbox.update(folder, &[(entry.id.clone(), ItemChange::Flags(change))]).await.unwrap();
    }

    async fn leave(&mut self, subject: &Subject, folder: &BackendKey) {
        for n in self.present.drain(..) {
            subject.world.remove(folder, &Sample::new(n)).await;
        }
    }
}
