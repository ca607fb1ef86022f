//! Rules of calling, and what they say, on the wire.

use domain::policy_decision::PolicyDecision;
use domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Rules of calling. Each is optional; what is absent is not limited.
///
/// `hours`: `windows` of `days` (`monday` to `sunday`, none for every day), `from` and `to` (`HH:MM` at the callee's place; a
/// `to` before `from` lies on the next day), `closed` dates (`YYYY-MM-DD`), `outside` (`refuse` or `defer`), `unknown_zone`
/// (`refuse` or `allow`). `frequency`: `calls` in `days`. `consent`: `lists` or `all`. `sip_hosts`: hosts whose SIP
/// addresses may be called, `*.example.org` for all below one; none where it is absent.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
#[schema(value_type = Object, example = json!({
    "hours": { "windows": [{ "days": ["monday", "friday"], "from": "09:00", "to": "18:00" }], "closed": ["2026-12-25"],
        "outside": "defer" },
    "frequency": { "calls": 3, "days": 7 },
    "consent": "lists",
    "sip_hosts": ["pbx.example.org"]
}))]
pub struct Policy(pub domain::call_policy::CallPolicy);

/// An agent's own rules.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AgentPolicy {
    /// Each rule stands in place of the organization's; `null` leaves all to the organization.
    pub policy: Option<Policy>,
}

/// Which call to judge.
#[derive(Clone, Debug, Default, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct CheckPolicy {
    /// The number: E.164, or national where the organization has a default region.
    pub number: String,
    /// Agent that would hold the call, by slug or id; without one the organization's rules count.
    pub agent: Option<String>,
    /// `single` or `list`; `single` when absent.
    pub origin: Option<String>,
    /// Where the callee is (IANA name), if you know.
    pub time_zone: Option<String>,
    /// When (RFC 3339); now when absent.
    pub at: Option<Timestamp>,
}

/// What policy would say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PolicyCheck {
    /// The number, E.164.
    pub number: String,
    /// The moment that was judged.
    pub at: Timestamp,
    /// Whether it would be dialed then.
    pub allowed: bool,
    /// Whether it would be accepted and wait.
    pub deferred: bool,
    /// Why not, as a stable word.
    pub code: Option<String>,
    /// Which rule it was.
    pub rule: Option<String>,
    /// Why not, in a sentence that names the remedy.
    pub detail: Option<String>,
    /// From when on it would be allowed, where that is known.
    pub allowed_at: Option<Timestamp>,
    /// Time zones in which the callee may be; only where hours are kept.
    pub time_zones: Vec<String>,
}

impl From<app::manage_policy::PolicyAnswer> for PolicyCheck {
    fn from(answer: app::manage_policy::PolicyAnswer) -> Self {
        let reason = answer.reason.as_ref();
        Self {
            number: answer.number.to_string(),
            at: answer.at,
            allowed: reason.is_none(),
            deferred: answer.deferred,
            code: reason.map(|reason| reason.code.as_str().to_owned()),
            rule: reason.map(|reason| reason.rule.to_owned()),
            detail: reason.map(|reason| reason.detail.clone()),
            allowed_at: reason.and_then(|reason| reason.allowed_at),
            time_zones: answer.zones,
        }
    }
}

/// Why a number was not called.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Decision {
    /// Its id.
    pub id: String,
    /// When.
    pub at: Timestamp,
    /// The number, E.164.
    pub number: String,
    /// Agent that would have held the call.
    pub agent_id: Option<String>,
    /// Where on the call's way: `create`, `deferred`, `dial` or `commit`.
    #[schema(example = "create")]
    pub stage: String,
    /// Stable word for programs.
    #[schema(example = "outside_hours")]
    pub code: String,
    /// Which rule it was.
    #[schema(example = "hours")]
    pub rule: String,
    /// A sentence for a person, which names the remedy.
    pub detail: String,
    /// From when on a call would be allowed, where that is known.
    pub allowed_at: Option<Timestamp>,
    /// The call; `null` where none was made.
    pub call_id: Option<String>,
    /// Key that asked for it.
    pub key_id: Option<String>,
}

impl From<PolicyDecision> for Decision {
    fn from(decision: PolicyDecision) -> Self {
        Self {
            id: decision.id.to_string(),
            at: decision.at,
            number: decision.number.to_string(),
            agent_id: decision.agent.map(|id| id.to_string()),
            stage: decision.stage.as_str().to_owned(),
            code: decision.code,
            rule: decision.rule,
            detail: decision.detail,
            allowed_at: decision.allowed_at,
            call_id: decision.call.map(|id| id.to_string()),
            key_id: decision.key.map(|id| id.to_string()),
        }
    }
}

/// One page of decisions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DecisionPage {
    /// Decisions, newest first.
    pub items: Vec<Decision>,
    /// Pass it as `cursor` to get the next page; `null` at the end.
    pub next_cursor: Option<String>,
}

/// Which decisions to list.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListDecisions {
    /// Only on this number.
    pub number: Option<String>,
    /// Only with this code.
    pub code: Option<String>,
    /// At or after (RFC 3339).
    pub from: Option<Timestamp>,
    /// Before (RFC 3339).
    pub to: Option<Timestamp>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
    /// Decisions a page, 1 to 200; 50 when absent.
    pub limit: Option<u32>,
}
