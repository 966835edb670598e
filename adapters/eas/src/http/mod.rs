//! The HTTP binding (MS-ASHTTP): the only place that knows query lines, headers and HTTP codes.
//!
//! A request goes from [`query`] and [`headers`] through authentication and the [`gates`] to the room of its command,
//! and back as an answer in the form its protocol version asks for. A new gate is a row in [`gates`], a new header a
//! constant in [`headers`]; what a command means is its room's matter.

mod access;
mod accounts;
mod admission;
mod auth;
mod body;
mod devices;
mod emptied;
pub mod gates;
mod head;
pub mod headers;
mod hear;
mod panics;
pub mod peer;
mod policy_gate;
pub mod query;
mod record;
mod refusal;
mod respond;
mod serve;
#[cfg(test)]
pub(crate) mod tests;
mod throttle;
pub mod verb;

use std::sync::Arc;

use tokio_util::task::TaskTracker;

pub use auth::{FailureLimit, LoginConfig, OpenedBy};
use devices::Devices;
pub(crate) use devices::failure as device_failure;
use peer::Proxies;

use crate::{loggers::AccountLoggers, services::Services};

/// How a listener meets its peers.
#[derive(Clone, Debug)]
pub struct FrontConfig {
    /// The listener speaks HTTP without TLS: then only this host and trusted proxies are served.
    pub plain: bool,
    /// Proxies in front of it.
    pub proxies: Proxies,
    /// How logins are checked.
    pub login: LoginConfig,
    /// What people see when credentials are asked for; letters, digits and spaces.
    pub realm: String,
    /// Requests in progress, those included whose client has hung up: wait for them before the process ends.
    pub tasks: TaskTracker,
    /// Loggers of accounts; those of the default write nothing.
    pub loggers: AccountLoggers,
}

impl Default for FrontConfig {
    fn default() -> Self {
        Self {
            plain: false,
            proxies: Proxies::default(),
            login: LoginConfig::default(),
            realm: "ActiveSync".to_owned(),
            tasks: TaskTracker::new(),
            loggers: AccountLoggers::default(),
        }
    }
}

/// The endpoint `/Microsoft-Server-ActiveSync`; every other path is 404.
///
/// Serve it with `into_make_service_with_connect_info::<SocketAddr>()`: a request without a peer address counts as one
/// from a stranger. Must be called inside a runtime.
pub fn router(services: Arc<Services>, config: FrontConfig) -> axum::Router {
    let authenticator = auth::Authenticator::new(config.login.clone(), Arc::clone(&services));
    let (devices, throttle) = (Devices::new(), throttle::Throttle::new());
    let front = serve::Front {
        services,
        config,
        authenticator,
        devices,
        throttle,
        recording: access::Recording::default(),
        emptied: emptied::Emptied::new(),
    };
    axum::Router::new().fallback(serve::serve).with_state(Arc::new(front))
}
