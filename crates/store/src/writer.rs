//! Group commit: one task owns the writing connection, takes the jobs that wait, runs them in one transaction, commits
//! once, and only then answers all of them.
//!
//! Law: an answered write is durable, and one failing job does not spoil the others: each runs in a savepoint of its
//! own. Creates of calls are the hot path and are written as multi-row inserts.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use app::ports::store::{CreateRefused, NewCall, Placed, StoreError};
use async_trait::async_trait;
use sea_orm::{
    DatabaseConnection, DatabaseTransaction, DbErr, SqliteTransactionMode, TransactionOptions, TransactionTrait,
};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::Stored;
use crate::calls::insert_calls;
use crate::creates::{insert_with_bounds, is_plain};
use crate::errors::failed;

/// Jobs that may wait; beyond it callers wait for room. A few batches: more would only add delay.
const WAITING: usize = 1_024;
/// Jobs of one transaction.
const BATCH: usize = 256;
/// How long a caller waits for room before it is told that the database is unavailable.
const ROOM: Duration = Duration::from_secs(5);
/// Sizes in which creates are written, so that few different statements are prepared and all of them stay cached.
const CREATES: [usize; 4] = [64, 16, 4, 1];

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

struct Create {
    new: NewCall,
    reply: oneshot::Sender<Result<Placed, CreateRefused>>,
}

impl Writer {
    /// Starts the task. It ends after [`Writer::close`], or when the writer is dropped, once accepted jobs are done.
    pub(crate) fn start(connection: DatabaseConnection) -> Self {
        let (jobs, queue) = mpsc::channel(WAITING);
        let stop = CancellationToken::new();
        let tasks = TaskTracker::new();
        tasks.spawn(serve(connection, queue, stop.clone()));
        tasks.close();
        Self { jobs, stop, tasks }
    }

