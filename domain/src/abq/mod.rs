//! Allow, block, quarantine: which devices may sync.
//!
//! The stream `abq` holds the Device Control List (entries of devices, and of couples of a device and an account) and
//! rules (regular expressions on device ids, global or of a domain). The mode is a configuration attribute,
//! [`ABQ_MODE`](crate::config::registry::ABQ_MODE). [`verdict`] puts them together.
//!
//! Device ids are compared in canonical form, and shown as they were first written. An entry that has expired is treated
//! as absent everywhere, so that nothing needs to happen at that moment for it to be so.

mod decide;
mod event;
mod import;
mod interval;
mod list;
mod mode;
mod pattern;
mod rules;
mod seed;
#[cfg(test)]
mod tests;
mod verdict;

use serde::{Deserialize, Serialize};

pub use decide::{
    Key, MAX_RULES, Refusal, allow, block, delete, delete_rule, quarantine, set, set_rule, test_rule,
};
pub use event::{
    AbqEvent, DeviceStatusDeleted, DeviceStatusSet, EntryOrigin, ListSeeded, RuleDeleted, RuleScope, RuleSet,
};
pub use import::{BadLine, ImportLine, Imported, LineError, MAX_IMPORT_LINES, import, parse_import};
pub use interval::{notification_interval, parse_notification_interval};
pub use list::{DeviceList, Entry, Listed};
pub use mode::{AbqMode, DeviceStatus};
pub use pattern::{MAX_CHARS, MAX_STEPS, Pattern, PatternError, RuleOutcome};
pub use rules::{CompiledRules, Rule, RuleRef, Rules, RulesSay};
pub use seed::{KnownDevice, Seeding, seed, seed_once};
pub use verdict::{Changed, Decision, Pair, Policy, Regime, SideEffect, Verdict, Why, affected, verdict};

use crate::Aggregate;

/// The Device Control List and the rules. Cheap to copy.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct DeviceControl {
    /// The list.
    pub list: DeviceList,
    /// The rules.
    pub rules: Rules,
    /// Whether the devices known before there was a list have been let in.
    pub seeded: bool,
}

impl Aggregate for DeviceControl {
    type Event = AbqEvent;

    fn evolve(&mut self, event: &AbqEvent) {
        match event {
            AbqEvent::StatusSet(set) => self.list.set(set),
            AbqEvent::StatusDeleted(deleted) => self.list.delete(deleted),
            AbqEvent::RuleSet(set) => self.rules.set(set),
            AbqEvent::RuleDeleted(deleted) => self.rules.delete(deleted),
            AbqEvent::Seeded(_) => self.seeded = true,
        }
    }
}
