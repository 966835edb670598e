//! What an event says, as named details for people.
//!
//! Left out on purpose: password hashes, and what identifies a person's phone (IMEI, phone number), of which only is
//! said that it changed.

use std::fmt::Display;

use syncledger_domain::{
    Event,
    abq::AbqEvent,
    abq_messages::MessagesEvent,
    config::ConfigEvent,
    device::{DeviceEvent, DeviceInfo, ReleaseCause},
    directory::{AccountEvent, CosEvent, DomainEvent, Service},
    eas_filter::FiltersEvent,
    event::seal::LogEvent,
    folders::FoldersEvent,
    ids::SyncKey,
    loggers::{LoggerEnd, LoggersEvent},
    notices::NoticesEvent,
    services::{ServiceSwitched, ServicesEvent},
    sync_state::{ClientOperation, SyncEvent, SyncOffered},
};

use super::Field;

/// The details of an event.
pub(super) fn fields(event: &Event) -> Vec<Field> {
    let mut fields = Fields(Vec::new());
    match event {
        Event::Domain(event) => fields.domain(event),
        Event::Cos(event) => fields.cos(event),
        Event::Account(event) => fields.account(event),
        Event::Folders(event) => fields.folders(event),
        Event::Device(event) => fields.device(event),
        Event::Sync(event) => fields.sync(event),
        Event::Config(ConfigEvent::Set(set)) => fields.attribute(&set.name, Some(&set.value)),
        Event::Config(ConfigEvent::Cleared(cleared)) => fields.attribute(&cleared.name, None),
        Event::EasFilters(event) => fields.filters(event),
        Event::Abq(event) => fields.abq(event),
        Event::AbqMessages(event) => fields.messages(event),
        Event::Loggers(event) => fields.loggers(event),
        Event::Services(event) => fields.switched(event),
        Event::Notices(event) => fields.notices(event),
        Event::Log(LogEvent::Sealed(seal)) => {
            fields.say("up-to", seal.up_to);
            fields.say("streams", seal.streams);
            fields.say("root", seal.root);
        }
    }
    fields.0
}

struct Fields(Vec<Field>);

impl Fields {
    fn say(&mut self, name: &str, value: impl Display) {
        self.0.push(Field { name: name.to_owned(), value: value.to_string() });
    }

    fn maybe(&mut self, name: &str, value: Option<impl Display>) {
        if let Some(value) = value {
            self.say(name, value);
        }
    }

    fn count(&mut self, name: &str, count: usize) {
        if count > 0 {
            self.say(name, count);
        }
    }

    fn attribute(&mut self, name: &str, value: Option<&str>) {
        self.say("name", name);
        self.maybe("value", value);
    }

    fn domain(&mut self, event: &DomainEvent) {
        match event {
            DomainEvent::Created(created) => self.say("domain", &created.name),
            DomainEvent::AttributeSet(set) => self.attribute(&set.name, Some(&set.value)),
            DomainEvent::AttributeCleared(cleared) => self.attribute(&cleared.name, None),
        }
    }

    fn cos(&mut self, event: &CosEvent) {
        match event {
            CosEvent::Created(created) => self.say("cos", &created.id),
            CosEvent::AttributeSet(set) => self.attribute(&set.name, Some(&set.value)),
            CosEvent::AttributeCleared(cleared) => self.attribute(&cleared.name, None),
        }
    }

    fn account(&mut self, event: &AccountEvent) {
        match event {
            AccountEvent::Created(created) => {
                self.say("address", &created.address);
                self.maybe("cos", created.cos.as_ref());
            }
            AccountEvent::CosSet(set) => self.say("cos", &set.cos),
            AccountEvent::Disabled(disabled) => self.say("reason", &disabled.reason),
            AccountEvent::AttributeSet(set) => self.attribute(&set.name, Some(&set.value)),
            AccountEvent::AttributeCleared(cleared) => self.attribute(&cleared.name, None),
            AccountEvent::MobilePasswordAdded(added) => {
                self.say("id", &added.id);
                self.label(Some(&added.label));
                self.services(&added.services);
                self.say("generated", added.generated);
            }
            AccountEvent::MobilePasswordUpdated(updated) => {
                self.say("id", &updated.id);
                self.label(updated.label.as_ref());
                if let Some(services) = &updated.services {
                    self.services(services);
                }
                self.maybe("enabled", updated.enabled);
            }
            AccountEvent::MobilePasswordDeleted(deleted) => self.say("id", &deleted.id),
            AccountEvent::PasswordSet(_)
            | AccountEvent::PasswordCleared(_)
            | AccountEvent::Enabled(_)
            | AccountEvent::Removed(_) => {}
        }
    }

