//! Bad values, by the kind of a parameter.

/// Far longer than anything may be.
const LONG: usize = 10_000;
const UNKNOWN_ID: &str = "27ee8dd9-d813-4ca7-a988-580df0027a58";

/// Bad values of a kind. Nothing of it may do anything.
pub(crate) fn bad(kind: &str) -> Vec<String> {
    let nested = format!("{}x{}", "(".repeat(LONG), ")".repeat(LONG));
    let long = "x".repeat(LONG);
    let words: &[&str] = match kind {
        "account" => &["nobody@example.com", "no address", UNKNOWN_ID, "a@b@c", "*"],
        "address" => &["no address", "@example.com", "new@", "a b@example.com"],
        "known" => &["stranger", "a b/c", "../../etc/passwd", "*"],
        "device" => &["a b/c", "d1/", "é"],
        "status" => &["Perhaps", "1", "-1", "Allowed,Blocked"],
        "regex" => &["(", "*", "[z-a]", "x{99999999}", "(?<n", "\\", "(?<=a*)b"],
        "rule" => &["no.such", "("],
        "order" => &["one", "1.5", "99999999999999999999", "-99999999999999999999"],
        "domain" => &["nowhere.example", "a b", UNKNOWN_ID],
        // Filters may be about what is to come: that is only a warning.
        "owner" => &["no address", "a@b@c", "*"],
        "owner_domain" => &["a b", "*"],
        "cos" => &["platinum", "a b"],
        "name" => &["a b", "a/b"],
        "readable" => &["/dev/zero", "/tmp", "../..", "/no/such/file", "/proc/self/mem"],
        "log" => &["/dev/zero", "/etc/shadow", "/etc/passwd.log", "/tmp", "..", "../..", "../../x.log"],
        "duration" => &["soon", "-1d", "1e9d", "7", "99999999999999999999d", "0d"],
        "future" => &["tomorrow", "2020-01-01T00:00:00Z", "2100-13-01T00:00:00Z", "1"],
        "mode" | "set_mode" => &["Perhaps", "1"],
        "rulespec" => &["x", "x=Perhaps@1", "(=Allowed@1", "x=Allowed@one", "=Allowed@1"],
        "interval" => &["soon", "-1m", "45", "5s", "99999999999999999999d", "100000d"],
        "message" => &["allowed", "1"],
        "locale" => &["no locale", "../..", "1"],
        "sender" => &["no address", "a@b\u{7}c", "a@example.com, b@example.com"],
        "line" => &["two\u{b}lines"],
        "text" => &["a\u{0}b"],
        "rule_type" => &["begins", "1"],
        "agent" => &["a\u{7}b"],
        "filter_mode" => &["most", "1"],
        "versions" => &["9.9", "14", "14.1;16.0", "new", "-14.1"],
        "composite" => &["x", "and=contains=x", "contains="],
        "filter" => &["77", "f77", "-1", "one", "99999999999999999999"],
        "filterspec" => &["x", "contains x limit 9.9", "regex ( limit 14.1", "contains x most 14.1"],
        "preset" => &["none", "1"],
        "number" => &["one", "-1", "1.5", "99999999999999999999"],
        "days" => &["one", "-1", "0", "36501", "99999999999999999999"],
        "level" => &["loud", "9"],
        "service" => &["telnet", "abq,anti-dos"],
        "node" => &["nowhere", "a b"],
        "scope" => &["galaxy", "1"],
        "policy" => &["AllowFlying", "abqMode"],
        "policy_value" => &["perhaps", "99"],
        "assignment" => &["abqMode", "=x", "abqMode=Perhaps", "noSuch=1", "pingMaxHeartbeat=one"],
        "attribute" => &["noSuch", "abq Mode"],
        "heartbeat" => &["one", "-5", "99999999999"],
        "eas_service" => &["Telnet", "EAS,Telnet", ","],
        "credential" => &["zzzzz", "*"],
        "folder" => &["9999", "-1", "one", "2", "99999999999999999999"],
        "folder_id" => &["-1", "one", "99999999999999999999"],
        "moment" | "moment_time" => &["yesterday", "-1", "2020-13-01"],
        "event" => &["nothing-happened"],
        "uuid" => &["1", "27ee8dd9"],
        "view" => &["nothing"],
        "boolean" | "set_boolean" => &["perhaps", "2"],
        "word" => &["x"],
        other => panic!("no kind {other}"),
    };
    let mut values: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
    values.push("\u{1}\u{7f}".to_owned());
    if kind == "regex" {
        values.push(nested);
    }
    // A body may be long.
    if kind != "text" {
        values.push(long);
    }
    // Nothing takes back what was set.
    if !["text", "line", "sender", "set_boolean", "set_mode", "heartbeat", "policy_value"].contains(&kind) {
        values.push(String::new());
    }
    values
}
