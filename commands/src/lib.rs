//! One file per CQRS command: load, decide, append.
