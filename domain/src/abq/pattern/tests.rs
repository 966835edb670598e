//! What Java means, what is refused, and that nothing a pattern or id holds takes long.

use proptest::prelude::*;

use super::*;

fn outcome(pattern: &str, id: &str) -> RuleOutcome {
    let compiled = Pattern::new(pattern).unwrap_or_else(|error| panic!("{error}"));
    compiled.is_match(&ShownDeviceId::new(id).unwrap())
}

/// Of each pattern some ids it is about and some it is not, as `java.util.regex.Matcher.matches` tells.
#[test]
fn patterns_mean_what_java_means() {
    let cases: &[(&str, &[&str], &[&str])] = &[
        ("android.*", &["android", "android12"], &["Android12", "xandroid", "androi"]),
        ("(?i)android.*", &["ANDROIDc1", "android"], &["andro"]),
        ("Appl.*", &["ApplF17"], &["applF17"]),
        ("abc", &["abc"], &["ab", "abcd", "ABC"]),
        ("a|b", &["a", "b"], &["ab", "c"]),
        ("^abc$", &["abc"], &["abcd"]),
        ("a^b", &[], &["ab"]),
        ("(?i:A)b", &["ab", "Ab"], &["aB"]),
        ("x(?i)y|z", &["xY", "Z", "z"], &["Xy"]),
        ("(?i)a(?-i)b", &["Ab", "ab"], &["aB"]),
        ("(x(?i)y)z", &["xYz"], &["xYZ"]),
        ("\\Qa.b\\E.", &["a.bx"], &["axbx", "a.b"]),
        ("\\Qab\\E+", &["abb"], &["abab"]),
        ("\\Qa.b", &["a.b"], &["axb"]),
        ("[\\Q.-\\E]+", &[".-."], &["a"]),
        ("\\\\Qa", &[], &["Qa"]),
        ("\\d{3}", &["123"], &["12", "12a"]),
        ("\\w+", &["a_1"], &["a-1"]),
        ("\\W", &["-"], &["a"]),
        ("\\h*a", &["a"], &["h"]),
        ("\\H+", &["abc"], &[]),
        ("\\v|b", &["b"], &["v"]),
        ("\\p{Lower}+\\p{Upper}\\p{Digit}", &["abC1"], &["ABC1"]),
        ("(?i)\\p{Lower}+", &["aB"], &["a1"]),
        ("\\P{Alpha}+", &["1-2"], &["a"]),
        ("\\pL\\pN", &["a1"], &["1a"]),
        ("[a-c[x-z]]+", &["abz"], &["d"]),
        ("[a-z&&[^aeiou]]+", &["bcd"], &["bad"]),
        ("[a-z&&def]+", &["fed"], &["abc"]),
        ("[^a-z&&[b-d]]", &["a", "1"], &["b"]),
        ("[]a]+", &["a"], &["b"]),
        ("[a-]+", &["a-a"], &["b"]),
        ("[-a]+", &["a-a"], &["b"]),
        ("[.]", &["."], &["a"]),
        ("[a\\-c]+", &["a-c"], &["b"]),
        ("\\x41\\u0042\\x{43}\\0104", &["ABCD"], &["abcd"]),
        ("a?+a", &["aa"], &["a"]),
        ("a*+a", &[], &["a", "aaa"]),
        ("a{1,2}+a", &["aaa"], &["aa", "a"]),
        ("(?>a|ab)c", &["ac"], &["abc"]),
        ("a+?b??", &["aab", "a"], &["b"]),
        ("(?=.*[0-9])[a-z0-9]+", &["a1"], &["ab"]),
        ("(?!SEC).*", &["ApplX"], &["SECX"]),
        (".*(?<=iPad)", &["myiPad"], &["iPadx"]),
        (".*(?<!a{1,3})", &["b"], &["ba"]),
        ("([a-z]+)-\\1", &["ab-ab"], &["ab-ba"]),
        ("(?<n>[a-z]+)-\\k<n>", &["ab-ab"], &["ab-ba"]),
        ("(?i)(ab)-\\1", &["ab-AB"], &["ab-ac"]),
        ("(ab)-(?i)\\1", &["ab-AB"], &["AB-ab"]),
        ("(a)\\11", &["aa1"], &["aa"]),
        ("(?:(a)|b)\\1", &["aa"], &["b", "ba"]),
        ("((a)|b)+\\2", &["aa"], &["b"]),
        ("a\\b-b", &["a-b"], &[]),
        ("a\\B_", &["a_"], &[]),
        ("\\ba.*c\\b", &["abc"], &[]),
        ("(?m)^a$", &["a"], &["b"]),
        ("\\Aa\\z|\\Gb\\Z", &["a", "b"], &["ab"]),
        ("(a|)b", &["ab", "b"], &["aab"]),
        ("a{0}b", &["b"], &["ab"]),
        ("a{2,}", &["aa", "aaa"], &["a"]),
        (".*x.*", &["x", "axb"], &["ab"]),
        (".+x.*", &["ax"], &["x"]),
        ("a.*|.*b|c{2}", &["ax", "xb", "cc"], &["c"]),
        ("[^a-z]*", &["A1"], &["Aa"]),
        ("}]", &[], &["a"]),
    ];
    for (pattern, about, others) in cases {
        for id in *about {
            assert_eq!(outcome(pattern, id), RuleOutcome::Matches, "{pattern} {id}");
        }
        for id in *others {
            assert_eq!(outcome(pattern, id), RuleOutcome::Other, "{pattern} {id}");
        }
    }
}

