//! Definitions as people write and mistype them.

use std::collections::BTreeMap;

use super::template::{TemplateError, names_used, render, render_leniently};
use super::{AgentDefinition, Text, definition_schema};
use serde_json::json;

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

fn faults(yaml: &str) -> Vec<String> {
    AgentDefinition::parse(yaml).unwrap().check().iter().map(ToString::to_string).collect()
}

#[test]
fn every_fault_is_told_at_once_with_its_place() {
    let broken = SMALL
        .replace("next: question", "next: nowhere")
        .replace("Hi {{name}}.", "Hi {{first name}} and {{slots.age}}.")
        .replace("Goodbye.", "'Bye {{city}}, {{tools.lookup.x}}.'");
    assert_eq!(
        faults(&broken),
        [
            "flow.steps.bye: cannot be reached from flow.start, an intent or a global",
            "flow.steps.bye.hang_up.text: no step saves a tool's result as lookup",
            "flow.steps.bye.hang_up.text: the variable city is not declared in variables",
            "flow.steps.greet.say.next: there is no step nowhere",
            "flow.steps.greet.say.text: {{first name}} has a space in it; write {{first_name}}",
            "flow.steps.question: cannot be reached from flow.start, an intent or a global",
        ]
    );
}

#[test]
fn what_cannot_be_published_says_why() {
    let table = [
        ("name: Empty", ".: has neither a flow nor a prompt: there is nothing to say"),
        ("prompt: { system: Be nice. }", "prompt: is not configured: name a provider and a model, or add a flow"),
        (
            "machine: { action: leave_message }\nprompt: { provider: x, model: y }",
            "machine.message: is needed to leave a message",
        ),
        ("language: ''\nprompt: { provider: x, model: y }", "language: is empty; leave it out for en-US"),
        (
            "limits: { ring_timeout_s: 1 }\nprompt: { provider: x, model: y }",
            "limits.ring_timeout_s: must lie between 5 and 180",
        ),
        (
            "variables: { today: {} }\nprompt: { provider: x, model: y }",
            "variables.today: is a name that the platform fills in itself",
        ),
        (
            "flow: { start: a, steps: { a: { say: { text: x, next: b } }, b: { say: { text: y, next: a } } } }",
            "flow.steps.a: goes round without ever asking anything",
        ),
        (
            "flow: { start: a, steps: { a: { ask: { text: x } } } }",
            "flow.steps.a.ask: leads nowhere: give next, or steps under on",
        ),
        (
            "flow: { start: a, steps: { a: { hang_up: {} } }, globals: { opt_out: { disabled: true } } }",
            "flow.globals.opt_out: cannot be switched off or led elsewhere: a wish not to be called always counts",
        ),
        (
            "flow: { start: a, steps: { a: { hang_up: { outcome: x } } }, outcomes: { y: why } }",
            "flow.steps.a.hang_up.outcome: the outcome x is not declared in flow.outcomes",
        ),
        (
            "flow: { start: a, steps: { a: { ask: { text: x, on: { maybe: b }, next: b } }, b: { hang_up: {} } } }",
            "flow.steps.a.ask.on.maybe: is not an intent of this flow",
        ),
        (
            "flow: { start: a, steps: { a: { tool: { tool: t, on_success: b, on_failure: b } }, b: { hang_up: {} } } }",
            "flow.steps.a.tool.tool: there is no tool t",
        ),
        (
            "tools: { transfer: { url: 'https://x' } }\nprompt: { provider: x, model: y }",
            "tools.transfer: is the name of a tool that the platform gives every model itself",
        ),
    ];
    for (yaml, expected) in table {
        assert!(faults(yaml).iter().any(|fault| fault == expected), "{yaml}: {:?}", faults(yaml));
    }
}

#[test]
fn documents_are_bounded() {
    assert!(AgentDefinition::parse(&"x".repeat(super::MAX_BYTES + 1)).is_err());
    let deep = format!("tools: {{ a: {{ url: x, body: {}1{} }} }}", "[".repeat(200), "]".repeat(200));
    assert!(AgentDefinition::parse(&deep).is_err());
    let bomb = "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]";
    assert!(AgentDefinition::parse(bomb).is_err());
    assert!(AgentDefinition::parse("{\"name\": \"x\"} trailing").is_err());
}

#[test]
fn only_double_braces_live_in_a_text() {
    let context = json!({ "name": "Ann {{evil}}", "n": 3, "CALLER_NAME": "Bo $X {{n}}", "X": "y" });
    for (text, expected) in [
        ("Hi {{name}}.", "Hi Ann {{evil}}."),
        ("100{% off {# not a comment #}", "100{% off {# not a comment #}"),
        ("{{ n * 2 }}", "6"),
        ("{{ missing | default('there') }}", "there"),
        ("<b>{{name}}</b>", "<b>Ann {{evil}}</b>"),
        ("Hi $CALLER_NAME, $CALLER_NAME!", "Hi Bo $X {{n}}, Bo $X {{n}}!"),
        ("$X$X-$X2 costs $5, $USD, $ or $x. {{ '$X' }} €$X", "yy-$X2 costs $5, $USD, $ or $x. $X €y"),
    ] {
        assert_eq!(render(text, &context).as_deref(), Ok(expected), "{text}");
    }
    assert_eq!(render("Hi {{nobody}}", &context), Err(TemplateError::Missing("nobody".into())));
    assert_eq!(render_leniently("Hi {{nobody}} there", &context), "Hi there");
    assert!(matches!(names_used("{{ name | there }}"), Err(TemplateError::Syntax(why)) if why.contains("default")));
    assert!(
        matches!(names_used("{{ customer name }}"), Err(TemplateError::Syntax(why)) if why.contains("customer_name"))
    );
}

#[test]
fn missing_variables_are_named_and_defaults_fill_gaps() {
    let yaml = "
variables: { name: {}, greeting: { default: Hello } }
flow:
  start: a
  steps:
    a: { set: { variables: { later: x }, next: b } }
    b: { hang_up: { text: '{{greeting}} {{name}} {{later}} {{today}} {{city}}' } }
";
    let definition = AgentDefinition::parse(yaml).unwrap();
    let given = BTreeMap::from([("greeting".to_owned(), " ".to_owned())]);
    assert_eq!(definition.missing_variables(&given), ["city", "name"]);
    assert_eq!(definition.with_defaults(&given).get("greeting").map(String::as_str), Some("Hello"));
}

#[test]
fn variants_take_turns() {
    let text = Text(vec!["a".into(), "b".into(), "c".into()]);
    let said: Vec<&str> = (0..4).map(|turn| text.pick(1, turn)).collect();
    assert_eq!(said, ["b", "c", "a", "b"]);
    assert_eq!(Text::default().pick(u64::MAX, u64::MAX), "");
}

/// The published schema; regenerate with `UPDATE_SCHEMA=1`.
#[test]
fn the_published_schema_is_that_of_the_document() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/schema/agent.schema.json");
    let schema = serde_json::to_string_pretty(&definition_schema()).unwrap() + "\n";
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        std::fs::create_dir_all(std::path::Path::new(path).parent().unwrap()).unwrap();
        std::fs::write(path, &schema).unwrap();
    }
    assert!(std::fs::read_to_string(path).unwrap() == schema, "docs/schema/agent.schema.json is stale");
}

#[test]
fn the_guides_smallest_agent_has_no_faults() {
    let guide = include_str!("../../../../docs/guides/write-an-agent.md");
    let smallest = guide.split("```yaml").nth(2).and_then(|rest| rest.split("```").next()).unwrap();
    assert_eq!(faults(smallest), [""; 0]);
}
