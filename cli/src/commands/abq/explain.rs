//! `abq explain`: what would be decided about a device of an account, and by what.

use serde_json::{Value, json};
use syncledger_domain::{
    abq::{AbqMode, CompiledRules, Decision, Pair, Policy, Verdict, Why, verdict},
    abq_messages::{self, Facts, MessageKind, Messages, Rendered, Source},
    event::{StreamId, Timestamp},
    ids::{DomainName, ShownDeviceId},
};
use syncledger_projections::{
    devices::{self, DeviceRow},
    directory::{self, AccountRow},
};

use super::{
    considered::{self, Considered},
    history::Recorded,
    known,
    modes::Modes,
    service::Orders,
    words::{printable, word},
};
use crate::{
    commands::account,
    node::Node,
    output::{self, say},
};

/// What would be decided, and all that led to it.
pub(super) struct Explanation {
    account: AccountRow,
    device: ShownDeviceId,
    pub(super) verdict: Verdict,
    /// `account`, `cos`, `global`, `default`, or `given`.
    pub(super) mode_from: String,
    pub(super) considered: Vec<Considered>,
    /// Rules that were not asked because something before them decided.
    not_asked: usize,
    pub(super) sees: Sees,
    /// The verdict its last request met; `None` when it never came.
    recorded: Option<String>,
    /// Nodes on which nobody judges.
    stopped_on: Vec<String>,
}

/// What the device sees.
pub(super) enum Sees {
    /// The mailbox.
    Mailbox,
    /// One message.
    Message(Source, Box<Rendered>),
}

pub(super) async fn run(
    node: &Node,
    account: &str,
    device: &str,
    mode: Option<&str>,
    json: bool,
) -> anyhow::Result<()> {
    let explanation = explain(node, account, device, mode).await?;
    if json {
        return output::value(&explanation.as_json());
    }
    explanation.tell();
    Ok(())
}

pub(super) async fn explain(
    node: &Node,
    account: &str,
    device: &str,
    mode: Option<&str>,
) -> anyhow::Result<Explanation> {
    let given: Option<AbqMode> = mode.map(word).transpose()?;
    let typed: ShownDeviceId = word(device)?;
    let account = account::find_row(node, account).await?;
    let row = devices::device(&*node.view_store(), account.id, &typed.canonical()).await?;
    let device = row.as_ref().map_or(typed, known::written);
    let domain = account.address.domain();
    let (modes, recorded) = (Modes::load(node).await?, Recorded::load(node).await?);
    let now = node.repository.clock().now();
    let (mode, origin) = modes.of(&account);
    let (mode, mode_from) =
        given.map_or_else(|| (mode, origin.to_string()), |given| (given, "given".to_owned()));
    // A mode that is only supposed is so everywhere: the service depends on that of the installation.
    let supposed = given.map_or_else(|| modes.clone(), |given| modes.clone().with_global(given));
    let running = Orders::load(node).await?.running(&supposed);
    let rules = CompiledRules::new(&recorded.control.rules);
    let policy = Policy {
        list: &recorded.control.list,
        rules: &rules,
        running: running.anywhere,
        fail_closed: modes.fail_closed(),
    };
    let pair = Pair { device: &device, account: account.id, domain: &domain };
    let verdict = verdict(&policy, mode, &pair, now);
    let (considered, not_asked) = match verdict.why {
        Why::Disabled | Why::ServiceStopped => (Vec::new(), recorded.control.rules.len()),
        Why::Entry { .. } | Why::Rule(_) | Why::Nothing => {
            considered::considered(&recorded.control, &pair, now)
        }
    };
    let seen_by = SeenBy { account: &account, domain: &domain, device: &device, row: row.as_ref(), now };
    let sees = sees(node, verdict.decision, &seen_by, &modes).await?;
    // A device nothing was recorded of was let in.
    let last = |row: DeviceRow| {
        row.standing.access.map_or_else(|| Decision::Allow.to_string(), |judged| judged.verdict.verdict)
    };
    let (recorded, stopped_on) = (row.map(last), running.stopped_on);
    Ok(Explanation { account, device, verdict, mode_from, considered, not_asked, sees, recorded, stopped_on })
}

/// Who sees it.
struct SeenBy<'a> {
    account: &'a AccountRow,
    domain: &'a DomainName,
    device: &'a ShownDeviceId,
    /// The device, if it ever came.
    row: Option<&'a DeviceRow>,
    now: Timestamp,
}

