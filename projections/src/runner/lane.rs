//! One view being kept up.

use syncledger_domain::{
    event::Position,
    ports::{
        event_log::EventLog,
        views::{Batch, ViewError, ViewStore},
    },
};

use super::PAGE;
use crate::{
    ProjectionError,
    projection::{LogEntry, Projection, RowBuffer, Rows},
};

pub(super) struct Lane {
    pub(super) projection: Box<dyn Projection>,
    pub(super) buffer: RowBuffer,
    pub(super) checkpoint: Position,
}

impl Lane {
    /// Takes over the events that follow `after` without a hole.
    pub(super) async fn take(
        &mut self,
        log: &dyn EventLog,
        store: &dyn ViewStore,
        after: Position,
        entries: &[LogEntry],
    ) -> Result<(), ProjectionError> {
        loop {
            // Somebody dropped the view meanwhile: what lies before these events has to be read again.
            while self.checkpoint < after {
                let page = log.read_all(self.checkpoint, None, PAGE).await?;
                let before: Vec<_> =
                    page.into_iter().filter(|event| event.position <= after).map(LogEntry::new).collect();
                if before.is_empty() {
                    break;
                }
                self.apply(store, &before).await?;
            }
            if self.apply(store, entries).await? {
                return Ok(());
            }
        }
    }

    /// Applies what lies beyond the checkpoint in one transaction. `false` when another process was there first: the
    /// checkpoint is read anew then.
    async fn apply(&mut self, store: &dyn ViewStore, entries: &[LogEntry]) -> Result<bool, ProjectionError> {
        let fresh = &entries[entries.partition_point(|entry| entry.recorded.position <= self.checkpoint)..];
        let Some(to) = fresh.last().map(|entry| entry.recorded.position) else { return Ok(true) };
        let view = self.projection.view().stored;
        let mut rows = Rows { store, view, buffer: &mut self.buffer };
        for entry in fresh {
            self.projection.fold(entry, &mut rows).await?;
        }
        let batch = Batch { view, from: self.checkpoint, to, changes: self.buffer.take_changes() };
        match store.apply(batch).await {
            Ok(()) => {
                self.checkpoint = to;
                Ok(true)
            }
            Err(ViewError::Moved { .. }) => {
                self.read_checkpoint(store).await?;
                Ok(false)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Forgets what was read and goes on from where the stored view is.
    pub(super) async fn read_checkpoint(&mut self, store: &dyn ViewStore) -> Result<(), ProjectionError> {
        self.buffer.clear();
        self.checkpoint = store.checkpoint(self.projection.view().stored).await?;
        Ok(())
    }
}