    fn label(&mut self, label: Option<&String>) {
        self.maybe("label", label);
    }

    fn services(&mut self, services: &[Service]) {
        let names: Vec<_> = services.iter().map(ToString::to_string).collect();
        self.say("services", names.join(","));
    }

    fn abq(&mut self, event: &AbqEvent) {
        match event {
            AbqEvent::StatusSet(set) => {
                self.say("device", &set.device);
                self.maybe("account", set.account);
                self.say("status", set.status);
                self.maybe("until", set.until);
                self.say("origin", set.origin);
            }
            AbqEvent::StatusDeleted(deleted) => {
                self.say("device", &deleted.device);
                self.maybe("account", deleted.account);
            }
            AbqEvent::RuleSet(set) => {
                self.say("scope", &set.scope);
                self.say("regex", &set.regex);
                self.say("status", set.status);
                self.say("order", set.order);
            }
            AbqEvent::RuleDeleted(deleted) => {
                self.say("scope", &deleted.scope);
                self.say("regex", &deleted.regex);
            }
            AbqEvent::Seeded(seeded) => self.say("devices", seeded.devices),
        }
    }

    fn messages(&mut self, event: &MessagesEvent) {
        match event {
            MessagesEvent::Set(set) => {
                self.say("scope", &set.scope);
                self.say("kind", set.kind);
                self.say("locale", &set.locale);
            }
            MessagesEvent::Deleted(deleted) => {
                self.say("scope", &deleted.scope);
                self.say("kind", deleted.kind);
                self.say("locale", &deleted.locale);
            }
            MessagesEvent::Initialised(initialised) => {
                self.say("written", initialised.written);
                self.say("kept", initialised.kept);
                self.say("forced", initialised.forced);
            }
        }
    }

    fn filters(&mut self, event: &FiltersEvent) {
        match event {
            FiltersEvent::Added(added) => {
                self.say("uid", added.uid);
                self.say("rule", &added.rule);
                self.say("mode", added.mode);
                let versions: Vec<_> = added.versions.iter().map(ToString::to_string).collect();
                self.say("versions", versions.join(","));
                self.say("blocking", added.blocking);
                self.say("at", added.at);
            }
            FiltersEvent::Moved(moved) => {
                self.say("uid", moved.uid);
                self.say("to", moved.to);
            }
            FiltersEvent::Deleted(deleted) => self.say("uid", deleted.uid),
        }
    }

    fn folders(&mut self, event: &FoldersEvent) {
        match event {
            FoldersEvent::Seen(seen) => {
                self.say("folder", seen.id);
                self.maybe("parent", seen.parent);
                self.say("class", format_args!("{:?}", seen.class));
                self.maybe("role", seen.role.map(|role| format!("{role:?}")));
                self.say("name", &seen.name);
            }
            FoldersEvent::Renamed(renamed) => {
                self.say("folder", renamed.id);
                self.say("name", &renamed.name);
            }
            FoldersEvent::Moved(moved) => {
                self.say("folder", moved.id);
                self.maybe("parent", moved.parent);
            }
            FoldersEvent::Gone(gone) => self.say("folder", gone.id),
            FoldersEvent::SyncDisabled(disabled) => self.say("folder", disabled.id),
            FoldersEvent::SyncEnabled(enabled) => self.say("folder", enabled.id),
        }
    }

