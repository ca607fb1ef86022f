//! A scenario run to its end, with a caller of text in the place of the platform.

use std::time::Duration;

use async_trait::async_trait;
use callee::scenario::{EndedCall, Order, PlaceCalls, Scenario, run_scenario};
use callee::{Callee, CalleeConfig};
use domain::outcome::{AnsweredBy, CallStatus, EndReason};

use crate::caller::Caller;

/// Calls, talks for half a second, hangs up.
struct OneCall(std::net::SocketAddr);

#[async_trait]
impl PlaceCalls for OneCall {
    async fn place(&self, order: &Order) -> Result<String, String> {
        if order.agent != "known" {
            return Err("there is no such agent".into());
        }
        let mut caller = Caller::new(self.0, &order.to).await;
        let to = caller.answered().await.media();
        caller.talk(to, 1, (0..40).map(|n| n < 25)).await;
        caller.bye().await;
        Ok("call_1".into())
    }

    async fn wait_end(&self, call: &str, _: Duration) -> Result<EndedCall, String> {
        Ok(EndedCall {
            id: call.into(),
            status: CallStatus::Completed,
            end_reason: Some(EndReason::AgentHangup),
            answered_by: AnsweredBy::Human,
            outcome: None,
            duration_ms: 800,
            turns: Vec::new(),
            events: Vec::new(),
        })
    }
}

#[tokio::test]
async fn runs_a_scenario_and_looks_at_both_ends() {
    let callee = Callee::start(CalleeConfig::default()).await.unwrap();
    let platform = OneCall(callee.address());
    let yaml = "
name: short
agent: known
persona: { pick_up: { answer_after_ms: 50 } }
expect: { status: completed, max_answer_to_first_audio_ms: 300, outcome: sold }
";
    let mut scenario = Scenario::parse(yaml).unwrap();
    let report = run_scenario(&scenario, "+15550200001", &callee, &platform).await;
    assert!(!report.passed());
    let failed: Vec<&str> =
        report.checks.iter().filter(|check| !check.passed).map(|check| check.name.as_str()).collect();
    assert_eq!(failed, ["outcome"], "{:?}", report.checks);
    assert_eq!(report.far_end.unwrap().heard.len(), 1);
    scenario.expect.outcome = None;
    assert!(run_scenario(&scenario, "+15550200001", &callee, &platform).await.passed());
    scenario.agent = "unknown".into();
    let refused = run_scenario(&scenario, "+15550200001", &callee, &platform).await;
    assert_eq!(refused.checks[0].detail, "there is no such agent");
    callee.stop().await;
}
