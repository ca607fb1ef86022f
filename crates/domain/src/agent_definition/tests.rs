//! Definitions as people write and mistype them.

use super::AgentDefinition;

const SMALL: &str = r#"
name: Small
variables:
  name: { sample: Ann }
flow:
  start: greet
  steps:
    greet:
      say: { text: "Hi {{name}}.", next: question }
    question:
      ask:
        text: ["Shall we?", "Shall we go?"]
        on: { yes: bye, no: bye }
    bye:
      hang_up: { text: Goodbye., outcome: done }
"#;

#[test]
fn a_small_flow_in_yaml_has_no_faults_and_survives_json() {
    let definition = AgentDefinition::parse(SMALL).unwrap();
    assert_eq!(definition.check(), []);
    let json = serde_json::to_string(&definition).unwrap();
    assert_eq!(AgentDefinition::parse(&json).unwrap(), definition);
}

#[test]
fn a_mistyped_key_is_named_with_its_place() {
    let error = AgentDefinition::parse(&SMALL.replace("outcome: done", "outcom: done")).unwrap_err();
    assert_eq!(error.path, "flow.steps.bye.hang_up.outcom");
    assert!(error.detail.contains("unknown field `outcom`"), "{error}");
}
