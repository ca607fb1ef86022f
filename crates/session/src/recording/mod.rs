//! Stereo recordings: the agent left, the callee right, on the leg's media clock.
//!
//! Law: the media thread never waits for a disk. It drops frames into a small ring; one writer thread drains all
//! rings, fills gaps with silence so that the clock holds, and renames a finished file into place, so that a file
//! under its final name is always whole. A file that a crash left behind keeps the `.part` ending and a header that
//! is at most a few seconds old.

use std::fs::{self, File};
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use app::ports::telephone::StereoSink;
use domain::RecordingFolderId;
use hound::{SampleFormat, WavSpec, WavWriter};
use tokio::sync::oneshot;

const FRAME_MS: u64 = 20;
const SAMPLES: usize = 160;
/// A second of frames: the writer looks five times a second, so a full ring means a disk that stands still; then
/// frames are dropped, counted, and become silence.
const RING_FRAMES: usize = 50;
const DRAIN_EVERY: Duration = Duration::from_millis(200);
const REPAIR_HEADER_EVERY: Duration = Duration::from_secs(5);
/// Starts and finishes in flight; a session that finds it full waits, media never does.
const COMMANDS: usize = 256;
const SPEC: WavSpec =
    WavSpec { channels: 2, sample_rate: 8_000, bits_per_sample: 16, sample_format: SampleFormat::Int };

/// A recording could not be made.
#[derive(Debug, thiserror::Error)]
pub enum RecordingError {
    /// The disk said no.
    #[error("{path}: {source}")]
    Disk {
        /// File or folder.
        path: PathBuf,
        /// What it said.
        source: std::io::Error,
    },
    /// The writer thread is gone.
    #[error("the recorder has stopped")]
    Stopped,
}

/// A finished recording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FinishedRecording {
    /// Path below the recordings folder.
    pub path: String,
    /// Length.
    pub duration_ms: u64,
    /// Size of the file.
    pub bytes: u64,
    /// Frames that the disk was too slow for; they are silence in the file.
    pub frames_dropped: u64,
}

struct StereoFrame {
    position_ms: u64,
    agent: [i16; SAMPLES],
    callee: [i16; SAMPLES],
}

struct RingSink {
    ring: rtrb::Producer<StereoFrame>,
    dropped: Arc<AtomicU64>,
}

impl StereoSink for RingSink {
    fn frame(&mut self, position_ms: u64, agent: &[i16; SAMPLES], callee: &[i16; SAMPLES]) {
        if self.ring.push(StereoFrame { position_ms, agent: *agent, callee: *callee }).is_err() {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }
}

enum Command {
    Start(Box<Track>),
    Finish { path: String, done: oneshot::Sender<Result<FinishedRecording, RecordingError>> },
    Stop,
}

/// The writer of all recordings of a process.
#[derive(Debug)]
pub struct Recorder {
    commands: SyncSender<Command>,
    thread: Option<JoinHandle<()>>,
    root: PathBuf,
    folder: RecordingFolderId,
}

/// A running recording; `finish` makes the file.
#[derive(Debug)]
pub struct Recording {
    commands: SyncSender<Command>,
    path: String,
}

impl Recorder {
    /// Starts the writer for recordings below `root`, which is made if it is missing and known by the id `folder`.
    pub fn start(root: &Path, folder: RecordingFolderId) -> Result<Self, RecordingError> {
        fs::create_dir_all(root).map_err(|source| RecordingError::Disk { path: root.to_owned(), source })?;
        let (commands, inbox) = sync_channel(COMMANDS);
        let thread = std::thread::Builder::new()
            .name("recorder".into())
            .spawn(move || write_all(&inbox))
            .map_err(|source| RecordingError::Disk { path: root.to_owned(), source })?;
        Ok(Self { commands, thread: Some(thread), root: root.to_owned(), folder })
    }

    /// The folder that recordings lie in.
    pub fn folder(&self) -> RecordingFolderId {
        self.folder
    }

