//! The decision table, every cell; and what comes before what.

use super::*;
use crate::event::fold;
use AbqMode::{Disabled, Interactive, Permissive, Strict};
use Decision::{Allow, Block, Quarantine};
use DeviceStatus::{Allowed, Blocked, Quarantined};

const PHONE: &str = "ApplF17";

/// What is said about the phone, and what becomes of it in Permissive, Interactive and Strict.
fn rows() -> Vec<(&'static str, Vec<AbqEvent>, [Decision; 3])> {
    let by_status = [
        (Allowed, [Allow, Allow, Allow]),
        (Blocked, [Block, Block, Block]),
        (Quarantined, [Allow, Quarantine, Block]),
    ];
    let mut rows = Vec::new();
    for (status, decisions) in by_status {
        rows.push(("couple", vec![status_set(PHONE, Some(alice()), status)], decisions));
        rows.push(("device", vec![status_set(PHONE, None, status)], decisions));
        rows.push(("domain rule", vec![rule(of_domain("example.com"), "Appl.*", status, 1)], decisions));
        rows.push(("global rule", vec![rule(RuleScope::Global, "Appl.*", status, 1)], decisions));
    }
    rows.push(("nothing", Vec::new(), [Allow, Quarantine, Block]));
    let elsewhere = vec![
        status_set(PHONE, Some(bob()), Blocked),
        status_set("other", None, Blocked),
        rule(of_domain("example.net"), ".*", Blocked, 1),
        rule(RuleScope::Global, "appl.*", Blocked, 1),
    ];
    rows.push(("nothing", elsewhere, [Allow, Quarantine, Block]));
    rows
}

#[test]
fn every_cell_of_the_decision_table() {
    for (found, events, decisions) in rows() {
        let control: DeviceControl = fold(&events);
        for (mode, decision) in [Permissive, Interactive, Strict].into_iter().zip(decisions) {
            let verdict = judge(&control, mode, PHONE, alice(), NOW);
            assert_eq!(verdict.decision, decision, "{found} in {mode}: {events:?}");
            let side_effect = match (found, mode) {
                ("nothing", Interactive) => SideEffect::QuarantineEntry,
                ("nothing", Strict) => SideEffect::BlockObservation,
                _ => SideEffect::None,
            };
            assert_eq!(verdict.side_effect, side_effect, "{found} in {mode}");
            let why = match verdict.why {
                Why::Entry { account: Some(_), .. } => "couple",
                Why::Entry { account: None, .. } => "device",
                Why::Rule(rule) if rule.scope == RuleScope::Global => "global rule",
                Why::Rule(_) => "domain rule",
                Why::Nothing => "nothing",
                Why::ServiceStopped | Why::Disabled => "nobody",
            };
            assert_eq!(why, found, "{mode}");
        }
        let verdict = judge(&control, Disabled, PHONE, alice(), NOW);
        let expected = (Allow, Why::Disabled, SideEffect::None);
        assert_eq!((verdict.decision, verdict.why, verdict.side_effect), expected, "{found}");
    }
}

#[test]
fn a_stopped_service_lets_everything_in_unless_a_strict_site_wants_it_closed() {
    for (_, events, _) in rows() {
        let control: DeviceControl = fold(&events);
        let rules = CompiledRules::new(&control.rules);
        let (phone, domain) = (device(PHONE), domain("example.com"));
        let pair = Pair { device: &phone, account: alice(), domain: &domain };
        for mode in AbqMode::ALL {
            for fail_closed in [false, true] {
                let policy = Policy { list: &control.list, rules: &rules, running: false, fail_closed };
                let verdict = verdict(&policy, mode, &pair, NOW);
                let closed = fail_closed && mode == Strict;
                assert_eq!(verdict.decision, if closed { Block } else { Allow }, "{mode} {fail_closed}");
                assert_eq!(verdict.side_effect, SideEffect::None);
                assert_eq!(verdict.why, if mode == Disabled { Why::Disabled } else { Why::ServiceStopped });
            }
        }
    }
}

#[test]
fn the_narrower_word_counts() {
    let global = rule(RuleScope::Global, ".*", Blocked, -5);
    let of_domain = rule(of_domain("example.com"), "Appl.*", Quarantined, 7);
    let of_device = status_set(PHONE, None, Blocked);
    let of_couple = status_set(PHONE, Some(alice()), Allowed);
    let all = [global, of_domain, of_device, of_couple];
    let decisions = [Block, Quarantine, Block, Allow];
    for (count, decision) in (1..).zip(decisions) {
        let control: DeviceControl = fold(&all[..count]);
        assert_eq!(judge(&control, Interactive, PHONE, alice(), NOW).decision, decision, "{count}");
    }
    let control: DeviceControl = fold(&all);
    assert_eq!(judge(&control, Interactive, PHONE, bob(), NOW).decision, Block, "the couple is hers alone");
}

#[test]
fn rules_are_asked_in_ascending_order() {
    let control: DeviceControl = fold(&[
        rule(RuleScope::Global, "Appl.*", Blocked, 20),
        rule(RuleScope::Global, "ApplF.*", Allowed, -3),
        rule(RuleScope::Global, ".*", Quarantined, 100),
    ]);
    let verdict = judge(&control, Interactive, PHONE, alice(), NOW);
    let Why::Rule(decided) = &verdict.why else { panic!("{:?}", verdict.why) };
    assert_eq!((decided.order, &*decided.regex), (-3, "ApplF.*"));
    assert_eq!(verdict.why.to_string(), "the global rule -3 'ApplF.*' says Allowed");
    assert_eq!(judge(&control, Interactive, "ApplG", alice(), NOW).decision, Block);
    assert_eq!(judge(&control, Interactive, "other", alice(), NOW).decision, Quarantine);
}

