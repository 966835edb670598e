//! `audit explain <account> <device>`: who let this device in or kept it out, when, why, and what it got.
//!
//! All of it is read from the log itself, up to the moment asked about, so that an answer about last month is the one
//! that could have been given last month.

use clap::Args;
use serde_json::{Value, json};
use syncledger_commands::Repository;
use syncledger_domain::{
    Aggregate, Event,
    abq::{
        AbqEvent, AbqMode, CompiledRules, DeviceControl, Pair, Pattern, Policy, RuleOutcome, Verdict, verdict,
    },
    config::{
        Attributes, ConfigEvent, FromValue, Origin, Scopes,
        registry::{self, ABQ_FAIL_CLOSED, ABQ_MODE, EAS_VERSIONS},
    },
    device::{Barrier, Device, DeviceEvent},
    directory::{Account, Cos, CosEvent, Domain, DomainEvent},
    eas_filter::{self, Client, Filters},
    event::{Position, RecordedEvent, Revision, StreamCategory, StreamId, Timestamp},
    ids::{AccountId, DeviceId, ProtocolVersion, ShownDeviceId},
    services::{Facts, Services},
    sync_state::SyncEvent,
};
use syncledger_projections::{sync_states::Moment, timeline};

use super::At;
use crate::{
    commands::account,
    node::Node,
    output::{self, say},
    refusal::Refused,
};

/// Events read at a time.
const PAGE: usize = 4096;

/// `audit explain`
#[derive(Debug, Args)]
pub(crate) struct Explain {
    /// Address or id of the account.
    account: String,
    /// The device's id.
    device: ShownDeviceId,
    /// As it was then: a position of the log, or a time.
    #[arg(long, value_name = "TIME|POSITION")]
    at: Option<At>,
}

impl Explain {
    pub(super) async fn run(self, node: &Node, json: bool) -> anyhow::Result<()> {
        node.catch_up().await?;
        let account = account::find(node, &self.account).await?;
        let now = node.repository.clock().now();
        let moment = self.at.map_or(Moment::Now, |at| at.0);
        let mut past = Past::new(account, &self.device);
        past.read(&node.repository, moment).await?;
        if !past.heard {
            let message = format!("device {} of {} was never heard of until then", self.device, self.account);
            return Err(Refused::new(syncledger_domain::codes::NO_SUCH_DEVICE, message).into());
        }
        let as_of = match moment {
            Moment::Time(time) => time,
            Moment::Position(_) => past.last.unwrap_or(now),
            Moment::Now => now,
        };
        let answer = past.answer(as_of);
        if json {
            return output::value(&answer.as_json());
        }
        answer.tell()
    }
}

/// Everything that had a say, folded up to the moment asked about.
struct Past {
    account_id: AccountId,
    device_id: DeviceId,
    shown: ShownDeviceId,
    account: Account,
    device: Device,
    domain: Domain,
    cos: Cos,
    config: Attributes,
    control: DeviceControl,
    filters: Filters,
    services: Services,
    told: Told,
    decisions: Vec<Decided>,
    last: Option<Timestamp>,
    /// Whether the device, or an entry about it, was there at all.
    heard: bool,
}

/// What the device got.
#[derive(Default)]
struct Told {
    answers: u64,
    items: u64,
    last: Option<Timestamp>,
}

/// An event that had a say.
struct Decided {
    position: Position,
    at: Timestamp,
    by: String,
    kind: String,
    what: &'static str,
    details: String,
    request: String,
}

impl Past {
    fn new(account: AccountId, device: &ShownDeviceId) -> Self {
        Self {
            account_id: account,
            device_id: device.canonical(),
            shown: device.clone(),
            account: Account::default(),
            device: Device::default(),
            domain: Domain::default(),
            cos: Cos::default(),
            config: Attributes::default(),
            control: DeviceControl::default(),
            filters: Filters::default(),
            services: Services::default(),
            told: Told::default(),
            decisions: Vec::new(),
            last: None,
            heard: false,
        }
    }

