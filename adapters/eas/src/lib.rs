//! The Exchange ActiveSync front: HTTP binding and one room per EAS command.
//!
//! A request goes: `http` parses and authenticates it and lets it through the gates; [`ascmd`] leads it to the room of
//! its command; the room asks queries, plans purely, issues commands and answers. axum exists only in `http`.

pub mod answer;
pub mod ascmd;
pub mod classes;
pub mod context;
pub mod dummy;
pub mod http;
pub mod items;
pub mod loggers;
pub mod news;
pub mod policy_limits;
pub mod services;
pub mod settings;
pub mod waiting;
