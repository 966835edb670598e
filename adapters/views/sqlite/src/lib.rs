//! Views (read models) in SQLite.
