//! What every event log promises, one function per promise.
//!
//! `event_log_contract!(name, subject)` makes a module with one test per promise; `subject` is an async function that
//! makes an empty log of its own. A backend whose module is green keeps the contract of
//! `syncledger_domain::ports::event_log`.

#![expect(missing_docs, reason = "a promise's name is the promise")]
#![expect(
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    reason = "a broken promise panics: these are tests"
)]

pub mod append;
pub mod import;
pub mod read;
pub mod samples;
pub mod subscribe;

use std::{any::Any, fmt, sync::Arc, time::Duration};

use syncledger_domain::ports::event_log::EventLog;

/// An empty log under test.
pub struct Subject {
    /// The log.
    pub log: Arc<dyn EventLog>,
    _keep: Box<dyn Any + Send>,
}

impl Subject {
    /// A log, and what must live as long as it (a directory, a server).
    pub fn new(log: impl EventLog + 'static, keep: impl Any + Send) -> Self {
        Self { log: Arc::new(log), _keep: Box::new(keep) }
    }
}

impl fmt::Debug for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subject").finish_non_exhaustive()
    }
}

/// Waits for something that is bound to happen; half a minute without it is a failure, not bad luck.
pub async fn within_patience<T>(what: &str, future: impl Future<Output = T>) -> T {
    let patience = tokio::time::timeout(Duration::from_secs(30), future);
    patience.await.unwrap_or_else(|_| panic!("waited in vain for {what}"))
}

/// One test per promise of the event log.
#[macro_export]
macro_rules! event_log_contract {
    ($name:ident, $subject:ident) => {
        mod $name {
            $crate::event_log_contract! { @promises $subject;
                append: an_empty_log_has_nothing;
                append: events_come_back_as_they_were_appended;
                append: revisions_count_from_zero_and_positions_grow;
                append: a_wrong_expectation_is_a_conflict_that_names_the_actual_end;
                append: the_same_append_again_is_a_success_with_the_old_place;
                append: a_batch_that_is_only_partly_there_is_a_conflict;
                append: the_same_ids_in_another_stream_are_another_append;
                append: a_batch_without_events_is_refused;
                append: the_largest_append_is_taken_and_one_byte_more_is_refused;
                append: of_many_who_append_the_same_revision_exactly_one_wins;
                append: many_who_reload_after_a_conflict_all_get_their_turn;
                append: the_same_append_from_many_at_once_happens_once;
                append: nothing_becomes_visible_behind_a_reader;
                append: an_append_whose_caller_went_away_happens_whole_or_not_at_all;
                read: a_stream_is_read_in_pages;
                read: the_log_is_read_in_pages;
                read: a_prefix_selects_streams_by_name;
                read: a_prefix_selects_the_same_events_whether_rare_or_common;
                read: heads_are_those_of_the_asked_position;
                read: every_stream_is_a_chain;
                subscribe: a_subscription_catches_up_says_so_and_stays_live;
                subscribe: a_subscription_resumes_after_a_position;
                subscribe: subscribers_miss_nothing_while_many_append;
                subscribe: a_dropped_wait_loses_nothing;
                import: an_imported_log_is_the_same_log;
                import: appends_continue_an_imported_log;
                import: a_log_that_is_not_empty_takes_no_import;
                import: a_broken_batch_is_refused_whole;
                import: subscribers_see_imported_events;
            }
        }
    };
    (@promises $subject:ident; $($group:ident: $promise:ident;)+) => { $(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $promise() {
            let subject = super::$subject().await;
            let log = ::std::sync::Arc::clone(&subject.log);
            $crate::contract::event_log::$group::$promise(log).await;
        }
    )+ };
}
