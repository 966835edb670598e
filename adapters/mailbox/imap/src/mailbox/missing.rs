//! Folders that are missing and made: without one for drafts, sent mail or trash a device has nowhere to put these.
//!
//! A folder is made in the user's own namespace (RFC 2342), by its English name, which is the one most mail programs
//! find, with its special use where the server takes that at creation (RFC 6154, "IMAP CREATE Extension"), and
//! subscribed, because many programs show only such. A server that says no is not asked again for hours.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use syncledger_domain::{
    ids::Address,
    ports::mailbox::{Folder, FolderRole, MailboxError},
};
use tokio::time::Instant;

use super::{ImapMailbox, folders::Listing};
use crate::{failure::Failure, session::Session, wire::command::Command};

/// The folders made: role, name, attribute.
const MADE: [(FolderRole, &str, &str); 3] = [
    (FolderRole::Drafts, "Drafts", "\\Drafts"),
    (FolderRole::Sent, "Sent", "\\Sent"),
    (FolderRole::Trash, "Trash", "\\Trash"),
];

/// How long a server that refused is left alone.
const PAUSE: Duration = Duration::from_hours(6);

/// The same after a failure that is a matter of time.
const SHORT_PAUSE: Duration = Duration::from_mins(5);

/// Accounts whose missing folders could not be made, and until when that is not tried again. They stay here, one entry
/// per account, so that each is spoken of once.
#[derive(Debug, Default)]
pub(crate) struct Refusals(Mutex<HashMap<Address, Instant>>);

impl Refusals {
    fn holds(&self, user: &Address) -> bool {
        self.lock().get(user).is_some_and(|until| Instant::now() < *until)
    }

    fn add(&self, user: &Address, why: &Refusal) {
        let known = self.lock().insert(user.clone(), Instant::now() + why.pause()).is_some();
        if known {
            tracing::debug!(account.address = %user, error = %why, "folders are still missing");
        } else {
            let text =
                "a folder for drafts, sent mail or trash is missing and cannot be made: devices do without";
            tracing::warn!(account.address = %user, error = %why, "{text}");
        }
    }

    fn lift(&self, user: &Address) {
        self.lock().remove(user);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Address, Instant>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why a folder was not made.
#[derive(Debug, thiserror::Error)]
enum Refusal {
    /// The server says no, or what it made is of no use.
    #[error("{0}")]
    Lasting(String),
    /// A matter of time.
    #[error("{0}")]
    Passing(String),
}

impl Refusal {
    fn pause(&self) -> Duration {
        match self {
            Self::Lasting(_) => PAUSE,
            Self::Passing(_) => SHORT_PAUSE,
        }
    }
}

impl From<Failure> for Refusal {
    fn from(failure: Failure) -> Self {
        let passes = matches!(failure, Failure::Lost(_)) || failure.may_pass();
        if passes { Self::Passing(failure.to_string()) } else { Self::Lasting(failure.to_string()) }
    }
}

/// The folders of a listing, those included that were missing in it and could be made.
pub(super) async fn complete(mailbox: &ImapMailbox, listing: Listing) -> Result<Vec<Folder>, MailboxError> {
    let account = &mailbox.account;
    let user = account.user();
    let wanted = account.connector.config.make_folders;
    if !wanted || missing(&listing.folders).next().is_none() || account.refusals.holds(user) {
        return Ok(listing.folders);
    }
    let _one_at_a_time = account.creating.lock().await;
    if account.refusals.holds(user) {
        return Ok(listing.folders);
    }
    let made = make(mailbox, &listing).await;
    let now = match &made {
        // Whatever became of the connection: there is a listing to go on with.
        Err(Refusal::Passing(_)) => listing,
        _ => mailbox.list().await?,
    };
    let still = missing(&now.folders).next().map(|(_, name, _)| name);
    match (made, still) {
        (_, None) => account.refusals.lift(user),
        (Err(refusal), _) => account.refusals.add(user, &refusal),
        (Ok(()), Some(name)) => {
            account.refusals.add(user, &Refusal::Lasting(format!("{name} is there and cannot be used")));
        }
    }
    Ok(now.folders)
}

fn missing(folders: &[Folder]) -> impl Iterator<Item = (FolderRole, &'static str, &'static str)> {
    let is_there = |role| folders.iter().any(|folder| folder.role == Some(role));
    MADE.into_iter().filter(move |(role, ..)| !is_there(*role))
}

/// Makes what is missing; the first refusal does not keep the others from being made.
async fn make(mailbox: &ImapMailbox, listing: &Listing) -> Result<(), Refusal> {
    let mut lease = mailbox.account.lease(None).await.map_err(|error| Refusal::Passing(error.to_string()))?;
    let mut outcome = Ok(());
    for (_, name, attribute) in missing(&listing.folders) {
        let name = format!("{}{name}", listing.prefix.as_deref().unwrap_or_default());
        match create(&mut lease, &name, attribute).await {
            Ok(()) => subscribe(&mut lease, &name).await?,
            Err(lost @ Failure::Lost(_)) => return Err(lost.into()),
            Err(refused) => outcome = outcome.and(Err(refused.into())),
        }
    }
    outcome
}

async fn create(session: &mut Session, name: &str, attribute: &str) -> Result<(), Failure> {
    let command = || Command::new("CREATE ").string(name.as_bytes());
    let mut created = Err(None);
    if session.capabilities().has("CREATE-SPECIAL-USE") {
        created = session.run(command().text(format!(" (USE ({attribute}))"))).await.map_err(Some);
    }
    // A server may know the attribute and not let it be given: the name serves as well.
    if matches!(created, Err(None | Some(Failure::Refused(_)))) {
        created = session.run(command()).await.map_err(Some);
    }
    match created {
        Err(Some(failure)) if !failure.has_code(&["ALREADYEXISTS"]) => Err(failure),
        _ => Ok(()),
    }
}

/// A folder without subscription is a folder all the same.
async fn subscribe(session: &mut Session, name: &str) -> Result<(), Failure> {
    match session.run(Command::new("SUBSCRIBE ").string(name.as_bytes())).await {
        Err(Failure::Refused(refused)) => {
            tracing::debug!(answer = %refused.text, "a new folder cannot be subscribed");
            Ok(())
        }
        answer => answer.map(drop),
    }
}
