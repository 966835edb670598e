//! The composition root: parses the command line, wires ports to adapters and runs one subcommand.
//!
//! The CLI has no private channel into a running server: it opens the same log and issues the same commands, and the
//! server learns of them as it would from any other node.

mod args;
mod commands;
mod config;
mod connections;
mod local_delivery;
mod mail_servers;
mod node;
mod open_files;
mod output;
mod password;
mod progress;
mod refusal;
mod seals;
mod server;
mod system;

use std::process::ExitCode;

use clap::Parser;

/// Exit codes: 0 done, 1 refused or failed, 64 usage error.
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
    let args = match args::Args::try_parse() {
        Ok(args) => args,
        Err(error) => {
            let help = !error.use_stderr();
            // A closed pipe is no reason to fail.
            let _ = error.print();
            return if help { ExitCode::SUCCESS } else { ExitCode::from(EXIT_USAGE) };
        }
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("error: cannot start the runtime: {error}");
            return ExitCode::from(EXIT_FAILED);
        }
    };
    let json = args.json;
    match runtime.block_on(commands::run(args)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            output::failure(json, &error);
            ExitCode::from(EXIT_FAILED)
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