    async fn read(&mut self, repository: &Repository, moment: Moment) -> anyhow::Result<()> {
        let device = StreamId::device(self.account_id, &self.device_id);
        for stream in [StreamId::account(self.account_id), device] {
            self.read_stream(repository, &stream, moment).await?;
        }
        if let Some(shown) = &self.device.shown {
            self.shown = shown.clone();
        }
        let domain = self.account.address.as_ref().map(|address| StreamId::domain(&address.domain()));
        let cos = StreamId::cos(&self.account.cos);
        let rest = [StreamId::config(), StreamId::abq(), StreamId::eas_filters(), StreamId::services()];
        for stream in domain.into_iter().chain([cos]).chain(rest) {
            self.read_stream(repository, &stream, moment).await?;
        }
        self.read_told(repository, moment).await?;
        self.decisions.sort_by_key(|decided| decided.position);
        Ok(())
    }

    async fn read_stream(
        &mut self,
        repository: &Repository,
        stream: &StreamId,
        moment: Moment,
    ) -> anyhow::Result<()> {
        let mut from = Revision(0);
        loop {
            let page = repository.log().read_stream(stream, from, PAGE).await?;
            for recorded in &page {
                if is_after(recorded, moment) {
                    return Ok(());
                }
                self.take(recorded);
                from = Revision(recorded.revision.0 + 1);
            }
            if page.len() < PAGE {
                return Ok(());
            }
        }
    }

    /// Counts what the device was told, over all of its collections.
    async fn read_told(&mut self, repository: &Repository, moment: Moment) -> anyhow::Result<()> {
        let prefix = format!("sync-{}-", self.account_id);
        let mut after = Position::START;
        loop {
            let page = repository.log().read_all(after, Some(&prefix), PAGE).await?;
            for recorded in &page {
                if is_after(recorded, moment) {
                    return Ok(());
                }
                after = recorded.position;
                let of_device = matches!(
                    recorded.stream.category(),
                    StreamCategory::Sync(_, device, _) if device == self.device_id
                );
                if !of_device {
                    continue;
                }
                if let Ok(Event::Sync(SyncEvent::Offered(offered))) = Event::decode(recorded) {
                    self.told.answers += 1;
                    self.told.items += offered.delta.len() as u64;
                    self.told.last = Some(recorded.recorded_at);
                }
            }
            if page.len() < PAGE {
                return Ok(());
            }
        }
    }

    fn take(&mut self, recorded: &RecordedEvent) {
        let Ok(event) = Event::decode(recorded) else { return };
        self.last = self.last.max(Some(recorded.recorded_at));
        if let Some(what) = self.say_of(&event) {
            self.heard |= match &event {
                Event::Device(_) => true,
                Event::Abq(event) => matches!(event, AbqEvent::StatusSet(_) | AbqEvent::StatusDeleted(_)),
                _ => false,
            };
            let fields = timeline::describe(&event);
            let details: Vec<_> =
                fields.iter().map(|field| format!("{}={}", field.name, field.value)).collect();
            self.decisions.push(Decided {
                position: recorded.position,
                at: recorded.recorded_at,
                by: recorded.actor.to_string(),
                kind: recorded.event_type.clone(),
                what,
                details: details.join(" "),
                request: recorded.correlation_id.to_string(),
            });
        }
        match event {
            Event::Account(event) => self.account.evolve(&event),
            Event::Device(event) => self.device.evolve(&event),
            Event::Domain(event) => self.domain.evolve(&event),
            Event::Cos(event) => self.cos.evolve(&event),
            Event::Config(ConfigEvent::Set(set)) => self.config.set(&set),
            Event::Config(ConfigEvent::Cleared(cleared)) => self.config.clear(&cleared),
            Event::Abq(event) => self.control.evolve(&event),
            Event::EasFilters(event) => self.filters.evolve(&event),
            Event::Services(event) => self.services.evolve(&event),
            Event::Folders(_)
            | Event::Sync(_)
            | Event::AbqMessages(_)
            | Event::Loggers(_)
            | Event::Notices(_)
            | Event::Log(_) => {}
        }
    }

