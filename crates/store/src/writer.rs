//! Group commit: a task takes the jobs that wait, runs them in one transaction, commits once, and only then answers all
//! of them. An embedded database has one such task, which owns the writing connection. A server has several, and there
//! only creates go together: every other job is a transaction of its own, so that locks of rows are held briefly, a job
//! that waits for one holds up nobody, and one that gave way to another (deadlock) is run again as a whole.
//!
//! Law: an answered write is durable, and one failing job does not spoil the others: jobs that share a transaction run
//! in savepoints of their own. Creates of calls are the hot path and are written as multi-row inserts.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use app::ports::store::{CreateRefused, NewCall, NumberStanding, Placed, StoreError};
use async_trait::async_trait;
use sea_orm::{DatabaseConnection, DbBackend, DbErr};
use tokio::sync::{Mutex, mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::Stored;
use crate::calls::insert_calls;
use crate::creates::{insert_with_bounds, is_listed, is_plain, listed};
use crate::errors::{came_of_conflict, failed, is_conflict};
use crate::policy::StandingAsked;
use crate::together::{Answers, Together};
use crate::transaction::{Transaction, Writing};

/// Jobs that may wait; beyond it callers wait for room. A few batches: more would only add delay.
const WAITING: usize = 1_024;
/// Jobs of one transaction.
const BATCH: usize = 256;
/// How long a caller waits for room before it is told that the database is unavailable.
const ROOM: Duration = Duration::from_secs(5);
/// Tries of a transaction that gave way to another; each time one of them went on, so a few are plenty.
const TRIES: u32 = 8;
/// Sizes in which creates are written, so that few different statements are prepared and all of them stay cached.
const CREATES: [usize; 7] = [64, 32, 16, 8, 4, 2, 1];

/// What a job does inside the transaction.
pub(crate) type Work<'c, T> = Pin<Box<dyn Future<Output = Stored<T>> + Send + 'c>>;

/// The way to the writing task.
#[derive(Debug)]
pub(crate) struct Writer {
    jobs: mpsc::Sender<Job>,
    stop: CancellationToken,
    tasks: TaskTracker,
}

enum Job {
    Create(Box<Create>),
    Other(Box<dyn Pending>),
}

/// Where the answer to a create goes.
type Reply = oneshot::Sender<Result<Placed, CreateRefused>>;
/// A create that was tried; its answer waits for the commit.
type Created = (Reply, Result<Placed, CreateRefused>);

impl Job {
    fn is_plain(&self, apart: bool) -> bool {
        matches!(self, Self::Create(create) if is_plain(&create.new, apart))
    }
}

struct Create {
    new: NewCall,
    reply: Reply,
}

impl Writer {
    /// Starts the tasks. They end after [`Writer::close`], or when the writer is dropped, once accepted jobs are done.
    pub(crate) fn start(writing: &Writing, writers: u32) -> Self {
        let (jobs, queue) = mpsc::channel(WAITING);
        let apart = !is_sqlite(&writing.connection);
        let queue = Arc::new(Mutex::new(Intake { jobs: queue, next: None, apart }));
        let stop = CancellationToken::new();
        let tasks = TaskTracker::new();
        for _ in 0..writers.max(1) {
            tasks.spawn(serve(writing.clone(), Arc::clone(&queue), stop.clone()));
        }
        tasks.close();
        Self { jobs, stop, tasks }
    }

    /// Runs `work` in the next transaction; durable when this returns `Ok`.
    pub(crate) async fn run<T, F>(&self, work: F) -> Stored<T>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(&'c Transaction) -> Work<'c, T> + Clone + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        self.send(Job::Other(Box::new(Closure { work, result: None, reply }))).await?;
        answer.await.map_err(|_| stopped())?
    }

    /// Stores a new call with its first event.
    pub(crate) async fn create(&self, new: NewCall) -> Result<Placed, CreateRefused> {
        let (reply, answer) = oneshot::channel();
        self.send(Job::Create(Box::new(Create { new, reply }))).await?;
        answer.await.map_err(|_| stopped())?
    }

    /// Refuses new jobs and waits for the accepted ones.
    pub(crate) async fn close(&self) {
        self.stop.cancel();
        self.tasks.wait().await;
    }

    async fn send(&self, job: Job) -> Stored<()> {
        self.jobs.send_timeout(job, ROOM).await.map_err(|error| match error {
            mpsc::error::SendTimeoutError::Timeout(_) => StoreError::Unavailable("too many writes wait".to_owned()),
            mpsc::error::SendTimeoutError::Closed(_) => stopped(),
        })
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

fn stopped() -> StoreError {
    StoreError::Unavailable("the store is closed".to_owned())
}

/// Where jobs come in.
struct Intake {
    jobs: mpsc::Receiver<Job>,
    /// Taken, but not of the batch before it.
    next: Option<Job>,
    /// Whether only plain creates share a transaction.
    apart: bool,
}

impl Intake {
    /// Jobs for one transaction, at least one; `None` once the queue is closed and empty.
    async fn batch(&mut self, stop: &CancellationToken) -> Option<Vec<Job>> {
        let first = loop {
            if let Some(job) = self.next.take() {
                break job;
            }
            tokio::select! {
                biased;
                () = stop.cancelled(), if !self.jobs.is_closed() => self.jobs.close(),
                job = self.jobs.recv() => break job?,
            }
        };
        if self.apart && !first.is_plain(true) {
            return Some(vec![first]);
        }
        let mut batch = vec![first];
        while batch.len() < BATCH
            && let Ok(job) = self.jobs.try_recv()
        {
            if self.apart && !job.is_plain(true) {
                self.next = Some(job);
                break;
            }
            batch.push(job);
        }
        Some(batch)
    }
}

async fn serve(writing: Writing, queue: Arc<Mutex<Intake>>, stop: CancellationToken) {
    loop {
        // Whoever waits for jobs keeps the others waiting for their turn to wait.
        let batch = queue.lock().await.batch(&stop).await;
        let Some(mut batch) = batch else { break };
        if batch.len() == 1
            && !is_sqlite(&writing.connection)
            && let Some(job) = batch.pop_if(|job| !job.is_plain(true))
        {
            run_apart(&writing, job).await;
        } else {
            run_together(&writing, batch).await;
        }
    }
    // The last one switches off the light: the others may still be writing.
    if Arc::into_inner(queue).is_some()
        && let Err(error) = writing.connection.close().await
    {
        tracing::warn!(error.detail = %error, "the writing connection did not close cleanly");
    }
}

fn is_sqlite(connection: &DatabaseConnection) -> bool {
    connection.get_database_backend() == DbBackend::Sqlite
}

/// One job in a transaction of its own, again when it gave way to another.
async fn run_apart(writing: &Writing, job: Job) {
    let mut job: Box<dyn Pending> = match job {
        Job::Create(create) => Box::new(BoundCreate { create: *create, result: None }),
        Job::Other(other) => other,
    };
    for tries in 1.. {
        let transaction = match writing.begin(true).await {
            Ok(transaction) => transaction,
            Err(error) => {
                job.fail(failed(error));
                return job.settle(&Ok(()));
            }
        };
        let end = match job.run(&transaction).await {
            true => transaction.commit().await,
            false => transaction.rollback().await,
        };
        let gave_way = job.gave_way() || end.as_ref().is_err_and(is_conflict);
        if !gave_way || tries >= TRIES {
            return job.settle(&end);
        }
    }
}

/// Jobs in one transaction: plain creates first, the others in savepoints of their own, unless one is alone and has the
/// whole transaction for itself.
async fn run_together(writing: &Writing, batch: Vec<Job>) {
    let (mut plain, mut others) = (Vec::new(), Vec::<Box<dyn Pending>>::new());
    let apart = !is_sqlite(&writing.connection);
    for job in batch {
        match job {
            Job::Create(create) if is_plain(&create.new, apart) => plain.push(*create),
            Job::Create(create) => others.push(Box::new(BoundCreate { create: *create, result: None })),
            Job::Other(other) => others.push(other),
        }
    }
    let alone = others.len() + usize::from(!plain.is_empty()) == 1;
    let (transaction, created) = match begin_with_creates(writing, plain, alone).await {
        Ok(begun) => begun,
        Err(error) => return refuse(others, &error),
    };
    let mut succeeded = created.iter().any(|(_, result)| result.is_ok());
    for other in &mut others {
        succeeded |= in_savepoint(&transaction, other.as_mut(), alone).await;
    }
    // With nothing to keep, a rollback saves the disk; after a lone failure it is what undoes the half-done job.
    let end = if succeeded { transaction.commit().await } else { transaction.rollback().await };
    for (reply, result) in created {
        answer(reply, result, &end);
    }
    for other in others {
        other.settle(&end);
    }
}

/// Begins a transaction whose first statements are the creates, all in good faith and therefore without savepoints.
/// When one of them fails, the transaction has nothing else to lose: it begins again, and savepoints find out which.
async fn begin_with_creates(
    writing: &Writing,
    creates: Vec<Create>,
    alone: bool,
) -> Result<(Transaction, Vec<Created>), DbErr> {
    let (replies, calls): (Vec<_>, Vec<_>) = creates.into_iter().map(|create| (create.reply, create.new)).unzip();
    let transaction = match writing.begin(alone).await {
        Ok(transaction) => transaction,
        Err(error) => return Err(refuse_creates(replies, error)),
    };
    if let Ok(placed) = insert_all(&transaction, &calls).await {
        return Ok((transaction, replies.into_iter().zip(placed.into_iter().map(Ok)).collect()));
    }
    match anew(writing, transaction, alone).await {
        Ok(transaction) => {
            let created = insert_what_can_be(&transaction, replies, calls).await;
            Ok((transaction, created))
        }
        Err(error) => Err(refuse_creates(replies, error)),
    }
}

async fn anew(writing: &Writing, failed: Transaction, alone: bool) -> Result<Transaction, DbErr> {
    failed.rollback().await?;
    writing.begin(alone).await
}

async fn insert_all(transaction: &Transaction, calls: &[NewCall]) -> Stored<Vec<Placed>> {
    let mut placed = Vec::with_capacity(calls.len());
    while placed.len() < calls.len() {
        let rest = &calls[placed.len()..];
        let (part, later) = rest.split_at(part_of(rest.len()));
        placed.extend(insert_calls(Together::on(transaction), transaction, part, later.is_empty()).await?);
    }
    Ok(placed)
}

/// How many of so many creates go into the next statement.
fn part_of(creates: usize) -> usize {
    CREATES.into_iter().find(|size| *size <= creates).unwrap_or(1)
}

fn refuse_creates(replies: Vec<Reply>, error: DbErr) -> DbErr {
    for reply in replies {
        drop(reply.send(Err(failed(error.clone()).into())));
    }
    error
}

/// Nothing was written of any of them.
fn refuse(others: Vec<Box<dyn Pending>>, error: &DbErr) {
    for mut other in others {
        other.fail(failed(error.clone()));
        other.settle(&Ok(()));
    }
}

/// Those whose numbers are listed are handed back; the others go together, and where that fails too, each in a
/// savepoint of its own, so that one that fails spoils no other.
async fn insert_what_can_be(transaction: &Transaction, replies: Vec<Reply>, calls: Vec<NewCall>) -> Vec<Created> {
    let mut done = Vec::with_capacity(calls.len());
    let (mut waiting, mut rest) = (Vec::new(), Vec::new());
    let standings = standings(transaction, &calls).await;
    for ((reply, new), standing) in replies.into_iter().zip(calls).zip(standings) {
        match standing {
            Ok(standing) if new.lists_unread && is_listed(&standing) => done.push((reply, Err(listed(new, standing)))),
            Ok(_) => {
                waiting.push(reply);
                rest.push(NewCall { lists_unread: false, ..new });
            }
            Err(error) => done.push((reply, Err(error.into()))),
        }
    }
    match insert_in_savepoint(transaction, &rest).await {
        Ok(placed) => done.extend(waiting.into_iter().zip(placed.into_iter().map(Ok))),
        Err(_) => {
            for (reply, new) in waiting.into_iter().zip(rest) {
                let mut job = BoundCreate { create: Create { new, reply }, result: None };
                in_savepoint(transaction, &mut job, false).await;
                let BoundCreate { create, result } = job;
                // None only of a job that was never run.
                done.extend(result.map(|result| (create.reply, result)));
            }
        }
    }
    done
}

/// How the numbers stand, asked in one step.
async fn standings(transaction: &Transaction, calls: &[NewCall]) -> Vec<Stored<NumberStanding>> {
    let mut together = Together::on(transaction);
    let ask = |new: &NewCall| StandingAsked::ask(&mut together, new.call.organization, &new.call.to);
    let asked: Vec<StandingAsked> = calls.iter().map(ask).collect();
    match together.run(transaction).await.map(Answers) {
        Ok(answers) => asked.iter().map(|asked| asked.read(&answers)).collect(),
        Err(error) => calls.iter().map(|_| Err(failed(error.clone()))).collect(),
    }
}

async fn insert_in_savepoint(transaction: &Transaction, calls: &[NewCall]) -> Stored<Vec<Placed>> {
    let savepoint = transaction.savepoint().await.map_err(failed)?;
    match insert_all(&savepoint, calls).await {
        Ok(stored) => savepoint.commit().await.map(|()| stored).map_err(failed),
        Err(error) => savepoint.rollback().await.map_err(failed).and(Err(error)),
    }
}

/// Whether the job succeeded. A job that is alone needs no savepoint: the whole transaction is its own.
async fn in_savepoint(transaction: &Transaction, job: &mut dyn Pending, alone: bool) -> bool {
    if alone {
        return job.run(transaction).await;
    }
    let savepoint = match transaction.savepoint().await {
        Ok(savepoint) => savepoint,
        Err(error) => {
            job.fail(failed(error));
            return false;
        }
    };
    let succeeded = job.run(&savepoint).await;
    let end = if succeeded { savepoint.commit().await } else { savepoint.rollback().await };
    match end {
        Ok(()) => succeeded,
        Err(error) => {
            job.fail(failed(error));
            false
        }
    }
}

fn answer<T, E: From<StoreError>>(reply: oneshot::Sender<Result<T, E>>, result: Result<T, E>, end: &Result<(), DbErr>) {
    let settled = match (result, end) {
        (Ok(_), Err(error)) => Err(failed(error.clone()).into()),
        (result, _) => result,
    };
    // Whoever asked may be gone; the write stands all the same.
    drop(reply.send(settled));
}

/// A job whose result waits for the commit.
#[async_trait]
trait Pending: Send {
    /// Can be run again, in another transaction, when this one came to nothing.
    async fn run(&mut self, transaction: &Transaction) -> bool;
    /// Whether the last run gave way to another transaction.
    fn gave_way(&self) -> bool;
    fn fail(&mut self, error: StoreError);
    fn settle(self: Box<Self>, end: &Result<(), DbErr>);
}

/// A create that takes more along than the call, as a job of its own.
struct BoundCreate {
    create: Create,
    result: Option<Result<Placed, CreateRefused>>,
}

#[async_trait]
impl Pending for BoundCreate {
    async fn run(&mut self, transaction: &Transaction) -> bool {
        let result = insert_with_bounds(transaction, self.create.new.clone()).await;
        let succeeded = result.is_ok();
        self.result = Some(result);
        succeeded
    }

    fn gave_way(&self) -> bool {
        matches!(&self.result, Some(Err(CreateRefused::Store(error))) if came_of_conflict(error))
    }

    fn fail(&mut self, error: StoreError) {
        self.result = Some(Err(error.into()));
    }

    fn settle(self: Box<Self>, end: &Result<(), DbErr>) {
        let result = match self.result {
            Some(result) => result,
            None => Err(stopped().into()),
        };
        answer(self.create.reply, result, end);
    }
}

struct Closure<T, F> {
    work: F,
    result: Option<Stored<T>>,
    reply: oneshot::Sender<Stored<T>>,
}

#[async_trait]
impl<T, F> Pending for Closure<T, F>
where
    T: Send + 'static,
    F: for<'c> FnOnce(&'c Transaction) -> Work<'c, T> + Clone + Send + 'static,
{
    async fn run(&mut self, transaction: &Transaction) -> bool {
        let result = (self.work.clone())(transaction).await;
        let succeeded = result.is_ok();
        self.result = Some(result);
        succeeded
    }

    fn gave_way(&self) -> bool {
        matches!(&self.result, Some(Err(error)) if came_of_conflict(error))
    }

    fn fail(&mut self, error: StoreError) {
        self.result = Some(Err(error));
    }

    fn settle(self: Box<Self>, end: &Result<(), DbErr>) {
        let result = self.result.unwrap_or_else(|| Err(stopped()));
        answer(self.reply, result, end);
    }
}
