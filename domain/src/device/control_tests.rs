//! Given/when/then of suspension, wipe, jail, access; the numbers of states; who is purged.

use super::*;
use crate::{
    anti_dos::Evidence,
    codes,
    device::purge::{Candidate, LastUse, Owner, candidates},
    event::{Timestamp, fold},
    ids::{AccountId, DeviceId},
    testing::{address, digest, given, policy_acknowledged, policy_key, policy_offered, registered},
};

const NOW: Timestamp = Timestamp(1_714_554_753_000_000);

fn suspended() -> DeviceEvent {
    DeviceEvent::SyncSuspended(Empty {})
}

fn resumed() -> DeviceEvent {
    DeviceEvent::SyncResumed(Empty {})
}

fn removed() -> DeviceEvent {
    DeviceEvent::Removed(Empty {})
}

fn reset() -> DeviceEvent {
    DeviceEvent::SyncStateReset(SyncStateReset { cause: "asked for".to_owned() })
}

fn speaks(version: ProtocolVersion) -> DeviceEvent {
    DeviceEvent::ProtocolVersionChanged(ProtocolVersionChanged { version })
}

fn wipe(account_only: bool) -> DeviceEvent {
    DeviceEvent::WipeRequested(WipeRequested { account_only })
}

fn sent() -> DeviceEvent {
    DeviceEvent::WipeSent(Empty {})
}

fn acknowledged(status: u8) -> DeviceEvent {
    DeviceEvent::WipeAcknowledged(WipeAcknowledged { status })
}

fn cancelled() -> DeviceEvent {
    DeviceEvent::WipeCancelled(Empty {})
}

fn released(cause: ReleaseCause) -> DeviceEvent {
    DeviceEvent::Released(DeviceReleased { cause })
}

fn jail_of(seconds: i64) -> DeviceJailed {
    let evidence = Evidence { requests: 151, span_ms: 29_850, window_ms: 30_000 };
    DeviceJailed { until: NOW.plus_seconds(seconds), evidence }
}

fn provisioned() -> Vec<DeviceEvent> {
    vec![registered(), policy_offered(1, 7), policy_acknowledged(1, 2, 7)]
}

fn after(events: &[DeviceEvent]) -> Vec<DeviceEvent> {
    [&provisioned(), events].concat()
}

fn device(events: &[DeviceEvent]) -> Device {
    fold(events)
}

#[test]
fn a_device_is_suspended_once_and_resumed_once() {
    given::<Device>(provisioned()).when(suspend).then([suspended()]);
    given::<Device>(after(&[suspended()])).when(suspend).then_nothing();
    given::<Device>(after(&[suspended()])).when(resume).then([resumed()]);
    given::<Device>(provisioned()).when(resume).then_nothing();
    given::<Device>([]).when(suspend).then_refused(&Refusal::NotRegistered);
    given::<Device>([]).when(resume).then_refused(&Refusal::NotRegistered);
}

#[test]
fn suspension_survives_resets_and_ends_with_the_device() {
    assert!(device(&after(&[suspended(), reset()])).suspended);
    assert!(!device(&after(&[suspended(), removed(), registered()])).suspended);
}

#[test]
fn a_resumed_device_must_provision_anew_and_keeps_what_its_ping_stands_for() {
    let ping = PingParametersChanged { heartbeat_secs: 480, folders: Vec::new() };
    let events = after(&[DeviceEvent::PingParametersChanged(ping.clone()), suspended(), resumed()]);
    let device = device(&events);
    assert_eq!(check_policy_key(&device, Some(policy_key(2)), &digest(7)), Err(KeyFault::NotProvisioned));
    assert_eq!(device.ping, Some(ping));
    assert_eq!(status(&device, Some(&digest(7))), Status::MustProvision);
}

