//! Given/when/then, rules as they are written and printed, and the worked examples.

use super::*;
use crate::{
    codes,
    ids::{AccountId, Address, DomainName},
    testing::{address, given},
};

const AGENT_OUTLOOK: &str = "Outlook/15.0 (15.0.4433.1506; MSI; x86)";
const AGENT_SAMSUNG: &str = "SAMSUNG-SM-G900F/101.50101";
const AGENT_IPHONE: &str = "Apple-iPhone14C2/2003.67";
const AGENT_ANDROID: &str = "Android/13-EAS-2.0";
const EVERYTHING: &str = "2.5,12.0,12.1,14.0,14.1,16.0,16.1";

fn versions(text: &str) -> Vec<ProtocolVersion> {
    if text.is_empty() { Vec::new() } else { parse_versions(text).unwrap() }
}

fn draft(rule_type: &str, parameter: &str, mode: &str, of: &str, blocking: bool) -> Draft {
    Draft {
        rule: Rule::parse(rule_type, parameter).unwrap(),
        mode: mode.parse().unwrap(),
        versions: versions(of),
        blocking,
    }
}

/// The list one gets by adding these one after the other.
fn list(drafts: &[Draft]) -> Filters {
    let mut filters = Filters::default();
    for draft in drafts {
        for event in add(&filters, draft, None).unwrap() {
            filters.evolve(&event);
        }
    }
    filters
}

fn events(drafts: &[Draft]) -> Vec<FiltersEvent> {
    let mut filters = Filters::default();
    let mut all = Vec::new();
    for draft in drafts {
        for event in add(&filters, draft, None).unwrap() {
            filters.evolve(&event);
            all.push(event);
        }
    }
    all
}

fn offered(filters: &Filters, user_agent: &str, account: &Address) -> Pool {
    let client = Client {
        user_agent,
        account: AccountId::for_address(account),
        address: account,
        domain: &account.domain(),
    };
    pool(&filters.list, &versions(EVERYTHING), &client)
}

fn user() -> Address {
    address("alice@example.com")
}

/// Position of each filter that matched, and the pool it left.
fn steps(pool: &Pool) -> Vec<(usize, String)> {
    let text =
        |versions: &[ProtocolVersion]| versions.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
    pool.steps.iter().map(|step| (step.position, text(&step.pool))).collect()
}

#[track_caller]
fn expect(filters: &[Draft], user_agent: &str, account: &Address, expected: &[(usize, &str)]) -> Pool {
    let pool = offered(&list(filters), user_agent, account);
    let expected: Vec<_> = expected.iter().map(|(at, versions)| (*at, (*versions).to_owned())).collect();
    assert_eq!(steps(&pool), expected);
    let last = expected.last().map_or(EVERYTHING, |(_, versions)| versions);
    assert_eq!(pool.versions, versions(last));
    pool
}

#[test]
fn the_worked_examples_of_the_classic_list() {
    let classic = Preset::Classic.drafts();
    let up_to_14_1 = "2.5,12.0,12.1,14.0,14.1";
    let pool = expect(&classic, AGENT_OUTLOOK, &user(), &[(0, "14.0")]);
    assert!(pool.steps[0].stopped);
    expect(&classic, AGENT_SAMSUNG, &user(), &[(1, "2.5"), (2, "2.5")]);
    expect(&classic, AGENT_IPHONE, &user(), &[(2, up_to_14_1)]);

    let android = draft("contains", "android", "fixed", "2.5,12.0,14.1", false);
    let with_android = [classic, vec![android]].concat();
    expect(&with_android, AGENT_ANDROID, &user(), &[(2, up_to_14_1), (3, "2.5,12.0,14.1")]);

    let moved = given::<Filters>(events(&with_android))
        .when(|filters| move_to(filters, FilterRef::Position(3), 0))
        .then([FiltersEvent::Moved(FilterMoved { uid: FilterUid(4), to: 0 })]);
    let pool = offered(&moved, AGENT_ANDROID, &user());
    assert_eq!(steps(&pool), [(0, "2.5,12.0,14.1".to_owned()), (3, "2.5,12.0,14.1".to_owned())]);
}

