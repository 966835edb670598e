//! Sync: items, both ways. MS-ASCMD, "Sync".
//!
//! [`Phone::sync_folder`] does what phones do: from whatever key there is, window after window, until nothing is
//! left. [`Phone::sync_once`] is a single request, for those who want to look closely.

mod outcome;
mod request;
mod response;
mod rounds;
#[cfg(test)]
mod tests;

use std::time::Duration;

use syncledger_wbxml::Element;

use crate::{
    Phone,
    error::Error,
    store::{Anomaly, KEY_ZERO, Sent, apply},
    wire::{Command, Exchange, Params},
};
pub use outcome::{CollectionOutcome, Fetched, Replied, SyncOutcome};
pub use request::{CollectionRequest, OptionsChoice, SyncOptions, SyncRequest, Wait};
pub(crate) use response::{CollectionAnswer, Reply, ServerCommand};
use response::{SyncAnswer, parse};
pub use rounds::SyncRun;

impl Phone {
    /// One request. User changes that wait are sent along, see [`Phone::queue`]; if the answer is lost for good,
    /// the next request for the collection repeats them exactly.
    ///
    /// # Errors
    /// Any, a common Status (100 and above) included. The command's own statuses are in the outcome, and have had
    /// their effect on the memory: 3 has reset the collection.
    pub async fn sync_once(&mut self, request: &SyncRequest) -> Result<SyncOutcome, Error> {
        let version = self.version().await?;
        let (element, sent) = self.prepare(version, request)?;
        let params = self.sync_params(request.wait);
        let exchange = self.call(Command::Sync, Some(element), params).await?;
        let named = sent.iter().map(|sent| sent.id.clone());
        if request.partial {
            let new: Vec<_> = named.filter(|id| !self.state.synced.contains(id)).collect();
            self.state.synced.extend(new);
        } else {
            self.state.synced = named.collect();
        }
        let mut asked = sent;
        if request.partial {
            asked.extend(self.remembered(&asked));
        }
        self.digest(&exchange, &asked)
    }

    /// The last request again, as an empty body: for a phone that has nothing new to say. `wait` must be that
    /// request's, so that the phone is as patient. Status 13 means that the server has forgotten it.
    ///
    /// # Errors
    /// As [`Phone::sync_once`].
    pub async fn sync_empty(&mut self, wait: Option<Wait>) -> Result<SyncOutcome, Error> {
        let asked = self.remembered(&[]);
        let params = self.sync_params(wait);
        let exchange = self.call(Command::Sync, None, params).await?;
        self.digest(&exchange, &asked)
    }

    /// Keeps changes of the user until the next Sync of their folder.
    pub fn queue(&mut self, folder: &str, changes: impl IntoIterator<Item = crate::store::ClientCommand>) {
        self.state.collections.entry(folder.to_owned()).or_default().queue.extend(changes);
    }

    /// Keeps an item of the user for the next Sync; `data` is its `ApplicationData`. Returns its `ClientId`.
    pub fn queue_add(&mut self, folder: &str, data: Element) -> String {
        let client_id = self.next_client_id();
        let data = crate::store::Document(data);
        self.queue(folder, [crate::store::ClientCommand::Add { client_id: client_id.clone(), data }]);
        client_id
    }

    /// Forgets a collection's items and key, as if the user had switched the folder off and on.
    pub fn restart_collection(&mut self, folder: &str) {
        if let Some(collection) = self.state.collections.get_mut(folder) {
            collection.restart();
        }
    }

    fn sync_params(&self, wait: Option<Wait>) -> Params {
        match wait {
            Some(wait) => Params::waiting(wait.duration(), self.config.timeouts.grace),
            None => Params::default(),
        }
    }

