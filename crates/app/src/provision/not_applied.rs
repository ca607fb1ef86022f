//! What the document may say already and this release cannot do yet. The reader is told, key by key.

use super::document::{Dialect, OrganizationEntry};

/// Keys of `organization` that have no effect yet, with their paths.
pub(super) fn not_applied(organization: &OrganizationEntry, at: &str) -> Vec<String> {
    let foreign = organization.webhooks.iter().enumerate().filter(|(_, hook)| hook.dialect != Dialect::Native);
    foreign.map(|(n, _)| format!("{at}.webhooks[{n}]: only webhooks of the native dialect are sent yet")).collect()
}
