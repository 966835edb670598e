use syncledger_domain::{
    device::DeviceInfo,
    ids::{Address, ProtocolVersion},
};
use syncledger_wbxml::{Element, from_xml};

use super::{
    plan::{Answered, Facts, Step, plan},
    request::SettingsRequest,
    response::encode,
    status::PropertyStatus,
};

/// As the room would do it, with a log that takes everything. Returns what was stored, too.
fn answer_and_store(inner: &str, version: ProtocolVersion) -> (Element, Option<DeviceInfo>) {
    let document = from_xml(&format!("<Settings xmlns=\"Settings\">{inner}</Settings>")).unwrap();
    let Ok(request) = SettingsRequest::read(&document) else { return (encode(None), None) };
    let facts = Facts { version, address: Address::new("alice@example.com").unwrap() };
    let mut stored = None;
    let mut answered = Vec::new();
    for property in request.properties {
        answered.push(match plan(property, &facts) {
            Step::Answer(answer) => answer,
            Step::Store(info) => {
                stored = Some(info);
                Answered::DeviceInformation(PropertyStatus::Success)
            }
        });
    }
    (encode(Some(&answered)), stored)
}

#[track_caller]
fn check(version: ProtocolVersion, inner: &str, expected: &str) {
    let expected = from_xml(&format!("<Settings xmlns=\"Settings\">{expected}</Settings>")).unwrap();
    assert_eq!(answer_and_store(inner, version).0, expected, "{inner}");
}

#[track_caller]
fn check_oof_set(inner: &str, status: u16) {
    let expected = format!("<Status>1</Status><Oof><Status>{status}</Status></Oof>");
    check(ProtocolVersion::V14_1, &format!("<Oof><Set>{inner}</Set></Oof>"), &expected);
}

#[test]
fn properties_are_answered_in_the_devices_order() {
    let (answer, stored) = answer_and_store(
        "<UserInformation><Get/></UserInformation><DeviceInformation><Set><Model>iPhone15C2</Model><OS>iOS 17.5 \
         21F79</OS><OSLanguage>de-DE</OSLanguage><EnableOutboundSMS>1</EnableOutboundSMS></Set></DeviceInformation>",
        ProtocolVersion::V16_1,
    );
    let expected = "<Settings xmlns=\"Settings\"><Status>1</Status><UserInformation><Status>1</Status><Get><Accounts>\
                    <Account><EmailAddresses><SMTPAddress>alice@example.com</SMTPAddress>\
                    <PrimarySmtpAddress>alice@example.com</PrimarySmtpAddress></EmailAddresses></Account></Accounts>\
                    </Get></UserInformation><DeviceInformation><Status>1</Status></DeviceInformation></Settings>";
    assert_eq!(answer, from_xml(expected).unwrap());
    let expected = DeviceInfo {
        model: Some("iPhone15C2".into()),
        os: Some("iOS 17.5 21F79".into()),
        os_language: Some("de-DE".into()),
        enable_outbound_sms: Some(true),
        ..DeviceInfo::default()
    };
    assert_eq!(stored, Some(expected));
}

#[test]
fn up_to_14_0_addresses_stand_alone() {
    check(
        ProtocolVersion::V14_0,
        "<UserInformation><Get/></UserInformation>",
        "<Status>1</Status><UserInformation><Status>1</Status><Get><EmailAddresses>\
         <SMTPAddress>alice@example.com</SMTPAddress></EmailAddresses></Get></UserInformation>",
    );
}

#[test]
fn out_of_office_is_off_for_every_audience() {
    check(
        ProtocolVersion::V14_1,
        "<Oof><Get><BodyType>Text</BodyType></Get></Oof>",
        "<Status>1</Status><Oof><Status>1</Status><Get><OofState>0</OofState>\
         <OofMessage><AppliesToInternal/><Enabled>0</Enabled></OofMessage>\
         <OofMessage><AppliesToExternalKnown/><Enabled>0</Enabled></OofMessage>\
         <OofMessage><AppliesToExternalUnknown/><Enabled>0</Enabled></OofMessage></Get></Oof>",
    );
}

#[test]
fn out_of_office_cannot_be_switched_on_but_off_it_is() {
    check_oof_set("<OofState>0</OofState>", 1);
    check_oof_set("<OofState>1</OofState>", 7);
    let message = "<OofMessage><AppliesToInternal/><Enabled>1</Enabled><ReplyMessage>Away</ReplyMessage>\
                   <BodyType>Text</BodyType></OofMessage>";
    check_oof_set(&format!("<OofState>0</OofState>{message}"), 7);
    let times = "<StartTime>2024-08-01T06:00:00.000Z</StartTime><EndTime>2024-08-15T18:00:00.000Z</EndTime>";
    check_oof_set(&format!("<OofState>2</OofState>{times}{message}"), 7);
}

