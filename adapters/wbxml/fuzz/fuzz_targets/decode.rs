//! decode → encode → decode gives the same tree; nothing panics. The check itself is in the crate, where the smoke
//! test on stable Rust calls it, too.
#![no_main]

use libfuzzer_sys::fuzz_target;
use syncledger_wbxml::{Limits, fuzzing::round_trip};

fuzz_target!(|bytes: &[u8]| {
    if let Err(violation) = round_trip(bytes, &Limits::default()) {
        panic!("{violation}");
    }
});
