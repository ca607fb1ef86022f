//! Finds the embedded models in their directory and loads them, so that a missing file is an error that names the
//! file and the remedy, at start and not in the first call.
//!
//! Law: nothing is downloaded, ever. Stands before the first call: `Embedded::load` runs it while the server starts.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rten::{Model, ModelOptions, NodeId, RunOptions, ThreadPool, Value, ValueOrView};

/// A model could not be made ready.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The file is not there.
    #[error(
        "model file {path} is missing; point the models directory at the `models` folder of the source tree or of the release archive"
    )]
    Missing {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// The file is there and cannot be read.
    #[error("model file {path} cannot be read: {source}; check its permissions")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is not the model it should be.
    #[error(
        "model file {path} is damaged or of another version ({detail}); restore it from the source tree or the release archive"
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What does not fit.
        detail: String,
    },
    /// A worker thread could not be started.
    #[error("inference thread cannot be started: {0}; check the limit on processes (ulimit -u)")]
    Thread(std::io::Error),
}

/// The directory that holds one folder per model.
#[derive(Clone, Debug)]
pub struct ModelDirectory(PathBuf);

impl ModelDirectory {
    /// Takes the directory as it is; files are looked for when they are loaded.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self(root.into())
    }

    /// Path of a file, given as `folder/file`.
    pub(crate) fn path(&self, file: &str) -> PathBuf {
        self.0.join(file)
    }

    /// Whole content of a small file.
    pub(crate) fn bytes(&self, file: &str) -> Result<Vec<u8>, LoadError> {
        let path = self.path(file);
        std::fs::read(&path).map_err(|source| match source.kind() {
            std::io::ErrorKind::NotFound => LoadError::Missing { path },
            _ => LoadError::Unreadable { path, source },
        })
    }

    /// Content of a JSON file.
    pub(crate) fn json<T: serde::de::DeserializeOwned>(&self, file: &str) -> Result<T, LoadError> {
        let bytes = self.bytes(file)?;
        serde_json::from_slice(&bytes).map_err(|error| self.damaged(file, error.to_string()))
    }

    /// Loads a network with all operators and pre-packed weights.
    pub(crate) fn network(&self, file: &str) -> Result<Network, LoadError> {
        let bytes = self.bytes(file)?;
        let mut options = ModelOptions::with_all_ops();
        options.prepack_weights(true);
        let model = options.load(bytes).map_err(|error| self.damaged(file, error.to_string()))?;
        Ok(Network { model, path: self.path(file) })
    }

    /// The error for a file with unexpected content.
    pub(crate) fn damaged(&self, file: &str, detail: impl Into<String>) -> LoadError {
        LoadError::Damaged { path: self.path(file), detail: detail.into() }
    }
}

/// One loaded network. Its weights are shared by all workers.
pub(crate) struct Network {
    model: Model,
    path: PathBuf,
}

impl Network {
    /// A named input or output.
    pub(crate) fn node(&self, name: &str) -> Result<NodeId, LoadError> {
        self.model
            .node_id(name)
            .map_err(|_| LoadError::Damaged { path: self.path.clone(), detail: format!("it has no `{name}`") })
    }

    /// Runs it once on `lane`.
    pub(crate) fn run<const N: usize>(
        &self,
        lane: &Lane,
        inputs: Vec<(NodeId, ValueOrView<'_>)>,
        outputs: [NodeId; N],
    ) -> Result<[Value; N], InferenceError> {
        let options = RunOptions::default().with_thread_pool(Some(Arc::clone(&lane.0)));
        self.model.run_n(inputs, outputs, Some(options)).map_err(|error| self.error(error.to_string()))
    }

    /// Runs it once for a number of outputs known only at run time.
    pub(crate) fn run_many(
        &self,
        lane: &Lane,
        inputs: Vec<(NodeId, ValueOrView<'_>)>,
        outputs: &[NodeId],
    ) -> Result<Vec<Value>, InferenceError> {
        let options = RunOptions::default().with_thread_pool(Some(Arc::clone(&lane.0)));
        self.model.run(inputs, outputs, Some(options)).map_err(|error| self.error(error.to_string()))
    }

    /// Takes a value apart into shape and numbers.
    pub(crate) fn take<const N: usize>(&self, value: Value) -> Result<([usize; N], Vec<f32>), InferenceError> {
        value.into_shape_vec().map_err(|error| self.error(format!("{error:?}")))
    }

    fn error(&self, detail: String) -> InferenceError {
        let name = self.path.file_name().map(Path::new).unwrap_or(&self.path);
        InferenceError { network: name.display().to_string(), detail }
    }
}

/// A network refused its input or gave something unexpected: a defect of ours or of the model, not of the request.
#[derive(Debug, thiserror::Error)]
#[error("network {network} failed: {detail}")]
pub(crate) struct InferenceError {
    network: String,
    detail: String,
}

/// The thread pool of one worker. It has one thread: a pool shared by several runs would serialise them, and more
/// threads per run only help when the machine is idle.
#[derive(Clone)]
pub(crate) struct Lane(Arc<ThreadPool>);

impl Lane {
    /// A pool of its own.
    pub(crate) fn new() -> Self {
        Self(Arc::new(ThreadPool::with_num_threads(1)))
    }

    /// Runs a whole job on the lane's thread, so that each network run inside it needs no hand-over.
    pub(crate) fn run<R: Send>(&self, job: impl FnOnce() -> R + Send) -> R {
        self.0.run(job)
    }
}
