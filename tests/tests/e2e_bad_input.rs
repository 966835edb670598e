//! Every parameter of every command, empty, too long, of the wrong type, unknown, with control characters, hostile: each
//! refusal has its stable code and changes nothing.
//!
//! A line of the tables is a call; `{kind=good}` in it is a parameter, which takes each bad value of its kind while the
//! others are good. All calls of a table go to one process, a line each.

use std::{
    collections::BTreeMap,
    io::Write,
    process::{Command, Stdio},
    thread,
};

use serde_json::Value;
use syncledger_domain::codes::{ALL, INTERNAL};
use syncledger_tests::{
    binary,
    mail::{Mail, Message},
    world::{ALICE, World, sync_all},
};

/// Far longer than anything may be.
const LONG: usize = 10_000;
/// Longest text of a refusal: it names a value without repeating all of it.
const LONGEST_REFUSAL: usize = 3000;

/// This program's own spelling.
const NATIVE: &[&str] = &[
    "abq list --status {status=Allowed}",
    "abq list --account {account=alice@example.com}",
    "abq set {device=d1} {status=Allowed}",
    "abq set d1 Allowed --account {account=alice@example.com}",
    "abq set d1 Allowed --for {duration=7d}",
    "abq set d1 Allowed --until {future=2100-01-01T00:00:00Z}",
    "abq allow {known=stranger}",
    "abq allow phone1 --account {account=alice@example.com}",
    "abq block {known=stranger}",
    "abq block phone1 --account {account=alice@example.com}",
    "abq delete {known=stranger}",
    "abq delete phone1 --account {account=alice@example.com}",
    "abq import {readable=GOOD_FILE} {status=Perhaps}",
    "abq import GOOD_FILE Allowed --for {duration=7d}",
    "abq rule set {regex=x} {status=Allowed} {order=1}",
    "abq rule set x Allowed 1 --domain {domain=example.com}",
    "abq rule list --domain {domain=example.com}",
    "abq rule delete {rule=x}",
    "abq rule delete x --domain {domain=example.com}",
    "abq rule test {regex=x} {device=d1}",
    "abq explain {account=alice@example.com} {device=d1} --mode {mode=Strict}",
    "abq simulate --mode {mode=Strict}",
    "abq simulate --import {readable=GOOD_FILE} --as {status=Allowed}",
    "abq simulate --rule {rulespec=x=Allowed@1} --domain {domain=example.com}",
    "abq simulate --delete-rule {rule=x}",
    "abq notification-interval {interval=6h}",
    "abq message set {message=blocked} {locale=default} --subject x",
    "abq message set blocked default --domain {domain=example.com} --subject x",
    "abq message set blocked default --from {sender=a@example.com} --reply-to {sender=a@example.com}",
    "abq message set blocked default --subject {line=x} --body-plain {text=x} --body-html {text=x}",
    "abq message set blocked default --body-plain-file {readable=GOOD_FILE}",
    "abq message set blocked default --body-html-file {readable=GOOD_FILE}",
    "abq message get {message=blocked} {locale=all} --domain {domain=example.com}",
    "abq message delete {message=blocked} {locale=default}",
    "abq message delete blocked default --domain {domain=example.com}",
    "abq message duplicate {message=blocked} {locale=fr} {locale=it}",
    "abq message duplicate blocked fr it --domain {domain=example.com}",
    "filter add {rule_type=contains} {agent=x} {filter_mode=limit} {versions=14.1} --position {number=0}",
    "filter add regex {regex=x} limit 14.1",
    "filter add account {owner=alice@example.com} limit 14.1",
    "filter add domain {owner_domain=example.com} limit 14.1",
    "filter add and {composite=contains=x,domain=example.com} limit 14.1",
    "filter delete {filter=f7}",
    "filter move {filter=f7} {number=0}",
    "filter preset {preset=classic}",
    "filter explain {account=alice@example.com} {known=phone1}",
    "filter simulate --add {filterspec=x}",
    "filter simulate --delete {filter=f7}",
    "filter simulate --preset {preset=classic}",
    "device list {account=alice@example.com}",
    "device info {account=alice@example.com} {known=phone1}",
    "device remove {account=alice@example.com} {known=stranger}",
    "device reset {account=alice@example.com} {known=stranger}",
    "device suspend {account=alice@example.com} {known=stranger}",
    "device resume {account=alice@example.com} {known=stranger}",
    "device wipe {account=alice@example.com} {known=stranger} --confirm",
    "device wipe alice@example.com phone1",
    "device cancel-wipe {account=alice@example.com} {known=stranger}",
    "device purge --days {days=90} --dry-run",
    "device simulate {account=alice@example.com} --new",
    "jail release {account=alice@example.com} {known=stranger}",
    "logger add {account=alice@example.com} {level=info} {log=x.log} --window-size {number=1}",
    "logger add alice@example.com info x.log --for {duration=7d}",
    "logger add alice@example.com info x.log --until {future=2100-01-01T00:00:00Z}",
    "logger remove {number=77}",
    "service start {service=abq} --node {node=nowhere}",
    "service stop {service=abq} --node {node=nowhere}",
    "service restart {service=abq} --node {node=nowhere}",
    "service list --node {node=nowhere}",
    "policy get {scope=account} {account=alice@example.com} --key {policy=AllowCamera}",
    "policy get domain {domain=example.com}",
    "policy get cos {cos=default}",
    "policy set {scope=account} {account=alice@example.com} {policy=AllowCamera} {policy_value=0}",
    "policy set domain {domain=example.com} AllowCamera 0",
    "policy set cos {cos=default} AllowCamera 0",
    "config set {assignment=abqMode=Strict}",
    "account create {address=new@example.com} --cos {cos=default}",
    "account create new@example.com --password-file {readable=GOOD_FILE}",
    "account set {account=alice@example.com} {assignment=abqMode=Strict}",
    "account set alice@example.com --cos {cos=default}",
    "account set alice@example.com --password-file {readable=GOOD_FILE}",
    "account remove {account=nobody@example.com}",
    "cos create {name=silver}",
    "cos set {cos=default} {assignment=abqMode=Strict}",
    "domain create {name=example.net}",
    "domain set {domain=example.com} {assignment=abqMode=Strict}",
    "credential add {account=alice@example.com} --label {line=Phone} --service {eas_service=EAS}",
    "credential list {account=alice@example.com}",
    "credential update {account=alice@example.com} {credential=zzzzz} --disable",
    "credential delete {account=alice@example.com} {credential=zzzzz}",
    "folder list {account=alice@example.com}",
    "folder hide {account=alice@example.com} {folder=9999}",
    "folder show {account=alice@example.com} {folder=9999}",
    "notification list {number=77}",
    "audit explain {account=alice@example.com} {known=phone1} --at {moment=1}",
    "audit timeline {account=alice@example.com} --kind {event=device-seen} --from {moment_time=2020-01-01}",
    "audit timeline alice@example.com --until {moment_time=2020-01-01} --collection {folder_id=2} --after {number=1}",
    "audit timeline alice@example.com --request {uuid=27ee8dd9-d813-4ca7-a988-580df0027a58} -n {number=1}",
    "audit syncstate {account=alice@example.com} {known=phone1} --collection {folder_id=2} --at {moment=1}",
    "log import {readable=GOOD_FILE}",
    "log tail -n {number=1}",
    "views rebuild {view=nothing}",
];

