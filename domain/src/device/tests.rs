//! Given/when/then.

use super::*;
use crate::{
    event::{EventHash, Timestamp},
    ids::{DeviceId, FolderId, PolicyKey},
    testing::{device_type, digest, given, policy_acknowledged, policy_key, policy_offered, registered},
};

fn id() -> DeviceId {
    DeviceId::new("phone1").unwrap()
}

fn introduction() -> Introduction {
    Introduction {
        shown: ShownDeviceId::new("phone1").unwrap(),
        device_type: device_type("Phone"),
        user_agent: "Phone/1.0".to_owned(),
        protocol_version: Some(ProtocolVersion::V14_1),
    }
}

fn told(info: DeviceInfo) -> DeviceEvent {
    DeviceEvent::InfoChanged(DeviceInfoChanged { info })
}

fn acknowledge(device: &Device, presented: u32, status: u8, key: u32) -> Result<Vec<DeviceEvent>, Refusal> {
    acknowledge_policy(
        device,
        policy_key(presented),
        status,
        AcknowledgementRules::default(),
        policy_key(key),
    )
}

fn message(client_id: &str) -> MessageSubmitted {
    MessageSubmitted {
        client_id: ClientId::new(client_id).unwrap(),
        recipients: 2,
        size: 900,
        save_in_sent: true,
        at: Timestamp::from_seconds(1_714_564_800),
    }
}

fn a_move(from: &str, to: &str) -> (ServerId, ServerId) {
    (from.parse().unwrap(), to.parse().unwrap())
}

#[test]
fn a_new_device_is_registered() {
    given::<Device>([]).when(|device| register(device, &id(), &introduction())).then([registered()]);
}

#[test]
fn a_known_device_with_nothing_new_to_tell_is_not_registered_again() {
    given::<Device>([registered()]).when(|device| register(device, &id(), &introduction())).then_nothing();
}

#[test]
fn a_connection_test_leaves_no_trace() {
    let test = DeviceId::new("Validate").unwrap();
    given::<Device>([])
        .when(|device| register(device, &test, &introduction()))
        .then_refused(&Refusal::ConnectionTest(test.clone()));
}

#[test]
fn another_protocol_version_is_recorded_and_its_absence_is_not() {
    let newer = Introduction { protocol_version: Some(ProtocolVersion::V16_1), ..introduction() };
    let changed =
        DeviceEvent::ProtocolVersionChanged(ProtocolVersionChanged { version: ProtocolVersion::V16_1 });
    given::<Device>([registered()]).when(|device| register(device, &id(), &newer)).then([changed]);
    let silent = Introduction { protocol_version: None, ..introduction() };
    given::<Device>([registered()]).when(|device| register(device, &id(), &silent)).then_nothing();
}

#[test]
fn a_new_user_agent_counts_until_the_device_describes_itself() {
    let updated = Introduction { user_agent: "Phone/2.0".to_owned(), ..introduction() };
    let agent = told(DeviceInfo { user_agent: Some("Phone/2.0".to_owned()), ..DeviceInfo::default() });
    let model = told(DeviceInfo { model: Some("P8".to_owned()), ..DeviceInfo::default() });
    given::<Device>([registered()]).when(|device| register(device, &id(), &updated)).then([agent.clone()]);
    given::<Device>([registered(), agent]).when(|device| register(device, &id(), &updated)).then_nothing();
    given::<Device>([registered(), model]).when(|device| register(device, &id(), &updated)).then_nothing();
}

#[test]
fn a_long_user_agent_is_cut() {
    let long = Introduction { user_agent: "ä".repeat(300) + "\u{7}", ..introduction() };
    let events = register(&Device::default(), &id(), &long).unwrap();
    let [DeviceEvent::Registered(registered)] = &events[..] else { panic!("{events:?}") };
    assert_eq!(registered.user_agent, "ä".repeat(256));
}

