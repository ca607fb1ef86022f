//! Translation between the leg's events and the lifecycle's inputs.

use app::ports::telephone::{LegEvent, LegStats};
use machines::call_lifecycle::{Input, LineCounters};
use tokio::sync::mpsc;

/// What a signalling event means for the lifecycle; `None` for those that only the conversation cares about.
pub(crate) fn lifecycle_input(event: &LegEvent) -> Option<Input> {
    Some(match event {
        LegEvent::Provisional { code, early_media } => Input::Provisional { code: *code, early_media: *early_media },
        LegEvent::Answered { codec } => Input::Answered { codec: codec.clone() },
        LegEvent::Refused { code, reason, q850, local } => {
            Input::Refused { code: *code, reason: reason.clone(), q850: *q850, local: *local }
        }
        LegEvent::RemoteBye { q850 } => Input::RemoteBye { q850: *q850 },
        LegEvent::Lost(loss) => Input::LineLost(*loss),
        LegEvent::Closed(stats) => Input::LegClosed(counters(stats)),
        LegEvent::RemoteHold(_) | LegEvent::Transfer { .. } => return None,
    })
}

fn counters(stats: &LegStats) -> LineCounters {
    LineCounters {
        packets_sent: stats.packets_sent,
        packets_received: stats.packets_received,
        packets_lost: stats.packets_lost,
        jitter_ms: stats.jitter_ms,
    }
}

/// The next event of a leg; never, while there is none.
pub(crate) async fn next_event(leg: &mut Option<mpsc::Receiver<LegEvent>>) -> Option<LegEvent> {
    match leg {
        Some(events) => events.recv().await,
        None => std::future::pending().await,
    }
}
