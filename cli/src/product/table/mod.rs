//! The table of commands: one row each, by subject. A new command is a new row.

mod abq;
mod config;
mod credentials;
mod devices;
mod directory;
mod filters;
mod messages;
mod missing;
mod node;
mod policies;
#[cfg(test)]
mod tests;

use super::row::Row;

/// Every command.
pub(super) fn all() -> impl Iterator<Item = &'static Row> {
    [
        abq::ROWS,
        messages::ROWS,
        devices::ROWS,
        filters::ROWS,
        node::ROWS,
        policies::ROWS,
        config::ROWS,
        directory::ROWS,
        credentials::ROWS,
        missing::ROWS,
    ]
    .into_iter()
    .flatten()
}

/// First words, with what is behind them.
pub(super) const MODULES: &[(&str, &str)] = &[
    ("mobile", "devices, ABQ, protocol filters, policies, loggers and services"),
    ("config", "attributes of the installation, of domains, classes of service and accounts"),
    ("prov", "switches of accounts and classes of service"),
    ("auth", "passwords for single services"),
    ("core", "notifications of the server"),
];