#[test]
fn what_is_not_understood_is_refused_at_its_place() {
    let cases = [
        ("", 1, "allowed are 1 to 1024 characters"),
        ("a(b", 2, "this '(' is not closed"),
        ("ab)", 3, "this ')' closes nothing"),
        ("a[b", 2, "this '[' is not closed"),
        ("*a", 1, "there is nothing '*' could repeat"),
        ("a**", 3, "there is nothing '*' could repeat"),
        ("a{2", 2, "allowed are {n}, {n,} and {n,m}"),
        ("a{,2}", 2, "allowed are {n}, {n,} and {n,m}"),
        ("a{3,2}", 2, "the first number is larger than the second"),
        ("a{1001}", 2, "no number may be above 1000"),
        ("a{99999999999}", 2, "no number may be above 1000"),
        ("(?:a{1000}){1000}", 1, "the repetitions make it too large"),
        ("^*", 2, "what takes no character cannot be repeated"),
        ("abc\\", 4, "a '\\' needs something after it"),
        ("a\\y", 2, "'\\y' is not known, or not supported"),
        ("\\Xa", 1, "'\\X' is not known, or not supported"),
        ("a\\E", 2, "this \\E ends no \\Q"),
        ("grün", 3, "device ids are letters, digits, '-', '_' and '.' of ASCII"),
        ("a\\u00e9", 2, "device ids are letters, digits, '-', '_' and '.' of ASCII"),
        ("(?x)a", 3, "patterns with comments (flag x) are not supported"),
        ("(?q)a", 3, "no such flag: allowed are i, d, m, s, u and U"),
        ("\\1(a)", 1, "no group before this one has that number or name"),
        ("(a\\1)", 3, "no group before this one has that number or name"),
        ("\\k<n>", 1, "no group before this one has that number or name"),
        ("(?<n>a)(?<n>b)", 8, "there is a group 'n' already"),
        ("(?<=a*)b", 1, "a look-behind needs a greatest length"),
        ("[z-a]", 2, "the end of the range does not come after its start"),
        ("[a-\\d]", 2, "the end of the range does not come after its start"),
        ("[a&&]", 5, "there is nothing on one side of '&&'"),
    ];
    for (pattern, at, reason) in cases {
        let expected = PatternError { pattern: pattern.to_owned(), at, reason: reason.to_owned() };
        assert_eq!(Pattern::new(pattern).err(), Some(expected), "{pattern}");
    }
    assert!(Pattern::new(&"a".repeat(MAX_CHARS)).is_ok());
    assert_eq!(Pattern::new(&"a".repeat(MAX_CHARS + 1)).unwrap_err().at, 1);
    assert!(Pattern::new("\\p{Greek}").unwrap_err().to_string().starts_with(
        "regex '\\p{Greek}' is not valid at character 1: there is no class 'Greek': allowed are Lower, "
    ));
    let deep = format!("{}a{}", "(".repeat(51), ")".repeat(51));
    assert_eq!(Pattern::new(&deep).unwrap_err().reason, "groups and classes may lie 50 deep");
    let deep = format!("{}a{}", "[".repeat(500), "]".repeat(500));
    assert_eq!(Pattern::new(&deep).unwrap_err().at, 51);
}

#[test]
fn a_pattern_that_backtracks_without_end_is_refused_when_made_and_given_up_when_met() {
    for hostile in
        ["(x+x+)+\\1y", "((a|aa)+)-\\1b", "(?=(a+)+b)(a*)*\\2c", "(.*)(.*)(.*)(.*)(.*)\\5\\4\\3\\2\\1-"]
    {
        let refused = Pattern::checked(hostile).unwrap_err();
        assert!(refused.reason.starts_with("it takes more than 100000 steps"), "{hostile}: {refused}");
    }
    assert_eq!(outcome("(x+x+)+\\1y", &"x".repeat(100)), RuleOutcome::TooExpensive);
    // What looks hostile and is matched in linear time is not refused.
    for harmless in ["(a+)+b", "(a|aa)*c", "(.*a){20}", "([a-z]+)*[0-9]"] {
        Pattern::checked(harmless).unwrap();
        assert_eq!(outcome(harmless, &"a".repeat(128)) == RuleOutcome::Matches, harmless == "(.*a){20}");
    }
}