    fn device(&mut self, event: &DeviceEvent) {
        match event {
            DeviceEvent::Registered(registered) => {
                self.say("type", &registered.device_type);
                self.say("user-agent", &registered.user_agent);
                self.maybe("version", registered.protocol_version);
            }
            DeviceEvent::InfoChanged(changed) => self.device_info(&changed.info),
            DeviceEvent::ProtocolVersionChanged(changed) => self.say("version", changed.version),
            DeviceEvent::PolicyOffered(offered) => {
                self.say("key", offered.key);
                self.say("digest", offered.digest);
            }
            DeviceEvent::PolicyAcknowledged(acknowledged) => {
                self.say("offered-key", acknowledged.offered);
                self.say("key", acknowledged.key);
                self.say("status", acknowledged.status);
                self.say("digest", acknowledged.digest);
            }
            DeviceEvent::PolicyDeclined(declined) => {
                self.say("offered-key", declined.offered);
                self.say("status", declined.status);
            }
            DeviceEvent::SyncStateReset(reset) => self.say("cause", &reset.cause),
            DeviceEvent::PingParametersChanged(ping) => {
                self.say("heartbeat-secs", ping.heartbeat_secs);
                let folders: Vec<_> = ping.folders.iter().map(ToString::to_string).collect();
                self.say("folders", folders.join(","));
            }
            DeviceEvent::MessageSubmitted(message) => {
                self.say("recipients", message.recipients);
                self.say("bytes", message.size);
                self.say("save-in-sent", message.save_in_sent);
            }
            DeviceEvent::ItemsMoved(moved) => {
                self.say("items", moved.moves.len());
                if let [(from, to)] = moved.moves.as_slice() {
                    self.say("from", from);
                    self.say("to", to);
                }
            }
            DeviceEvent::Seen(seen) => {
                self.say("requests", seen.requests);
                self.say("bytes-in", seen.bytes_in);
                self.say("bytes-out", seen.bytes_out);
            }
            DeviceEvent::WipeRequested(request) => self.say("account-only", request.account_only),
            DeviceEvent::WipeAcknowledged(answer) => self.say("status", answer.status),
            DeviceEvent::Jailed(jailed) => {
                self.say("until", jailed.until);
                self.say("requests", jailed.evidence.requests);
                self.say("span-ms", jailed.evidence.span_ms);
                self.say("window-ms", jailed.evidence.window_ms);
            }
            DeviceEvent::Released(released) => {
                self.say(
                    "cause",
                    match released.cause {
                        ReleaseCause::Administrator => "administrator",
                        ReleaseCause::ServiceRestart => "service-restart",
                    },
                );
            }
            DeviceEvent::AccessJudged(judged) => {
                self.say("verdict", &judged.verdict);
                self.say("why", &judged.why);
            }
            DeviceEvent::IdSpelled(spelled) => self.say("as", &spelled.shown),
            DeviceEvent::DummyMessageMarked(marked) => {
                self.say("read", marked.read);
                self.say("deleted", marked.deleted);
            }
            DeviceEvent::Removed(_)
            | DeviceEvent::SyncSuspended(_)
            | DeviceEvent::SyncResumed(_)
            | DeviceEvent::WipeSent(_)
            | DeviceEvent::WipeCancelled(_) => {}
        }
    }

    fn loggers(&mut self, event: &LoggersEvent) {
        match event {
            LoggersEvent::Added(added) => {
                self.say("id", added.id);
                self.say("level", added.level);
                self.say("file", &added.file);
                self.maybe("window-size", added.window_size);
                self.maybe("until", added.until);
            }
            LoggersEvent::Removed(removed) => {
                self.say("id", removed.id);
                match &removed.cause {
                    LoggerEnd::Removed => self.say("cause", "removed"),
                    LoggerEnd::Expired => self.say("cause", "expired"),
                    LoggerEnd::Unwritable(why) => self.say("cause", format!("unwritable: {why}")),
                }
            }
        }
    }

