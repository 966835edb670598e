//! What administrators may decide, and what is refused.

use super::*;
use crate::{codes, event::fold, testing::given};
use DeviceStatus::{Allowed, Blocked, Quarantined};

#[test]
fn any_device_is_given_any_status_once() {
    for status in DeviceStatus::ALL {
        given::<DeviceControl>([])
            .when(|control| set(control, &key("ApplF17", None), status, None, NOW))
            .then([status_set("ApplF17", None, status)]);
        given([status_set("ApplF17", None, status)])
            .when(|control| set(control, &key("APPLf17", None), status, None, NOW))
            .then_nothing();
    }
    given([status_set("a", None, Allowed)])
        .when(|control| set(control, &key("a", Some(alice())), Allowed, None, NOW))
        .then([status_set("a", Some(alice()), Allowed)]);
}

#[test]
fn ids_differ_by_more_than_case_and_keep_the_form_they_had_first() {
    let control: DeviceControl =
        fold(&[status_set("ApplF17", None, Allowed), status_set("APPLF17", Some(bob()), Blocked)]);
    let listed: Vec<_> = control.list.devices().map(|(_, listed)| listed.shown.to_string()).collect();
    assert_eq!(listed, ["ApplF17"]);
    assert_eq!(control.list.len(), 2);
}

#[test]
fn a_status_may_end_and_be_given_another_end_but_not_one_that_has_passed() {
    let (week, day) = (NOW.plus_seconds(604_800), NOW.plus_seconds(86_400));
    let control = given([status_set("a", None, Blocked)])
        .when(|control| set(control, &key("a", None), Allowed, Some(week), NOW))
        .then([status_until("a", None, Allowed, Some(week))]);
    assert_eq!(control.list.next_expiry(NOW), Some(week));
    let control = given([status_until("a", None, Allowed, Some(week))])
        .when(|control| set(control, &key("a", None), Allowed, Some(day), NOW))
        .then([status_until("a", None, Allowed, Some(day))]);
    assert_eq!(control.list.next_expiry(NOW), Some(day));
    given([status_until("a", None, Allowed, Some(day))])
        .when(|control| set(control, &key("a", None), Allowed, Some(day), NOW))
        .then_nothing();
    given::<DeviceControl>([])
        .when(|control| set(control, &key("a", None), Allowed, Some(NOW), NOW))
        .then_refused(&Refusal::Expired { until: NOW, now: NOW });
}

#[test]
fn what_is_in_quarantine_is_allowed_or_blocked() {
    type Settle = fn(
        &DeviceControl,
        &Key,
        Option<&DomainName>,
        Option<Timestamp>,
        Timestamp,
    ) -> Result<Vec<AbqEvent>, Refusal>;
    let example = domain("example.com");
    let cases: [(Settle, DeviceStatus, DeviceStatus); 2] =
        [(allow, Allowed, Blocked), (block, Blocked, Allowed)];
    for (settle, target, opposite) in cases {
        let decide = |account| {
            let (key, example) = (key("a", account), example.clone());
            move |control: &DeviceControl| settle(control, &key, Some(&example), None, NOW)
        };
        let refused =
            |account, status| Refusal::NotQuarantined { key: key("a", account).to_string(), status };
        let quarantined = || status_set("a", None, Quarantined);
        given([quarantined()]).when(decide(None)).then([status_set("a", None, target)]);
        // For one account alone, the device's entry stays.
        let control =
            given([quarantined()]).when(decide(Some(alice()))).then([status_set("a", Some(alice()), target)]);
        assert_eq!(control.list.entry(&device("a").canonical(), None).unwrap().status, Quarantined);
        given([status_set("a", Some(alice()), Quarantined)]).when(decide(Some(alice()))).then([status_set(
            "a",
            Some(alice()),
            target,
        )]);
        // By a rule.
        given([rule(of_domain("example.com"), ".*", Quarantined, 1)])
            .when(decide(Some(alice())))
            .then([status_set("a", Some(alice()), target)]);
        // There already.
        given([status_set("a", None, target)]).when(decide(None)).then_nothing();
        given([status_set("a", None, target)]).when(decide(Some(alice()))).then_nothing();
        // Not in quarantine.
        given([]).when(decide(None)).then_refused(&refused(None, None));
        given([status_set("a", None, opposite)])
            .when(decide(None))
            .then_refused(&refused(None, Some(opposite)));
        given([quarantined(), status_set("a", Some(alice()), opposite)])
            .when(decide(Some(alice())))
            .then_refused(&refused(Some(alice()), Some(opposite)));
        given([status_until("a", None, Quarantined, Some(NOW))])
            .when(decide(None))
            .then_refused(&refused(None, None));
    }
    let refusal = Refusal::NotQuarantined { key: "a".to_owned(), status: Some(Blocked) };
    assert_eq!(refusal.to_string(), "device 'a' is not in quarantine: it is Blocked; use set");
    assert_eq!(refusal.code(), codes::NOT_QUARANTINED);
}

