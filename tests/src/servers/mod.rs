//! Real mail servers for tests: Dovecot and Exim as Debian packages them, each in its own temporary directory, on
//! free ports of 127.0.0.1, with its own certificate, and gone when dropped.
//!
//! A missing program is a failure that names the package. Everything here is blocking, so that it can be used from
//! plain tests; in asynchronous ones the calls are short enough (only `start` takes a noticeable moment).

mod certificate;
mod dovecot;
mod exim;
mod process;
mod raw_imap;

#[cfg(test)]
mod tests;

pub use certificate::Certificates;
pub use dovecot::{Dovecot, DovecotOptions, Folders, MASTER};
pub use exim::{Delivery, Smtp, SmtpOptions};
pub use raw_imap::RawImap;

use std::{
    fs::{self, File},
    net::{Ipv4Addr, TcpListener, TcpStream},
    ops::RangeInclusive,
    path::Path,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// Ports servers get: below those the kernel gives away by itself.
const PORTS: RangeInclusive<u16> = 12_000..=32_000;

/// How long anything here waits for something that should happen at once, on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// A port nobody listens on, and that no other test is given while this process runs.
///
/// # Panics
/// When the machine has none left.
pub fn free_port() -> u16 {
    // The files stay locked until this process ends: tests run in many processes at once, and a server binds its port only
    // a while after it was given one.
    static TAKEN: Mutex<Vec<File>> = Mutex::new(Vec::new());
    let locks = std::env::temp_dir().join("syncledger-test-ports");
    fs::create_dir_all(&locks).expect("a temporary directory");
    let span = u32::from(PORTS.end() - PORTS.start()) + 1;
    for attempt in 0..span {
        let offset = std::process::id().wrapping_mul(97).wrapping_add(attempt) % span;
        let port = PORTS.start() + u16::try_from(offset).expect("within the range of ports");
        let Ok(lock) = File::create(locks.join(port.to_string())) else { continue };
        if lock.try_lock().is_ok() && TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            TAKEN.lock().unwrap_or_else(PoisonError::into_inner).push(lock);
            return port;
        }
    }
    panic!("no free port on 127.0.0.1");
}

/// Asks again and again until the answer is there.
///
/// # Panics
/// When it is not there within [`PATIENCE`].
pub fn wait_until<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(Instant::now() < deadline, "waited {PATIENCE:?} in vain for {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn port_answers(port: u16) -> bool {
    TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok()
}

/// Who owns a directory made by this process: the user it runs as.
fn is_root(directory: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata(directory).expect("the directory was just made").uid() == 0
}

fn open_to_all(directory: &Path) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(directory, std::fs::Permissions::from_mode(0o755)).expect("our own directory");
}