/// The spelling of other servers' administrators.
const PRODUCT: &[&str] = &[
    "mobile ABQ list status {status=Allowed}",
    "mobile ABQ allow {known=stranger}",
    "mobile ABQ allow phone1 account {account=alice@example.com}",
    "mobile ABQ block {known=stranger}",
    "mobile ABQ block phone1 account {account=alice@example.com}",
    "mobile ABQ set {device=d1} {status=Allowed}",
    "mobile ABQ set d1 Allowed account {account=alice@example.com}",
    "mobile ABQ delete {known=stranger}",
    "mobile ABQ delete phone1 account {account=alice@example.com}",
    "mobile ABQ import {readable=GOOD_FILE} {status=Perhaps}",
    "mobile ABQ setRule {regex=x} {status=Allowed} {order=1}",
    "mobile ABQ setRule x Allowed 1 domain {domain=example.com}",
    "mobile ABQ deleteRule {rule=x}",
    "mobile ABQ deleteRule x domain {domain=example.com}",
    "mobile ABQ listRules domain {domain=example.com}",
    "mobile ABQ setNotificationInterval {interval=6h}",
    "mobile setABQMessage global {message=blocked} {locale=default} from {sender=a@example.com} subject {line=x}",
    "mobile setABQMessage global blocked default body_plain_file {readable=GOOD_FILE}",
    "mobile setABQMessage domain {domain=example.com} {message=blocked} {locale=default} subject {line=x}",
    "mobile getABQMessage global {message=blocked} {locale=all}",
    "mobile getABQMessage domain {domain=example.com} {message=blocked} {locale=all}",
    "mobile deleteABQMessage global {message=blocked} {locale=fr}",
    "mobile deleteABQMessage domain {domain=example.com} {message=blocked} {locale=fr}",
    "mobile duplicateABQMessage global {message=blocked} {locale=fr} {locale=it}",
    "mobile duplicateABQMessage domain {domain=example.com} {message=blocked} {locale=fr} {locale=it}",
    "mobile initABQMessage {preset=everything}",
    "mobile initABQMessage all force {boolean=true}",
    "mobile getAllDevices verbose {boolean=true} domains {domain=example.com}",
    "mobile getDeviceList {account=alice@example.com}",
    "mobile getDeviceInfo {account=alice@example.com} {known=phone1} verbose {boolean=true}",
    "mobile doRemoveDevice {account=alice@example.com} {known=stranger}",
    "mobile doResetDevice {account=alice@example.com} {known=stranger}",
    "mobile doResetAccount {account=nobody@example.com}",
    "mobile doSuspendDeviceSync {account=alice@example.com} {known=stranger}",
    "mobile doResumeDeviceSync {account=alice@example.com} {known=stranger}",
    "mobile doWipeDevice {account=alice@example.com} {known=stranger} confirm true",
    "mobile doWipeDevice alice@example.com phone1 confirm {boolean=true}",
    "mobile doWipeDevice alice@example.com phone1 confirm true account_only {boolean=true}",
    "mobile doWipeDevice alice@example.com phone1",
    "mobile doCancelWipe {account=alice@example.com} {known=stranger}",
    "mobile doPurgeMobileState retention-period {days=90}",
    "mobile doSimulateSync {account=alice@example.com} {known=stranger} days {number=1}",
    "mobile disableFolderSync {account=alice@example.com} {folder=9999} {boolean=true}",
    "mobile doAddEASFilter {rule_type=contains} {agent=x} {filter_mode=limit} {versions=14.1} position {number=0}",
    "mobile doAddEASFilter regex {regex=x} limit 14.1 blocking {boolean=true}",
    "mobile doAddEASFilter and {composite=contains=x,domain=example.com} limit 14.1",
    "mobile doDeleteEASFilter {filter=f7}",
    "mobile doMoveEASFilter {filter=f7} {number=0}",
    "mobile doAddAccountLogger {account=alice@example.com} {level=info} {log=x.log} window_size {number=1}",
    "mobile doRemoveLogger {number=77}",
    "mobile getServices {word=x}",
    "mobile doStartService {service=nothing}",
    "mobile doStopService {service=nothing}",
    "mobile doRestartService {service=nothing}",
    "mobile getProvisioning account {account=alice@example.com} key {policy=AllowCamera}",
    "mobile getProvisioning cos {cos=default} key AllowCamera",
    "mobile setProvisioning account {account=alice@example.com} {policy=AllowCamera} {policy_value=true}",
    "mobile setProvisioning cos {cos=default} AllowCamera true",
    "mobile getProperty property_name {attribute=abqMode}",
    "mobile setProperty {attribute=ZxMobile_MaxPingHeartbeat} {heartbeat=600}",
    "config get global {attribute=abqMode}",
    "config get account {account=alice@example.com} {attribute=abqMode}",
    "config get cos {cos=default} {attribute=abqMode}",
    "config get domain {domain=example.com} {attribute=easEnabled}",
    "config get server {node=nowhere} {attribute=abqMode}",
    "config set global {attribute=abqMode} {set_mode=Strict}",
    "config set account {account=alice@example.com} {attribute=abqMode} {set_mode=Strict}",
    "config set cos {cos=default} {attribute=abqMode} {set_mode=Strict}",
    "config set domain {domain=example.com} {attribute=easEnabled} {set_boolean=true}",
    "config unset global {attribute=nothing}",
    "config unset account {account=alice@example.com} {attribute=nothing}",
    "config dump global show-inherited {boolean=true}",
    "config dump account {account=alice@example.com}",
    "config info attribute {attribute=abqMode}",
    "config global get attribute {attribute=abqMode}",
    "config global set attribute {attribute=abqMode} value {set_mode=Strict}",
    "config cos set {cos=default} attribute {attribute=abqMode} value {set_mode=Strict}",
    "config account empty {account=alice@example.com} attribute {attribute=nothing}",
    "prov mc {cos=default} zimbraFeatureMobileSyncEnabled {set_boolean=TRUE}",
    "prov ma {account=alice@example.com} {attribute=zimbraFeatureMobileSyncEnabled} {set_boolean=TRUE}",
    "prov ga {account=alice@example.com} {attribute=zimbraId}",
    "auth credential add {account=alice@example.com} label {line=Phone} service {eas_service=EAS} qrcode {boolean=false}",
    "auth credential list {account=alice@example.com}",
    "auth credential update {account=alice@example.com} {credential=zzzzz} enabled {boolean=true}",
    "auth credential delete {account=alice@example.com} {credential=zzzzz}",
    "core getNotification id {number=77}",
    "mobile frobnicate {word=x}",
    "mobile ABQ {word=x}",
];

