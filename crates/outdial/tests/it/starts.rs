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
fn a_damaged_database_stops_the_start_and_is_found_by_doctor_and_neither_writes_to_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("outdial.db");
    let damaged = [&b"SQLite format 3\0"[..], &[0xAA; 9_000]].concat();
    std::fs::write(&file, &damaged).unwrap();
    let of_this = ["--listen", "127.0.0.1:0", "--data-dir", folder.path().to_str().unwrap()];
    let models = concat!(env!("CARGO_MANIFEST_DIR"), "/../../models");
    let words = ["is not a usable database", "restore it from a backup"];
    let said_by = |what: &[&str]| {
        let mut command = outdial(&[what, &of_this].concat());
        command.env("OUTDIAL_SPEECH_MODELS_DIR", models).env("OUTDIAL_LOG_LEVEL", "error");
        said(command.output().unwrap())
    };
    let (code, _, stderr) = said_by(&["serve"]);
    assert_eq!(code, 1, "{stderr}");
    one_line(&stderr, &words);
    let (code, stdout, _) = said_by(&["doctor", "--json"]);
    assert_eq!(code, 1, "{stdout}");
    let findings: Vec<serde_json::Value> = serde_json::from_str(&stdout).unwrap();
    let finding = findings.iter().find(|finding| finding["check"] == "database").unwrap();
    assert_eq!(finding["verdict"], "failure");
    assert!(words.iter().all(|words| finding["detail"].as_str().unwrap().contains(words)), "{finding}");
    assert!(std::fs::read(&file).unwrap() == damaged);
}

#[test]
fn doctor_says_when_nats_is_not_there_and_when_its_settings_will_never_do() {
    let folder = tempfile::tempdir().unwrap();
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let nats = |settings: &[(&str, &str)]| {
        let mut command = outdial(&["doctor", "--json", "--listen", "127.0.0.1:0", "--data-dir"]);
        command.arg(folder.path()).envs(settings.iter().copied());
        let (_, stdout, _) = said(command.output().unwrap());
        let findings: Vec<serde_json::Value> = serde_json::from_str(&stdout).unwrap();
        findings.into_iter().find(|finding| finding["check"] == "NATS")
    };
    assert_eq!(nats(&[]), None, "a node that stands alone needs none");
    let url = format!("nats://{free}");
    assert_eq!(nats(&[("OUTDIAL_CLUSTER_NATS_URL", &url)]).unwrap()["verdict"], "warning");
    let password = nats(&[("OUTDIAL_CLUSTER_NATS_URL", "nats://me:hunter2@127.0.0.1")]).unwrap();
    assert!(!password.to_string().contains("hunter2"), "{password}");
    let unset = [("OUTDIAL_CLUSTER_NATS_URL", &*url), ("OUTDIAL_CLUSTER_USER", "me")];
    assert_eq!(nats(&unset).unwrap()["verdict"], "failure");
}

#[test]
fn document_and_completions_need_no_server() {
    let (code, stdout, _) = run(&["openapi"]);
    assert_eq!(code, 0);
    assert_eq!(serde_json::from_str::<serde_json::Value>(&stdout).unwrap()["openapi"], "3.1.0");
    for vendor in dialects::VENDORS {
        let name = vendor.dialect.as_str();
        let (code, stdout, _) = run(&["openapi", "--dialect", name]);
        assert_eq!(code, 0);
        let path = format!("{}/../../docs/openapi/{name}.json", env!("CARGO_MANIFEST_DIR"));
        assert!(stdout == std::fs::read_to_string(path).unwrap(), "{name} is not the document in docs/");
    }
    let (code, _, stderr) = run(&["openapi", "--dialect", "esperanto"]);
    assert!(code == 2 && stderr.contains("voxpria"), "the names are told: {stderr}");
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
