//! A view store in memory: for tests and simulation, and to compare a stored view with one built anew.

use std::{
    collections::{BTreeMap, HashMap},
    ops::Bound,
    sync::{Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use syncledger_domain::{
    event::Position,
    ports::views::{Batch, Row, RowChange, ViewError, ViewStore},
};

/// Views in memory.
#[derive(Debug, Default)]
pub struct MemoryViews {
    tables: Mutex<HashMap<String, Table>>,
}

#[derive(Debug, Default)]
struct Table {
    checkpoint: Position,
    rows: BTreeMap<String, Vec<u8>>,
}

impl MemoryViews {
    /// Without any view.
    pub fn new() -> Self {
        Self::default()
    }

    // A panic while the lock is held cannot leave a table half changed: nothing in between can panic.
    fn lock(&self) -> MutexGuard<'_, HashMap<String, Table>> {
        self.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl ViewStore for MemoryViews {
    async fn checkpoint(&self, view: &str) -> Result<Position, ViewError> {
        Ok(self.lock().get(view).map_or(Position::START, |table| table.checkpoint))
    }

    async fn apply(&self, batch: Batch) -> Result<(), ViewError> {
        let mut tables = self.lock();
        let actual = tables.get(batch.view).map_or(Position::START, |table| table.checkpoint);
        if actual != batch.from {
            return Err(ViewError::Moved { view: batch.view.to_owned(), expected: batch.from, actual });
        }
        let table = tables.entry(batch.view.to_owned()).or_default();
        for change in batch.changes {
            table.change(change);
        }
        table.checkpoint = batch.to;
        Ok(())
    }

    async fn get(&self, view: &str, key: &str) -> Result<Option<Vec<u8>>, ViewError> {
        Ok(self.lock().get(view).and_then(|table| table.rows.get(key).cloned()))
    }

    async fn scan(
        &self,
        view: &str,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Row>, ViewError> {
        let from = match after {
            Some(after) if after >= prefix => Bound::Excluded(after),
            _ => Bound::Included(prefix),
        };
        let tables = self.lock();
        let Some(table) = tables.get(view) else { return Ok(Vec::new()) };
        let below = table
            .rows
            .range::<str, _>((from, Bound::Unbounded))
            .take_while(|(key, _)| key.starts_with(prefix));
        Ok(below.take(limit).map(|(key, value)| Row { key: key.clone(), value: value.clone() }).collect())
    }

    async fn drop_view(&self, view: &str) -> Result<(), ViewError> {
        self.lock().remove(view);
        Ok(())
    }
}

impl Table {
    fn change(&mut self, change: RowChange) {
        match change {
            RowChange::Put(row) => {
                self.rows.insert(row.key, row.value);
            }
            RowChange::Delete(key) => {
                self.rows.remove(&key);
            }
            RowChange::DeletePrefix(prefix) => self.rows.retain(|key, _| !key.starts_with(&prefix)),
        }
    }
}
