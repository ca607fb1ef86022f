//! Documents that set up a platform.

use app::Platform;
use app::click_to_call::ClickState;
use app::ports::store::AgentName;
use app::provision::{Provision, ProvisionError, ProvisionReport, apply};
use domain::agent::AgentState;
use domain::audit::Origin;

use crate::world::{DEFINITION, World};

const DOCUMENT: &str = r#"
organizations:
  - name: acme
    default_region: US
    allowed_countries: [US, ES, IL]
    wallet: { balance: "25.00", currency: USD, rate_per_minute: "0.10", increment_s: 60 }
    trunks:
      - { name: default, kind: sip, address: "127.0.0.1:5080", transport: udp, username: alice, password: secret, calls_per_second: 50, channels: 500 }
    numbers:
      - { number: "+15550001000", trunk: default }
    agents:
      - id: lead-callback
        ids: { integer: 123, voicing: 019addcc-b878-7b10-85f1-49f21342f947, klen: assistant_abc123, vonage: 60c09d70e6a68858f4220848, voxpria: agent_abc123 }
        type: click_to_call
        definition: agents/ann.yaml
        number: "+15550001000"
        calls_per_second: 1
        state: published
        voiceb: { token: tok_1, secret: test_secret, disable_signature_verification: false }
      - id: inline
        definition: { name: Inline, prompt: { provider: p, model: m, system: Talk., first_message: Hello. } }
        state: disabled
    keys:
      - { dialect: native,  secret: od_test,     permissions: ["*"] }
      - { dialect: voicing, secret: voicing_test, category: Rest APIs }
      - { dialect: klen,    secret: klen_test,   permissions: [can_initiate_calls, can_read_calls] }
    suppressions:
      - { number: "+15550009999", reason: opt_out }
    webhooks:
      - { dialect: native, url: "http://127.0.0.1:9000/hook", events: ["*"], secret: whsec_dGVzdHRlc3R0ZXN0dGVzdA== }
      - { dialect: native, url: "https://example.com/hook", secret: whsec_dGVzdHRlc3R0ZXN0dGVzdA== }
      - { dialect: klen, url: "https://example.com/klen" }
"#;

fn files(path: &str) -> Result<String, String> {
    match path {
        "agents/ann.yaml" => Ok(DEFINITION.to_owned()),
        _ => Err("no such file".to_owned()),
    }
}

async fn applied(platform: &Platform, text: &str) -> Result<ProvisionReport, ProvisionError> {
    apply(platform, &Provision::parse(text)?, &files).await
}

