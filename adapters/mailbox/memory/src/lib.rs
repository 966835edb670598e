//! The mailbox in memory, with injectable delays and faults.
