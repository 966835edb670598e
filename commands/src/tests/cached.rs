//! What is kept in memory, and what is read at each use.

use std::sync::Arc;

use syncledger_domain::{
    device::Device,
    event::StreamId,
    ids::{DeviceId, FolderId},
};

use super::World;
use crate::{Devices, set_ping_parameters};

#[tokio::test]
async fn a_device_is_folded_once_and_follows_what_others_append() {
    let (world, account, device) = World::with_device().await;
    let devices = Devices::new(world.repository.clone(), 1 << 20);
    let first = devices.load(account, &device).await.unwrap();
    let again = devices.load(account, &device).await.unwrap();
    assert!(Arc::ptr_eq(&first, &again), "nothing new, nothing copied");

    let folders = [FolderId::INBOX];
    set_ping_parameters::run(&world.repository, &world.issuer, account, &device, 480, &folders)
        .await
        .unwrap();
    let newer = devices.load(account, &device).await.unwrap();
    assert_eq!(newer.state.ping.as_ref().map(|ping| ping.heartbeat_secs), Some(480));
    assert_eq!(first.state.ping, None, "what a request holds stays as it was");
    let stream = StreamId::device(account, &device);
    let folded = world.repository.load::<Device>(&stream).await.unwrap();
    assert_eq!((&newer.state, newer.last), (&folded.state, folded.last));
}

#[tokio::test]
async fn a_device_there_is_no_stream_of_is_nothing_and_seen_once_it_registers() {
    let (world, account, _) = World::with_device().await;
    let devices = Devices::new(world.repository.clone(), 1 << 20);
    let other = DeviceId::new("phone2").unwrap();
    let nothing = devices.load(account, &other).await.unwrap();
    assert_eq!((nothing.last, nothing.state.registered), (None, false));
    crate::register_device::run(&world.repository, &world.issuer, account, &other, &super::introduction())
        .await
        .unwrap();
    assert!(devices.load(account, &other).await.unwrap().state.registered);
}