async fn sees(node: &Node, decision: Decision, by: &SeenBy<'_>, modes: &Modes) -> anyhow::Result<Sees> {
    let kind = match decision {
        Decision::Allow => return Ok(Sees::Mailbox),
        Decision::Block => MessageKind::Blocked,
        Decision::Quarantine => MessageKind::Quarantined,
    };
    let messages = node.repository.load::<Messages>(&StreamId::abq_messages()).await?.state;
    let of_domain = directory::domain(&*node.view_store(), by.domain).await?;
    let language = modes.language(by.account, of_domain.as_ref().map(|row| &row.attributes));
    let administrator = modes.administrator(by.domain);
    let message = abq_messages::resolve(&messages, by.domain, kind, language.as_ref(), &administrator);
    let judged = by.row.and_then(|row| row.standing.access.as_ref());
    let same = judged.filter(|judged| judged.verdict.verdict == decision.to_string());
    let facts = Facts {
        device_id: by.device.as_str(),
        device_type: by.row.map_or("?", |row| row.device_type.as_str()),
        user_agent: by.row.map_or("", |row| &row.user_agent),
        account: by.account.address.as_str(),
        since: same.map_or(by.now, |judged| judged.since),
    };
    Ok(Sees::Message(message.resolved_from.clone(), Box::new(message.render(&facts))))
}

impl Explanation {
    /// Whether the device starts anew at its next request: it sees another mailbox then.
    fn starts_anew(&self) -> bool {
        self.recorded.as_ref().is_some_and(|recorded| *recorded != self.verdict.decision.to_string())
    }

    pub(super) fn as_json(&self) -> Value {
        let considered = |one: &Considered| {
            json!({
                "what": one.what,
                "order": one.rule.as_ref().map(|(order, _)| order),
                "regex": one.rule.as_ref().map(|(_, regex)| regex),
                "says": one.says.as_str(),
                "outcome": one.outcome.word(),
                "why": one.outcome.why(),
            })
        };
        let decided_by = match self.verdict.why {
            Why::Entry { .. } => "entry",
            Why::Rule(_) => "rule",
            Why::Nothing => "nothing",
            Why::Disabled => "mode",
            Why::ServiceStopped => "service",
        };
        let sees = match &self.sees {
            Sees::Mailbox => json!({ "mailbox": "real" }),
            Sees::Message(from, message) => json!({
                "mailbox": "dummy",
                "resolved_from": from.to_string(),
                "from": message.from,
                "reply_to": message.reply_to,
                "subject": message.subject,
                "body_plain": message.body_plain,
            }),
        };
        json!({
            "account": self.account.id.to_string(),
            "address": self.account.address.as_str(),
            "device_id": self.device.as_str(),
            "verdict": self.verdict.decision.to_string(),
            "mode": self.verdict.mode.as_str(),
            "mode_from": self.mode_from,
            "decided_by": decided_by,
            "why": self.verdict.why.to_string(),
            "considered": self.considered.iter().map(considered).collect::<Vec<_>>(),
            "rules_not_asked": self.not_asked,
            "sees": sees,
            "known": self.recorded.is_some(),
            "recorded_verdict": self.recorded,
            "starts_anew": self.starts_anew(),
            "service_stopped_on": self.stopped_on,
        })
    }

    fn tell(&self) {
        let Self { account, device, verdict, .. } = self;
        say!("device {device} of {}: {}", account.address, verdict.decision);
        say!("mode      {} ({})", verdict.mode, self.mode_from);
        say!("because   {}", printable(&verdict.why.to_string()));
        if self.considered.is_empty() {
            say!("asked     no entry and no rule");
        }
        for (number, one) in self.considered.iter().enumerate() {
            let rule = one.rule.as_ref().map(|(order, regex)| format!(" {order} '{}'", printable(regex)));
            say!(
                "{:>6}.   {}{} says {}: {}",
                number + 1,
                one.what,
                rule.unwrap_or_default(),
                one.says,
                printable(&one.outcome.why())
            );
        }
        if self.not_asked > 0 {
            say!("          {} rule(s) were not asked", self.not_asked);
        }
        if !self.stopped_on.is_empty() {
            say!("          the service abq is stopped on {}", self.stopped_on.join(", "));
        }
        match &self.sees {
            Sees::Mailbox => say!("it sees   the mailbox"),
            Sees::Message(from, message) => say!("it sees   '{}' ({from})", message.subject),
        }
        match &self.recorded {
            None => say!("so far    it never came"),
            Some(recorded) if self.starts_anew() => {
                say!("so far    its last verdict was {recorded}: it starts anew at its next request");
            }
            Some(recorded) => say!("so far    its last verdict was {recorded}"),
        }
    }
}
