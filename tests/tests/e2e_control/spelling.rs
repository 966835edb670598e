//! The spelling administrators of other servers know does the same to devices.

use std::{
    io::Write,
    process::{Command, Stdio},
};

use serde_json::{Value, json};
use syncledger_tests::{
    binary,
    control::{Place, obeyed, refusal, resyncs, sees_dummy, sees_real},
    world::{ALICE, World},
};

/// What a command answers that must be done.
fn response(world: &World, arguments: &[&str]) -> Value {
    let told = world.query(arguments);
    assert_eq!(told["ok"], json!(true), "{arguments:?}: {told}");
    told["response"].clone()
}

/// The code of a refusal, which stands where answers stand.
fn refused(world: &World, arguments: &[&str]) -> String {
    let ran = world.call(&[arguments, &["--json"]].concat());
    assert!(matches!(ran.status.code(), Some(1 | 64)), "{ran:?}");
    let told: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran:?}"));
    assert_eq!(told["ok"], json!(false), "{ran:?}");
    told["error"]["code"].as_str().expect("a code").to_owned()
}

/// Commands one per line; what each that is done answers, and how the program exits.
fn piped(world: &World, lines: &str) -> (Vec<Value>, Option<i32>) {
    let mut program = Command::new(binary::program());
    let program = program.arg("--dir").arg(world.dir()).args(["--json", "-"]);
    let mut child = program
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("it starts");
    child.stdin.take().expect("a pipe").write_all(lines.as_bytes()).expect("it reads");
    let output = child.wait_with_output().expect("it ends");
    let answers = serde_json::Deserializer::from_slice(&output.stdout).into_iter();
    (answers.map(|answer| answer.expect("JSON")).collect(), output.status.code())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_other_spelling_does_the_same() {
    let place = Place::files();
    let Place { world, mail, .. } = &place;
    let mut phone = place.phone("Phone1");
    sees_real(&mut phone, &**mail).await;

    response(world, &["config", "set", "global", "abqMode", "Interactive"]);
    assert!(response(world, &["mobile", "ABQ", "seed"])["message"].is_string());
    obeyed(world).await;
    sees_real(&mut phone, &**mail).await;
    assert_eq!(resyncs(&phone), 0);
    sees_dummy(&mut place.phone("Stranger")).await;
    let list = response(world, &["mobile", "abq", "list", "status", "quarantined"]);
    assert_eq!(list["devices"].as_array().map(Vec::len), Some(1), "{list}");
    assert_eq!(
        (&list["devices"][0]["device_id"], &list["devices"][0]["status"]),
        (&json!("Stranger"), &json!("Quarantined"))
    );

    // Words in any case; the device as it was first written, or not.
    response(world, &["MOBILE", "abq", "SET", "phone1", "blocked"]);
    obeyed(world).await;
    sees_dummy(&mut phone).await;
    let info = response(world, &["mobile", "getDeviceInfo", ALICE, "phone1", "verbose", "true"]);
    assert_eq!((&info["deviceId"], &info["abqVerdict"]), (&json!("Phone1"), &json!("block")), "{info:#}");
    assert_eq!((&info["protocolVersion"], &info["accountEmail"]), (&json!("16.1"), &json!(ALICE)));
    assert!(
        info["firstSeen"].as_i64() <= info["lastSeen"].as_i64() && info["firstSeen"].is_i64(),
        "{info:#}"
    );
    response(world, &["mobile", "ABQ", "set", "Phone1", "Allowed"]);
    obeyed(world).await;
    sees_real(&mut phone, &**mail).await;

    let added = response(
        world,
        &["mobile", "doAddEASFilter", "contains", "simulator", "fixed", "12.1", "blocking", "true"],
    );
    obeyed(world).await;
    assert_eq!(phone.twin().options().await.expect("OPTIONS").versions, ["12.1"]);
    assert_eq!(refusal(phone.folder_sync().await), 138);
    assert_eq!(response(world, &["mobile", "getAllEASFilters"])["filters"].as_array().map(Vec::len), Some(1));
    response(world, &["mobile", "doDeleteEASFilter", &added["ID"].to_string()]);

    response(world, &["mobile", "doSuspendDeviceSync", ALICE, "Phone1"]);
    obeyed(world).await;
    assert_eq!(refusal(phone.folder_sync().await), 403);
    response(world, &["mobile", "doResumeDeviceSync", ALICE]);
    obeyed(world).await;
    let keys = resyncs(&phone);
    sees_real(&mut phone, &**mail).await;
    assert_eq!(resyncs(&phone), keys);
    response(world, &["mobile", "doResetAccount", ALICE]);
    obeyed(world).await;
    sees_real(&mut phone, &**mail).await;
    assert!(resyncs(&phone) > keys);

    assert_eq!(refused(world, &["mobile", "getDeviceInfo", ALICE, "nobody"]), "NO_SUCH_DEVICE");
    assert_eq!(refused(world, &["mobile", "abq", "set", "Phone1", "Perhaps"]), "INVALID_VALUE");
    assert_eq!(refused(world, &["mobile", "doWipeDevice", ALICE]), "USAGE");
    place.world.finish();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commands_may_come_one_per_line() {
    let place = Place::files();
    let Place { world, mail, .. } = &place;
    let mut phone = place.phone("phone1");
    sees_real(&mut phone, &**mail).await;
    let lines = format!(
        "# block it, then see\n\nmobile ABQ set phone1 Blocked\nmobile ABQ set phone1 Perhaps\nmobile getDeviceList {ALICE}\n\
         abq list\n"
    );
    let (answers, code) = piped(world, &lines);
    assert_eq!(code, Some(1), "one of them was refused");
    assert_eq!(answers.len(), 4, "{answers:#?}");
    assert_eq!(answers[0]["response"]["status"], "Blocked");
    assert_eq!(answers[1]["error"]["code"], "INVALID_VALUE");
    assert_eq!(answers[2]["response"]["devices"], json!(["phone1"]));
    assert_eq!(answers[3][0]["device_id"], "phone1");
    obeyed(world).await;
    sees_dummy(&mut phone).await;
    let (_, code) = piped(world, "mobile ABQ delete phone1\n");
    assert_eq!(code, Some(0));
    obeyed(world).await;
    sees_real(&mut phone, &**mail).await;
    place.world.finish();
}