#[test]
fn plain_patterns_need_no_engine() {
    for plain in
        ["abc", "android.*", "(?i)appl[0-9a-f]+", ".*iPad", ".*SM-G.*", "a.*|(b|c)?", "SEC[0-9A-F]{10,20}"]
    {
        let plain_enough = matches!(Pattern::new(plain).unwrap().matcher, Matcher::Shape(_));
        assert_eq!(plain_enough, plain != "a.*|(b|c)?", "{plain}");
    }
}

fn a_pattern() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        "[abAB1.]".prop_map(|c| c),
        Just(".*".to_owned()),
        Just("[ab]".to_owned()),
        Just("[^a]".to_owned()),
        Just("\\d".to_owned()),
        Just("(?i)".to_owned()),
        Just("\\b".to_owned()),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 1..4).prop_map(|parts| parts.concat()),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("(?:{a}|{b})")),
            (inner.clone(), "[*+?]|[{]1,2[}]").prop_map(|(a, q)| format!("(?:{a}){q}")),
            inner.clone().prop_map(|a| format!("({a})")),
            inner.prop_map(|a| format!("(?={a})")),
        ]
    })
}

/// All ways a pattern can take a beginning of the id, by the meaning of its parts and nothing else. Knows no groups.
fn ends(node: &Node, id: &[u8], at: usize) -> Vec<usize> {
    let mut found = match node {
        Node::Empty => vec![at],
        Node::Set(set) => id.get(at).filter(|c| set.contains(**c)).map(|_| at + 1).into_iter().collect(),
        Node::Start => Vec::from_iter((at == 0).then_some(at)),
        Node::End => Vec::from_iter((at == id.len()).then_some(at)),
        Node::WordBoundary { negative } => {
            let word =
                |at: Option<usize>| at.and_then(|at| id.get(at)).is_some_and(|c| CharSet::WORD.contains(*c));
            Vec::from_iter(((word(at.checked_sub(1)) != word(Some(at))) != *negative).then_some(at))
        }
        Node::Group { inner, .. } => ends(inner, id, at),
        Node::Sequence(nodes) => nodes.iter().fold(vec![at], |starts, node| {
            starts.into_iter().flat_map(|start| ends(node, id, start)).collect()
        }),
        Node::Either(nodes) => nodes.iter().flat_map(|node| ends(node, id, at)).collect(),
        Node::Repeat { inner, min, max, .. } => {
            let (mut now, mut all) = (vec![at], Vec::from_iter((*min == 0).then_some(at)));
            for count in 1..=max.unwrap_or(*min + 20) {
                now = now.into_iter().flat_map(|start| ends(inner, id, start)).collect();
                now.sort_unstable();
                now.dedup();
                if count >= *min {
                    all.extend(&now);
                }
            }
            all
        }
        Node::Look { inner, .. } => Vec::from_iter((!ends(inner, id, at).is_empty()).then_some(at)),
        Node::Atomic(_) | Node::Backreference { .. } => unreachable!("not made by a_pattern"),
    };
    found.sort_unstable();
    found.dedup();
    found
}

proptest! {
    #[test]
    fn engine_and_shapes_agree_with_the_plain_meaning(pattern in a_pattern(), id in "[abAB1._-]{1,8}") {
        if let Ok(node) = Parser::parse(&pattern) {
            let expected = RuleOutcome::from(ends(&node, id.as_bytes(), 0).contains(&id.len()));
            prop_assert_eq!(outcome(&pattern, &id), expected, "by {:?}", node);
            if let Ok(engine) = Engine::compile(&node, &pattern) {
                prop_assert_eq!(engine.is_match(&id), expected, "by the engine");
            }
        }
    }

    #[test]
    fn any_text_is_a_pattern_or_refused(pattern in "[\\\\()\\[\\]{}a-c0-9.*+?^$|&<>=!:QEkdpiu-]{0,40}", id in "[abc0-9-]{1,20}") {
        if let Ok(compiled) = Pattern::new(&pattern) {
            compiled.is_match(&ShownDeviceId::new(&id).unwrap());
        }
    }

    #[test]
    fn any_characters_are_a_pattern_or_refused(pattern in "\\PC{0,30}") {
        let _ = Pattern::new(&pattern).is_ok();
    }
}
