//! What the document may say already and this release cannot do yet. The reader is told, key by key.

use super::document::{AgentEntry, OrganizationEntry};

/// Keys of `organization` that have no effect yet, with their paths.
pub(super) fn not_applied(organization: &OrganizationEntry, at: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (n, agent) in organization.agents.iter().enumerate() {
        of_agent(agent, &format!("{at}.agents[{n}]"), &mut found);
    }
    for n in 0..organization.webhooks.len() {
        found.push(format!("{at}.webhooks[{n}]: events are not sent out yet"));
    }
    found
}

fn of_agent(agent: &AgentEntry, at: &str, found: &mut Vec<String>) {
    if agent.ids.is_some() {
        found.push(format!("{at}.ids: other dialects are not served yet"));
    }
    if agent.voiceb.is_some() {
        found.push(format!("{at}.voiceb: this dialect is not served yet"));
    }
}