#[test]
fn the_worked_examples_of_other_lists() {
    let up_to_14_1 = "2.5,12.0,12.1,14.0,14.1";
    let always = || draft("always", "*", "limit", "14.1", false);
    let iphone = |mode: &str| draft("contains", "iphone", mode, "16.1", false);

    let own = draft("and", "account=alice@example.com,contains=android", "fixed", "14.1", true);
    let both = [own, always()];
    expect(&both, AGENT_ANDROID, &user(), &[(0, "14.1")]);
    expect(&both, AGENT_ANDROID, &address("bob@example.com"), &[(1, up_to_14_1)]);

    let back_in = [always(), iphone("add")];
    expect(&back_in, AGENT_IPHONE, &user(), &[(0, up_to_14_1), (1, "2.5,12.0,12.1,14.0,14.1,16.1")]);
    let cut_off = [iphone("add"), always()];
    expect(&cut_off, AGENT_IPHONE, &user(), &[(0, EVERYTHING), (1, up_to_14_1)]);

    let domain = [
        draft("domain", "example.com", "subtract", "16.0,16.1", false),
        draft("contains", "samsung", "limit", "2.5", false),
    ];
    expect(&domain, AGENT_SAMSUNG, &user(), &[(0, up_to_14_1), (1, "2.5")]);

    expect(&[always(), iphone("fixed")], AGENT_IPHONE, &user(), &[(0, up_to_14_1), (1, "16.1")]);

    let nothing_left = [
        draft("contains", "android", "fixed", "2.5,12.0,14.1", false),
        draft("contains", "android", "subtract", "2.5,12.0,14.1", false),
    ];
    let pool = expect(&nothing_left, AGENT_ANDROID, &user(), &[(0, "2.5,12.0,14.1"), (1, "")]);
    assert_eq!(pool.emptied_by().map(|step| step.uid), Some(FilterUid(2)));

    let not_his = [draft("contains", "windows", "fixed", "12.1", true), always()];
    expect(&not_his, AGENT_IPHONE, &user(), &[(1, up_to_14_1)]);

    let two = [draft("always", "", "limit", "12.1,14.0", false)];
    expect(&two, "", &user(), &[(0, "2.5,12.0,12.1,14.0")]);
}

#[test]
fn nothing_the_server_does_not_speak_comes_in_and_an_empty_list_takes_nothing_out() {
    let filters = list(&[
        draft("always", "*", "fixed", "2.0,14.1", false),
        draft("always", "*", "add", "2.5,12.1", false),
    ]);
    let account = user();
    let client = Client {
        user_agent: "x",
        account: AccountId::for_address(&account),
        address: &account,
        domain: &account.domain(),
    };
    assert_eq!(pool(&filters.list, &ProtocolVersion::SERVED, &client).versions, versions("12.1,14.1"));
    let untouched = pool(&[], &ProtocolVersion::SERVED, &client);
    assert_eq!(untouched, Pool { versions: ProtocolVersion::SERVED.to_vec(), steps: Vec::new() });
    assert_eq!(untouched.emptied_by(), None);
}

#[test]
fn the_filter_that_emptied_the_pool_is_the_last_one_that_mattered() {
    let filters = list(&[
        draft("always", "*", "fixed", "2.0", false),
        draft("always", "*", "add", "14.1", false),
        draft("always", "*", "subtract", "14.1", false),
        draft("always", "*", "limit", "16.1", false),
    ]);
    let pool = offered(&filters, "x", &user());
    assert_eq!(pool.emptied_by().map(|step| step.position), Some(2));
    let first = list(&[draft("always", "*", "fixed", "2.0", true)]);
    assert_eq!(offered(&first, "x", &user()).emptied_by().map(|step| step.position), Some(0));
}