#[test]
fn a_removed_device_registers_anew_and_has_forgotten_its_policy() {
    let device = given::<Device>([
        registered(),
        policy_offered(1, 7),
        policy_acknowledged(1, 2, 7),
        DeviceEvent::Removed(Empty {}),
    ])
    .when(|device| register(device, &id(), &introduction()))
    .then([registered()]);
    assert_eq!(check_policy_key(&device, Some(policy_key(2)), &digest(7)), Err(KeyFault::NotProvisioned));
}

#[test]
fn only_what_changed_is_recorded_of_a_devices_description() {
    let first = DeviceInfo {
        model: Some("P8".to_owned()),
        phone_number: Some("+1 555 0100".to_owned()),
        enable_outbound_sms: Some(false),
        ..DeviceInfo::default()
    };
    let second = DeviceInfo {
        model: Some("P8".to_owned()),
        phone_number: Some(String::new()),
        os: Some("15".to_owned()),
        imei: Some(String::new()),
        enable_outbound_sms: Some(false),
        ..DeviceInfo::default()
    };
    let changes =
        DeviceInfo { phone_number: Some(String::new()), os: Some("15".to_owned()), ..DeviceInfo::default() };
    given::<Device>([registered()]).when(|device| change_info(device, &first)).then([told(first.clone())]);
    given::<Device>([registered(), told(first.clone())])
        .when(|device| change_info(device, &second))
        .then([told(changes)]);
    given::<Device>([registered(), told(first.clone())])
        .when(|device| change_info(device, &first))
        .then_nothing();
    given::<Device>([]).when(|device| change_info(device, &first)).then_refused(&Refusal::NotRegistered);
}

#[test]
fn descriptions_are_cut_to_1024_characters_and_the_cut_text_counts_as_known() {
    let long = DeviceInfo { os: Some("x".repeat(5000)), ..DeviceInfo::default() };
    let cut = told(DeviceInfo { os: Some("x".repeat(1024)), ..DeviceInfo::default() });
    given::<Device>([registered()]).when(|device| change_info(device, &long)).then([cut.clone()]);
    given::<Device>([registered(), cut]).when(|device| change_info(device, &long)).then_nothing();
}

#[test]
fn a_policy_is_offered_once_until_it_is_answered_or_changes() {
    let offer =
        |key: u32, policy: u8| move |device: &Device| offer_policy(device, policy_key(key), digest(policy));
    given::<Device>([registered()]).when(offer(1, 7)).then([policy_offered(1, 7)]);
    given::<Device>([registered(), policy_offered(1, 7)]).when(offer(2, 7)).then_nothing();
    given::<Device>([registered(), policy_offered(1, 7)]).when(offer(2, 8)).then([policy_offered(2, 8)]);
    let provisioned = [registered(), policy_offered(1, 7), policy_acknowledged(1, 2, 7)];
    given::<Device>(provisioned).when(offer(3, 7)).then([policy_offered(3, 7)]);
    given::<Device>([]).when(offer(1, 7)).then_refused(&Refusal::NotRegistered);
}

#[test]
fn the_acknowledged_policy_gets_a_final_key() {
    let device = given::<Device>([registered(), policy_offered(1, 7)])
        .when(|device| acknowledge(device, 1, 1, 2))
        .then([policy_acknowledged(1, 2, 7)]);
    assert_eq!(device.final_key_for(policy_key(1)), Some(policy_key(2)));
}

#[test]
fn a_repeated_acknowledgement_gets_the_same_final_key() {
    let device = given::<Device>([registered(), policy_offered(1, 7), policy_acknowledged(1, 2, 7)])
        .when(|device| acknowledge(device, 1, 1, 3))
        .then_nothing();
    assert_eq!(device.final_key_for(policy_key(1)), Some(policy_key(2)));
}

