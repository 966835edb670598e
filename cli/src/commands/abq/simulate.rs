//! `abq simulate`: whose verdict another mode, list or set of rules would change.

use std::{
    collections::{BTreeSet, HashMap},
    path::PathBuf,
};

use clap::Args;
use serde_json::{Value, json};
use syncledger_commands::abq_import;
use syncledger_domain::{
    Aggregate as _,
    abq::{
        self, AbqEvent, AbqMode, BadLine, Changed, CompiledRules, DeviceControl, DeviceStatus, Pair, Policy,
        Regime, RuleScope, affected,
    },
    codes,
    event::{StreamId, Timestamp},
    ids::{AccountId, InvalidId},
};

use super::{
    import, known,
    modes::Modes,
    rule, seed,
    service::Orders,
    targets::Accounts,
    words::{cut, order, printable, refused, word},
};
use crate::{
    input_file,
    node::Node,
    output::{self, say},
    refusal::Refused,
};

/// `abq simulate`
///
/// Judges every known device of every account twice: as things are, and as they would be.
#[derive(Debug, Default, Args)]
pub(crate) struct Simulate {
    /// As if this mode were set globally; accounts and classes of service with a mode of their own keep it.
    #[arg(long)]
    pub(super) mode: Option<String>,
    /// As if this file were imported.
    #[arg(long, value_name = "FILE", value_parser = input_file::path(), requires = "imported_as")]
    pub(super) import: Option<PathBuf>,
    /// The status of the devices in the file.
    #[arg(long = "as", value_name = "STATUS", requires = "import")]
    pub(super) imported_as: Option<String>,
    /// As if this rule were set.
    #[arg(long = "rule", value_name = "REGEX=STATUS@ORDER", allow_hyphen_values = true)]
    pub(super) rules: Vec<String>,
    /// As if this rule were deleted; deletions come first.
    #[arg(long = "delete-rule", value_name = "REGEX", allow_hyphen_values = true)]
    pub(super) deleted_rules: Vec<String>,
    /// The rules are those of this domain.
    #[arg(long, value_name = "DOMAIN")]
    pub(super) domain: Option<String>,
}

/// What would change.
#[derive(Debug, Default)]
pub(super) struct Simulated {
    /// Pairs judged.
    pub(super) judged: usize,
    /// A row for each whose verdict changes.
    pub(super) changed: Vec<Value>,
    /// Lines of the file that would be left out.
    pub(super) bad: Vec<BadLine>,
    /// Rules whose match was given up for some device.
    pub(super) too_expensive: BTreeSet<String>,
    /// Known devices neither an entry nor a rule would be about.
    pub(super) unlisted: usize,
}

impl Simulate {
    pub(super) async fn run(self, node: &Node, json: bool) -> anyhow::Result<()> {
        let simulated = self.simulate(node).await?;
        if json {
            return output::value(&json!({
                "ok": true,
                "judged": simulated.judged,
                "changed": simulated.changed,
                "bad_lines": simulated.bad.iter().map(import::bad_line).collect::<Vec<_>>(),
                "rules_given_up": simulated.too_expensive,
                "unlisted_devices": simulated.unlisted,
            }));
        }
        output::rows(
            false,
            ["ACCOUNT", "DEVICE", "BEFORE", "AFTER", "BECAUSE"],
            &simulated.changed,
            |row| {
                ["address", "device_id", "before", "after", "why_after"]
                    .map(|name| printable(row[name].as_str().unwrap_or_default()))
            },
        )?;
        say!(
            "{} of {} verdicts would change; nothing was changed",
            simulated.changed.len(),
            simulated.judged
        );
        for rule in &simulated.too_expensive {
            say!("the rule '{}' was given up on some device: it takes too many steps", printable(rule));
        }
        import::tell_bad_lines(&simulated.bad);
        if simulated.unlisted > 0 && self.mode.is_some() {
            say!("{}", seed::offer(simulated.unlisted));
        }
        Ok(())
    }

