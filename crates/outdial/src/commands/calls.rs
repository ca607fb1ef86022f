//! `outdial calls`.

use std::process::ExitCode;

use anyhow::Result;
use api::wire::Listing;
use api::wire::calls::{Call, CallPage, CreateCall};
use api::wire::events::CallEvent;
use serde_json::Value;

use super::follow;
use crate::cli::Calls;
use crate::client::{Client, segment};
use crate::output::Output;

/// Runs the command.
pub async fn run(command: Calls, output: Output) -> Result<ExitCode> {
    match command {
        Calls::Create { agent, to, variables, metadata, status_url, hang_up_on_machine, follow: following, remote } => {
            let client = Client::new(&remote)?;
            let metadata = metadata.into_iter().map(|(name, value)| (name, Value::String(value))).collect();
            let variables = variables.into_iter().collect();
            let request =
                CreateCall { agent, to, variables, metadata, status_url, hang_up_on_machine, ..CreateCall::default() };
            let call: Call = client.post("/v1/calls", &request).await?;
            if following {
                if !output.json {
                    output.line(&summary(&call))?;
                }
                return follow::follow(&client, &call.id, output).await;
            }
            output.either(&call, summary)?;
        }
        Calls::List { status, agent, to, limit, cursor, remote } => {
            let filters = [("status", status), ("agent", agent), ("to", to), ("cursor", cursor)];
            let filters = filters.into_iter().filter_map(|(name, value)| Some((name, value?)));
            let query: String = filters.map(|(name, value)| format!("&{name}={}", segment(&value))).collect();
            let page: CallPage = Client::new(&remote)?.get(&format!("/v1/calls?limit={limit}{query}")).await?;
            list(&page, output)?;
        }
        Calls::Get { call, remote } => {
            let call: Call = Client::new(&remote)?.get(&format!("/v1/calls/{}", segment(&call))).await?;
            output.either(&call, details)?;
        }
        Calls::Hangup { call, remote } => {
            let call: Call = Client::new(&remote)?.act(&format!("/v1/calls/{}/hangup", segment(&call))).await?;
            output.either(&call, summary)?;
        }
        Calls::Events { call, follow: true, remote } => follow::show(&Client::new(&remote)?, &call, output).await?,
        Calls::Events { call, follow: false, remote } => events(&Client::new(&remote)?, &call, output).await?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn events(client: &Client, call: &str, output: Output) -> Result<()> {
    let path = format!("/v1/calls/{}/events", segment(call));
    let mut after = 0;
    loop {
        let page: Listing<CallEvent> = client.get(&format!("{path}?after={after}")).await?;
        let Some(last) = page.items.last() else { return Ok(()) };
        after = last.sequence;
        for event in &page.items {
            if output.json {
                output.json_line(event)?;
            } else if let Some(line) = follow::line(event) {
                output.line(&line)?;
            }
        }
    }
}

fn list(page: &CallPage, output: Output) -> Result<()> {
    if output.json {
        return Ok(output.value(page)?);
    }
    output.rows(&page.items, ["CALL", "STATUS", "END", "TO", "AGENT", "CREATED"], |call| {
        [
            call.id.clone(),
            call.status.0.as_str().to_owned(),
            call.end_reason.map_or("", |reason| reason.0.as_str()).to_owned(),
            call.to.clone(),
            call.agent.clone(),
            call.created_at.to_string(),
        ]
    })?;
    if let Some(cursor) = &page.next_cursor {
        output.line(&format!("more with --cursor {cursor}"))?;
    }
    Ok(())
}

fn summary(call: &Call) -> String {
    format!("{} to {}: {}", call.id, call.to, call.status.0.as_str())
}

fn details(call: &Call) -> String {
    let mut lines = vec![summary(call)];
    let mut add = |name: &str, value: Option<String>| {
        lines.extend(value.map(|value| format!("  {name:<12} {value}")));
    };
    add("agent", Some(format!("{} from {}", call.agent, call.from)));
    add("end", call.end_reason.map(|reason| reason.0.as_str().to_owned()));
    add("blame", call.blame.map(|blame| blame.0.as_str().to_owned()));
    let sure = f64::from(call.answered_by_confidence) * 100.0;
    add("answered by", call.answered_at.map(|_| format!("{} ({sure:.0} %)", call.answered_by.0.as_str())));
    add("duration", call.duration_ms.map(|ms| format!("{}.{} s", ms / 1_000, ms % 1_000 / 100)));
    add(
        "outcome",
        call.outcome.as_ref().map(|outcome| format!("{} {}", outcome.name, Value::Object(outcome.slots.clone()))),
    );
    add("SIP", Some(format!("{:?}", call.evidence.sip_codes)).filter(|_| !call.evidence.sip_codes.is_empty()));
    add("recording", call.recording_url.clone());
    lines.join("\n")
}
