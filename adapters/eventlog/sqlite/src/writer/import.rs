//! Taking in the events of another log.

use syncledger_domain::{
    event::{Position, RecordedEvent, chain},
    ports::event_log::ImportError,
};

use super::{Writer, group::Group};
use crate::live::announce;

impl Writer {
    pub(super) async fn import(
        &mut self,
        first: bool,
        events: Vec<RecordedEvent>,
    ) -> Result<(), ImportError> {
        match self.try_import(first, events).await {
            Ok(outcome) => outcome,
            Err(error) => {
                self.give_up(&error);
                Err(ImportError::Unavailable(error.to_string()))
            }
        }
    }

    /// The outer error is ours, the inner one the imported log's.
    async fn try_import(
        &mut self,
        first: bool,
        events: Vec<RecordedEvent>,
    ) -> Result<Result<(), ImportError>, sqlx::Error> {
        let mut group = self.begin().await?;
        if first && group.head() != Position::START {
            return Ok(Err(ImportError::NotEmpty(group.head())));
        }
        group.load_ends(events.iter().map(|event| &event.stream)).await?;
        for event in events {
            if let Err(refused) = take(&mut group, event) {
                // What was taken of this batch goes with the transaction, and so must what is remembered of it.
                drop(group);
                self.ends.forget();
                return Ok(Err(refused));
            }
        }
        let head = group.commit().await?;
        announce(&self.live, head);
        Ok(Ok(()))
    }
}

fn take(group: &mut Group<'_>, event: RecordedEvent) -> Result<(), ImportError> {
    let refuse = |reason: String| ImportError::Broken {
        event: event.event_id,
        stream: event.stream.clone(),
        revision: event.revision,
        reason,
    };
    if event.position <= group.head() {
        return Err(refuse(format!("position {} does not come after {}", event.position, group.head())));
    }
    if i64::try_from(event.position.0).is_err() {
        return Err(refuse(format!("position {} is out of range", event.position)));
    }
    chain::check(group.end(&event.stream), &event).map_err(|broken| refuse(broken.to_string()))?;
    group.accept(vec![event]);
    Ok(())
}
