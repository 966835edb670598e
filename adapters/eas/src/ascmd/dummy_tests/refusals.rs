//! Commands a phone in the dummy world may not use.

use syncledger_domain::ids::ProtocolVersion;
use syncledger_wbxml::Element;

use crate::{
    answer::{CommonStatus, Failure},
    ascmd::{EasCommand, testing::Desk},
    context::{Context, RequestBody},
    dummy,
};

/// What is served; a new command is refused until somebody writes it here and there.
const SERVED: [EasCommand; 7] = [
    EasCommand::Sync,
    EasCommand::FolderSync,
    EasCommand::GetItemEstimate,
    EasCommand::Settings,
    EasCommand::Ping,
    EasCommand::ItemOperations,
    EasCommand::Provision,
];

#[test]
fn every_other_command_is_refused() {
    for command in EasCommand::ALL {
        assert_eq!(dummy::refuse(*command).is_none(), SERVED.contains(command), "{}", command.name());
    }
}

#[tokio::test]
async fn a_refused_command_ends_with_129_or_403_before_its_body_is_looked_at() {
    let mut desk = Desk::new().await;
    desk.shut_out().await;
    let refused: Vec<_> = EasCommand::ALL.iter().filter(|command| !SERVED.contains(command)).collect();
    assert!(refused.contains(&&EasCommand::SendMail) && refused.contains(&&EasCommand::MoveItems));
    for version in ProtocolVersion::SERVED {
        desk.speak(version);
        for command in &refused {
            let before = desk.events().await;
            for body in [
                RequestBody::Empty,
                RequestBody::Mime("To: bob@example.com\r\n\r\nx".into()),
                RequestBody::Wbxml(Element::new(command.root())),
            ] {
                match desk.ask(**command, body).await {
                    Err(Failure::Status { status, reason }) => {
                        assert_eq!(status, CommonStatus::DeviceIsBlockedForThisUser);
                        assert!(reason.starts_with(command.name()), "{reason}");
                        assert_eq!((status.value(), status.http_equivalent()), (129, 403));
                    }
                    other => panic!("{version} {command:?}: {other:?}"),
                }
            }
            assert_eq!(desk.events().await, before);
        }
    }
    assert!(desk.post.sent().is_empty());
}

#[tokio::test]
async fn the_transport_behind_the_rooms_refuses_too() {
    let mut desk = Desk::new().await;
    desk.shut_out().await;
    let context: Context = desk.context();
    let outgoing = syncledger_domain::ports::transport::Outgoing {
        from: context.address.clone(),
        recipients: vec![context.address.clone()],
        message: "Subject: x\r\n\r\n".into(),
    };
    assert!(context.transport.send(outgoing).await.is_err());
    assert!(desk.post.sent().is_empty());
}