    /// What an event meant for this device, in a few words; `None` when it had no say.
    fn say_of(&self, event: &Event) -> Option<&'static str> {
        Some(match event {
            Event::Device(event) => of_device(event)?,
            Event::Abq(event) => self.of_list(event)?,
            Event::Account(event) => of_account(event)?,
            Event::Config(ConfigEvent::Set(set))
            | Event::Cos(CosEvent::AttributeSet(set))
            | Event::Domain(DomainEvent::AttributeSet(set)) => of_attribute(&set.name)?,
            Event::Config(ConfigEvent::Cleared(cleared))
            | Event::Cos(CosEvent::AttributeCleared(cleared))
            | Event::Domain(DomainEvent::AttributeCleared(cleared)) => of_attribute(&cleared.name)?,
            Event::EasFilters(_) => "filters on versions changed",
            Event::Cos(CosEvent::Created(_))
            | Event::Domain(DomainEvent::Created(_))
            | Event::Services(_)
            | Event::Folders(_)
            | Event::Sync(_)
            | Event::AbqMessages(_)
            | Event::Loggers(_)
            | Event::Notices(_)
            | Event::Log(_) => return None,
        })
    }

    fn of_list(&self, event: &AbqEvent) -> Option<&'static str> {
        let concerns = |device: &ShownDeviceId, account: Option<AccountId>| {
            device.canonical() == self.device_id && account.is_none_or(|account| account == self.account_id)
        };
        let matches = |regex: &str| {
            Pattern::new(regex).is_ok_and(|pattern| pattern.is_match(&self.shown) == RuleOutcome::Matches)
        };
        match event {
            AbqEvent::StatusSet(set) => concerns(&set.device, set.account).then_some("entry of the list set"),
            AbqEvent::StatusDeleted(deleted) => {
                concerns(&deleted.device, deleted.account).then_some("entry of the list deleted")
            }
            AbqEvent::RuleSet(set) => matches(&set.regex).then_some("rule that matches it set"),
            AbqEvent::RuleDeleted(deleted) => {
                matches(&deleted.regex).then_some("rule that matches it deleted")
            }
            AbqEvent::Seeded(_) => None,
        }
    }

    fn scopes(&self) -> Scopes<'_> {
        Scopes {
            account: Some(&self.account.attributes),
            cos: Some(&self.cos.attributes),
            domain: Some(&self.domain.attributes),
            global: Some(&self.config),
        }
    }

    fn answer(self, as_of: Timestamp) -> Answer {
        let scopes = self.scopes();
        let (value, mode_from) = scopes.resolve(&ABQ_MODE);
        let mode = AbqMode::from_value(value).unwrap_or_default();
        let global = Scopes { global: Some(&self.config), ..Scopes::default() };
        let facts = Facts {
            abq_disabled: global.read(&ABQ_MODE) == AbqMode::Disabled,
            anti_dos_enabled: global.flag(&registry::ANTI_DOS_ENABLED),
        };
        let running = self.services.judges(facts);
        let rules = CompiledRules::new(&self.control.rules);
        let policy = Policy {
            list: &self.control.list,
            rules: &rules,
            running,
            fail_closed: global.flag(&ABQ_FAIL_CLOSED),
        };
        let judged = self.account.address.as_ref().map(|address| {
            let domain = address.domain();
            let pair = Pair { device: &self.shown, account: self.account_id, domain: &domain };
            let allowed = scopes.versions(&EAS_VERSIONS);
            let served: Vec<_> =
                ProtocolVersion::SERVED.into_iter().filter(|version| allowed.contains(version)).collect();
            let agent = self.device.info.user_agent.as_deref().unwrap_or(&self.device.user_agent);
            let client = Client { user_agent: agent, account: self.account_id, address, domain: &domain };
            let pool = eas_filter::pool(&self.filters.list, &served, &client);
            (verdict(&policy, mode, &pair, as_of), pool.versions)
        });
        let (verdict, versions) = judged.unzip();
        Answer { as_of, mode, mode_from, verdict, versions: versions.unwrap_or_default(), past: self }
    }
}

fn is_after(recorded: &RecordedEvent, moment: Moment) -> bool {
    match moment {
        Moment::Now => false,
        Moment::Position(position) => recorded.position > position,
        Moment::Time(time) => recorded.recorded_at > time,
    }
}

