//! The vendors' clients, in the languages that their samples are in, against a server whose calls go out by SIP: every
//! vendor's call is asked for, reaches the far end, and is read to its end in that vendor's words.
//!
//! `make setup-test` installs axios and requests into `target/vendor-clients`; they are part of no product.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use api::wire::credentials::Credentials;
use callee::persona::built_in;
use reqwest::Method;
use serde_json::{Value, json};
use testkit::agents::LEAD_CALLBACK;
use testkit::{Variant, World, root};
use tokio::process::Command;

/// How a vendor's client opens the server.
struct Account {
    key: String,
    secret: String,
    agent: String,
}

fn installed() -> PathBuf {
    root().join("target/vendor-clients")
}

/// Runs a client to its end, and reads what it tells.
async fn run(program: &Path, script: &str, world: &World, account: &Account, to: &str) -> Value {
    assert!(program.exists() || program.components().count() == 1, "{}: run `make setup-test`", program.display());
    let script = installed().join(script);
    let output = Command::new(program)
        .arg(&script)
        .env("BASE", format!("http://{}", world.stage.server.address))
        .env("KEY", &account.key)
        .env("SECRET", &account.secret)
        .env("AGENT", &account.agent)
        .env("TO", to)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .unwrap();
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{}: {stdout}\n{stderr}", script.display());
    serde_json::from_str(stdout.lines().last().unwrap_or_default()).unwrap_or_else(|e| panic!("{e}: {stdout}"))
}

/// Lays the programs beside what is installed, where Node looks for modules.
fn lay_out() {
    let programs = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients");
    assert!(installed().exists(), "{} is missing; run `make setup-test`", installed().display());
    for program in std::fs::read_dir(programs).unwrap() {
        let program = program.unwrap();
        std::fs::copy(program.path(), installed().join(program.file_name())).unwrap();
    }
}

async fn account(world: &World, credentials: &Credentials, vendor: &str) -> Account {
    let Credentials { token, secret, names, .. } = credentials;
    let agent = match vendor {
        "voiceb" => return Account { key: token.clone(), secret: secret.clone(), agent: LEAD_CALLBACK.to_owned() },
        "voicing" => names.voicing.clone(),
        "klen" => names.klen.clone(),
        "vonage" => names.vonage.clone(),
        _ => names.voxpria.clone(),
    };
    let key = world.set_up("/v1/keys", &json!({ "name": vendor, "dialect": vendor, "scopes": scopes(vendor) })).await;
    Account { key: key["secret"].as_str().unwrap().to_owned(), secret: String::new(), agent }
}

/// What the vendor's own key must be given, in the vendor's words.
fn scopes(vendor: &str) -> &'static [&'static str] {
    match vendor {
        "klen" => &["can_initiate_calls", "can_read_calls", "can_read_agents"],
        "voxpria" => &["calls:read", "calls:write", "webhooks:manage"],
        _ => &[],
    }
}

