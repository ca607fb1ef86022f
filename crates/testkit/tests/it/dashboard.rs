//! The dashboard in Debian's Chromium, area by area, each against a platform of its own: from a first owner's first look
//! to calls that are placed, heard and read. A console error, a request that leaves this machine or a serious barrier
//! (axe-core) fails it.
//!
//! `make setup-test` installs Chromium, and playwright-core and axe-core into `target/browser`; they are part of no
//! product. `make screens` sets `SCREENS` and takes the pictures of `docs/screens/`.

use std::fs;
use std::path::Path;
use std::process::Stdio;

use callee::persona::built_in;
use testkit::agents::LEAD_CALLBACK;
use testkit::{Variant, World, root};
use tokio::process::Command;

#[tokio::test(flavor = "multi_thread")]
async fn dashboard_calls() {
    walk("calls.mjs").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn dashboard_agent() {
    walk("agent.mjs").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn dashboard_reference() {
    walk("reference.mjs").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn dashboard_manage() {
    walk("manage.mjs").await;
}

/// Walks one area's way through a new installation.
async fn walk(area: &str) {
    let installed = root().join("target/browser");
    assert!(installed.join("node_modules").exists(), "{} is missing; run `make setup-test`", installed.display());
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser");
    for name in ["lib.mjs", area] {
        fs::copy(sources.join(name), installed.join(name)).unwrap();
    }

    let world = World::start(&[Variant::example(LEAD_CALLBACK)]).await;
    let persona = built_in("talks").expect("a persona that talks");
    let (first, second) = (world.number_of(persona.clone()), world.number_of(persona));
    let code = world.stage.server.set_up_code.clone().expect("nobody has an account yet");
    let output = Command::new("node")
        .arg(installed.join(area))
        // A cookie that is `Secure` is kept on this name.
        .env("BASE", format!("http://localhost:{}", world.stage.server.address.port()))
        .env("CODE", code)
        .env("AGENT", LEAD_CALLBACK)
        .env("FIRST", first)
        .env("SECOND", second)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .unwrap();
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{stdout}\n{stderr}");
    world.stop().await;
}
