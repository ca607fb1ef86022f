//! The document's shape. Its JSON schema is published from these types.

use domain::call_policy::CallPolicy;
use domain::caps::Caps;
use domain::retention::{AgentRetention, Retention};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ProvisionError;

/// Largest document in bytes, definitions in their own files not counted.
const MAX_BYTES: usize = 4 * 1024 * 1024;

/// A set-up.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Provision {
    /// Tenants.
    pub organizations: Vec<OrganizationEntry>,
}

/// A tenant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OrganizationEntry {
    /// Unique short name.
    pub name: String,
    /// Region (ISO 3166 alpha-2) in which national numbers are read.
    #[serde(default)]
    pub default_region: Option<String>,
    /// Countries (ISO 3166 alpha-2) that may be called; empty allows all.
    #[serde(default)]
    pub allowed_countries: Vec<String>,
    /// Prepaid money.
    #[serde(default)]
    pub wallet: Option<WalletEntry>,
    /// Ways out to the telephone network.
    #[serde(default)]
    pub trunks: Vec<TrunkEntry>,
    /// Numbers that agents call from.
    #[serde(default)]
    pub numbers: Vec<NumberEntry>,
    /// Agents.
    #[serde(default)]
    pub agents: Vec<AgentEntry>,
    /// API keys with given secrets.
    #[serde(default)]
    pub keys: Vec<KeyEntry>,
    /// Numbers that must not be called.
    #[serde(default)]
    pub suppressions: Vec<SuppressionEntry>,
    /// People that are called.
    #[serde(default)]
    pub contacts: Vec<ContactEntry>,
    /// When and how often people may be called (`docs/guides/policy.md`); absent leaves what is set.
    #[serde(default)]
    #[schemars(with = "Option<serde_json::Map<String, serde_json::Value>>")]
    pub policy: Option<CallPolicy>,
    /// What all its calls together may use up (`docs/guides/money-and-limits.md`); absent leaves what is set.
    #[serde(default)]
    #[schemars(with = "Option<serde_json::Map<String, serde_json::Value>>")]
    pub caps: Option<Caps>,
    /// How long recordings and what was said are kept (`docs/guides/retention-and-redaction.md`); absent leaves what is
    /// set.
    #[serde(default)]
    pub retention: Option<Retention>,
    /// Where events are sent.
    #[serde(default)]
    pub webhooks: Vec<WebhookEntry>,
}

/// Prepaid money.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WalletEntry {
    /// What is in it when it is opened, as a decimal number such as `"25.00"`; not set again at later starts.
    pub balance: String,
    /// ISO 4217.
    pub currency: String,
    /// Decimal number as text.
    pub rate_per_minute: String,
    /// Seconds that are charged at once; 60 when absent.
    #[serde(default)]
    pub increment_s: Option<u32>,
    /// Seconds that are charged at least, once answered.
    #[serde(default)]
    pub minimum_s: u32,
    /// Charged for every attempt; decimal number as text.
    #[serde(default)]
    pub per_attempt: Option<String>,
    /// `wallet.low_balance` is told when the balance falls below it; decimal number as text.
    #[serde(default)]
    pub low_balance: Option<String>,
    /// How far below nothing the wallet may go; decimal number as text.
    #[serde(default)]
    pub credit: Option<String>,
}

/// A way out to the telephone network.
#[derive(Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TrunkEntry {
    /// Unique name within the tenant.
    pub name: String,
    /// What it is.
    #[serde(default)]
    pub kind: TrunkKind,
    /// Host and optional port.
    pub address: String,
    /// Transport of the signalling.
    #[serde(default)]
    pub transport: TransportEntry,
    /// Digest user name.
    #[serde(default)]
    pub username: Option<String>,
    /// Digest password.
    #[serde(default)]
    pub password: Option<String>,
    /// Most INVITEs a second.
    #[serde(default)]
    pub calls_per_second: Option<f64>,
    /// Most calls at once.
    #[serde(default)]
    pub channels: Option<u32>,
}

