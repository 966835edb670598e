//! Calls given to the program, and what became of them.

use std::{
    collections::BTreeMap,
    io::Write,
    process::{Command, Stdio},
    thread,
};

use serde_json::Value;
use syncledger_domain::codes::{ALL, INTERNAL};
use syncledger_tests::{binary, world::World};

use super::calls::quoted;

/// Longest text of a refusal: it names a value without repeating all of it.
const LONGEST_REFUSAL: usize = 3000;

/// What became of the lines.
pub(crate) struct Heard {
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) code: Option<i32>,
}

/// Gives all calls to one process, a line each.
pub(crate) fn piped(world: &World, calls: &[Vec<String>]) -> Heard {
    let lines: String = calls
        .iter()
        .map(|call| call.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ") + "\n")
        .collect();
    let mut program = Command::new(binary::program());
    program.arg("--dir").arg(world.dir()).args(["--json", "-"]);
    program.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = program.spawn().expect("the program starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    // It answers while it reads.
    let writer = thread::spawn(move || stdin.write_all(lines.as_bytes()));
    let output = child.wait_with_output().expect("it ends");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    let (stdout, stderr): (String, String) = (text(output.stdout), text(output.stderr));
    let written = writer.join().expect("no panic");
    let end: Vec<&str> = stderr.lines().rev().take(5).collect();
    assert!(written.is_ok(), "it ended before the last line, {}: {end:#?}", output.status);
    Heard { stdout, stderr, code: output.status.code() }
}

/// Exit codes by line, of those that failed, and what stands between.
pub(crate) fn failures(stderr: &str) -> (BTreeMap<usize, i32>, Vec<(usize, String)>) {
    let (mut failed, mut told, mut since) = (BTreeMap::new(), Vec::new(), Vec::new());
    for line in stderr.lines() {
        let parsed = line.strip_prefix("line ").and_then(|rest| rest.split_once(": failed, exit code "));
        let Some((number, code)) = parsed else {
            since.push(line);
            continue;
        };
        let number: usize = number.parse().expect("a number");
        failed.insert(number, code.parse().expect("a number"));
        told.push((number, since.join("\n")));
        since.clear();
    }
    assert!(since.is_empty(), "{since:?}");
    (failed, told)
}

/// What is wrong with the refusal of a call, if anything.
pub(crate) fn wrong(answer: &str, code: i32) -> Option<String> {
    let Ok(answer) = serde_json::from_str::<Value>(answer) else { return Some(format!("no JSON: {answer}")) };
    let told = answer["error"]["code"].as_str().unwrap_or_default();
    let message = answer["error"]["message"].as_str().unwrap_or_default();
    let stable = told != INTERNAL && ALL.iter().any(|(code, _)| *code == told);
    let right = answer["ok"] == false
        && stable
        && [1, 64].contains(&code)
        && !message.is_empty()
        && message.len() < LONGEST_REFUSAL;
    let head: String = message.chars().take(300).collect();
    (!right).then(|| format!("exit {code}, {told:?}, {} bytes: {head}", message.len()))
}
