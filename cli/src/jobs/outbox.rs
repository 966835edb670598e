//! Sends the mail that was written for administrators.
//!
//! The node that wrote a mail sends it, and that is recorded. A mail that another node wrote and has not got out after a
//! while is taken over. Between the mail server's word and the record of it a node can die: then the same message, byte for
//! byte and under the same Message-ID, goes out once more.

use std::{collections::BTreeMap, time::Duration};

use syncledger_commands::{Repository, admin_mail, raise_notice};
use syncledger_domain::{
    Aggregate as _, StoredEvent as _,
    event::{Revision, StreamId, Timestamp},
    ids::{Address, NodeName},
    notices::{MailPrepared, Notices, NoticesEvent, Severity, Topic},
    ports::transport::{Outgoing, SendError},
};
use tokio::time::{Instant, timeout};

use super::{
    Context, letter,
    run::{Job, Wait},
};

/// After this time somebody else's mail is taken over: longer than an attempt to send it takes.
const PATIENCE: Duration = Duration::from_mins(1);
/// After this time it is tried again by a node that has failed with it: or nodes would hand it to and fro.
const LONG_PATIENCE: Duration = Duration::from_mins(15);
/// How long handing a message over may take.
const ATTEMPT: Duration = Duration::from_secs(45);
/// Pause after a failure that may pass; doubles up to the longest.
const FIRST_PAUSE: Duration = Duration::from_secs(5);
const LONGEST_PAUSE: Duration = Duration::from_mins(5);
/// After so many failures administrators find a notice.
const NOTICED: u32 = 4;
/// How often a mail is looked at of which it is not known yet whether it was written here.
const DOUBT: Duration = Duration::from_secs(1);
/// Events read at a time.
const PAGE: usize = 500;

/// The stream of notices, and when its mail was written.
#[derive(Default)]
pub(super) struct History {
    state: Notices,
    next: Option<Revision>,
    written: BTreeMap<u64, Timestamp>,
    last: BTreeMap<Topic, Timestamp>,
}

impl History {
    /// Reads what has come.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub(super) async fn advance(&mut self, repository: &Repository) -> anyhow::Result<()> {
        loop {
            let from = self.next.unwrap_or(Revision(0));
            let page = repository.log().read_stream(&StreamId::notices(), from, PAGE).await?;
            for recorded in &page {
                let event = NoticesEvent::decode(&recorded.event_type, recorded.version, &recorded.payload)?;
                if let NoticesEvent::MailPrepared(mail) = &event {
                    self.written.insert(mail.number, recorded.recorded_at);
                    self.last.insert(mail.topic, recorded.recorded_at);
                }
                self.state.evolve(&event);
                self.next = Some(recorded.revision.next());
            }
            if page.len() < PAGE {
                let outbox = &self.state.outbox;
                self.written.retain(|number, _| outbox.contains_key(number));
                return Ok(());
            }
        }
    }

    /// When the last mail about a topic was written.
    pub(super) fn last(&self, topic: Topic) -> Option<Timestamp> {
        self.last.get(&topic).copied()
    }
}

/// The job.
#[derive(Default)]
pub(super) struct Outbox {
    history: History,
    mails: BTreeMap<u64, Sending>,
    /// Whether there was a round: what lay there before was left by an earlier run of this node.
    begun: bool,
}

/// A mail on its way.
struct Sending {
    by: NodeName,
    /// This process sends it.
    ours: bool,
    since: Instant,
    next: Instant,
    failures: u32,
    /// Recipients that are done with: taken by the mail server, or refused with a reason.
    done: BTreeMap<Address, Option<String>>,
}

impl Job for Outbox {
    const NAME: &'static str = "admin-mail";

    async fn round(&mut self, context: &Context) -> anyhow::Result<Wait> {
        let waits = !context.services.policy.current().notices().outbox.is_empty();
        if !waits && self.history.state.outbox.is_empty() && self.begun {
            return Ok(Wait::change());
        }
        self.history.advance(context.repository()).await?;
        self.take_note(context);
        self.begun = true;
        let mails: Vec<MailPrepared> = self.history.state.outbox.values().cloned().collect();
        let mut next = None;
        for mail in &mails {
            let Some(sending) = self.mails.get_mut(&mail.number) else { continue };
            let mut due = sending.due(&context.services.node);
            if due <= Instant::now() {
                let written = self.history.written.get(&mail.number).copied().unwrap_or_default();
                sending.go_on(context, mail, written).await?;
                due = sending.due(&context.services.node);
            }
            next = next.min(Some(due)).or(Some(due));
        }
        let left = next.map(|next| next.saturating_duration_since(Instant::now()));
        Ok(left.map_or_else(Wait::change, Wait::change_within))
    }
}

impl Outbox {
    /// Compares what is known of mails with what the log says.
    fn take_note(&mut self, context: &Context) {
        let (outbox, node) = (&self.history.state.outbox, &context.services.node);
        self.mails.retain(|number, _| outbox.contains_key(number));
        for (number, mail) in outbox {
            let now = Instant::now();
            let ours = mail.by == *node && (context.has_written(*number) || !self.begun);
            let fresh = || Sending {
                by: mail.by.clone(),
                ours,
                since: now,
                next: now,
                failures: 0,
                done: BTreeMap::new(),
            };
            let sending = self.mails.entry(*number).or_insert_with(fresh);
            if sending.by != mail.by {
                // Others took it over, and what they have done with it is not known here.
                (sending.by, sending.ours, sending.since) = (mail.by.clone(), false, now);
            }
            sending.ours |= ours;
        }
    }
}

