//! Orders to devices: suspended, reset, removed, purged; folders that are hidden; services that are stopped.

use serde_json::json;
use syncledger_simulator::{
    BodyChoice, Error, Phone,
    ascmd::{
        item_operations::Target,
        move_items::{MOVED, Move},
        sync::SyncRequest,
    },
};
use syncledger_tests::{
    control::{Place, obeyed, phone_at, refusal, resyncs, sees_real},
    mail::Message,
    world::{ALICE, BOB, World, folder, item, meanwhile},
};

use super::on_both;

on_both! {
    suspension: a_suspended_device_goes_on_where_it_was, a_suspended_device_goes_on_on_dovecot;
    wiping: a_device_erases_itself_once_and_stays_out, a_device_erases_itself_on_dovecot;
    starting_anew: devices_that_are_reset_start_anew, devices_that_are_reset_start_anew_on_dovecot;
    hiding: a_hidden_folder_goes_and_comes_back, a_hidden_folder_goes_and_comes_back_on_dovecot;
    services: a_stopped_service_asks_for_patience, a_stopped_service_asks_for_patience_on_dovecot;
}

fn events(world: &World, device: &str, kind: &str) -> usize {
    let told = world.query(&["audit", "timeline", ALICE, device, "--kind", kind]);
    told.as_array().expect("events").len()
}

async fn suspension(place: &Place) {
    let Place { world, mail, .. } = place;
    let (mut phone, mut other) = (place.phone("phone1"), place.phone("phone2"));
    sees_real(&mut phone, &**mail).await;
    sees_real(&mut other, &**mail).await;
    let (keys, provisions) = (resyncs(&phone), phone.totals().provisions);

    // One that waits is sent away.
    let inbox = [folder(&phone, "Inbox")];
    let suspend = meanwhile(|| drop(world.call(&["device", "suspend", ALICE, "phone1"]).ok()));
    let (waited, ()) = tokio::join!(phone.ping_once(Some((600, &inbox))), suspend);
    assert_eq!(refusal(waited), 403);
    assert_eq!(refusal(phone.folder_sync().await), 403);
    phone.twin().options().await.expect("OPTIONS");
    mail.deliver("Inbox", &Message::new("Message for later").bytes());
    sees_real(&mut other, &**mail).await;
    assert_eq!(world.query(&["device", "info", ALICE, "phone1"])["suspended"], json!(true));
    assert_eq!(world.query(&["audit", "explain", ALICE, "phone1"])["suspended"], json!(true));

    // Neither a verdict nor a reset lets it in.
    place.order(&["abq", "set", "phone1", "Allowed"]).await;
    assert_eq!(refusal(phone.folder_sync().await), 403);
    place.order(&["device", "resume", ALICE, "phone1"]).await;
    sees_real(&mut phone, &**mail).await;
    assert_eq!(resyncs(&phone), keys, "it goes on where it was");
    assert_eq!(phone.totals().provisions, provisions + 1);
    for kind in ["sync-suspended", "sync-resumed"] {
        assert_eq!(events(world, "phone1", kind), 1, "{kind}");
    }

    for device in ["phone1", "phone2"] {
        world.call(&["device", "suspend", ALICE, device]).ok();
    }
    obeyed(world).await;
    for phone in [&mut phone, &mut other] {
        assert_eq!(refusal(phone.folder_sync().await), 403);
    }
    place.order(&["device", "resume", ALICE]).await;
    for phone in [&mut phone, &mut other] {
        sees_real(phone, &**mail).await;
    }
}

