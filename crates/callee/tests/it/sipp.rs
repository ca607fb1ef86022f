//! sipp as the caller: a peer that is neither our stack nor our text.

use std::process::Stdio;

use callee::{Callee, CalleeConfig};

use crate::caller::LIMIT;

#[tokio::test]
async fn sipp_places_fifty_calls() {
    let callee = Callee::start(CalleeConfig::default()).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let sipp = tokio::process::Command::new("sipp")
        .args(["-sn", "uac", "-s", "echo", "-i", "127.0.0.1", "-d", "300", "-m", "50", "-r", "50", "-nostdin"])
        .args(["-timeout", "30", "-timeout_error"])
        .arg(callee.address().to_string())
        .current_dir(folder.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .status()
        .await
        .expect("sipp is installed (Debian package sip-tester)");
    assert!(sipp.success(), "{sipp}");
    let all_over = |_: &callee::CallView| callee.calls().iter().filter(|call| call.ended_by.is_some()).count() == 50;
    callee.wait_call(LIMIT, all_over).await.unwrap();
    let counts = callee.counts("echo");
    assert_eq!((counts.invites, counts.answered, counts.byes_received), (50, 50, 50));
    callee.stop().await;
}
