//! The list of filters by the command line.

use serde_json::{Value, json};

use crate::commands::workbench::{ALICE, Workbench};

const PHONE: &str = "Apple-iPhone14C2/2003.67";
const SAMSUNG: &str = "SAMSUNG-SM-G900F/101.50101";

async fn order(bench: &Workbench) -> Vec<String> {
    let listed = bench.told(&["filter", "list"]).await;
    let uid = |row: &Value| row["uid"].as_str().unwrap().to_owned();
    listed.as_array().unwrap().iter().map(uid).collect()
}

#[tokio::test]
async fn a_filter_is_added_at_the_end_or_at_its_position_and_printed_as_it_reads() {
    let bench = Workbench::new().await;
    let added = bench.told(&["filter", "add", "always", "*", "limit", "16.0"]).await;
    assert_eq!(
        (&added["position"], &added["uid"], &added["warnings"]),
        (&json!(0), &json!("f1"), &json!([]))
    );
    let words = [
        "filter",
        "add",
        "OR",
        "contains=outlook/,contains=microsoft.outlook",
        "Fixed",
        "14.1,14.0",
        "--blocking",
        "--position",
        "0",
    ];
    assert_eq!(bench.told(&words).await["position"], 0);
    let listed = bench.told(&["filter", "list"]).await;
    let rule = "[type = or; rules = [[type = contains; rule = outlook/] OR [type = contains; rule = microsoft.outlook]]]";
    assert_eq!(listed[0]["rule"], rule);
    assert_eq!(listed[0]["versions"], json!(["14.0", "14.1"]));
    assert_eq!((&listed[0]["mode"], &listed[0]["blocking"]), (&json!("fixed"), &json!(true)));
    assert_eq!((&listed[1]["rule"], &listed[1]["blocking"]), (&json!("[type = always]"), &json!(false)));
    let table = bench.text(&["filter", "list"]).await;
    assert!(table.contains("14.0,14.1") && table.contains("RULE") && table.contains(rule), "{table}");
}

#[tokio::test]
async fn what_is_wrong_with_a_filter_is_told_under_its_code_and_adds_nothing() {
    let bench = Workbench::new().await;
    let long = "x".repeat(5000);
    for (words, code) in [
        (["nonsense", "x", "limit", "14.1"], "BAD_RULE"),
        (["contains", "", "limit", "14.1"], "BAD_RULE"),
        (["contains", &long, "limit", "14.1"], "BAD_RULE"),
        (["always", "x", "limit", "14.1"], "BAD_RULE"),
        (["and", "and=x", "limit", "14.1"], "BAD_RULE"),
        (["account", "not an address", "limit", "14.1"], "BAD_RULE"),
        (["domain", "not a domain", "limit", "14.1"], "BAD_RULE"),
        (["regex", "(", "limit", "14.1"], "BAD_REGEX"),
        (["regex", "(a)\\1", "limit", "14.1"], "BAD_REGEX"),
        (["contains", "x", "shrink", "14.1"], "INVALID_VALUE"),
        (["contains", "x", "limit", ""], "UNKNOWN_EAS_VERSION"),
        (["contains", "x", "limit", "14.2"], "UNKNOWN_EAS_VERSION"),
        (["contains", "x", "limit", "14.1,,14.0"], "UNKNOWN_EAS_VERSION"),
    ] {
        bench.refused(&[&["filter", "add"], &words[..]].concat(), code).await;
    }
    for position in ["-1", "first", "", "99999999999999999999999"] {
        let words = ["filter", "add", "contains", "x", "limit", "14.1", "--position", position];
        let sentence = bench.refused(&words, "INVALID_VALUE").await;
        assert!(sentence.contains("position") && sentence.contains(position), "{sentence}");
    }
    bench.refused(&["filter", "add", "contains", "x", "limit"], "USAGE").await;
    assert!(order(&bench).await.is_empty());
}

