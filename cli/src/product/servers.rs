//! Which server a call is for. Servers are the nodes the log knows, by their names.
//!
//! All nodes share one log, so that any of them gives the same answer to the same call; only what runs on a node is the
//! node's own.

use std::net::IpAddr;

use syncledger_domain::codes::NO_SUCH_SERVER;

use super::{
    envelope::Failure,
    globals::Globals,
    grammar::cut,
    native,
    row::{Call, Here},
};
use crate::{commands, refusal::Refused};

/// The word that stands for every server.
pub(super) const ALL: &str = "all_servers";

/// The nodes there are. Those of the log are asked for only where a call can name one.
///
/// # Errors
/// When the configuration or the log cannot be read.
pub(super) async fn find(globals: &Globals, named: bool) -> Result<Here, Failure> {
    let list = Call::new(&["service", "list"]).flag("--all-nodes", true);
    let args = native::args(globals, &list, true)?;
    let config = commands::config_of(&args).map_err(|error| native::failure(&error))?;
    let own = config.node_name().as_str().to_owned();
    // A node that has not begun has no log yet.
    let listed =
        if named && config.ledger().exists() { native::run(globals, &list).await } else { Ok(Vec::new()) };
    let listed = match listed {
        // None has ever served.
        Err(none) if none.code == NO_SUCH_SERVER => Vec::new(),
        listed => listed?,
    };
    let rows = listed.iter().filter_map(|value| value.as_array()).flatten();
    let mut nodes: Vec<String> = rows.filter_map(|row| row["node"].as_str()).map(str::to_owned).collect();
    nodes.sort_unstable();
    nodes.dedup();
    if nodes.is_empty() {
        nodes.push(own.clone());
    }
    Ok(Here { own, nodes })
}

impl Here {
    /// The node a name or address means, if it means one.
    pub(super) fn named(&self, server: &str) -> Option<&str> {
        let loopback = server.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
        if loopback || server.eq_ignore_ascii_case("localhost") {
            return Some(&self.own);
        }
        self.nodes.iter().find(|node| node.eq_ignore_ascii_case(server)).map(String::as_str)
    }

    /// The refusal of a server that is none of these.
    pub(super) fn refuse(&self, server: &str) -> Refused {
        let (server, known) = (cut(server), self.nodes.join(", "));
        let message = format!("server '{server}' is not known: allowed are {known}, localhost and {ALL}");
        Refused::new(NO_SUCH_SERVER, message)
    }
}