const UNKNOWN_ID: &str = "27ee8dd9-d813-4ca7-a988-580df0027a58";

/// Bad values of a kind. Nothing of it may do anything.
fn bad(kind: &str) -> Vec<String> {
    let nested = format!("{}x{}", "(".repeat(LONG), ")".repeat(LONG));
    let long = "x".repeat(LONG);
    let words: &[&str] = match kind {
        "account" => &["nobody@example.com", "no address", UNKNOWN_ID, "a@b@c", "*"],
        "address" => &["no address", "@example.com", "new@", "a b@example.com"],
        "known" => &["stranger", "a b/c", "../../etc/passwd", "*"],
        "device" => &["a b/c", "d1/", "é"],
        "status" => &["Perhaps", "1", "-1", "Allowed,Blocked"],
        "regex" => &["(", "*", "[z-a]", "x{99999999}", "(?<n", "\\", "(?<=a*)b"],
        "rule" => &["no.such", "("],
        "order" => &["one", "1.5", "99999999999999999999", "-99999999999999999999"],
        "domain" => &["nowhere.example", "a b", UNKNOWN_ID],
        // Filters may be about what is to come: that is only a warning.
        "owner" => &["no address", "a@b@c", "*"],
        "owner_domain" => &["a b", "*"],
        "cos" => &["platinum", "a b"],
        "name" => &["a b", "a/b"],
        "readable" => &["/dev/zero", "/tmp", "../..", "/no/such/file", "/proc/self/mem"],
        "log" => &["/dev/zero", "/etc/shadow", "/etc/passwd.log", "/tmp", "..", "../..", "../../x.log"],
        "duration" => &["soon", "-1d", "1e9d", "7", "99999999999999999999d", "0d"],
        "future" => &["tomorrow", "2020-01-01T00:00:00Z", "2100-13-01T00:00:00Z", "1"],
        "mode" | "set_mode" => &["Perhaps", "1"],
        "rulespec" => &["x", "x=Perhaps@1", "(=Allowed@1", "x=Allowed@one", "=Allowed@1"],
        "interval" => &["soon", "-1m", "45", "5s", "99999999999999999999d", "100000d"],
        "message" => &["allowed", "1"],
        "locale" => &["no locale", "../..", "1"],
        "sender" => &["no address", "a@b\u{7}c", "a@example.com, b@example.com"],
        "line" => &["two\u{b}lines"],
        "text" => &["a\u{0}b"],
        "rule_type" => &["begins", "1"],
        "agent" => &["a\u{7}b"],
        "filter_mode" => &["most", "1"],
        "versions" => &["9.9", "14", "14.1;16.0", "new", "-14.1"],
        "composite" => &["x", "and=contains=x", "contains="],
        "filter" => &["77", "f77", "-1", "one", "99999999999999999999"],
        "filterspec" => &["x", "contains x limit 9.9", "regex ( limit 14.1", "contains x most 14.1"],
        "preset" => &["none", "1"],
        "number" => &["one", "-1", "1.5", "99999999999999999999"],
        "days" => &["one", "-1", "0", "36501", "99999999999999999999"],
        "level" => &["loud", "9"],
        "service" => &["telnet", "abq,anti-dos"],
        "node" => &["nowhere", "a b"],
        "scope" => &["galaxy", "1"],
        "policy" => &["AllowFlying", "abqMode"],
        "policy_value" => &["perhaps", "99"],
        "assignment" => &["abqMode", "=x", "abqMode=Perhaps", "noSuch=1", "pingMaxHeartbeat=one"],
        "attribute" => &["noSuch", "abq Mode"],
        "heartbeat" => &["one", "-5", "99999999999"],
        "eas_service" => &["Telnet", "EAS,Telnet", ","],
        "credential" => &["zzzzz", "*"],
        "folder" => &["9999", "-1", "one", "2", "99999999999999999999"],
        "folder_id" => &["-1", "one", "99999999999999999999"],
        "moment" | "moment_time" => &["yesterday", "-1", "2020-13-01"],
        "event" => &["nothing-happened"],
        "uuid" => &["1", "27ee8dd9"],
        "view" => &["nothing"],
        "boolean" | "set_boolean" => &["perhaps", "2"],
        "word" => &["x"],
        other => panic!("no kind {other}"),
    };
    let mut values: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
    values.push("\u{1}\u{7f}".to_owned());
    if kind == "regex" {
        values.push(nested);
    }
    // A body may be long.
    if kind != "text" {
        values.push(long);
    }
    // Nothing takes back what was set.
    if !["text", "line", "sender", "set_boolean", "set_mode", "heartbeat", "policy_value"].contains(&kind) {
        values.push(String::new());
    }
    values
}

