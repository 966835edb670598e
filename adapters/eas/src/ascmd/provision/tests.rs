use syncledger_domain::{
    device::DeviceInfo,
    ids::{PolicyKey, ProtocolVersion},
};
use syncledger_wbxml::{Element, Limits, from_xml};

use super::{
    plan::{Acknowledgement, Known, Outcome, Plan, Settled, Step, plan, settle},
    policy::{self, POLICY_TYPE_WBXML},
    request::{Defect, PolicyPart, ProvisionRequest},
    response::encode,
    status::{PolicyStatus, ProvisionStatus},
};
use crate::answer::CommonStatus;

const NEW: Known = Known { described: false };
const DESCRIBED: Known = Known { described: true };

fn read(inner: &str) -> Result<ProvisionRequest, Defect> {
    let xml = format!("<Provision xmlns=\"Provision\" xmlns:s=\"Settings\">{inner}</Provision>");
    ProvisionRequest::read(&from_xml(&xml).unwrap())
}

fn policy(inner: &str) -> String {
    format!("<Policies><Policy>{inner}</Policy></Policies>")
}

fn request(policy: PolicyPart) -> ProvisionRequest {
    ProvisionRequest { info: None, policy }
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
    assert_eq!(ProvisionRequest::read(&document), Ok(ProvisionRequest { info: Some(info), policy }));
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
    let expected = Plan::Do { info: None, step: Step::UnknownType("x".into()) };
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
    assert_eq!(syncledger_wbxml::encode(&encode(&settle(said(1), Outcome::Key(key)))), bytes);
    let wrong = encode(&settle(said(1), Outcome::WrongKey));
    let expected = format!(
        "<Provision xmlns=\"Provision\"><Status>1</Status><Policies><Policy><PolicyType>{POLICY_TYPE_WBXML}\
         </PolicyType><Status>5</Status></Policy></Policies></Provision>"
    );
    assert_eq!(wrong, from_xml(&expected).unwrap());
}

#[test]
fn the_policy_is_in_schema_order_and_its_digest_never_changes_by_accident() {
    let document = policy::document();
    let order = [
        "DevicePasswordEnabled",
        "AttachmentsEnabled",
        "AllowSimpleDevicePassword",
        "AllowStorageCard",
        "AllowWiFi",
        "AllowBluetooth",
        "AllowHTMLEmail",
        "MaxEmailBodyTruncationSize",
        "AllowSMIMESoftCerts",
        "AllowInternetSharing",
    ];
    let names: Vec<_> = document.elements().filter_map(|rule| rule.tag.name()).collect();
    let places: Vec<_> = order.iter().map(|name| names.iter().position(|n| n == name).unwrap()).collect();
    assert!(places.is_sorted(), "{names:?}");
    assert!(
        document.elements().all(|rule| !Element::is_empty(rule)),
        "no empty element, which some clients dislike"
    );
    // Another digest makes every device provision anew: change this only together with the policy.
    assert_eq!(
        policy::digest().to_string(),
        "8dc70784231691ca146ee43fd47631e4b2db4dfaf91082540314b1f05aaa3556"
    );
}
