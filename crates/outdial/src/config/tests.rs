//! What loads, what goes over what, and how a mistake is named.

use std::path::PathBuf;

use super::{Config, Flags, PortRange, keys, load, reference};

fn with(file: &str, environment: &[(&str, &str)]) -> Result<Config, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("outdial.toml");
    std::fs::write(&path, file).unwrap();
    let flags = Flags { config: Some(path), ..Flags::default() };
    let environment = environment.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
    load(&flags, environment).map_err(|e| e.to_string().replace(&folder.path().display().to_string(), "DIR"))
}

#[test]
fn an_empty_file_is_the_defaults() {
    assert_eq!(with("", &[]), Ok(Config::default()));
}

#[test]
fn the_environment_goes_over_the_file_and_flags_over_both() {
    let file = "[server]\nlisten = \"127.0.0.1:1\"\n[data]\ndir = \"a\"\n[media]\nports = \"4000-4999\"\n";
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("outdial.toml");
    std::fs::write(&path, file).unwrap();
    let flags = Flags { config: Some(path), data_dir: Some("c".into()), listen: None };
    let environment = [("OUTDIAL_SERVER_LISTEN", "127.0.0.1:2"), ("OUTDIAL_DATA_DIR", "b"), ("HOME", "x")];
    let environment = environment.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
    let config = load(&flags, environment).unwrap();
    assert_eq!(config.server.listen.to_string(), "127.0.0.1:2");
    assert_eq!(config.data.dir, PathBuf::from("c"));
    assert_eq!(config.media.ports, PortRange { first: 4000, last: 4999 });
}

#[test]
fn every_key_takes_its_environment_variable() {
    let value = |name: &str| match name {
        "listen" => "127.0.0.1:9",
        "external_address" | "trusted_proxies" => "192.0.2.1",
        "ports" => "4000-4001",
        "allow_private" => "true",
        "format" => "json",
        "default_dialect" => "voxpria",
        "klen_requests_per_minute" | "voxpria_requests_per_hour" | "connections_per_address" => "3",
        "connections" | "head_s" | "idle_s" | "threads" | "stt_workers" | "tts_workers" | "timeout_s" | "keep_days"
        | "live_calls" | "drain_s" | "lease_s" | "every_s" => "3",
        "public_url" => "https://calls.example.org",
        _ => "text",
    };
    // A named section is complete only with all of its keys.
    let named: Vec<_> = keys().into_iter().filter(|k| k.named).map(|k| k.variable().replace("<NAME>", "BIG")).collect();
    for key in keys() {
        let variable = key.variable().replace("<NAME>", "BIG");
        let mut environment = vec![(variable.as_str(), value(&key.name))];
        if key.named {
            environment.extend(named.iter().filter(|v| **v != variable).map(|v| (v.as_str(), "text")));
        }
        let config = with("", &environment).unwrap_or_else(|e| panic!("{variable}: {e}"));
        assert_ne!(config, Config::default(), "{variable} changed nothing");
    }
}

#[test]
fn whatever_is_wrong_is_named_in_one_line() {
    let table: &[(&str, &[(&str, &str)])] = &[
        ("[server]\nlisten = \"here\"\n", &[]),
        ("[server]\nlitsen = \"127.0.0.1:1\"\n", &[]),
        ("[servre]\n", &[]),
        ("server = 3\n", &[]),
        ("[media]\nthreads = \"lots\"\n", &[]),
        ("[media]\nthreads = -1\n", &[]),
        ("[media]\nports = \"20000\"\n", &[]),
        ("[log]\nformat = \"xml\"\n", &[]),
        ("[outbound_http]\nallow_private = \"yes\"\n", &[]),
        ("[llm.big]\napi_key_env = \"KEY\"\n", &[]),
        ("[llm.big]\nbase_url = \"http://127.0.0.1\"\napi_key = \"secret\"\n", &[]),
        ("[server\nlisten", &[]),
        ("", &[("OUTDIAL_MEDIA_THREADS", "lots")]),
        ("", &[("OUTDIAL_SERVER_LISTEN", "here")]),
        ("", &[("OUTDIAL_OUTBOUND_HTTP_ALLOW_PRIVATE", "1")]),
        ("", &[("OUTDIAL_SERVER_LITSEN", "127.0.0.1:1")]),
        ("server = 3\n", &[("OUTDIAL_SERVER_LISTEN", "127.0.0.1:1")]),
    ];
    let lines: Vec<String> = table
        .iter()
        .map(|(file, environment)| {
            let error = with(file, environment).expect_err(file);
            assert_eq!(error.lines().count(), 1, "{error}");
            format!("{} {environment:?}\n    {error}", file.replace('\n', " "))
        })
        .collect();
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn a_missing_file_is_named() {
    let flags = Flags { config: Some("/nonexistent/outdial.toml".into()), ..Flags::default() };
    let error = load(&flags, std::iter::empty()).unwrap_err().to_string();
    assert!(error.contains("/nonexistent/outdial.toml") && error.lines().count() == 1, "{error}");
}

#[test]
fn the_reference_is_the_one_in_docs() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/configuration.md");
    let kept = std::fs::read_to_string(path).unwrap_or_default();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(path, reference()).unwrap();
    } else {
        assert!(kept == reference(), "docs/configuration.md is old; run this test once with UPDATE_DOCS=1");
    }
    for key in keys() {
        assert!(!key.description.is_empty(), "{} has no description", key.path());
    }
}
