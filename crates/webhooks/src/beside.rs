//! What the vendors' dialects show beside a call, looked up as it was at the event.

use app::RecordingLinks;
use app::ports::store::{Store, StoreError};
use app::read_calls::MAX_EVENTS;
use dialects::content::{Content, summary, transcript};
use dialects::webhooks::Beside;
use domain::call::Call;
use domain::call_event::{CallEvent, CallFact};

/// Reads it. The address of the recording plays from the event on, so that every try has the same one.
pub(crate) async fn beside(
    store: &dyn Store,
    links: &RecordingLinks,
    call: &Call,
    event: &CallEvent,
) -> Result<Beside, StoreError> {
    let names = store.names_of_agents(call.organization).await?;
    let agent = store.agent(call.organization, &call.agent.to_string()).await?;
    let (mut turns, mut after) = (Vec::new(), 0);
    while after < event.sequence {
        let events = store.events(call.organization, call.id, after, MAX_EVENTS).await?;
        let Some(last) = events.last() else { break };
        after = last.sequence;
        turns.extend(events.into_iter().filter(|earlier| earlier.sequence <= event.sequence).filter_map(|earlier| {
            match earlier.fact {
                CallFact::Turn(turn) => Some(turn),
                _ => None,
            }
        }));
    }
    let recording_url = links.url(call, event.at);
    Ok(Beside {
        agent: agent.map(|agent| agent.draft.name.clone()).unwrap_or_default(),
        names: names.into_iter().find(|(id, _)| *id == call.agent).map(|(_, names)| names),
        content: Content { transcript: transcript(&turns), summary: summary(call), recording_url },
    })
}
