//! IMAP and SMTP servers as the configuration names them.

use std::sync::Arc;

use syncledger_domain::ports::{mailbox::Mailboxes, transport::Transport};

use crate::config::{ImapSection, SmtpSection};

pub(crate) fn imap(_section: &ImapSection) -> anyhow::Result<Arc<dyn Mailboxes>> {
    anyhow::bail!("under construction")
}

pub(crate) fn smtp(_section: &SmtpSection) -> anyhow::Result<Arc<dyn Transport>> {
    anyhow::bail!("under construction")
}
