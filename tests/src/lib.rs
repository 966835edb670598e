//! Test harness, contract suites, golden files and end-to-end tests.

pub mod binary;
pub mod churn;
pub mod contract;
pub mod control;
pub mod conversation;
pub mod imap_mail;
pub mod mail;
pub mod raw_http;
pub mod servers;
pub mod world;
