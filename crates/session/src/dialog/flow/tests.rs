//! Flow dialogs: what the conversation is told when it hears more than the flow wants to.

use app::ports::outbound_http::{HttpError, HttpRequest, HttpResponse};
use app::ports::{OutboundHttp, ProviderError};
use async_trait::async_trait;
use uuid::Uuid;

use super::*;

struct Nothing;

#[async_trait]
impl Embedder for Nothing {
    async fn embed(&self, texts: Vec<String>) -> Result<Vec<Vec<f32>>, ProviderError> {
        Ok(vec![Vec::new(); texts.len()])
    }
}

#[async_trait]
impl OutboundHttp for Nothing {
    fn check(&self, _: &str) -> Result<(), HttpError> {
        Ok(())
    }

    async fn send(&self, _: HttpRequest) -> Result<HttpResponse, HttpError> {
        unreachable!("the flow has no tool")
    }
}

#[tokio::test(start_paused = true)]
async fn a_flow_that_is_over_hangs_up_again_whatever_is_heard_after_it() {
    let definition = serde_json::json!({
        "name": "Ann",
        "flow": { "start": "bye", "steps": { "bye": { "hang_up": { "text": "Goodbye." } } } },
    });
    let agent = FlowAgent {
        definition: Arc::new(serde_json::from_value(definition).unwrap()),
        variables: Variables::new(),
        intents: Arc::new(IntentIndex::new(&[], Vec::new())),
        now: DateTime::constant(2026, 11, 26, 12, 0, 0, 0),
        seed: 1,
        call: CallId(Uuid::from_u128(1)),
        keeps_turns: false,
    };
    let (mut handle, task) =
        dialog(agent, Arc::new(Nothing), Tools::new(Arc::new(Nothing), CallId(Uuid::from_u128(1))), None);
    let mut tasks = JoinSet::new();
    tasks.spawn(task);
    let heard = |text: &str| DialogInput::Heard { text: text.to_owned() };
    let inputs = [DialogInput::Start, DialogInput::Interrupted { heard: String::new() }, heard("not interested")];
    for (number, input) in (1..).zip(inputs) {
        handle.inputs.send((number, input)).await.unwrap();
    }
    let hang_up = |input| NumberedAct { input, act: DialogAct::HangUp { reason: EndReason::AgentHangup } };
    let said = handle.acts.recv().await.unwrap();
    assert!(matches!(said.act, DialogAct::Say { .. }), "{said:?}");
    // The conversation takes no answer to words before the newest.
    assert_eq!(handle.acts.recv().await.unwrap(), hang_up(2));
    assert_eq!(handle.acts.recv().await.unwrap(), hang_up(3));
}
