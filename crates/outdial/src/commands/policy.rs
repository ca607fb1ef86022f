//! `outdial policy`.

use anyhow::Result;
use api::wire::policy::{AgentPolicy, DecisionPage, PolicyCheck};
use reqwest::Method;
use serde_json::{Value, json};

use super::documents::{read, show};
use crate::cli::Policy;
use crate::client::{Client, segment};
use crate::output::Output;

/// Runs the command.
pub async fn run(command: Policy, output: Output) -> Result<()> {
    match command {
        Policy::Show { agent: None, remote } => show(&Client::new(&remote)?.get::<Value>("/v1/policy").await?, output),
        Policy::Show { agent: Some(agent), remote } => {
            own(&Client::new(&remote)?.get(&of_agent(&agent)).await?, &agent, output)
        }
        Policy::Set { file, agent, remote } => {
            let (client, rules) = (Client::new(&remote)?, read(&file)?);
            let Some(agent) = agent else {
                let set: Value = client.answer(client.request(Method::PUT, "/v1/policy").json(&rules)).await?;
                return show(&set, output);
            };
            own(&replaced(&client, &agent, &rules).await?, &agent, output)
        }
        Policy::Clear { agent, remote } => {
            own(&replaced(&Client::new(&remote)?, &agent, &Value::Null).await?, &agent, output)
        }
        Policy::Check { number, agent, list, time_zone, at, remote } => {
            let query = query(&[
                ("number", Some(number)),
                ("agent", agent),
                ("origin", list.then(|| "list".to_owned())),
                ("time_zone", time_zone),
                ("at", at.map(|at| at.to_string())),
            ]);
            let check: PolicyCheck = Client::new(&remote)?.get(&format!("/v1/policy/check?{query}")).await?;
            Ok(output.either(&check, verdict)?)
        }
        Policy::Decisions { number, code, limit, remote } => {
            let query = query(&[("limit", Some(limit.to_string())), ("number", number), ("code", code)]);
            let page: DecisionPage = Client::new(&remote)?.get(&format!("/v1/policy/decisions?{query}")).await?;
            output.rows(&page.items, ["AT", "NUMBER", "STAGE", "CODE", "RULE", "WHY"], |row| {
                let (number, stage) = (row.number.clone(), row.stage.clone());
                [row.at.to_string(), number, stage, row.code.clone(), row.rule.clone(), row.detail.clone()]
            })?;
            Ok(())
        }
    }
}

fn of_agent(agent: &str) -> String {
    format!("/v1/agents/{}/policy", segment(agent))
}

async fn replaced(client: &Client, agent: &str, rules: &Value) -> Result<AgentPolicy> {
    client.answer(client.request(Method::PUT, &of_agent(agent)).json(&json!({ "policy": rules }))).await
}

/// An agent's own rules, if it has some.
fn own(rules: &AgentPolicy, agent: &str, output: Output) -> Result<()> {
    match &rules.policy {
        Some(policy) if !output.json => show(policy, output),
        _ => Ok(output.either(rules, |_| format!("{agent} has no rules of its own; the organization's hold for it"))?),
    }
}

/// `name=value&…` of those that are there.
fn query(fields: &[(&str, Option<String>)]) -> String {
    let given = fields.iter().filter_map(|(name, value)| Some(format!("{name}={}", segment(value.as_deref()?))));
    given.collect::<Vec<_>>().join("&")
}

fn verdict(check: &PolicyCheck) -> String {
    if check.allowed {
        return format!("{} would be called at {}", check.number, check.at);
    }
    let what = if check.deferred { "would wait" } else { "would not be called" };
    let why = check.detail.as_deref().unwrap_or("no reason was given");
    let from = check.allowed_at.map(|at| format!("; allowed from {at} on")).unwrap_or_default();
    format!("{} {what} at {}: {why}{from}", check.number, check.at)
}