#[test]
fn an_allowance_is_given_another_end() {
    let day = NOW.plus_seconds(86_400);
    given([status_set("a", None, Quarantined), status_until("a", None, Allowed, Some(day))])
        .when(|control| allow(control, &key("a", None), None, None, NOW))
        .then([status_set("a", None, Allowed)]);
}

#[test]
fn a_device_is_deleted_with_its_couples_and_a_couple_alone() {
    let entries = || {
        [
            status_set("A", None, Allowed),
            status_set("a", Some(alice()), Blocked),
            status_set("b", None, Blocked),
        ]
    };
    given(entries())
        .when(|control| delete(control, &key("a", Some(alice()))))
        .then([deleted("a", Some(alice()))]);
    let control = given(entries())
        .when(|control| delete(control, &key("a", None)))
        .then([deleted("a", None), deleted("a", Some(alice()))]);
    assert_eq!((control.list.len(), control.list.devices().count()), (1, 1));
    let refused = Refusal::NoSuchEntry { key: "c".to_owned() };
    given(entries()).when(|control| delete(control, &key("c", None))).then_refused(&refused);
    assert_eq!(refused.code(), codes::NO_SUCH_ENTRY);
    given(entries())
        .when(|control| delete(control, &key("b", Some(alice()))))
        .then_refused(&Refusal::NoSuchEntry { key: format!("b/{}", alice()) });
}

#[test]
fn a_device_nobody_judged_is_put_into_quarantine_once() {
    let entry = |id| {
        AbqEvent::StatusSet(DeviceStatusSet {
            device: device(id),
            account: None,
            status: Quarantined,
            until: None,
            origin: EntryOrigin::Interactive,
        })
    };
    let come = |control: &DeviceControl| Ok::<_, Refusal>(quarantine(control, &device("a"), alice(), NOW));
    given([]).when(come).then([entry("a")]);
    given([entry("a")]).when(come).then_nothing();
    given([status_set("a", Some(alice()), Blocked)]).when(come).then_nothing();
    given([status_set("a", Some(bob()), Blocked)]).when(come).then([entry("a")]);
    given([status_until("a", None, Allowed, Some(NOW))]).when(come).then([entry("a")]);
}

#[test]
fn rules_are_made_changed_and_deleted() {
    let global = || rule(RuleScope::Global, "Appl.*", Allowed, 1);
    let with = |scope: RuleScope, regex: &'static str, status, order| {
        move |control: &DeviceControl| set_rule(control, &scope, regex, status, order)
    };
    given([]).when(with(RuleScope::Global, "Appl.*", Allowed, 1)).then([global()]);
    given([global()]).when(with(RuleScope::Global, "Appl.*", Allowed, 1)).then_nothing();
    let control = given([global()]).when(with(RuleScope::Global, "Appl.*", Blocked, 2)).then([rule(
        RuleScope::Global,
        "Appl.*",
        Blocked,
        2,
    )]);
    assert_eq!(control.rules.len(), 1);
    // The same text and order in another scope is another rule.
    given([global()]).when(with(of_domain("example.com"), "Appl.*", Blocked, 1)).then([rule(
        of_domain("example.com"),
        "Appl.*",
        Blocked,
        1,
    )]);
    let taken = Refusal::OrderTaken { order: 1, scope: RuleScope::Global, regex: "Appl.*".to_owned() };
    given([global()]).when(with(RuleScope::Global, "SEC.*", Blocked, 1)).then_refused(&taken);
    assert_eq!(
        taken.to_string(),
        "order 1 is taken by the global rule 'Appl.*': allowed is any whole number no rule there has"
    );
    assert_eq!(taken.code(), codes::INVALID_VALUE);

    let gone = |scope: RuleScope| AbqEvent::RuleDeleted(RuleDeleted { scope, regex: "Appl.*".to_owned() });
    let control = given([global()])
        .when(|control| delete_rule(control, &RuleScope::Global, "Appl.*"))
        .then([gone(RuleScope::Global)]);
    assert_eq!(control, DeviceControl::default());
    let scope = of_domain("example.com");
    let none = Refusal::NoSuchRule { scope: scope.clone(), regex: "Appl.*".to_owned() };
    given([global()]).when(|control| delete_rule(control, &scope, "Appl.*")).then_refused(&none);
    assert_eq!(none.to_string(), "there is no domain example.com rule with the regex 'Appl.*'");
}

#[test]
fn a_bad_or_hostile_regex_makes_no_rule() {
    for (regex, at) in [("Appl(.*", 5), ("(x+x+)+\\1y", 1), ("", 1)] {
        let refused = set_rule(&DeviceControl::default(), &RuleScope::Global, regex, Blocked, 1).unwrap_err();
        assert_eq!(refused.code(), codes::BAD_REGEX);
        assert!(matches!(refused, Refusal::BadRegex(error) if error.at == at), "{regex}");
    }
    let outcomes = test_rule("(?i)appl.*", &[device("ApplF"), device("SEC")]).unwrap();
    assert_eq!(outcomes, [RuleOutcome::Matches, RuleOutcome::Other]);
}

