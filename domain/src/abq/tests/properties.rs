//! What holds of every list and every set of rules.

use proptest::prelude::*;

use super::*;
use crate::event::fold;

fn status() -> impl Strategy<Value = DeviceStatus> {
    proptest::sample::select(DeviceStatus::ALL.to_vec())
}

fn mode() -> impl Strategy<Value = AbqMode> {
    proptest::sample::select(AbqMode::ALL.to_vec())
}

fn id() -> impl Strategy<Value = String> {
    "[ab]{1,2}"
}

fn account() -> impl Strategy<Value = AccountId> {
    prop_oneof![Just(alice()), Just(bob())]
}

fn scope() -> impl Strategy<Value = RuleScope> {
    prop_oneof![Just(RuleScope::Global), Just(of_domain("example.com")), Just(of_domain("example.net"))]
}

fn event() -> impl Strategy<Value = AbqEvent> {
    let until = prop_oneof![Just(None), (-2i64..3).prop_map(|s| Some(NOW.plus_seconds(s)))];
    prop_oneof![
        4 => (id(), proptest::option::of(account()), status(), until)
            .prop_map(|(id, account, status, until)| status_until(&id, account, status, until)),
        1 => (id(), proptest::option::of(account())).prop_map(|(id, account)| deleted(&id, account)),
        3 => (scope(), "[ab]|[ab]?[.][*]|[.][*][ab]", status(), -3i64..3)
            .prop_map(|(scope, regex, status, order)| rule(scope, &regex, status, order)),
        1 => (scope(), "[ab]|[ab]?[.][*]")
            .prop_map(|(scope, regex)| AbqEvent::RuleDeleted(RuleDeleted { scope, regex })),
    ]
}

fn history() -> impl Strategy<Value = Vec<AbqEvent>> {
    proptest::collection::vec(event(), 0..30)
}

proptest! {
    #[test]
    fn an_entry_beats_every_rule_and_a_couple_its_device(
        events in history(), mode in mode(), id in id(), status in status(), device_status in status(),
    ) {
        let mut control: DeviceControl = fold(&events);
        control.evolve(&status_set(&id, None, device_status));
        control.evolve(&status_set(&id, Some(alice()), status));
        let verdict = judge(&control, mode, &id, alice(), NOW);
        let alone: DeviceControl = fold(&[status_set(&id, None, status)]);
        prop_assert_eq!(verdict.decision, judge(&alone, mode, &id, alice(), NOW).decision);
        control.evolve(&deleted(&id, Some(alice())));
        let verdict = judge(&control, mode, &id, alice(), NOW);
        let alone: DeviceControl = fold(&[status_set(&id, None, device_status)]);
        prop_assert_eq!(verdict.decision, judge(&alone, mode, &id, alice(), NOW).decision);
    }

    #[test]
    fn a_rule_of_the_domain_beats_global_ones_and_the_first_in_order_the_others(
        events in history(), mode in mode(), status in status(), regex in "[.][*]|z|z[.][*]",
    ) {
        // No entry is about this device.
        let mut control: DeviceControl = fold(&events);
        control.evolve(&rule(RuleScope::Global, ".+", DeviceStatus::Blocked, i64::MIN));
        control.evolve(&rule(of_domain("example.com"), &regex, status, i64::MIN));
        let verdict = judge(&control, mode, "z", alice(), NOW);
        let alone: DeviceControl = fold(&[rule(RuleScope::Global, "z", status, 0)]);
        prop_assert_eq!(verdict.decision, judge(&alone, mode, "z", alice(), NOW).decision);
    }

    #[test]
    fn every_node_comes_to_the_same_verdict(events in history(), mode in mode(), id in id(), later in 0i64..4) {
        // One has folded everything, one got a stored state and what came after, one compiled rules after each event.
        let whole: DeviceControl = fold(&events);
        let (first, rest) = events.split_at(events.len() / 2);
        let stored = postcard::to_stdvec(&fold::<DeviceControl>(first)).unwrap();
        let mut resumed: DeviceControl = postcard::from_bytes(&stored).unwrap();
        for event in rest {
            resumed.evolve(event);
        }
        prop_assert_eq!(&whole, &resumed);
        let (mut stepwise, mut rules) = (DeviceControl::default(), CompiledRules::default());
        for event in &events {
            stepwise.evolve(event);
            rules = rules.after(&stepwise.rules);
        }
        let (device, domain, now) = (device(&id), domain("example.com"), NOW.plus_seconds(later));
        let pair = Pair { device: &device, account: alice(), domain: &domain };
        let policy = Policy { list: &stepwise.list, rules: &rules, running: true, fail_closed: false };
        prop_assert_eq!(verdict(&policy, mode, &pair, now), judge(&resumed, mode, &id, alice(), now));
    }

    #[test]
    fn an_expired_entry_is_as_good_as_none(events in history(), mode in mode(), id in id()) {
        // Without what has expired, the verdicts are the same.
        let with: DeviceControl = fold(&events);
        let mut without = with.clone();
        for (device, listed) in with.list.devices() {
            let accounts = listed.accounts.iter().map(|(account, entry)| (Some(*account), entry));
            for (account, entry) in accounts.chain(listed.device.iter().map(|entry| (None, entry))) {
                if !entry.counts_at(NOW) {
                    without.evolve(&deleted(device.as_str(), account));
                }
            }
        }
        prop_assert!(without.list.next_expiry(Timestamp(i64::MIN)).is_none_or(|at| at > NOW));
        let verdicts = [&with, &without].map(|control| judge(control, mode, &id, bob(), NOW));
        prop_assert_eq!(&verdicts[0], &verdicts[1]);
    }

    #[test]
    fn the_number_of_entries_is_what_can_be_counted(events in history()) {
        let control: DeviceControl = fold(&events);
        let counted: usize =
            control.list.devices().map(|(_, l)| l.accounts.len() + usize::from(l.device.is_some())).sum();
        prop_assert_eq!(control.list.len(), counted);
        let ends = control.list.devices().flat_map(|(_, l)| l.accounts.values().chain(&l.device));
        let expiring = control.list.expiring(Timestamp(i64::MIN), Timestamp(i64::MAX)).count();
        prop_assert_eq!(expiring, ends.filter(|entry| entry.until.is_some()).count());
    }
}
