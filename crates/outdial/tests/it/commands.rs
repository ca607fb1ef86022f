//! The commands against a running server, from its first start on.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use serde_json::Value;

use crate::process::{Server, outdial, said};

pub(crate) struct Client<'a> {
    pub(crate) url: &'a str,
    pub(crate) data: &'a Path,
}

impl Client<'_> {
    pub(crate) fn run(&self, args: &[&str]) -> (i32, String, String) {
        said(outdial(args).args(["--url", self.url, "--data-dir"]).arg(self.data).output().unwrap())
    }

    pub(crate) fn json(&self, args: &[&str]) -> Value {
        let (code, stdout, stderr) = self.run(&[&["--json"], args].concat());
        assert_eq!(code, 0, "{args:?}: {stderr}");
        serde_json::from_str(&stdout).unwrap_or_else(|e| panic!("{args:?}: {e}: {stdout}"))
    }
}

pub(crate) const AGENT: &str = "name: Caller\nvariables:\n  name: {description: whom we call}\nflow:\n  start: bye\n  \
    steps:\n    bye: {hang_up: {text: \"Hello {{name}}, goodbye.\"}}\n";

#[test]
fn a_first_start_has_a_key_and_every_command_works_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let server = Server::start(&data, &[]);
    let key = std::fs::read_to_string(data.join("admin.key")).unwrap();
    assert!(server.printed[0].contains(key.trim()), "{:?}", server.printed);
    assert_eq!(std::fs::metadata(data.join("admin.key")).unwrap().permissions().mode() & 0o777, 0o600);
    let client = Client { url: &server.url, data: &data };

    // Nothing listens at the trunk: calls queue, and fail by themselves.
    client.json(&["trunks", "add", "line", "127.0.0.1:9", "--channels", "2"]);
    client.json(&["numbers", "add", "+15550001000", "--trunk", "line"]);
    let file = folder.path().join("greeter").join("agent.yaml");
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(&file, AGENT).unwrap();
    let file = file.to_str().unwrap();
    let agent = client.json(&["agents", "push", file, "--number", "+15550001000", "--publish"]);
    assert_eq!((&agent["slug"], &agent["state"]), (&Value::from("greeter"), &Value::from("published")));
    let again = client.json(&["agents", "push", file]);
    assert_eq!(again["id"], agent["id"]);
    let (_, pulled, _) = client.run(&["agents", "pull", "greeter"]);
    assert!(pulled.contains("Hello {{name}}"), "{pulled}");
    assert_eq!(client.json(&["agents", "publish", "greeter"])["version"]["number"], 2);

    rules_and_caps_are_set_and_read(&client, folder.path());
    a_node_is_drained_and_resumed(&client);

    let shown = client.json(&["agents", "credentials", "greeter"]);
    let (_, text, _) = client.run(&["agents", "credentials", "greeter", "--verify-signature", "false"]);
    for part in [&shown["token"], &shown["secret"], &shown["names"]["vonage"], &shown["names"]["voxpria"]] {
        assert!(text.contains(part.as_str().unwrap()), "{part} in {text}");
    }
    assert!(
        text.contains(&format!("POST {}/api/click-to-call", server.url)) && text.contains("not asked for"),
        "{text}"
    );
    let drawn = client.json(&["agents", "credentials", "greeter", "--rotate"]);
    assert_eq!((&drawn["names"], &drawn["verify_signature"]), (&shown["names"], &Value::from(false)));
    assert_ne!((&drawn["token"], &drawn["secret"]), (&shown["token"], &shown["secret"]));

    let call = client.json(&["calls", "create", "--agent", "greeter", "--to", "+15550100001", "--var", "name=Ada"]);
    assert_eq!(call["variables"]["name"], "Ada");
    let id = call["id"].as_str().unwrap();
    assert_eq!(client.json(&["calls", "get", id])["id"], call["id"]);
    assert_eq!(client.json(&["calls", "list", "--limit", "1"])["items"][0]["id"], call["id"]);
    let (_, text, _) = client.run(&["calls", "list"]);
    assert!(text.starts_with("CALL") && text.contains(id), "{text}");
    let (code, text, stderr) = client.run(&["calls", "events", id, "--follow"]);
    assert!(code == 0 && text.contains("queued"), "{text}{stderr}");

    let entry = client.json(&["suppressions", "add", "+15550100002"]);
    let refused = client.run(&["calls", "create", "--agent", "greeter", "--to", "+15550100002", "--var", "name=Bo"]);
    assert!(refused.0 == 1 && refused.2.contains("(suppressed)"), "{refused:?}");
    client.json(&["suppressions", "remove", entry["id"].as_str().unwrap()]);
    let missing = client.run(&["calls", "create", "--agent", "greeter", "--to", "+15550100002"]);
    assert!(missing.0 == 1 && missing.2.contains("/variables/name"), "{missing:?}");

    let made = client.json(&["keys", "create", "--name", "site", "--permission", "calls:read"]);
    let secret = made["secret"].as_str().unwrap();
    let denied = client.run(&["trunks", "list", "--api-key", secret]);
    assert!(denied.0 == 1 && denied.2.contains("telephony:read"), "{denied:?}");
    client.json(&["keys", "revoke", made["id"].as_str().unwrap()]);
    let unknown = client.run(&["calls", "list", "--api-key", secret]);
    assert!(unknown.0 == 1 && unknown.2.contains("(unauthenticated)"), "{unknown:?}");
    assert_eq!(server.stop(), 0);
}

