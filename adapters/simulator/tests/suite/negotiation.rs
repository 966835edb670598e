//! OPTIONS and Provision. MS-ASHTTP, "HTTP OPTIONS Command"; MS-ASPROV.

use syncledger_simulator::{
    Command, Error, Phone, Version, VersionChoice,
    ascmd::provision::Provisioned,
    conversation::{self, Plan, Silent},
};
use syncledger_wbxml::{
    Element,
    pages::{folder_hierarchy, provision, settings},
};

use crate::canned::{Answer, Received, Server, golden, offer};

fn nothing_new() -> Answer {
    Answer::golden("07-foldersync", "answer: nothing new")
}

/// Answers both phases as published; everything else as `other` says.
fn provisioning(request: &Received, other: impl FnOnce() -> Answer) -> Answer {
    if request.command() != "Provision" {
        return other();
    }
    let root = request.document().unwrap();
    let policy =
        root.child(provision::POLICIES).and_then(|policies| policies.child(provision::POLICY)).unwrap();
    match policy.child(provision::POLICY_KEY) {
        None => Answer::golden("02-provision-download", "answer"),
        Some(_) => Answer::golden("03-provision-acknowledge", "answer: final key"),
    }
}

#[tokio::test]
async fn the_highest_common_version_is_chosen_and_options_has_no_query() {
    for (offered, chosen) in [
        ("12.1,14.0,14.1,16.0,16.1", Version::V16_1),
        ("2.5, 12.0, 12.1, 14.0", Version::V14_0),
        ("16.1,12.1", Version::V16_1),
        ("12.1,99.9", Version::V12_1),
    ] {
        let server = Server::saying([offer(offered), nothing_new()]).await;
        let mut config = server.config();
        config.version = VersionChoice::Highest;
        let mut phone = Phone::new(config).unwrap();
        phone.folder_sync().await.unwrap();
        let received = server.received();
        assert_eq!(received[0].line, "OPTIONS /Microsoft-Server-ActiveSync HTTP/1.1");
        assert!(received[0].header("authorization").is_some());
        assert_eq!(received[0].header("x-ms-policykey"), None);
        assert_eq!(received[1].header("ms-asprotocolversion"), Some(chosen.as_str()));
        assert_eq!(phone.state().version, Some(chosen));
    }
}

#[tokio::test]
async fn no_common_version_is_an_error_with_the_offer() {
    let server = Server::saying([offer("2.5,12.0")]).await;
    let mut config = server.config();
    config.version = VersionChoice::Highest;
    let refused = Phone::new(config).unwrap().folder_sync().await.unwrap_err();
    assert_eq!(refused.to_string(), "no common protocol version; the server offers 2.5,12.0");
}

#[tokio::test]
async fn both_phases_are_as_published() {
    let server = Server::start(|request| provisioning(request, nothing_new)).await;
    let mut config = server.config();
    config.device_information.model = "Pixel 8".to_owned();
    let mut phone = Phone::new(config).unwrap();
    let Provisioned::Policy { key, settings } = phone.provision().await.unwrap() else {
        panic!("there is a policy");
    };
    assert_eq!((key, phone.state().policy_key), (2_718_281_828, 2_718_281_828));
    assert_eq!(settings.len(), 15);
    assert!(settings.contains(&("MinDevicePasswordLength".to_owned(), "4".to_owned())));
    let received = server.received();
    let first = received[0].document().unwrap();
    assert_eq!(
        first.elements().map(|child| child.tag).collect::<Vec<_>>(),
        [settings::DEVICE_INFORMATION, provision::POLICIES]
    );
    assert_eq!(received[0].header("x-ms-policykey"), Some("0"));
    assert_eq!(received[1].header("x-ms-policykey"), Some("1123581321"), "the temporary key");
    assert_eq!(received[1].body, golden("03-provision-acknowledge", "request"));
}

#[tokio::test]
async fn the_device_introduces_itself_in_provision_from_14_1_on_only() {
    for (version, introduces) in [(Version::V12_1, false), (Version::V14_0, false), (Version::V16_0, true)] {
        let server = Server::start(|request| provisioning(request, nothing_new)).await;
        let mut phone = Phone::new(server.config().version(version)).unwrap();
        phone.provision().await.unwrap();
        let first = server.received()[0].document().unwrap();
        assert_eq!(first.child(settings::DEVICE_INFORMATION).is_some(), introduces, "{version}");
    }
}

#[tokio::test]
async fn no_policy_leaves_the_phone_without_key() {
    let answer = Answer::golden("03-provision-acknowledge", "answer to phase 1 when no policy applies");
    let server = Server::saying([answer]).await;
    let mut phone = Phone::new(server.config()).unwrap();
    assert_eq!(phone.provision().await.unwrap(), Provisioned::NoPolicy);
    assert_eq!((phone.state().policy_key, server.received().len()), (0, 1));
}

