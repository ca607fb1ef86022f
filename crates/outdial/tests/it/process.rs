//! The binary as a process, with an environment of its own.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc;
use std::time::Duration;

/// Loading the models takes seconds in an unoptimised build on a busy machine.
const START: Duration = Duration::from_secs(120);

pub(crate) fn outdial(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_outdial"));
    command.args(args).env_clear().stdin(Stdio::null());
    command
}

pub(crate) fn run(args: &[&str]) -> (i32, String, String) {
    said(outdial(args).output().unwrap())
}

pub(crate) fn said(output: Output) -> (i32, String, String) {
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap_or(-1), text(output.stdout), text(output.stderr))
}

/// A running server; killed when the test is over.
pub(crate) struct Server {
    child: Child,
    pub(crate) url: String,
    pub(crate) printed: Vec<String>,
}

impl Server {
    pub(crate) fn start(data: &Path, more: &[&str]) -> Self {
        Self::logging(data, more, "warn", Stdio::inherit())
    }

    /// With a log of that level at `log`.
    pub(crate) fn logging(data: &Path, more: &[&str], level: &str, log: impl Into<Stdio>) -> Self {
        let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models");
        // A write above a limit on file sizes is to fail, not to end the process: an ignored signal stays ignored.
        let mut command = Command::new("/bin/sh");
        command
            .env_clear()
            .stdin(Stdio::null())
            .args(["-c", "trap '' XFSZ; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_outdial")])
            .args(["serve", "--listen", "127.0.0.1:0", "--data-dir"])
            .arg(data)
            .args(more)
            .env("OUTDIAL_SPEECH_MODELS_DIR", models)
            .env("OUTDIAL_LOG_LEVEL", level)
            .stderr(log);
        command.env("OUTDIAL_SPEECH_STT_WORKERS", "1").env("OUTDIAL_SPEECH_TTS_WORKERS", "1");
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let (sender, lines_read) = mpsc::sync_channel(16);
        std::thread::spawn(move || lines.map_while(Result::ok).try_for_each(|line| sender.send(line)));
        let mut printed = Vec::new();
        let url = loop {
            let line = lines_read.recv_timeout(START).unwrap_or_else(|_| {
                let _ = child.kill();
                panic!("the server did not come up; it printed {printed:?}")
            });
            let url = line.strip_prefix("listening on ").map(str::to_owned);
            printed.push(line);
            if let Some(url) = url {
                break url;
            }
        };
        Self { child, url, printed }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Asks it to stop and waits until it did.
    pub(crate) fn stop(mut self) -> i32 {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        self.child.wait().unwrap().code().unwrap_or(-1)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
