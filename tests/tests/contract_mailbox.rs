//! The mailbox's contract, for every backend.

use std::sync::Arc;

use syncledger_domain::ports::mailbox::Mailboxes;
use syncledger_mailbox_cached::CachedMailboxes;
use syncledger_tests::{
    contract::mailbox::{
        Subject,
        imap_world::ImapWorld,
        worlds::{FilesWorld, MemoryWorld},
    },
    mailbox_contract,
};

fn caching(inner: Arc<dyn Mailboxes>) -> Arc<dyn Mailboxes> {
    Arc::new(CachedMailboxes::new(inner, 1 << 20))
}

/// A cache that has to let go of something all the time.
fn hardly_caching(inner: Arc<dyn Mailboxes>) -> Arc<dyn Mailboxes> {
    Arc::new(CachedMailboxes::new(inner, 1 << 10))
}

async fn in_memory() -> Subject {
    Subject::new(MemoryWorld::default())
}

async fn in_files() -> Subject {
    Subject::new(FilesWorld::new().await)
}

async fn cached_in_memory() -> Subject {
    Subject::wrapped(MemoryWorld::default(), caching)
}

async fn cached_in_files() -> Subject {
    Subject::wrapped(FilesWorld::new().await, caching)
}

async fn hardly_cached_in_files() -> Subject {
    Subject::wrapped(FilesWorld::new().await, hardly_caching)
}

async fn on_dovecot() -> Subject {
    Subject::new(ImapWorld::new())
}

/// No extension is used, and folders for drafts, sent mail and trash are made as they are missing.
async fn on_bare_imap() -> Subject {
    Subject::new(ImapWorld::bare())
}

async fn on_dovecot_without_qresync() -> Subject {
    let some = "IMAP4rev1 IDLE LITERAL+ NAMESPACE UIDPLUS CONDSTORE ESEARCH SPECIAL-USE";
    Subject::new(ImapWorld::announcing(some))
}

async fn cached_on_dovecot() -> Subject {
    Subject::wrapped(ImapWorld::new(), caching)
}

mailbox_contract!(memory, in_memory);
mailbox_contract!(files, in_files);
mailbox_contract!(memory_cached, cached_in_memory);
mailbox_contract!(files_cached, cached_in_files);
mailbox_contract!(files_cached_tightly, hardly_cached_in_files);
mailbox_contract!(imap, on_dovecot);
mailbox_contract!(imap_bare, on_bare_imap);
mailbox_contract!(imap_without_qresync, on_dovecot_without_qresync);
mailbox_contract!(imap_cached, cached_on_dovecot);
