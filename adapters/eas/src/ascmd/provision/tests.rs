//! Tests of the room's reading, rules and writing; the conversations are in the tests of the HTTP binding.

use syncledger_domain::{
    config::{Attributes, Scopes},
    device::{Barrier, DeviceInfo},
    ids::{PolicyKey, ProtocolVersion},
    policy::ATTRIBUTES,
};
use syncledger_wbxml::{Element, Limits, from_xml};

use super::{
    plan::{Acknowledgement, Known, Outcome, Plan, Settled, Step, plan, settle, settle_wipe},
    policy::{POLICY_TYPE_WBXML, Rules},
    request::{Defect, PolicyPart, ProvisionRequest, WipeAnswer},
    response::encode,
    status::{PolicyStatus, ProvisionStatus},
    wipe::{Order, Taken},
};
use crate::answer::CommonStatus;

const NEW: Known = Known { described: false, barrier: None };
const DESCRIBED: Known = Known { described: true, barrier: None };

fn read(inner: &str) -> Result<ProvisionRequest, Defect> {
    let xml = format!("<Provision xmlns=\"Provision\" xmlns:s=\"Settings\">{inner}</Provision>");
    ProvisionRequest::read(&from_xml(&xml).unwrap())
}

fn policy(inner: &str) -> String {
    format!("<Policies><Policy>{inner}</Policy></Policies>")
}

fn request(policy: PolicyPart) -> ProvisionRequest {
    ProvisionRequest { info: None, policy, wipe: None }
}

fn download(policy_type: &str) -> ProvisionRequest {
    request(PolicyPart::Download { policy_type: policy_type.into() })
}

fn said(status: u8) -> Step {
    let key = PolicyKey::new(7).unwrap();
    Step::Acknowledge(Acknowledgement { policy_type: POLICY_TYPE_WBXML.into(), key, status })
}

#[test]
fn the_first_phase_is_read_with_what_the_device_tells_about_itself() {
    // The request of MS-ASPROV, "Phase 1", as Android sends it.
    let bytes = [
        &b"\x03\x01\x6A\x00\x00\x0E\x45\x00\x12\x56\x48\x57\x03Pixel 8\x00\x01\x5A\x03Android 15\x00\x01"[..],
        b"\x60\x03Android-Mail/2024.11\x00\x01\x01\x01\x00\x0E\x46\x47\x48\x03MS-EAS-Provisioning-WBXML\x00\x01",
        b"\x01\x01\x01",
    ]
    .concat();
    let document = syncledger_wbxml::decode(&bytes, &Limits::default()).unwrap();
    let info = DeviceInfo {
        model: Some("Pixel 8".into()),
        os: Some("Android 15".into()),
        user_agent: Some("Android-Mail/2024.11".into()),
        ..DeviceInfo::default()
    };
    let policy = PolicyPart::Download { policy_type: POLICY_TYPE_WBXML.into() };
    assert_eq!(
        ProvisionRequest::read(&document),
        Ok(ProvisionRequest { info: Some(info), policy, wipe: None })
    );
}

#[test]
fn the_second_phase_is_read_in_any_order() {
    let expected =
        PolicyPart::Acknowledge { policy_type: POLICY_TYPE_WBXML.into(), key: 4_000_000_000, status: 2 };
    let (kind, key, status) = (
        format!("<PolicyType>{POLICY_TYPE_WBXML}</PolicyType>"),
        "<PolicyKey>4000000000</PolicyKey>",
        "<Status>2</Status>",
    );
    for inner in [format!("{kind}{key}{status}"), format!("{key}{status}{kind}")] {
        assert_eq!(read(&policy(&inner)).unwrap().policy, expected);
    }
}

