//! What device control costs: `cargo bench -p syncledger-tests --bench device_control`.
//!
//! * `gate`: the verdict on a device and the versions on offer to it, with a Device Control List of 100,000 entries, 1,000
//!   rules and 100 filters, as every request asks for them: for a device of the list, for one that the last rule
//!   matches, and for one nothing is about.
//! * `import`: 100,000 lines into an empty list, by the program itself (named by `SYNCLEDGER_BIN`, else built in
//!   release).

#![expect(clippy::unwrap_used, reason = "a bench that cannot go on has nothing better to do than to panic")]

use std::{fs, hint::black_box, path::Path, process::Command, time::Instant};

use criterion::{Criterion, criterion_group, criterion_main};
use syncledger_domain::{
    Aggregate,
    abq::{
        AbqEvent, AbqMode, CompiledRules, DeviceControl, DeviceStatus, DeviceStatusSet, EntryOrigin, Pair,
        Policy, RuleScope, RuleSet, Verdict, verdict,
    },
    eas_filter::{self, Client, Filters, Mode, Pool, Rule, parse_versions},
    event::Timestamp,
    ids::{AccountId, Address, DomainName, ProtocolVersion, ShownDeviceId},
};

const ENTRIES: usize = 100_000;
const RULES: i64 = 1000;
const FILTERS: usize = 100;

fn shown(text: &str) -> ShownDeviceId {
    ShownDeviceId::new(text).unwrap()
}

fn control() -> DeviceControl {
    let mut control = DeviceControl::default();
    for number in 0..ENTRIES {
        control.evolve(&AbqEvent::StatusSet(DeviceStatusSet {
            device: shown(&format!("ApplF17XK{number:06}")),
            account: None,
            status: DeviceStatus::ALL[number % 3],
            until: None,
            origin: EntryOrigin::Import,
        }));
    }
    for order in 0..RULES {
        let regex = match order % 4 {
            0 => format!("(?i)android{order:04}.*"),
            1 => format!("SAMSUNG{order:04}[0-9A-F]{{4,16}}"),
            2 => format!("(?:Appl|Tab){order:04}(?!X).*"),
            _ => format!("[a-z]*{order:04}"),
        };
        let status = DeviceStatus::Blocked;
        control.evolve(&AbqEvent::RuleSet(RuleSet { scope: RuleScope::Global, regex, status, order }));
    }
    control
}

fn filters() -> Filters {
    let mut filters = Filters::default();
    for number in 0..FILTERS {
        let rule = match number % 4 {
            0 => Rule::parse("contains", &format!("agent{number}")),
            1 => Rule::parse("regex", &format!("phone/{number}\\.[0-9]+")),
            2 => Rule::parse("and", &format!("domain=example.com,contains=model {number}")),
            _ => Rule::parse("account", &format!("user{number}@example.com")),
        };
        let (mode, versions) = (Mode::Limit, parse_versions("14.1").unwrap());
        let draft = eas_filter::Draft { rule: rule.unwrap(), mode, versions, blocking: false };
        for event in eas_filter::add(&filters.clone(), &draft, None).unwrap() {
            filters.evolve(&event);
        }
    }
    filters
}

fn bench_gate(criterion: &mut Criterion) {
    let (control, filters) = (control(), filters());
    let rules = CompiledRules::new(&control.rules);
    let policy = Policy { list: &control.list, rules: &rules, running: true, fail_closed: false };
    let address = Address::new("alice@example.com").unwrap();
    let account = AccountId::for_address(&address);
    let domain = DomainName::new("example.com").unwrap();
    let user_agent = "Apple-iPhone16C2/2201.100";
    let judge = |device: &ShownDeviceId| -> (Verdict, Pool) {
        let pair = Pair { device, account, domain: &domain };
        let now = Timestamp::from_seconds(1_714_554_753);
        let client = Client { user_agent, account, address: &address, domain: &domain };
        (
            verdict(&policy, AbqMode::Interactive, &pair, now),
            eas_filter::pool(&filters.list, &ProtocolVersion::SERVED, &client),
        )
    };
    let mut group = criterion.benchmark_group("gate");
    for (name, id) in
        [("listed", "ApplF17XK050000"), ("last rule", "phone0999"), ("unknown", "F8E0K2LQPX9ZT4VA7M3N")]
    {
        let device = shown(id);
        group.bench_function(name, |bencher| bencher.iter(|| black_box(judge(black_box(&device)))));
    }
    group.finish();
}

fn program() -> String {
    std::env::var("SYNCLEDGER_BIN").unwrap_or_else(|_| {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let mut build = Command::new("cargo");
        build.args(["build", "--locked", "--release", "-p", "syncledger"]).current_dir(root);
        assert!(build.status().unwrap().success());
        root.join("target/release/syncledger").to_string_lossy().into_owned()
    })
}

fn bench_import(_: &mut Criterion) {
    let (program, place) = (program(), tempfile::tempdir().unwrap());
    let data = place.path().join("data");
    let run = |arguments: &[&str]| {
        let done = Command::new(&program).arg("--dir").arg(&data).args(arguments).output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    };
    run(&["domain", "create", "example.com"]);
    let lines: Vec<_> = (0..ENTRIES).map(|number| format!("ApplF17XK{number:06}")).collect();
    let file = place.path().join("devices.txt");
    fs::write(&file, lines.join("\n")).unwrap();
    let begun = Instant::now();
    run(&["abq", "import", file.to_str().unwrap(), "Allowed"]);
    println!("import/{ENTRIES} lines: {:?}", begun.elapsed());
    let begun = Instant::now();
    run(&["abq", "import", file.to_str().unwrap(), "Allowed"]);
    println!("import/{ENTRIES} lines that change nothing: {:?}", begun.elapsed());
}

criterion_group!(benches, bench_gate, bench_import);
criterion_main!(benches);
