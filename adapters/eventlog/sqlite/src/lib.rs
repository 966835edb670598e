//! The event log in SQLite, the embedded default.