#[test]
fn every_defect_has_a_name() {
    let kind = "<PolicyType>x</PolicyType>";
    let cases = [
        ("<Policies/>".to_owned(), Defect::NoPolicy),
        (policy(""), Defect::NoPolicyType),
        (policy("<PolicyType/>"), Defect::NoPolicyType),
        (policy(&format!("{kind}<Status>1</Status>")), Defect::Acknowledgement),
        (policy(&format!("{kind}<PolicyKey>5</PolicyKey>")), Defect::Acknowledgement),
        (policy(&format!("{kind}<PolicyKey>-5</PolicyKey><Status>1</Status>")), Defect::Acknowledgement),
        (policy(&format!("{kind}<PolicyKey>5</PolicyKey><Status>many</Status>")), Defect::Acknowledgement),
        ("<RemoteWipe/>".to_owned(), Defect::Wipe),
        ("<AccountOnlyRemoteWipe><Status>yes</Status></AccountOnlyRemoteWipe>".to_owned(), Defect::Wipe),
    ];
    for (inner, defect) in cases {
        assert_eq!(read(&inner), Err(defect), "{inner}");
        let Plan::Answer(settled) = plan(read(&inner), ProtocolVersion::V14_1, NEW) else {
            panic!("{inner}")
        };
        assert_eq!(settled.status, ProvisionStatus::ProtocolError);
    }
    assert!(matches!(read("<s:DeviceInformation/>"), Err(Defect::Info(_))));
    assert_eq!(read("").unwrap().policy, PolicyPart::Absent);
}

#[test]
fn device_information_is_asked_for_from_14_1_on_unless_the_device_has_told_before() {
    let needs = |version, known| {
        let answer = plan(Ok(download(POLICY_TYPE_WBXML)), version, known);
        matches!(
            answer,
            Plan::Answer(Settled {
                status: ProvisionStatus::Common(CommonStatus::DeviceInformationRequired),
                ..
            })
        )
    };
    for version in [ProtocolVersion::V14_1, ProtocolVersion::V16_0, ProtocolVersion::V16_1] {
        assert!(needs(version, NEW) && !needs(version, DESCRIBED), "{version}");
    }
    assert!(!needs(ProtocolVersion::V12_1, NEW) && !needs(ProtocolVersion::V14_0, NEW));
}

#[test]
fn key_0_was_never_given_out() {
    let request =
        request(PolicyPart::Acknowledge { policy_type: POLICY_TYPE_WBXML.into(), key: 0, status: 1 });
    let Plan::Answer(settled) = plan(Ok(request), ProtocolVersion::V14_1, NEW) else {
        panic!("nothing is to be done")
    };
    assert_eq!(settled.policy.unwrap().status, PolicyStatus::WrongPolicyKey);
}

#[test]
fn a_type_nobody_knows_is_not_offered() {
    let expected = Plan::Do { info: None, step: Step::UnknownType("x".into()), order: None };
    assert_eq!(plan(Ok(download("x")), ProtocolVersion::V14_0, NEW), expected);
}

#[test]
fn a_policy_that_is_not_applied_says_why_the_device_stays_out() {
    let ends = |status| settle(said(status), Outcome::Declined).status;
    assert_eq!(ends(2), ProvisionStatus::Common(CommonStatus::DeviceNotFullyProvisionable));
    assert_eq!(ends(3), ProvisionStatus::Common(CommonStatus::DeviceNotFullyProvisionable));
    assert_eq!(ends(4), ProvisionStatus::Common(CommonStatus::ExternallyManagedDevicesNotAllowed));
    assert_eq!(ends(77), ProvisionStatus::ProtocolError);
}

#[test]
fn the_final_answer_has_the_published_bytes() {
    let key = PolicyKey::new(2_718_281_828).unwrap();
    let bytes = [
        &b"\x03\x01\x6A\x00\x00\x0E\x45\x4B\x031\x00\x01\x46\x47\x48\x03MS-EAS-Provisioning-WBXML\x00\x01\x4B\x031"[..],
        b"\x00\x01\x49\x032718281828\x00\x01\x01\x01\x01",
    ]
    .concat();
    assert_eq!(syncledger_wbxml::encode(&encode(&settle(said(1), Outcome::Accepted(key)))), bytes);
    let wrong = encode(&settle(said(1), Outcome::WrongKey));
    let expected = format!(
        "<Provision xmlns=\"Provision\"><Status>1</Status><Policies><Policy><PolicyType>{POLICY_TYPE_WBXML}\
         </PolicyType><Status>5</Status></Policy></Policies></Provision>"
    );
    assert_eq!(wrong, from_xml(&expected).unwrap());
}