    /// # Errors
    /// Whatever the real commands would refuse.
    pub(super) async fn simulate(&self, node: &Node) -> anyhow::Result<Simulated> {
        self.must_propose_something()?;
        let mode: Option<AbqMode> = self.mode.as_deref().map(word).transpose()?;
        let control = node.repository.load::<DeviceControl>(&StreamId::abq()).await?.state;
        let accounts = Accounts::load(node).await?;
        let modes = Modes::load(node).await?;
        let now = node.repository.clock().now();
        let pairs = known::pairs(node, &accounts).await?;

        let mut proposed = control.clone();
        let scope = rule::scope(node, self.domain.as_deref()).await?;
        self.propose_rules(&mut proposed, &scope)?;
        let bad = self.propose_import(&mut proposed, &accounts, now)?;
        let proposed_modes = mode.map_or_else(|| modes.clone(), |mode| modes.clone().with_global(mode));

        let orders = Orders::load(node).await?;
        let before = Side::new(&control, &modes, &orders, &accounts);
        let after = Side::new(&proposed, &proposed_modes, &orders, &accounts);
        let (mode_before, mode_after) =
            (|pair: &Pair<'_>| before.mode(pair), |pair: &Pair<'_>| after.mode(pair));
        let regimes = (before.regime(&mode_before, now), after.regime(&mode_after, now));
        let changed = affected(&regimes.0, &regimes.1, pairs.iter().map(known::KnownPair::pair));
        let given_up = pairs.iter().flat_map(|known| regimes.1.judge(&known.pair()).too_expensive);
        let too_expensive = given_up.map(|rule| rule.regex.to_string()).collect::<BTreeSet<_>>();
        Ok(Simulated {
            judged: pairs.len(),
            changed: changed.iter().map(|one| as_json(one, &accounts)).collect(),
            bad,
            too_expensive,
            unlisted: seed::unlisted(&proposed, &pairs, now),
        })
    }

    fn must_propose_something(&self) -> Result<(), Refused> {
        let nothing = self.mode.is_none()
            && self.import.is_none()
            && self.rules.is_empty()
            && self.deleted_rules.is_empty();
        if nothing {
            let message =
                "nothing to simulate: allowed are --mode, --import with --as, --rule and --delete-rule";
            return Err(Refused::new(codes::USAGE, message));
        }
        Ok(())
    }

    fn propose_rules(&self, proposed: &mut DeviceControl, scope: &RuleScope) -> anyhow::Result<()> {
        for regex in &self.deleted_rules {
            let events = abq::delete_rule(proposed, scope, regex).map_err(refused)?;
            take(proposed, &events);
        }
        for text in &self.rules {
            let (regex, status, order) = parse_rule(text)?;
            let events = abq::set_rule(proposed, scope, regex, status, order).map_err(refused)?;
            take(proposed, &events);
        }
        Ok(())
    }

    fn propose_import(
        &self,
        proposed: &mut DeviceControl,
        accounts: &Accounts,
        now: Timestamp,
    ) -> anyhow::Result<Vec<BadLine>> {
        let (Some(file), Some(status)) = (&self.import, &self.imported_as) else { return Ok(Vec::new()) };
        let status = word(status)?;
        let text = input_file::read_text(file, import::MAX_BYTES)?;
        let (keys, bad) = abq_import::read(&text, &|text| accounts.find(text)).map_err(refused)?;
        let imported = abq::import(proposed, &keys, status, None, now).map_err(refused)?;
        take(proposed, &imported.events);
        Ok(bad)
    }
}

fn take(control: &mut DeviceControl, events: &[AbqEvent]) {
    for event in events {
        control.evolve(event);
    }
}

/// `REGEX=STATUS@ORDER`; the text may itself have such characters.
fn parse_rule(text: &str) -> anyhow::Result<(&str, DeviceStatus, i64)> {
    let refuse = || refused(InvalidId { field: "rule", value: cut(text), allowed: "REGEX=STATUS@ORDER" });
    let (regex, rest) = text.rsplit_once('=').ok_or_else(refuse)?;
    let (status, place) = rest.split_once('@').ok_or_else(refuse)?;
    Ok((regex, word(status)?, order(place)?))
}

/// How things are, or would be.
struct Side<'a> {
    control: &'a DeviceControl,
    rules: CompiledRules,
    modes: HashMap<AccountId, AbqMode>,
    running: bool,
    fail_closed: bool,
}

impl<'a> Side<'a> {
    fn new(control: &'a DeviceControl, modes: &Modes, orders: &Orders, accounts: &Accounts) -> Self {
        Self {
            control,
            rules: CompiledRules::new(&control.rules),
            modes: accounts.all_live().map(|account| (account.id, modes.of(account).0)).collect(),
            running: orders.running(modes).anywhere,
            fail_closed: modes.fail_closed(),
        }
    }

    fn mode(&self, pair: &Pair<'_>) -> AbqMode {
        self.modes.get(&pair.account).copied().unwrap_or_default()
    }

    fn regime<'r>(&'r self, mode: &'r dyn Fn(&Pair<'_>) -> AbqMode, now: Timestamp) -> Regime<'r> {
        let policy = Policy {
            list: &self.control.list,
            rules: &self.rules,
            running: self.running,
            fail_closed: self.fail_closed,
        };
        Regime { policy, mode, now }
    }
}

fn as_json(changed: &Changed<'_>, accounts: &Accounts) -> Value {
    json!({
        "account": changed.pair.account.to_string(),
        "address": accounts.shown(changed.pair.account),
        "device_id": changed.pair.device.as_str(),
        "before": changed.before.decision.to_string(),
        "after": changed.after.decision.to_string(),
        "why_before": changed.before.why.to_string(),
        "why_after": changed.after.why.to_string(),
    })
}
