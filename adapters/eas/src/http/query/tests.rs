use base64::{Engine, prelude::BASE64_STANDARD};
use proptest::prelude::*;

use super::*;
use crate::ascmd::EasCommand;

const SYNC: &str = "jQAHBBJhbmRyb2lkYzEyMzQ1Njc4OTAEZLAFogdBbmRyb2lk";
const SMART_REPLY: &str = "jQMHBBJhbmRyb2lkYzEyMzQ1Njc4OTAEZLAFogdBbmRyb2lkAQEyAwQyOjQxBwEB";

#[test]
fn the_plain_form_is_read_in_any_case_and_order() {
    let query =
        parse("devicetype=Android&CMD=sync&user=alice%40example.com&DeviceID=androidC1234567890").unwrap();
    assert_eq!(query.verb, Some(Verb::Served(EasCommand::Sync)));
    assert_eq!(query.user.as_deref(), Some("alice@example.com"));
    assert_eq!(query.device_id, Ok(DeviceId::new("androidc1234567890").unwrap()));
    assert_eq!(query.device_type, Ok(DeviceType::new("Android").unwrap()));
    assert_eq!(query.blob, None);
}

#[test]
fn the_base64_form_names_the_same_device_and_carries_version_and_key() {
    let query = parse(SYNC).unwrap();
    let plain = parse("Cmd=Sync&DeviceId=androidc1234567890&DeviceType=Android").unwrap();
    assert_eq!(
        (&query.verb, &query.device_id, &query.device_type),
        (&plain.verb, &plain.device_id, &plain.device_type)
    );
    assert_eq!(
        query.blob,
        Some(Blob { version: Ok(ProtocolVersion::V14_1), policy_key: Some(2_718_281_828) })
    );
}

#[test]
fn parameters_of_the_base64_form_are_read() {
    let query = parse(SMART_REPLY).unwrap();
    assert_eq!(query.verb.unwrap().to_string(), "SmartReply");
    assert_eq!(query.parameters.collection_id.as_deref(), Some("2"));
    assert_eq!(query.parameters.item_id.as_deref(), Some("2:41"));
    assert!(query.parameters.save_in_sent && !query.parameters.accept_multipart);
}

#[test]
fn base64_is_read_url_safe_escaped_and_without_padding() {
    let blob = [&[141, 18, 9, 4, 16][..], &[0xFB; 16], &[0, 2], b"SP"].concat();
    let standard = BASE64_STANDARD.encode(&blob);
    assert!(standard.contains('+') && standard.ends_with('='), "{standard} shows nothing");
    let expected = parse(&standard).unwrap();
    assert_eq!(expected.device_id, Ok(DeviceId::new(&"fb".repeat(16)).unwrap()));
    assert_eq!(expected.blob.as_ref().unwrap().policy_key, None);
    let url_safe = standard.replace('+', "-").replace('/', "_");
    let escaped = standard.replace('+', "%2B").replace('/', "%2f").replace('=', "%3D");
    for same in [url_safe.as_str(), &escaped, standard.trim_end_matches('='), url_safe.trim_end_matches('=')]
    {
        assert_eq!(parse(same), Ok(expected.clone()), "{same}");
    }
}

#[test]
fn values_of_the_plain_form_are_unescaped_and_a_plus_stays_a_plus() {
    let query = parse("Cmd=SendMail&User=a+b%40c%XX%4&SaveInSent=T&DeviceId=1&DeviceType=S%FCd").unwrap();
    assert_eq!(query.user.as_deref(), Some("a+b@c%XX%4"));
    assert_eq!(query.device_type.unwrap().as_str(), "Süd");
    assert!(query.parameters.save_in_sent);
}

#[test]
fn what_is_missing_or_impossible_is_named() {
    let query = parse("Cmd=Sync&DeviceId=a/b").unwrap();
    assert!(query.device_id.unwrap_err().contains("a/b"));
    assert_eq!(query.device_type, Err("DeviceType missing".into()));
    assert_eq!(parse("Cmd=Sync").unwrap().device_id, Err("DeviceId missing".into()));
    assert_eq!(parse("User=alice&DeviceId=1").unwrap().verb, None);
}

#[test]
fn a_query_in_neither_form_is_refused_by_what_is_wrong_with_it() {
    let encoded = |bytes: &[u8]| BASE64_STANDARD.encode(bytes);
    let cases = [
        (String::new(), QueryError::Missing),
        ("hello world".into(), QueryError::NotBase64),
        (encoded(&[]) + "%", QueryError::NotBase64),
        (encoded(&[141]), QueryError::Truncated("command code")),
        (encoded(&[141, 0, 9]), QueryError::Truncated("locale")),
        (encoded(&[141, 0, 9, 4, 5, b'a']), QueryError::Truncated("device id")),
        (encoded(&[141, 0, 9, 4, 1, b'a', 3, 1, 2, 3, 0]), QueryError::PolicyKeyLength(3)),
        (encoded(&[141, 0, 9, 4, 1, b'a', 0, 3, b'S']), QueryError::Truncated("device type")),
        (encoded(&[141, 0, 9, 4, 1, b'a', 0, 1, b'S', 1, 9, b'2']), QueryError::Truncated("parameters")),
    ];
    for (query, expected) in cases {
        assert_eq!(parse(&query), Err(expected), "{query}");
    }
}

proptest! {
    #[test]
    fn no_query_line_panics(query in ".{0,200}") {
        let _ = parse(&query);
    }

    #[test]
    fn no_blob_panics(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = parse(&BASE64_STANDARD.encode(bytes));
    }

    #[test]
    fn what_is_written_into_a_blob_is_read_from_it(
        command in 0_u8..24,
        device in "[a-zA-Z0-9]{1,32}",
        key in proptest::option::of(any::<u32>()),
        device_type in "[ -~]{1,20}",
        collection in "[0-9]{1,5}",
        options in 0_u8..4,
    ) {
        let counted = |bytes: &[u8]| [&[u8::try_from(bytes.len()).unwrap()], bytes].concat();
        let blob = [
            vec![161, command, 0, 0],
            counted(device.as_bytes()),
            counted(&key.map(u32::to_le_bytes).map_or(vec![], Vec::from)),
            counted(device_type.as_bytes()),
            vec![1],
            counted(collection.as_bytes()),
            vec![7, 1, options],
        ]
        .concat();
        let query = parse(&BASE64_STANDARD.encode(blob)).unwrap();
        prop_assert_eq!(query.verb, Some(Verb::by_code(command)));
        prop_assert_eq!(query.device_id, Ok(DeviceId::new(&device).unwrap()));
        prop_assert_eq!(query.blob, Some(Blob { version: Ok(ProtocolVersion::V16_1), policy_key: key }));
        prop_assert_eq!(query.device_type, Ok(DeviceType::new(&device_type).unwrap()));
        prop_assert_eq!(query.parameters.collection_id, Some(collection));
        prop_assert_eq!(query.parameters.save_in_sent, options & 1 != 0);
        prop_assert_eq!(query.parameters.accept_multipart, options & 2 != 0);
    }
}