fn of_device(event: &DeviceEvent) -> Option<&'static str> {
    Some(match event {
        DeviceEvent::Registered(_) => "first request",
        DeviceEvent::Removed(_) => "removed with its states",
        DeviceEvent::AccessJudged(_) => "access judged",
        DeviceEvent::SyncStateReset(_) => "sync states dropped",
        DeviceEvent::SyncSuspended(_) => "suspended",
        DeviceEvent::SyncResumed(_) => "resumed",
        DeviceEvent::WipeRequested(_) => "wipe ordered",
        DeviceEvent::WipeSent(_) => "wipe order sent",
        DeviceEvent::WipeAcknowledged(_) => "wipe order answered",
        DeviceEvent::WipeCancelled(_) => "wipe cancelled",
        DeviceEvent::Jailed(_) => "jailed",
        DeviceEvent::Released(_) => "released from jail",
        DeviceEvent::PolicyAcknowledged(_) => "policy acknowledged",
        DeviceEvent::PolicyDeclined(_) => "policy declined",
        DeviceEvent::ProtocolVersionChanged(_) => "speaks another version",
        DeviceEvent::DummyMessageMarked(_) => "read or deleted the message that keeps it out",
        DeviceEvent::InfoChanged(_)
        | DeviceEvent::IdSpelled(_)
        | DeviceEvent::PolicyOffered(_)
        | DeviceEvent::PingParametersChanged(_)
        | DeviceEvent::MessageSubmitted(_)
        | DeviceEvent::ItemsMoved(_)
        | DeviceEvent::Seen(_) => return None,
    })
}

fn of_account(event: &syncledger_domain::directory::AccountEvent) -> Option<&'static str> {
    use syncledger_domain::directory::AccountEvent;
    Some(match event {
        AccountEvent::Created(_) => "account created",
        AccountEvent::Removed(_) => "account removed",
        AccountEvent::Disabled(_) => "account disabled",
        AccountEvent::Enabled(_) => "account enabled",
        AccountEvent::CosSet(_) => "account put into another class of service",
        AccountEvent::PasswordSet(_) => "account password set",
        AccountEvent::PasswordCleared(_) => "account password cleared",
        AccountEvent::MobilePasswordAdded(_) => "mobile password added",
        AccountEvent::MobilePasswordUpdated(_) => "mobile password changed",
        AccountEvent::MobilePasswordDeleted(_) => "mobile password deleted",
        AccountEvent::AttributeSet(set) => of_attribute(&set.name)?,
        AccountEvent::AttributeCleared(cleared) => of_attribute(&cleared.name)?,
    })
}

/// Attributes that decide whether a device comes in.
fn of_attribute(name: &str) -> Option<&'static str> {
    let decides = [
        registry::ABQ_MODE.name,
        registry::ABQ_FAIL_CLOSED.name,
        registry::EAS_ENABLED.name,
        registry::EAS_VERSIONS.name,
        registry::POLICY_REQUIRED.name,
        registry::POLICY_ALLOW_NON_PROVISIONABLE.name,
        registry::POLICY_ALLOW_PARTIAL.name,
        registry::POLICY_ALLOW_EXTERNAL.name,
        registry::ANTI_DOS_ENABLED.name,
    ];
    decides.contains(&name).then_some("setting changed")
}

/// What is told.
struct Answer {
    as_of: Timestamp,
    mode: AbqMode,
    mode_from: Origin,
    /// `None` when the account was not there then.
    verdict: Option<Verdict>,
    versions: Vec<ProtocolVersion>,
    past: Past,
}

