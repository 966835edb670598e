//! Allow, block, quarantine: what a phone sees, and what does not reach it meanwhile.

use serde_json::Value;
use syncledger_simulator::{
    BodyChoice, Phone, Version, VersionChoice,
    ascmd::{item_operations::Target, move_items::Move, sync::SyncRequest},
};
use syncledger_tests::{
    control::{Place, phone_at, refusal, resyncs, sees_dummy, sees_real},
    mail::Message,
    world::{ALICE, BOB, World, folder, item, meanwhile},
};

use super::on_both;

on_both! {
    quarantine: a_new_phone_waits_in_quarantine_until_it_is_let_in, the_same_on_dovecot;
    leaks: nothing_leaks_to_a_blocked_phone, nothing_leaks_on_dovecot;
}

/// Status and origin of an entry of the list.
fn entry(world: &World, device: &str) -> Option<(String, String)> {
    let list = world.query(&["abq", "list"]);
    let row = list.as_array()?.iter().find(|row| row["device_id"] == device)?.clone();
    let text = |name: &str| row[name].as_str().expect("text").to_owned();
    Some((text("status"), text("origin")))
}

fn explained(world: &World, device: &str) -> (Value, Value) {
    let told = world.query(&["abq", "explain", ALICE, device]);
    (told["verdict"].clone(), told["decided_by"].clone())
}

async fn quarantine(place: &Place) {
    let Place { world, mail, .. } = place;
    place.order(&["config", "set", "abqMode=Interactive"]).await;
    let mut phone = place.phone("phone1");
    let waiting = sees_dummy(&mut phone).await;
    assert_eq!(entry(world, "phone1"), Some(("Quarantined".into(), "interactive".into())));
    assert_eq!(explained(world, "phone1"), ("quarantine".into(), "entry".into()));
    let would = world.query(&["abq", "simulate", "--mode", "Permissive"]);
    assert_eq!(
        (&would["changed"][0]["device_id"], &would["changed"][0]["after"]),
        (&"phone1".into(), &"allow".into())
    );
    // Mail that comes meanwhile is not for it.
    mail.deliver("Inbox", &Message::new("Message of the meantime").bytes());
    assert_eq!(sees_dummy(&mut phone).await, waiting);
    let in_quarantine = resyncs(&phone);

    // Its wait ends when it is let in, and it finds its mailbox.
    let inbox = [folder(&phone, "Inbox")];
    let allow = meanwhile(|| drop(world.call(&["abq", "allow", "phone1"]).ok()));
    let (waited, ()) = tokio::join!(phone.ping_once(Some((600, &inbox))), allow);
    assert_eq!(waited.expect("Ping").status, 7);
    sees_real(&mut phone, &**mail).await;
    assert!(resyncs(&phone) > in_quarantine, "its keys were those of the other mailbox");
    assert_eq!(entry(world, "phone1"), Some(("Allowed".into(), "admin".into())));
    let block = world.call(&["abq", "block", "phone1", "--json"]).refused();
    assert!(block.contains("NOT_QUARANTINED"), "{block}");
    let settled = resyncs(&phone);
    sees_real(&mut phone, &**mail).await;
    assert_eq!(resyncs(&phone), settled);

    place.order(&["abq", "set", "phone1", "Blocked"]).await;
    let blocked = sees_dummy(&mut phone).await;
    assert_ne!(blocked.subject, waiting.subject, "the message says what is the matter");
    assert_eq!(explained(world, "phone1"), ("block".into(), "entry".into()));
    place.order(&["abq", "set", "phone1", "Quarantined"]).await;
    assert_eq!(sees_dummy(&mut phone).await.subject, waiting.subject);
    place.order(&["abq", "block", "phone1"]).await;
    assert_eq!(sees_dummy(&mut phone).await.subject, blocked.subject);

    // Without an entry it is a stranger again.
    place.order(&["abq", "delete", "phone1"]).await;
    assert_eq!(entry(world, "phone1"), None);
    assert_eq!(explained(world, "phone1"), ("quarantine".into(), "nothing".into()));
    assert_eq!(sees_dummy(&mut phone).await.subject, waiting.subject);
    assert_eq!(entry(world, "phone1"), Some(("Quarantined".into(), "interactive".into())));
    // For one account only.
    place.order(&["abq", "allow", "phone1", "--account", ALICE]).await;
    sees_real(&mut phone, &**mail).await;
    let mut bobs = phone_at(world, &world.url(), BOB, "phone1");
    sees_dummy(&mut bobs).await;
    history(world);
}

