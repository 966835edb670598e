//! Golden bytes of every event this build can read: `tests/golden/events/<kind of stream>/<name>.v<version>.hex`.
//!
//! What was written once must be read for ever, so the files are frozen: a change of a payload is a new version with
//! an upcaster, a new row of the catalogue, an example here and a new file. A file holds one block per example: the
//! value as comment, then its bytes in hex. New files are written by
//! `cargo test -p syncledger-domain --test golden_events -- --ignored`, which never touches one that exists.

#![expect(clippy::unwrap_used, reason = "a test that panics is a test that fails")]

mod abq;
mod device_control;
mod examples;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

use syncledger_domain::{
    Event,
    event::{
        Actor, CorrelationId, EventHash, Position, RecordedEvent, Revision, StreamId, Timestamp,
        catalogue::STORED_EVENTS,
    },
};
use uuid::Uuid;

use examples::Example;

/// Kind of stream, stored name, version.
type Key = (&'static str, &'static str, u16);

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/golden/events")
}

fn path_of((kind, name, version): Key) -> PathBuf {
    root().join(kind).join(format!("{name}.v{version}.hex"))
}

fn catalogue() -> BTreeSet<Key> {
    let listed = |(kind, types): &(&'static str, &'static [_])| {
        let kind: &'static str = kind;
        types.iter().map(move |event: &syncledger_domain::event::EventType| (kind, event.name, event.version))
    };
    STORED_EVENTS.iter().flat_map(listed).collect()
}

fn by_key() -> BTreeMap<Key, Vec<Example>> {
    let mut examples: BTreeMap<Key, Vec<Example>> = BTreeMap::new();
    for example in examples::all() {
        examples.entry((example.kind, example.name, example.version)).or_default().push(example);
    }
    examples
}

/// The blocks of a golden file.
fn read(path: &Path) -> Vec<Vec<u8>> {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let byte = |digits: &str| {
        u8::from_str_radix(digits, 16)
            .unwrap_or_else(|error| panic!("{}: '{digits}': {error}", path.display()))
    };
    let block = |block: &str| -> Option<Vec<u8>> {
        let hex: Vec<_> = block.lines().filter(|line| !line.starts_with('#')).collect();
        // A block of comments alone is the head of the file; an event without fields has a line `-`.
        (!hex.is_empty()).then(|| {
            hex.iter().flat_map(|line| line.split_whitespace()).filter(|d| *d != "-").map(byte).collect()
        })
    };
    text.split("\n\n").filter_map(block).collect()
}

fn written(key: Key, examples: &[Example]) -> String {
    let (kind, name, version) = key;
    let mut text = format!("# {name}, version {version}, in streams of kind {kind}; postcard.\n");
    for example in examples {
        text.push('\n');
        for line in format!("{:#?}", example.value).lines() {
            writeln!(text, "# {line}").unwrap();
        }
        if example.bytes.is_empty() {
            text.push_str("-\n");
        }
        for row in example.bytes.chunks(16) {
            let row: Vec<_> = row.iter().map(|byte| format!("{byte:02x}")).collect();
            writeln!(text, "{}", row.join(" ")).unwrap();
        }
    }
    text
}

/// An event of that kind of stream as the log would hand it out.
fn recorded((kind, name, version): Key, payload: Vec<u8>) -> RecordedEvent {
    let account = "0193b2c4-6f1e-7c3a-9d5b-2f4e6a8c0d1e";
    let stream = match kind {
        "domain" => "domain-example.com".to_owned(),
        "cos" => "cos-staff".to_owned(),
        "device" => format!("device-{account}-phone1"),
        "sync" => format!("sync-{account}-2-phone1"),
        "account" | "folders" => format!("{kind}-{account}"),
        _ => kind.to_owned(),
    };
    RecordedEvent {
        position: Position(1),
        stream: stream.parse::<StreamId>().unwrap(),
        revision: Revision(0),
        event_id: Uuid::nil(),
        event_type: name.to_owned(),
        version,
        recorded_at: Timestamp(0),
        actor: Actor::Device,
        correlation_id: CorrelationId(Uuid::nil()),
        key_id: None,
        payload,
        prev_hash: EventHash::ZERO,
        hash: EventHash::ZERO,
    }
}

#[test]
fn every_stored_event_has_an_example_and_every_example_is_in_the_catalogue() {
    let examples: BTreeSet<_> = by_key().into_keys().collect();
    assert_eq!(examples, catalogue());
}

#[test]
fn every_golden_event_is_written_and_read_as_ever() {
    for (key, examples) in by_key() {
        let golden = read(&path_of(key));
        assert_eq!(golden.len(), examples.len(), "{key:?}: blocks in the file and examples");
        for (bytes, example) in golden.into_iter().zip(examples) {
            assert_eq!(example.bytes, bytes, "{key:?} is written otherwise: {:?}", example.value);
            assert_eq!(Event::decode(&recorded(key, bytes)).as_ref(), Ok(&example.value), "{key:?}");
        }
    }
}

#[test]
fn no_golden_event_is_read_with_a_byte_more_or_less() {
    for key in catalogue() {
        for bytes in read(&path_of(key)) {
            let longer = [&bytes[..], &[0]].concat();
            assert!(Event::decode(&recorded(key, longer)).is_err(), "{key:?}");
            if let Some((_, shorter)) = bytes.split_last() {
                assert!(Event::decode(&recorded(key, shorter.to_vec())).is_err(), "{key:?}");
            }
        }
    }
}

#[test]
fn every_golden_file_is_used() {
    let used: BTreeSet<_> = catalogue().into_iter().map(path_of).collect();
    let mut there = BTreeSet::new();
    for kind in fs::read_dir(root()).unwrap() {
        let kind = kind.unwrap().path();
        assert!(kind.is_dir(), "{} does not belong here", kind.display());
        there.extend(fs::read_dir(kind).unwrap().map(|file| file.unwrap().path()));
    }
    assert_eq!(there, used);
}

#[test]
#[ignore = "writes the golden files that are missing; run it once for a new event, then commit the file"]
fn write_missing_golden_files() {
    for (key, examples) in by_key() {
        let path = path_of(key);
        if !path.exists() {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, written(key, &examples)).unwrap();
        }
    }
}