fn matching(rule_type: &str, parameter: &str, user_agent: &str) -> bool {
    let filters = list(&[draft(rule_type, parameter, "limit", "14.1", false)]);
    !offered(&filters, user_agent, &user()).steps.is_empty()
}

#[test]
fn rules_match_what_they_say() {
    let id = AccountId::for_address(&user()).to_string();
    let cases = [
        ("contains", "SAMsung", AGENT_SAMSUNG, true),
        ("contains", "über", "ÜBER/1", true),
        ("contains", "samsung ", AGENT_SAMSUNG, false),
        ("regex", r"^samsung-SM-[a-z]\d+", AGENT_SAMSUNG, true),
        ("regex", "G900", AGENT_SAMSUNG, true),
        ("regex", "^G900", AGENT_SAMSUNG, false),
        ("account", "Alice@Example.com", "", true),
        ("account", &id, "", true),
        ("account", "bob@example.com", "", false),
        ("domain", "EXAMPLE.com", "", true),
        ("domain", "example.org", "", false),
        ("and", "contains=samsung,domain=example.com", AGENT_SAMSUNG, true),
        ("and", "contains=samsung,domain=example.org", AGENT_SAMSUNG, false),
        ("or", "contains=samsung,domain=example.org", AGENT_SAMSUNG, true),
        ("or", "contains=apple,domain=example.org", AGENT_SAMSUNG, false),
        ("always", "*", AGENT_SAMSUNG, true),
    ];
    for (rule_type, parameter, agent, expected) in cases {
        assert_eq!(matching(rule_type, parameter, agent), expected, "{rule_type} {parameter} on '{agent}'");
    }
}

#[test]
fn a_client_without_a_user_agent_is_told_by_its_account_alone() {
    for (rule_type, parameter) in
        [("contains", "a"), ("regex", ".*"), ("regex", "^$"), ("or", "regex=x?,contains=b")]
    {
        assert!(!matching(rule_type, parameter, ""), "{rule_type} {parameter}");
    }
    assert!(matching("always", "*", ""));
}

#[test]
fn values_may_hold_commas_unless_a_condition_follows() {
    let Rule::And(conditions) =
        Rule::parse("AND", "contains=KHTML, like Gecko,Regex=a{1,2}, domain=example.com").unwrap()
    else {
        panic!("not an and")
    };
    let values: Vec<_> = conditions.iter().map(ToString::to_string).collect();
    let expected = [
        "[type = contains; rule = KHTML, like Gecko]",
        "[type = regex; rule = a{1,2}]",
        "[type = domain; rule = example.com]",
    ];
    assert_eq!(values, expected);
}

#[test]
fn rules_are_printed_with_balanced_brackets() {
    let printed = |rule_type, parameter| Rule::parse(rule_type, parameter).unwrap().to_string();
    assert_eq!(printed("contains", "samsung"), "[type = contains; rule = samsung]");
    assert_eq!(printed("Always", "*"), "[type = always]");
    assert_eq!(
        printed("or", "contains=a,contains=b"),
        "[type = or; rules = [[type = contains; rule = a] OR [type = contains; rule = b]]]"
    );
    assert_eq!(
        printed("and", "account=alice@example.com,contains=b"),
        "[type = and; rules = [[type = account; rule = alice@example.com] AND [type = contains; rule = b]]]"
    );
}

