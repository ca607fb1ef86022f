//! Bodies of webhooks in our own dialect: one envelope `{type, timestamp, data}` (Standard Webhooks), and the list of
//! events with what each means.
//!
//! Law: the list is complete (a test holds it against the domain's), the OpenAPI section `webhooks` is made from it, and
//! the same news always makes the same bytes. An event of a call brings the call as it stood after it and the event as
//! `/v1/calls/{call}/events` has it; what is told here, there and in the stream is one shape.

use app::ports::WebhookPayloads;
use app::ports::store::News;
use utoipa::openapi::path::{HttpMethod, OperationBuilder, PathItem, PathsBuilder};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::{ContentBuilder, OpenApi, Ref, RefOr, Required, ResponseBuilder};

mod call;
mod organization;

pub use call::{CallNews, CallWebhook};
pub use organization::{OrganizationNews, OrganizationWebhook};

/// One event of the list.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// Its public name.
    pub name: &'static str,
    /// What it means, in a line.
    pub meaning: &'static str,
    /// Schema of its body.
    pub schema: &'static str,
}

/// The list.
pub const EVENTS: &[Entry] = &[
    call::entry("call.queued", "The call was accepted and waits for its turn."),
    call::entry("call.dialing", "An attempt is about to begin."),
    call::entry("call.ringing", "The far end is alerting."),
    call::entry("call.answered", "Somebody or something picked up."),
    call::entry("call.answered_by", "A new or better idea of who picked up."),
    call::entry("call.turn", "A turn of the conversation is complete."),
    call::entry("call.digits", "Digits were pressed or sent."),
    call::entry("call.slot", "A value was learned."),
    call::entry("call.tool", "A tool was called."),
    call::entry("call.opted_out", "The callee does not want to be called again."),
    call::entry("call.voicemail_message_left", "A message was left on a machine."),
    call::entry("call.transfer", "A transfer was asked for or came to an end."),
    call::entry("call.note", "Somebody who follows the call told the agent something that is not said."),
    call::entry("call.trouble", "Something went wrong that the call survived."),
    call::entry("call.recording_ready", "The recording is complete."),
    call::entry("call.ended", "The call is over: exactly one for every call, and nothing after it."),
    organization::entry("wallet.low_balance", "The wallet fell below the level at which its owner wants to know."),
    organization::entry("webhook.disabled", "A webhook failed for too long, or answered 410, and is switched off."),
    organization::entry("webhook.test", "Sent on request."),
];

/// Our own dialect.
#[derive(Clone, Copy, Debug, Default)]
pub struct NativePayloads;

impl WebhookPayloads for NativePayloads {
    fn body(&self, news: &News) -> Vec<u8> {
        let body = match news.clone() {
            News::Call(call, event) => serde_json::to_vec(&CallWebhook::of(*call, *event)),
            News::Organization(event) => serde_json::to_vec(&OrganizationWebhook::of(event)),
        };
        // Every part of it came out of JSON, or was made to go into it.
        body.unwrap_or_default()
    }
}

/// Writes the section `webhooks` of the document: what we send, as requests to the receiver.
pub(crate) fn document(document: &mut OpenApi) {
    let paths = EVENTS.iter().fold(PathsBuilder::new(), |paths, event| {
        let schema = RefOr::Ref(Ref::from_schema_name(event.schema));
        let body = RequestBodyBuilder::new()
            .content("application/json", ContentBuilder::new().schema(Some(schema)).build())
            .required(Some(Required::True))
            .build();
        let answer = ResponseBuilder::new().description("Any 2xx: the event arrived. 410: send nothing more.").build();
        let operation = OperationBuilder::new()
            .summary(Some(event.meaning))
            .tag("webhooks")
            .request_body(Some(body))
            .response("2XX", answer)
            .build();
        paths.path(event.name, PathItem::new(HttpMethod::Post, operation))
    });
    document.webhooks = Some(paths.build());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_the_domains() {
        let listed: Vec<&str> = EVENTS.iter().map(|entry| entry.name).collect();
        assert_eq!(listed, domain::webhook::event_names().collect::<Vec<_>>());
    }
}
