//! Device control as an administrator and a phone live it, with the real program: on Maildirs, and on Dovecot.

mod abq;
mod abq_rules;
mod anti_dos;
mod devices;
mod filters;
mod spelling;

/// A test of a place, on Maildirs and on Dovecot.
macro_rules! on_both {
    ($($life:ident: $files:ident, $dovecot:ident;)+) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $files() {
                let place = syncledger_tests::control::Place::files();
                $life(&place).await;
                place.world.finish();
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $dovecot() {
                let place = syncledger_tests::control::Place::dovecot();
                $life(&place).await;
                place.world.finish();
            }
        )+
    };
}
pub(crate) use on_both;
