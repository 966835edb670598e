//! The event log's contract, for every backend.

#![expect(clippy::unwrap_used, reason = "these are tests, helpers included")]

use syncledger_domain::event::Position;
use syncledger_eventlog_memory::MemoryEventLog;
use syncledger_eventlog_sqlite::SqliteEventLog;
use syncledger_tests::{
    contract::event_log::{Subject, import::another_log, samples::whole_log},
    event_log_contract,
};

async fn in_memory() -> Subject {
    Subject::new(MemoryEventLog::new(), ())
}

async fn in_sqlite() -> Subject {
    let directory = tempfile::tempdir().unwrap();
    let log = SqliteEventLog::open(&directory.path().join("ledger.db")).await.unwrap();
    Subject::new(log, directory)
}

event_log_contract!(memory, in_memory);
event_log_contract!(sqlite, in_sqlite);

#[tokio::test]
async fn the_backends_that_number_positions_keep_those_of_an_imported_log() {
    for subject in [in_memory().await, in_sqlite().await] {
        let source = another_log();
        subject.log.import(true, source.clone()).await.unwrap();
        assert_eq!(whole_log(&*subject.log).await, source);
        assert_eq!(subject.log.head().await.unwrap(), Position(54));
    }
}