/// All calls of a table: one for each bad value of each parameter.
fn calls(table: &[&str], good_file: &str) -> Vec<Vec<String>> {
    let mut calls = Vec::new();
    for line in table {
        let line = line.replace("GOOD_FILE", good_file);
        let parameter = |word: &str| {
            let inner = word.strip_prefix('{')?.strip_suffix('}')?;
            inner.split_once('=').map(|(kind, good)| (kind.to_owned(), good.to_owned()))
        };
        let words: Vec<&str> = line.split(' ').collect();
        let good = |word: &&str| parameter(word).map_or_else(|| (*word).to_owned(), |(_, good)| good);
        let parameters = words.iter().enumerate().filter_map(|(at, word)| Some((at, parameter(word)?.0)));
        let parameters: Vec<_> = parameters.collect();
        if parameters.is_empty() {
            calls.push(words.iter().map(good).collect());
        }
        for (at, kind) in parameters {
            for value in bad(&kind) {
                let mut call: Vec<String> = words.iter().map(good).collect();
                call[at] = value;
                calls.push(call);
            }
        }
    }
    calls
}

/// A word as the program's own reader of lines takes it.
fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}

fn shown(call: &[String]) -> String {
    let words = call.iter().map(|word| match word.chars().count() {
        0..=80 => format!("{word:?}"),
        count => format!("<{count} characters>"),
    });
    words.collect::<Vec<_>>().join(" ")
}

