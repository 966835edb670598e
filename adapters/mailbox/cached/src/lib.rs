//! Folder indexes cached within a memory bound, over any mailbox.
