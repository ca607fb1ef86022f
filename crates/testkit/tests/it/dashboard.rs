//! The dashboard in Debian's Chromium, area by area, each against a platform of its own: from a first owner's first look
//! to calls that are placed, heard and read. A console error, a request that leaves this machine or a serious barrier
//! (axe-core) fails it.
//!
//! `make setup-test` installs Chromium, and playwright-core and axe-core into `target/browser`; they are part of no
//! product. `make screens` sets `SCREENS` and takes the pictures of `docs/screens/`.

use std::collections::BTreeMap;
use std::fs;
use std::io::Cursor;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;

use app::ports::text_to_speech::SpeechRequest;
use callee::Persona;
use callee::persona::built_in;
use hound::{SampleFormat, WavSpec, WavWriter};
use testkit::agents::LEAD_CALLBACK;
use testkit::{Variant, World, many_calls, root};
use tokio::process::Command;

/// Of what the browser's microphone hears.
const MICROPHONE_HZ: u32 = 16_000;
/// Calls of a log that is long.
const LONG_LOG: u64 = 100_000;

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

#[tokio::test(flavor = "multi_thread")]
async fn dashboard_voice() {
    walk("voice.mjs").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn dashboard_roles() {
    println!("{}", walk("roles.mjs").await);
}

#[tokio::test(flavor = "multi_thread")]
async fn dashboard_log() {
    let world = World::start(&[Variant::example(LEAD_CALLBACK)]).await;
    let persona = Persona::parse("pick_up: { ring_after_ms: null, answer_after_ms: 100, refuse: 486 }");
    let busy = world.number_of(persona.expect("a persona that is busy"));
    let call = world.place(LEAD_CALLBACK, &busy).await;
    world.ended(&call).await;
    many_calls::fill(&world.stage.config.database(), LONG_LOG).await.unwrap();
    println!("{}", walk_in("log.mjs", world).await);
}

/// Walks one area's way through a new installation, and says what was said on the way.
async fn walk(area: &str) -> String {
    walk_in(area, World::start(&[Variant::example(LEAD_CALLBACK)]).await).await
}

/// Walks through an installation, as its first owner.
async fn walk_in(area: &str, world: World) -> String {
    let installed = root().join("target/browser");
    assert!(installed.join("node_modules").exists(), "{} is missing; run `make setup-test`", installed.display());
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser");
    for name in ["lib.mjs", area] {
        fs::copy(sources.join(name), installed.join(name)).unwrap();
    }

    let persona = built_in("talks").expect("a persona that talks");
    let (first, second) = (world.number_of(persona.clone()), world.number_of(persona));
    let refusing = [486, 603, 404].map(|code| {
        let persona = format!("pick_up: {{ ring_after_ms: null, answer_after_ms: 100, refuse: {code} }}");
        world.number_of(Persona::parse(&persona).expect("a persona that refuses"))
    });
    let code = world.stage.server.set_up_code.clone().expect("nobody has an account yet");
    let folder = tempfile::tempdir().unwrap();
    let microphone = folder.path().join("microphone.wav");
    fs::write(&microphone, spoken(&world, "Yes, this is me.").await).unwrap();
    let output = Command::new("node")
        .arg(installed.join(area))
        // A cookie that is `Secure` is kept on this name.
        .env("BASE", format!("http://localhost:{}", world.stage.server.address.port()))
        .env("CODE", code)
        .env("AGENT", LEAD_CALLBACK)
        .env("ROUTER", root().join("ui/src/router.tsx"))
        .env("FIRST", first)
        .env("SECOND", second)
        .env("REFUSING", refusing.join(","))
        .env("VOICE", microphone)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .unwrap();
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{stdout}\n{stderr}");
    world.stop().await;
    stdout.into_owned()
}

/// A sentence and four seconds of silence, which the browser's microphone hears over and over.
async fn spoken(world: &World, text: &str) -> Vec<u8> {
    let voice = world.stage.server.node.embedded.text_to_speech();
    let request = SpeechRequest {
        text: text.to_owned(),
        voice: "heart-low".to_owned(),
        speed: 1.0,
        sample_rate: MICROPHONE_HZ,
        pronunciations: Arc::new(BTreeMap::new()),
    };
    let mut chunks = voice.speak(request).await.expect("the voice speaks");
    let spec =
        WavSpec { channels: 1, sample_rate: MICROPHONE_HZ, bits_per_sample: 16, sample_format: SampleFormat::Int };
    let mut bytes = Cursor::new(Vec::new());
    let mut wav = WavWriter::new(&mut bytes, spec).unwrap();
    while let Some(chunk) = chunks.recv().await {
        for sample in chunk.expect("the voice speaks").samples.iter() {
            wav.write_sample(*sample).unwrap();
        }
    }
    for _ in 0..4 * MICROPHONE_HZ {
        wav.write_sample(0_i16).unwrap();
    }
    wav.finalize().unwrap();
    bytes.into_inner()
}
