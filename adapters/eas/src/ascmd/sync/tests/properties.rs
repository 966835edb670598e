//! Whatever is delivered, changed, lost and restarted: the client ends with what the mailbox holds.

use proptest::prelude::*;
use syncledger_domain::ports::mailbox::{MailFlags, Mailbox};
use syncledger_mailbox_memory::MemoryMailbox;

use crate::{
    ascmd::{
        EasCommand,
        testing::{Client, Desk, collections, item},
    },
    context::RequestBody,
};

#[derive(Clone, Debug)]
enum Step {
    Deliver,
    MarkElsewhere(usize, bool, bool),
    RemoveElsewhere(usize),
    /// The phone marks something and tells it.
    Mark {
        which: usize,
        read: bool,
        answer_lost: bool,
    },
    /// The phone deletes something and tells it.
    Delete {
        which: usize,
        answer_lost: bool,
    },
    Sync {
        answer_lost: bool,
    },
    Restart,
    MailboxFails,
    LogFails,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => Just(Step::Deliver),
        2 => (any::<usize>(), any::<bool>(), any::<bool>()).prop_map(|(n, r, f)| Step::MarkElsewhere(n, r, f)),
        1 => any::<usize>().prop_map(Step::RemoveElsewhere),
        3 => (any::<usize>(), any::<bool>(), any::<bool>())
            .prop_map(|(which, read, answer_lost)| Step::Mark { which, read, answer_lost }),
        2 => (any::<usize>(), any::<bool>()).prop_map(|(which, answer_lost)| Step::Delete { which, answer_lost }),
        4 => any::<bool>().prop_map(|answer_lost| Step::Sync { answer_lost }),
        1 => Just(Step::Restart),
        1 => Just(Step::MailboxFails),
        1 => Just(Step::LogFails),
    ]
}

fn chosen(desk: &Desk, which: usize) -> Option<String> {
    let all = desk.mailbox.messages(&MemoryMailbox::inbox());
    (!all.is_empty()).then(|| format!("2:{}", all[which % all.len()].0))
}

fn known(client: &Client, which: usize) -> Option<String> {
    (!client.items.is_empty()).then(|| client.items.keys().nth(which % client.items.len()).unwrap().clone())
}

/// The phone says it, again and again if need be, as it stands until it heard an answer.
async fn tell(desk: &Desk, client: &mut Client, command: &str, answer_lost: bool) {
    let more = format!("<WindowSize>3</WindowSize><Commands>{command}</Commands>");
    if answer_lost {
        client.exchange(desk, &more, true).await;
    }
    client.exchange(desk, &more, false).await;
}

async fn run(steps: Vec<Step>) {
    let mut desk = Desk::new().await;
    let mut client = Client::default();
    let mut folders = 0;
    client.exchange(&desk, "", false).await;
    for step in steps {
        match step {
            Step::Deliver => drop(desk.deliver("mail", 1)),
            Step::MarkElsewhere(which, read, flagged) => {
                if let Some(id) = chosen(&desk, which) {
                    desk.mark(&id, MailFlags { read, flagged, ..MailFlags::default() });
                }
            }
            Step::RemoveElsewhere(which) => {
                if let Some(id) = chosen(&desk, which) {
                    desk.remove(&id);
                }
            }
            Step::Mark { which, read, answer_lost } => {
                let Some(id) = known(&client, which) else { continue };
                client.items.get_mut(&id).unwrap().0 = read;
                let change = format!(
                    "<Change><ServerId>{id}</ServerId><ApplicationData><email:Read>{}</email:Read>\
                     </ApplicationData></Change>",
                    u8::from(read)
                );
                tell(&desk, &mut client, &change, answer_lost).await;
            }
            Step::Delete { which, answer_lost } => {
                let Some(id) = known(&client, which) else { continue };
                client.items.remove(&id);
                let delete = format!("<Delete><ServerId>{id}</ServerId></Delete>");
                tell(&desk, &mut client, &delete, answer_lost).await;
            }
            Step::Sync { answer_lost } => {
                client.exchange(&desk, "<WindowSize>2</WindowSize>", answer_lost).await;
            }
            Step::Restart => desk = desk.restarted().await,
            Step::MailboxFails => {
                desk.mailbox.set_down(true);
                assert!(desk.try_sync(&collections(&[(&client.key, 2, "")])).await.is_err());
                desk.mailbox.set_down(false);
            }
            Step::LogFails => {
                desk.world.log.lose_next_answer();
                // Whether it notices depends on whether it had anything to append; a new folder is something.
                let _ = desk.try_sync(&collections(&[(&client.key, 2, "")])).await;
                folders += 1;
                desk.mailbox.add_folder(&format!("Folder {folders}"), None);
                let refresh = syncledger_wbxml::from_xml(
                    "<FolderSync xmlns=\"FolderHierarchy\"><SyncKey>0</SyncKey></FolderSync>",
                );
                let _ = desk.ask(EasCommand::FolderSync, RequestBody::Wbxml(refresh.unwrap())).await;
            }
        }
    }
    let exchanges = client.finish(&desk).await;
    let index = desk.mailbox.index(&MemoryMailbox::inbox(), None).await.unwrap();
    assert_eq!(client.items.len(), index.entries.len());
    for (id, (read, flagged)) in &client.items {
        let flags = MailFlags::from_fingerprint(
            index.get(&item(id)).expect("a message the mailbox holds").fingerprint,
        );
        assert_eq!((flags.read, flags.flagged), (*read, *flagged), "{id}");
    }
    assert_eq!(client.doubled, 0, "no message was downloaded twice");
    assert!(exchanges <= 3 + index.entries.len(), "{exchanges} exchanges");
    let before = desk.events().await;
    assert_eq!(client.finish(&desk).await, 1);
    assert_eq!(desk.events().await, before, "an idle phone writes nothing");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn a_client_ends_with_what_the_mailbox_holds(steps in prop::collection::vec(step(), 1..40)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(run(steps));
    }
}
