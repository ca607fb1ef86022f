//! Inference threads: a bounded queue in front of a few OS threads, each with a network lane of its own.
//!
//! Law: the runtime never computes and never waits for a computation. A full queue refuses at once, a job whose
//! deadline passed in the queue is answered and not run, and a job nobody waits for any more is skipped.
//! Threads run at lower priority than media (design 6), so that a burst of inference cannot make RTP late.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use app::ports::ProviderError;
use app::ports::provider_error::ProviderErrorKind;
use tokio::sync::oneshot;

use super::models::{InferenceError, Lane, LoadError};

/// Name of the embedded provider in errors and in the list.
pub const NAME: &str = "embedded";
/// Added to the niceness of inference threads; 5 gives them about a third of a media thread's share when both want it.
const NICENESS: i32 = 5;

/// What became of a job when its turn came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    /// Run now.
    Run,
    /// The deadline passed in the queue: answer with an error.
    Expired,
}

type Work = Box<dyn FnOnce(&Lane, Turn) + Send>;

struct Job {
    deadline: Instant,
    work: Work,
}

/// The threads for one kind of work. They end when the last handle is dropped.
pub(crate) struct Workers {
    queue: SyncSender<Job>,
    waiting: Arc<AtomicUsize>,
    capacity: usize,
}

impl Workers {
    /// Starts `threads` threads named `name` behind a queue of `capacity` jobs.
    pub(crate) fn start(name: &str, threads: usize, capacity: usize) -> Result<Self, LoadError> {
        let (queue, jobs) = sync_channel(capacity);
        let jobs = Arc::new(Mutex::new(jobs));
        let waiting = Arc::new(AtomicUsize::new(0));
        for index in 0..threads.max(1) {
            let (jobs, waiting) = (Arc::clone(&jobs), Arc::clone(&waiting));
            std::thread::Builder::new()
                .name(format!("{name}-{index}"))
                .spawn(move || serve(&jobs, &waiting))
                .map_err(LoadError::Thread)?;
        }
        Ok(Self { queue, waiting, capacity })
    }

    /// Queues `work`; it is called exactly once, on a worker thread.
    pub(crate) fn submit(
        &self,
        deadline: Instant,
        work: impl FnOnce(&Lane, Turn) + Send + 'static,
    ) -> Result<(), ProviderError> {
        // Counted before it is queued: the worker may take it before `try_send` returns.
        self.waiting.fetch_add(1, Ordering::Relaxed);
        self.queue.try_send(Job { deadline, work: Box::new(work) }).map_err(|error| {
            self.waiting.fetch_sub(1, Ordering::Relaxed);
            match error {
                TrySendError::Full(_) => error_of(ProviderErrorKind::Overloaded, "inference queue is full"),
                TrySendError::Disconnected(_) => error_of(ProviderErrorKind::Unavailable, "inference threads ended"),
            }
        })
    }

    /// Whether the queue is so long that work which may be skipped should be.
    pub(crate) fn busy(&self) -> bool {
        self.waiting.load(Ordering::Relaxed) * 2 > self.capacity
    }

    /// Queues a computation and waits for its result, without holding a thread of the runtime. Dropping the future
    /// cancels it while it is queued.
    pub(crate) async fn compute<T: Send + 'static>(
        &self,
        deadline: Instant,
        work: impl FnOnce(&Lane) -> Result<T, InferenceError> + Send + 'static,
    ) -> Result<T, ProviderError> {
        let (sender, receiver) = oneshot::channel();
        self.submit(deadline, move |lane, turn| {
            if sender.is_closed() {
                return;
            }
            let result = match turn {
                Turn::Run => work(lane).map_err(ProviderError::from),
                Turn::Expired => Err(expired()),
            };
            // The receiver may have gone meanwhile; then nobody wants the result.
            let _ = sender.send(result);
        })?;
        receiver.await.map_err(|_| error_of(ProviderErrorKind::Unavailable, "inference failed"))?
    }
}