fn rules(values: &[(&str, &str)]) -> Rules {
    let values = values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let account = Attributes(values);
    Rules::of(&Scopes { account: Some(&account), ..Scopes::default() })
}

fn names(rules: &Rules) -> Vec<&'static str> {
    rules.document().elements().filter_map(|rule| rule.tag.name()).collect()
}

#[test]
fn the_default_policy_demands_nothing_and_its_digest_never_changes_by_accident() {
    let default = rules(&[]);
    let names = names(&default);
    assert_eq!(names[..3], ["DevicePasswordEnabled", "RequireStorageCardEncryption", "AttachmentsEnabled"]);
    assert!(
        default.document().elements().all(|rule| !Element::is_empty(rule)),
        "no empty element, which some clients dislike"
    );
    for restriction in ["MinDevicePasswordLength", "MaxEmailAgeFilter", "ApprovedApplicationList"] {
        assert!(!names.contains(&restriction), "{restriction}");
    }
    // Another digest makes every device provision anew: change this only together with the policy.
    assert_eq!(
        default.digest().to_string(),
        "fe82784bacbe450f7974503d9ede041ffed4aab47f0fd3a04aede2af189c174e"
    );
}

#[test]
fn the_protocol_knows_every_element_a_policy_may_have() {
    let hash = "da39a3ee5e6b4b0d3255bfef95601890afd80709";
    let strict = [
        ("DevicePasswordEnabled", "true"),
        ("MinDevicePasswordComplexCharacters", "3"),
        ("DevicePasswordExpiration", "90"),
        ("MaxCalendarAgeFilter", "5"),
        ("MaxEmailAgeFilter", "5"),
        ("MaxEmailBodyTruncationSize", "10"),
        ("MaxEmailHTMLBodyTruncationSize", "500"),
        ("UnapprovedInROMApplication", "Solitaire,Chess"),
        ("ApprovedApplication", hash),
    ];
    let strict = rules(&strict);
    let names = names(&strict);
    // None of these is sent under its own name, or at all.
    let unsent = [
        "RefreshInterval",
        "DeviceEncryptionEnabled",
        "SuppressDeviceEncryption",
        "UnapprovedInROMApplication",
        "ApprovedApplication",
    ];
    for attribute in ATTRIBUTES.iter().filter(|attribute| !unsent.contains(&attribute.name)) {
        assert!(names.contains(&attribute.name), "{}", attribute.name);
    }
    let document = strict.document();
    let inner = |name: &str| -> Vec<String> {
        let list = document.elements().find(|rule| rule.tag.name() == Some(name)).unwrap();
        list.elements().map(|item| format!("{}={}", item.tag.name().unwrap(), item.text_lossy())).collect()
    };
    assert_eq!(
        inner("UnapprovedInROMApplicationList"),
        ["ApplicationName=Solitaire", "ApplicationName=Chess"]
    );
    assert_eq!(inner("ApprovedApplicationList"), [format!("Hash={hash}")]);
    assert_ne!(strict.digest(), rules(&[]).digest());
}

#[test]
fn where_no_policy_is_required_none_is_told() {
    let off = rules(&[("policyRequired", "false"), ("AllowCamera", "0"), ("DevicePasswordEnabled", "true")]);
    assert_eq!(off, rules(&[]));
    assert_ne!(rules(&[("AllowCamera", "0")]), off);
}

const WIPE: Known = Known { described: false, barrier: Some(Barrier::WipePending { account_only: false }) };
const ACCOUNT_WIPE: Known =
    Known { described: false, barrier: Some(Barrier::WipePending { account_only: true }) };
const WIPED: Known = Known { described: true, barrier: Some(Barrier::Wiped) };

fn answered(name: &str, status: u8) -> String {
    format!("<{name}><Status>{status}</Status></{name}>")
}