fn rules_and_caps_are_set_and_read(client: &Client<'_>, folder: &Path) {
    let rules = folder.join("rules.yaml");
    std::fs::write(&rules, "frequency: {calls: 3, days: 7}\n").unwrap();
    let rules = rules.to_str().unwrap();
    assert_eq!(client.json(&["policy", "set", rules])["frequency"]["calls"], 3);
    assert!(client.run(&["policy", "show"]).1.contains("days: 7"));
    assert!(client.run(&["policy", "show", "--agent", "greeter"]).1.contains("the organization's hold"));
    assert_eq!(client.json(&["policy", "set", rules, "--agent", "greeter"])["policy"]["frequency"]["days"], 7);
    assert_eq!(client.json(&["policy", "clear", "greeter"])["policy"], Value::Null);
    let check = |at: &str| {
        let zone = ["--list", "--time-zone", "America/Chicago", "--at", at];
        client.run(&[&["policy", "check", "+15550100001", "--agent", "greeter"], &zone[..]].concat()).1
    };
    // A Wednesday's noon, and its night.
    assert!(check("2027-01-13T18:00:00Z").contains("would be called"));
    assert!(check("2027-01-13T08:00:00Z").contains("allowed from"));
    assert_eq!(client.json(&["policy", "decisions", "--number", "+15550100001"]), serde_json::json!([]));
    let caps = folder.join("caps.yaml");
    std::fs::write(&caps, "calls_per_day: 900\n").unwrap();
    assert_eq!(client.json(&["caps", "set", caps.to_str().unwrap()])["calls_per_day"], 900);
    let (_, shown, _) = client.run(&["caps", "show"]);
    assert!(shown.contains("calls_per_day: 900") && !shown.contains("null"), "{shown}");
    assert_eq!(client.json(&["caps", "brakes"]), serde_json::json!([]));
    let (code, _, stderr) = client.run(&["caps", "release", "org_nobody"]);
    assert!(code != 0 && stderr.contains("no such brake"), "{stderr}");
}

fn a_node_is_drained_and_resumed(client: &Client<'_>) {
    let nodes = client.json(&["nodes", "list"]);
    let node = nodes[0]["id"].as_str().unwrap_or_else(|| panic!("{nodes}"));
    assert_eq!((&nodes[0]["alive"], nodes.as_array().unwrap().len()), (&Value::from(true), 1));
    assert_eq!(client.json(&["nodes", "drain", node])["drain_wanted"], true);
    assert_eq!(client.json(&["nodes", "resume", node])["drain_wanted"], false);
    assert!(client.run(&["nodes", "list"]).1.contains(node));
}

