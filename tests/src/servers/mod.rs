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
    net::{Ipv4Addr, TcpListener, TcpStream},
    path::Path,
    time::{Duration, Instant},
};

/// How long anything here waits for something that should happen at once, on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// A port nobody listens on now.
///
/// # Panics
/// When the machine has none left.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("no free port on 127.0.0.1");
    listener.local_addr().expect("a bound socket has an address").port()
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