fn serve(jobs: &Mutex<Receiver<Job>>, waiting: &AtomicUsize) {
    let lane = Lane::new();
    lane.run(lower_priority);
    loop {
        let job = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = job else { return };
        waiting.fetch_sub(1, Ordering::Relaxed);
        let turn = if Instant::now() >= job.deadline { Turn::Expired } else { Turn::Run };
        // A panic is a defect of ours; it ends this job (its waiter sees the channel closed), not the worker.
        let run = std::panic::AssertUnwindSafe(|| lane.run(|| (job.work)(&lane, turn)));
        if std::panic::catch_unwind(run).is_err() {
            tracing::error!("inference job panicked");
        }
    }
}

/// For the calling thread only: Linux applies `nice` to the thread that asks (see nice(2), "C library/kernel
/// differences").
fn lower_priority() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::nice(NICENESS) {
        tracing::debug!(error = %error, "inference thread keeps its priority");
    }
}

/// The error of a job that waited too long.
pub(crate) fn expired() -> ProviderError {
    error_of(ProviderErrorKind::Timeout, "inference did not begin before its deadline")
}

pub(crate) fn error_of(kind: ProviderErrorKind, detail: &str) -> ProviderError {
    ProviderError { provider: NAME, kind, detail: detail.to_owned() }
}

impl From<InferenceError> for ProviderError {
    fn from(error: InferenceError) -> Self {
        error_of(ProviderErrorKind::Unavailable, &error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::time::Duration;

    use super::*;

    fn later() -> Instant {
        Instant::now() + Duration::from_secs(60)
    }

    /// Occupies the one worker until the returned sender is dropped.
    fn block(workers: &Workers) -> mpsc::Sender<()> {
        let (release, held) = mpsc::channel::<()>();
        let (started, begun) = mpsc::channel();
        workers
            .submit(later(), move |_, _| {
                started.send(()).expect("test waits");
                let _ = held.recv();
            })
            .expect("queue is empty");
        begun.recv().expect("worker runs it");
        release
    }

    #[test]
    fn a_full_queue_refuses_at_once_and_says_retry() {
        let workers = Workers::start("test", 1, 2).expect("threads");
        let release = block(&workers);
        workers.submit(later(), |_, _| ()).expect("first place");
        workers.submit(later(), |_, _| ()).expect("second place");
        assert!(workers.busy());
        let refused = workers.submit(later(), |_, _| ()).expect_err("no third place");
        assert_eq!(refused.kind, ProviderErrorKind::Overloaded);
        assert!(refused.retryable());
        drop(release);
    }

    #[tokio::test]
    async fn a_job_past_its_deadline_is_answered_and_not_run() {
        let workers = Workers::start("test", 1, 2).expect("threads");
        let late = workers.compute(Instant::now(), |_| -> Result<(), InferenceError> { panic!("must not run") });
        assert_eq!(late.await.expect_err("expired").kind, ProviderErrorKind::Timeout);
    }

    #[tokio::test]
    async fn a_dropped_future_cancels_its_job_in_the_queue() {
        let workers = Workers::start("test", 1, 4).expect("threads");
        let release = block(&workers);
        let (ran, runs) = mpsc::channel();
        let computation = workers.compute(later(), move |_| {
            ran.send(()).expect("test waits");
            Ok(())
        });
        let cancelled = tokio::time::timeout(Duration::from_millis(1), computation).await;
        assert!(cancelled.is_err(), "the worker is occupied");
        drop(release);
        workers.compute(later(), |_| Ok(())).await.expect("the worker goes on");
        assert!(runs.try_recv().is_err(), "cancelled job ran");
    }

    #[tokio::test]
    async fn a_panic_ends_the_job_and_not_the_worker() {
        let workers = Workers::start("test", 1, 4).expect("threads");
        let result = workers.compute(later(), |_| -> Result<(), InferenceError> { panic!("defect") }).await;
        assert_eq!(result.expect_err("no result").kind, ProviderErrorKind::Unavailable);
        assert_eq!(workers.compute(later(), |_| Ok(7)).await, Ok(7));
    }
}