    fn switched(&mut self, event: &ServicesEvent) {
        let mut say = |switched: &ServiceSwitched| {
            self.say("service", switched.service);
            self.say("node", switched.node.as_ref().map_or("all", |node| node.as_str()));
        };
        match event {
            ServicesEvent::Started(it) | ServicesEvent::Stopped(it) | ServicesEvent::Restarted(it) => {
                say(it);
            }
            ServicesEvent::NodeStarted(started) => {
                self.say("node", &started.node);
                let stopped: Vec<_> = started.stopped.iter().map(ToString::to_string).collect();
                self.maybe("stopped", (!stopped.is_empty()).then(|| stopped.join(",")));
            }
        }
    }

    fn notices(&mut self, event: &NoticesEvent) {
        match event {
            NoticesEvent::Raised(raised) => {
                self.say("id", raised.id);
                self.say("severity", raised.severity);
                self.say("subject", &raised.subject);
            }
            NoticesEvent::MailPrepared(mail) => {
                self.say("number", mail.number);
                self.say("topic", mail.topic);
                let to: Vec<_> = mail.recipients.iter().map(ToString::to_string).collect();
                self.say("to", to.join(","));
                self.say("subject", &mail.subject);
            }
            NoticesEvent::MailTaken(taken) => {
                self.say("number", taken.number);
                self.say("by", &taken.by);
            }
            NoticesEvent::MailSent(sent) => self.say("number", sent.number),
            NoticesEvent::MailRefused(refused) => {
                self.say("number", refused.number);
                self.say("why", &refused.why);
            }
        }
    }

    fn device_info(&mut self, info: &DeviceInfo) {
        self.maybe("model", info.model.as_ref());
        self.maybe("name", info.friendly_name.as_ref());
        self.maybe("os", info.os.as_ref());
        self.maybe("os-language", info.os_language.as_ref());
        self.maybe("operator", info.mobile_operator.as_ref());
        self.maybe("user-agent", info.user_agent.as_ref());
        self.maybe("outbound-sms", info.enable_outbound_sms);
        self.maybe("imei", info.imei.as_ref().map(|_| "changed"));
        self.maybe("phone-number", info.phone_number.as_ref().map(|_| "changed"));
    }

    fn sync(&mut self, event: &SyncEvent) {
        match event {
            SyncEvent::Started(started) => {
                self.say("generation", started.generation);
                self.maybe("class", started.class.map(|class| format!("{class:?}")));
            }
            SyncEvent::OptionsChanged(changed) => {
                let options = &changed.options;
                self.say("filter-type", options.filter_type);
                self.say("conflict", if options.client_wins { "client-wins" } else { "server-wins" });
                self.say("mime-support", options.mime_support);
                let types: Vec<_> =
                    options.body_preferences.iter().map(|body| body.body_type.to_string()).collect();
                self.say("body-types", types.join(","));
            }
            SyncEvent::Offered(offered) => self.offered(offered),
            SyncEvent::Skipped(skipped) => {
                self.say("item", &skipped.item);
                self.say("attempts", skipped.attempts);
            }
            SyncEvent::Unskipped(unskipped) => self.say("item", &unskipped.item),
            SyncEvent::Registered(registered) => {
                self.count("known", registered.known.len());
                self.count("gone", registered.gone.len());
            }
            SyncEvent::Dropped(dropped) => self.say("cause", &dropped.cause),
        }
    }

    fn offered(&mut self, offered: &SyncOffered) {
        let key = |counter| match counter {
            0 => "0".to_owned(),
            counter => SyncKey { generation: offered.generation, counter }.to_string(),
        };
        self.say("from", key(offered.from));
        self.say("to", key(offered.to));
        self.count("adds", offered.delta.adds.len());
        self.count("changes", offered.delta.changes.len());
        self.count("removes", offered.delta.removes.len());
        self.count("soft-removes", offered.delta.soft_removes.len());
        let of_kind = |wanted: fn(&ClientOperation) -> bool| {
            offered.client.iter().filter(|change| wanted(&change.operation)).count()
        };
        self.count("client-adds", of_kind(|operation| matches!(operation, ClientOperation::Add(_))));
        self.count(
            "client-changes",
            of_kind(|operation| matches!(operation, ClientOperation::Change { .. })),
        );
        self.count("client-deletes", of_kind(|operation| matches!(operation, ClientOperation::Delete)));
    }
}