impl std::fmt::Debug for TrunkEntry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TrunkEntry").field("name", &self.name).finish_non_exhaustive()
    }
}

/// What a trunk is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TrunkKind {
    /// SIP.
    #[default]
    Sip,
}

/// Transport of SIP signalling.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TransportEntry {
    /// UDP.
    #[default]
    Udp,
    /// TCP.
    Tcp,
}

/// A number that agents call from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NumberEntry {
    /// E.164, or national in the default region.
    pub number: String,
    /// Name of the trunk that carries its calls.
    pub trunk: String,
    /// Most calls started a second.
    #[serde(default)]
    pub calls_per_second: Option<f64>,
    /// Most calls at once.
    #[serde(default)]
    pub live_calls: Option<u32>,
}

/// An agent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AgentEntry {
    /// Slug.
    pub id: String,
    /// Names by which other dialects know it.
    #[serde(default)]
    pub ids: Option<AgentIds>,
    /// What kind of work it does; stands in for the definition's `type` where that has none.
    #[serde(default)]
    pub r#type: Option<String>,
    /// The definition itself, or the path of its file, relative to this document.
    #[schemars(schema_with = "definition_or_path")]
    pub definition: serde_json::Value,
    /// Number it calls from.
    #[serde(default)]
    pub number: Option<String>,
    /// Most calls started a second.
    #[serde(default)]
    pub calls_per_second: Option<f64>,
    /// Most calls at once.
    #[serde(default)]
    pub live_calls: Option<u32>,
    /// Whether it may call.
    #[serde(default)]
    pub state: AgentStateEntry,
    /// Rules for its calls, each in place of the organization's; absent leaves what is set.
    #[serde(default)]
    #[schemars(with = "Option<serde_json::Map<String, serde_json::Value>>")]
    pub policy: Option<CallPolicy>,
    /// How long recordings and what was said are kept, where it differs from the organization's; absent leaves what is
    /// set.
    #[serde(default)]
    pub retention: Option<AgentRetention>,
    /// Credentials of the VoiceB dialect.
    #[serde(default)]
    pub voiceb: Option<VoiceBSettings>,
}

fn definition_or_path(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
    let inline = generator.subschema_for::<domain::agent_definition::AgentDefinition>();
    schemars::json_schema!({
        "description": "The definition itself, or the path of its file, relative to this document.",
        "oneOf": [{ "type": "string" }, inline],
    })
}

/// Names by which other dialects know an agent.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct AgentIds {
    /// An integer.
    pub integer: Option<i64>,
    /// Voicing AI.
    pub voicing: Option<String>,
    /// Klen AI.
    pub klen: Option<String>,
    /// Vonage AI Studio.
    pub vonage: Option<String>,
    /// Voxpria.
    pub voxpria: Option<String>,
}

/// Whether an agent may call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AgentStateEntry {
    /// The definition is stored and not published.
    Draft,
    /// Calls run on this definition.
    #[default]
    Published,
    /// Published and switched off.
    Disabled,
}

/// Credentials of the VoiceB dialect.
#[derive(Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VoiceBSettings {
    /// Token.
    pub token: String,
    /// Secret of the signature.
    pub secret: String,
    /// Accept requests without a signature.
    #[serde(default)]
    pub disable_signature_verification: bool,
}

impl std::fmt::Debug for VoiceBSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("VoiceBSettings(hidden)")
    }
}

/// An API key with a given secret.
#[derive(Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KeyEntry {
    /// Which API it is for.
    #[serde(default)]
    pub dialect: Dialect,
    /// What people call it.
    #[serde(default)]
    pub name: Option<String>,
    /// The secret.
    pub secret: String,
    /// What it may do: `calls:read` and so on, `*` for everything; keys of other dialects take that dialect's own words
    /// as well, such as `can_initiate_calls`. Absent means everything that the dialect offers.
    #[serde(default)]
    pub permissions: Option<Vec<String>>,
    /// What it is for, such as `Rest APIs`.
    #[serde(default)]
    pub category: Option<String>,
    /// Networks (CIDR) or addresses it may be used from; empty allows all.
    #[serde(default)]
    pub allowed_ips: Vec<String>,
    /// What may be used up with it (`docs/guides/money-and-limits.md`); absent leaves what is set.
    #[serde(default)]
    #[schemars(with = "Option<serde_json::Map<String, serde_json::Value>>")]
    pub caps: Option<Caps>,
}

