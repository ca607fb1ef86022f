//! `--provision FILE`: reads the document before anything starts, and brings it about before anything is listened on.

use std::path::{Path, PathBuf};

use app::Platform;
use app::provision::{Provision, ProvisionError};

use crate::config::ConfigError;

/// A document and the file it came from.
#[derive(Debug)]
pub struct SetUp {
    document: Provision,
    file: PathBuf,
}

impl SetUp {
    /// Reads the document. The error names the file and the place in it.
    pub fn read(file: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(file).map_err(|e| wrong(file, format!("cannot be read: {e}")))?;
        let document = Provision::parse(&text).map_err(|e| wrong(file, e.to_string()))?;
        Ok(Self { document, file: file.to_owned() })
    }

    /// The first organization that it names, if it names any.
    pub fn first_organization(&self) -> Option<&str> {
        self.document.organizations.first().map(|organization| organization.name.as_str())
    }

    /// Brings it about.
    pub async fn apply(&self, platform: &Platform) -> Result<(), ConfigError> {
        // Files that the document names lie beside it.
        let folder = self.file.parent().unwrap_or(Path::new("."));
        let resolve = |name: &str| {
            let path = folder.join(name);
            std::fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))
        };
        let refused = |e: ProvisionError| wrong(&self.file, e.to_string());
        let report = app::provision::apply(platform, &self.document, &resolve).await.map_err(refused)?;
        for line in &report.not_applied {
            tracing::warn!(place = %line, "provisioning: accepted, but without effect in this release");
        }
        let (created, updated, unchanged) = (report.created.len(), report.updated.len(), report.unchanged);
        tracing::info!(created, updated, unchanged, "provisioned");
        Ok(())
    }
}

/// Reads a document and brings it about.
pub async fn apply(platform: &Platform, file: &Path) -> Result<(), ConfigError> {
    SetUp::read(file)?.apply(platform).await
}

fn wrong(file: &Path, detail: String) -> ConfigError {
    ConfigError { key: "--provision".into(), origin: file.display().to_string(), detail }
}
