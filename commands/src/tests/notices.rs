use syncledger_domain::{
    event::{Position, StreamId},
    ids::NodeName,
    notices::{MailDraft, Severity, Topic},
    testing::address,
};

use super::World;
use crate::{raise_notice, tell_administrators};

fn node(name: &str) -> NodeName {
    NodeName::new(name).unwrap()
}

fn draft(after: u64, up_to: u64) -> MailDraft {
    MailDraft {
        topic: Topic::Jails,
        after: Position(after),
        up_to: Position(up_to),
        recipients: vec![address("admin@example.com")],
        subject: "1 device".to_owned(),
        body: "phone1".to_owned(),
    }
}

#[tokio::test]
async fn a_notice_is_raised_once_by_the_first_that_does() {
    let world = World::new();
    let raise = async |name: &str, subject: &str| {
        let (repository, issuer) = (&world.repository, &world.issuer);
        let by = node(name);
        raise_notice::run_once(repository, issuer, Severity::Information, Some(&by), subject, name)
            .await
            .unwrap()
    };
    assert!(raise("one", "purge").await.appended.is_some());
    let second = raise("two", "purge").await;
    assert!(second.appended.is_none());
    assert_eq!(second.state.recent[0].node, Some(node("one")));
    assert!(raise("two", "another purge").await.appended.is_some());
    // What is cut and cleaned before it is stored is the same afterwards.
    let long = format!("a\n{}", "x".repeat(500));
    assert!(raise("one", &long).await.appended.is_some());
    assert!(raise("two", &long).await.appended.is_none());
}

#[tokio::test]
async fn a_mail_and_its_notice_are_written_together_or_not_at_all() {
    let world = World::new();
    let tell = async |name: &str, draft: MailDraft| {
        let (repository, issuer) = (&world.repository, &world.issuer);
        tell_administrators::run(repository, issuer, &draft, Severity::Warning, &node(name)).await.unwrap()
    };
    let first = tell("one", draft(0, 9)).await;
    assert_eq!((first.state.outbox.len(), first.state.recent.len()), (1, 1));
    assert_eq!(first.state.recent[0].text, "phone1");
    assert!(tell("two", draft(0, 9)).await.appended.is_none(), "another node was first");
    assert!(tell("two", draft(9, 12)).await.appended.is_some());
    let stored = world.stored(&StreamId::notices()).await;
    assert_eq!(stored, ["mail-prepared", "notice-raised", "mail-prepared", "notice-raised"]);
}
