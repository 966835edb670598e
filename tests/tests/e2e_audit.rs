//! What the log can show afterwards: what a device knew at every moment, compared with what the device itself had then.

#![expect(clippy::unwrap_used, reason = "these are tests, helpers included")]

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use syncledger_simulator::{Command, Fault, Phone, ascmd::sync::SyncRequest, store::ClientCommand};
use syncledger_tests::{
    mail::{Mail, Message},
    world::{ALICE, BOB, World, assert_in_step, folder, item, sync_all},
};

/// Items of a collection by their id within the folder, with their state in words.
type Known = BTreeMap<String, String>;

fn on_phone(phone: &Phone, folder: &str) -> Known {
    let words = |item: &syncledger_simulator::store::Item| {
        let read = if item.read == Some(true) { "read" } else { "unread" };
        if item.is_flagged() { format!("{read} flagged") } else { read.to_owned() }
    };
    let id = |server_id: &str| server_id.split_once(':').expect("folder and item").1.to_owned();
    phone.state().items(folder).map(|(server_id, item)| (id(server_id), words(item))).collect()
}

fn list(value: &Value) -> Known {
    let text = |item: &Value, name: &str| item[name].as_str().expect("a text").to_owned();
    value.as_array().into_iter().flatten().map(|item| (text(item, "item"), text(item, "state"))).collect()
}

fn ids(value: &Value) -> BTreeSet<String> {
    value.as_array().into_iter().flatten().map(|item| item.as_str().expect("an id").to_owned()).collect()
}

/// What the device has if it has the answer with this key.
fn known_with(state: &Value, key: &str) -> Known {
    let mut known = list(&state["items"]);
    if state["confirmed_key"] == key {
        return known;
    }
    assert_eq!(state["offered_key"], key, "{state:#}");
    let offered = &state["offered"];
    for change in offered["by_device"].as_array().into_iter().flatten() {
        let item = change["item"].as_str().expect("an id").to_owned();
        match change["effect"].as_str() {
            Some("gone") => drop(known.remove(&item)),
            Some("none") | None => {}
            Some(effect) => drop(known.insert(item, effect.to_owned())),
        }
    }
    known.extend(list(&offered["added"]));
    known.extend(list(&offered["changed"]));
    for gone in ids(&offered["removed"]).into_iter().chain(ids(&offered["out_of_window"])) {
        known.remove(&gone);
    }
    known
}

/// A moment of the log, and what the phone had then.
struct Moment {
    position: u64,
    phone: String,
}

