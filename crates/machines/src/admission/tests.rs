//! Tables and properties of `admission`.

use std::sync::Arc;

use domain::agent_definition::VariableSpec;
use domain::call_policy::CallPolicy;
use domain::caps::Caps;
use domain::time::Timestamp;

use super::*;

/// A tenant with a published agent that calls from +1 701 701 1258 and needs the variable `customer/name`.
struct World {
    organization: Organization,
    agent: Agent,
    definition: AgentDefinition,
    caller: CallerNumber,
}

impl World {
    fn new() -> Self {
        let at = Timestamp::UNIX_EPOCH;
        let organization = "org_018f0000000070008000000000000001".parse().unwrap();
        let needed = VariableSpec::default();
        let defaulted = VariableSpec { default: Some("Monday".into()), ..VariableSpec::default() };
        let variables = [("customer/name".to_owned(), needed), ("day".to_owned(), defaulted)].into();
        let definition = AgentDefinition { variables, ..AgentDefinition::default() };
        Self {
            organization: Organization {
                id: organization,
                name: "acme".into(),
                default_region: Some("US".into()),
                allowed_countries: Vec::new(),
                policy: CallPolicy::default(),
                caps: Caps::default(),
                retention: Default::default(),
                created_at: at,
            },
            agent: Agent {
                id: "agent_018f0000000070008000000000000002".parse().unwrap(),
                organization,
                slug: "reminder".into(),
                state: AgentState::Published,
                number: None,
                calls_per_second: None,
                live_calls: None,
                policy: None,
                retention: Default::default(),
                draft: Arc::new(definition.clone()),
                published: None,
                created_at: at,
                updated_at: at,
            },
            definition,
            caller: CallerNumber {
                id: "num_018f0000000070008000000000000003".parse().unwrap(),
                organization,
                number: PhoneNumber::parse("+17017011258", None).unwrap(),
                trunk: "trunk_018f0000000070008000000000000004".parse().unwrap(),
                calls_per_second: None,
                live_calls: None,
                created_at: at,
            },
        }
    }

    fn snapshot(&self) -> Snapshot<'_> {
        Snapshot { agent: Some(&self.agent), definition: Some(&self.definition), caller: Some(&self.caller) }
    }

    fn asks(&self, request: &CallRequest) -> Result<Admitted, Refusal> {
        let to = callee(request, &self.organization)?;
        admit(request, to, self.snapshot())
    }
}

fn request(to: &str) -> CallRequest {
    let variables = [("customer/name".to_owned(), "Ada".to_owned())].into();
    CallRequest { agent: "reminder".into(), to: to.into(), variables, ..CallRequest::default() }
}

#[test]
fn a_good_request_is_admitted_with_defaults_filled_in() {
    let admitted = World::new().asks(&request("(701) 811-2582")).unwrap();
    assert_eq!((admitted.to.as_str(), admitted.from.as_str()), ("+17018112582", "+17017011258"));
    assert_eq!(admitted.variables["day"], "Monday");
    assert_eq!(admitted.variables["customer/name"], "Ada");
}

#[test]
fn values_of_the_request_win_over_defaults_and_unknown_ones_are_kept() {
    let mut request = request("+17018112582");
    request.variables.extend([("day".to_owned(), "Friday".to_owned()), ("extra".to_owned(), "x".to_owned())]);
    let admitted = World::new().asks(&request).unwrap();
    assert_eq!((admitted.variables["day"].as_str(), admitted.variables["extra"].as_str()), ("Friday", "x"));
}

#[test]
fn every_refusal_names_its_field() {
    type Change = fn(&mut World);
    let table: &[(&str, Change, &str, RefusalCode, &str)] = &[
        ("not a number", |_| {}, "call me", RefusalCode::InvalidNumber, "/to"),
        ("short number", |_| {}, "911", RefusalCode::InvalidNumber, "/to"),
        ("no region", |w| w.organization.default_region = None, "7018112582", RefusalCode::InvalidNumber, "/to"),
        ("itself", |_| {}, "+17017011258", RefusalCode::InvalidNumber, "/to"),
        ("draft", |w| w.agent.state = AgentState::Draft, "+17018112582", RefusalCode::AgentNotPublished, "/agent"),
        ("disabled", |w| w.agent.state = AgentState::Disabled, "+17018112582", RefusalCode::AgentDisabled, "/agent"),
    ];
    for (name, change, to, code, pointer) in table {
        let mut world = World::new();
        change(&mut world);
        let refusal = world.asks(&request(to)).unwrap_err();
        assert_eq!((refusal.code, refusal.fields[0].pointer.as_str()), (*code, *pointer), "{name}");
    }
}

#[test]
fn an_agent_that_is_missing_or_has_no_number_or_version_is_refused() {
    let world = World::new();
    let to = || Callee::parse("+17018112582", None).unwrap();
    let request = request("+17018112582");
    let code = |snapshot| admit(&request, to(), snapshot).unwrap_err().code;
    assert_eq!(code(Snapshot { agent: None, ..world.snapshot() }), RefusalCode::AgentNotFound);
    assert_eq!(code(Snapshot { definition: None, ..world.snapshot() }), RefusalCode::AgentNotPublished);
    assert_eq!(code(Snapshot { caller: None, ..world.snapshot() }), RefusalCode::AgentHasNoNumber);
}

#[test]
fn missing_variables_are_all_listed_as_json_pointers() {
    let mut world = World::new();
    world.definition.variables.insert("tilde~".into(), VariableSpec::default());
    let request = CallRequest { variables: Variables::new(), ..request("+17018112582") };
    let refusal = world.asks(&request).unwrap_err();
    assert_eq!(refusal.code, RefusalCode::MissingVariable);
    let pointers: Vec<&str> = refusal.fields.iter().map(|f| f.pointer.as_str()).collect();
    assert_eq!(pointers, ["/variables/customer~1name", "/variables/tilde~0"]);
}