#[test]
fn while_a_wipe_is_pending_every_request_is_answered_with_the_order() {
    let offer = policy(&format!("<PolicyType>{POLICY_TYPE_WBXML}</PolicyType>"));
    for version in ProtocolVersion::SERVED {
        let ordered = |inner: &str| plan(read(inner), version, WIPE);
        let order = Some(Order::Device);
        assert_eq!(ordered(""), Plan::Do { info: None, step: Step::Record, order });
        assert!(matches!(ordered("<Policies/>"), Plan::Order(Order::Device)), "malformed");
        match ordered(&offer) {
            Plan::Do { step: Step::Offer(_), order, .. } => assert_eq!(order, Some(Order::Device)),
            // The device has not told about itself, which does not matter any more.
            Plan::Order(order) => assert!(order == Order::Device && version >= ProtocolVersion::V14_1),
            other => panic!("{version}: {other:?}"),
        }
    }
}

#[test]
fn an_account_only_order_goes_to_those_who_know_it_and_to_others_none() {
    let order = |version| plan(read(""), version, ACCOUNT_WIPE);
    let known = Plan::Do { info: None, step: Step::Record, order: Some(Order::Account) };
    assert_eq!(order(ProtocolVersion::V16_1), known);
    for version in [ProtocolVersion::V12_1, ProtocolVersion::V14_1, ProtocolVersion::V16_0] {
        assert!(matches!(order(version), Plan::KeepOut(_)), "{version}");
    }
}

#[test]
fn the_answer_to_a_wipe_counts_for_the_order_that_stands() {
    let said = |name: &str, status, known| plan(read(&answered(name, status)), ProtocolVersion::V16_1, known);
    let taken = |account_only, status, order| Plan::TakeAnswer {
        answer: WipeAnswer { account_only, status },
        order: Some(order),
    };
    assert_eq!(said("RemoteWipe", 1, WIPE), taken(false, 1, Order::Device));
    assert_eq!(said("RemoteWipe", 2, WIPE), taken(false, 2, Order::Device));
    assert_eq!(said("AccountOnlyRemoteWipe", 1, ACCOUNT_WIPE), taken(true, 1, Order::Account));
    // Told to erase everything, and then the account alone: everything is gone.
    assert_eq!(said("RemoteWipe", 1, ACCOUNT_WIPE), taken(false, 1, Order::Account));
    // The other way about the device is still full.
    let again = Plan::Do { info: None, step: Step::Record, order: Some(Order::Device) };
    assert_eq!(said("AccountOnlyRemoteWipe", 1, WIPE), again);
}

#[test]
fn a_wiped_device_may_repeat_its_answer_and_nothing_else() {
    let after = |inner: &str| plan(read(inner), ProtocolVersion::V14_1, WIPED);
    assert_eq!(after(&answered("RemoteWipe", 1)), Plan::Answer(Settled::status(ProvisionStatus::Success)));
    for inner in ["", "<Policies/>", &policy(&format!("<PolicyType>{POLICY_TYPE_WBXML}</PolicyType>"))] {
        assert!(matches!(after(inner), Plan::KeepOut(_)), "{inner}");
    }
}

#[test]
fn orders_and_what_follows_them_have_the_published_bytes() {
    let ends = |settled: Settled| syncledger_wbxml::encode(&encode(&settled));
    let success = || Settled::status(ProvisionStatus::Success);
    let order = b"\x03\x01\x6A\x00\x00\x0E\x45\x4B\x031\x00\x01\x0C\x01";
    assert_eq!(ends(Settled { order: Some(Order::Device), ..success() }), order);
    let account_only = b"\x03\x01\x6A\x00\x00\x0E\x45\x4B\x031\x00\x01\x3B\x01";
    assert_eq!(ends(Settled { order: Some(Order::Account), ..success() }), account_only);
    let (done, again) = settle_wipe(Taken::Done);
    assert_eq!((ends(done), again), (b"\x03\x01\x6A\x00\x00\x0E\x45\x4B\x031\x00\x01\x01".to_vec(), false));
    assert_eq!(settle_wipe(Taken::Failed), (Settled::status(ProvisionStatus::ProtocolError), true));
    assert_eq!(settle_wipe(Taken::NotAsked), (success(), true));
}
