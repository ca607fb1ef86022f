//! Events in Voxpria's shape: `{event, timestamp, data}` (<https://voxpria.com/docs/webhooks-api>,
//! <https://voxpria.com/developers/webhooks>). Two families of documents disagree, so both signatures are sent and `data`
//! has the keys of both.

use app::ports::store::News;
use domain::call::Call;
use domain::organization_event::OrganizationFact;
use domain::time::Timestamp;
use serde_json::{Value, json};

use super::{signature, to_wire};
use crate::content::amount;
use crate::times;
use crate::webhooks::{Beside, Message, Moment, Told, VendorEvent, VendorWebhooks};

/// Signature of the first family, over the body.
pub const OF_BODY: &str = "x-voxpria-signature";
/// Signature of the second, over time and body.
pub const OF_TIME_AND_BODY: &str = "x-webhook-signature";

/// What Voxpria sends. There are no campaigns here, so their events never come.
pub(crate) const WEBHOOKS: VendorWebhooks = VendorWebhooks {
    events: &[
        VendorEvent { name: "call.started", ours: &["call.answered"] },
        VendorEvent { name: "call.completed", ours: &["call.ended"] },
        VendorEvent { name: "call.failed", ours: &["call.ended"] },
        VendorEvent { name: "campaign.started", ours: &[] },
        VendorEvent { name: "campaign.finished", ours: &[] },
        VendorEvent { name: "campaign.completed", ours: &[] },
        VendorEvent { name: "campaign.paused", ours: &[] },
        VendorEvent { name: "credit.low", ours: &["wallet.low_balance"] },
    ],
    messages,
};

fn messages(told: &Told<'_>) -> Vec<Message> {
    let Some((name, at, data)) = what(told) else { return Vec::new() };
    if !told.wants(name) {
        return Vec::new();
    }
    let envelope = json!({ "event": name, "timestamp": times::seconds(at), "data": data });
    let body = signature::stringify(&envelope).into_bytes();
    let secret = told.secret.reveal();
    let headers = [
        ("content-type", "application/json".to_owned()),
        (OF_BODY, signature::of_body(secret, &body)),
        (OF_TIME_AND_BODY, signature::of_time_and_body(secret, told.at.as_second(), &body)),
    ];
    vec![Message { headers: headers.map(|(name, value)| (name.to_owned(), value)).into(), body }]
}

/// Their name of what happened, when, and the data.
fn what(told: &Told<'_>) -> Option<(&'static str, Timestamp, Value)> {
    if let News::Organization(event) = told.news {
        let OrganizationFact::WalletLowBalance { balance, threshold, currency } = &event.fact else { return None };
        let [balance, threshold] = [*balance, *threshold].map(amount);
        let data = json!({ "currentBalance": balance, "threshold": threshold, "currency": currency });
        return Some(("credit.low", event.at, data));
    }
    let (call, event, beside) = told.call()?;
    let name = match Moment::of(&event.fact)? {
        Moment::Started => "call.started",
        Moment::Ended => "call.completed",
        Moment::Failed => "call.failed",
        Moment::Recorded => return None,
    };
    Some((name, event.at, data(call, beside, event.at)))
}

/// The call as `GET /calls/{id}` has it, and the second family's names beside.
fn data(call: &Call, beside: &Beside, at: Timestamp) -> Value {
    let agent = beside.names.as_ref().map_or_else(|| call.agent.to_string(), |names| names.voxpria.clone());
    let record = to_wire::record(call, &agent, beside.content.clone(), at);
    let (id, number) = (record.call_id.clone(), record.to_number.clone());
    let mut data = serde_json::to_value(record).unwrap_or_default();
    if let Value::Object(data) = &mut data {
        data.insert("id".to_owned(), id.into());
        data.insert("phoneNumber".to_owned(), number.into());
    }
    data
}
