//! The digests of all accounts' policies, so that the gate in front of each request builds no document.

use std::fmt;

use moka::sync::Cache;
use syncledger_domain::{
    config::Scopes,
    event::{EventHash, Position},
    ids::AccountId,
};
use syncledger_projections::{PolicySnapshot, policy_snapshot::AccountPolicy};

use super::policy::Rules;
use crate::http::gates;

/// Accounts remembered: about 20 MB at most.
const ACCOUNTS: u64 = 100_000;

/// What the digest was made from: it holds as long as this stays.
type Stamp = [Position; 4];

/// Digests by account. Cheap to clone.
#[derive(Clone)]
pub struct Policies {
    digests: Cache<AccountId, (Stamp, EventHash)>,
}

impl Default for Policies {
    fn default() -> Self {
        Self { digests: Cache::new(ACCOUNTS) }
    }
}

impl fmt::Debug for Policies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Policies").finish_non_exhaustive()
    }
}

/// The digest of the policy that devices under these values must acknowledge.
pub fn digest_of(scopes: &Scopes<'_>) -> EventHash {
    Rules::of(scopes).digest()
}

impl Policies {
    /// The digest of the policy the devices of an account must acknowledge, as of a snapshot.
    pub fn digest(&self, snapshot: &PolicySnapshot, account: &AccountPolicy) -> EventHash {
        let stamp = snapshot.settings_stamp(account);
        if let Some((known, digest)) = self.digests.get(&account.id)
            && known == stamp
        {
            return digest;
        }
        let digest = digest_of(&gates::scopes(snapshot, account));
        self.digests.insert(account.id, (stamp, digest));
        digest
    }
}