async fn wiping(place: &Place) {
    let Place { world, mail, .. } = place;
    let mut phone = place.phone("phone1");
    sees_real(&mut phone, &**mail).await;
    let keys = resyncs(&phone);
    let position = world.position();
    let unconfirmed = world.call(&["device", "wipe", ALICE, "phone1", "--json"]).refused();
    assert!(unconfirmed.contains("CONFIRMATION_REQUIRED"), "{unconfirmed}");
    assert_eq!(world.position(), position);

    // Taken back in time, it never was.
    place.order(&["device", "wipe", ALICE, "phone1", "--confirm"]).await;
    place.order(&["device", "cancel-wipe", ALICE, "phone1"]).await;
    sees_real(&mut phone, &**mail).await;
    assert_eq!(resyncs(&phone), keys);

    for account_only in [true, false] {
        let only: &[&str] = if account_only { &["--account-only"] } else { &[] };
        // One that waits is told; blocked or not, it must hear of it.
        let inbox = [folder(&phone, "Inbox")];
        place.order(&["abq", "set", "phone1", "Blocked"]).await;
        let order = [&["device", "wipe", ALICE, "phone1", "--confirm"], only].concat();
        let wipe = meanwhile(|| drop(world.call(&order).ok()));
        let (waited, ()) = tokio::join!(phone.ping_once(Some((600, &inbox))), wipe);
        obeyed(world).await;
        // What the wait ends with is an answer or the order itself; the order comes once.
        let told = match waited {
            Err(error @ Error::Wiped { .. }) => error,
            _ => phone.folder_sync().await.expect_err("the order"),
        };
        assert!(matches!(told, Error::Wiped { account_only: only } if only == account_only), "{told:?}");
        assert!(phone.listing().is_empty());
        assert_eq!(world.query(&["device", "info", ALICE, "phone1"])["wipe"], "done");
        obeyed(world).await;
        assert_eq!(refusal(phone.folder_sync().await), 403, "it stays out");
        world.call(&["device", "cancel-wipe", ALICE, "phone1"]).refused();
        assert_eq!(world.query(&["device", "info", ALICE, "phone1"])["wipe"], "done");

        world.call(&["abq", "delete", "phone1"]).ok();
        place.order(&["device", "remove", ALICE, "phone1"]).await;
        sees_real(&mut phone, &**mail).await;
    }
}

async fn starting_anew(place: &Place) {
    let Place { world, mail, bobs, .. } = place;
    let (mut phone, mut other) = (place.phone("phone1"), place.phone("phone2"));
    let mut bobs_phone = phone_at(world, &world.url(), BOB, "phone1");
    sees_real(&mut phone, &**mail).await;
    sees_real(&mut other, &**mail).await;
    sees_real(&mut bobs_phone, &**bobs).await;
    let begun = |phones: [&Phone; 3]| phones.map(|phone| resyncs(phone) > 0);

    place.order(&["device", "reset", ALICE, "phone1"]).await;
    sees_real(&mut phone, &**mail).await;
    sees_real(&mut other, &**mail).await;
    sees_real(&mut bobs_phone, &**bobs).await;
    assert_eq!(begun([&phone, &other, &bobs_phone]), [true, false, false]);
    // All of the account.
    let reset = place.order(&["device", "reset", ALICE]).await;
    assert_eq!(reset["devices"], json!(["phone1", "phone2"]));
    sees_real(&mut other, &**mail).await;
    sees_real(&mut bobs_phone, &**bobs).await;
    assert_eq!(begun([&phone, &other, &bobs_phone]), [true, true, false]);

    // Nobody is away for long; and asking changes nothing.
    let position = world.position();
    let purged = world.query(&["device", "purge", "--days", "1", "--dry-run"]);
    assert_eq!(world.position(), position);
    assert_eq!(world.query(&["device", "list", ALICE]).as_array().map(Vec::len), Some(2), "{purged:#}");
    world.call(&["account", "remove", BOB]).ok();
    let would = world.query(&["device", "purge", "--days", "1", "--dry-run"]);
    let text = would.to_string();
    assert!(!text.contains("phone2"), "{would:#}");

    let provisions = phone.totals().provisions;
    place.world.call(&["device", "remove", ALICE, "phone1"]).ok();
    assert_eq!(world.query(&["device", "list", ALICE]).as_array().map(Vec::len), Some(1));
    syncledger_tests::world::until("it to be forgotten", async || {
        sees_real(&mut phone, &**mail).await;
        (phone.totals().provisions > provisions).then_some(())
    })
    .await;
    assert_eq!(world.query(&["device", "list", ALICE]).as_array().map(Vec::len), Some(2));
}

