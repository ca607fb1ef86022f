//! One try of one delivery, from its lease to what is written about it.

use std::sync::atomic::Ordering;
use std::time::Duration;

use app::ports::outbound_http::{HttpError, HttpRequest, HttpResponse};
use app::ports::store::{ClaimedDelivery, News, Settlement, StoreError};
use app::read_calls::turns;
use domain::call::Call;
use domain::call_event::CallEvent;
use domain::dialect::Dialect;
use domain::webhook::{DeadReason, DeliveryAttempt, DeliveryState, EndpointKind, WebhookEndpoint};
use domain::{EventId, NodeId};
use machines::delivery::{Answer, Next, Schedule, retry_after};

use crate::deliverer::DelivererContext;
use crate::dialect::{About, Telling};

/// Bytes of an answer that are kept to be looked at.
const EXCERPT: usize = 512;

/// What was asked and what came back, before it is judged.
struct Outcome {
    answer: Option<Answer>,
    status: Option<u16>,
    error: Option<String>,
    excerpt: Option<String>,
    dead: Option<DeadReason>,
}

impl Outcome {
    /// Nothing was asked, and nothing ever will be.
    fn pointless(reason: DeadReason, error: &str) -> Self {
        Self { answer: None, status: None, error: Some(error.to_owned()), excerpt: None, dead: Some(reason) }
    }
}

/// Tries once; whether the endpoint did well.
pub(crate) async fn try_once(context: &DelivererContext, node: NodeId, claimed: ClaimedDelivery) -> bool {
    let (at, started) = (context.clock.now(), context.clock.mono());
    let outcome = match outcome(context, &claimed).await {
        Ok(outcome) => outcome,
        Err(error) => {
            // Nothing was sent; the lease lapses and the delivery is taken up again.
            tracing::warn!(delivery.id = %claimed.delivery.id, %error, "what a delivery tells of could not be read");
            return true;
        }
    };
    let took = context.clock.mono().since(started);
    let now = at.saturating_add(took).unwrap_or(at);
    let next = match (outcome.dead, outcome.answer) {
        (Some(reason), _) => Some(Next::Dead(reason)),
        (None, Some(answer)) => Some(context.schedule.after(claimed.delivery.round, now, answer, chance(context))),
        // There is nothing to tell.
        (None, None) => None,
    };
    let well = outcome.answer.is_none_or(Answer::is_success);
    let settlement = settlement(context, node, &claimed, outcome, next, (at, took));
    if let Some(next) = next {
        count(context, next);
    }
    match context.store.settle_delivery(settlement).await {
        Ok(()) => {}
        Err(StoreError::Fenced) => {
            tracing::info!(delivery.id = %claimed.delivery.id, "the delivery went to another node, or was given up");
        }
        Err(error) => {
            // The lease lapses and it is sent again: twice, not never.
            tracing::warn!(delivery.id = %claimed.delivery.id, %error, "the outcome of a delivery was not written");
        }
    }
    well
}

async fn outcome(context: &DelivererContext, claimed: &ClaimedDelivery) -> Result<Outcome, StoreError> {
    let Some(endpoint) = claimed.endpoint.as_ref().filter(|endpoint| endpoint.disabled.is_none()) else {
        return Ok(Outcome::pointless(DeadReason::EndpointDisabled, "the webhook is switched off or gone"));
    };
    let Some(news) = context.store.news(&claimed.delivery).await? else {
        return Ok(Outcome::pointless(DeadReason::EventGone, "the event is not stored any more"));
    };
    let at = context.clock.now();
    let secrets = endpoint.secrets.at(at);
    let spoken = context.dialects.of(dialect(claimed, endpoint, &news));
    let about = match (&spoken, &news) {
        (Some(spoken), News::Call(call, event)) if spoken.says_more() => about(context, call, event).await?,
        _ => About::default(),
    };
    let (id, wanted) = (claimed.delivery.id, endpoint.events.as_slice());
    let telling = Telling { id, at, secrets: &secrets, news: &news, wanted, about: &about };
    let messages = spoken.map(|spoken| spoken.messages(telling)).unwrap_or_default();
    // One delivery, one try: what one event makes several messages of is told whole, within the time of one.
    let timeout = context.settings.timeout / u32::try_from(messages.len().max(1)).unwrap_or(1);
    let mut outcome = Outcome { answer: None, status: None, error: None, excerpt: None, dead: None };
    for message in messages {
        let request = HttpRequest {
            method: "POST".to_owned(),
            url: address(claimed, endpoint),
            headers: message.headers,
            body: Some(message.body),
            timeout,
            body_excerpt: Some(EXCERPT),
        };
        outcome = read(context, context.http.send(request).await);
        // The others come after it, in their order; the next try tells all of them again.
        if !outcome.answer.is_some_and(Answer::is_success) {
            break;
        }
    }
    Ok(outcome)
}