#[test]
fn only_the_key_offered_last_can_be_acknowledged() {
    let stale = Refusal::StalePolicyKey;
    given::<Device>([registered()]).when(|device| acknowledge(device, 1, 1, 2)).then_refused(&stale);
    given::<Device>([registered(), policy_offered(1, 7), policy_offered(2, 8)])
        .when(|device| acknowledge(device, 1, 1, 3))
        .then_refused(&stale);
    given::<Device>([registered(), policy_offered(1, 7), policy_acknowledged(1, 2, 7), policy_offered(3, 7)])
        .when(|device| acknowledge(device, 1, 1, 4))
        .then_refused(&stale);
    given::<Device>([]).when(|device| acknowledge(device, 1, 1, 2)).then_refused(&Refusal::NotRegistered);
}

#[test]
fn what_else_than_applied_fully_counts_is_a_matter_of_rules() {
    let allow = |status: u8| AcknowledgementRules {
        partial: status == 2,
        unapplied: status == 3,
        external: status == 4,
    };
    for status in [0, 2, 3, 4, 5, 255] {
        let declined = DeviceEvent::PolicyDeclined(PolicyDeclined { offered: policy_key(1), status });
        let device = given::<Device>([registered(), policy_offered(1, 7)])
            .when(|device| acknowledge(device, 1, status, 2))
            .then([declined.clone()]);
        assert_eq!(device.final_key_for(policy_key(1)), None);

        let outcome = given::<Device>([registered(), policy_offered(1, 7)])
            .when(|device| acknowledge_policy(device, policy_key(1), status, allow(status), policy_key(2)));
        if (2..=4).contains(&status) {
            let device = outcome.then([DeviceEvent::PolicyAcknowledged(PolicyAcknowledged {
                offered: policy_key(1),
                key: policy_key(2),
                status,
                digest: digest(7),
            })]);
            assert_eq!(device.final_key_for(policy_key(1)), Some(policy_key(2)));
        } else {
            outcome.then([declined]);
        }
    }
}

#[test]
fn a_device_that_takes_its_acknowledgement_back_has_no_valid_key_left() {
    let device = given::<Device>([registered(), policy_offered(1, 7), policy_acknowledged(1, 2, 7)])
        .when(|device| acknowledge(device, 1, 3, 3))
        .then([DeviceEvent::PolicyDeclined(PolicyDeclined { offered: policy_key(1), status: 3 })]);
    assert_eq!(check_policy_key(&device, Some(policy_key(2)), &digest(7)), Err(KeyFault::NotProvisioned));
}

#[test]
fn policy_keys_are_told_apart() {
    let check = |events: &[DeviceEvent], key: Option<u32>, required: EventHash| {
        let device: Device = crate::event::fold(events);
        check_policy_key(&device, key.and_then(PolicyKey::new), &required)
    };
    let mut history = vec![registered(), policy_offered(1, 7)];
    assert_eq!(
        check(&history, Some(1), digest(7)),
        Err(KeyFault::NotProvisioned),
        "a temporary key proves nothing"
    );
    history.push(policy_acknowledged(1, 2, 7));
    assert_eq!(check(&history, Some(2), digest(7)), Ok(()));
    assert_eq!(check(&history, Some(1), digest(7)), Err(KeyFault::WrongKey));
    assert_eq!(check(&history, Some(0), digest(7)), Err(KeyFault::NotProvisioned));
    assert_eq!(check(&history, None, digest(7)), Err(KeyFault::NotProvisioned));
    assert_eq!(check(&history, Some(2), digest(8)), Err(KeyFault::PolicyChanged));
    history.extend([policy_offered(3, 7)]);
    assert_eq!(check(&history, Some(2), digest(7)), Ok(()), "an offer takes nothing away");
    history.push(policy_acknowledged(3, 4, 7));
    assert_eq!(check(&history, Some(2), digest(7)), Ok(()), "requests in flight have the key before");
    assert_eq!(check(&history, Some(4), digest(7)), Ok(()));
    history.extend([policy_offered(5, 8), policy_acknowledged(5, 6, 8)]);
    assert_eq!(check(&history, Some(4), digest(8)), Err(KeyFault::PolicyChanged));
    assert_eq!(check(&history, Some(2), digest(8)), Err(KeyFault::WrongKey));
}