fn moment(world: &World, phone: &Phone) -> Moment {
    Moment { position: world.position(), phone: phone.save().unwrap() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_device_knew_at_every_moment_is_what_it_had_then() {
    let world = World::files();
    let mail = world.maildir(ALICE);
    for n in 0..12 {
        mail.deliver("Inbox", &Message::new(format!("Message {n}")).bytes());
    }
    let mut phone = world.phone(ALICE, "phone1");
    phone.config_mut().window_size = 5;
    phone.config_mut().repeat.times = 0;
    phone.folder_sync().await.unwrap();
    let inbox = folder(&phone, "Inbox");
    phone.prime(&inbox).await.unwrap();
    let mut moments = vec![moment(&world, &phone)];
    let request = SyncRequest::of([inbox.as_str()]);
    for _ in 0..3 {
        phone.sync_once(&request).await.unwrap();
        moments.push(moment(&world, &phone));
    }
    mail.set_flags("Inbox", "Message 1", true, false);
    mail.remove("Inbox", "Message 2");
    mail.deliver("Inbox", &Message::new("Another").bytes());
    phone.sync_folder(&inbox).await.unwrap();
    moments.push(moment(&world, &phone));
    let of = |phone: &Phone, n: u32| item(phone, &inbox, &format!("Message {n}"));
    let changes = [
        ClientCommand::SetFlag { server_id: of(&phone, 4), flagged: true },
        ClientCommand::Delete { server_id: of(&phone, 5) },
        ClientCommand::SetRead { server_id: of(&phone, 1), read: false },
    ];
    phone.queue(&inbox, changes);
    phone.sync_folder(&inbox).await.unwrap();
    moments.push(moment(&world, &phone));
    let diff = world.query(&[
        "audit",
        "syncstate",
        ALICE,
        "phone1",
        "--collection",
        &inbox,
        "--diff",
        &moments[4].position.to_string(),
        &moments[5].position.to_string(),
    ]);
    let last = moments.len() - 1;
    sync_all(&mut phone).await;
    assert_in_step(&phone, &mail);

    for (number, moment) in moments.iter().enumerate() {
        let then = Phone::load(world.phone_config(ALICE, "phone1"), &moment.phone).unwrap();
        let key = then.state().collections[&inbox].key.clone();
        let at = moment.position.to_string();
        let told = world.query(&["audit", "syncstate", ALICE, "phone1", "--collection", &inbox, "--at", &at]);
        assert_eq!(known_with(&told[0], &key), on_phone(&then, &inbox), "moment {number}");
    }

    // The difference of two moments is the difference of what the phone had.
    let phones = [last - 1, last]
        .map(|at| Phone::load(world.phone_config(ALICE, "phone1"), &moments[at].phone).unwrap())
        .map(|then| on_phone(&then, &inbox));
    let [before, after] = &phones;
    let removed: Known = before.iter().filter(|(id, _)| !after.contains_key(*id)).map(clone).collect();
    let changed: BTreeMap<String, (String, String)> = before
        .iter()
        .filter_map(|(id, was)| {
            let now = after.get(id).filter(|now| *now != was)?;
            Some((id.clone(), (was.clone(), now.clone())))
        })
        .collect();
    let told_changes: BTreeMap<String, (String, String)> = diff[0]["changed"]
        .as_array()
        .unwrap()
        .iter()
        .map(|change| {
            let text = |name: &str| change[name].as_str().unwrap().to_owned();
            (text("item"), (text("before"), text("after")))
        })
        .collect();
    assert_eq!(list(&diff[0]["removed"]), removed);
    assert_eq!(told_changes, changed);
    assert_eq!((removed.len(), changed.len(), list(&diff[0]["added"]).len()), (1, 2, 0));
    world.finish();
}

fn clone((id, state): (&String, &String)) -> (String, String) {
    (id.clone(), state.clone())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_offered_and_lost_on_its_way_is_told_apart() {
    let world = World::files();
    let mail = world.maildir(ALICE);
    mail.deliver("Inbox", &Message::new("Known").bytes());
    let mut phone = world.phone(ALICE, "phone1");
    phone.config_mut().repeat.times = 0;
    sync_all(&mut phone).await;
    sync_all(&mut phone).await;
    let inbox = folder(&phone, "Inbox");
    let before = on_phone(&phone, &inbox);

    mail.deliver("Inbox", &Message::new("On its way").bytes());
    phone.inject(Some(Command::Sync), Fault::LoseAnswer);
    phone.sync_folder(&inbox).await.unwrap_err();
    let lost = world.position();
    assert_eq!(on_phone(&phone, &inbox), before);
    let state = || world.query(&["audit", "syncstate", ALICE, "phone1", "--collection", &inbox])[0].clone();
    let told = state();
    let key = phone.state().collections[&inbox].key.clone();
    assert_eq!(told["confirmed_key"], key);
    assert_eq!(list(&told["items"]), before);
    assert_eq!(list(&told["offered"]["added"]).len(), 1);

    phone.sync_folder(&inbox).await.unwrap();
    assert_eq!(state()["lost_answers"], 1);
    sync_all(&mut phone).await;
    let arrived = on_phone(&phone, &inbox);
    assert_eq!(arrived.len(), 2);
    // The next request confirms, and until then the log does not claim that it arrived.
    mail.set_flags("Inbox", "Known", true, false);
    phone.sync_folder(&inbox).await.unwrap();
    let told = state();
    assert_eq!(list(&told["items"]), arrived);
    assert_eq!(told["lost_answers"], 0);
    // And the past stays what it was.
    let at = lost.to_string();
    let then = world.query(&["audit", "syncstate", ALICE, "phone1", "--collection", &inbox, "--at", &at]);
    assert_eq!(list(&then[0]["items"]), before);
    assert_in_step(&phone, &mail);
    world.finish();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_timeline_shows_what_is_asked_for() {
    let world = World::files();
    let mail = world.maildir(ALICE);
    mail.deliver("Inbox", &Message::new("A message").bytes());
    let (mut one, mut two) = (world.phone(ALICE, "phone1"), world.phone(ALICE, "phone2"));
    let mut bobs = world.phone(BOB, "phone3");
    sync_all(&mut one).await;
    let between = world.position();
    sync_all(&mut two).await;
    sync_all(&mut bobs).await;
    let inbox = folder(&one, "Inbox");

    let timeline = |filters: &[&str]| -> Vec<Value> {
        let events = world.query(&[&["audit", "timeline", ALICE], filters].concat());
        events.as_array().unwrap().clone()
    };
    let all = |events: &[Value], name: &str| -> BTreeSet<String> {
        events.iter().map(|event| event[name].as_str().unwrap_or("-").to_owned()).collect()
    };
    let everything = timeline(&["-n", "1000"]);
    assert!(everything.iter().is_sorted_by_key(|event| event["position"].as_u64()));
    assert_eq!(all(&everything, "device"), ["-", "phone1", "phone2"].map(str::to_owned).into());
    for kind in [
        "account-created",
        "device-registered",
        "policy-offered",
        "policy-acknowledged",
        "folder-seen",
        "collection-started",
        "sync-offered",
    ] {
        assert!(all(&everything, "event").contains(kind), "{kind} is missing");
    }

    let of_one = timeline(&["phone1", "-n", "1000"]);
    assert_eq!(all(&of_one, "device"), ["phone1".to_owned()].into());
    assert_eq!(
        all(&timeline(&["--kind", "device-registered"]), "event"),
        ["device-registered".to_owned()].into()
    );
    let of_inbox = timeline(&["--collection", &inbox]);
    assert_eq!(all(&of_inbox, "collection"), [inbox.clone()].into());
    let later = timeline(&["--after", &between.to_string()]);
    assert_eq!(all(&later, "device"), ["phone2".to_owned()].into());
    assert_eq!(timeline(&["-n", "3"]).len(), 3);

    // Everything one request did, by the id that stands in the server's log as well.
    let request = of_one[0]["request"].as_str().unwrap();
    assert_eq!(all(&timeline(&["--request", request]), "request"), [request.to_owned()].into());
    assert!(world.log().contains(request), "the request is not in the server's log");

    let times: Vec<&str> = everything.iter().map(|event| event["time"].as_str().unwrap()).collect();
    let middle = times[times.len() / 2];
    let (from, until) =
        (timeline(&["--from", middle, "-n", "1000"]), timeline(&["--until", middle, "-n", "1000"]));
    assert_eq!(from.len() + until.len(), everything.len());
    assert!(!from.is_empty() && !until.is_empty());

    let refused = world.call(&["audit", "timeline", ALICE, "--kind", "device-registred"]).refused();
    assert!(refused.contains("device-registered"), "{refused}");
    world.finish();
}
