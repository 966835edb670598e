//! Given/when/then of the list and the rules, the decision table, properties.

mod decisions;
mod imports;
mod properties;
mod table;

use super::*;
use crate::{
    event::Timestamp,
    ids::{AccountId, DomainName, ShownDeviceId},
    testing::address,
};

const NOW: Timestamp = Timestamp(1_714_554_753_000_000);

fn device(id: &str) -> ShownDeviceId {
    ShownDeviceId::new(id).unwrap()
}

fn alice() -> AccountId {
    AccountId::for_address(&address("alice@example.com"))
}

fn bob() -> AccountId {
    AccountId::for_address(&address("bob@example.com"))
}

fn domain(name: &str) -> DomainName {
    DomainName::new(name).unwrap()
}

fn of_domain(name: &str) -> RuleScope {
    RuleScope::Domain(domain(name))
}

fn key(id: &str, account: Option<AccountId>) -> Key {
    Key { device: device(id), account }
}

fn status_set(id: &str, account: Option<AccountId>, status: DeviceStatus) -> AbqEvent {
    status_until(id, account, status, None)
}

fn status_until(
    id: &str,
    account: Option<AccountId>,
    status: DeviceStatus,
    until: Option<Timestamp>,
) -> AbqEvent {
    let origin = EntryOrigin::Admin;
    AbqEvent::StatusSet(DeviceStatusSet { device: device(id), account, status, until, origin })
}

fn deleted(id: &str, account: Option<AccountId>) -> AbqEvent {
    AbqEvent::StatusDeleted(DeviceStatusDeleted { device: device(id), account })
}

fn rule(scope: RuleScope, regex: &str, status: DeviceStatus, order: i64) -> AbqEvent {
    AbqEvent::RuleSet(RuleSet { scope, regex: regex.to_owned(), status, order })
}

fn judge(control: &DeviceControl, mode: AbqMode, id: &str, account: AccountId, now: Timestamp) -> Verdict {
    let rules = CompiledRules::new(&control.rules);
    let policy = Policy { list: &control.list, rules: &rules, running: true, fail_closed: false };
    let pair = Pair { device: &device(id), account, domain: &domain("example.com") };
    verdict(&policy, mode, &pair, now)
}