#[test]
fn a_reset_forgets_what_an_empty_ping_stands_for() {
    let ping = DeviceEvent::PingParametersChanged(PingParametersChanged {
        heartbeat_secs: 480,
        folders: vec![FolderId::INBOX],
    });
    let device = given::<Device>([registered(), ping])
        .when(|device| reset_sync_state(device, "asked for"))
        .then([DeviceEvent::SyncStateReset(SyncStateReset { cause: "asked for".to_owned() })]);
    assert_eq!(device.ping, None);
    given::<Device>([]).when(|device| reset_sync_state(device, "x")).then_refused(&Refusal::NotRegistered);
}

#[test]
fn ping_parameters_are_recorded_when_they_change() {
    let ping = |heartbeat_secs, folders: &[FolderId]| {
        DeviceEvent::PingParametersChanged(PingParametersChanged {
            heartbeat_secs,
            folders: folders.to_vec(),
        })
    };
    let both = [FolderId::INBOX, FolderId::SENT];
    given::<Device>([registered()])
        .when(|device| set_ping_parameters(device, 480, &[FolderId::SENT, FolderId::INBOX, FolderId::INBOX]))
        .then([ping(480, &both)]);
    given::<Device>([registered(), ping(480, &both)])
        .when(|device| set_ping_parameters(device, 480, &[FolderId::SENT, FolderId::INBOX]))
        .then_nothing();
    given::<Device>([registered(), ping(480, &both)])
        .when(|device| set_ping_parameters(device, 900, &both))
        .then([ping(900, &both)]);
    given::<Device>([])
        .when(|device| set_ping_parameters(device, 480, &both))
        .then_refused(&Refusal::NotRegistered);
}

#[test]
fn a_message_is_submitted_once() {
    let submitted = DeviceEvent::MessageSubmitted(message("m1"));
    given::<Device>([registered()])
        .when(|device| submit_message(device, message("m1"), Recognition::ById))
        .then([submitted.clone()]);
    given::<Device>([registered(), submitted])
        .when(|device| submit_message(device, message("m1"), Recognition::ById))
        .then_refused(&Refusal::AlreadySubmitted(ClientId::new("m1").unwrap()));
    given::<Device>([])
        .when(|device| submit_message(device, message("m1"), Recognition::ById))
        .then_refused(&Refusal::NotRegistered);
}

#[test]
fn a_message_known_by_its_content_alone_may_be_sent_again_after_minutes() {
    let first = message("digest");
    let submitted = DeviceEvent::MessageSubmitted(first.clone());
    let again = |minutes: i64| MessageSubmitted { at: first.at.plus_seconds(minutes * 60), ..first.clone() };
    let submit = |minutes, by| {
        let message = again(minutes);
        given::<Device>([registered(), submitted.clone()])
            .when(move |device| submit_message(device, message, by))
    };
    let refused = Refusal::AlreadySubmitted(ClientId::new("digest").unwrap());
    submit(15, Recognition::ByContent).then_refused(&refused);
    submit(60 * 24 * 7, Recognition::ById).then_refused(&refused);
    let device = submit(16, Recognition::ByContent).then([DeviceEvent::MessageSubmitted(again(16))]);
    let other =
        |now: &MessageSubmitted| device.last_other_submission(&now.client_id, Recognition::ByContent, now.at);
    assert_eq!(other(&again(16)), Some(first.at), "so that the two are told apart");
    assert_eq!(other(&again(31)), Some(first.at), "and a repetition of the second is the second");
    assert_eq!(other(&again(32)), Some(again(16).at));
    assert_eq!(device.last_other_submission(&first.client_id, Recognition::ById, again(60).at), None);
}

#[test]
fn messages_recorded_before_their_time_was_are_known_by_id_and_not_by_content() {
    let former: MessageSubmitted = MessageSubmittedV1 {
        client_id: ClientId::new("m1").unwrap(),
        recipients: 1,
        size: 2,
        save_in_sent: false,
    }
    .into();
    let device: Device = crate::event::fold(&[registered(), DeviceEvent::MessageSubmitted(former)]);
    let now = message("m1");
    assert!(device.has_submitted(&now.client_id, Recognition::ById, now.at));
    assert!(!device.has_submitted(&now.client_id, Recognition::ByContent, now.at));
}

