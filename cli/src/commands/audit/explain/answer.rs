//! What held at the moment asked about, and how it is told.

use serde_json::{Value, json};
use syncledger_domain::{
    abq::{AbqMode, CompiledRules, Pair, Policy, Verdict, verdict},
    config::{
        FromValue, Origin, Scopes,
        registry::{self, ABQ_FAIL_CLOSED, ABQ_MODE, EAS_VERSIONS},
    },
    device::Barrier,
    eas_filter::{self, Client},
    event::Timestamp,
    ids::ProtocolVersion,
    services::Facts,
};

use super::past::{Decided, Past};
use crate::output::{self, say};

impl Past {
    pub(super) fn answer(self, as_of: Timestamp) -> Answer {
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

/// What is told.
pub(super) struct Answer {
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

    pub(super) fn as_json(&self) -> Value {
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

    pub(super) fn tell(&self) -> anyhow::Result<()> {
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