    /// Collections the server has in its cache, beyond those in `named`.
    fn remembered(&self, named: &[Sent]) -> Vec<Sent> {
        let others = self.state.synced.iter().filter(|id| named.iter().all(|sent| sent.id != **id));
        others
            .filter_map(|id| {
                let collection = self.state.collections.get(id)?;
                Some(Sent {
                    id: id.clone(),
                    key: collection.key.clone(),
                    get_changes: true,
                    window: 512,
                    commands: Vec::new(),
                    fetch: Vec::new(),
                    body: None,
                })
            })
            .collect()
    }

    /// Reads an answer and lets it take effect.
    fn digest(&mut self, exchange: &Exchange, asked: &[Sent]) -> Result<SyncOutcome, Error> {
        let answer = match &exchange.body {
            Some(body) => parse(body).map_err(|what| Error::protocol(Command::Sync, what))?,
            None => SyncAnswer::default(),
        };
        let mut outcome = SyncOutcome {
            status: answer.status,
            limit: answer.limit,
            empty: exchange.body.is_none(),
            collections: Vec::new(),
            bytes_out: exchange.bytes_out,
            bytes_in: exchange.bytes_in,
            duration: exchange.duration,
        };
        let refused = answer.status.is_some_and(|status| status != 1) && answer.collections.is_empty();
        for collection in answer.collections {
            let id = collection.collection_id.clone().unwrap_or_default();
            match asked.iter().find(|sent| sent.id == id) {
                Some(_) if outcome.collection(&id).is_some() => {
                    self.state.note(Anomaly::UnaskedCollection { collection: id });
                }
                Some(sent) => outcome.collections.push(self.digest_collection(sent, collection)),
                None => self.state.note(Anomaly::UnaskedCollection { collection: id }),
            }
        }
        if !refused {
            for sent in asked {
                if outcome.collection(&sent.id).is_none() {
                    outcome.collections.extend(self.digest_silence(sent));
                }
            }
        }
        Ok(outcome)
    }

    fn digest_collection(&mut self, sent: &Sent, answer: CollectionAnswer) -> CollectionOutcome {
        let keep_bodies = self.config.keep_bodies;
        let collection = self.state.collections.entry(sent.id.clone()).or_default();
        let (outcome, anomalies) = match answer.status {
            Some(1) => apply(collection, sent, answer, keep_bodies),
            Some(3) => {
                collection.restart();
                let mut wrong = Vec::new();
                if sent.key == KEY_ZERO {
                    wrong.push(Anomaly::KeyZeroRefused { collection: sent.id.clone() });
                } else {
                    self.state.resyncs_from_zero += 1;
                }
                (CollectionOutcome::new(&sent.id, &sent.key, 3), wrong)
            }
            Some(status) => (CollectionOutcome::new(&sent.id, &sent.key, status), Vec::new()),
            None => {
                let wrong = vec![Anomaly::NoStatus { collection: sent.id.clone() }];
                (CollectionOutcome::new(&sent.id, &sent.key, 0), wrong)
            }
        };
        for anomaly in anomalies {
            self.state.note(anomaly);
        }
        outcome
    }

    /// A collection that is not in the answer: nothing has changed, and its key stands.
    fn digest_silence(&mut self, sent: &Sent) -> Option<CollectionOutcome> {
        if sent.key == KEY_ZERO {
            self.state.note(Anomaly::NoAnswerToKeyZero { collection: sent.id.clone() });
            return None;
        }
        let silent = CollectionAnswer {
            sync_key: Some(sent.key.clone()),
            collection_id: Some(sent.id.clone()),
            status: Some(1),
            ..CollectionAnswer::default()
        };
        let collection = self.state.collections.entry(sent.id.clone()).or_default();
        collection.complete |= sent.get_changes;
        let news_promised = collection.pinged;
        let asked_something = !sent.commands.is_empty() || !sent.fetch.is_empty();
        (asked_something || news_promised).then(|| self.digest_collection(sent, silent))
    }
}

impl Wait {
    /// As a span of time.
    pub fn duration(self) -> Duration {
        match self {
            Self::Minutes(minutes) => Duration::from_secs(u64::from(minutes) * 60),
            Self::Heartbeat(secs) => Duration::from_secs(secs.into()),
        }
    }
}