impl Answer {
    /// What stands between the device and its mail, and what does not.
    fn facts(&self) -> Vec<(&'static str, String)> {
        let Past { account, device, told, shown, .. } = &self.past;
        let address = account.address.as_ref().map_or_else(|| "-".to_owned(), ToString::to_string);
        let account_state = match &account.disabled {
            _ if !account.exists() => "not there".to_owned(),
            Some(reason) => format!("disabled: {reason}"),
            None => "active".to_owned(),
        };
        let access = self.verdict.as_ref().map_or_else(
            || "nobody could log in".to_owned(),
            |verdict| format!("{}: {}", verdict.decision, verdict.why),
        );
        let recorded = device.access.as_ref().map_or_else(
            || "nothing but allow".to_owned(),
            |judged| format!("{}: {}", judged.verdict, judged.why),
        );
        let orders = match device.barrier() {
            None => "none".to_owned(),
            Some(Barrier::Suspended) => "suspended".to_owned(),
            Some(Barrier::Wiped) => "wiped; refused until it is removed".to_owned(),
            Some(Barrier::WipePending { account_only: true }) => {
                "wipe of the account's data pending".to_owned()
            }
            Some(Barrier::WipePending { account_only: false }) => "wipe pending".to_owned(),
        };
        let jail =
            device.jailed_until(self.as_of).map_or_else(|| "no".to_owned(), |until| format!("until {until}"));
        let policy = device.policy.map_or_else(
            || "none acknowledged".to_owned(),
            |policy| format!("acknowledged, status {}", policy.status),
        );
        let versions: Vec<_> = self.versions.iter().map(ToString::to_string).collect();
        let got = told.last.map_or_else(
            || "nothing".to_owned(),
            |last| format!("{} items in {} answers, the last {last}", told.items, told.answers),
        );
        vec![
            ("account", format!("{address}, {account_state}")),
            (
                "device",
                format!("{shown}, {}", if device.registered { "registered" } else { "not registered" }),
            ),
            ("as of", self.as_of.to_string()),
            ("access", access),
            ("mode", format!("{} ({})", self.mode, self.mode_from)),
            ("recorded", recorded),
            ("orders", orders),
            ("jail", jail),
            ("policy", policy),
            ("versions", versions.join(", ")),
            ("got", got),
        ]
    }

    fn as_json(&self) -> Value {
        let Past { account, device, told, shown, decisions, .. } = &self.past;
        let decided = |decided: &Decided| {
            json!({
                "position": decided.position.0,
                "time": decided.at.to_string(),
                "actor": decided.by,
                "event": decided.kind,
                "what": decided.what,
                "details": decided.details,
                "request": decided.request,
            })
        };
        json!({
            "account": account.address.as_ref().map(ToString::to_string),
            "account_exists": account.exists(),
            "account_disabled": account.disabled,
            "device": shown.as_str(),
            "registered": device.registered,
            "as_of": self.as_of.to_string(),
            "verdict": self.verdict.as_ref().map(|verdict| verdict.decision.to_string()),
            "why": self.verdict.as_ref().map(|verdict| verdict.why.to_string()),
            "mode": self.mode.to_string(),
            "mode_from": self.mode_from.to_string(),
            "recorded": device.access.as_ref().map(|judged| json!({ "verdict": judged.verdict, "why": judged.why })),
            "suspended": device.suspended,
            "wipe": device.wipe.map(|wipe| json!({
                "account_only": wipe.account_only,
                "progress": format!("{:?}", wipe.progress),
            })),
            "jailed_until": device.jailed_until(self.as_of).map(|until| until.to_string()),
            "policy_status": device.policy.map(|policy| policy.status),
            "versions": self.versions.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "told": {
                "items": told.items,
                "answers": told.answers,
                "last": told.last.map(|last| last.to_string()),
            },
            "decisions": decisions.iter().map(decided).collect::<Vec<_>>(),
        })
    }

    fn tell(&self) -> anyhow::Result<()> {
        for (name, value) in self.facts() {
            say!("{name:<10} {value}");
        }
        say!("");
        output::rows(
            false,
            ["POSITION", "TIME", "BY", "WHAT", "DETAILS"],
            &self
                .past
                .decisions
                .iter()
                .map(|one| json!([one.position.0, one.at.to_string(), one.by, one.what, one.details]))
                .collect::<Vec<_>>(),
            |row| {
                [0, 1, 2, 3, 4]
                    .map(|index| row[index].as_str().map_or_else(|| row[index].to_string(), str::to_owned))
            },
        )
    }
}

