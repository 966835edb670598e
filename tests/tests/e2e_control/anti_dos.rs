//! Devices that ask too often are dropped for a while, on every node and over its restarts, until they are let out.

use std::time::Duration;

use serde_json::{Value, json};
use syncledger_simulator::{Error, Phone};
use syncledger_tests::{
    control::{Place, assert_real, counts_requests, resyncs, sees_real},
    mail::Message,
    world::{ALICE, World, folder, until},
};

use super::on_both;

/// Requests of a device that pass.
const ALLOWED: usize = 5;

on_both! {
    jails: who_asks_too_often_is_jailed_until_let_out, who_asks_too_often_is_jailed_on_dovecot;
}

fn jailed(world: &World) -> Vec<Value> {
    world.query(&["jail", "list"]).as_array().expect("rows").clone()
}

/// Five requests in an hour.
async fn limit(world: &World) {
    world
        .call(&[
            "config",
            "set",
            "mobileAntiDosServiceEnabled=true",
            "mobileAntiDosServiceMaxRequests=5",
            "mobileAntiDosServiceTimeWindow=3600000",
            "mobileAntiDosServiceJailDuration=600000",
        ])
        .ok();
    counts_requests(world, &world.url(), "probe").await;
}

/// `None` for an answer, else how long to wait before the next try.
async fn ask(phone: &mut Phone) -> Option<Duration> {
    match phone.folder_sync().await {
        Ok(_) => None,
        Err(Error::Http { status: 503, retry_after, .. }) => Some(retry_after.expect("Retry-After")),
        Err(error) => panic!("{error:?}"),
    }
}

/// Asks until it is let in; what is dropped is not counted.
async fn free(phone: &mut Phone) {
    until("it to be free", async || ask(phone).await.is_none().then_some(())).await;
}

/// Asks until it is dropped, which is not before it may be; so many requests were counted before.
async fn overdo(phone: &mut Phone, before: usize) {
    for request in before + 1..=ALLOWED {
        assert_eq!(ask(phone).await, None, "request {request}");
    }
    let wait = ask(phone).await.expect("one too many");
    assert!(!wait.is_zero() && wait <= Duration::from_mins(10), "{wait:?}");
    assert!(ask(phone).await.is_some());
}

async fn jails(place: &Place) {
    let Place { world, mail, .. } = place;
    let (mut phone, mut other) = (place.phone("phone1"), place.phone("phone2"));
    sees_real(&mut phone, &**mail).await;
    sees_real(&mut other, &**mail).await;
    let keys = resyncs(&phone);
    limit(world).await;
    overdo(&mut phone, 0).await;
    assert_eq!(ask(&mut other).await, None, "it is not the device that asked too often");
    let rows = jailed(world);
    assert_eq!(rows.len(), 1, "{rows:#?}");
    assert_eq!((&rows[0]["address"], &rows[0]["device"]), (&json!(ALICE), &json!("phone1")));
    assert_eq!(rows[0]["requests"], json!(ALLOWED + 1));
    let why = world.query(&["audit", "explain", ALICE, "phone1"]);
    assert_eq!(why["jailed_until"], rows[0]["until"], "{why:#}");
    let told = world.query(&["audit", "timeline", ALICE, "phone1", "--kind", "device-jailed"]);
    assert_eq!(told.as_array().map(Vec::len), Some(1), "{told:#}");

    // Out before the time is over, with everything it had.
    mail.deliver("Inbox", &Message::new("Message for who waited").bytes());
    let released = world.query(&["jail", "release", ALICE, "phone1"]);
    assert_eq!(released["changed"], json!(true));
    free(&mut phone).await;
    let inbox = folder(&phone, "Inbox");
    phone.sync_folder(&inbox).await.expect("Sync");
    assert_real(&phone, &**mail);
    assert_eq!(resyncs(&phone), keys);
    assert_eq!(jailed(world), Vec::<Value>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_jail_outlives_the_node_and_ends_with_a_restart_of_the_service() {
    let mut place = Place::files();
    let mut phones = [place.phone("phone1"), place.phone("phone2")];
    for phone in &mut phones {
        sees_real(phone, &*place.mail).await;
    }
    limit(&place.world).await;
    for phone in &mut phones {
        overdo(phone, 0).await;
    }
    place.world.kill();
    place.world.start();
    for phone in &mut phones {
        assert!(ask(phone).await.is_some());
    }
    assert_eq!(jailed(&place.world).len(), 2);
    let restarted = place.world.query(&["service", "restart", "anti-dos"]);
    assert_eq!(restarted["released"], json!(2));
    assert_eq!(jailed(&place.world), Vec::<Value>::new());
    for phone in &mut phones {
        // And the counters are new ones.
        free(phone).await;
        overdo(phone, 1).await;
    }
    let all = place.world.query(&["jail", "release", "--all"]);
    assert_eq!(all["count"], json!(2));
    free(&mut phones[0]).await;
    // Without the service nobody counts.
    place.world.call(&["service", "stop", "anti-dos"]).ok();
    until("the service to stop", async || {
        let mut dropped = false;
        for _ in 0..=ALLOWED {
            dropped |= ask(&mut phones[0]).await.is_some();
        }
        if dropped {
            place.world.call(&["jail", "release", "--all"]).ok();
        }
        (!dropped).then_some(())
    })
    .await;
    place.world.finish();
}
