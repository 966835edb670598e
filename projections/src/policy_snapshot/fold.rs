//! Taking events over into the snapshot.

use std::{collections::BTreeMap, sync::Arc};

use syncledger_domain::{
    Event,
    abq::AbqEvent,
    config::{Attributes, ConfigEvent},
    device::{DeviceEvent, DeviceRegistered},
    directory::{AccountCreated, AccountEvent, CosEvent, DomainEvent, MobilePassword},
    event::{Position, RecordedEvent, StreamCategory},
    ids::{AccountId, Address, DeviceId},
};

use crate::Standing;

use super::{
    AccountPolicy, DevicePolicy, PasswordHash, PolicySnapshot, ScopePolicy,
    watches::{Cause, Change, Subject},
};

impl PolicySnapshot {
    /// Takes one event over. Events the gates do not ask about, and events of a newer build, change nothing but the
    /// position. Returns whom the event may wake.
    pub(super) fn evolve(&mut self, recorded: &RecordedEvent) -> Option<(Subject, Change)> {
        self.position = self.position.max(recorded.position);
        let at = recorded.position;
        let category = recorded.stream.category();
        if matches!(category, StreamCategory::Sync(..) | StreamCategory::Log | StreamCategory::Other) {
            return None;
        }
        let event = Event::decode(recorded)
            .inspect_err(|error| {
                tracing::warn!(stream.name = %recorded.stream, log.position = at.0, %error, "event is not understood");
            })
            .ok()?;
        let change = |cause| Change { position: at, cause };
        match (category, event) {
            (StreamCategory::Account(id), Event::Account(event)) => {
                self.evolve_account(id, &event, at);
                Some((Subject::Account(id), change(Cause::Account)))
            }
            (StreamCategory::Device(account, device), Event::Device(event)) => {
                self.evolve_device(account, &device, &event, recorded);
                wakes(&event).then(|| (Subject::Device(account, device), change(Cause::Device)))
            }
            (StreamCategory::Folders(account), Event::Folders(_)) => {
                Some((Subject::Account(account), change(Cause::Folders)))
            }
            (StreamCategory::Domain(name), Event::Domain(event)) => {
                let scope = self.domains.entry(name).or_default();
                evolve_scope(scope, at, |attributes| match &event {
                    DomainEvent::Created(_) => {}
                    DomainEvent::AttributeSet(set) => attributes.set(set),
                    DomainEvent::AttributeCleared(cleared) => attributes.clear(cleared),
                });
                Some((Subject::Everybody, change(Cause::Settings)))
            }
            (StreamCategory::Cos(id), Event::Cos(event)) => {
                let scope = self.cos.entry(id).or_default();
                evolve_scope(scope, at, |attributes| match &event {
                    CosEvent::Created(_) => {}
                    CosEvent::AttributeSet(set) => attributes.set(set),
                    CosEvent::AttributeCleared(cleared) => attributes.clear(cleared),
                });
                Some((Subject::Everybody, change(Cause::Settings)))
            }
            (StreamCategory::Config, Event::Config(event)) => {
                evolve_scope(&mut self.config, at, |attributes| match &event {
                    ConfigEvent::Set(set) => attributes.set(set),
                    ConfigEvent::Cleared(cleared) => attributes.clear(cleared),
                });
                Some((Subject::Everybody, change(Cause::Settings)))
            }
            (StreamCategory::Abq, Event::Abq(event)) => {
                let ended = self.abq.take(recorded, Some(&event)).then(|| self.evolve_abq(&event));
                ended.flatten().map(|subject| (subject, change(Cause::Control)))
            }
            (StreamCategory::EasFilters, Event::EasFilters(event)) => {
                let news = self.filters.take(recorded, Some(&event));
                news.then(|| (Subject::Everybody, change(Cause::Control)))
            }
            (StreamCategory::Services, Event::Services(event)) => {
                let news = self.services.take(recorded, Some(&event));
                news.then(|| (Subject::Everybody, change(Cause::Control)))
            }
            (StreamCategory::AbqMessages, Event::AbqMessages(event)) => {
                self.abq_messages.take(recorded, Some(&event));
                None
            }
            (StreamCategory::Loggers, Event::Loggers(event)) => {
                self.loggers.take(recorded, Some(&event));
                None
            }
            (StreamCategory::Notices, Event::Notices(event)) => {
                self.notices.take(recorded, Some(&event));
                None
            }
            _ => None,
        }
    }

    /// Follows the rules, and says whose verdict may be another one.
    fn evolve_abq(&mut self, event: &AbqEvent) -> Option<Subject> {
        match event {
            AbqEvent::StatusSet(set) => Some(of_entry(set.device.canonical(), set.account)),
            AbqEvent::StatusDeleted(deleted) => Some(of_entry(deleted.device.canonical(), deleted.account)),
            AbqEvent::RuleSet(_) | AbqEvent::RuleDeleted(_) => {
                self.rules = self.rules.after(&self.abq.state.rules);
                Some(Subject::Everybody)
            }
            AbqEvent::Seeded(_) => None,
        }
    }