#[cfg(test)]
mod tests {
    use syncledger_commands::{
        abq_set, create_account, create_domain, judge_access, register_device, set_attribute, suspend_device,
    };
    use syncledger_domain::{
        abq::{DeviceStatus, Key},
        codes,
        device::Introduction,
        ids::{Address, DeviceType, DomainName},
    };

    use super::*;
    use crate::config::Config;

    struct World {
        node: Node,
        account: AccountId,
        _place: tempfile::TempDir,
    }

    async fn world() -> World {
        let place = tempfile::tempdir().unwrap();
        let config = Config { dir: place.path().join("data"), ..Config::default() };
        let node = Node::open_or_create(&config).await.unwrap();
        let (repository, admin) = (&node.repository, node.admin());
        create_domain::run(repository, &admin, &DomainName::new("example.com").unwrap()).await.unwrap();
        let address = Address::new("alice@example.com").unwrap();
        let (account, _) = create_account::run(repository, &admin, &address, None).await.unwrap();
        World { node, account, _place: place }
    }

    impl World {
        async fn past(&self, moment: Moment) -> Past {
            let mut past = Past::new(self.account, &ShownDeviceId::new("phone1").unwrap());
            past.read(&self.node.repository, moment).await.unwrap();
            past
        }
    }

    #[tokio::test]
    async fn it_says_who_decided_what_and_when_and_what_held_at_any_moment() {
        let world = world().await;
        let (repository, admin, account) = (&world.node.repository, world.node.admin(), world.account);
        let shown = ShownDeviceId::new("Phone1").unwrap();
        let device = shown.canonical();
        let told = Introduction {
            shown: shown.clone(),
            device_type: DeviceType::new("Phone").unwrap(),
            user_agent: "Phone/1.0".to_owned(),
            protocol_version: Some(ProtocolVersion::V14_1),
        };
        register_device::run(repository, &admin, account, &device, &told).await.unwrap();
        let target = syncledger_commands::AttributeTarget::Global;
        set_attribute::run(repository, &admin, &target, "abqMode", "Strict").await.unwrap();
        judge_access::run(repository, &admin, account, &device, "block", "no entry").await.unwrap();
        let head = world.node.event_log().head().await.unwrap();
        let key = Key { device: shown, account: Some(account) };
        abq_set::run(repository, &admin, &key, DeviceStatus::Allowed, None).await.unwrap();
        suspend_device::run(repository, &admin, account, &device).await.unwrap();

        let now = world.past(Moment::Now).await.answer(repository.clock().now()).as_json();
        assert_eq!((now["verdict"].as_str(), now["mode"].as_str()), (Some("allow"), Some("Strict")));
        assert_eq!((now["mode_from"].as_str(), now["suspended"].as_bool()), (Some("global"), Some(true)));
        assert_eq!(
            (now["device"].as_str(), now["recorded"]["verdict"].as_str()),
            (Some("Phone1"), Some("block"))
        );
        let what: Vec<_> =
            now["decisions"].as_array().unwrap().iter().map(|one| one["what"].as_str().unwrap()).collect();
        let expected = [
            "account created",
            "first request",
            "setting changed",
            "access judged",
            "entry of the list set",
            "suspended",
        ];
        assert_eq!(what, expected);
        assert!(now["decisions"][4]["actor"].as_str().unwrap().starts_with("admin:"));

        let then = world.past(Moment::Position(head)).await.answer(repository.clock().now()).as_json();
        assert_eq!((then["verdict"].as_str(), then["suspended"].as_bool()), (Some("block"), Some(false)));
        assert_eq!(then["decisions"].as_array().unwrap().len(), 4);
    }

    #[tokio::test]
    async fn a_device_nobody_heard_of_is_refused_by_its_code() {
        let world = world().await;
        let explain = Explain {
            account: "alice@example.com".to_owned(),
            device: ShownDeviceId::new("nobody").unwrap(),
            at: None,
        };
        let refused = explain.run(&world.node, true).await.unwrap_err();
        assert_eq!(refused.downcast_ref::<Refused>().unwrap().code(), codes::NO_SUCH_DEVICE);
    }
}