#[test]
fn a_device_is_told_to_wipe_itself() {
    let order = |account_only: bool| move |device: &Device| request_wipe(device, account_only);
    given::<Device>(provisioned()).when(order(false)).then([wipe(false)]);
    given::<Device>(after(&[wipe(false)])).when(order(false)).then_nothing();
    given::<Device>(after(&[wipe(false), sent()])).when(order(false)).then_nothing();
    let failed = [wipe(false), sent(), acknowledged(2)];
    given::<Device>(after(&failed)).when(order(false)).then([wipe(false)]);
    given::<Device>([]).when(order(false)).then_refused(&Refusal::NotRegistered);
}

#[test]
fn a_device_that_never_provisioned_cannot_be_wiped_and_one_that_did_once_can() {
    let order = |device: &Device| request_wipe(device, false);
    given::<Device>([registered()]).when(order).then_refused(&Refusal::NotProvisionable);
    let declined = DeviceEvent::PolicyDeclined(PolicyDeclined { offered: policy_key(1), status: 3 });
    given::<Device>([registered(), policy_offered(1, 7), declined]).when(order).then([wipe(false)]);
    given::<Device>(after(&[suspended(), resumed()])).when(order).then([wipe(false)]);
    assert_eq!(Refusal::NotProvisionable.code(), codes::UNSUPPORTED_BY_DEVICE);
}

#[test]
fn an_account_only_wipe_needs_16_1_and_never_becomes_a_full_one() {
    let order = |device: &Device| request_wipe(device, true);
    let refused = Refusal::AccountOnlyUnsupported(Some(ProtocolVersion::V14_1));
    given::<Device>(provisioned()).when(order).then_refused(&refused);
    assert_eq!(refused.code(), codes::UNSUPPORTED_BY_DEVICE);
    assert_eq!(refused.to_string(), "the device speaks 14.1, and account-only wipes need 16.1");
    let newest = after(&[speaks(ProtocolVersion::V16_1)]);
    given::<Device>(newest.clone()).when(order).then([wipe(true)]);
    let pending = [newest, vec![wipe(false)]].concat();
    given::<Device>(pending).when(order).then([wipe(true)]);
    given::<Device>(after(&[wipe(true)])).when(|device| request_wipe(device, false)).then([wipe(false)]);
}

#[test]
fn the_order_is_recorded_as_sent_once_however_often_it_goes_out() {
    given::<Device>(after(&[wipe(false)])).when(mark_wipe_sent).then([sent()]);
    given::<Device>(after(&[wipe(false), sent()])).when(mark_wipe_sent).then_nothing();
    given::<Device>(after(&[wipe(false), sent(), acknowledged(2)])).when(mark_wipe_sent).then_nothing();
    given::<Device>(provisioned()).when(mark_wipe_sent).then_refused(&Refusal::NoWipePending);
    given::<Device>(after(&[wipe(false), sent(), acknowledged(1)]))
        .when(mark_wipe_sent)
        .then_refused(&Refusal::WipeDone);
    given::<Device>([]).when(mark_wipe_sent).then_refused(&Refusal::NotRegistered);
}

#[test]
fn a_device_answers_the_order_it_was_sent() {
    let answer = |status: u8| move |device: &Device| acknowledge_wipe(device, status);
    let pending = [wipe(false), sent()];
    let done = given::<Device>(after(&pending)).when(answer(1)).then([acknowledged(1)]);
    assert_eq!(done.policy, None);
    assert_eq!(done.barrier(), Some(Barrier::Wiped));
    let failed = given::<Device>(after(&pending)).when(answer(2)).then([acknowledged(2)]);
    assert_eq!(failed.barrier(), Some(Barrier::WipePending { account_only: false }));
    given::<Device>(after(&[wipe(false), sent(), acknowledged(2)])).when(answer(2)).then_nothing();
    given::<Device>(after(&[wipe(false), sent(), acknowledged(2)])).when(answer(1)).then([acknowledged(1)]);
    given::<Device>(after(&[wipe(false), sent(), acknowledged(1)])).when(answer(1)).then_nothing();
    given::<Device>(after(&[wipe(false), sent(), acknowledged(1)])).when(answer(2)).then_nothing();
    for not_told in [vec![], vec![wipe(false)], vec![wipe(false), sent(), cancelled()]] {
        given::<Device>(after(&not_told)).when(answer(1)).then_refused(&Refusal::NoWipePending);
    }
    given::<Device>([]).when(answer(1)).then_refused(&Refusal::NotRegistered);
    assert_eq!(Refusal::NoWipePending.code(), codes::CONFLICTING_PARAMETERS);
}

