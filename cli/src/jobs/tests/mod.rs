//! Nodes on one log in memory, with a mail server that does what it is told. Hours pass at once.

mod abq;
mod digest;
mod jails;
mod outbox;
mod retention;
mod run;
mod world;