impl std::fmt::Debug for KeyEntry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeyEntry").field("dialect", &self.dialect).finish_non_exhaustive()
    }
}

/// Which API something is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Dialect {
    /// Our own.
    #[default]
    Native,
    /// VoiceB.
    VoiceB,
    /// Voicing AI.
    Voicing,
    /// Klen AI.
    Klen,
    /// Vonage AI Studio.
    Vonage,
    /// Voxpria.
    Voxpria,
}

/// A number that must not be called.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SuppressionEntry {
    /// E.164, or national in the default region.
    pub number: String,
    /// Why.
    #[serde(default = "provisioned")]
    pub reason: String,
    /// What a person wants to remember.
    #[serde(default)]
    pub note: Option<String>,
    /// Until when (RFC 3339); absent for good.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub expires_at: Option<domain::time::Timestamp>,
}

/// A person that is called.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ContactEntry {
    /// Your own id of the person; by it the entry finds its contact again.
    pub external_id: String,
    /// What the person is called.
    #[serde(default)]
    pub name: Option<String>,
    /// Numbers that reach the person: E.164, or national in the default region.
    #[serde(default)]
    pub numbers: Vec<String>,
    /// Where the person is (IANA name).
    #[serde(default)]
    pub time_zone: Option<String>,
    /// Not to be called.
    #[serde(default)]
    pub do_not_contact: bool,
}

fn provisioned() -> String {
    "provisioned".to_owned()
}

/// Where events are sent.
#[derive(Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WebhookEntry {
    /// Whose bodies are sent.
    #[serde(default)]
    pub dialect: Dialect,
    /// Where to.
    pub url: String,
    /// Names of events, `*` for all.
    #[serde(default)]
    pub events: Vec<String>,
    /// Secret of the signature.
    #[serde(default)]
    pub secret: Option<String>,
}

impl std::fmt::Debug for WebhookEntry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WebhookEntry").field("dialect", &self.dialect).finish_non_exhaustive()
    }
}

impl From<Dialect> for domain::dialect::Dialect {
    fn from(dialect: Dialect) -> Self {
        match dialect {
            Dialect::Native => Self::Native,
            Dialect::VoiceB => Self::VoiceB,
            Dialect::Voicing => Self::Voicing,
            Dialect::Klen => Self::Klen,
            Dialect::Vonage => Self::Vonage,
            Dialect::Voxpria => Self::Voxpria,
        }
    }
}

impl Provision {
    /// Reads a document, YAML or JSON.
    pub fn parse(text: &str) -> Result<Self, ProvisionError> {
        if text.len() > MAX_BYTES {
            return Err(ProvisionError::new(".", format!("larger than {MAX_BYTES} bytes")));
        }
        if text.trim().is_empty() {
            return Ok(Self::default());
        }
        let options = serde_saphyr::options! { with_snippet: false };
        let mut path = String::from(".");
        let parsed = serde_saphyr::with_deserializer_from_str_with_options(text, options, |deserializer| {
            serde_path_to_error::deserialize(deserializer).map_err(|e| {
                path = e.path().to_string();
                e.into_inner()
            })
        });
        parsed.map_err(|e| ProvisionError::new(path, e.to_string()))
    }

    /// JSON schema of the document.
    pub fn schema() -> serde_json::Value {
        let mut schema = schemars::schema_for!(Self).to_value();
        if let Some(object) = schema.as_object_mut() {
            object.insert("title".into(), "Outdial provisioning document".into());
        }
        schema
    }
}