#[test]
fn a_wipe_is_cancelled_until_it_is_done() {
    for pending in [vec![wipe(false)], vec![wipe(true), sent()], vec![wipe(false), sent(), acknowledged(2)]] {
        let device = given::<Device>(after(&pending)).when(cancel_wipe).then([cancelled()]);
        assert_eq!(device.barrier(), None);
        assert!(device.policy.is_some(), "an order that was taken back took nothing away");
    }
    given::<Device>(provisioned()).when(cancel_wipe).then_nothing();
    given::<Device>(after(&[wipe(false), sent(), acknowledged(1)]))
        .when(cancel_wipe)
        .then_refused(&Refusal::WipeDone);
    given::<Device>([]).when(cancel_wipe).then_refused(&Refusal::NotRegistered);
}

#[test]
fn a_wiped_device_is_not_wiped_again_until_it_was_removed() {
    let done = [wipe(false), sent(), acknowledged(1)];
    for account_only in [false, true] {
        given::<Device>(after(&done))
            .when(|device| request_wipe(device, account_only))
            .then_refused(&Refusal::WipeDone);
    }
    assert_eq!(device(&after(&[&done[..], &[reset()]].concat())).barrier(), Some(Barrier::Wiped));
    let back = [&after(&done)[..], &[removed()], &provisioned()].concat();
    assert_eq!(device(&back).barrier(), None);
    given::<Device>(back).when(|device| request_wipe(device, false)).then([wipe(false)]);
}

#[test]
fn a_wipe_outranks_a_suspension() {
    let both = device(&after(&[suspended(), wipe(false)]));
    assert_eq!(both.barrier(), Some(Barrier::WipePending { account_only: false }));
    assert_eq!(status(&both, None), Status::WipeRequested);
    assert_eq!(device(&after(&[suspended(), wipe(false), cancelled()])).barrier(), Some(Barrier::Suspended));
}

#[test]
fn a_device_is_jailed_until_a_moment_and_then_free_without_an_event() {
    let jail_for = |seconds: i64| move |device: &Device| jail(device, jail_of(seconds), NOW);
    let jailed = |seconds| DeviceEvent::Jailed(jail_of(seconds));
    let device = given::<Device>([registered()]).when(jail_for(600)).then([jailed(600)]);
    assert_eq!(device.jailed_until(NOW), Some(NOW.plus_seconds(600)));
    assert_eq!(device.jailed_until(NOW.plus_seconds(599)), Some(NOW.plus_seconds(600)));
    assert_eq!(device.jailed_until(NOW.plus_seconds(600)), None);
    given::<Device>([registered(), jailed(600)]).when(jail_for(600)).then_nothing();
    given::<Device>([registered(), jailed(600)]).when(jail_for(599)).then_nothing();
    given::<Device>([registered(), jailed(600)]).when(jail_for(601)).then([jailed(601)]);
    given::<Device>([registered()]).when(jail_for(0)).then_nothing();
    given::<Device>([registered(), jailed(-1)]).when(jail_for(5)).then([jailed(5)]);
    given::<Device>([]).when(jail_for(5)).then_refused(&Refusal::NotRegistered);
}

#[test]
fn a_jailed_device_is_released_once() {
    let jailed = DeviceEvent::Jailed(jail_of(600));
    for cause in [ReleaseCause::Administrator, ReleaseCause::ServiceRestart] {
        let free = given::<Device>([registered(), jailed.clone()])
            .when(|device| release(device, cause, NOW))
            .then([released(cause)]);
        assert_eq!(free.jailed_until(NOW), None);
        given::<Device>([registered(), jailed.clone(), released(cause)])
            .when(|device| release(device, cause, NOW))
            .then_nothing();
        given::<Device>([registered(), jailed.clone()])
            .when(|device| release(device, cause, NOW.plus_seconds(600)))
            .then_nothing();
        given::<Device>([]).when(|device| release(device, cause, NOW)).then_refused(&Refusal::NotRegistered);
    }
}

