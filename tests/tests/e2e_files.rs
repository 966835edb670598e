//! The whole conversation with a node that keeps mail in Maildirs: every protocol version, both forms of the query,
//! two phones at once.

use syncledger_simulator::{QueryForm, Version, store::ClientCommand};
use syncledger_tests::{
    conversation,
    mail::{Mail, Message},
    world::{ALICE, BOB, World, assert_in_step, folder, item, sync_all},
};

async fn whole_conversation(version: Version, query: QueryForm) {
    let world = World::files();
    let (alice, bob) = (world.maildir(ALICE), world.maildir(BOB));
    conversation::seed(&alice);
    let mut phone = world.phone(ALICE, "phone1");
    phone.config_mut().version = syncledger_simulator::VersionChoice::Fixed(version);
    phone.config_mut().query = query;
    phone.config_mut().gzip_requests = query == QueryForm::Base64;
    conversation::hold(&mut phone, &alice, &bob).await;
    drop(phone);
    world.finish();
}

macro_rules! conversations {
    ($($name:ident: $version:ident $query:ident;)+) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                whole_conversation(Version::$version, QueryForm::$query).await;
            }
        )+
    };
}

conversations! {
    the_whole_conversation_in_12_1: V12_1 Plain;
    the_whole_conversation_in_14_0: V14_0 Plain;
    the_whole_conversation_in_14_1: V14_1 Plain;
    the_whole_conversation_in_16_0: V16_0 Plain;
    the_whole_conversation_in_16_1: V16_1 Plain;
    the_whole_conversation_in_12_1_with_packed_queries: V12_1 Base64;
    the_whole_conversation_in_14_0_with_packed_queries: V14_0 Base64;
    the_whole_conversation_in_14_1_with_packed_queries: V14_1 Base64;
    the_whole_conversation_in_16_0_with_packed_queries: V16_0 Base64;
    the_whole_conversation_in_16_1_with_packed_queries: V16_1 Base64;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_phones_see_the_same_ids_and_each_others_changes() {
    let world = World::files();
    let mail = world.maildir(ALICE);
    for n in 0..12 {
        mail.deliver("Inbox", &Message::new(format!("Message {n}")).bytes());
    }
    let (mut one, mut other) = (world.phone(ALICE, "phone1"), world.phone(ALICE, "phone2"));
    other.config_mut().version = syncledger_simulator::VersionChoice::Fixed(Version::V12_1);
    other.config_mut().query = QueryForm::Base64;
    sync_all(&mut one).await;
    sync_all(&mut other).await;
    assert_eq!(one.listing(), other.listing());
    assert_eq!(one.listing().len(), 12);

    let inbox = folder(&one, "Inbox");
    let server_id = |n: u32| item(&one, &inbox, &format!("Message {n}"));
    let by_one = [
        ClientCommand::SetRead { server_id: server_id(1), read: true },
        ClientCommand::Delete { server_id: server_id(2) },
    ];
    let by_other = [
        ClientCommand::SetFlag { server_id: server_id(3), flagged: true },
        ClientCommand::Delete { server_id: server_id(2) },
    ];
    one.queue(&inbox, by_one);
    other.queue(&inbox, by_other);
    for _ in 0..2 {
        sync_all(&mut one).await;
        sync_all(&mut other).await;
    }
    for phone in [&one, &other] {
        assert_in_step(phone, &mail);
    }
    assert_eq!(one.listing(), other.listing());
    assert_eq!(mail.content("Trash", "Message 2").len(), 1);
    world.finish();
}