#[test]
fn there_are_only_so_many_rules() {
    let full: DeviceControl =
        fold(&(0..10_000).map(|n| rule(RuleScope::Global, &format!("r{n}"), Blocked, n)).collect::<Vec<_>>());
    let refused = set_rule(&full, &of_domain("example.com"), "x", Blocked, 1);
    assert_eq!(refused, Err(Refusal::TooManyRules));
    assert!(set_rule(&full, &RuleScope::Global, "r5", Allowed, 5).is_ok(), "one of them may change");
}

fn known(id: &str) -> KnownDevice {
    KnownDevice { device: device(id), domain: domain("example.com") }
}

fn seeded(id: &str) -> AbqEvent {
    AbqEvent::StatusSet(DeviceStatusSet {
        device: device(id),
        account: None,
        status: Allowed,
        until: None,
        origin: EntryOrigin::Seed,
    })
}

#[test]
fn known_devices_are_let_in_by_themselves_once() {
    let start = |devices: &'static [&'static str]| {
        move |control: &DeviceControl| {
            let known: Vec<_> = devices.iter().map(|id| known(id)).collect();
            Ok::<_, Refusal>(seed_once(control, &known, NOW).events)
        }
    };
    let marked = |devices| AbqEvent::Seeded(ListSeeded { devices });
    given([]).when(start(&["b", "A", "a"])).then([seeded("A"), seeded("b"), marked(2)]);
    given([]).when(start(&[])).then([marked(0)]);
    // Emptied afterwards, it stays empty.
    given([seeded("a"), marked(1), deleted("a", None)]).when(start(&["a"])).then_nothing();
    // Cut short, it is finished.
    given([seeded("a")]).when(start(&["a", "b"])).then([seeded("b"), marked(1)]);
    // Filled before, it is left as it is.
    given([status_set("x", None, Blocked)]).when(start(&["a"])).then([marked(0)]);
}

#[test]
fn asked_for_known_devices_without_entry_or_rule_against_them_are_let_in() {
    let control: DeviceControl = fold(&[
        AbqEvent::Seeded(ListSeeded { devices: 0 }),
        status_set("blocked", None, Blocked),
        status_set("couple", Some(alice()), Blocked),
        rule(of_domain("example.com"), "Bad.*", Quarantined, 1),
        rule(RuleScope::Global, "Good.*", Allowed, 1),
    ]);
    let known: Vec<_> = ["blocked", "couple", "Bad1", "Good1", "new"].map(known).into();
    let seeding = seed(&control, &known, NOW);
    assert_eq!((seeding.added, seeding.listed, seeding.left_to_rules), (3, 1, 1));
    let expected =
        [seeded("couple"), seeded("Good1"), seeded("new"), AbqEvent::Seeded(ListSeeded { devices: 3 })];
    assert_eq!(seeding.events, expected);
    let mut after = control;
    seeding.events.iter().for_each(|event| after.evolve(event));
    assert!(seed(&after, &known, NOW).events.is_empty());
}

#[test]
fn intervals_are_read_in_minutes_hours_and_days() {
    let good = [
        ("45m", 2_700_000),
        ("6h", 21_600_000),
        ("1D", 86_400_000),
        ("0", 0),
        ("0m", 0),
        ("31d", 2_678_400_000),
    ];
    for (text, milliseconds) in good {
        assert_eq!(parse_notification_interval(text), Ok(milliseconds), "{text}");
    }
    for bad in ["", "m", "45", "45s", "-1m", "+1m", "32d", "99999999999d", "1ü", "1 m"] {
        let refused = parse_notification_interval(bad).unwrap_err();
        assert_eq!(refused, Refusal::BadInterval { value: bad.to_owned() });
        assert_eq!(refused.code(), codes::INVALID_VALUE);
    }
    assert_eq!([0, 1, 70_000].map(notification_interval), [None, Some(60_000), Some(70_000)]);
}

#[test]
fn every_refusal_has_the_code_of_its_kind() {
    let bad_id = ShownDeviceId::new("a/b").unwrap_err();
    let bad_status = "Maybe".parse::<DeviceStatus>().unwrap_err();
    let cases = [
        (Refusal::from(bad_id), codes::BAD_DEVICE_ID),
        (Refusal::from(bad_status), codes::INVALID_VALUE),
        (Refusal::TooManyRules, codes::BAD_RULE),
        (Refusal::TooManyLines, codes::INVALID_VALUE),
        (Refusal::NoSuchDomain(domain("example.com")), codes::NO_SUCH_DOMAIN),
        (Refusal::NoSuchAccount("x".to_owned()), codes::NO_SUCH_ACCOUNT),
    ];
    for (refusal, code) in cases {
        assert_eq!(refusal.code(), code, "{refusal}");
    }
}