    fn evolve_account(&mut self, id: AccountId, event: &AccountEvent, at: Position) {
        match event {
            AccountEvent::Created(created) => {
                let known = self.accounts.get(&id).map(|account| (account.as_of, account.address.clone()));
                if known.as_ref().is_some_and(|(as_of, _)| *as_of >= at) {
                    return;
                }
                if let Some((_, address)) = known {
                    self.release_address(&address, id);
                }
                self.insert_account(new_account(id, created, at));
            }
            AccountEvent::Removed(_) => self.remove_account(id, at),
            AccountEvent::PasswordSet(set) => {
                self.change_account(id, at, |a| a.password_hash = Some(PasswordHash(set.hash.clone())));
            }
            AccountEvent::PasswordCleared(_) => self.change_account(id, at, |a| a.password_hash = None),
            AccountEvent::CosSet(set) => self.change_account(id, at, |a| a.cos = set.cos.clone()),
            AccountEvent::Disabled(disabled) => {
                self.change_account(id, at, |a| a.disabled = Some(disabled.reason.clone()));
            }
            AccountEvent::Enabled(_) => self.change_account(id, at, |a| a.disabled = None),
            AccountEvent::AttributeSet(set) => self.change_account(id, at, |a| a.attributes.set(set)),
            AccountEvent::AttributeCleared(cleared) => {
                self.change_account(id, at, |a| a.attributes.clear(cleared));
            }
            AccountEvent::MobilePasswordAdded(added) => {
                self.change_account(id, at, |a| {
                    a.mobile_passwords.insert(added.id.clone(), MobilePassword::from(added));
                });
            }
            AccountEvent::MobilePasswordUpdated(updated) => self.change_account(id, at, |a| {
                if let Some(password) = a.mobile_passwords.get_mut(&updated.id) {
                    password.update(updated);
                }
            }),
            AccountEvent::MobilePasswordDeleted(deleted) => {
                self.change_account(id, at, |a| {
                    a.mobile_passwords.remove(&deleted.id);
                });
            }
        }
    }

    pub(super) fn insert_account(&mut self, account: AccountPolicy) {
        let holders = self.by_address.get(&account.address).map_or(&[][..], |holders| holders);
        let holders: Arc<[AccountId]> = holders.iter().copied().chain([account.id]).collect();
        self.by_address.insert(account.address.clone(), holders);
        self.accounts.insert(account.id, Arc::new(account));
    }

    fn remove_account(&mut self, id: AccountId, at: Position) {
        if self.accounts.get(&id).is_none_or(|account| account.as_of >= at) {
            return;
        }
        if let Some(account) = self.accounts.remove(&id) {
            self.release_address(&account.address, id);
        }
    }

    fn release_address(&mut self, address: &Address, id: AccountId) {
        let holders = self.by_address.get(address).map_or(&[][..], |holders| holders);
        let left: Arc<[AccountId]> = holders.iter().copied().filter(|holder| *holder != id).collect();
        if left.is_empty() {
            self.by_address.remove(address);
        } else {
            self.by_address.insert(address.clone(), left);
        }
    }

    fn change_account(&mut self, id: AccountId, at: Position, change: impl FnOnce(&mut AccountPolicy)) {
        if let Some(account) = self.accounts.get_mut(&id).filter(|account| account.as_of < at) {
            let account = Arc::make_mut(account);
            change(account);
            account.as_of = at;
        }
    }

    fn evolve_device(
        &mut self,
        account: AccountId,
        id: &DeviceId,
        event: &DeviceEvent,
        recorded: &RecordedEvent,
    ) {
        let at = recorded.position;
        let known = self.device(account, id);
        if known.is_some_and(|device| device.as_of >= at) {
            return;
        }
        match (event, known) {
            (DeviceEvent::Removed(_), _) => self.remove_device(account, id),
            (DeviceEvent::Registered(registered), _) => {
                self.insert_device(account, new_device(id, registered, at));
            }
            (_, Some(device)) => {
                let mut device = DevicePolicy::clone(device);
                device.as_of = at;
                evolve_device(&mut device, event);
                device.standing.take(event, recorded.recorded_at, at);
                self.insert_device(account, device);
            }
            (_, None) => {}
        }
    }

    pub(super) fn insert_device(&mut self, account: AccountId, device: DevicePolicy) {
        let mut devices = self.devices_of(account).to_vec();
        let device = Arc::new(device);
        match devices.binary_search_by(|candidate| candidate.id.cmp(&device.id)) {
            Ok(index) => devices[index] = device,
            Err(index) => devices.insert(index, device),
        }
        self.devices.insert(account, devices.into());
    }

