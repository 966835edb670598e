//! Files of devices.

use super::*;
use crate::event::fold;
use DeviceStatus::{Allowed, Blocked};

#[test]
fn a_file_is_read_tolerantly_and_bad_lines_are_reported() {
    let text = "\u{feff}ApplF17\r\n\n  # mine \n SEC01 ,\nandroid1/alice@example.com;\nbad id\n a / b/c \nx/\n/y\ntablet,";
    let (good, bad) = parse_import(text).unwrap();
    let good: Vec<_> = good.iter().map(|line| (line.line, line.device.as_str(), line.account)).collect();
    let expected = [
        (1, "ApplF17", None),
        (4, "SEC01", None),
        (5, "android1", Some("alice@example.com")),
        (7, "a", Some("b/c")),
        (10, "tablet", None),
    ];
    assert_eq!(good, expected);
    let bad: Vec<_> = bad.iter().map(ToString::to_string).collect();
    let allowed = "1 to 128 letters, digits, '-', '_' or '.'";
    let expected = [
        format!("line 6: DeviceId 'bad id' is not valid: {allowed}"),
        "line 8: there is no account after the '/'".to_owned(),
        format!("line 9: DeviceId '' is not valid: {allowed}"),
    ];
    assert_eq!(bad, expected);
    assert!(parse_import("").unwrap().0.is_empty());
    assert_eq!(parse_import(&"\n".repeat(MAX_IMPORT_LINES + 1)), Err(Refusal::TooManyLines));
}

#[test]
fn an_import_changes_what_differs_and_counts_the_rest() {
    let control: DeviceControl = fold(&[
        status_set("same", None, Allowed),
        status_set("other", None, Blocked),
        status_until("over", None, Blocked, Some(NOW)),
    ]);
    let keys = [
        key("same", None),
        key("other", None),
        key("over", None),
        key("new", None),
        key("NEW", None),
        key("new", Some(alice())),
    ];
    let imported = import(&control, &keys, Allowed, None, NOW).unwrap();
    let counts = (imported.added, imported.updated, imported.unchanged, imported.duplicates);
    assert_eq!(counts, (3, 1, 1, 1));
    let mut after = control;
    imported.events.iter().for_each(|event| after.evolve(event));
    let origin = after.list.entry(&device("new").canonical(), None).unwrap().origin;
    assert_eq!(origin, EntryOrigin::Import);
    assert!(import(&after, &keys, Allowed, None, NOW).unwrap().events.is_empty());
    assert_eq!(
        import(&after, &keys, Allowed, Some(NOW), NOW),
        Err(Refusal::Expired { until: NOW, now: NOW })
    );
}

#[test]
fn copies_of_a_long_list_do_not_see_each_others_changes() {
    let keys: Vec<_> = (0..100_000).map(|n| key(&format!("Device{n:06}"), None)).collect();
    let imported = import(&DeviceControl::default(), &keys, Blocked, None, NOW).unwrap();
    let control: DeviceControl = fold(&imported.events);
    assert_eq!(control.list.len(), 100_000);
    let mut changed = control.clone();
    changed.evolve(&deleted("device050000", None));
    assert_eq!((control.list.len(), changed.list.len()), (100_000, 99_999));
    assert_eq!(judge(&control, AbqMode::Permissive, "device050000", alice(), NOW).decision, Decision::Block);
    assert_eq!(judge(&changed, AbqMode::Permissive, "device050000", alice(), NOW).decision, Decision::Allow);
}