#[test]
fn a_second_start_keeps_what_was_there_and_provisioning_is_applied() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    std::fs::write(folder.path().join("agent.yaml"), AGENT).unwrap();
    let file = folder.path().join("setup.yaml");
    let setup = "organizations:\n  - name: acme\n    trunks:\n      - {name: line, kind: sip, address: \"127.0.0.1:9\", \
        transport: udp}\n    numbers:\n      - {number: \"+15550001000\", trunk: line}\n    agents:\n      - {id: greeter, \
        definition: agent.yaml, number: \"+15550001000\", state: published}\n    keys:\n      - {dialect: native, \
        secret: od_test, permissions: [\"*\"]}\n";
    std::fs::write(&file, setup).unwrap();
    for _ in 0..2 {
        let server = Server::start(&data, &["--provision", file.to_str().unwrap()]);
        let client = Client { url: &server.url, data: &data };
        let agents = client.json(&["agents", "list", "--api-key", "od_test"]);
        assert_eq!((agents.as_array().unwrap().len(), &agents[0]["state"]), (1, &Value::from("published")));
        assert_eq!(server.stop(), 0);
    }
    std::fs::write(&file, "organizations:\n  - name: acme\n    trunk: x\n").unwrap();
    let mut command = outdial(&["serve", "--listen", "127.0.0.1:0", "--provision", file.to_str().unwrap()]);
    let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models");
    command.arg("--data-dir").arg(&data).env("OUTDIAL_SPEECH_MODELS_DIR", models).env("OUTDIAL_LOG_LEVEL", "error");
    let (code, _, stderr) = said(command.output().unwrap());
    assert_eq!((code, stderr.trim().lines().count()), (78, 1), "{stderr}");
    assert!(stderr.contains("setup.yaml") && stderr.contains("trunk"), "{stderr}");
}

#[test]
fn no_secret_number_or_name_reaches_the_log() {
    let folder = tempfile::tempdir().unwrap();
    let (data, log) = (folder.path().join("data"), folder.path().join("log"));
    let server = Server::logging(&data, &[], "debug", std::fs::File::create(&log).unwrap());
    let client = Client { url: &server.url, data: &data };
    let password = folder.path().join("password");
    std::fs::write(&password, "hunter2\n").unwrap();
    let file = ["--username", "carrieruser", "--password-file", password.to_str().unwrap()];
    client.json(&[&["trunks", "add", "line", "127.0.0.1:9"], &file[..]].concat());
    client.json(&["numbers", "add", "+15550001000", "--trunk", "line"]);
    let agent = folder.path().join("greeter.yaml");
    std::fs::write(&agent, AGENT).unwrap();
    client.json(&["agents", "push", agent.to_str().unwrap(), "--number", "+15550001000", "--publish"]);
    let call =
        client.json(&["calls", "create", "--agent", "greeter", "--to", "+15550100001", "--var", "name=Ludmilla"]);
    client.run(&["calls", "events", call["id"].as_str().unwrap(), "--follow"]);
    client.json(&["calls", "list", "--to", "+15550100001"]);
    client.run(&["calls", "list", "--api-key", "od_wrongsecret"]);
    assert_eq!(server.stop(), 0);
    let log = std::fs::read_to_string(log).unwrap();
    assert!(log.contains("request answered") && log.contains("/v1/calls"), "{log}");
    let key = std::fs::read_to_string(data.join("admin.key")).unwrap();
    for hidden in [key.trim(), "hunter2", "od_wrongsecret", "15550100001", "15550001000", "Ludmilla"] {
        let line = log.lines().find(|line| line.contains(hidden));
        assert_eq!(line, None, "{hidden} is in the log");
    }
}
