//! A server program as a child process.

use std::{
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

/// Full path of a program.
///
/// # Panics
/// When it is not installed; names the Debian package.
pub(super) fn program(candidates: &[&str], package: &str) -> PathBuf {
    candidates.iter().map(PathBuf::from).find(|path| path.is_file()).unwrap_or_else(|| {
        panic!(
            "{} is missing: install the Debian package {package} (apt-get install {package})",
            candidates[0]
        )
    })
}

/// Runs a program to its end.
///
/// # Panics
/// When it fails.
pub(super) fn run(command: &mut Command) -> String {
    let output = command.stdin(Stdio::null()).output().unwrap_or_else(|e| panic!("{command:?}: {e}"));
    assert!(
        output.status.success(),
        "{command:?}: {}\n{}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// A running server: leader of its own process group, ended with all its children when dropped.
pub(super) struct Server {
    child: Child,
}

impl Server {
    pub(super) fn spawn(command: &mut Command) -> Self {
        use std::os::unix::process::CommandExt;
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
        Self { child: child.spawn().unwrap_or_else(|e| panic!("{command:?}: {e}")) }
    }

    /// Whether it has ended by itself.
    pub(super) fn has_ended(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(Some(_)) | Err(_))
    }

    /// Ends it: politely, then not.
    pub(super) fn stop(&mut self) {
        self.signal("TERM");
        let deadline = Instant::now() + Duration::from_secs(5);
        while !self.has_ended() && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(10));
        }
        self.signal("KILL");
        let _ = self.child.wait();
    }

    fn signal(&self, name: &str) {
        let group = format!("-{}", self.child.id());
        let kill = Command::new("sh")
            .args(["-c", "kill -s \"$0\" -- \"$1\"", name, &group])
            .stderr(Stdio::null())
            .status();
        let _ = kill;
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}
