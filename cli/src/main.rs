//! The composition root: parses the command line, wires ports to adapters and runs one subcommand.
//!
//! The CLI has no private channel into a running server: it opens the same log and issues the same commands, and the
//! server learns of them as it would from any other node.

mod args;
mod codes;
mod commands;
mod config;
mod connections;
mod input_file;
mod jobs;
mod local_delivery;
mod mail_servers;
mod node;
mod open_files;
mod output;
mod password;
mod product;
mod progress;
mod refusal;
mod seals;
mod server;
mod system;

use std::{ffi::OsString, io::IsTerminal as _, process::ExitCode};

use clap::Parser as _;

use crate::product::Heard;

/// What a call exits with that was done.
const EXIT_DONE: u8 = 0;
/// What a call exits with that was refused or failed.
const EXIT_FAILED: u8 = 1;
/// What a wrong command line exits with.
const EXIT_USAGE: u8 = 64;

fn main() -> ExitCode {
    // Two libraries would otherwise each want to choose a provider of cryptography at first use.
    if rustls::crypto::ring::default_provider().install_default().is_err() {
        eprintln!("error: a provider of cryptography was installed before main");
        return ExitCode::from(EXIT_FAILED);
    }
    report_panics_without_content();
    let words: Vec<OsString> = std::env::args_os().skip(1).collect();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("error: cannot start the runtime: {error}");
            return ExitCode::from(EXIT_FAILED);
        }
    };
    ExitCode::from(runtime.block_on(run(&words)))
}

/// Runs what the words ask for; the exit code.
async fn run(words: &[OsString]) -> u8 {
    match product::hear(words) {
        Heard::Command(command) => command.run().await,
        Heard::Help(page) => {
            output::line(page.trim_end());
            EXIT_DONE
        }
        Heard::Wrong(globals, refused) => product::refuse(&globals, refused),
        Heard::Piped(globals) => piped(&globals).await.map_or_else(|code| code, |_| EXIT_DONE),
        Heard::Nothing(globals) if !std::io::stdin().is_terminal() => match piped(&globals).await {
            // There was nothing at all to read: who called is shown how to.
            Ok(0) => native(words).await,
            Ok(_) => EXIT_DONE,
            Err(code) => code,
        },
        Heard::Native | Heard::Nothing(_) => native(words).await,
    }
}

/// Runs one subcommand.
async fn native(words: &[OsString]) -> u8 {
    let argv = std::iter::once(OsString::from("syncledger")).chain(words.iter().cloned());
    let args = match args::Args::try_parse_from(argv) {
        Ok(args) => args,
        Err(help) if !help.use_stderr() => {
            // A closed pipe is no reason to fail.
            let _ = help.print();
            return EXIT_DONE;
        }
        Err(wrong) if words.iter().any(|word| word == "--json") => {
            let message = product::native::told_by(&wrong);
            output::failure(true, &refusal::Refused::new(codes::of_call(&wrong), message).into());
            return EXIT_USAGE;
        }
        Err(wrong) => {
            let _ = wrong.print();
            return EXIT_USAGE;
        }
    };
    let json = args.json;
    match Box::pin(commands::run(args)).await {
        Ok(()) => EXIT_DONE,
        Err(error) => {
            output::failure(json, &error);
            EXIT_FAILED
        }
    }
}

/// Runs the commands of standard input; how many lines there were, or the exit code when one failed.
async fn piped(globals: &product::Globals) -> Result<u64, u8> {
    let outcome =
        product::piped::run(globals, || product::piped::read_line(&mut std::io::stdin().lock())).await;
    match outcome {
        Ok(outcome) if outcome.failed == 0 => Ok(outcome.lines),
        Ok(_) => Err(EXIT_FAILED),
        Err(error) => {
            eprintln!("error: standard input cannot be read: {error}");
            Err(EXIT_FAILED)
        }
    }
}

/// A panic is a fault of ours and is contained where it happens; its text may hold a slice of a message, so only the
/// place is told, and the text where it is one of ours.
fn report_panics_without_content() {
    std::panic::set_hook(Box::new(|info| {
        let place = info.location().map(ToString::to_string).unwrap_or_default();
        let text = info.payload().downcast_ref::<&'static str>().copied().unwrap_or("(text withheld)");
        eprintln!("internal fault at {place}: {text}");
    }));
}
