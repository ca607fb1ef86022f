//! A disk without room, for which a limit on the size of files stands in: writes fail in the same place, and the limit
//! of a running process can be lifted.

use std::process::Command;

use serde_json::Value;

use crate::commands::{AGENT, Client};
use crate::process::Server;

fn limit_files(server: &Server, bytes: &str) {
    let mut prlimit = Command::new("prlimit");
    let status = prlimit.args(["--pid", &server.pid().to_string(), &format!("--fsize={bytes}:unlimited")]).status();
    assert!(status.unwrap().success());
}

#[test]
fn a_full_disk_refuses_calls_and_loses_none_that_was_accepted() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let server = Server::logging(&data, &[], "off", std::process::Stdio::inherit());
    let client = Client { url: &server.url, data: &data };
    // Nobody hears there, and over TCP that is told at once.
    client.json(&["trunks", "add", "line", "127.0.0.1:9", "--transport", "tcp", "--channels", "2"]);
    client.json(&["numbers", "add", "+15550001000", "--trunk", "line"]);
    let file = folder.path().join("greeter").join("agent.yaml");
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(&file, AGENT).unwrap();
    client.json(&["agents", "push", file.to_str().unwrap(), "--number", "+15550001000", "--publish"]);
    let create = |n: u32| {
        let to = format!("+1555010{n:04}");
        client.run(&["--json", "calls", "create", "--agent", "greeter", "--to", &to, "--var", "name=Ada"])
    };
    let accepted = |n: u32| {
        let (code, stdout, stderr) = create(n);
        assert_eq!(code, 0, "{stderr}");
        serde_json::from_str::<Value>(&stdout).unwrap()["id"].as_str().unwrap().to_owned()
    };
    let mut calls: Vec<String> = (0..8).map(accepted).collect();
    limit_files(&server, "4096");
    for n in 8..12 {
        let (code, _, stderr) = create(n);
        assert!(code == 1 && stderr.contains("(unavailable)"), "{stderr}");
    }
    limit_files(&server, "unlimited");
    calls.extend((12..16).map(accepted));
    for call in &calls {
        let (code, text, stderr) = client.run(&["calls", "events", call, "--follow"]);
        assert_eq!(code, 0, "{stderr}");
        assert_eq!(text.matches("queued").count(), 1, "{text}");
        let record = client.json(&["calls", "get", call]);
        assert!(!["queued", "dialing", "ringing"].contains(&record["status"].as_str().unwrap()), "{record}");
    }
    let listed = client.json(&["calls", "list", "--limit", "100"]);
    assert_eq!(listed["items"].as_array().unwrap().len(), calls.len(), "nothing of a refused call was kept");
    assert_eq!(server.stop(), 0);
}
