//! Whole calls in the product's spelling, on a real data directory.

mod calls;
mod commands;
mod fields;

use std::ffi::OsString;

use serde_json::{Value, json};
use syncledger_commands::{raise_notice, start_node};
use syncledger_domain::{codes::USAGE, ids::NodeName, notices::Severity};

use super::*;
use crate::{
    commands::workbench::{ALICE, Workbench},
    config::Config,
};

fn os(words: &[String]) -> Vec<OsString> {
    words.iter().map(OsString::from).collect()
}

/// What a line tells on standard output, and its exit code.
async fn tell(bench: &Workbench, line: &str) -> (u8, Vec<Value>) {
    let words = [vec!["--dir".to_owned(), bench.dir.clone()], piped::words(line).unwrap()].concat();
    let (code, told) = output::captured(async {
        match hear(&os(&words)) {
            Heard::Command(command) => Box::pin(command.run()).await,
            Heard::Wrong(globals, refused) => refuse(&globals, refused),
            other => panic!("{line}: {other:?}"),
        }
    })
    .await;
    (code, told)
}

/// The envelope of a line.
async fn envelope(bench: &Workbench, line: &str) -> (u8, Value) {
    let (code, told) = tell(bench, &format!("--json {line}")).await;
    let [Value::String(text)] = told.as_slice() else { panic!("{line}: {told:?}") };
    (code, serde_json::from_str(text).unwrap())
}

/// The response of a line that must succeed.
async fn response(bench: &Workbench, line: &str) -> Value {
    let (code, mut envelope) = envelope(bench, line).await;
    assert_eq!((code, &envelope["ok"]), (0, &json!(true)), "{line}: {envelope}");
    envelope["response"].take()
}

/// A line that must be refused under this code, changing nothing.
async fn refused(bench: &Workbench, line: &str, code: &str) -> String {
    let before = bench.head().await;
    let (exit, envelope) = envelope(bench, line).await;
    let error = &envelope["error"];
    assert_eq!((&envelope["ok"], error["code"].as_str()), (&json!(false), Some(code)), "{line}: {envelope}");
    assert_eq!(exit, if code == USAGE { 64 } else { 1 }, "{line}");
    assert!(error["details"].is_object(), "{line}: {envelope}");
    assert_eq!(bench.head().await, before, "{line} changed something");
    error["message"].as_str().unwrap().to_owned()
}

/// What a log has that several nodes write to.
trait Nodes {
    /// The name of the node that has the data directory.
    fn own(&self) -> String;
    /// A node begins to serve.
    async fn starts(&self, node: &str);
    /// The server has something to tell.
    async fn notice(&self, subject: &str);
}

impl Nodes for Workbench {
    fn own(&self) -> String {
        Config::default().node_name().as_str().to_owned()
    }

    async fn starts(&self, node: &str) {
        let node = NodeName::new(node).unwrap();
        start_node::run(&self.node.repository, &self.node.admin(), &node, &[]).await.unwrap();
    }

    async fn notice(&self, subject: &str) {
        let (repository, issuer) = (&self.node.repository, self.node.admin());
        raise_notice::run(repository, &issuer, Severity::Warning, None, subject, "text").await.unwrap();
    }
}