#[test]
fn moves_are_remembered_for_as_many_items_as_one_request_may_name() {
    let moves: Vec<_> = (0..1000).map(|n| a_move(&format!("2:{n}"), &format!("3:{n}"))).collect();
    let recorded = DeviceEvent::ItemsMoved(ItemsMoved { moves: moves.clone() });
    let device = given::<Device>([registered()])
        .when(|device| record_moves(device, moves.clone()))
        .then([recorded.clone()]);
    assert_eq!(device.moved_to(&"2:0".parse().unwrap()), Some(&"3:0".parse().unwrap()));
    let further = [moves, vec![a_move("2:1000", "3:1000")]].concat();
    let device = given::<Device>([registered(), recorded])
        .when(|device| record_moves(device, further))
        .then([DeviceEvent::ItemsMoved(ItemsMoved { moves: vec![a_move("2:1000", "3:1000")] })]);
    assert_eq!(device.moved_to(&"2:0".parse().unwrap()), None, "memory is bounded");
    given::<Device>([registered()]).when(|device| record_moves(device, Vec::new())).then_nothing();
    given::<Device>([]).when(|device| record_moves(device, Vec::new())).then_refused(&Refusal::NotRegistered);
}

#[test]
fn a_sign_of_life_without_a_request_is_none() {
    let counters = DeviceSeen { requests: 3, bytes_in: 100, bytes_out: 2000 };
    given::<Device>([registered()]).when(|device| seen(device, counters)).then([DeviceEvent::Seen(counters)]);
    given::<Device>([registered()]).when(|device| seen(device, DeviceSeen::default())).then_nothing();
    given::<Device>([]).when(|device| seen(device, counters)).then_refused(&Refusal::NotRegistered);
}

#[test]
fn a_device_is_removed_once() {
    let removed = DeviceEvent::Removed(Empty {});
    given::<Device>([registered()]).when(remove).then([removed.clone()]);
    given::<Device>([registered(), removed]).when(remove).then_refused(&Refusal::NotRegistered);
}

#[test]
fn how_it_writes_its_id_is_kept_where_that_is_not_the_canonical_form() {
    let shown = ShownDeviceId::new("Phone1").unwrap();
    let told = Introduction { shown: shown.clone(), ..introduction() };
    let spelled = DeviceEvent::IdSpelled(DeviceIdSpelled { shown });
    given::<Device>([]).when(|device| register(device, &id(), &told)).then([registered(), spelled.clone()]);
    given::<Device>([registered()]).when(|device| register(device, &id(), &told)).then([spelled.clone()]);
    given::<Device>([registered(), spelled.clone()])
        .when(|device| register(device, &id(), &told))
        .then_nothing();
    let otherwise = Introduction { shown: ShownDeviceId::new("pHONE1").unwrap(), ..introduction() };
    given::<Device>([registered(), spelled])
        .when(|device| register(device, &id(), &otherwise))
        .then_nothing();
}

#[test]
fn marks_of_the_dummy_message_last_until_the_next_verdict() {
    let marked = |read, deleted| DeviceEvent::DummyMessageMarked(DummyMessageMarked { read, deleted });
    given::<Device>([registered()])
        .when(|device| mark_dummy_message(device, Some(true), false))
        .then([marked(true, false)]);
    let device = given::<Device>([registered(), marked(true, false)])
        .when(|device| mark_dummy_message(device, None, true))
        .then([marked(true, true)]);
    assert_eq!(mark_dummy_message(&device, Some(true), false), Ok(Vec::new()), "deleted stays deleted");
    let judged = judge_access(&device, "block", "rule").unwrap();
    let mut device = device;
    for event in &judged {
        crate::Aggregate::evolve(&mut device, event);
    }
    assert_eq!(device.dummy_message, DummyMessageMarked::default());
}
