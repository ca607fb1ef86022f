//! `outdial agents`.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use api::wire::Listing;
use api::wire::agents::{Agent, CreateAgent, Published, UpdateAgent};
use api::wire::credentials::{Credentials, UpdateCredentials};
use domain::agent_definition::AgentDefinition;

use super::credentials::instructions;
use crate::cli::Agents;
use crate::client::{Client, segment};
use crate::output::Output;

/// Runs the command.
pub async fn run(command: Agents, output: Output) -> Result<()> {
    match command {
        Agents::Push { files, slug, number, publish, remote } => {
            ensure!(slug.is_none() || files.len() == 1, "--slug goes with one file");
            let client = Client::new(&remote)?;
            for file in &files {
                let slug = match &slug {
                    Some(slug) => slug.clone(),
                    None => slug_of(file)?,
                };
                let agent = push(&client, &slug, read(file)?, number.clone()).await?;
                let agent = if publish { publish_agent(&client, &slug).await?.agent } else { agent };
                output.either(&agent, summary)?;
            }
        }
        Agents::Pull { agent, output: file, remote } => {
            let agent: Agent = Client::new(&remote)?.get(&format!("/v1/agents/{}", segment(&agent))).await?;
            let text = if output.json {
                serde_json::to_string_pretty(&agent.definition)?
            } else {
                serde_saphyr::to_string(&agent.definition)?
            };
            match file {
                Some(file) => std::fs::write(&file, text).with_context(|| file.display().to_string())?,
                None => output.line(text.trim_end())?,
            }
        }
        Agents::List { remote } => {
            let agents: Listing<Agent> = Client::new(&remote)?.get("/v1/agents").await?;
            output.rows(&agents.items, ["AGENT", "STATE", "NAME", "UPDATED"], |agent| {
                [
                    agent.slug.clone(),
                    agent.state.0.as_str().to_owned(),
                    agent.definition.name.clone(),
                    agent.updated_at.to_string(),
                ]
            })?;
        }
        Agents::Credentials { agent, rotate, verify_signature, remote } => {
            let client = Client::new(&remote)?;
            let path = format!("/v1/agents/{}/credentials", segment(&agent));
            if verify_signature.is_some() {
                let change = UpdateCredentials { verify_signature, ..UpdateCredentials::default() };
                client.patch::<_, Credentials>(&path, &change).await?;
            }
            let credentials: Credentials =
                if rotate { client.act(&format!("{path}/rotate")).await? } else { client.get(&path).await? };
            output.either(&credentials, |credentials| instructions(credentials, client.server()))?;
        }
        Agents::Publish { agent, remote } => {
            let published = publish_agent(&Client::new(&remote)?, &agent).await?;
            output.either(&published, |p| format!("{} version {}", summary(&p.agent), p.version.number))?;
        }
    }
    Ok(())
}

async fn push(client: &Client, slug: &str, draft: AgentDefinition, number: Option<String>) -> Result<Agent> {
    let path = format!("/v1/agents/{}", segment(slug));
    if client.find::<Agent>(&path).await?.is_none() {
        let new =
            CreateAgent { slug: slug.to_owned(), number, calls_per_second: None, live_calls: None, definition: draft };
        return client.post("/v1/agents", &new).await;
    }
    let change = UpdateAgent { number: number.map(Some), definition: Some(draft), ..UpdateAgent::default() };
    client.patch(&path, &change).await
}

async fn publish_agent(client: &Client, agent: &str) -> Result<Published> {
    client.act(&format!("/v1/agents/{}/publish", segment(agent))).await
}

fn read(file: &Path) -> Result<AgentDefinition> {
    let text = std::fs::read_to_string(file).with_context(|| file.display().to_string())?;
    AgentDefinition::parse(&text).with_context(|| file.display().to_string())
}

/// `lead-callback/agent.yaml` and `lead-callback.yaml` are both agent `lead-callback`.
fn slug_of(file: &Path) -> Result<String> {
    let stem = file.file_stem().and_then(|stem| stem.to_str());
    let folder = file.parent().and_then(Path::file_name).and_then(|name| name.to_str());
    let name = if stem == Some("agent") { folder } else { stem };
    name.map(str::to_owned).with_context(|| format!("{}: name the agent with --slug", file.display()))
}

fn summary(agent: &Agent) -> String {
    format!("{} ({})", agent.slug, agent.state.0.as_str())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::slug_of;

    #[test]
    fn a_file_names_its_agent() {
        let of = |path: &str| slug_of(Path::new(path)).ok();
        assert_eq!(of("examples/lead-callback/agent.yaml").as_deref(), Some("lead-callback"));
        assert_eq!(of("lead-callback.yml").as_deref(), Some("lead-callback"));
        assert_eq!(of("agent.yaml"), None);
    }
}
