//! The stack writes whole messages at INFO; the directive every subscriber must contain keeps secrets out of logs.

use std::io::Write;
use std::sync::{Arc, Mutex};

use telephony::signalling::rsip::{LOG_DIRECTIVE, RsipSignalling, SipConfig};
use telephony::signalling::{Credentials, Signalling as _, SignallingEvent};
use tracing_subscriber::EnvFilter;

use crate::rig::{LIMIT, invite};
use crate::sipp::Sipp;

#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// What a call with a challenge writes to the log under `directives`.
async fn logged(directives: &str) -> String {
    let written = Written::default();
    let writer = written.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(directives))
        .with_writer(move || writer.clone())
        .with_ansi(false)
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let sipp = Sipp::answering("digest_407").await;
    let signalling = RsipSignalling::bind(SipConfig::default()).await.unwrap();
    let mut invite = invite(sipp.address);
    invite.credentials = Some(Credentials { username: "alice".to_owned(), password: "secret".to_owned() });
    let mut leg = signalling.invite(invite).unwrap();
    loop {
        let event = tokio::time::timeout(LIMIT, leg.events.recv()).await.expect("an event comes").unwrap();
        if matches!(event, SignallingEvent::Answered { .. }) {
            break;
        }
    }
    drop(leg.commands);
    sipp.finished().await;
    signalling.shut_down(LIMIT).await;
    let text = written.0.lock().unwrap().clone();
    String::from_utf8(text).unwrap()
}

#[tokio::test]
async fn the_directive_keeps_credentials_and_numbers_out_of_logs() {
    let personal = ["response=", "alice", "secret", "15550002222", "m=audio"];
    let unfiltered = logged("info").await;
    assert!(unfiltered.contains("response="), "the stack no longer logs messages; the directive may go");
    let filtered = logged(&format!("trace,{LOG_DIRECTIVE}")).await;
    for word in personal {
        assert!(!filtered.contains(word), "{word} in {filtered}");
    }
}