#[tokio::test]
async fn whom_a_filter_shuts_out_and_whom_it_does_not_know_is_said() {
    let bench = Workbench::new().await;
    let warnings = async |words: &[&str]| {
        let added = bench.told(&[&["filter", "add"], words].concat()).await;
        added["warnings"]
            .as_array()
            .unwrap()
            .iter()
            .map(|it| it.as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(warnings(&["account", ALICE, "add", "14.1"]).await, [""; 0]);
    assert_eq!(warnings(&["domain", "example.com", "add", "14.1"]).await, [""; 0]);
    for stranger in
        [["account", "bob@example.com"], ["domain", "example.org"], ["and", "domain=example.org,contains=x"]]
    {
        let said = warnings(&[stranger[0], stranger[1], "add", "14.1"]).await;
        assert!(
            said.len() == 1 && said[0].contains("example.") && said[0].contains("does not exist"),
            "{said:?}"
        );
    }
    let said = warnings(&["contains", "x", "limit", "12.1,14.0"]).await;
    assert!(said.len() == 1 && said[0].contains("only the greatest, 14.0"), "{said:?}");
    let said = warnings(&["contains", "samsung", "limit", "2.5"]).await;
    assert!(said.iter().any(|one| one.contains("no version")), "{said:?}");
}

#[tokio::test]
async fn filters_are_moved_and_deleted_by_position_and_by_uid() {
    let bench = Workbench::new().await;
    for text in ["a", "b", "c"] {
        bench.told(&["filter", "add", "contains", text, "limit", "14.1"]).await;
    }
    let moved = bench.told(&["filter", "move", "0", "9"]).await;
    assert_eq!((&moved["changed"], &moved["filters"][2]["uid"]), (&json!(true), &json!("f1")));
    assert_eq!(bench.told(&["filter", "move", "f1", "2"]).await["changed"], false);
    bench.told(&["filter", "move", "f1", "1"]).await;
    assert_eq!(order(&bench).await, ["f2", "f1", "f3"]);
    bench.told(&["filter", "delete", "0"]).await;
    bench.told(&["filter", "delete", "f3"]).await;
    assert_eq!(order(&bench).await, ["f1"]);
    for (words, code) in [
        (vec!["move", "1", "0"], "NO_SUCH_ENTRY"),
        (vec!["move", "f3", "0"], "NO_SUCH_ENTRY"),
        (vec!["move", "x", "0"], "INVALID_VALUE"),
        (vec!["move", "", "0"], "INVALID_VALUE"),
        (vec!["move", "0", "end"], "INVALID_VALUE"),
        (vec!["delete", "1"], "NO_SUCH_ENTRY"),
        (vec!["delete", "f2"], "NO_SUCH_ENTRY"),
        (vec!["delete", "f"], "INVALID_VALUE"),
        (vec!["delete", "99999999999999999999999"], "INVALID_VALUE"),
        (vec!["delete", ""], "INVALID_VALUE"),
    ] {
        bench.refused(&[&["filter"], &words[..]].concat(), code).await;
    }
}

#[tokio::test]
async fn a_preset_replaces_the_list_once() {
    let bench = Workbench::new().await;
    bench.told(&["filter", "add", "contains", "x", "limit", "14.1"]).await;
    let classic = bench.told(&["filter", "preset", "Classic"]).await;
    assert_eq!((&classic["changed"], classic["filters"].as_array().unwrap().len()), (&json!(true), 3));
    assert!(!classic["warnings"].as_array().unwrap().is_empty(), "2.5 is not served: {classic}");
    assert_eq!(bench.told(&["filter", "preset", "classic"]).await["changed"], false);
    bench.refused(&["filter", "preset", "modern"], "INVALID_VALUE").await;
}

#[tokio::test]
async fn every_step_of_the_pool_is_explained() {
    let bench = Workbench::new().await;
    bench.device(bench.alice, "galaxy", SAMSUNG, "16.1", 0).await;
    for words in [
        ["contains", "outlook", "fixed", "14.0"],
        ["contains", "samsung", "limit", "14.0"],
        ["always", "*", "limit", "16.0"],
    ] {
        bench.told(&[&["filter", "add"], &words[..]].concat()).await;
    }
    bench.told(&["filter", "add", "account", ALICE, "subtract", "12.1", "--blocking"]).await;
    bench.told(&["filter", "add", "always", "*", "fixed", "16.1"]).await;
    let found = bench.told(&["filter", "explain", ALICE, "GALAXY"]).await;
    let results: Vec<_> =
        found["steps"].as_array().unwrap().iter().map(|step| step["result"].clone()).collect();
    assert_eq!(results, ["does not match", "matches", "matches", "matches, ends the run", "not asked"]);
    assert_eq!(found["steps"][1]["pool"], json!(["12.1", "14.0"]));
    assert_eq!(found["steps"][0]["pool"], Value::Null);
    assert_eq!(found["offered"], json!(["14.0"]));
    assert_eq!((&found["speaks"], &found["served"]), (&json!("16.1"), &json!(false)));
    let text = bench.text(&["filter", "explain", ALICE, "galaxy"]).await;
    assert!(text.contains("not asked") && text.contains("speaks 16.1 and is refused"), "{text}");
    // A header said here counts more than the device's; without either there is none.
    let outlook = bench.told(&["filter", "explain", ALICE, "galaxy", "--user-agent", "Outlook/15"]).await;
    assert_eq!(outlook["steps"][0]["result"], "matches");
    assert_eq!(bench.told(&["filter", "explain", ALICE]).await["user_agent"], "");
}

#[tokio::test]
async fn an_explanation_begins_with_the_versions_of_the_account_and_names_what_emptied_them() {
    let bench = Workbench::new().await;
    bench.call(&["account", "set", ALICE, "easVersions=14.1,16.1"]).await.unwrap();
    bench.told(&["filter", "add", "contains", "iphone", "subtract", "14.1,16.1"]).await;
    let found = bench.told(&["filter", "explain", ALICE, "--user-agent", PHONE]).await;
    assert_eq!(found["start"], json!(["14.1", "16.1"]));
    assert_eq!((&found["offered"], &found["emptied_by"]), (&json!([]), &json!("f1")));
    bench.refused(&["filter", "explain", "bob@example.com"], "NO_SUCH_ACCOUNT").await;
    bench.refused(&["filter", "explain", ""], "NO_SUCH_ACCOUNT").await;
    bench.refused(&["filter", "explain", ALICE, "nothing"], "NO_SUCH_DEVICE").await;
    bench.refused(&["filter", "explain", ALICE, "no id"], "BAD_DEVICE_ID").await;
}

#[tokio::test]
async fn a_simulation_tells_who_would_change_and_changes_nothing() {
    let bench = Workbench::new().await;
    bench.device(bench.alice, "iphone", PHONE, "16.1", 0).await;
    bench.device(bench.alice, "old", PHONE, "14.1", 0).await;
    bench.device(bench.alice, "galaxy", SAMSUNG, "14.1", 0).await;
    bench.told(&["filter", "add", "always", "*", "limit", "16.1"]).await;
    let before = bench.head().await;
    let limit = bench.told(&["filter", "simulate", "--add", "contains iphone limit 14.1 blocking"]).await;
    assert_eq!((&limit["devices"], &limit["losing"]), (&json!(3), &json!(1)));
    let changed: Vec<_> =
        limit["changed"].as_array().unwrap().iter().map(|row| (&row["device"], &row["loses"])).collect();
    assert_eq!(changed, [(&json!("iphone"), &json!(true)), (&json!("old"), &json!(false))]);
    assert_eq!(limit["changed"][0]["after"], json!(["12.1", "14.0", "14.1"]));
    assert_eq!(limit["filters"][1]["blocking"], true);
    let first = "and account=alice@example.com,contains=galaxy s fixed 14.0 position 0 blocking true";
    let twice = bench
        .told(&["filter", "simulate", "--add", first, "--add", "always * add 14.1", "--delete", "f1"])
        .await;
    assert_eq!(twice["filters"][0]["parameter"], "account=alice@example.com,contains=galaxy s");
    assert_eq!((twice["filters"].as_array().unwrap().len(), &twice["losing"]), (2, &json!(0)));
    let classic = bench.told(&["filter", "simulate", "--preset", "classic"]).await;
    let galaxy = classic["changed"].as_array().unwrap().iter().find(|row| row["device"] == "galaxy").unwrap();
    assert_eq!((&galaxy["refused"], &galaxy["loses"]), (&json!(true), &json!(true)));
    let text = bench.text(&["filter", "simulate", "--preset", "default"]).await;
    assert!(text.contains("of 3 devices 0 would be offered other versions"), "{text}");
    assert_eq!(bench.head().await, before);
}

#[tokio::test]
async fn a_simulation_of_nothing_or_of_nonsense_is_refused() {
    let bench = Workbench::new().await;
    bench.told(&["filter", "add", "always", "*", "limit", "16.1"]).await;
    for (words, code) in [
        (vec![], "USAGE"),
        (vec!["--preset", "default", "--delete", "0"], "USAGE"),
        (vec!["--preset", "modern"], "INVALID_VALUE"),
        (vec!["--delete", "1"], "NO_SUCH_ENTRY"),
        (vec!["--delete", "0", "--delete", "f1"], "NO_SUCH_ENTRY"),
        (vec!["--delete", "x"], "INVALID_VALUE"),
        (vec!["--add", ""], "INVALID_VALUE"),
        (vec!["--add", "blocking"], "INVALID_VALUE"),
        (vec!["--add", "limit 14.1"], "INVALID_VALUE"),
        (vec!["--add", "contains limit 14.1"], "BAD_RULE"),
        (vec!["--add", "contains x limit 14.1 blocking maybe"], "INVALID_VALUE"),
        (vec!["--add", "contains x limit 14.1 position last"], "INVALID_VALUE"),
        (vec!["--add", "contains x limit 14.7"], "UNKNOWN_EAS_VERSION"),
        (vec!["--add", "regex ( limit 14.1"], "BAD_REGEX"),
    ] {
        bench.refused(&[&["filter", "simulate"], &words[..]].concat(), code).await;
    }
}
