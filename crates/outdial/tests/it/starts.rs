//! What keeps the server from starting is one line that names the key and the remedy.

use std::net::{TcpListener, UdpSocket};

use crate::process::{outdial, run, said};

fn one_line(stderr: &str, words: &[&str]) {
    assert_eq!(stderr.trim().lines().count(), 1, "{stderr}");
    for word in words {
        assert!(stderr.contains(word), "no {word:?} in {stderr}");
    }
}

#[test]
fn a_bad_value_stops_the_start_and_names_the_key() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("outdial.toml");
    let table: &[(&str, &[&str])] = &[
        ("[media]\nthreads = \"lots\"\n", &["media.threads", "outdial.toml"]),
        ("[server]\nlitsen = \"127.0.0.1:1\"\n", &["server.litsen", "listen"]),
        ("[log]\nlevel = \"shout=loud=very\"\n", &["log.level", "info"]),
    ];
    for (text, words) in table {
        std::fs::write(&file, text).unwrap();
        let (code, _, stderr) = run(&["serve", "--config", file.to_str().unwrap()]);
        assert_eq!(code, 78, "{stderr}");
        one_line(&stderr, words);
    }
    let (code, _, stderr) = said(outdial(&["serve"]).env("OUTDIAL_MEDIA_PORTS", "7").output().unwrap());
    assert_eq!(code, 78);
    one_line(&stderr, &["media.ports", "OUTDIAL_MEDIA_PORTS", "20000-29999"]);
}

#[test]
fn a_port_in_use_is_named_with_its_remedy() {
    let folder = tempfile::tempdir().unwrap();
    let held = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = held.local_addr().unwrap().to_string();
    let (code, _, stderr) = run(&["serve", "--listen", &address, "--data-dir", folder.path().to_str().unwrap()]);
    assert_eq!(code, 78);
    one_line(&stderr, &["server.listen", &address, "--listen"]);
}

#[test]
fn a_data_folder_that_cannot_be_one_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    let (code, _, stderr) = run(&["serve", "--listen", "127.0.0.1:0", "--data-dir", file.to_str().unwrap()]);
    assert_eq!(code, 78);
    one_line(&stderr, &["data.dir", "--data-dir"]);
}

#[test]
fn a_second_server_on_one_folder_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let lock = std::fs::File::create(folder.path().join("outdial.lock")).unwrap();
    lock.lock().unwrap();
    let (code, _, stderr) = run(&["serve", "--listen", "127.0.0.1:0", "--data-dir", folder.path().to_str().unwrap()]);
    assert_eq!(code, 78);
    one_line(&stderr, &["data.dir", "another outdial serves this folder"]);
}

#[test]
fn a_lease_that_cannot_work_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = outdial(&["serve", "--listen", "127.0.0.1:0", "--data-dir", folder.path().to_str().unwrap()]);
    let (code, _, stderr) = said(command.env("OUTDIAL_LIMITS_LEASE_S", "1").output().unwrap());
    assert_eq!(code, 78);
    one_line(&stderr, &["limits.lease_s", "between 4 and 300 seconds"]);
}

#[test]
fn missing_models_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = outdial(&["serve", "--listen", "127.0.0.1:0", "--data-dir", folder.path().to_str().unwrap()]);
    command.env("OUTDIAL_SPEECH_MODELS_DIR", folder.path()).env("OUTDIAL_LOG_LEVEL", "error");
    let (code, _, stderr) = said(command.output().unwrap());
    assert_eq!(code, 78);
    one_line(&stderr, &["speech.models_dir", "is missing"]);
}

#[test]
fn a_sip_port_in_use_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let held = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = held.local_addr().unwrap().to_string();
    let mut command = outdial(&["serve", "--listen", "127.0.0.1:0", "--data-dir", folder.path().to_str().unwrap()]);
    let models = concat!(env!("CARGO_MANIFEST_DIR"), "/../../models");
    command
        .env("OUTDIAL_SPEECH_MODELS_DIR", models)
        .env("OUTDIAL_LOG_LEVEL", "error")
        .env("OUTDIAL_SIP_LISTEN", &address);
    let (code, _, stderr) = said(command.output().unwrap());
    assert_eq!(code, 78, "{stderr}");
    one_line(&stderr, &["sip.listen", &address]);
}

#[test]
fn doctor_finds_what_is_missing_and_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = outdial(&["doctor", "--json", "--listen", "127.0.0.1:0"]);
    command.arg("--data-dir").arg(folder.path().join("data")).env("OUTDIAL_SPEECH_MODELS_DIR", folder.path());
    let (code, stdout, stderr) = said(command.output().unwrap());
    assert_eq!(code, 1, "{stderr}");
    let findings: Vec<serde_json::Value> = serde_json::from_str(&stdout).unwrap();
    assert!(findings.iter().any(|f| f["check"] == "data folder" && f["verdict"] == "ok"), "{stdout}");
    for finding in findings {
        assert_eq!(finding["verdict"] != "ok", finding["remedy"].is_string(), "{finding}");
        let model = finding["check"].as_str().unwrap().starts_with("model ");
        assert_eq!(model, finding["verdict"] == "failure", "{finding}");
    }
    assert!(!folder.path().join("data").exists(), "doctor changes nothing");
}

#[test]
fn document_and_completions_need_no_server() {
    let (code, stdout, _) = run(&["openapi"]);
    assert_eq!(code, 0);
    assert_eq!(serde_json::from_str::<serde_json::Value>(&stdout).unwrap()["openapi"], "3.1.0");
    for shell in ["bash", "zsh", "fish"] {
        let (code, stdout, _) = run(&["completions", shell]);
        assert!(code == 0 && stdout.contains("suppressions"), "{shell}");
    }
}

#[test]
fn a_client_without_a_server_or_a_key_says_so() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = format!("http://{free}");
    let (code, _, stderr) = run(&["calls", "list", "--url", &url, "--api-key", "od_x"]);
    assert_eq!(code, 1);
    one_line(&stderr, &["is the server running", &url]);
    let (code, _, stderr) = run(&["calls", "list", "--url", &url, "--data-dir", "/nonexistent"]);
    assert_eq!(code, 1);
    one_line(&stderr, &["OUTDIAL_API_KEY", "/nonexistent/admin.key"]);
}