/// The endpoint's own; what goes to the address that a call brought is told in the words of the API that brought it.
fn dialect(claimed: &ClaimedDelivery, endpoint: &WebhookEndpoint, news: &News) -> Dialect {
    match (&claimed.delivery.status_url, news) {
        (Some(_), News::Call(call, _)) => call.dialect,
        _ => endpoint.dialect,
    }
}

/// Reads what vendors say of a call beside what it is itself.
async fn about(context: &DelivererContext, call: &Call, event: &CallEvent) -> Result<About, StoreError> {
    let names = context.store.names_of_agents(call.organization).await?;
    let names = names.into_iter().find(|(agent, _)| *agent == call.agent).map(|(_, names)| names);
    let turns = turns(&*context.store, call.organization, call.id, event.sequence).await?;
    // It plays from the event on, so that every try has the same address.
    let recording_url = context.links.url(call, event.at);
    Ok(About { names, turns, recording_url })
}

fn address(claimed: &ClaimedDelivery, endpoint: &WebhookEndpoint) -> String {
    claimed.delivery.status_url.clone().unwrap_or_else(|| endpoint.url.clone())
}

fn read(context: &DelivererContext, got: Result<HttpResponse, HttpError>) -> Outcome {
    match got {
        Ok(response) => {
            let header = response.headers.iter().find(|(name, _)| name == "retry-after");
            let retry_after = header.and_then(|(_, text)| retry_after(text, context.clock.now()));
            let moved = (300..400).contains(&response.status);
            Outcome {
                answer: Some(Answer::Status { code: response.status, retry_after }),
                status: Some(response.status),
                error: moved.then(|| "redirects are not followed; change the address".to_owned()),
                excerpt: excerpt(&response.body),
                dead: None,
            }
        }
        Err(error) => {
            let forbidden = matches!(error, HttpError::Forbidden(_) | HttpError::Port(_) | HttpError::BadUrl(_));
            let answer = if forbidden { Answer::Forbidden } else { Answer::Nothing };
            let error = Some(error.to_string().chars().take(EXCERPT).collect());
            Outcome { answer: Some(answer), status: None, error, excerpt: None, dead: None }
        }
    }
}

/// What a person can read of an answer.
fn excerpt(body: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(&body[..body.len().min(EXCERPT)]);
    let text: String = text.chars().map(|c| if c.is_control() && c != '\n' { ' ' } else { c }).collect();
    Some(text).filter(|text| !text.trim().is_empty())
}

fn settlement(
    context: &DelivererContext,
    node: NodeId,
    claimed: &ClaimedDelivery,
    outcome: Outcome,
    next: Option<Next>,
    (at, took): (domain::time::Timestamp, Duration),
) -> Settlement {
    let (state, dead_reason, next_at) = match next {
        Some(Next::Delivered) => (DeliveryState::Delivered, None, None),
        Some(Next::RetryAt(then)) => (DeliveryState::Pending, None, Some(then)),
        Some(Next::Dead(reason)) => (DeliveryState::Dead, Some(reason), None),
        None => (DeliveryState::Skipped, None, None),
    };
    let now = at.saturating_add(took).unwrap_or(at);
    let listed = claimed.endpoint.as_ref().is_some_and(|endpoint| endpoint.kind == EndpointKind::Listed);
    let judge = outcome.answer.filter(|_| listed).map(|answer| {
        let schedule: Schedule = context.schedule.clone();
        let judge: app::ports::store::Judge = std::sync::Arc::new(move |health| schedule.health(health, now, answer));
        judge
    });
    Settlement {
        delivery: claimed.delivery.id,
        node,
        attempt: DeliveryAttempt {
            number: claimed.delivery.attempts,
            at,
            duration_ms: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
            status: outcome.status,
            error: outcome.error,
            excerpt: outcome.excerpt,
            next_at,
        },
        state,
        dead_reason,
        judge,
        notice: EventId(context.clock.uuid()),
    }
}

fn count(context: &DelivererContext, next: Next) {
    let count = match next {
        Next::Delivered => &context.counts.delivered,
        Next::RetryAt(_) => &context.counts.failed,
        Next::Dead(_) => &context.counts.dead,
    };
    count.fetch_add(1, Ordering::Relaxed);
}

/// From 0 up to 1, out of the random tail of a UUID v7.
fn chance(context: &DelivererContext) -> f64 {
    let [.., a, b, c, d] = context.clock.uuid().into_bytes();
    f64::from(u32::from_be_bytes([a, b, c, d])) / f64::from(u32::MAX)
}
