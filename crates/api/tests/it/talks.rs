//! How many talks in writing a node holds, and whose agents are talked with, over real sockets and scripted dialogs.

use std::sync::Arc;

use app::Principal;
use app::manage_keys::NewKey;
use app::manage_organizations::OrganizationSettings;
use app::ports::chats::{Chat, ChatEvent, ChatInput, ChatNotOpened, ChatOpening, Chats};
use async_trait::async_trait;
use domain::api_key::Permission;
use domain::dialect::Dialect;
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::Response;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::world::World;

const TALK: &str = "/v1/agents/caller/chat";
const CHATBOT: &str = "/api/v1/voicing/ws/platform/api/chatbot";

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;
/// The dialog's ends of a talk.
type Ends = (mpsc::Receiver<ChatInput>, mpsc::Sender<ChatEvent>);

/// Dialogs that the test speaks for.
struct Scripted(mpsc::Sender<Ends>);

#[async_trait]
impl Chats for Scripted {
    async fn open(&self, _: ChatOpening) -> Result<Chat, ChatNotOpened> {
        let ((inputs, heard), (said, events)) = (mpsc::channel(1), mpsc::channel(8));
        self.0.send((heard, said)).await.map_err(|_| ChatNotOpened::Provider("the test is over".into()))?;
        Ok(Chat { inputs, events, tasks: JoinSet::new() })
    }
}

async fn world() -> (World, mpsc::Receiver<Ends>) {
    let (told, opened) = mpsc::channel(8);
    (World::with_chats(Arc::new(Scripted(told))).await, opened)
}

