//! Everything that had a say about a device, read from the log up to a moment.

use syncledger_commands::Repository;
use syncledger_domain::{
    Aggregate, Event,
    abq::{AbqEvent, DeviceControl},
    config::{Attributes, ConfigEvent, Scopes},
    device::Device,
    directory::{Account, Cos, Domain},
    eas_filter::Filters,
    event::{Position, RecordedEvent, Revision, StreamCategory, StreamId, Timestamp},
    ids::{AccountId, DeviceId, ShownDeviceId},
    services::Services,
    sync_state::SyncEvent,
};
use syncledger_projections::{sync_states::Moment, timeline};

use super::say;

/// Events read at a time.
const PAGE: usize = 4096;

/// Everything that had a say, folded up to the moment asked about.
pub(super) struct Past {
    pub(super) account_id: AccountId,
    pub(super) device_id: DeviceId,
    pub(super) shown: ShownDeviceId,
    pub(super) account: Account,
    pub(super) device: Device,
    pub(super) domain: Domain,
    pub(super) cos: Cos,
    pub(super) config: Attributes,
    pub(super) control: DeviceControl,
    pub(super) filters: Filters,
    pub(super) services: Services,
    pub(super) told: Told,
    pub(super) decisions: Vec<Decided>,
    pub(super) last: Option<Timestamp>,
    /// Whether the device, or an entry about it, was there at all.
    pub(super) heard: bool,
}

/// What the device got.
#[derive(Default)]
pub(super) struct Told {
    pub(super) answers: u64,
    pub(super) items: u64,
    pub(super) last: Option<Timestamp>,
}

/// An event that had a say.
pub(super) struct Decided {
    pub(super) position: Position,
    pub(super) at: Timestamp,
    pub(super) by: String,
    pub(super) kind: String,
    pub(super) what: &'static str,
    pub(super) details: String,
    pub(super) request: String,
}

impl Past {
    pub(super) fn new(account: AccountId, device: &ShownDeviceId) -> Self {
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

    pub(super) async fn read(&mut self, repository: &Repository, moment: Moment) -> anyhow::Result<()> {
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
            let mut details: Vec<_> =
                fields.iter().map(|field| format!("{}={}", field.name, field.value)).collect();
            details.extend(say::scope_of(&event).map(|scope| format!("scope={scope}")));
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

    pub(super) fn scopes(&self) -> Scopes<'_> {
        Scopes {
            account: Some(&self.account.attributes),
            cos: Some(&self.cos.attributes),
            domain: Some(&self.domain.attributes),
            global: Some(&self.config),
        }
    }
}

fn is_after(recorded: &RecordedEvent, moment: Moment) -> bool {
    match moment {
        Moment::Now => false,
        Moment::Position(position) => recorded.position > position,
        Moment::Time(time) => recorded.recorded_at > time,
    }
}
