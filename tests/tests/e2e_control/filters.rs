//! Filters on protocol versions: what a client is offered, and what becomes of one that speaks something else.

use serde_json::{Value, json};
use syncledger_simulator::{Version, VersionChoice};
use syncledger_tests::{
    control::{Place, obeyed, phone_at, refusal, resyncs, sees_real},
    world::{ALICE, BOB},
};

use super::on_both;

on_both! {
    limits: a_version_above_the_limit_is_refused, a_version_above_the_limit_is_refused_on_dovecot;
}

fn changed(simulated: &Value) -> Vec<(&str, bool)> {
    let rows = simulated["changed"].as_array().expect("rows");
    rows.iter().map(|row| (row["device"].as_str().expect("text"), row["loses"] == true)).collect()
}

async fn limits(place: &Place) {
    let Place { world, mail, bobs, .. } = place;
    let mut new = place.phone("new1");
    let mut old = place.phone("old1");
    old.config_mut().version = VersionChoice::Fixed(Version::V14_1);
    let mut bobs_phone = phone_at(world, &world.url(), BOB, "bob1");
    for phone in [&mut new, &mut old] {
        sees_real(phone, &**mail).await;
    }
    sees_real(&mut bobs_phone, &**bobs).await;
    assert_eq!(new.state().version, Some(Version::V16_1));
    let before = [resyncs(&new), resyncs(&old)];

    // Whom it would hit is told before; then it hits those, and nobody else.
    let filter = format!("account {ALICE} limit 14.1");
    let would = world.query(&["filter", "simulate", "--add", &filter]);
    assert_eq!(changed(&would), [("new1", true), ("old1", false)], "{would:#}");
    assert_eq!(world.query(&["filter", "list"]), json!([]));
    let added = world.query(&["filter", "add", "account", ALICE, "limit", "14.1"]);
    obeyed(world).await;
    let offer = new.twin().options().await.expect("OPTIONS");
    assert_eq!(offer.versions, ["12.1", "14.0", "14.1"]);
    assert_eq!(refusal(new.folder_sync().await), 138);
    sees_real(&mut old, &**mail).await;
    sees_real(&mut bobs_phone, &**bobs).await;
    let told = world.query(&["filter", "explain", ALICE, "new1"]);
    assert_eq!((&told["speaks"], &told["served"]), (&json!("16.1"), &json!(false)), "{told:#}");
    assert_eq!(told["offered"], json!(["12.1", "14.0", "14.1"]));
    assert_eq!((&told["steps"][0]["uid"], &told["steps"][0]["result"]), (&added["uid"], &json!("matches")));
    let why = world.query(&["audit", "explain", ALICE, "new1"]);
    assert_eq!(why["versions"], json!(["12.1", "14.0", "14.1"]));

    // A device that asks anew goes on with what it is offered, and keeps what it has.
    let mut asks_again = new.twin();
    asks_again.config_mut().version = VersionChoice::Fixed(Version::V14_1);
    sees_real(&mut asks_again, &**mail).await;
    assert_eq!(resyncs(&asks_again), before[0]);

    world.call(&["filter", "delete", added["uid"].as_str().expect("text")]).ok();
    obeyed(world).await;
    let mut back = asks_again.twin();
    back.config_mut().version = VersionChoice::Highest;
    back.options().await.expect("OPTIONS");
    sees_real(&mut back, &**mail).await;
    sees_real(&mut old, &**mail).await;
    assert_eq!(back.state().version, Some(Version::V16_1));
    assert_eq!([resyncs(&back), resyncs(&old)], before);
    assert_eq!(world.query(&["filter", "explain", ALICE, "new1"])["served"], json!(true));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_on_offer_is_a_refusal_that_names_the_filter() {
    let place = Place::files();
    let Place { world, mail, .. } = &place;
    let mut phone = place.phone("phone1");
    sees_real(&mut phone, &**mail).await;
    let added =
        world.query(&["filter", "add", "contains", "SIMULATOR", "subtract", "12.1,14.0,14.1,16.0,16.1"]);
    obeyed(world).await;
    assert_eq!(refusal(phone.folder_sync().await), 403);
    assert_eq!(refusal(phone.options().await), 403);
    let uid = added["uid"].as_str().expect("text");
    assert_eq!(world.query(&["filter", "explain", ALICE, "phone1"])["emptied_by"], uid);
    assert!(world.log().contains(&format!("({uid}) left none")), "the log names the filter");
    // Another agent is another client.
    phone.config_mut().user_agent = "Android/13-EAS-2.0".to_owned();
    sees_real(&mut phone, &**mail).await;
    place.world.finish();
}
