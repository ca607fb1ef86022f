//! Prompt dialogs against a scripted model, in paused time.

use std::collections::VecDeque;
use std::sync::Mutex;

use app::ports::OutboundHttp;
use app::ports::outbound_http::{HttpError, HttpRequest, HttpResponse};
use app::tools::Tools;
use async_trait::async_trait;
use domain::CallId;
use serde_json::json;
use tokio::task::JoinSet;
use uuid::Uuid;

use super::*;

type Script = Vec<Result<ChatDelta, ProviderError>>;

/// Plays one script a request and keeps the requests.
#[derive(Default)]
struct ScriptedModel {
    scripts: Mutex<VecDeque<Option<Script>>>,
    requests: Mutex<Vec<ChatRequest>>,
}

#[async_trait]
impl LanguageModel for ScriptedModel {
    async fn reply(
        &self,
        request: ChatRequest,
    ) -> Result<mpsc::Receiver<Result<ChatDelta, ProviderError>>, ProviderError> {
        self.requests.lock().unwrap().push(request);
        let script = self.scripts.lock().unwrap().pop_front().expect("a script for every request");
        let (deltas, stream) = mpsc::channel(32);
        match script {
            Some(script) => script.into_iter().for_each(|delta| deltas.try_send(delta).unwrap()),
            // A model that never says anything keeps its end open.
            None => std::mem::forget(deltas),
        }
        Ok(stream)
    }

    async fn models(&self) -> Result<Vec<String>, ProviderError> {
        unreachable!("a talk asks for replies only")
    }
}

/// Answers after half a second; keeps the requests that came to an answer.
#[derive(Default)]
struct Outside(Mutex<Vec<HttpRequest>>);

#[async_trait]
impl OutboundHttp for Outside {
    fn check(&self, _: &str) -> Result<(), HttpError> {
        Ok(())
    }

    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        tokio::time::sleep(Duration::from_millis(500)).await;
        let status = if request.url.ends_with("/full") { 409 } else { 200 };
        self.0.lock().unwrap().push(request);
        Ok(HttpResponse { status, body: br#"{"at":"9:00"}"#.to_vec(), ..HttpResponse::default() })
    }
}

fn definition() -> Value {
    json!({
        "name": "Ava",
        "prompt": { "provider": "p", "model": "m" },
        "tools": {
            "look": {
                "description": "Free times of a day.",
                "url": "https://crm.example.com/{{name}}/{{arguments.day}}",
                "parameters": { "type": "object", "properties": { "day": { "type": "string" } } },
            },
            "book": { "method": "POST", "url": "https://crm.example.com/book", "body": { "day": "{{arguments.day}}" },
                "writes": true },
            "full": { "url": "https://crm.example.com/full" },
        },
    })
}

struct Talk {
    handle: DialogHandle,
    model: Arc<ScriptedModel>,
    outside: Arc<Outside>,
    _tasks: JoinSet<()>,
}

fn talk(scripts: Vec<Option<Script>>) -> Talk {
    let model = Arc::new(ScriptedModel { scripts: Mutex::new(scripts.into()), ..ScriptedModel::default() });
    let agent = PromptAgent {
        model: "m".into(),
        system: "Be brief.".into(),
        first_message: "Hi, this is Ava.".into(),
        fallback: Some("Say again?".into()),
        machine_message: Some("Please call back.".into()),
    };
    let outside = Arc::new(Outside::default());
    let http = Tools::new(outside.clone(), CallId(Uuid::from_u128(1)));
    let variables = Variables::from([("name".to_owned(), "Ann".to_owned())]);
    let tools = ModelTools::new(Arc::new(serde_json::from_value(definition()).unwrap()), &variables, http);
    let (handle, task) = dialog(model.clone(), agent, tools);
    let mut tasks = JoinSet::new();
    tasks.spawn(task);
    Talk { handle, model, outside, _tasks: tasks }
}

impl Talk {
    async fn tell(&self, number: u64, input: DialogInput) {
        self.handle.inputs.send((number, input)).await.unwrap();
    }

