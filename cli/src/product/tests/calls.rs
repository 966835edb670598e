//! How calls are told apart, addressed, piped and answered.

use serde_json::{Value, json};
use syncledger_domain::codes::{NO_SUCH_ACCOUNT, NO_SUCH_SERVER, USAGE};

use super::{
    super::{Heard, hear, piped},
    ALICE, Nodes as _, Workbench, envelope, os, refused, response, tell,
};
use crate::output;

#[tokio::test]
async fn a_server_is_named_or_all_are_asked() {
    let bench = Workbench::new().await;
    let name = bench.own();
    let (code, all) = envelope(&bench, "--host all_servers mobile ABQ list").await;
    assert_eq!(
        (code, &all),
        (0, &json!({ "ok": true, "response": { &name: { "ok": true, "response": { "devices": [] } } } }))
    );
    let (code, all) = envelope(&bench, "--host=ALL_SERVERS mobile getDeviceList bob@example.com").await;
    assert_eq!((code, &all["response"][&name]["error"]["code"]), (1, &json!(NO_SUCH_ACCOUNT)));
    response(&bench, &format!("--host {name} --progress --sync mobile ABQ list")).await;
    response(&bench, "mobile --host localhost ABQ list").await;
    refused(&bench, "--host nowhere.example.com mobile ABQ list", NO_SUCH_SERVER).await;
    refused(&bench, "mobile ABQ list --hosst x", USAGE).await;
    refused(&bench, "mobile ABQ list --host", USAGE).await;
}

#[tokio::test]
async fn what_does_not_exist_is_refused_with_what_does() {
    let bench = Workbench::new().await;
    let near = refused(&bench, "mobile ABQ lisst", USAGE).await;
    assert!(near.contains("did you mean 'mobile ABQ list'"), "{near}");
    let near = refused(&bench, "mobile getAllDevice", USAGE).await;
    assert!(near.contains("did you mean 'mobile getAllDevices'"), "{near}");
    let near = refused(&bench, "mobile ABQ list statuss Allowed", USAGE).await;
    assert!(near.contains("did you mean 'status'"), "{near}");
    refused(&bench, "mobile ABQ list status", USAGE).await;
    refused(&bench, "mobile ABQ list status Allowed status Blocked", USAGE).await;
    refused(&bench, "mobile ABQ", USAGE).await;
    refused(&bench, "mobile", USAGE).await;
    for missing in [
        "mobile addressBook list global",
        "mobile dbMigrate",
        "auth totp list alice@example.com",
        "config distributionList get x",
    ] {
        let told = refused(&bench, missing, USAGE).await;
        assert!(told.contains("a part this version does not have"), "{told}");
    }
    let nothing = response(&bench, "mobile createStateIndex").await;
    assert!(nothing["message"].as_str().unwrap().contains("nothing to build"));
}

#[test]
fn this_programs_own_calls_stay_its_own() {
    for line in [
        "config set easEnabled=false",
        "config check",
        "config attributes",
        "config info",
        "config info alice@example.com",
        "config info aa5ddf2c-35ba-5f78-b204-da84b5b9f67a",
        "--dir x device list",
        "--json --config=x account list",
        "--help",
        "help device",
        "device --help",
        "--frobnicate",
        "log import -",
        "config get abqMode --account alice@example.com",
        "account set global@example.com x=y",
        "--dir mobile device list",
        "--dir config config set easEnabled=true",
    ] {
        let words = piped::words(line).unwrap();
        assert!(matches!(hear(&os(&words)), Heard::Native), "{line}");
    }
    for line in [
        "help",
        "HELP Mobile",
        "help mobile abq list",
        "mobile --help",
        "mobile ABQ list -h",
        "help config set global",
    ] {
        let words = piped::words(line).unwrap();
        assert!(matches!(hear(&os(&words)), Heard::Help(_)), "{line}");
    }
    for line in [
        "--dir config config set global abqMode Strict",
        "config --host localhost set --json global abqMode Strict",
        "config --dir=mobile global get",
        "--config mobile mobile ABQ",
        "mobile -- --json",
    ] {
        assert!(matches!(hear(&os(&piped::words(line).unwrap())), Heard::Command(_)), "{line}");
    }
    assert!(matches!(hear(&os(&piped::words("config set global --bogus x").unwrap())), Heard::Wrong(..)));
    for line in ["", "--dir x", "--json"] {
        assert!(matches!(hear(&os(&piped::words(line).unwrap())), Heard::Nothing(_)), "{line}");
    }
    assert!(matches!(hear(&os(&piped::words("--dir x - --json").unwrap())), Heard::Piped(_)));
}

#[tokio::test]
async fn lines_run_one_after_the_other_whatever_fails() {
    let bench = Workbench::new().await;
    let text = format!(
        "# a script\n\nmobile ABQ set 'androidc1' Blocked\nmobile ABQ set androidc2\nfrobnicate\naccount list\n\
         --json mobile ABQ list # at the end\nmobile 'ABQ\n--dir {}/other mobile ABQ list\nhelp mobile ABQ\n",
        bench.dir
    );
    let mut input = std::io::Cursor::new(text);
    let Heard::Nothing(globals) = hear(&os(&["--dir".to_owned(), bench.dir.clone()])) else { panic!() };
    let (outcome, told) =
        output::captured(Box::pin(piped::run(&globals, || piped::read_line(&mut input)))).await;
    assert_eq!(outcome.unwrap(), piped::Outcome { lines: 10, failed: 4 });
    let told: Vec<&str> = told.iter().filter_map(Value::as_str).collect();
    let [set, accounts, list, help] = told.as_slice() else { panic!("{told:?}") };
    assert!(set.contains("androidc1") && accounts.contains(ALICE), "{told:?}");
    let list: Value = serde_json::from_str(list).unwrap();
    assert_eq!(list["response"]["devices"][0]["device_id"], "androidc1");
    assert!(help.contains("mobile ABQ setRule"), "{help}");
}

#[tokio::test]
async fn people_read_a_sentence_or_a_tree() {
    let bench = Workbench::new().await;
    let text = |told: Vec<Value>| {
        told.iter().map(|line| line.as_str().unwrap().to_owned()).collect::<Vec<_>>().join("\n")
    };
    let (_, set) = tell(&bench, "mobile ABQ set androidc1 Blocked").await;
    assert_eq!(text(set), "device androidc1 is Blocked");
    let (_, list) = tell(&bench, "--host all_servers mobile ABQ list").await;
    let list = text(list);
    assert!(list.starts_with(&bench.own()) && list.contains("    devices\n\n        device_id "), "{list}");
    let (code, told) = tell(&bench, "mobile ABQ set androidc1").await;
    assert_eq!((code, told.len()), (64, 0));
}