#[tokio::test]
async fn a_refused_acknowledgement_is_an_error() {
    let stale = Answer::golden(
        "03-provision-acknowledge",
        "answer when the acknowledged key is not the temporary one",
    );
    let server = Server::saying([Answer::golden("02-provision-download", "answer"), stale]).await;
    let mut phone = Phone::new(server.config()).unwrap();
    let refused = phone.provision().await.unwrap_err();
    assert!(matches!(refused, Error::Status { command: Command::Provision, status: 5 }), "{refused}");
    assert_eq!(phone.state().policy_key, 0);
}

/// The command, both phases of Provision, the command again with the final key.
#[tokio::test]
async fn a_command_that_needs_a_policy_is_repeated_after_provisioning() {
    let stale = |status: &str| {
        let status = Element::text(folder_hierarchy::STATUS, status);
        Answer::document(&Element::new(folder_hierarchy::FOLDER_SYNC).with(status))
    };
    let refusals = [
        (Version::V14_1, Answer::golden("04-provision-required", "14.1 answer to FolderSync without key")),
        (Version::V16_1, stale("143")),
        (Version::V14_0, stale("144")),
        (Version::V12_1, Answer::status(449)),
    ];
    for (version, refusal) in refusals {
        let server = Server::start(move |request| {
            let provisioned = request.header("x-ms-policykey") == Some("2718281828");
            provisioning(request, || if provisioned { nothing_new() } else { refusal.clone() })
        })
        .await;
        let mut phone = Phone::new(server.config().version(version)).unwrap();
        phone.folder_sync().await.unwrap();
        assert_eq!(server.commands(), ["FolderSync", "Provision", "Provision", "FolderSync"], "{version}");
        let received = server.received();
        assert_eq!(received[0].body, received[3].body, "{version}");
        assert_eq!(phone.totals().provisions, 1);
    }
}

#[tokio::test]
async fn a_server_that_is_never_satisfied_does_not_loop() {
    let server = Server::start(|request| provisioning(request, || Answer::status(449))).await;
    let mut phone = Phone::new(server.config().version(Version::V12_1)).unwrap();
    let refused = phone.folder_sync().await.unwrap_err();
    assert_eq!(refused.http_status(), Some(449));
    assert_eq!(server.received().len(), 4);
}

#[tokio::test]
async fn a_mime_upload_is_provisioned_for_too() {
    let server = Server::start(|request| {
        let provisioned = request.header("x-ms-policykey") == Some("2718281828");
        provisioning(request, || Answer::status(if provisioned { 200 } else { 449 }))
    })
    .await;
    let mut phone = Phone::new(server.config().version(Version::V12_1)).unwrap();
    phone.send_mail(b"To: bob@example.com\r\n\r\n", true).await.unwrap();
    assert_eq!(server.commands(), ["SendMail", "Provision", "Provision", "SendMail"]);
}

#[tokio::test]
async fn a_wipe_is_acknowledged_and_everything_forgotten() {
    for (order, acknowledgement, account_only) in [
        ("server orders the wipe", "device acknowledges", false),
        ("16.1 variant: order", "16.1 variant: acknowledgement", true),
    ] {
        let answers = [
            Answer::golden("07-foldersync", "answer"),
            Answer::document(
                &Element::new(folder_hierarchy::FOLDER_SYNC)
                    .with(Element::text(folder_hierarchy::STATUS, "140")),
            ),
            Answer::golden("05-remote-wipe", order),
            Answer::golden("05-remote-wipe", "server"),
        ];
        let server = Server::saying(answers).await;
        let mut phone = Phone::new(server.config().version(Version::V16_1)).unwrap();
        phone.folder_sync().await.unwrap();
        assert_eq!(phone.state().folders.len(), 8);
        let wiped = phone.folder_sync().await.unwrap_err();
        assert!(matches!(wiped, Error::Wiped { account_only: said } if said == account_only), "{wiped}");
        assert!(phone.state().folders.is_empty());
        assert_eq!(phone.state().folder_key, "0");
        assert_eq!(server.received()[3].body, golden("05-remote-wipe", acknowledgement));
    }
}

#[tokio::test]
async fn a_conversation_minds_a_fixed_version_that_is_not_offered() {
    let server = Server::saying([offer("14.0,14.1")]).await;
    let mut phone = Phone::new(server.config().version(Version::V12_1)).unwrap();
    let report = conversation::run(&mut phone, Plan::default(), &mut Silent).await;
    let errors: Vec<_> = report.errors().collect();
    assert_eq!(errors, ["the server does not offer version 12.1, only 14.0,14.1"]);
    assert_eq!(server.received().len(), 1);
}