    async fn acts_until_listen(&mut self) -> Vec<DialogAct> {
        let mut acts = Vec::new();
        while let Some(NumberedAct { act, .. }) = self.handle.acts.recv().await {
            let over = matches!(act, DialogAct::Listen { .. } | DialogAct::HangUp { .. });
            acts.push(act);
            if over {
                break;
            }
        }
        acts
    }

    fn last_request(&self) -> Vec<ChatMessage> {
        self.model.requests.lock().unwrap().last().unwrap().messages.clone()
    }
}

fn say(text: &str) -> DialogAct {
    DialogAct::Say { text: text.into(), interruptible: true }
}

fn text(text: &str) -> Result<ChatDelta, ProviderError> {
    Ok(ChatDelta::Text(text.into()))
}

fn done() -> Result<ChatDelta, ProviderError> {
    Ok(ChatDelta::Done { prompt_tokens: None, completion_tokens: None })
}

const LISTEN: DialogAct = DialogAct::Listen { dictation: false };

#[tokio::test(start_paused = true)]
async fn a_reply_is_said_sentence_by_sentence_and_enters_the_history_when_heard() {
    let mut talk = talk(vec![
        Some(vec![text("It is ten dol"), text("lars. Shall I book it?"), done()]),
        Some(vec![text("Done, thank you."), done()]),
    ]);
    talk.tell(1, DialogInput::Start).await;
    assert_eq!(talk.acts_until_listen().await, [say("Hi, this is Ava."), LISTEN]);
    talk.tell(2, DialogInput::Spoken).await;
    talk.tell(3, DialogInput::Heard { text: "What does it cost?".into() }).await;
    assert_eq!(talk.acts_until_listen().await, [say("It is ten dollars."), say("Shall I book it?"), LISTEN]);
    talk.tell(4, DialogInput::Interrupted { heard: "It is ten dollars.".into() }).await;
    talk.tell(5, DialogInput::Heard { text: "Yes.".into() }).await;
    talk.acts_until_listen().await;
    let said = |t: &str| ChatMessage::Assistant { text: t.into(), tool_calls: Vec::new() };
    assert_eq!(
        talk.last_request(),
        [
            ChatMessage::System("Be brief.".into()),
            said("Hi, this is Ava."),
            ChatMessage::User("What does it cost?".into()),
            said("It is ten dollars."),
            ChatMessage::User("Yes.".into()),
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_model_that_is_silent_or_broken_gets_the_fallback_line() {
    let broken = ProviderError { kind: app::ports::provider_error::ProviderErrorKind::Overloaded, ..late() };
    let mut talk = talk(vec![None, Some(vec![Err(broken)]), Some(vec![done()])]);
    for number in 1..=3 {
        talk.tell(number, DialogInput::Heard { text: "Hello?".into() }).await;
        let acts = talk.acts_until_listen().await;
        assert!(matches!(acts[0], DialogAct::Trouble { .. }), "{acts:?}");
        assert_eq!(acts[1..], [say("Say again?"), LISTEN]);
    }
}

#[tokio::test(start_paused = true)]
async fn the_model_asks_to_hang_up_and_the_goodbye_comes_first() {
    let call = ToolCall {
        id: "1".into(),
        name: "hang_up".into(),
        arguments: r#"{"goodbye": "Goodbye, Ann.", "outcome": "booked"}"#.into(),
    };
    let mut talk = talk(vec![Some(vec![Ok(ChatDelta::ToolCall(call)), done()])]);
    talk.tell(1, DialogInput::Heard { text: "Bye.".into() }).await;
    assert_eq!(
        talk.acts_until_listen().await,
        [
            say("Goodbye, Ann."),
            DialogAct::Outcome { name: "booked".into() },
            DialogAct::HangUp { reason: EndReason::AgentHangup },
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_model_that_only_calls_tools_is_stopped() {
    let call = || ToolCall { id: "1".into(), name: "unknown".into(), arguments: "{}".into() };
    let scripts = (0..MOST_ROUNDS).map(|_| Some(vec![Ok(ChatDelta::ToolCall(call())), done()])).collect();
    let mut talk = talk(scripts);
    talk.tell(1, DialogInput::Heard { text: "Hm.".into() }).await;
    assert_eq!(talk.acts_until_listen().await, [LISTEN]);
    assert_eq!(talk.model.requests.lock().unwrap().len(), MOST_ROUNDS);
}

#[tokio::test(start_paused = true)]
async fn a_turn_that_comes_while_the_model_speaks_overtakes_it() {
    let mut talk = talk(vec![None, Some(vec![text("All right then."), done()])]);
    talk.tell(1, DialogInput::Heard { text: "First".into() }).await;
    talk.tell(2, DialogInput::Heard { text: "and second.".into() }).await;
    assert_eq!(talk.acts_until_listen().await, [say("All right then."), LISTEN]);
}

#[tokio::test(start_paused = true)]
async fn a_machine_gets_the_message_and_nothing_else() {
    let mut talk = talk(Vec::new());
    talk.tell(1, DialogInput::MachineAnswered).await;
    assert_eq!(
        talk.acts_until_listen().await,
        [say("Please call back."), DialogAct::HangUp { reason: EndReason::VoicemailMessageLeft }]
    );
}

#[tokio::test(start_paused = true)]
async fn a_turn_that_is_taken_back_was_never_said() {
    let mut talk = talk(vec![
        Some(vec![text("Ten dollars."), done()]),
        Some(vec![text("On Monday."), done()]),
        Some(vec![text("Nine dollars."), done()]),
    ]);
    talk.tell(1, DialogInput::Start).await;
    talk.acts_until_listen().await;
    for (number, heard) in [(2, "What does it cost?"), (4, "When?")] {
        talk.tell(number, DialogInput::Spoken).await;
        talk.tell(number + 1, DialogInput::Heard { text: heard.into() }).await;
        talk.acts_until_listen().await;
    }
    talk.tell(6, DialogInput::Spoken).await;
    talk.tell(7, DialogInput::Rewind(1)).await;
    talk.tell(8, DialogInput::Heard { text: "What does it cost for two?".into() }).await;
    assert_eq!(talk.acts_until_listen().await, [say("Nine dollars."), LISTEN]);
    let greeting = ChatMessage::Assistant { text: "Hi, this is Ava.".into(), tool_calls: Vec::new() };
    let system = ChatMessage::System("Be brief.".into());
    assert_eq!(talk.last_request(), [system, greeting, ChatMessage::User("What does it cost for two?".into())]);
}

#[tokio::test(start_paused = true)]
async fn what_a_person_says_and_tells_is_in_the_history_and_overtakes_no_reply() {
    let mut talk = talk(vec![None, Some(vec![text("Ten percent off."), done()])]);
    talk.tell(1, DialogInput::Start).await;
    talk.acts_until_listen().await;
    talk.tell(2, DialogInput::Spoken).await;
    talk.tell(3, DialogInput::SaidForPerson { heard: "We have an offer.".into() }).await;
    talk.tell(4, DialogInput::Heard { text: "Which?".into() }).await;
    // The model thinks for ever; meanwhile the note comes, and then the callee goes on.
    talk.tell(5, DialogInput::Note("Offer ten percent.".into())).await;
    assert_eq!(talk.acts_until_listen().await.last(), Some(&LISTEN), "the note did not stop the reply");
    talk.tell(6, DialogInput::Heard { text: "Hello?".into() }).await;
    assert_eq!(talk.acts_until_listen().await, [say("Ten percent off."), LISTEN]);
    let said = |t: &str| ChatMessage::Assistant { text: t.into(), tool_calls: Vec::new() };
    let history = talk.last_request();
    assert_eq!(
        history[1..4],
        [said("Hi, this is Ava."), said("We have an offer."), ChatMessage::User("Which?".into())]
    );
    assert!(matches!(&history[4], ChatMessage::System(note) if note.ends_with("Offer ten percent.")), "{history:?}");
}

fn asks(id: &str, name: &str, arguments: &str) -> Result<ChatDelta, ProviderError> {
    Ok(ChatDelta::ToolCall(ToolCall { id: id.into(), name: name.into(), arguments: arguments.into() }))
}

fn used(name: &str, error: Option<&str>) -> DialogAct {
    let status = Some(if error.is_some() { 409 } else { 200 });
    DialogAct::Tool { name: name.into(), status, duration_ms: 500, error: error.map(str::to_owned) }
}

fn results(history: &[ChatMessage]) -> Vec<&str> {
    let told = history.iter().filter_map(|message| match message {
        ChatMessage::Tool { content, .. } => Some(content.as_str()),
        _ => None,
    });
    told.collect()
}

#[tokio::test(start_paused = true)]
async fn the_tools_of_the_agent_are_offered_and_their_results_told() {
    let mut talk = talk(vec![
        Some(vec![text("One moment."), asks("1", "look", r#"{"day":"Mon day"}"#), asks("2", "full", ""), done()]),
        Some(vec![text("Nine is free."), done()]),
    ]);
    talk.tell(1, DialogInput::Heard { text: "When?".into() }).await;
    assert_eq!(
        talk.acts_until_listen().await,
        [say("One moment."), used("look", None), used("full", Some("status 409")), say("Nine is free."), LISTEN]
    );
    let offered = talk.model.requests.lock().unwrap()[0].tools.clone();
    assert_eq!(
        offered.iter().map(|tool| tool.name.as_str()).collect::<Vec<_>>(),
        ["hang_up", "opt_out", "transfer", "book", "full", "look"]
    );
    assert_eq!(offered[5].parameters["properties"]["day"]["type"], "string");
    let urls: Vec<_> = talk.outside.0.lock().unwrap().iter().map(|request| request.url.clone()).collect();
    assert_eq!(urls, ["https://crm.example.com/Ann/Mon%20day", "https://crm.example.com/full"]);
    let told = talk.last_request();
    assert_eq!(results(&told), [r#"{"at":"9:00"}"#, r#"{"error":"status 409","answer":"{\"at\":\"9:00\"}"}"#]);
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_asked_for_is_told_and_what_was_written_is_not_written_again() {
    let mut talk = talk(vec![
        Some(vec![
            asks("1", "none", "{}"),
            asks("2", "look", "[]"),
            asks("3", "look", "{}"),
            asks("4", "book", r#"{"day":"Monday"}"#),
            asks("5", "book", r#"{"day": "Monday"}"#),
            done(),
        ]),
        Some(vec![text("Booked."), done()]),
    ]);
    talk.tell(1, DialogInput::Heard { text: "Monday.".into() }).await;
    assert_eq!(talk.acts_until_listen().await, [used("book", None), say("Booked."), LISTEN]);
    let told = talk.last_request();
    let told = results(&told);
    assert_eq!(told[..2], ["There is no such tool.", "Not called: the arguments are not a JSON object."]);
    assert!(told[2].starts_with("Not called: ") && told[2].contains("arguments.day"), "{told:?}");
    assert_eq!(told[3..], [r#"{"at":"9:00"}"#; 2]);
    let written = talk.outside.0.lock().unwrap();
    assert!(written[0].headers.iter().any(|(name, _)| name == "idempotency-key") && written.len() == 1);
}

#[tokio::test(start_paused = true)]
async fn a_callee_who_goes_on_is_answered_and_only_what_writes_is_carried_through() {
    for (tool, kept) in [("look", 0), ("book", 1)] {
        let mut talk = talk(vec![
            Some(vec![text("One moment."), asks("1", tool, r#"{"day":"Monday"}"#), done()]),
            Some(vec![text("Tuesday then."), done()]),
        ]);
        talk.tell(1, DialogInput::Heard { text: "Monday.".into() }).await;
        assert_eq!(talk.handle.acts.recv().await.unwrap().act, say("One moment."));
        // Heard to its end, told by a person, and then the callee goes on: all while the tool is out.
        talk.tell(2, DialogInput::Spoken).await;
        talk.tell(3, DialogInput::Note("Be quick.".into())).await;
        talk.tell(4, DialogInput::Heard { text: "No, Tuesday.".into() }).await;
        let acts = talk.acts_until_listen().await;
        let told: Vec<_> = (0..kept).map(|_| used(tool, None)).chain([say("Tuesday then."), LISTEN]).collect();
        assert_eq!(acts, told);
        assert_eq!(talk.outside.0.lock().unwrap().len(), kept);
        let history = talk.last_request();
        let [.., call, result, note, heard] = &history[..] else { panic!("{history:?}") };
        assert!(matches!(call, ChatMessage::Assistant { tool_calls, .. } if tool_calls.len() == 1), "{history:?}");
        assert_eq!(matches!(result, ChatMessage::Tool { content, .. } if content == GIVEN_UP), kept == 0);
        assert!(matches!(note, ChatMessage::System(_)), "{history:?}");
        assert_eq!(heard, &ChatMessage::User("No, Tuesday.".into()));
    }
}

#[tokio::test(start_paused = true)]
async fn words_before_a_tool_that_were_cut_are_history_as_they_were_heard() {
    let mut talk = talk(vec![
        Some(vec![text("One moment, let me look."), asks("1", "look", r#"{"day":"Monday"}"#), done()]),
        Some(vec![text("Yes?"), done()]),
    ]);
    talk.tell(1, DialogInput::Heard { text: "Monday.".into() }).await;
    assert_eq!(talk.handle.acts.recv().await.unwrap().act, say("One moment, let me look."));
    talk.tell(2, DialogInput::Interrupted { heard: "One moment,".into() }).await;
    talk.tell(3, DialogInput::Heard { text: "Wait.".into() }).await;
    assert_eq!(talk.acts_until_listen().await, [say("Yes?"), LISTEN]);
    let said = |message: &ChatMessage| match message {
        ChatMessage::Assistant { text, .. } => Some(text.clone()),
        _ => None,
    };
    assert_eq!(talk.last_request().iter().filter_map(said).collect::<Vec<_>>(), ["One moment,"]);
}

#[tokio::test(start_paused = true)]
async fn what_was_not_begun_when_the_callee_went_on_is_not_begun() {
    for second in [asks("2", "book", r#"{"day":"Monday"}"#), asks("2", "hang_up", r#"{"goodbye":"Bye."}"#)] {
        let mut talk = talk(vec![
            Some(vec![
                text("Yes."),
                asks("1", "look", r#"{"day":"Monday"}"#),
                second,
                asks("3", "opt_out", "{}"),
                done(),
            ]),
            Some(vec![text("I am here."), done()]),
        ]);
        talk.tell(1, DialogInput::Heard { text: "Monday.".into() }).await;
        assert_eq!(talk.handle.acts.recv().await.unwrap().act, say("Yes."));
        talk.tell(2, DialogInput::Heard { text: "Wait.".into() }).await;
        // A wish not to be called again counts all the same.
        assert_eq!(talk.acts_until_listen().await, [DialogAct::OptOut, say("I am here."), LISTEN]);
        assert!(talk.outside.0.lock().unwrap().is_empty(), "nothing was sent");
        let history = talk.last_request();
        let told = results(&history);
        assert_eq!((told.len(), told[0], told[1]), (3, GIVEN_UP, NOT_BEGUN));
        assert_eq!(history.last(), Some(&ChatMessage::User("Wait.".into())));
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_that_was_to_end_and_goes_on_has_a_result_for_every_call_of_the_model() {
    let mut talk = talk(vec![
        Some(vec![asks("1", "transfer", r#"{"to":"+15550100002"}"#), asks("2", "look", r#"{"day":"Monday"}"#), done()]),
        Some(vec![text("Nobody is there. Can I help?"), done()]),
    ]);
    talk.tell(1, DialogInput::Heard { text: "A person, please.".into() }).await;
    assert_eq!(talk.handle.acts.recv().await.unwrap().act, DialogAct::Transfer { to: "+15550100002".into() });
    talk.tell(2, DialogInput::TransferFailed { detail: "SIP 486".into() }).await;
    assert_eq!(talk.acts_until_listen().await, [say("Nobody is there."), say("Can I help?"), LISTEN]);
    assert_eq!(results(&talk.last_request()), ["The callee is being handed over.", NOT_BEGUN]);
}