#[test]
fn bad_rules_are_refused_with_their_code() {
    let long = "x".repeat(513);
    let many = vec!["contains=a"; 33].join(",");
    let deep = "(".repeat(60) + &")".repeat(60);
    let cases = [
        ("has", "x", codes::BAD_RULE),
        ("", "x", codes::BAD_RULE),
        ("contains", "", codes::BAD_RULE),
        ("contains", "  ", codes::BAD_RULE),
        ("contains", "a\nb", codes::BAD_RULE),
        ("contains", &long, codes::BAD_RULE),
        ("regex", "", codes::BAD_RULE),
        ("regex", "(", codes::BAD_REGEX),
        ("regex", "a(?=b)", codes::BAD_REGEX),
        ("regex", r"(a)\1", codes::BAD_REGEX),
        ("regex", "(((a{99}){99}){99}){99}", codes::BAD_REGEX),
        ("regex", &deep, codes::BAD_REGEX),
        ("account", "nobody", codes::BAD_RULE),
        ("domain", "a b", codes::BAD_RULE),
        ("always", "samsung", codes::BAD_RULE),
        ("and", "", codes::BAD_RULE),
        ("and", "samsung", codes::BAD_RULE),
        ("and", "contains=", codes::BAD_RULE),
        ("or", "contains=a,and=b", codes::BAD_RULE),
        ("or", "always=*", codes::BAD_RULE),
        ("or", "regex=(", codes::BAD_REGEX),
        ("or", &many, codes::BAD_RULE),
    ];
    for (rule_type, parameter, code) in cases {
        let refused = Rule::parse(rule_type, parameter).unwrap_err();
        assert_eq!(refused.code(), code, "{rule_type} {parameter}: {refused}");
        assert!(!refused.to_string().contains('\n'), "{refused}");
    }
    let huge = "x".repeat(100_000);
    assert_eq!(Rule::parse("contains", &huge), Err(RuleError::TooLong { max: 4096, unit: "characters" }));
}

#[test]
fn versions_are_read_in_any_order_and_only_real_ones() {
    assert_eq!(parse_versions("16.1, 2.5,14.0,2.5"), Ok(versions("2.5,14.0,16.1")));
    assert_eq!(versions("2.0,2.1").len(), 2);
    for bad in ["", "14", "14.2", "1.0", "13.11", "14.1,", "014.1", "all"] {
        let refused = parse_versions(bad).unwrap_err();
        assert_eq!(refused.code(), codes::UNKNOWN_EAS_VERSION, "{bad}");
    }
}

#[test]
fn a_filter_is_added_at_the_end_or_where_it_is_wanted() {
    let one = draft("contains", "a", "limit", "14.1", false);
    let other = draft("contains", "b", "limit", "14.1", true);
    let added = |draft: &Draft, uid, at| {
        FiltersEvent::Added(FilterAdded {
            uid: FilterUid(uid),
            rule: draft.rule.clone(),
            mode: draft.mode,
            versions: draft.versions.clone(),
            blocking: draft.blocking,
            at,
        })
    };
    given::<Filters>([]).when(|filters| add(filters, &one, None)).then([added(&one, 1, 0)]);
    given::<Filters>(events(std::slice::from_ref(&one)))
        .when(|filters| add(filters, &other, None))
        .then([added(&other, 2, 1)]);
    given::<Filters>(events(std::slice::from_ref(&one)))
        .when(|filters| add(filters, &one, Some(99)))
        .then([added(&one, 2, 1)]);
    let filters = given::<Filters>(events(std::slice::from_ref(&one)))
        .when(|filters| add(filters, &other, Some(0)))
        .then([added(&other, 2, 0)]);
    assert_eq!(filters.list[0].uid, FilterUid(2));
}

#[test]
fn a_filter_needs_versions_and_a_list_has_an_end() {
    let empty = Draft { versions: Vec::new(), ..draft("always", "*", "limit", "14.1", false) };
    given::<Filters>([]).when(|filters| add(filters, &empty, None)).then_refused(&Refusal::NoVersions);
    let one = draft("always", "*", "limit", "14.1", false);
    given::<Filters>(events(&vec![one.clone(); MAX_FILTERS]))
        .when(|filters| add(filters, &one, None))
        .then_refused(&Refusal::TooMany);
    assert_eq!(
        [Refusal::NoVersions, Refusal::TooMany].map(|refusal| refusal.code()),
        [codes::INVALID_VALUE; 2]
    );
}

fn three() -> Vec<FiltersEvent> {
    events(&["a", "b", "c"].map(|text| draft("contains", text, "limit", "14.1", false)))
}