#[test]
fn malformed_out_of_office_has_its_status() {
    let start = "<StartTime>2024-08-01T06:00:00.000Z</StartTime>";
    let end = "<EndTime>2024-07-01T06:00:00.000Z</EndTime>";
    let internal = "<OofMessage><AppliesToInternal/><Enabled>0</Enabled></OofMessage>";
    check_oof_set(&format!("<OofState>2</OofState>{start}"), 2);
    check_oof_set(&format!("<OofState>2</OofState>{end}"), 2);
    check_oof_set(&format!("<OofState>2</OofState>{start}{end}"), 6);
    check_oof_set("<OofState>2</OofState><StartTime>soon</StartTime><EndTime>later</EndTime>", 2);
    check_oof_set("<OofState>3</OofState>", 2);
    check_oof_set(&format!("<OofState>0</OofState>{internal}{internal}"), 2);
    check_oof_set("<OofMessage><Enabled>0</Enabled></OofMessage>", 2);
    check_oof_set("<OofMessage><AppliesToInternal/><Enabled>yes</Enabled></OofMessage>", 2);
    check_oof_set("<OofMessage><AppliesToInternal/><ReplyMessage>x</ReplyMessage></OofMessage>", 2);
    let bare = "<Status>1</Status><Oof><Status>2</Status></Oof>";
    check(ProtocolVersion::V14_1, "<Oof/>", bare);
    check(ProtocolVersion::V14_1, "<Oof><Get/></Oof>", bare);
    check(ProtocolVersion::V14_1, "<Oof><Get><BodyType>RTF</BodyType></Get></Oof>", bare);
    check(ProtocolVersion::V14_1, "<Oof><Get><BodyType>Text</BodyType></Get><Set/></Oof>", bare);
}

#[test]
fn recovery_passwords_are_denied_by_policy() {
    let property = |inner: &str| format!("<DevicePassword>{inner}</DevicePassword>");
    let ends = |inner: &str, status: u16| {
        let expected = format!("<Status>1</Status>{}", property(&format!("<Status>{status}</Status>")));
        check(ProtocolVersion::V12_1, &property(inner), &expected);
    };
    ends("<Set><Password>1234</Password></Set>", 7);
    ends("<Set><Password/></Set>", 7);
    ends(&format!("<Set><Password>{}</Password></Set>", "x".repeat(256)), 5);
    ends("<Set/>", 2);
    ends("", 2);
}

#[test]
fn there_is_no_rights_management() {
    let asked = "<RightsManagementInformation><Get/></RightsManagementInformation>";
    let says = |status: u16| {
        format!(
            "<Status>1</Status><RightsManagementInformation><Status>{status}</Status></RightsManagementInformation>"
        )
    };
    check(ProtocolVersion::V14_1, asked, &says(168));
    check(ProtocolVersion::V14_0, asked, &says(2));
}

#[test]
fn device_information_that_is_none_is_a_protocol_error_of_its_own() {
    let bad = "<Status>1</Status><DeviceInformation><Status>2</Status></DeviceInformation>";
    for inner in [
        "",
        "<Set><Model>a</Model><Model>b</Model></Set>",
        "<Set><Model><OS/></Model></Set>",
        "<Set><EnableOutboundSMS>2</EnableOutboundSMS></Set>",
    ] {
        check(ProtocolVersion::V14_1, &format!("<DeviceInformation>{inner}</DeviceInformation>"), bad);
    }
    let (_, stored) =
        answer_and_store("<DeviceInformation><Set/></DeviceInformation>", ProtocolVersion::V14_1);
    assert_eq!(stored, Some(DeviceInfo::default()), "an empty Set sets nothing");
}

#[test]
fn one_malformed_property_leaves_the_others_alone() {
    check(
        ProtocolVersion::V14_1,
        "<UserInformation/><DevicePassword><Set><Password>1</Password></Set></DevicePassword>",
        "<Status>1</Status><UserInformation><Status>2</Status></UserInformation>\
         <DevicePassword><Status>7</Status></DevicePassword>",
    );
}

#[test]
fn a_request_that_is_no_list_of_different_properties_is_a_protocol_error() {
    let user = "<UserInformation><Get/></UserInformation>";
    for inner in [String::new(), format!("{user}{user}"), format!("{user}<Model>x</Model>")] {
        check(ProtocolVersion::V14_1, &inner, "<Status>2</Status>");
    }
}