#[test]
fn an_expired_entry_counts_as_absent_from_that_very_moment() {
    let until = NOW.plus_seconds(7 * 86_400);
    let control: DeviceControl =
        fold(&[status_set(PHONE, None, Blocked), status_until(PHONE, Some(alice()), Allowed, Some(until))]);
    let judged = |now| judge(&control, Strict, PHONE, alice(), now);
    assert_eq!(judged(Timestamp(until.0 - 1)).decision, Allow);
    assert_eq!(
        judged(NOW).why.to_string(),
        "the entry of this device and account says Allowed until 2024-05-08T09:12:33.000000Z"
    );
    assert_eq!(judged(until).decision, Block);
    assert_eq!(control.list.next_expiry(NOW), Some(until));
    assert_eq!(control.list.next_expiry(until), None);
    let expiring: Vec<_> = control.list.expiring(NOW, until).collect();
    assert_eq!(expiring, [(&device(PHONE).canonical(), Some(alice()))]);
    assert_eq!(control.list.expiring(until, Timestamp(i64::MAX)).count(), 0);
}

#[test]
fn a_rule_that_is_too_expensive_is_passed_over_and_named() {
    // Made by some build that allowed it; histories always load.
    let hostile = "(x+x+)+\\1y";
    let control: DeviceControl = fold(&[
        rule(RuleScope::Global, hostile, Allowed, 1),
        rule(RuleScope::Global, "not (a pattern", Allowed, 2),
        rule(RuleScope::Global, ".*", Blocked, 3),
    ]);
    let verdict = judge(&control, Strict, &"x".repeat(120), alice(), NOW);
    assert_eq!(verdict.decision, Block);
    let named: Vec<_> = verdict.too_expensive.iter().map(|rule| &*rule.regex).collect();
    assert_eq!(named, [hostile]);
    let rules = CompiledRules::new(&control.rules);
    let unusable: Vec<_> = rules.unusable().map(|(rule, error)| (rule.order, error.at)).collect();
    assert_eq!(unusable, [(2, 5)]);
}

#[test]
fn only_pairs_whose_decision_changes_start_anew() {
    let before: DeviceControl = fold(&[status_set("in", None, Allowed), status_set("out", None, Blocked)]);
    let events = [
        // Allowed before and after, for another reason.
        status_set("in", Some(alice()), Allowed),
        status_set("out", Some(alice()), Allowed),
        rule(RuleScope::Global, "new.*", Blocked, 1),
    ];
    let mut after = before.clone();
    for event in &events {
        after.evolve(event);
    }
    let devices = ["in", "out", "new1", "other"].map(device);
    let domain = domain("example.com");
    let pairs: Vec<_> = devices
        .iter()
        .flat_map(|device| [alice(), bob()].map(|account| Pair { device, account, domain: &domain }))
        .collect();
    let (rules_before, rules_after) = (CompiledRules::new(&before.rules), CompiledRules::new(&after.rules));
    let policy = |list, rules| Policy { list, rules, running: true, fail_closed: false };
    let (from, to) = (policy(&before.list, &rules_before), policy(&after.list, &rules_after));
    let mode_of = |mode: AbqMode| move |_: &Pair<'_>| mode;
    let changes = |from: Policy<'_>, from_mode: AbqMode, to: Policy<'_>, to_mode: AbqMode| -> Vec<String> {
        let (from_mode, to_mode) = (mode_of(from_mode), mode_of(to_mode));
        let regime = |policy, mode| Regime { policy, mode, now: NOW };
        let changed = affected(&regime(from, &from_mode), &regime(to, &to_mode), pairs.iter().copied());
        let text = |change: &Changed<'_>| {
            let whose = if change.pair.account == alice() { "alice" } else { "bob" };
            format!("{} {whose} {}>{}", change.pair.device, change.before.decision, change.after.decision)
        };
        changed.iter().map(text).collect()
    };
    assert_eq!(
        changes(from, Interactive, to, Interactive),
        ["out alice block>allow", "new1 alice quarantine>block", "new1 bob quarantine>block"]
    );
    assert_eq!(
        changes(from, Interactive, from, Strict),
        [
            "new1 alice quarantine>block",
            "new1 bob quarantine>block",
            "other alice quarantine>block",
            "other bob quarantine>block"
        ]
    );
    assert!(changes(to, Strict, to, Strict).is_empty());
}

/// Somebody else's account on the same phone, in a domain without rules, must not lock this one out.
#[test]
fn an_entry_the_mode_made_comes_after_the_rules() {
    let waits = AbqEvent::StatusSet(DeviceStatusSet {
        device: device(PHONE),
        account: None,
        status: Quarantined,
        until: None,
        origin: EntryOrigin::Interactive,
    });
    let let_in = rule(of_domain("example.com"), "Appl.*", Allowed, 1);
    let control: DeviceControl = fold(&[waits.clone(), let_in.clone()]);
    assert_eq!(judge(&control, Interactive, PHONE, alice(), NOW).decision, Allow);
    let alone: DeviceControl = fold(std::slice::from_ref(&waits));
    let verdict = judge(&alone, Interactive, PHONE, alice(), NOW);
    assert_eq!((verdict.decision, verdict.side_effect), (Quarantine, SideEffect::None));
    let on_purpose = status_set(PHONE, None, Quarantined);
    let control: DeviceControl = fold(&[waits, let_in, on_purpose]);
    assert_eq!(judge(&control, Interactive, PHONE, alice(), NOW).decision, Quarantine, "somebody meant it");
}
