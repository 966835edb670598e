//! What can go wrong with views.

use syncledger_domain::ports::{event_log::ReadError, views::ViewError};

/// Why a view could not be kept up or asked.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ProjectionError {
    /// The view store failed; may be repeated.
    #[error(transparent)]
    Store(#[from] ViewError),
    /// The log failed; may be repeated.
    #[error(transparent)]
    Log(#[from] ReadError),
    /// A row cannot be read: the store is damaged. Repeating does not help, rebuilding does.
    #[error("row '{key}' of view '{view}' cannot be read ({reason}); `views rebuild` makes the view anew")]
    DamagedRow {
        /// The view, as stored.
        view: &'static str,
        /// The row.
        key: String,
        /// What the decoder said.
        reason: String,
    },
    /// There is no such view.
    #[error("view '{0}' does not exist: directory, devices, sync-states and timeline do")]
    UnknownView(String),
}