/// What became of the lines.
struct Heard {
    stdout: String,
    stderr: String,
    code: Option<i32>,
}

fn piped(world: &World, calls: &[Vec<String>]) -> Heard {
    let lines: String = calls
        .iter()
        .map(|call| call.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ") + "\n")
        .collect();
    let mut program = Command::new(binary::program());
    program.arg("--dir").arg(world.dir()).args(["--json", "-"]);
    program.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = program.spawn().expect("the program starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    // It answers while it reads.
    let writer = thread::spawn(move || stdin.write_all(lines.as_bytes()));
    let output = child.wait_with_output().expect("it ends");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    let (stdout, stderr): (String, String) = (text(output.stdout), text(output.stderr));
    let written = writer.join().expect("no panic");
    let end: Vec<&str> = stderr.lines().rev().take(5).collect();
    assert!(written.is_ok(), "it ended before the last line, {}: {end:#?}", output.status);
    Heard { stdout, stderr, code: output.status.code() }
}

/// Exit codes by line, of those that failed, and what stands between.
fn failures(stderr: &str) -> (BTreeMap<usize, i32>, Vec<(usize, String)>) {
    let (mut failed, mut told, mut since) = (BTreeMap::new(), Vec::new(), Vec::new());
    for line in stderr.lines() {
        let parsed = line.strip_prefix("line ").and_then(|rest| rest.split_once(": failed, exit code "));
        let Some((number, code)) = parsed else {
            since.push(line);
            continue;
        };
        let number: usize = number.parse().expect("a number");
        failed.insert(number, code.parse().expect("a number"));
        told.push((number, since.join("\n")));
        since.clear();
    }
    assert!(since.is_empty(), "{since:?}");
    (failed, told)
}

/// What is wrong with the refusal of a call, if anything.
fn wrong(answer: &str, code: i32) -> Option<String> {
    let Ok(answer) = serde_json::from_str::<Value>(answer) else { return Some(format!("no JSON: {answer}")) };
    let told = answer["error"]["code"].as_str().unwrap_or_default();
    let message = answer["error"]["message"].as_str().unwrap_or_default();
    let stable = told != INTERNAL && ALL.iter().any(|(code, _)| *code == told);
    let right = answer["ok"] == false
        && stable
        && [1, 64].contains(&code)
        && !message.is_empty()
        && message.len() < LONGEST_REFUSAL;
    let head: String = message.chars().take(300).collect();
    (!right).then(|| format!("exit {code}, {told:?}, {} bytes: {head}", message.len()))
}

/// A node that does not run, with an account, a device and a message.
async fn world() -> (World, String) {
    let mut world = World::files();
    world.maildir(ALICE).deliver("Inbox", &Message::new("A message").bytes());
    sync_all(&mut world.phone(ALICE, "phone1")).await;
    world.stop();
    let file = world.scratch().join("good.txt");
    std::fs::write(&file, "d1\n").expect("own directory");
    let file = file.to_str().expect("UTF-8").to_owned();
    (world, file)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_bad_value_of_any_parameter_does_anything() {
    let (world, file) = world().await;
    let position = world.position();
    let calls = calls(NATIVE, &file);
    let heard = piped(&world, &calls);
    assert_eq!(heard.code, Some(1), "{}", heard.stderr);
    let (failed, told) = failures(&heard.stderr);
    let mut complaints: Vec<String> = Vec::new();
    for (number, call) in calls.iter().enumerate() {
        if !failed.contains_key(&(number + 1)) {
            complaints.push(format!("done: {}", shown(call)));
        }
    }
    for (number, answer) in &told {
        let wrong = wrong(answer, failed[number]);
        complaints.extend(wrong.map(|wrong| format!("{}: {wrong}", shown(&calls[number - 1]))));
    }
    assert!(complaints.is_empty(), "{} of {}:\n{}", complaints.len(), calls.len(), complaints.join("\n"));
    assert_eq!(world.position(), position, "something was appended: {}", world.call(&["log", "tail"]).ok());
    world.finish();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nor_in_the_other_spelling() {
    let (world, file) = world().await;
    let position = world.position();
    let calls = calls(PRODUCT, &file);
    let heard = piped(&world, &calls);
    assert_eq!(heard.code, Some(1), "{}", heard.stderr);
    let (failed, told) = failures(&heard.stderr);
    let mut complaints: Vec<String> = Vec::new();
    // Answers stand where answers stand, refusals too.
    for (number, besides) in &told {
        if !besides.is_empty() {
            complaints.push(format!("{}: also {besides}", shown(&calls[number - 1])));
        }
    }
    let answers: Vec<&str> = heard.stdout.lines().collect();
    assert_eq!(answers.len(), calls.len(), "an answer each");
    for (at, (call, answer)) in calls.iter().zip(answers).enumerate() {
        match failed.get(&(at + 1)) {
            None => complaints.push(format!("done: {}", shown(call))),
            Some(code) => {
                complaints.extend(wrong(answer, *code).map(|wrong| format!("{}: {wrong}", shown(call))));
            }
        }
    }
    assert!(complaints.is_empty(), "{} of {}:\n{}", complaints.len(), calls.len(), complaints.join("\n"));
    assert_eq!(world.position(), position, "something was appended: {}", world.call(&["log", "tail"]).ok());
    world.finish();
}

/// What no line can hold, and what costs much without a bound.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hostile_words_end_soon_and_do_nothing() {
    let (world, _) = world().await;
    let position = world.position();
    let slow = format!("{}-", "a".repeat(60));
    let refused: &[(&[&str], &str)] = &[
        (&["abq", "set", "two\nlines", "Allowed"], "BAD_DEVICE_ID"),
        (&["device", "info", ALICE, "two\nlines"], "BAD_DEVICE_ID"),
        (&["device", "info", "two\nlines", "phone1"], "NO_SUCH_ACCOUNT"),
        (&["filter", "add", "contains", "two\nlines", "limit", "14.1"], "BAD_RULE"),
        (&["abq", "message", "set", "blocked", "default", "--subject", "two\nlines"], "INVALID_VALUE"),
        (&["logger", "add", ALICE, "info", "two\nlines"], "FILE_UNWRITABLE"),
        (&["abq", "rule", "set", "(a|a)*\\1--", "Allowed", "1"], "BAD_REGEX"),
        (&["abq", "rule", "test", "(a|a)*\\1--", "d1"], "BAD_REGEX"),
        (&["abq", "set"], "USAGE"),
        (&["abq", "set", "d1", "Allowed", "too", "many"], "USAGE"),
        (&["device", "purge", "--no-such-option"], "USAGE"),
        (&["log", "import", "/dev/zero"], "INVALID_VALUE"),
        (&["account", "set", ALICE, "--password-file", "/dev/zero"], "FILE_UNREADABLE"),
    ];
    for (arguments, code) in refused {
        let ran = world.call(&[&["--json"], *arguments].concat());
        assert!(matches!(ran.status.code(), Some(1 | 64)), "{ran:?}");
        let told: Value =
            serde_json::from_str(&ran.stderr).unwrap_or_else(|error| panic!("{error}: {ran:?}"));
        assert_eq!(told["error"]["code"], *code, "{ran:?}");
    }
    // Lines of such a file are no devices; none is let in, none takes the rest along.
    let imported = world.query(&["abq", "import", "/etc/passwd", "Allowed"]);
    assert_eq!(imported["added"], 0, "{imported:#}");
    // A pattern that would try for ever on some id is refused above; those that only look so are not.
    for regex in ["(a+)+b", "(a|aa)+b", "(a+)+\\1b", "(?=(a+)+b)a.*", "((a+)+)+(?=-)--"] {
        let told = world.query(&["abq", "rule", "test", regex, &slow]);
        assert!(told[0]["outcome"].as_str().is_some_and(|outcome| outcome != "matches"), "{regex}: {told}");
    }
    assert_eq!(world.position(), position, "something was appended: {}", world.call(&["log", "tail"]).ok());
    world.finish();
}