#[test]
fn a_verdict_is_recorded_when_it_changes() {
    let judged = |verdict: &str, why: &str| {
        DeviceEvent::AccessJudged(AccessJudged { verdict: verdict.to_owned(), why: why.to_owned() })
    };
    let judge =
        |verdict: &'static str, why: &'static str| move |device: &Device| judge_access(device, verdict, why);
    given::<Device>([registered()]).when(judge("blocked", "rule 1")).then([judged("blocked", "rule 1")]);
    let blocked = [registered(), judged("blocked", "rule 1")];
    given::<Device>(blocked.clone()).when(judge("blocked", "rule 2")).then_nothing();
    given::<Device>(blocked).when(judge("allowed", "entry\n1")).then([judged("allowed", "entry1")]);
    given::<Device>([]).when(judge("allowed", "x")).then_refused(&Refusal::NotRegistered);
    let long: &'static str = "x".repeat(2000).leak();
    given::<Device>([registered()])
        .when(judge(long, long))
        .then([judged(&"x".repeat(64), &"x".repeat(1024))]);
}

#[test]
fn states_have_the_numbers_tools_know() {
    let required = digest(7);
    let numbers = [
        (vec![registered()], 1),
        (vec![registered(), policy_offered(1, 7)], 0),
        (provisioned(), 1),
        (after(&[suspended()]), 2),
        (after(&[wipe(false)]), 3),
        (after(&[wipe(false), sent(), acknowledged(2)]), 3),
        (after(&[wipe(false), sent(), acknowledged(1)]), 4),
        (after(&[wipe(true), sent()]), 5),
        (after(&[wipe(true), sent(), acknowledged(1)]), 6),
    ];
    for (events, number) in numbers {
        assert_eq!(status(&device(&events), Some(&required)).number(), number, "{events:?}");
    }
    assert_eq!(status(&device(&provisioned()), Some(&digest(8))), Status::MustProvision);
    assert_eq!(status(&device(&[registered(), policy_offered(1, 7)]), None), Status::Ok);
}

fn used(device: &str, days_ago: i64, owner: Owner, barrier: Option<Barrier>) -> LastUse {
    LastUse {
        account: AccountId::for_address(&address("alice@example.com")),
        device: DeviceId::new(device).unwrap(),
        last_used: NOW.plus_seconds(-days_ago * 86_400),
        owner,
        barrier,
    }
}

#[test]
fn devices_nobody_uses_go_the_longest_silent_first() {
    let devices = [
        used("new", 1, Owner::Active, None),
        used("edge", 90, Owner::Active, None),
        used("old", 91, Owner::Active, None),
        used("older", 400, Owner::Disabled, None),
        used("disabled", 5, Owner::Disabled, None),
        used("suspended", 400, Owner::Active, Some(Barrier::Suspended)),
        used("lost", 400, Owner::Disabled, Some(Barrier::WipePending { account_only: false })),
        used("wiped", 400, Owner::Active, Some(Barrier::Wiped)),
        used("orphan", 0, Owner::Gone, Some(Barrier::Suspended)),
    ];
    let going = |days| -> Vec<String> {
        candidates(devices.clone(), NOW, days).into_iter().map(|going| going.device.to_string()).collect()
    };
    assert_eq!(going(purge::DEFAULT_DAYS), ["older", "old", "orphan"]);
    assert_eq!(going(1), ["older", "old", "edge", "disabled", "orphan"]);
    assert_eq!(going(u32::MAX), ["orphan"]);
    let LastUse { account, device, last_used, owner, .. } = used("old", 91, Owner::Active, None);
    assert_eq!(
        candidates([used("old", 91, Owner::Active, None)], NOW, 90),
        [Candidate { account, device, last_used, owner }]
    );
}
