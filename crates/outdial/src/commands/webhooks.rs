//! `outdial webhooks`.

use anyhow::Result;
use api::wire::Listing;
use api::wire::webhooks::{
    CreateWebhook, Delivery, DeliveryLog, DeliveryPage, ReplayWebhook, Replayed, RotateSecret, UpdateWebhook, Webhook,
    WebhookWithSecret,
};

use super::webhook_listen;
use crate::cli::{Remote, Webhooks};
use crate::client::{Client, segment};
use crate::output::Output;

/// Runs the command.
pub async fn run(command: Webhooks, output: Output) -> Result<()> {
    match command {
        Webhooks::List { remote } => list(&remote, output).await,
        Webhooks::Create { target, events, agent, description, remote } => {
            let new = CreateWebhook { url: target, events, agent, description, ..CreateWebhook::default() };
            let made: WebhookWithSecret = Client::new(&remote)?.post("/v1/webhooks", &new).await?;
            Ok(output.either(&made, told)?)
        }
        Webhooks::Delete { webhook, remote } => {
            Client::new(&remote)?.delete(&path(&webhook, "")).await?;
            super::removed(&webhook, output)
        }
        Webhooks::Enable { webhook, remote } => switch(&webhook, true, &remote, output).await,
        Webhooks::Disable { webhook, remote } => switch(&webhook, false, &remote, output).await,
        Webhooks::Rotate { webhook, overlap, remote } => {
            let body = RotateSecret { overlap_s: overlap, secret: None };
            let rotated: WebhookWithSecret =
                Client::new(&remote)?.post(&path(&webhook, "/rotate-secret"), &body).await?;
            Ok(output.either(&rotated, told)?)
        }
        Webhooks::Test { webhook, remote } => {
            let sent: Delivery = Client::new(&remote)?.act(&path(&webhook, "/test")).await?;
            Ok(output.either(&sent, |sent| format!("{} is on its way", sent.id))?)
        }
        Webhooks::Deliveries { name, state, limit, remote } => {
            deliveries(name.as_deref(), state.as_deref(), limit, &remote, output).await
        }
        Webhooks::Resend { delivery, remote } => {
            let sent: Delivery =
                Client::new(&remote)?.act(&format!("/v1/deliveries/{}/resend", segment(&delivery))).await?;
            Ok(output.either(&sent, |sent| format!("{} is on its way", sent.id))?)
        }
        Webhooks::Replay { webhook, since, delivered_too, remote } => {
            let body = match since.parse() {
                Ok(at) => ReplayWebhook { since: Some(at), since_event: None, delivered_too },
                Err(_) => ReplayWebhook { since: None, since_event: Some(since), delivered_too },
            };
            let replayed: Replayed = Client::new(&remote)?.post(&path(&webhook, "/replay"), &body).await?;
            Ok(output.either(&replayed, |replayed| format!("{} deliveries are on their way", replayed.deliveries))?)
        }
        Webhooks::Listen { listen, secret_env } => webhook_listen::run(listen, &secret_env, output).await,
    }
}

fn path(webhook: &str, rest: &str) -> String {
    format!("/v1/webhooks/{}{rest}", segment(webhook))
}

fn told(made: &WebhookWithSecret) -> String {
    format!("{}\nthe secret, shown once: {}", made.webhook.id, made.secret)
}

async fn list(remote: &Remote, output: Output) -> Result<()> {
    let hooks: Listing<Webhook> = Client::new(remote)?.get("/v1/webhooks").await?;
    output.rows(&hooks.items, ["WEBHOOK", "URL", "EVENTS", "STATE", "FAILURES"], |hook| {
        let state = hook.disabled_reason.map_or("on".to_owned(), |reason| format!("off ({})", reason.0.as_str()));
        [hook.id.clone(), hook.url.clone(), hook.events.join(","), state, hook.failures.to_string()]
    })?;
    Ok(())
}

async fn switch(webhook: &str, enabled: bool, remote: &Remote, output: Output) -> Result<()> {
    let change = UpdateWebhook { enabled: Some(enabled), ..UpdateWebhook::default() };
    let hook: Webhook = Client::new(remote)?.patch(&path(webhook, ""), &change).await?;
    output.either(&hook, |hook| format!("{} is {}", hook.id, if hook.enabled { "on" } else { "off" }))?;
    Ok(())
}

async fn deliveries(
    name: Option<&str>,
    state: Option<&str>,
    limit: u32,
    remote: &Remote,
    output: Output,
) -> Result<()> {
    let client = Client::new(remote)?;
    if let Some(delivery) = name.filter(|name| name.starts_with("msg_")) {
        let log: DeliveryLog = client.get(&format!("/v1/deliveries/{}", segment(delivery))).await?;
        if output.json {
            return Ok(output.value(&log)?);
        }
        return Ok(output.rows(&log.log, ["TRY", "AT", "MS", "STATUS", "ERROR", "NEXT"], |attempt| {
            [
                attempt.number.to_string(),
                attempt.at.to_string(),
                attempt.duration_ms.to_string(),
                attempt.status.map(|status| status.to_string()).unwrap_or_default(),
                attempt.error.clone().unwrap_or_default(),
                attempt.next_attempt_at.map(|at| at.to_string()).unwrap_or_default(),
            ]
        })?);
    }
    let base = name.map_or_else(|| "/v1/deliveries".to_owned(), |webhook| path(webhook, "/deliveries"));
    let state = state.map(|state| format!("&state={}", segment(state))).unwrap_or_default();
    let page: DeliveryPage = client.get(&format!("{base}?limit={limit}{state}")).await?;
    output.rows(&page.items, ["DELIVERY", "EVENT", "STATE", "TRIES", "CALL", "MADE"], |delivery| {
        [
            delivery.id.clone(),
            delivery.event.clone(),
            delivery.state.0.as_str().to_owned(),
            delivery.attempts.to_string(),
            delivery.call_id.clone().unwrap_or_default(),
            delivery.created_at.to_string(),
        ]
    })?;
    Ok(())
}
