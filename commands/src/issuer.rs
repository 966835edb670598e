//! On whose behalf a command runs.

use syncledger_domain::event::{Actor, CorrelationId};

/// Who issues commands, and the request or call they all belong to.
#[derive(Clone, Debug)]
pub struct Issuer {
    /// Becomes the `actor` of every event.
    pub actor: Actor,
    /// Becomes the `correlation_id` of every event.
    pub correlation_id: CorrelationId,
}
