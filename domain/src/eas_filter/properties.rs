//! What holds for any list, any client and any rule.

use proptest::prelude::*;

use super::*;
use crate::ids::{AccountId, Address};

const NUMBERS: [u8; 9] = [20, 21, 25, 120, 121, 140, 141, 160, 161];

fn version() -> impl Strategy<Value = ProtocolVersion> {
    proptest::sample::select(&NUMBERS[..]).prop_map(|number| ProtocolVersion::from_number(number).unwrap())
}

fn a_value(rule_type: &'static str) -> BoxedStrategy<String> {
    match rule_type {
        "account" => "[a-c]{1,2}@[a-b]\\.example".boxed(),
        "domain" => "[a-b]\\.example".boxed(),
        "regex" => "[a-c][a-c.]{0,3}[a-c]?".boxed(),
        _ => "[a-d][a-d,; =\\]]{0,6}".boxed(),
    }
}

fn condition() -> impl Strategy<Value = (&'static str, String)> {
    proptest::sample::select(&["contains", "regex", "account", "domain"][..])
        .prop_flat_map(|rule_type| a_value(rule_type).prop_map(move |value| (rule_type, value)))
}

fn rule() -> impl Strategy<Value = Rule> {
    let composite = |word: &'static str| {
        proptest::collection::vec(condition(), 1..4).prop_map(move |conditions| {
            let parts: Vec<_> = conditions.iter().map(|(kind, value)| format!("{kind}={value}")).collect();
            Rule::parse(word, &parts.join(",")).unwrap()
        })
    };
    prop_oneof![
        condition().prop_map(|(kind, value)| Rule::parse(kind, &value).unwrap()),
        composite("and"),
        composite("or"),
        Just(Rule::Always),
    ]
}

fn filters() -> impl Strategy<Value = Vec<Filter>> {
    let mode = proptest::sample::select(&Mode::ALL[..]);
    let filter = (rule(), mode, proptest::collection::btree_set(version(), 1..4), any::<bool>());
    proptest::collection::vec(filter, 0..8).prop_map(|filters| {
        let numbered = filters.into_iter().zip(1..);
        let filter =
            |((rule, mode, versions, blocking), uid): ((_, _, std::collections::BTreeSet<_>, _), _)| Filter {
                uid: FilterUid(uid),
                rule,
                mode,
                versions: versions.into_iter().collect(),
                blocking,
            };
        numbered.map(filter).collect()
    })
}

fn offered(list: &[Filter], implemented: &[ProtocolVersion], user_agent: &str, address: &Address) -> Pool {
    let account = AccountId::for_address(address);
    pool(list, implemented, &Client { user_agent, account, address, domain: &address.domain() })
}

fn an_address() -> impl Strategy<Value = Address> {
    "[a-c]{1,2}@[a-b]\\.example".prop_map(|text| Address::new(&text).unwrap())
}

proptest! {
    #[test]
    fn the_pool_is_an_ascending_part_of_what_is_implemented(
        list in filters(),
        implemented in proptest::collection::vec(version(), 0..8),
        agent in "[A-Da-d/ ]{0,8}",
        address in an_address(),
    ) {
        let pool = offered(&list, &implemented, &agent, &address);
        prop_assert!(pool.versions.is_sorted_by(|a, b| a < b));
        prop_assert!(pool.versions.iter().all(|version| implemented.contains(version)));
        prop_assert!(pool.steps.is_sorted_by(|a, b| a.position < b.position));
        if let Some(last) = pool.steps.last() {
            prop_assert_eq!(&last.pool, &pool.versions);
        }
        let emptied = pool.emptied_by().is_some();
        prop_assert_eq!(emptied, pool.versions.is_empty() && !pool.steps.is_empty());
    }

    #[test]
    fn what_comes_after_a_blocking_match_does_not_matter(
        list in filters(),
        tail in filters(),
        agent in "[A-Da-d/ ]{0,8}",
        address in an_address(),
    ) {
        let served = ProtocolVersion::SERVED;
        let before = offered(&list, &served, &agent, &address);
        let stopped = before.steps.last().is_some_and(|step| step.stopped);
        let after = offered(&[list, tail].concat(), &served, &agent, &address);
        if stopped {
            prop_assert_eq!(before, after);
        } else {
            prop_assert_eq!(&after.steps[..before.steps.len()], &before.steps[..]);
        }
    }

    #[test]
    fn filters_that_do_not_match_might_as_well_not_be_there(
        list in filters(),
        agent in "[A-Da-d/ ]{0,8}",
        address in an_address(),
    ) {
        let served = ProtocolVersion::SERVED;
        let pool = offered(&list, &served, &agent, &address);
        let matched: Vec<_> = pool.steps.iter().map(|step| list[step.position].clone()).collect();
        prop_assert_eq!(offered(&matched, &served, &agent, &address).versions, pool.versions);
    }

    #[test]
    fn case_of_the_user_agent_does_not_matter(list in filters(), agent in "[A-Da-d/ ]{0,8}", address in an_address()) {
        let served = ProtocolVersion::SERVED;
        prop_assert_eq!(
            offered(&list, &served, &agent.to_uppercase(), &address),
            offered(&list, &served, &agent.to_lowercase(), &address)
        );
    }

    #[test]
    fn a_rule_is_read_again_from_its_type_and_parameter(rule in rule()) {
        prop_assert_eq!(Rule::parse(rule.rule_type(), &rule.parameter()), Ok(rule.clone()));
        let bytes = postcard::to_stdvec(&rule).unwrap();
        prop_assert_eq!(postcard::from_bytes::<Rule>(&bytes).unwrap(), rule);
    }

    #[test]
    fn no_text_makes_the_parser_panic(rule_type in "(and|or|regex|contains|always|account|domain|.{0,3})", text in ".{0,40}") {
        if let Ok(rule) = Rule::parse(&rule_type, &text) {
            prop_assert!(!rule.to_string().is_empty());
        }
    }

    #[test]
    fn moving_there_and_back_changes_nothing(from in 0usize..6, to in 0usize..8) {
        let mut state = Filters::default();
        let draft = Preset::Default.drafts().remove(0);
        for _ in 0..6 {
            for event in add(&state, &draft, None).unwrap() {
                state.evolve(&event);
            }
        }
        let before = state.clone();
        let uid = state.list[from].uid;
        for target in [to, from] {
            for event in move_to(&state, FilterRef::Uid(uid), target).unwrap() {
                state.evolve(&event);
            }
            prop_assert_eq!(state.position(FilterRef::Uid(uid)), Some(target.min(5)));
        }
        prop_assert_eq!(state, before);
    }
}
