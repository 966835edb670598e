//! Where projections keep their views.
//!
//! A view is a table of rows sorted by key, with one checkpoint. Rows and checkpoint change in one transaction, so a
//! crash never leaves a row that a second application would count twice; another process that works on the same view
//! is noticed by the checkpoint. Views are disposable: dropping and rebuilding them from the log gives the same bytes.

use async_trait::async_trait;

use crate::event::Position;

/// A row: key and value are opaque to the store.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Row {
    /// Sort key, at most 1,000 bytes.
    pub key: String,
    /// postcard.
    pub value: Vec<u8>,
}

/// One change of a view.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum RowChange {
    /// Insert or replace.
    Put(Row),
    /// Remove one row.
    Delete(String),
    /// Remove all rows whose key begins so.
    DeletePrefix(String),
}

/// A batch of changes with the checkpoint it moves.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Batch {
    /// The view's name, kebab-case.
    pub view: &'static str,
    /// Where its checkpoint must be now.
    pub from: Position,
    /// Where it will be.
    pub to: Position,
    /// In order.
    pub changes: Vec<RowChange>,
}

/// Why the store failed.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ViewError {
    /// Another process has moved the view on: read its checkpoint and go on from there.
    #[error("view {view} is at position {actual}, not {expected}")]
    Moved {
        /// The view.
        view: String,
        /// The batch's `from`.
        expected: Position,
        /// The checkpoint found.
        actual: Position,
    },
    /// The store cannot be used now.
    #[error("view store unavailable: {0}")]
    Unavailable(String),
}

/// The store behind all views.
#[async_trait]
pub trait ViewStore: Send + Sync {
    /// The view's checkpoint; [`Position::START`] for a view that does not exist yet.
    ///
    /// # Errors
    /// [`ViewError::Unavailable`].
    async fn checkpoint(&self, view: &str) -> Result<Position, ViewError>;

    /// Applies a batch and moves the checkpoint, all or nothing.
    ///
    /// # Errors
    /// [`ViewError`].
    async fn apply(&self, batch: Batch) -> Result<(), ViewError>;

    /// One row.
    ///
    /// # Errors
    /// [`ViewError::Unavailable`].
    async fn get(&self, view: &str, key: &str) -> Result<Option<Vec<u8>>, ViewError>;

    /// Rows whose key begins with `prefix` and is greater than `after`, sorted by key, at most `limit`.
    ///
    /// # Errors
    /// [`ViewError::Unavailable`].
    async fn scan(
        &self,
        view: &str,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Row>, ViewError>;

    /// Removes all rows of a view and its checkpoint.
    ///
    /// # Errors
    /// [`ViewError::Unavailable`].
    async fn drop_view(&self, view: &str) -> Result<(), ViewError>;
}
