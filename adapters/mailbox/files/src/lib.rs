//! The mailbox as a directory of Maildirs.
