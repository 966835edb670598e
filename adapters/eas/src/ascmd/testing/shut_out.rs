//! A phone that may not synchronise: what is remembered of its notice between two requests.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, Ordering},
};

use async_trait::async_trait;
use syncledger_commands::{abq_set, reset_sync_state};
use syncledger_domain::{
    abq::{DeviceStatus, Key},
    abq_messages::{MessageKind, Messages, Resolved, resolve},
    event::Timestamp,
    ids::{Address, DomainName},
    ports::mailbox::MailboxError,
};

use super::{Desk, NOON, alice};
use crate::dummy::{self, DummyMailbox, Notice, RemembersNotice};

/// What the phone is shown, and what it did with it.
pub(in crate::ascmd) struct ShutOut {
    message: Resolved,
    since: Timestamp,
    read: AtomicBool,
    deleted: AtomicBool,
    noted: Mutex<Vec<String>>,
    log_is_down: AtomicBool,
}

impl ShutOut {
    /// Blocked for so many days, with the built-in message.
    pub(in crate::ascmd) fn for_days(days: i64) -> Arc<Self> {
        let domain = DomainName::new("example.com").unwrap();
        let administrator = "help@example.com";
        let message = resolve(&Messages::default(), &domain, MessageKind::Blocked, None, administrator);
        Arc::new(Self {
            message,
            since: Timestamp::from_seconds(NOON - days * super::DAY),
            read: AtomicBool::default(),
            deleted: AtomicBool::default(),
            noted: Mutex::default(),
            log_is_down: AtomicBool::default(),
        })
    }

    /// As each request gets it anew.
    pub(in crate::ascmd) fn mailbox(self: &Arc<Self>) -> Arc<DummyMailbox> {
        let notice = Notice {
            message: &self.message,
            account: &Address::new("alice@example.com").unwrap(),
            device_id: "Phone1",
            device_type: "Phone",
            user_agent: "Agent/1",
            since: self.since,
            read: self.read.load(Ordering::SeqCst),
            deleted: self.deleted.load(Ordering::SeqCst),
        };
        dummy::mailbox(&notice, Arc::clone(self) as Arc<dyn RemembersNotice>)
    }

    /// Everything noted so far.
    pub(in crate::ascmd) fn noted(&self) -> Vec<String> {
        self.noted.lock().unwrap().clone()
    }

    /// Nothing can be noted, or all again.
    pub(in crate::ascmd) fn set_down(&self, down: bool) {
        self.log_is_down.store(down, Ordering::SeqCst);
    }

    fn note(&self, what: String) -> Result<(), MailboxError> {
        if self.log_is_down.load(Ordering::SeqCst) {
            return Err(MailboxError::Unavailable("the log is down".to_owned()));
        }
        self.noted.lock().unwrap().push(what);
        Ok(())
    }
}

#[async_trait]
impl RemembersNotice for ShutOut {
    async fn read(&self, read: bool) -> Result<(), MailboxError> {
        self.note(format!("read {read}"))?;
        self.read.store(read, Ordering::SeqCst);
        Ok(())
    }

    async fn deleted(&self) -> Result<(), MailboxError> {
        self.note("deleted".to_owned())?;
        self.deleted.store(true, Ordering::SeqCst);
        Ok(())
    }
}

impl Desk {
    /// The phone may not synchronise from now on: its states go, and it is shown the dummy mailbox.
    pub(in crate::ascmd) async fn shut_out(&mut self) -> Arc<ShutOut> {
        let shut_out = ShutOut::for_days(40);
        self.reset().await;
        self.set_status(DeviceStatus::Blocked).await;
        self.shut_out = Some(Arc::clone(&shut_out));
        shut_out
    }

    /// The phone may synchronise again.
    pub(in crate::ascmd) async fn let_in(&mut self) {
        self.reset().await;
        self.set_status(DeviceStatus::Allowed).await;
        self.shut_out = None;
    }

    async fn set_status(&self, status: DeviceStatus) {
        let key = Key { device: (&self.device).into(), account: None };
        let repository = &self.world.services.repository;
        abq_set::run(repository, &self.issuer(), &key, status, None).await.unwrap();
        self.world.settle().await;
    }

    async fn reset(&self) {
        let repository = &self.world.services.repository;
        reset_sync_state::run(repository, &self.issuer(), alice(), &self.device, "access").await.unwrap();
        self.world.settle().await;
    }
}