impl Sending {
    /// When there is something to do.
    fn due(&self, node: &NodeName) -> Instant {
        if self.ours {
            return self.next;
        }
        let patience = if self.failures > 0 { LONG_PATIENCE } else { PATIENCE };
        let due = self.since + patience;
        // Two nodes may have been given the same name; and one of them may not have taken note yet that it wrote this.
        if self.by == *node { due.min(Instant::now() + DOUBT) } else { due }
    }

    /// Whether this process may send it now. A mail of another is taken over first.
    async fn is_ours(&mut self, context: &Context, mail: &MailPrepared) -> anyhow::Result<bool> {
        let node = &context.services.node;
        if !self.ours && self.since.elapsed() < PATIENCE {
            return Ok(false);
        }
        if self.by != *node {
            let (repository, issuer) = (context.repository(), context.issuer(Outbox::NAME));
            let taken = admin_mail::take(repository, &issuer, mail.number, &self.by, node).await?;
            if taken.appended.is_none() {
                self.since = Instant::now();
                return Ok(false);
            }
            tracing::warn!(mail.number, node.from = %self.by, "taking over a mail another node has not sent");
            self.by = node.clone();
        }
        self.ours = true;
        Ok(true)
    }

    async fn go_on(
        &mut self,
        context: &Context,
        mail: &MailPrepared,
        written: Timestamp,
    ) -> anyhow::Result<()> {
        if !self.is_ours(context, mail).await? {
            return Ok(());
        }
        match self.attempt(context, mail, written).await {
            None => self.finish(context, mail).await,
            Some(reason) => {
                self.failures = self.failures.saturating_add(1);
                let doubled =
                    FIRST_PAUSE.saturating_mul(1_u32.checked_shl(self.failures - 1).unwrap_or(u32::MAX));
                self.next = Instant::now() + doubled.min(LONGEST_PAUSE);
                tracing::warn!(
                    mail.number,
                    failures = self.failures,
                    "mail to administrators is not taken; trying again"
                );
                if self.failures == NOTICED {
                    let what = "does not leave yet";
                    notice(context, mail, Severity::Warning, what, &format!("It is tried again. {reason}"))
                        .await?;
                }
                Ok(())
            }
        }
    }

    /// Hands it over for everybody who has not been done with; why it must be tried again, if so.
    async fn attempt(
        &mut self,
        context: &Context,
        mail: &MailPrepared,
        written: Timestamp,
    ) -> Option<String> {
        let sender = context.sender(&mail.recipients)?;
        let message = letter::compose(mail, &sender, written);
        let mut again = None;
        // One by one: a recipient who is gone must not keep the mail from the others.
        for recipient in &mail.recipients {
            if self.done.contains_key(recipient) {
                continue;
            }
            let Some(transport) = context.transport(recipient, &sender) else {
                let why = "no mail backend is configured for this domain";
                self.done.insert(recipient.clone(), Some(why.to_owned()));
                continue;
            };
            let outgoing = Outgoing {
                from: sender.clone(),
                recipients: vec![recipient.clone()],
                message: message.clone().into(),
            };
            match timeout(ATTEMPT, transport.send(outgoing)).await {
                Ok(Ok(())) => drop(self.done.insert(recipient.clone(), None)),
                Ok(Err(SendError::Unavailable(reason))) => again = Some(reason),
                Ok(Err(refused)) => drop(self.done.insert(recipient.clone(), Some(refused.to_string()))),
                Err(_) => again = Some(format!("no answer for {} s", ATTEMPT.as_secs())),
            }
        }
        again
    }

    /// Records how it ended.
    async fn finish(&mut self, context: &Context, mail: &MailPrepared) -> anyhow::Result<()> {
        let refused: Vec<String> = self
            .done
            .iter()
            .filter_map(|(recipient, why)| Some(format!("{recipient}: {}", why.as_ref()?)))
            .collect();
        if self.done.is_empty() {
            let text = format!("It names nobody who could get or send it.\n\nIts text was:\n\n{}", mail.body);
            notice(context, mail, Severity::Error, "could not be delivered", &text).await?;
        }
        if !refused.is_empty() {
            let what = "could not be delivered";
            let text = format!("{}\n\nIts text was:\n\n{}", refused.join("\n"), mail.body);
            notice(context, mail, Severity::Error, what, &text).await?;
        }
        let (repository, issuer) = (context.repository(), context.issuer(Outbox::NAME));
        if refused.len() == self.done.len() {
            admin_mail::mark_refused(repository, &issuer, mail.number, &refused.join("; ")).await?;
            tracing::error!(mail.number, "mail to administrators is refused; a notice tells why");
        } else {
            admin_mail::mark_sent(repository, &issuer, mail.number).await?;
            tracing::info!(mail.number, mail.topic = %mail.topic, "mail to administrators is sent");
        }
        Ok(())
    }
}

/// Raises a notice about a mail, once.
async fn notice(
    context: &Context,
    mail: &MailPrepared,
    severity: Severity,
    what: &str,
    text: &str,
) -> anyhow::Result<()> {
    let subject = format!("mail {} about {} {what}", mail.number, mail.topic);
    let (repository, issuer) = (context.repository(), context.issuer(Outbox::NAME));
    let node = &context.services.node;
    raise_notice::run_once(repository, &issuer, severity, Some(node), &subject, text).await?;
    Ok(())
}