/// Shakes hands; or status, `Retry-After` and body of a refusal.
async fn shake(world: &World, path: &str, header: (&'static str, &str)) -> Result<Socket, (u16, String, Value)> {
    let mut request = format!("{}{path}", world.url.replace("http:", "ws:")).into_client_request().unwrap();
    request.headers_mut().insert(header.0, header.1.parse().unwrap());
    match connect_async(request).await {
        Ok((socket, _)) => Ok(socket),
        Err(Error::Http(answer)) => Err(refused(&answer)),
        Err(other) => panic!("{other}"),
    }
}

fn refused(answer: &Response<Option<Vec<u8>>>) -> (u16, String, Value) {
    let wait = answer.headers().get("retry-after").map_or("", |wait| wait.to_str().unwrap());
    let body = serde_json::from_slice(answer.body().as_deref().unwrap_or_default()).unwrap_or_default();
    (answer.status().as_u16(), wait.to_owned(), body)
}

async fn native(world: &World) -> Result<Socket, (u16, String, Value)> {
    shake(world, TALK, ("authorization", &format!("Bearer {}", world.secret))).await
}

/// Begins a talk and gives the dialog's ends of it.
async fn started(socket: &mut Socket, opened: &mut mpsc::Receiver<Ends>) -> Ends {
    let start = json!({ "type": "start", "variables": { "name": "Ada" } });
    socket.send(Message::text(start.to_string())).await.unwrap();
    let started = socket.next().await.unwrap().unwrap().into_text().unwrap();
    assert!(started.contains(r#""type":"started""#), "{started}");
    opened.recv().await.unwrap()
}

/// Says goodbye and waits until the server has closed the connection.
async fn closed(mut socket: Socket) {
    socket.close(None).await.unwrap();
    while socket.next().await.is_some_and(|message| message.is_ok()) {}
}

#[tokio::test]
async fn one_talk_too_many_is_refused_before_the_handshake_until_another_ends() {
    let (world, mut opened) = world().await;
    let names = world.platform.agent_names(&world.operator()).await.unwrap().into_values().next().unwrap();
    let voicing = world.foreign_key(Dialect::Voicing, None, &[]).await;
    let chatbot = format!("{CHATBOT}?assistant_id={}", names.voicing);
    let chatbot = async || shake(&world, &chatbot, ("x-api-key", &voicing)).await;
    let mut sockets = Vec::new();
    for _ in 0..63 {
        sockets.push(native(&world).await.unwrap());
    }
    let talking = chatbot().await.unwrap();
    let (mut heard, _said) = opened.recv().await.unwrap();

    let (status, wait, problem) = native(&world).await.unwrap_err();
    assert_eq!((status, &*wait, &problem["code"]), (429, "10", &json!("rate_limited")), "{problem}");
    assert_eq!(problem["facts"], json!({ "limit": "node.chats", "retry_after_s": 10 }));
    let (status, wait, answer) = chatbot().await.unwrap_err();
    assert_eq!((status, &*wait), (429, "10"), "{answer}");
    assert!(answer["detail"].as_str().unwrap().contains("as many as it can (limit node.chats)"), "{answer}");

    // The other side is gone without a word.
    drop(talking);
    assert_eq!(heard.recv().await, None, "the dialog is let go");
    sockets.push(native(&world).await.unwrap());
    assert_eq!(native(&world).await.unwrap_err().0, 429, "one gave its room back, one took it");

    // One that never began leaves, and one in the middle of its talk.
    closed(sockets.pop().unwrap()).await;
    sockets.push(chatbot().await.unwrap());
    let mut first = sockets.remove(0);
    let _answering = opened.recv().await.unwrap();
    let (mut heard, _said) = started(&mut first, &mut opened).await;
    closed(first).await;
    assert_eq!(heard.recv().await, None);
    sockets.push(native(&world).await.unwrap());
    assert_eq!(chatbot().await.unwrap_err().0, 429);
}

#[tokio::test]
async fn what_the_dialog_says_ends_the_talk_and_gives_its_room_back() {
    let (world, mut opened) = world().await;
    let mut socket = native(&world).await.unwrap();
    let (mut heard, said) = started(&mut socket, &mut opened).await;
    socket.send(Message::text(r#"{"type":"message","text":"Hello?"}"#)).await.unwrap();
    assert_eq!(heard.recv().await, Some(ChatInput::Text("Hello?".into())));
    said.send(ChatEvent::Text("Goodbye.".into())).await.unwrap();
    said.send(ChatEvent::Ended(domain::outcome::EndReason::AgentHangup)).await.unwrap();
    drop(said);
    let mut told = Vec::new();
    while let Some(Ok(Message::Text(text))) = socket.next().await {
        told.push(text.to_string());
    }
    let want = [r#"{"type":"text","text":"Goodbye."}"#, r#"{"type":"ended","reason":"agent_hangup"}"#];
    assert_eq!(told, want);
}

#[tokio::test]
async fn an_agent_of_another_organization_is_not_there() {
    let (world, _opened) = world().await;
    let settings = OrganizationSettings { name: "other".into(), ..Default::default() };
    let other = Principal::operator(world.platform.create_organization(settings).await.unwrap().id);
    let key = async |dialect| {
        let permissions = vec![Permission::CallsWrite];
        let new = NewKey { name: "theirs".into(), dialect, permissions, ..NewKey::default() };
        world.platform.create_key(&other, new).await.unwrap().secret
    };
    let (agent, names) = world.platform.agent_names(&world.operator()).await.unwrap().pop_first().unwrap();
    let theirs = format!("Bearer {}", key(Dialect::Native).await);
    for name in ["caller".to_owned(), agent.to_string()] {
        let path = format!("/v1/agents/{name}/chat");
        let (status, _, problem) = shake(&world, &path, ("authorization", &theirs)).await.unwrap_err();
        assert_eq!((status, &problem["code"]), (404, &json!("agent_not_found")), "{problem}");
    }
    let chatbot = format!("{CHATBOT}?assistant_id={}", names.voicing);
    let (status, _, answer) = shake(&world, &chatbot, ("x-api-key", &key(Dialect::Voicing).await)).await.unwrap_err();
    let detail = format!("Assistant with ID {} not found", names.voicing);
    assert_eq!((status, answer), (404, json!({ "detail": detail })));
}
