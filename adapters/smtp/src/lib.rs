//! Outgoing mail over SMTP.
