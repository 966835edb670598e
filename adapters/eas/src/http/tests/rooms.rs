//! What happens to a request on its way to a room and back.

use std::sync::Arc;

use async_trait::async_trait;
use futures_util::poll;
use syncledger_commands::remove_device;
use syncledger_domain::{
    event::Actor,
    ids::{DeviceId, ItemId},
    ports::mailbox::{
        BackendKey, Each, FetchPart, Fetched, Folder, FolderIndex, ItemChange, ItemState, Mailbox,
        MailboxError, MailboxUser, Mailboxes, NewItem, Secret, Watch,
    },
};
use tower::ServiceExt;

use super::world::{Ask, Options, PASSWORD, Reply, World, alice};

const FOLDER_SYNC: &str = "<FolderSync xmlns=\"FolderHierarchy\"><SyncKey>0</SyncKey></FolderSync>";

async fn until(mut holds: impl AsyncFnMut() -> bool) {
    let patience = tokio::time::Instant::now() + std::time::Duration::from_secs(20);
    while !holds().await {
        assert!(tokio::time::Instant::now() < patience, "it never came true");
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn what_a_device_has_begun_is_done_even_if_it_hangs_up() {
    let world = World::with_alice().await;
    let mailbox = world.mailboxes.add_account(&"alice@example.com".parse().unwrap(), PASSWORD);
    mailbox.faults().delay(std::time::Duration::from_millis(30));
    let provision = "<Provision xmlns=\"Provision\"><Policies><Policy><PolicyType>MS-EAS-Provisioning-WBXML</PolicyType>\
                     </Policy></Policies></Provision>";
    let mut answer = Box::pin(
        world.router.clone().oneshot(Ask::command("Provision").version("14.0").xml(provision).build()),
    );
    assert!(poll!(&mut answer).is_pending());
    assert!(world.events("device-").await.is_empty());
    drop(answer);
    until(async || {
        world
            .events("device-")
            .await
            .ends_with(&["device-id-spelled".to_owned(), "policy-offered".to_owned()])
    })
    .await;
    until(async || world.config.tasks.is_empty()).await;
}

#[tokio::test]
async fn waiting_ends_when_the_device_hangs_up() {
    let world = World::with_alice().await;
    world.set("policyRequired", "false").await;
    assert_eq!(world.send(Ask::command("FolderSync").xml(FOLDER_SYNC).build()).await.ends(), (200, Some(1)));
    let sync = |key: &str| {
        let xml = format!(
            "<Sync xmlns=\"AirSync\"><Collections><Collection><SyncKey>{key}</SyncKey><CollectionId>2</CollectionId>\
             </Collection></Collections></Sync>"
        );
        Ask::command("Sync").xml(&xml).build()
    };
    let first = syncledger_wbxml::to_xml(&world.send(sync("0")).await.document());
    let key = first.split_once("SyncKey>").unwrap().1.split('<').next().unwrap().to_owned();
    // The Inbox is empty, so this confirms the key and leaves nothing to announce.
    world.send(sync(&key)).await;
    let ping = "<Ping xmlns=\"Ping\"><HeartbeatInterval>600</HeartbeatInterval><Folders><Folder><Id>2</Id>\
                <Class>Email</Class></Folder></Folders></Ping>";
    let mut answer = Box::pin(world.router.clone().oneshot(Ask::command("Ping").xml(ping).build()));
    until(async || {
        assert!(poll!(&mut answer).is_pending());
        world.services.waiting.len() == 1
    })
    .await;
    drop(answer);
    until(async || world.services.waiting.is_empty() && world.config.tasks.is_empty()).await;
}

#[tokio::test]
async fn a_device_is_registered_once_and_again_after_its_removal() {
    let world = World::with_alice().await;
    world.set("policyRequired", "false").await;
    let request =
        || Ask::command("FolderSync").header("User-Agent", "Android-Mail/1").xml(FOLDER_SYNC).build();
    for _ in 0..3 {
        assert_eq!(world.send(request()).await.ends(), (200, Some(1)));
    }
    let registered =
        async || world.events("device-").await.iter().filter(|name| *name == "device-registered").count();
    assert_eq!(registered().await, 1);
    let device = DeviceId::new("phone1").unwrap();
    remove_device::run(&world.services.repository, &World::admin(), alice(), &device).await.unwrap();
    world.settle().await;
    assert_eq!(world.send(request()).await.ends(), (200, Some(1)));
    assert_eq!(registered().await, 2);
}

#[tokio::test]
async fn a_new_version_of_a_known_device_is_recorded_once() {
    let world = World::with_alice().await;
    world.set("policyRequired", "false").await;
    for version in ["14.1", "16.1", "16.1", "16.1"] {
        let ask = Ask::command("FolderSync").version(version).xml(FOLDER_SYNC);
        assert_eq!(world.send(ask.build()).await.ends(), (200, Some(1)));
    }
    assert_eq!(
        world.events("device-").await,
        ["device-registered", "device-id-spelled", "protocol-version-changed"]
    );
}

#[tokio::test]
async fn a_device_that_changes_its_mind_all_the_time_does_not_fill_the_log() {
    let world = World::with_alice().await;
    world.set("policyRequired", "false").await;
    let versions = async || {
        let names = world.events("device-").await;
        names.iter().filter(|name| *name == "protocol-version-changed").count()
    };
    let speak = async |version: &str, user_agent: &str| {
        let ask = Ask::command("FolderSync").version(version).header("User-Agent", user_agent);
        assert_eq!(world.send(ask.xml(FOLDER_SYNC).build()).await.ends(), (200, Some(1)));
    };
    for round in 0..5 {
        speak("14.1", &format!("Mail/{round}")).await;
        speak("16.1", "Mail").await;
    }
    let events = world.events("device-").await;
    assert_eq!(events.len(), 4, "{events:?}");
    assert_eq!(versions().await, 1);
    world.advance(3600);
    speak("14.0", "Mail").await;
    speak("14.1", "Mail").await;
    assert_eq!(versions().await, 2);
    let known = || {
        let snapshot = world.services.policy.current();
        snapshot.device(alice(), &DeviceId::new("phone1").unwrap()).unwrap().protocol_version.unwrap()
    };
    assert_eq!(known().to_string(), "14.0");
    world.advance(3600);
    speak("14.1", "Mail").await;
    assert_eq!(known().to_string(), "14.1", "the newest, at the next chance");
}

#[tokio::test]
async fn an_account_has_so_many_devices_and_no_more() {
    let world = World::with_alice().await;
    world.set("policyRequired", "false").await;
    world.set("maxDevicesPerAccount", "3").await;
    let ask = |number: usize, version: &str| {
        let query = format!("Cmd=FolderSync&DeviceId=phone{number}&DeviceType=Android");
        Ask::command("FolderSync").query(&query).version(version).xml(FOLDER_SYNC).build()
    };
    // At the same time, too.
    let ends = futures_util::future::join_all((0..10).map(|number| world.send(ask(number, "14.1")))).await;
    let ends: Vec<_> = ends.iter().map(Reply::ends).collect();
    assert_eq!(ends.iter().filter(|ends| **ends == (200, Some(1))).count(), 3, "{ends:?}");
    assert_eq!(ends.iter().filter(|ends| **ends == (200, Some(177))).count(), 7, "{ends:?}");
    let known: Vec<_> = {
        let snapshot = world.services.policy.current();
        snapshot.devices_of(alice()).iter().map(|device| device.id.clone()).collect()
    };
    assert_eq!(known.len(), 3);
    assert_eq!(world.send(ask(10, "12.1")).await.ends(), (403, None));
    let number = |id: &DeviceId| id.as_str().trim_start_matches("phone").parse::<usize>().unwrap();
    assert_eq!(world.send(ask(number(&known[0]), "16.1")).await.ends(), (200, Some(1)), "a known one");

    remove_device::run(&world.services.repository, &World::admin(), alice(), &known[0]).await.unwrap();
    world.settle().await;
    assert_eq!(world.send(ask(10, "14.1")).await.ends(), (200, Some(1)));
    assert_eq!(world.send(ask(11, "14.1")).await.ends(), (200, Some(177)));
}

#[tokio::test]
async fn signs_of_life_are_recorded_seldom_and_not_for_waiting() {
    let world = World::with_alice().await;
    world.set("policyRequired", "false").await;
    let seen = async || world.events("device-").await.iter().filter(|name| *name == "device-seen").count();
    let work = || Ask::command("FolderSync").xml(FOLDER_SYNC).build();
    for _ in 0..5 {
        world.send(work()).await;
    }
    until(async || world.config.tasks.is_empty()).await;
    assert_eq!(seen().await, 0);
    world.advance(3601);
    // A Ping without parameters is answered at once, and is waiting all the same.
    world.send(Ask::command("Ping").build()).await;
    until(async || world.config.tasks.is_empty()).await;
    assert_eq!(seen().await, 0);
    world.send(work()).await;
    world.send(work()).await;
    until(async || world.config.tasks.is_empty()).await;
    assert_eq!(seen().await, 1);
}

#[tokio::test]
async fn a_log_that_cannot_be_written_is_503() {
    let world = World::with_alice().await;
    world.log.fail_next_appends(1);
    let reply = world.send(Ask::command("FolderSync").xml(FOLDER_SYNC).build()).await;
    assert_eq!((reply.status.as_u16(), reply.header("retry-after")), (503, Some("30")));
    assert_eq!(
        world.send(Ask::command("FolderSync").xml(FOLDER_SYNC).build()).await.ends(),
        (200, Some(142))
    );
}

#[tokio::test]
async fn events_of_a_request_bear_its_id_and_the_device_as_actor() {
    let world = World::with_alice().await;
    world.send(Ask::command("FolderSync").build()).await;
    let recorded = syncledger_domain::ports::event_log::EventLog::read_all(
        &world.log,
        syncledger_domain::event::Position::START,
        Some("device-"),
        10,
    )
    .await
    .unwrap();
    let [registered, _spelled] = recorded.as_slice() else { panic!("{recorded:?}") };
    assert_eq!(registered.actor, Actor::Device);
    assert_eq!(registered.correlation_id.0.get_version_num(), 7);
}

/// A mailbox that is broken in the worst way, and quotes what it was given.
#[derive(Clone, Copy)]
pub(super) struct Panicking(pub(super) &'static str);

#[async_trait]
impl Mailboxes for Panicking {
    async fn open(&self, _: &MailboxUser, _: &Secret) -> Result<Arc<dyn Mailbox>, MailboxError> {
        Ok(Arc::new(*self))
    }

    async fn open_vouched(&self, _: &MailboxUser) -> Result<Arc<dyn Mailbox>, MailboxError> {
        Ok(Arc::new(*self))
    }

    fn checks_secrets(&self) -> bool {
        false
    }
}

#[async_trait]
impl Mailbox for Panicking {
    async fn folders(&self) -> Result<Vec<Folder>, MailboxError> {
        panic!("folders of {}", self.0)
    }

    async fn index(
        &self,
        _: &BackendKey,
        _: Option<Arc<FolderIndex>>,
    ) -> Result<Arc<FolderIndex>, MailboxError> {
        panic!("index")
    }

    async fn fetch<'a>(
        &'a self,
        _: &BackendKey,
        _: &[ItemId],
        _: FetchPart,
    ) -> Result<futures_util::stream::BoxStream<'a, Result<Fetched, MailboxError>>, MailboxError> {
        panic!("fetch")
    }

    async fn create(&self, _: &BackendKey, _: NewItem) -> Result<ItemState, MailboxError> {
        panic!("create")
    }

    async fn update(
        &self,
        _: &BackendKey,
        _: &[(ItemId, ItemChange)],
    ) -> Result<Each<ItemState>, MailboxError> {
        panic!("update")
    }

    async fn move_items(
        &self,
        _: &BackendKey,
        _: &[ItemId],
        _: &BackendKey,
    ) -> Result<Each<ItemState>, MailboxError> {
        panic!("move_items")
    }

    async fn delete(&self, _: &BackendKey, _: &[ItemId]) -> Result<Each<()>, MailboxError> {
        panic!("delete")
    }

    async fn search(&self, _: &BackendKey, _: &[String], _: usize) -> Result<Vec<ItemId>, MailboxError> {
        panic!("search")
    }

    async fn watch(&self, _: &[BackendKey]) -> Result<Box<dyn Watch>, MailboxError> {
        panic!("watch")
    }
}

#[tokio::test]
async fn a_panic_ends_one_request_and_nothing_else() {
    let world =
        World::with(Options { mailboxes: Some(Arc::new(Panicking("nobody"))), ..Options::default() }).await;
    world.add("alice@example.com", PASSWORD).await;
    world.set("policyRequired", "false").await;
    let ask = |version| Ask::command("FolderSync").version(version).xml(FOLDER_SYNC).build();
    assert_eq!(world.send(ask("14.1")).await.ends(), (200, Some(110)));
    assert_eq!(world.send(ask("12.1")).await.ends(), (500, None));
    assert_eq!(world.send(Ask::options().build()).await.status, 200);
}
