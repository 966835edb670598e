//! What a projection is: a fold over the log into the rows of one view.
//!
//! A fold sees one event at a time and the rows as they are after all events before it, and nothing else: no clock,
//! no batch. So the rows are a pure function of the log, however it was cut into batches, and a rebuilt view is the
//! live one byte for byte.
//!
//! A new view: its rows and [`Projection`] in a file of their own, a line in [`all`](crate::runner::all). A changed row
//! layout, or a fold that understands more events than before: raise the view's layout number. The view is then built
//! anew under another stored name and the former one dropped; a node still running the former build makes its own again.

use std::collections::{BTreeMap, HashMap};

use async_trait::async_trait;
use serde::{Serialize, de::DeserializeOwned};
use syncledger_domain::{
    Event,
    event::{RecordedEvent, StreamCategory},
    ports::views::{Row, RowChange, ViewStore},
};

use crate::ProjectionError;

/// Name and layout of a view.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct View {
    /// What people call it.
    pub name: &'static str,
    /// Grows with every change of its rows' form or meaning; from 1.
    pub layout: u32,
    /// What the store calls it: `<name>-<layout>`.
    pub stored: &'static str,
}

/// A recorded event with what this build understands of it.
#[derive(Clone, Debug)]
pub struct LogEntry {
    /// As recorded.
    pub recorded: RecordedEvent,
    /// What its stream is about.
    pub category: StreamCategory,
    /// `None` when this build does not know the type, or the payload is sealed or damaged.
    pub event: Option<Event>,
}

impl LogEntry {
    /// Decodes what can be decoded.
    pub fn new(recorded: RecordedEvent) -> Self {
        let category = recorded.stream.category();
        let event = match &recorded.key_id {
            Some(_) => None,
            None => Event::decode(&recorded).ok(),
        };
        Self { recorded, category, event }
    }
}

/// A fold over the log into one view.
#[async_trait]
pub trait Projection: Send {
    /// Which view.
    fn view(&self) -> View;

    /// Takes one event over. Called in order of position, each event once.
    ///
    /// # Errors
    /// When rows cannot be read. The batch is then given up and repeated.
    async fn fold(&mut self, entry: &LogEntry, rows: &mut Rows<'_>) -> Result<(), ProjectionError>;
}

/// The rows of a view as a fold sees them: what is stored, with the changes of the running batch on top.
pub struct Rows<'a> {
    pub(crate) store: &'a dyn ViewStore,
    pub(crate) view: &'static str,
    pub(crate) buffer: &'a mut RowBuffer,
}

/// Changes not yet stored, and rows read before: valid as long as nobody else moves the view's checkpoint.
#[derive(Default)]
pub(crate) struct RowBuffer {
    changed: BTreeMap<String, Changed>,
    read: HashMap<String, Option<Vec<u8>>>,
    read_bytes: usize,
}

struct Changed {
    value: Option<Vec<u8>>,
    keep: bool,
}

/// Most bytes of rows kept between batches, per view.
const READ_BYTES: usize = 16 << 20;

impl Rows<'_> {
    /// One row.
    ///
    /// # Errors
    /// When the store fails or the row is damaged.
    pub async fn get<T: DeserializeOwned>(&mut self, key: &str) -> Result<Option<T>, ProjectionError> {
        if let Some(changed) = self.buffer.changed.get(key) {
            return read_row(self.view, key, changed.value.as_deref());
        }
        if let Some(value) = self.buffer.read.get(key) {
            return read_row(self.view, key, value.as_deref());
        }
        let value = self.store.get(self.view, key).await?;
        let row = read_row(self.view, key, value.as_deref());
        self.buffer.remember(key.to_owned(), value);
        row
    }

    /// Inserts or replaces a row that is likely to be read again soon.
    pub fn put<T: Serialize>(&mut self, key: String, row: &T) {
        self.change(key, Some(write_row(row)), true);
    }

    /// Inserts or replaces a row that is not.
    pub fn put_aside<T: Serialize>(&mut self, key: String, row: &T) {
        self.change(key, Some(write_row(row)), false);
    }

    /// Removes a row.
    pub fn delete(&mut self, key: String) {
        self.change(key, None, false);
    }

    fn change(&mut self, key: String, value: Option<Vec<u8>>, keep: bool) {
        self.buffer.forget(&key);
        self.buffer.changed.insert(key, Changed { value, keep });
    }
}

impl RowBuffer {
    /// The batch's changes, by key.
    pub(crate) fn take_changes(&mut self) -> Vec<RowChange> {
        let by_key = std::mem::take(&mut self.changed);
        let mut changes = Vec::with_capacity(by_key.len());
        for (key, Changed { value, keep }) in by_key {
            if keep {
                self.remember(key.clone(), value.clone());
            }
            changes.push(match value {
                Some(value) => RowChange::Put(Row { key, value }),
                None => RowChange::Delete(key),
            });
        }
        changes
    }

    /// Forgets everything: the batch failed, or the view was changed by somebody else.
    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    fn remember(&mut self, key: String, value: Option<Vec<u8>>) {
        if self.read_bytes > READ_BYTES {
            self.read.clear();
            self.read_bytes = 0;
        }
        self.read_bytes += weight(&key, value.as_ref());
        self.read.insert(key, value);
    }

    fn forget(&mut self, key: &str) {
        if let Some(value) = self.read.remove(key) {
            self.read_bytes = self.read_bytes.saturating_sub(weight(key, value.as_ref()));
        }
    }
}

fn weight(key: &str, value: Option<&Vec<u8>>) -> usize {
    64 + key.len() + value.map_or(0, Vec::len)
}

/// Reads a stored row.
pub(crate) fn read_row<T: DeserializeOwned>(
    view: &'static str,
    key: &str,
    value: Option<&[u8]>,
) -> Result<Option<T>, ProjectionError> {
    let damaged = |reason: String| ProjectionError::DamagedRow { view, key: key.to_owned(), reason };
    match value.map(postcard::take_from_bytes) {
        None => Ok(None),
        Some(Ok((row, []))) => Ok(Some(row)),
        Some(Ok((_, rest))) => Err(damaged(format!("{} bytes too many", rest.len()))),
        Some(Err(error)) => Err(damaged(error.to_string())),
    }
}

fn write_row<T: Serialize>(row: &T) -> Vec<u8> {
    postcard::to_stdvec(row).expect("rows are plain data, which postcard always writes to a growing buffer")
}

/// All rows below a prefix, page by page. What is changed meanwhile may or may not be seen.
pub(crate) async fn read_all_rows<T: DeserializeOwned>(
    store: &dyn ViewStore,
    view: &'static str,
    prefix: &str,
    mut each: impl FnMut(T),
) -> Result<(), ProjectionError> {
    const PAGE: usize = 1000;
    let mut after: Option<String> = None;
    loop {
        let page = store.scan(view, prefix, after.as_deref(), PAGE).await?;
        let complete = page.len() < PAGE;
        for row in &page {
            if let Some(value) = read_row(view, &row.key, Some(&row.value))? {
                each(value);
            }
        }
        match page.into_iter().next_back() {
            Some(last) if !complete => after = Some(last.key),
            _ => return Ok(()),
        }
    }
}

/// One row, outside a fold.
pub(crate) async fn read_one<T: DeserializeOwned>(
    store: &dyn ViewStore,
    view: &'static str,
    key: &str,
) -> Result<Option<T>, ProjectionError> {
    let value = store.get(view, key).await?;
    read_row(view, key, value.as_deref())
}