async fn hiding(place: &Place) {
    let Place { world, mail, .. } = place;
    let mut phone = place.phone("phone1");
    sees_real(&mut phone, &**mail).await;
    let (inbox, projects) = (folder(&phone, "Inbox"), folder(&phone, "Projects"));
    let listed = world.query(&["folder", "list", ALICE]);
    let row =
        listed.as_array().expect("rows").iter().find(|row| row["name"] == "Projects").expect("the folder");
    let id = row["id"].to_string();
    let hidden = |world: &World| {
        let listed = world.query(&["folder", "list", ALICE]);
        let rows = listed.as_array().expect("rows").clone();
        rows.iter().find(|row| row["name"] == "Projects").map(|row| row["hidden"] == json!(true))
    };
    let keys = resyncs(&phone);

    let hide = meanwhile(|| drop(world.call(&["folder", "hide", ALICE, &id]).ok()));
    let watched = [inbox.clone()];
    let (waited, ()) = tokio::join!(phone.ping_once(Some((600, &watched))), hide);
    assert_eq!(waited.expect("Ping").status, 7, "the tree has changed");
    obeyed(world).await;
    assert_eq!(hidden(world), Some(true));
    // One that does not ask for the tree learns nothing any more.
    let mut stubborn = phone.twin();
    mail.deliver("Projects", &Message::new("A new plan").bytes());
    let outcome = stubborn.sync_once(&SyncRequest::of([projects.as_str()])).await.expect("Sync");
    let statuses = outcome.collections.iter().map(|collection| collection.status);
    assert!(
        outcome.status.into_iter().chain(statuses).any(|status| [8, 12].contains(&status)),
        "{outcome:?}"
    );
    let plan = item(&stubborn, &projects, "An old plan");
    let body = Some(BodyChoice::WHOLE_MIME);
    let target = Target::Item { collection: projects.clone(), server_id: plan.clone(), body };
    let fetched = stubborn.fetch(&[target], false).await.expect("ItemOperations");
    assert!(fetched[0].status != 1 && fetched[0].item.is_none(), "{fetched:?}");
    let wanted = Move { server_id: plan, from_folder: projects.clone(), to_folder: inbox.clone() };
    let moved = stubborn.move_items(&[wanted]).await.expect("MoveItems");
    assert_ne!(moved[0].status, MOVED);
    let waited = stubborn.ping_once(Some((600, std::slice::from_ref(&projects)))).await.expect("Ping");
    assert!([7, 8].contains(&waited.status), "{waited:?}");

    let tree = phone.folder_sync().await.expect("FolderSync");
    assert!(!tree.from_zero);
    assert!(!phone.state().folders.contains_key(&projects), "{tree:?}");
    phone.sync_folder(&inbox).await.expect("Sync");

    place.order(&["folder", "show", ALICE, &id]).await;
    assert_eq!(hidden(world), Some(false));
    phone.folder_sync().await.expect("FolderSync");
    assert!(phone.folder_named("Projects").is_some());
    sees_real(&mut phone, &**mail).await;
    assert_eq!(phone.state().hierarchy_resyncs, 0);
    assert_eq!(resyncs(&phone), keys, "its other folders are as they were");
}

async fn services(place: &Place) {
    let Place { world, mail, .. } = place;
    let mut phone = place.phone("phone1");
    sees_real(&mut phone, &**mail).await;
    let keys = resyncs(&phone);
    let runs = |world: &World, name: &str| {
        let rows = world.query(&["service", "list"]);
        let rows = rows.as_array().expect("rows").clone();
        rows.iter().find(|row| row["name"] == name).map(|row| row["running"].clone())
    };
    assert_eq!(runs(world, "activesync-services"), Some(json!(true)));
    // The older name; one that waits is sent away.
    let inbox = [folder(&phone, "Inbox")];
    let stop = meanwhile(|| drop(world.call(&["service", "stop", "activesync"]).ok()));
    let (waited, ()) = tokio::join!(phone.ping_once(Some((600, &inbox))), stop);
    assert_eq!(refusal(waited), 503);
    let refused = phone.folder_sync().await.expect_err("it is stopped");
    assert!(matches!(refused, Error::Http { status: 503, retry_after: Some(_), .. }), "{refused:?}");
    assert_eq!(runs(world, "activesync-services"), Some(json!(false)));
    mail.deliver("Inbox", &Message::new("Message for later").bytes());
    world.call(&["service", "start", "activesync-services"]).ok();
    syncledger_tests::world::until("the service", async || phone.folder_sync().await.ok()).await;
    sees_real(&mut phone, &**mail).await;
    assert_eq!(resyncs(&phone), keys);

    // Without the service that judges nobody is kept out.
    place.order(&["config", "set", "abqMode=Strict"]).await;
    syncledger_tests::control::sees_dummy(&mut phone).await;
    place.order(&["service", "stop", "abq"]).await;
    sees_real(&mut phone, &**mail).await;
    assert_eq!(world.query(&["abq", "explain", ALICE, "phone1"])["decided_by"], "service");
    place.order(&["service", "start", "abq"]).await;
    syncledger_tests::control::sees_dummy(&mut phone).await;
}
