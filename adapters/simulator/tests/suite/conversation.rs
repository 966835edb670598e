//! The whole dialogue with a small honest server.

use std::time::Duration;

use syncledger_simulator::{
    Phone, Version, VersionChoice,
    conversation::{self, Plan, Progress, Report, Silent},
    verify::Expected,
};

use crate::mailbox::Shared;

fn everything() -> Plan {
    Plan { toggle_read: true, ping: Some(Duration::from_mins(1)), ..Plan::default() }
}

#[tokio::test]
async fn a_new_phone_gets_everything_and_reports_it() {
    let shared = Shared::with_inbox(5);
    let server = shared.serve().await;
    let mut config = server.config();
    config.version = VersionChoice::Highest;
    config.window_size = 2;
    let mut phone = Phone::new(config).unwrap();
    let mut told = Vec::new();
    let report =
        conversation::run(&mut phone, everything(), &mut |event: &Progress| told.push(event.clone())).await;
    assert!(report.is_clean(), "{report:#?}");
    assert_eq!(report.version.as_deref(), Some("16.1"));
    assert_eq!(report.items(), 5);
    let inbox = &report.folders[0];
    assert_eq!((inbox.name.as_str(), inbox.kind), ("Inbox", 2));
    assert_eq!((inbox.items, inbox.estimate, inbox.adds), (5, Some(5), 5));
    // Key 0, estimate, 2 + 2 + 1.
    assert_eq!(inbox.requests, 5);
    assert_eq!(report.totals.requests, server.received().len() as u64);
    assert_eq!(
        server.commands(),
        [
            "OPTIONS",
            "Provision",
            "FolderSync",
            "Sync",
            "GetItemEstimate",
            "Sync",
            "Sync",
            "Sync",
            "Sync",
            "GetItemEstimate",
            "Sync",
            "ItemOperations",
            "ItemOperations",
            "Sync",
            "Sync",
            "Ping",
        ]
    );
    phone.verify_against(shared.content()).unwrap();
    assert!(shared.lock().items["2"].values().all(|mail| !mail.read), "there and back");

    let windows: Vec<_> = told
        .iter()
        .filter_map(|event| match event {
            Progress::Window { folder, items, .. } if folder == "Inbox" => Some(*items),
            _ => None,
        })
        .collect();
    assert_eq!(windows, [2, 4, 5]);
    let lines: Vec<_> = told.iter().map(ToString::to_string).collect();
    assert!(lines.iter().any(|line| line == "Sync Inbox: 4 of about 5 items"), "{lines:#?}");
    assert!(lines.iter().all(|line| !line.contains('\n') && !line.contains("demo")));

    let json = serde_json::to_string(&report).unwrap();
    assert_eq!(serde_json::from_str::<Report>(&json).unwrap(), report);
}

#[tokio::test]
async fn a_phone_continues_after_a_restart_without_loading_anything_again() {
    let shared = Shared::with_inbox(5);
    let server = shared.serve().await;
    let mut phone = Phone::new(server.config()).unwrap();
    conversation::run(&mut phone, Plan::default(), &mut Silent).await;
    let memory = phone.save().unwrap();
    assert!(!memory.contains("\"demo\""), "no password");

    shared.lock().deliver("2", "new");
    let mut phone = Phone::load(server.config(), &memory).unwrap();
    let report = conversation::run(&mut phone, Plan::default(), &mut Silent).await;
    assert!(report.is_clean(), "{report:#?}");
    assert_eq!(report.folders[0].adds, 1);
    assert_eq!(report.resyncs_from_zero, 0);
    phone.verify_against(shared.content()).unwrap();
}

#[tokio::test]
async fn the_same_from_12_1_to_16_1() {
    for version in Version::ALL {
        let shared = Shared::with_inbox(3);
        let server = shared.serve().await;
        let mut phone = Phone::new(server.config().version(version)).unwrap();
        let report = conversation::run(&mut phone, everything(), &mut Silent).await;
        let errors: Vec<_> = report.errors().collect();
        // The small server does not know Settings, which come before 14.1 only.
        let expected: &[&str] = if version < Version::V14_1 { &["Settings: HTTP 501"] } else { &[] };
        assert_eq!(errors, expected, "{version}");
        phone.verify_against(shared.content()).unwrap();
    }
}

#[tokio::test]
async fn only_the_folders_of_the_plan() {
    let shared = Shared::with_inbox(3);
    let server = shared.serve().await;
    let mut phone = Phone::new(server.config()).unwrap();
    let plan = Plan { folders: vec!["Archive".to_owned()], ..Plan::default() };
    let report = conversation::run(&mut phone, plan, &mut Silent).await;
    assert_eq!(report.folders.iter().map(|folder| folder.name.as_str()).collect::<Vec<_>>(), ["Archive"]);
}

#[tokio::test]
async fn differences_are_named_one_by_one() {
    let shared = Shared::with_inbox(2);
    let server = shared.serve().await;
    let mut phone = Phone::new(server.config()).unwrap();
    phone.folder_sync().await.unwrap();
    phone.sync_folder("2").await.unwrap();
    let read = Expected { read: Some(true), ..Expected::new("Inbox", "message 0") };
    let mismatch = phone.verify_against([read, Expected::new("Inbox", "message 1")]).unwrap_err();
    assert_eq!(
        mismatch.to_string(),
        "1 missing, 1 unexpected\n  missing Inbox: \"message 0\" read=true\n  \
         unexpected Inbox: \"message 0\" (2:1) read=false flagged=false"
    );
    let twice = [("Inbox", "message 0"), ("Inbox", "message 0"), ("Inbox", "message 1")];
    assert_eq!(phone.verify_against(twice).unwrap_err().missing.len(), 1);
}

#[tokio::test]
async fn the_conversation_can_run_in_a_task() {
    let shared = Shared::with_inbox(1);
    let server = shared.serve().await;
    let mut phone = Phone::new(server.config()).unwrap();
    let task = tokio::spawn(async move {
        let report = conversation::run(&mut phone, Plan::default(), &mut Silent).await;
        (phone, report)
    });
    let (phone, report) = task.await.unwrap();
    assert!(report.is_clean());
    // A twin knows what the phone knows and learns on its own.
    let mut twin = phone.twin();
    shared.lock().deliver("2", "new");
    twin.sync_folder("2").await.unwrap();
    assert_eq!((phone.listing().len(), twin.listing().len()), (1, 2));
}
