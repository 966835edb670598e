//! The real program as a child process: single calls of the command line, and a node that serves.
//!
//! The program is the one named by `SYNCLEDGER_BIN`, else the one in the target directory the tests were built in.

#![expect(clippy::missing_panics_doc, reason = "helpers of tests: a panic is how they fail")]

use std::{
    fs::{self, File},
    hash::{BuildHasher, RandomState},
    net::{Ipv4Addr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    time::{Duration, Instant},
};

use crate::servers::wait_until;

/// Ports for nodes: below those the system gives to outgoing connections, so that nobody takes one while its node is
/// down between two runs.
const PORTS: std::ops::Range<u16> = 10_000..30_000;

/// Path of the program.
pub fn program() -> PathBuf {
    if let Some(named) = std::env::var_os("SYNCLEDGER_BIN") {
        return named.into();
    }
    let here = std::env::current_exe().expect("a running program has a path");
    // target/<profile>/deps/<test>
    let built = here.parent().and_then(Path::parent).map(|profile| profile.join("syncledger"));
    match built.filter(|path| path.is_file()) {
        Some(path) => path,
        None => panic!("the program is not there: run `cargo build -p syncledger` first"),
    }
}

/// How one call of the command line ended.
#[derive(Debug)]
pub struct Ran {
    /// What was called.
    pub call: String,
    /// How it exited.
    pub status: ExitStatus,
    /// Its standard output.
    pub stdout: String,
    /// Its standard error.
    pub stderr: String,
}

impl Ran {
    /// The output of a call that must succeed.
    #[track_caller]
    pub fn ok(self) -> String {
        assert!(self.status.success(), "{self:?}");
        self.stdout
    }

    /// The output of a call that must succeed, as JSON.
    #[track_caller]
    pub fn json(self) -> serde_json::Value {
        let text = self.ok();
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
    }

    /// What a call that must be refused (exit code 1) says about it.
    #[track_caller]
    pub fn refused(self) -> String {
        assert_eq!(self.status.code(), Some(1), "{self:?}");
        self.stderr
    }
}

/// Calls the program on a data directory and waits for its end.
pub fn call(dir: &Path, arguments: &[&str]) -> Ran {
    let output = Command::new(program())
        .arg("--dir")
        .arg(dir)
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .expect("the program starts");
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    Ran {
        call: arguments.join(" "),
        status: output.status,
        stdout: text(output.stdout),
        stderr: text(output.stderr),
    }
}

/// A port for a node.
pub fn port() -> u16 {
    let random = RandomState::new();
    let width = u64::from(PORTS.end - PORTS.start);
    (0_u64..1000)
        .map(|n| PORTS.start + u16::try_from(random.hash_one(n) % width).expect("less than 65536"))
        .find(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok())
        .expect("a free port")
}

/// Memory of a process, in KiB.
#[derive(Clone, Copy, Debug)]
pub struct Memory {
    /// Now (`VmRSS`).
    pub resident: u64,
    /// The most it ever was (`VmHWM`).
    pub peak: u64,
}

/// A node that serves.
pub struct Binary {
    child: Child,
    ended: bool,
}

impl Binary {
    /// Starts `serve` on a data directory; with a port on 127.0.0.1, else where the configuration says. What it logs
    /// goes behind what is in `log` already. Returns at once.
    pub fn spawn(dir: &Path, port: Option<u16>, log: &Path) -> Self {
        Self::spawn_as(dir, port, log, None)
    }

    /// As [`Binary::spawn`], under a name of its own: for several nodes on one directory.
    pub fn spawn_as(dir: &Path, port: Option<u16>, log: &Path, node: Option<&str>) -> Self {
        let log = File::options().create(true).append(true).open(log).expect("own directory");
        let mut command = Command::new(program());
        command.arg("--dir").arg(dir).arg("serve");
        if let Some(port) = port {
            command.args(["--listen", &format!("127.0.0.1:{port}")]);
        }
        if let Some(node) = node {
            command.args(["--node", node]);
        }
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn();
        Self { child: child.expect("the program starts"), ended: false }
    }

    /// Waits until it takes connections on a port of 127.0.0.1.
    pub fn wait_until_serving(&mut self, port: u16) {
        wait_until("the node to serve", || {
            assert!(self.child.try_wait().expect("own child").is_none(), "the node ended at once");
            TcpStream::connect((Ipv4Addr::LOCALHOST, port)).ok().map(drop)
        });
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Ends it as an operator does, by SIGTERM, and says how it exited and how long that took.
    pub fn terminate(&mut self) -> (ExitStatus, Duration) {
        let since = Instant::now();
        self.signal_to_end();
        let status = wait_until("the node to end", || self.child.try_wait().expect("own child"));
        self.ended = true;
        (status, since.elapsed())
    }

    /// Sends SIGTERM and does not wait.
    pub fn signal_to_end(&self) {
        self.signal("TERM");
    }

    /// Sends a signal, by name.
    pub fn signal(&self, name: &str) {
        let sent = Command::new("kill").args(["-s", name, &self.pid().to_string()]).status();
        assert!(sent.is_ok_and(|status| status.success()), "the node has ended by itself");
    }

    /// Ends it by SIGKILL: whatever it was doing stays half done.
    pub fn kill(&mut self) {
        self.child.kill().expect("own child");
        let status = self.child.wait().expect("own child");
        self.ended = true;
        assert_eq!(status.code(), None, "the node had ended by itself: {status}");
    }

    /// Whether it runs.
    pub fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Its memory now.
    pub fn memory(&self) -> Memory {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid())).expect("the node runs");
        let field = |name: &str| {
            let line =
                status.lines().find_map(|line| line.strip_prefix(name)).expect("a field of the kernel");
            line.trim().trim_end_matches(" kB").parse().expect("a number of the kernel")
        };
        Memory { resident: field("VmRSS:"), peak: field("VmHWM:") }
    }
}

impl Drop for Binary {
    fn drop(&mut self) {
        if !self.ended {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}