/// The vendor's client in Node calls somebody who hangs up, the one in Python a line that is busy. What both tell, and
/// how the calls ended by our own record.
async fn both(world: &World, credentials: &Credentials, vendor: &str) -> [(Value, Value); 2] {
    let account = account(world, credentials, vendor).await;
    let (node, python) = (PathBuf::from("node"), installed().join("venv/bin/python"));
    let (talks, busy) =
        (world.number_of(built_in("hangs_up_early").unwrap()), world.number_of(built_in("busy").unwrap()));
    let (of_node, of_python) = (format!("{vendor}.mjs"), format!("{vendor}.py"));
    let (by_node, by_python) =
        tokio::join!(run(&node, &of_node, world, &account, &talks), run(&python, &of_python, world, &account, &busy));
    let mut told = Vec::new();
    for (story, number) in [(by_node, talks), (by_python, busy)] {
        let id = story["id"].as_str().unwrap_or_else(|| panic!("{vendor}: {story}"));
        let (_, call) = world.answer(Method::GET, &format!("/v1/calls/{id}"), &Value::Null).await;
        assert_eq!(call["to"], json!(number));
        let id = call["id"].as_str().unwrap();
        let ended = world.ended(id).await;
        assert_eq!(world.stage.far_end.counts(&number).invites, 1, "{vendor}: one call was asked for: {story}");
        told.push((story, json!([ended.words()[0], ended.words()[1], ended.call.variables["name"]])));
    }
    <[(Value, Value); 2]>::try_from(told).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_vendors_clients_call_and_read_what_became_of_it() {
    lay_out();
    let world = World::start(&[Variant::example(LEAD_CALLBACK)]).await;
    let path = format!("/v1/agents/{LEAD_CALLBACK}/credentials");
    let credentials: Credentials = world.stage.client.get(&path).await.unwrap();
    let (node_ends, python_ends) = (json!(["completed", "callee_hangup", "John"]), json!(["busy", "busy", "John"]));

    let [(node, a), (python, b)] = both(&world, &credentials, "voiceb").await;
    assert_eq!((&node["status"], &node["forged"]), (&json!(200), &json!([403, "ctc:006"])));
    assert_eq!(node["again"], json!([400, "ctc:007"]), "while the first call is live");
    assert_eq!((&python["status"], &python["forged"]), (&json!(200), &json!([403, "ctc:006"])));
    assert_eq!((a, b), (node_ends.clone(), json!(["busy", "busy", "José"])));

    let [(node, a), (python, b)] = both(&world, &credentials, "voicing").await;
    assert_eq!((&node["status"], &node["bulk"]), (&json!("completed"), &json!("completed")));
    assert_eq!(node["refused"], json!([401, { "detail": "Invalid API token" }]));
    let answers = ["session_started", "assistant_message", "assistant_message", "assistant_message", "session_ended"];
    assert_eq!((&node["heard"], &python["heard"]), (&json!(answers), &json!(answers[..3])), "of the chatbot");
    assert_eq!((&python["status"], &python["listed"]), (&json!("failed"), &json!(["failed"])));
    assert_eq!((a, b), (node_ends.clone(), python_ends.clone()));

    let [(node, a), (python, b)] = both(&world, &credentials, "klen").await;
    assert_eq!((&node["status"], &node["listed"]), (&json!("completed"), &json!(["completed"])));
    assert_eq!(node["refused"], json!([400, "missing_phone_number"]));
    assert_eq!((&python["status"], &python["agent"]), (&json!("failed"), &json!(credentials.names.klen)));
    assert_eq!(python["told"], json!(["call.failed", true]), "signed, and verified");
    assert_eq!((a, b), (node_ends.clone(), python_ends.clone()));

    let [(node, a), (python, b)] = both(&world, &credentials, "vonage").await;
    assert_eq!((&node["status"], &node["reason"]), (&json!("completed"), &json!("callee_hangup")));
    assert_eq!((&node["found"], &node["product"]), (&json!(1), &json!("solar panels")));
    let bad = json!({ "status": 400, "message": "Bad destination number format" });
    assert_eq!((&python["status"], &python["refused"]), (&json!("busy"), &json!([400, bad])));
    assert_eq!(python["told"][0], "busy", "status_url hears of a call that nobody took");
    assert!(!python["told"][1].as_str().unwrap().starts_with('+'));
    assert_eq!((a, b), (node_ends.clone(), python_ends.clone()));

    let [(node, a), (python, b)] = both(&world, &credentials, "voxpria").await;
    assert_eq!((&node["status"], &node["refused"]), (&json!("completed"), &json!([401, false])));
    assert_eq!(node["recording"], json!(["audio/wav", "RIFF"]), "its address plays without a key");
    let verified = json!([["call.started", true], ["call.completed", true]]);
    assert_eq!(node["events"], verified, "signatures hold over the body written again by JavaScript");
    assert_eq!((&python["status"], &python["listed"]), (&json!("busy"), &json!(["busy"])));
    assert_eq!((a, b), (node_ends, python_ends));
    world.stop().await;
}