/// The log tells what happened above, in its order.
fn history(world: &World) {
    let told = world.query(&["audit", "timeline", ALICE, "phone1", "--kind", "access-judged"]);
    let events = told.as_array().expect("events");
    let verdicts: Vec<_> = events.iter().map(|event| &event["details"]["verdict"]).collect();
    assert_eq!(verdicts, ["quarantine", "allow", "block", "quarantine", "block", "quarantine", "allow"]);
    let now = world.query(&["audit", "explain", ALICE, "phone1"]);
    assert_eq!((&now["verdict"], &now["recorded"]["verdict"]), (&"allow".into(), &"allow".into()));
    let first = &told[0]["position"];
    let then = world.query(&["audit", "explain", ALICE, "phone1", "--at", &first.to_string()]);
    assert_eq!((&then["verdict"], &then["mode"]), (&"quarantine".into(), &"Interactive".into()));
}

async fn leaks(place: &Place) {
    let attachment = Some(("plan.bin".to_owned(), vec![7; 5000]));
    place.mail.deliver("Inbox", &Message { attachment, ..Message::new("Message with a plan") }.bytes());
    for version in [Version::V12_1, Version::V14_1, Version::V16_1] {
        let device = format!("phone{}", version.as_str().replace('.', ""));
        let mut phone = place.phone(&device);
        phone.config_mut().version = VersionChoice::Fixed(version);
        sees_real(&mut phone, &*place.mail).await;
        // What it remembers of the mailbox once it is blocked.
        let (mut before, mut later) = (phone.twin(), phone.twin());
        place.order(&["abq", "set", &device, "Blocked"]).await;
        let late = format!("Message for {version:?} after the block");
        place.mail.deliver("Inbox", &Message::new(&late).bytes());
        tries_everything(&mut before, version).await;
        sees_dummy(&mut phone).await;
        tries_everything(&mut later, version).await;
        sees_dummy(&mut phone).await;
        place.order(&["abq", "set", &device, "Allowed"]).await;
        sees_real(&mut phone, &*place.mail).await;
    }
    assert!(place.bobs.stored().is_empty(), "something was sent");
}

/// A phone that is blocked asks for all it knows from before.
async fn tries_everything(phone: &mut Phone, version: Version) {
    let refused = if version < Version::V14_0 { 403 } else { 129 };
    let (inbox, projects) = (folder(phone, "Inbox"), folder(phone, "Projects"));
    let (message, plan) = (item(phone, &inbox, "Message 2"), item(phone, &projects, "An old plan"));
    let with_plan = item(phone, &inbox, "Message with a plan");
    let known = phone.listing().len();
    let file = phone.state().collections[&inbox].items[&with_plan].attachments[0].file_reference.clone();

    let sent = Message { from: ALICE.to_owned(), to: BOB.to_owned(), ..Message::new("From a blocked phone") };
    let mime = String::from_utf8(sent.bytes()).expect("text").replace('\n', "\r\n");
    assert_eq!(refusal(phone.send_mail(mime.as_bytes(), true).await), refused);
    let wanted = Move { server_id: message.clone(), from_folder: inbox.clone(), to_folder: projects.clone() };
    assert_eq!(refusal(phone.move_items(&[wanted]).await), refused);

    for (collection, server_id) in [(&inbox, message), (&projects, plan)] {
        let body = Some(BodyChoice::WHOLE_MIME);
        let target = Target::Item { collection: collection.clone(), server_id, body };
        if let Ok(fetched) = phone.fetch(&[target], false).await {
            assert_ne!(fetched[0].status, 1);
            assert_eq!((&fetched[0].item, &fetched[0].data), (&None, &None));
        }
    }
    let target = Target::Attachment { file_reference: file, range: None };
    if let Ok(fetched) = phone.fetch(&[target], false).await {
        assert_ne!(fetched[0].status, 1);
        assert_eq!(fetched[0].data, None);
    }
    let waited = phone.ping_once(Some((300, std::slice::from_ref(&projects)))).await.expect("Ping");
    assert!([7, 8].contains(&waited.status), "{waited:?}");
    for estimate in phone.get_item_estimate(&[&projects]).await.expect("GetItemEstimate") {
        assert_ne!(estimate.status, 1, "{estimate:?}");
    }
    // With the key it has, and then with none.
    for _ in 0..3 {
        let outcome = phone.sync_once(&SyncRequest::of([projects.as_str()])).await.expect("Sync");
        let statuses = outcome.collections.iter().map(|collection| collection.status);
        assert!(
            outcome.status.into_iter().chain(statuses).any(|status| [3, 8, 12].contains(&status)),
            "{outcome:?}"
        );
    }
    let outcome = phone.sync_once(&SyncRequest::of([inbox.as_str()])).await.expect("Sync");
    assert!(outcome.collections.iter().all(|collection| collection.added.is_empty()), "{outcome:?}");
    assert!(phone.listing().len() <= known, "it learnt something");
    assert!(!phone.listing().iter().any(|listed| listed.subject.ends_with("after the block")));
}