fn order(filters: &Filters) -> Vec<u32> {
    filters.list.iter().map(|filter| filter.uid.0).collect()
}

#[test]
fn a_filter_moves_to_the_position_it_shall_have_and_past_the_end_is_the_end() {
    let moves = |uid: u32, to: u32| FiltersEvent::Moved(FilterMoved { uid: FilterUid(uid), to });
    let cases = [
        (FilterRef::Position(0), 1, moves(1, 1), [2, 1, 3]),
        (FilterRef::Position(0), 2, moves(1, 2), [2, 3, 1]),
        (FilterRef::Position(0), 5, moves(1, 2), [2, 3, 1]),
        (FilterRef::Position(2), 0, moves(3, 0), [3, 1, 2]),
        (FilterRef::Uid(FilterUid(3)), 1, moves(3, 1), [1, 3, 2]),
    ];
    for (name, to, event, expected) in cases {
        let filters = given::<Filters>(three()).when(|filters| move_to(filters, name, to)).then([event]);
        assert_eq!(order(&filters), expected);
    }
    given::<Filters>(three()).when(|filters| move_to(filters, FilterRef::Position(2), 9)).then_nothing();
    for name in [FilterRef::Position(3), FilterRef::Uid(FilterUid(9))] {
        given::<Filters>(three())
            .when(|filters| move_to(filters, name, 0))
            .then_refused(&Refusal::NoSuchFilter(name));
    }
    assert_eq!(Refusal::NoSuchFilter(FilterRef::Position(3)).code(), codes::NO_SUCH_ENTRY);
}

#[test]
fn a_deleted_filter_is_gone_its_name_is_never_given_again_and_the_later_ones_move_up() {
    let deleted = FiltersEvent::Deleted(FilterDeleted { uid: FilterUid(3) });
    let filters = given::<Filters>(three())
        .when(|filters| delete(filters, FilterRef::Position(2)))
        .then([deleted.clone()]);
    assert_eq!(order(&filters), [1, 2]);
    let again = [three(), vec![deleted]].concat();
    given::<Filters>(again.clone())
        .when(|filters| delete(filters, FilterRef::Uid(FilterUid(3))))
        .then_refused(&Refusal::NoSuchFilter(FilterRef::Uid(FilterUid(3))));
    let filters = given::<Filters>(again)
        .when(|filters| {
            let draft = draft("contains", "d", "limit", "14.1", false);
            add(filters, &draft, Some(0)).inspect(|events| {
                assert!(matches!(&events[..], [FiltersEvent::Added(added)] if added.uid == FilterUid(4)));
            })
        })
        .then(add_fourth());
    assert_eq!(order(&filters), [4, 1, 2]);
}

#[test]
fn a_pinned_filter_is_still_the_one_that_was_meant_after_others_went() {
    let mut filters: Filters = crate::event::fold(&three());
    let meant = filters.pinned(FilterRef::Position(1));
    assert_eq!(meant, FilterRef::Uid(FilterUid(2)));
    for event in delete(&filters, FilterRef::Position(0)).unwrap() {
        filters.evolve(&event);
    }
    assert_eq!(filters.position(meant), Some(0));
    assert_eq!(filters.pinned(FilterRef::Position(7)), FilterRef::Position(7));
    assert_eq!(filters.pinned(FilterRef::Uid(FilterUid(1))), FilterRef::Uid(FilterUid(1)));
}

fn add_fourth() -> Vec<FiltersEvent> {
    let draft = draft("contains", "d", "limit", "14.1", false);
    vec![FiltersEvent::Added(FilterAdded {
        uid: FilterUid(4),
        rule: draft.rule,
        mode: draft.mode,
        versions: draft.versions,
        blocking: false,
        at: 0,
    })]
}