    /// Opens a recording at `path` below the root, such as `2026/11/21/call_….wav`. The sink goes to the leg.
    pub fn open(&self, path: &str) -> Result<(Recording, Box<dyn StereoSink>), RecordingError> {
        let target = self.root.join(path);
        let (producer, consumer) = rtrb::RingBuffer::new(RING_FRAMES);
        let dropped = Arc::new(AtomicU64::new(0));
        let track = Track::create(path, target, consumer, Arc::clone(&dropped))?;
        self.commands.try_send(Command::Start(Box::new(track))).map_err(|_| RecordingError::Stopped)?;
        let recording = Recording { commands: self.commands.clone(), path: path.to_owned() };
        Ok((recording, Box::new(RingSink { ring: producer, dropped })))
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        if self.commands.send(Command::Stop).is_ok()
            && let Some(thread) = self.thread.take()
        {
            // A panic of the writer was counted where it happened; there is nothing left to save here.
            let _ = thread.join();
        }
    }
}

impl Recording {
    /// Drains what is left, syncs the file and puts it under its final name.
    pub async fn finish(self) -> Result<FinishedRecording, RecordingError> {
        let (done, answer) = oneshot::channel();
        self.commands.try_send(Command::Finish { path: self.path, done }).map_err(|_| RecordingError::Stopped)?;
        answer.await.map_err(|_| RecordingError::Stopped)?
    }
}

struct Track {
    path: String,
    target: PathBuf,
    part: PathBuf,
    ring: rtrb::Consumer<StereoFrame>,
    dropped: Arc<AtomicU64>,
    writer: WavWriter<BufWriter<File>>,
    next_ms: u64,
    header_repaired: Instant,
    failed: Option<std::io::Error>,
}

impl Track {
    fn create(
        path: &str,
        target: PathBuf,
        ring: rtrb::Consumer<StereoFrame>,
        dropped: Arc<AtomicU64>,
    ) -> Result<Self, RecordingError> {
        let disk = |source| RecordingError::Disk { path: target.clone(), source };
        if let Some(folder) = target.parent() {
            fs::create_dir_all(folder).map_err(disk)?;
        }
        let part = target.with_extension("wav.part");
        let file = File::create(&part).map_err(disk)?;
        let writer = WavWriter::new(BufWriter::new(file), SPEC).map_err(|e| disk(io_error(e)))?;
        Ok(Self {
            path: path.to_owned(),
            part,
            ring,
            dropped,
            writer,
            next_ms: 0,
            header_repaired: Instant::now(),
            failed: None,
            target,
        })
    }

    fn drain(&mut self) {
        while let Ok(frame) = self.ring.pop() {
            if self.failed.is_none()
                && let Err(error) = self.write(&frame)
            {
                self.failed = Some(io_error(error));
            }
        }
        if self.failed.is_none() && self.header_repaired.elapsed() > REPAIR_HEADER_EVERY {
            self.header_repaired = Instant::now();
            self.failed = self.writer.flush().err().map(io_error);
        }
    }

    fn write(&mut self, frame: &StereoFrame) -> Result<(), hound::Error> {
        while self.next_ms + FRAME_MS <= frame.position_ms {
            self.write_pairs(&[0; SAMPLES], &[0; SAMPLES])?;
        }
        self.write_pairs(&frame.agent, &frame.callee)
    }

    fn write_pairs(&mut self, agent: &[i16; SAMPLES], callee: &[i16; SAMPLES]) -> Result<(), hound::Error> {
        let mut block = self.writer.get_i16_writer(2 * SAMPLES as u32);
        for (left, right) in agent.iter().zip(callee) {
            block.write_sample(*left);
            block.write_sample(*right);
        }
        block.flush()?;
        self.next_ms += FRAME_MS;
        Ok(())
    }

    fn finish(mut self) -> Result<FinishedRecording, RecordingError> {
        self.drain();
        let Self { path, target, part, dropped, writer, next_ms, failed, .. } = self;
        let disk = |source| RecordingError::Disk { path: target.clone(), source };
        if let Some(error) = failed {
            return Err(disk(error));
        }
        writer.finalize().map_err(|e| disk(io_error(e)))?;
        let file = File::open(&part).map_err(disk)?;
        file.sync_all().map_err(disk)?;
        let bytes = file.metadata().map_err(disk)?.len();
        fs::rename(&part, &target).map_err(disk)?;
        Ok(FinishedRecording { path, duration_ms: next_ms, bytes, frames_dropped: dropped.load(Ordering::Relaxed) })
    }
}

fn io_error(error: hound::Error) -> std::io::Error {
    match error {
        hound::Error::IoError(error) => error,
        other => std::io::Error::other(other.to_string()),
    }
}

fn write_all(inbox: &Receiver<Command>) {
    let mut tracks: Vec<Track> = Vec::new();
    loop {
        let command = inbox.recv_timeout(if tracks.is_empty() { Duration::from_secs(60) } else { DRAIN_EVERY });
        tracks.iter_mut().for_each(Track::drain);
        match command {
            Ok(Command::Start(track)) => tracks.push(*track),
            Ok(Command::Finish { path, done }) => {
                let at = tracks.iter().position(|t| t.path == path);
                let result = at.map_or(Err(RecordingError::Stopped), |at| tracks.swap_remove(at).finish());
                // Nobody waits any more when the session timed out; the file is in place all the same.
                let _ = done.send(result);
            }
            Err(RecvTimeoutError::Timeout) => {}
            Ok(Command::Stop) | Err(RecvTimeoutError::Disconnected) => {
                for track in tracks {
                    let _ = track.finish();
                }
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests;
