//! The one task that writes.
//!
//! It takes everything that has queued up and commits it in one transaction ([`group`]): under load the price of
//! flushing the disk is shared, without load nobody waits for company. When anything goes wrong the whole
//! transaction is given up, everybody in it is told `Unavailable`, and the next one starts on a new connection.

mod ends;
mod group;
mod import;
mod insert;

use std::sync::Arc;

use sqlx::{ConnectOptions, Connection, SqliteConnection, sqlite::SqliteConnectOptions};
use tokio::sync::{mpsc, oneshot, watch};

use syncledger_domain::{
    event::RecordedEvent,
    ports::event_log::{Append, AppendError, Appended, ImportError},
};

use crate::live::{Live, announce};
use ends::Ends;
use group::Group;

/// Appends that may wait for the writer, and the most it commits at once.
const QUEUE: usize = 256;

/// What the writer can be asked to do.
#[derive(Debug)]
pub(crate) enum Request {
    /// Append a batch that has passed the check of its size.
    Append { append: Append, answer: oneshot::Sender<Result<Appended, AppendError>> },
    /// Take in a batch of recorded events.
    Import { first: bool, events: Vec<RecordedEvent>, answer: oneshot::Sender<Result<(), ImportError>> },
    /// Finish what is queued, then close the file.
    Close(oneshot::Sender<()>),
}

/// Starts the task. It ends when it is asked to, or when nobody can ask it anything any more.
pub(crate) fn spawn(
    connection: SqliteConnection,
    options: SqliteConnectOptions,
    live: Arc<watch::Sender<Live>>,
) -> mpsc::Sender<Request> {
    let (requests, queue) = mpsc::channel(QUEUE);
    let writer = Writer { connection: Some(connection), options, ends: Ends::default(), live };
    tokio::spawn(writer.run(queue));
    requests
}

struct Writer {
    /// `None` after a failure, until it is needed again.
    connection: Option<SqliteConnection>,
    options: SqliteConnectOptions,
    ends: Ends,
    live: Arc<watch::Sender<Live>>,
}

type Answer = oneshot::Sender<Result<Appended, AppendError>>;

impl Writer {
    async fn run(mut self, mut queue: mpsc::Receiver<Request>) {
        let mut taken = Vec::with_capacity(QUEUE);
        let mut closers = Vec::new();
        while queue.recv_many(&mut taken, QUEUE).await > 0 {
            let mut appends = Vec::new();
            for request in taken.drain(..) {
                match request {
                    Request::Append { append, answer } => appends.push((append, answer)),
                    Request::Import { first, events, answer } => {
                        self.commit(std::mem::take(&mut appends)).await;
                        let _ = answer.send(self.import(first, events).await);
                    }
                    Request::Close(done) => {
                        queue.close();
                        closers.push(done);
                    }
                }
            }
            self.commit(appends).await;
        }
        if let Some(connection) = self.connection
            && let Err(error) = connection.close().await
        {
            tracing::warn!(error = %error, "event log was not closed cleanly; nothing acknowledged is lost");
        }
        for done in closers {
            let _ = done.send(());
        }
    }

    /// Commits appends in one transaction and answers each. Who asked may be gone; what was decided stays decided.
    async fn commit(&mut self, appends: Vec<(Append, Answer)>) {
        if appends.is_empty() {
            return;
        }
        let (appends, answers): (Vec<_>, Vec<_>) = appends.into_iter().unzip();
        match self.try_commit(appends).await {
            Ok(outcomes) => {
                for (answer, outcome) in answers.into_iter().zip(outcomes) {
                    let _ = answer.send(outcome);
                }
            }
            Err(error) => {
                self.give_up(&error);
                for answer in answers {
                    let _ = answer.send(Err(AppendError::Unavailable(error.to_string())));
                }
            }
        }
    }

    async fn try_commit(
        &mut self,
        appends: Vec<Append>,
    ) -> Result<Vec<Result<Appended, AppendError>>, sqlx::Error> {
        let mut group = self.begin().await?;
        group.load_ends(appends.iter().map(|append| &append.stream)).await?;
        let mut outcomes = Vec::with_capacity(appends.len());
        for append in appends {
            outcomes.push(group.append(append).await?);
        }
        let head = group.commit().await?;
        announce(&self.live, head);
        Ok(outcomes)
    }

    async fn begin(&mut self) -> Result<Group<'_>, sqlx::Error> {
        let connection = match self.connection.take() {
            Some(connection) => connection,
            None => self.options.connect().await?,
        };
        Group::begin(self.connection.insert(connection), &mut self.ends).await
    }

    /// After a failure nothing remembered is trusted, the connection least of all.
    fn give_up(&mut self, error: &sqlx::Error) {
        tracing::error!(error = %error, "event log could not be written");
        self.connection = None;
        self.ends.forget();
    }
}