#[test]
fn a_preset_replaces_the_list_once() {
    let classic = given::<Filters>(three())
        .when(|filters| {
            let events = apply_preset(filters, Preset::Classic)?;
            assert_eq!(events.len(), 6);
            Ok::<_, Refusal>(events)
        })
        .then(apply_preset(&crate::event::fold(&three()), Preset::Classic).unwrap());
    let printed: Vec<_> = classic
        .list
        .iter()
        .map(|filter| (filter.mode.to_string(), filter.rule.to_string(), filter.blocking))
        .collect();
    let outlook = "[type = or; rules = [[type = contains; rule = outlook/] OR \
                   [type = contains; rule = microsoft.outlook]]]";
    let expected = [
        ("fixed".to_owned(), outlook.to_owned(), true),
        ("limit".to_owned(), "[type = contains; rule = samsung]".to_owned(), false),
        ("limit".to_owned(), "[type = always]".to_owned(), false),
    ];
    assert_eq!(printed, expected);
    assert_eq!(order(&classic), [4, 5, 6]);
    assert_eq!(apply_preset(&classic, Preset::Classic), Ok(Vec::new()));
    let default = list(&Preset::Default.drafts());
    assert_eq!(offered(&default, "x", &user()).versions, versions(EVERYTHING));
    assert_eq!("CLASSIC".parse::<Preset>(), Ok(Preset::Classic));
    assert!("modern".parse::<Preset>().is_err());
}

#[test]
fn administrators_are_warned_of_what_they_may_not_have_meant() {
    let several = list(&[draft("always", "*", "limit", "12.1,14.0", false)]);
    assert_eq!(
        warnings(&several.list, &ProtocolVersion::SERVED),
        [Warning::LimitWithSeveral { uid: FilterUid(1), ceiling: ProtocolVersion::V14_0 }]
    );
    let empty = list(&[
        draft("contains", "android", "fixed", "12.1,14.1", false),
        draft("contains", "android", "subtract", "12.1,14.1", false),
    ]);
    assert_eq!(
        warnings(&empty.list, &ProtocolVersion::SERVED),
        [Warning::NothingLeftForAll { uid: FilterUid(2) }]
    );
    let classic = list(&Preset::Classic.drafts());
    assert_eq!(warnings(&classic.list, &versions(EVERYTHING)), []);
    assert_eq!(
        warnings(&classic.list, &ProtocolVersion::SERVED),
        [Warning::NothingLeft { uid: FilterUid(2) }],
        "Samsung devices would be shut out of a server that does not speak 2.5"
    );
    assert_eq!(warnings(&list(&Preset::Default.drafts()).list, &ProtocolVersion::SERVED), []);
}

#[test]
fn filters_are_named_by_position_or_uid() {
    let cases = [
        ("0", FilterRef::Position(0)),
        (" 12 ", FilterRef::Position(12)),
        ("F7", FilterRef::Uid(FilterUid(7))),
    ];
    for (text, expected) in cases {
        assert_eq!(text.parse(), Ok(expected));
    }
    assert_eq!(FilterRef::Uid(FilterUid(7)).to_string(), "f7");
    for bad in ["", "f", "-1", "f-1", "f+1", "one", "99999999999999999999999", "f99999999999"] {
        assert!(bad.parse::<FilterRef>().is_err(), "{bad}");
    }
}

#[test]
fn a_damaged_history_still_has_a_list() {
    let filters: Filters = crate::event::fold(&[
        FiltersEvent::Moved(FilterMoved { uid: FilterUid(9), to: 0 }),
        FiltersEvent::Deleted(FilterDeleted { uid: FilterUid(9) }),
        FiltersEvent::Added(FilterAdded {
            uid: FilterUid(4),
            rule: Rule::One(Condition::Regex(Pattern::from("(".to_owned()))),
            mode: Mode::Limit,
            versions: Vec::new(),
            blocking: false,
            at: u32::MAX,
        }),
    ]);
    assert_eq!(order(&filters), [4]);
    let domain = DomainName::new("example.com").unwrap();
    assert_eq!(offered(&filters, "(", &address(&format!("alice@{domain}"))).versions, versions(EVERYTHING));
}