    fn remove_device(&mut self, account: AccountId, id: &DeviceId) {
        let left: Arc<[_]> =
            self.devices_of(account).iter().filter(|device| device.id != *id).cloned().collect();
        if left.is_empty() {
            self.devices.remove(&account);
        } else {
            self.devices.insert(account, left);
        }
    }
}

fn of_entry(device: DeviceId, account: Option<AccountId>) -> Subject {
    match account {
        Some(account) => Subject::Device(account, device),
        None => Subject::EverybodysDevice(device),
    }
}

fn new_account(id: AccountId, created: &AccountCreated, at: Position) -> AccountPolicy {
    AccountPolicy {
        id,
        address: created.address.clone(),
        cos: created.cos.clone().unwrap_or_default(),
        password_hash: None,
        disabled: None,
        attributes: Attributes::default(),
        mobile_passwords: BTreeMap::new(),
        as_of: at,
    }
}

fn new_device(id: &DeviceId, registered: &DeviceRegistered, at: Position) -> DevicePolicy {
    DevicePolicy {
        id: id.clone(),
        device_type: registered.device_type.clone(),
        user_agent: registered.user_agent.clone(),
        protocol_version: registered.protocol_version,
        offered_policy: None,
        policy: None,
        previous_policy: None,
        ping: None,
        standing: Standing::default(),
        as_of: at,
    }
}

fn evolve_device(device: &mut DevicePolicy, event: &DeviceEvent) {
    match event {
        DeviceEvent::ProtocolVersionChanged(changed) => device.protocol_version = Some(changed.version),
        DeviceEvent::PolicyOffered(offered) => device.offered_policy = Some(*offered),
        DeviceEvent::PolicyAcknowledged(acknowledged) => {
            device.offered_policy = None;
            device.previous_policy = device.policy.replace(*acknowledged);
        }
        // The aggregate forgets the policy, and so must its copy.
        DeviceEvent::PolicyDeclined(_) | DeviceEvent::SyncResumed(_) => {
            device.offered_policy = None;
            device.policy = None;
            device.previous_policy = None;
        }
        DeviceEvent::WipeAcknowledged(answer) if answer.status == 1 => {
            device.offered_policy = None;
            device.policy = None;
            device.previous_policy = None;
            device.ping = None;
        }
        DeviceEvent::SyncStateReset(_) => device.ping = None,
        DeviceEvent::PingParametersChanged(ping) => device.ping = Some(ping.clone()),
        DeviceEvent::Registered(_)
        | DeviceEvent::InfoChanged(_)
        | DeviceEvent::MessageSubmitted(_)
        | DeviceEvent::ItemsMoved(_)
        | DeviceEvent::Seen(_)
        | DeviceEvent::Removed(_)
        | DeviceEvent::SyncSuspended(_)
        | DeviceEvent::WipeRequested(_)
        | DeviceEvent::WipeSent(_)
        | DeviceEvent::WipeAcknowledged(_)
        | DeviceEvent::WipeCancelled(_)
        | DeviceEvent::Jailed(_)
        | DeviceEvent::Released(_)
        | DeviceEvent::AccessJudged(_)
        | DeviceEvent::IdSpelled(_)
        | DeviceEvent::DummyMessageMarked(_) => {}
    }
}

/// What a device's own ordinary requests record does not end its waiting.
fn wakes(event: &DeviceEvent) -> bool {
    match event {
        DeviceEvent::Registered(_)
        | DeviceEvent::PolicyOffered(_)
        | DeviceEvent::PolicyAcknowledged(_)
        | DeviceEvent::PolicyDeclined(_)
        | DeviceEvent::SyncStateReset(_)
        | DeviceEvent::SyncSuspended(_)
        | DeviceEvent::SyncResumed(_)
        | DeviceEvent::WipeRequested(_)
        | DeviceEvent::WipeAcknowledged(_)
        | DeviceEvent::WipeCancelled(_)
        | DeviceEvent::Jailed(_)
        | DeviceEvent::Released(_)
        | DeviceEvent::AccessJudged(_)
        | DeviceEvent::Removed(_) => true,
        DeviceEvent::InfoChanged(_)
        | DeviceEvent::ProtocolVersionChanged(_)
        | DeviceEvent::PingParametersChanged(_)
        | DeviceEvent::MessageSubmitted(_)
        | DeviceEvent::ItemsMoved(_)
        | DeviceEvent::WipeSent(_)
        | DeviceEvent::IdSpelled(_)
        | DeviceEvent::DummyMessageMarked(_)
        | DeviceEvent::Seen(_) => false,
    }
}

fn evolve_scope(scope: &mut Arc<ScopePolicy>, at: Position, change: impl FnOnce(&mut Attributes)) {
    if scope.as_of < at {
        let scope = Arc::make_mut(scope);
        change(&mut scope.attributes);
        scope.as_of = at;
    }
}