    /// Runs `work` in the next transaction; durable when this returns `Ok`.
    pub(crate) async fn run<T, F>(&self, work: F) -> Stored<T>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(&'c DatabaseTransaction) -> Work<'c, T> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        self.send(Job::Other(Box::new(Closure { work: Some(work), result: None, reply }))).await?;
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

async fn serve(connection: DatabaseConnection, mut queue: mpsc::Receiver<Job>, stop: CancellationToken) {
    loop {
        let first = tokio::select! {
            biased;
            () = stop.cancelled(), if !queue.is_closed() => {
                queue.close();
                continue;
            }
            job = queue.recv() => job,
        };
        let Some(first) = first else { break };
        let mut batch = vec![first];
        while batch.len() < BATCH
            && let Ok(job) = queue.try_recv()
        {
            batch.push(job);
        }
        run_batch(&connection, batch).await;
    }
    if let Err(error) = connection.close().await {
        tracing::warn!(error.detail = %error, "the writing connection did not close cleanly");
    }
}

async fn run_batch(connection: &DatabaseConnection, batch: Vec<Job>) {
    let options = TransactionOptions {
        // A deferred transaction that reads before it writes fails with BUSY at once when another process writes.
        sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
        ..TransactionOptions::default()
    };
    let transaction = match connection.begin_with_options(options).await {
        Ok(transaction) => transaction,
        Err(error) => return batch.into_iter().for_each(|job| job.refuse(&error)),
    };
    let alone = batch.len() == 1;
    let (mut creates, mut others) = (Vec::new(), Vec::new());
    for job in batch {
        match job {
            Job::Create(create) => creates.push(*create),
            Job::Other(other) => others.push(other),
        }
    }
    let created = run_creates(&transaction, creates).await;
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

/// Whether the job succeeded. A job that is alone needs no savepoint: the whole transaction is its own.
async fn in_savepoint(transaction: &DatabaseTransaction, job: &mut dyn Pending, alone: bool) -> bool {
    if alone {
        return job.run(transaction).await;
    }
    let savepoint = match transaction.begin().await {
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

type Created = (oneshot::Sender<Result<Placed, CreateRefused>>, Result<Placed, CreateRefused>);

/// Calls that only need rows of their own go in together; one that takes money, caps or a kept answer along is judged
/// and written by itself.
async fn run_creates(transaction: &DatabaseTransaction, creates: Vec<Create>) -> Vec<Created> {
    let mut done = Vec::with_capacity(creates.len());
    let (mut plain, bound): (Vec<_>, Vec<_>) = creates.into_iter().partition(|create| is_plain(&create.new));
    for create in bound {
        done.push((create.reply, insert_bound(transaction, create.new).await));
    }
    while !plain.is_empty() {
        let size = CREATES.into_iter().find(|size| *size <= plain.len()).unwrap_or(1);
        let (replies, calls): (Vec<_>, Vec<_>) = plain.drain(..size).map(|create| (create.reply, create.new)).unzip();
        match insert_in_savepoint(transaction, &calls).await {
            Ok(stored) => done.extend(replies.into_iter().zip(stored.into_iter().map(Ok))),
            Err(error) if size == 1 => done.extend(replies.into_iter().zip([Err(error.into())])),
            // One of them is at fault: each on its own finds out which.
            Err(_) => {
                for (reply, call) in replies.into_iter().zip(calls) {
                    let stored = insert_in_savepoint(transaction, std::slice::from_ref(&call)).await;
                    done.push((reply, stored.map(|mut calls| calls.remove(0)).map_err(CreateRefused::from)));
                }
            }
        }
    }
    done
}

async fn insert_in_savepoint(transaction: &DatabaseTransaction, calls: &[NewCall]) -> Stored<Vec<Placed>> {
    let savepoint = transaction.begin().await.map_err(failed)?;
    match insert_calls(&savepoint, calls).await {
        Ok(stored) => savepoint.commit().await.map(|()| stored).map_err(failed),
        Err(error) => savepoint.rollback().await.map_err(failed).and(Err(error)),
    }
}

async fn insert_bound(transaction: &DatabaseTransaction, new: NewCall) -> Result<Placed, CreateRefused> {
    let savepoint = transaction.begin().await.map_err(failed)?;
    match insert_with_bounds(&savepoint, new).await {
        Ok(placed) => savepoint.commit().await.map(|()| placed).map_err(|error| failed(error).into()),
        Err(refused) => savepoint.rollback().await.map_err(failed).map_err(CreateRefused::from).and(Err(refused)),
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

impl Job {
    fn refuse(self, error: &DbErr) {
        match self {
            Self::Create(create) => drop(create.reply.send(Err(failed(error.clone()).into()))),
            Self::Other(mut other) => {
                other.fail(failed(error.clone()));
                other.settle(&Ok(()));
            }
        }
    }
}

/// A job whose result waits for the commit.
#[async_trait]
trait Pending: Send {
    async fn run(&mut self, transaction: &DatabaseTransaction) -> bool;
    fn fail(&mut self, error: StoreError);
    fn settle(self: Box<Self>, end: &Result<(), DbErr>);
}

struct Closure<T, F> {
    work: Option<F>,
    result: Option<Stored<T>>,
    reply: oneshot::Sender<Stored<T>>,
}

#[async_trait]
impl<T, F> Pending for Closure<T, F>
where
    T: Send + 'static,
    F: for<'c> FnOnce(&'c DatabaseTransaction) -> Work<'c, T> + Send + 'static,
{
    async fn run(&mut self, transaction: &DatabaseTransaction) -> bool {
        let Some(work) = self.work.take() else { return false };
        let result = work(transaction).await;
        let succeeded = result.is_ok();
        self.result = Some(result);
        succeeded
    }

    fn fail(&mut self, error: StoreError) {
        self.result = Some(Err(error));
    }

    fn settle(self: Box<Self>, end: &Result<(), DbErr>) {
        let result = self.result.unwrap_or_else(|| Err(stopped()));
        answer(self.reply, result, end);
    }
}