#[tokio::test]
async fn a_document_sets_up_all_that_a_call_needs() {
    let (platform, ..) = World::empty().await;
    let report = applied(&platform, DOCUMENT).await.unwrap();
    assert_eq!(report.created.len(), 11, "{report:?}");
    assert!(report.updated.is_empty());
    let late = report.not_applied.iter().map(|line| line.split(':').next().unwrap()).collect::<Vec<_>>();
    let expected = ["webhooks[0]", "webhooks[2]"];
    assert_eq!(late, expected.map(|key| format!("organizations[0].{key}")));
    let principal = platform.authenticate("od_test", Origin::default()).await.unwrap();
    let agents = platform.list_agents(&principal).await.unwrap();
    assert_eq!(
        agents.iter().map(|a| (a.slug.as_str(), a.state)).collect::<Vec<_>>(),
        [("inline", AgentState::Disabled), ("lead-callback", AgentState::Published)]
    );
    assert_eq!(agents[1].draft.r#type, "click_to_call");
    let (named, _) =
        platform.agent_by_name(&principal, &AgentName::Vonage("60c09d70e6a68858f4220848".into())).await.unwrap();
    assert_eq!(named.id, agents[1].id);
    let click = platform.click("tok_1", Origin::default()).await.unwrap();
    assert!(matches!(click.state, ClickState::Ready(agent) if agent.id == named.id));
    let klen = platform.authenticate("klen_test", Origin::default()).await.unwrap();
    assert_eq!((klen.dialect, klen.scopes.len()), (domain::dialect::Dialect::Klen, 2));
    let voicing = platform.authenticate("voicing_test", Origin::default()).await.unwrap();
    let voicing = platform.get_key(&principal, voicing.key.unwrap()).await.unwrap();
    assert_eq!(voicing.category.as_deref(), Some("Rest APIs"));
    let asked = domain::call::CallRequest { agent: "lead-callback".to_owned(), ..crate::world::request() };
    platform.place_call(&principal, asked).await.unwrap();
}

#[tokio::test]
async fn applying_twice_is_applying_once() {
    let (platform, ..) = World::empty().await;
    let first = applied(&platform, DOCUMENT).await.unwrap();
    let again = applied(&platform, DOCUMENT).await.unwrap();
    assert_eq!((again.created.len(), again.updated.len(), again.unchanged), (0, 0, first.created.len()), "{again:?}");
    assert_eq!(again.not_applied, first.not_applied);
    let principal = platform.authenticate("od_test", Origin::default()).await.unwrap();
    assert_eq!(platform.agent_versions(&principal, "lead-callback").await.unwrap().len(), 1);
}

#[tokio::test]
async fn what_differs_is_brought_in_line() {
    let (platform, ..) = World::empty().await;
    applied(&platform, DOCUMENT).await.unwrap();
    let changed = DOCUMENT
        .replace("127.0.0.1:5080", "127.0.0.1:5090")
        .replace("name: Inline,", "name: Other,")
        .replace("calls_per_second: 1\n", "calls_per_second: 3\n")
        .replace("[US, ES, IL]", "[US]")
        .replace(r#"["*"]"#, "[calls:read, agents:read, telephony:read]");
    let report = applied(&platform, &changed).await.unwrap();
    let paths = ["", ".trunks[0]", ".agents[0]", ".agents[1]", ".keys[0]"].map(|key| format!("organizations[0]{key}"));
    assert_eq!(report.updated, paths);
    let principal = platform.authenticate("od_test", Origin::default()).await.unwrap();
    assert_eq!(platform.get_trunk(&principal, "default").await.unwrap().address, "127.0.0.1:5090");
    assert_eq!(platform.agent_versions(&principal, "inline").await.unwrap()[0].number, 2);
    assert_eq!(platform.get_agent(&principal, "inline").await.unwrap().state, AgentState::Disabled, "it stays off");
    assert!(platform.list_keys(&principal).await.is_err(), "permissions were taken away");
}

#[tokio::test]
async fn faults_are_named_by_their_place() {
    let table = [
        ("organizations: [{ name: a, colour: red }]", "organizations[0]", "colour"),
        ("organisations: []", "organisations", "unknown field"),
        ("organizations: [{ name: a, default_region: usa }]", "organizations[0].default_region", "ISO 3166"),
        (
            "organizations: [{ name: a, trunks: [{ name: t, address: 'a b' }] }]",
            "organizations[0].trunks[0].address",
            "host",
        ),
        (
            "organizations: [{ name: a, trunks: [{ name: t, address: h, username: u }] }]",
            "organizations[0].trunks[0].password",
            "missing",
        ),
        (
            "organizations: [{ name: a, numbers: [{ number: '+15550001000', trunk: t }] }]",
            "organizations[0].numbers[0].trunk",
            "no such trunk",
        ),
        (
            "organizations: [{ name: a, agents: [{ id: b, definition: gone.yaml }] }]",
            "organizations[0].agents[0].definition",
            "no such file",
        ),
        (
            "organizations: [{ name: a, agents: [{ id: b, definition: {} }] }]",
            "organizations[0].agents[0].definition",
            "flow",
        ),
        (
            "organizations: [{ name: a, keys: [{ secret: s, permissions: [fly] }] }]",
            "organizations[0].keys[0].permissions[0]",
            "calls:read",
        ),
        (
            "organizations: [{ name: a, suppressions: [{ number: '5' }] }]",
            "organizations[0].suppressions[0].number",
            "code",
        ),
    ];
    for (text, path, detail) in table {
        let (platform, ..) = World::empty().await;
        let error = applied(&platform, text).await.unwrap_err();
        assert!(error.path.starts_with(path), "{text}: {error}");
        assert!(error.to_string().contains(detail), "{text}: {error}");
    }
}

#[tokio::test]
async fn a_bad_definition_stops_everything_before_anything_is_written() {
    let (platform, ..) = World::empty().await;
    let bad = DOCUMENT.replace("agents/ann.yaml", "agents/gone.yaml");
    applied(&platform, &bad).await.unwrap_err();
    assert_eq!(platform.organization_named("acme").await.unwrap(), None);
}

#[tokio::test]
async fn a_key_that_was_revoked_stays_revoked() {
    let (platform, ..) = World::empty().await;
    applied(&platform, DOCUMENT).await.unwrap();
    let principal = platform.authenticate("od_test", Origin::default()).await.unwrap();
    let key = platform.list_keys(&principal).await.unwrap().pop().unwrap();
    platform.revoke_key(&principal, key.id).await.unwrap();
    let report = applied(&platform, DOCUMENT).await.unwrap();
    assert!(report.not_applied.iter().any(|line| line.contains("revoked")), "{report:?}");
    assert!(platform.authenticate("od_test", Origin::default()).await.is_err());
}

#[test]
fn the_schema_closes_every_object_and_knows_the_definition() {
    let schema = Provision::schema();
    assert_eq!(schema["additionalProperties"], false);
    let agent = &schema["$defs"]["AgentEntry"];
    assert_eq!(agent["additionalProperties"], false);
    assert_eq!(agent["properties"]["definition"]["oneOf"][1]["$ref"], "#/$defs/AgentDefinition");
}

#[test]
fn an_empty_document_says_nothing() {
    assert_eq!(Provision::parse("  \n").unwrap(), Provision::default());
}

#[tokio::test]
async fn how_long_things_are_kept_is_set_once_and_left_alone_where_it_is_not_said() {
    let (platform, ..) = World::empty().await;
    let with = |general: &str, own: &str| {
        let agent = format!("{{ id: a, state: draft, definition: {{ name: A }}{own} }}");
        format!("organizations: [{{ name: acme{general}, agents: [{agent}] }}]")
    };
    applied(&platform, &with("", "")).await.unwrap();
    let own = ", retention: { recordings_days: null }";
    let document = with(", retention: { recordings_days: 30, transcripts_days: 90 }", own);
    let report = applied(&platform, &document).await.unwrap();
    assert_eq!(report.updated, ["organizations[0].agents[0]", "organizations[0].retention"]);
    assert_eq!(applied(&platform, &document).await.unwrap().updated, Vec::<String>::new());
    assert_eq!(applied(&platform, &with("", "")).await.unwrap().updated, Vec::<String>::new());
    let organization = platform.organization_named("acme").await.unwrap().unwrap();
    let operator = app::Principal::operator(organization.id);
    let (_, in_force) = platform.agent_retention(&operator, "a").await.unwrap();
    let text = serde_json::to_string(&in_force).unwrap();
    assert_eq!(text, r#"{"recordings_days":null,"transcripts_days":90,"mask_numbers":false}"#);
    let error = applied(&platform, &with("", ", retention: { recordings_days: 3651 }")).await.unwrap_err();
    assert_eq!(error.path, "organizations[0].agents[0].retention.recordings_days");
    assert!(applied(&platform, &with(", retention: { days: 1 }", "")).await.is_err());
}

#[tokio::test]
async fn bounds_are_set_once_and_left_alone_where_they_are_not_said() {
    let (platform, ..) = World::empty().await;
    let with = |general: &str, own: &str| {
        format!("organizations: [{{ name: acme{general}, keys: [{{ secret: od_test{own} }}] }}]")
    };
    let document = with(", caps: { live_calls: 3, money_per_day: '2.50' }", ", caps: { calls_per_day: 7 }");
    let first = applied(&platform, &document).await.unwrap();
    assert_eq!(first.created, ["organizations[0]", "organizations[0].keys[0]"]);
    for document in [&document, &with("", "")] {
        let again = applied(&platform, document).await.unwrap();
        assert_eq!((again.created, again.updated), (Vec::new(), Vec::new()));
    }
    let principal = platform.authenticate("od_test", Origin::default()).await.unwrap();
    let caps = platform.get_caps(&principal).await.unwrap();
    assert_eq!((caps.live_calls, caps.money_per_day.map(|money| money.micros())), (Some(3), Some(2_500_000)));
    assert_eq!(platform.list_keys(&principal).await.unwrap()[0].caps.calls_per_day, Some(7));
    let changed = applied(&platform, &with("", ", caps: { calls_per_day: 8 }")).await.unwrap();
    assert_eq!(changed.updated, ["organizations[0].keys[0]"]);
    let error = applied(&platform, &with(", caps: { live_calls: 0 }", "")).await.unwrap_err();
    assert_eq!(error.path, "organizations[0].caps.live_calls");
    assert!(applied(&platform, &with(", caps: { live_cals: 1 }", "")).await.is_err(), "a cap that is misspelt is none");
}
