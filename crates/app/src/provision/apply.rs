//! Brings a document about, through the same use cases as every other door.

use domain::agent::{Agent, AgentState};
use domain::agent_definition::AgentDefinition;
use domain::api_key::ApiKey;
use domain::callee::Callee;
use domain::money::Money;
use domain::organization::Organization;
use domain::refusal::Refusal;
use domain::suppression::SuppressionSource;
use domain::trunk::{SipCredentials, SipTransport, Trunk};
use domain::wallet::{HOLD_AT_MOST_S, Rate, WalletSettings};

use super::document::{
    AgentEntry, AgentStateEntry, KeyEntry, NumberEntry, OrganizationEntry, Provision, SuppressionEntry, TransportEntry,
    TrunkEntry, WalletEntry,
};
use super::{ProvisionError, caps, contacts, keys, names, retention, webhooks};
use crate::manage_agents::{AgentChange, NewAgent};
use crate::manage_keys::KeyChange;
use crate::manage_numbers::{NewNumber, NumberChange};
use crate::manage_organizations::OrganizationSettings;
use crate::manage_suppressions::NewSuppression;
use crate::manage_trunks::{NewTrunk, TrunkChange};
use crate::principal::secret_hash;
use crate::{Platform, Principal};

/// What applying a document did. Each line names its place in the document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProvisionReport {
    /// What was made.
    pub created: Vec<String>,
    /// What was there and differed.
    pub updated: Vec<String>,
    /// How many things were as the document says already.
    pub unchanged: usize,
    /// What was accepted and has no effect yet, and why.
    pub not_applied: Vec<String>,
}

/// Reads the text of a file that the document names.
pub type Resolve<'a> = &'a (dyn Fn(&str) -> Result<String, String> + Sync);

type Applied = Result<(), ProvisionError>;

/// Brings about what the document says. `resolve` reads the files that it names. Definitions are read and checked
/// before anything is written; a later failure leaves what was done, and applying again goes on from there.
pub async fn apply(
    platform: &Platform,
    provision: &Provision,
    resolve: Resolve<'_>,
) -> Result<ProvisionReport, ProvisionError> {
    let mut definitions = Vec::with_capacity(provision.organizations.len());
    for (n, organization) in provision.organizations.iter().enumerate() {
        let agents = organization.agents.iter().enumerate();
        let read = agents.map(|(m, agent)| definition(agent, resolve, &format!("organizations[{n}].agents[{m}]")));
        definitions.push(read.collect::<Result<Vec<_>, _>>()?);
    }
    let mut report = ProvisionReport::default();
    for (n, (entry, definitions)) in provision.organizations.iter().zip(definitions).enumerate() {
        let at = format!("organizations[{n}]");
        Applier::begin(platform, entry, &at, &mut report).await?.all(entry, definitions, &at).await?;
    }
    Ok(report)
}

fn definition(entry: &AgentEntry, resolve: Resolve<'_>, at: &str) -> Result<AgentDefinition, ProvisionError> {
    let place = format!("{at}.definition");
    let text = match &entry.definition {
        serde_json::Value::String(path) => {
            resolve(path).map_err(|why| ProvisionError::new(&place, format!("{path}: {why}")))?
        }
        inline => inline.to_string(),
    };
    let inside = |path: &str| if path == "." { place.clone() } else { format!("{place}.{path}") };
    let mut definition = AgentDefinition::parse(&text).map_err(|e| ProvisionError::new(inside(&e.path), e.detail))?;
    if definition.r#type.is_empty()
        && let Some(kind) = &entry.r#type
    {
        definition.r#type.clone_from(kind);
    }
    match definition.check().into_iter().next() {
        Some(fault) if entry.state != AgentStateEntry::Draft => {
            Err(ProvisionError::new(inside(&fault.path), fault.detail))
        }
        _ => Ok(definition),
    }
}

/// One organization under way.
struct Applier<'a> {
    platform: &'a Platform,
    organization: Organization,
    principal: Principal,
    report: &'a mut ProvisionReport,
}

/// Settings and opening balance. Rules by destination are set over the API and stay as they are.
fn wallet(entry: &WalletEntry, at: &str) -> Result<(WalletSettings, Money), ProvisionError> {
    let money = |name: &str, text: Option<&String>| match text {
        None => Ok(None),
        Some(text) => {
            text.parse::<Money>().map(Some).map_err(|why| ProvisionError::new(format!("{at}.{name}"), why.to_string()))
        }
    };
    let given = |name: &str, text: Option<&String>| Ok(money(name, text)?.unwrap_or_default());
    let settings = WalletSettings {
        currency: entry.currency.clone(),
        rate: Rate {
            rate_per_minute: given("rate_per_minute", Some(&entry.rate_per_minute))?,
            increment_s: entry.increment_s.unwrap_or(60),
            minimum_s: entry.minimum_s,
            per_attempt: given("per_attempt", entry.per_attempt.as_ref())?,
        },
        rules: Vec::new(),
        low_balance: money("low_balance", entry.low_balance.as_ref())?,
        credit: given("credit", entry.credit.as_ref())?,
        hold_at_most_s: HOLD_AT_MOST_S,
    };
    Ok((settings, given("balance", Some(&entry.balance))?))
}

/// A refusal at a place of the document.
pub(super) fn refused(at: &str) -> impl Fn(Refusal) -> ProvisionError {
    move |refusal| match refusal.fields.first() {
        Some(field) => ProvisionError::new(format!("{at}{}", field.pointer.replace('/', ".")), field.detail.clone()),
        None => ProvisionError::new(at, refusal.detail),
    }
}

fn stored(at: &str) -> impl Fn(crate::ports::store::StoreError) -> ProvisionError {
    move |error| refused(at)(error.into())
}

impl<'a> Applier<'a> {
    async fn begin(
        platform: &'a Platform,
        entry: &OrganizationEntry,
        at: &str,
        report: &'a mut ProvisionReport,
    ) -> Result<Self, ProvisionError> {
        let wanted = OrganizationSettings {
            name: entry.name.clone(),
            default_region: entry.default_region.clone(),
            allowed_countries: entry.allowed_countries.clone(),
        };
        let organization = match platform.organization_named(&entry.name).await.map_err(refused(at))? {
            None => {
                report.created.push(at.to_owned());
                platform.create_organization(wanted).await.map_err(refused(at))?
            }
            Some(found) if settings(&found) == wanted => {
                report.unchanged += 1;
                found
            }
            Some(found) => {
                report.updated.push(at.to_owned());
                platform.update_organization(found.id, wanted).await.map_err(refused(at))?
            }
        };
        let principal = Principal::provisioning(organization.id);
        Ok(Self { platform, organization, principal, report })
    }

    async fn all(mut self, entry: &OrganizationEntry, definitions: Vec<AgentDefinition>, at: &str) -> Applied {
        if let Some(wallet) = &entry.wallet {
            self.wallet(wallet, &format!("{at}.wallet")).await?;
        }
        caps::organization(self.platform, &self.principal, entry, at, self.report).await?;
        for (n, trunk) in entry.trunks.iter().enumerate() {
            self.trunk(trunk, &format!("{at}.trunks[{n}]")).await?;
        }
        for (n, number) in entry.numbers.iter().enumerate() {
            self.number(number, &format!("{at}.numbers[{n}]")).await?;
        }
        for (n, (agent, definition)) in entry.agents.iter().zip(definitions).enumerate() {
            self.agent(agent, definition, &format!("{at}.agents[{n}]")).await?;
        }
        for (n, key) in entry.keys.iter().enumerate() {
            self.key(key, &format!("{at}.keys[{n}]")).await?;
        }
        for (n, suppression) in entry.suppressions.iter().enumerate() {
            self.suppression(suppression, &format!("{at}.suppressions[{n}]")).await?;
        }
        for (n, hook) in entry.webhooks.iter().enumerate() {
            let place = format!("{at}.webhooks[{n}]");
            match webhooks::apply(self.platform, &self.principal, hook).await.map_err(refused(&place))? {
                webhooks::Done::Created => self.report.created.push(place),
                webhooks::Done::Updated => self.report.updated.push(place),
                webhooks::Done::Unchanged => self.report.unchanged += 1,
                webhooks::Done::NotApplied(why) => self.report.not_applied.push(format!("{place}: {why}")),
            }
        }
        if let Some(policy) = &entry.policy {
            let at = format!("{at}.policy");
            if self.organization.policy != *policy {
                let set = self.platform.set_organization_policy(&self.principal, policy.clone()).await;
                self.organization.policy = set.map_err(refused(&at))?;
                self.report.updated.push(at);
            }
        }
        retention::organization(self.platform, &self.principal, entry, at, self.report).await?;
        for (n, contact) in entry.contacts.iter().enumerate() {
            let place = format!("{at}.contacts[{n}]");
            match contacts::apply(self.platform, &self.principal, contact).await.map_err(refused(&place))? {
                contacts::Done::Created => self.report.created.push(place),
                contacts::Done::Updated => self.report.updated.push(place),
                contacts::Done::Unchanged => self.report.unchanged += 1,
            }
        }
        Ok(())
    }

    async fn wallet(&mut self, entry: &WalletEntry, at: &str) -> Applied {
        let (settings, opening) = wallet(entry, at)?;
        let there = self.platform.store.wallet(self.organization.id).await.map_err(stored(at))?.is_some();
        let changed = self.platform.provision_wallet(&self.principal, settings, opening).await.map_err(refused(at))?;
        match (there, changed) {
            (false, _) => self.report.created.push(at.to_owned()),
            (true, true) => self.report.updated.push(at.to_owned()),
            (true, false) => self.report.unchanged += 1,
        }
        Ok(())
    }

    async fn trunk(&mut self, entry: &TrunkEntry, at: &str) -> Applied {
        let wanted = new_trunk(entry, at)?;
        let found = self.platform.store.trunk(self.organization.id, &wanted.name).await.map_err(stored(at))?;
        match found {
            None => {
                self.platform.create_trunk(&self.principal, wanted).await.map_err(refused(at))?;
                self.report.created.push(at.to_owned());
            }
            Some(found) if same_trunk(&found, &wanted) => self.report.unchanged += 1,
            Some(found) => {
                let change = TrunkChange {
                    name: None,
                    address: Some(wanted.address),
                    transport: Some(wanted.transport),
                    credentials: Some(wanted.credentials),
                    calls_per_second: Some(wanted.calls_per_second),
                    channels: Some(wanted.channels),
                };
                let id = found.id.to_string();
                self.platform.update_trunk(&self.principal, &id, change).await.map_err(refused(at))?;
                self.report.updated.push(at.to_owned());
            }
        }
        Ok(())
    }

    async fn number(&mut self, entry: &NumberEntry, at: &str) -> Applied {
        let trunk = self.platform.get_trunk(&self.principal, &entry.trunk).await;
        let trunk = trunk.map_err(|refusal| ProvisionError::new(format!("{at}.trunk"), refusal.detail))?;
        let number = self.parse(&entry.number, at)?;
        let numbers = self.platform.list_numbers(&self.principal).await.map_err(refused(at))?;
        match numbers.into_iter().find(|found| Some(&found.number) == number.number()) {
            None => {
                let new = NewNumber {
                    number: entry.number.clone(),
                    trunk: trunk.id.to_string(),
                    calls_per_second: entry.calls_per_second,
                    live_calls: entry.live_calls,
                };
                self.platform.create_number(&self.principal, new).await.map_err(refused(at))?;
                self.report.created.push(at.to_owned());
            }
            Some(found)
                if found.trunk == trunk.id
                    && found.calls_per_second == entry.calls_per_second
                    && found.live_calls == entry.live_calls =>
            {
                self.report.unchanged += 1;
            }
            Some(found) => {
                let change = NumberChange {
                    trunk: Some(trunk.id.to_string()),
                    calls_per_second: Some(entry.calls_per_second),
                    live_calls: Some(entry.live_calls),
                };
                let name = found.id.to_string();
                self.platform.update_number(&self.principal, &name, change).await.map_err(refused(at))?;
                self.report.updated.push(at.to_owned());
            }
        }
        Ok(())
    }

    async fn agent(&mut self, entry: &AgentEntry, definition: AgentDefinition, at: &str) -> Applied {
        let found = self.platform.store.agent(self.organization.id, &entry.id).await.map_err(stored(at))?;
        let (mut agent, new) = match found {
            Some(found) => (found, false),
            None => {
                let new = NewAgent {
                    slug: entry.id.clone(),
                    number: entry.number.clone(),
                    calls_per_second: entry.calls_per_second,
                    live_calls: entry.live_calls,
                    draft: definition.clone(),
                };
                (self.platform.create_agent(&self.principal, new).await.map_err(refused(at))?, true)
            }
        };
        let mut changed = false;
        if !new {
            (agent, changed) = self.settle(agent, entry, &definition, at).await?;
        }
        changed |= self.agent_policy(&mut agent, entry, at).await?;
        changed |= retention::agent(self.platform, &self.principal, entry, &mut agent, at).await?;
        changed |= self.publish(&mut agent, entry.state, at).await?;
        changed |= names::apply(self.platform, &self.principal, &agent, entry, at).await?;
        match (new, changed) {
            (true, _) => self.report.created.push(at.to_owned()),
            (false, true) => self.report.updated.push(at.to_owned()),
            (false, false) => self.report.unchanged += 1,
        }
        Ok(())
    }

    /// Brings an agent's own rules in line.
    async fn agent_policy(&self, agent: &mut Agent, entry: &AgentEntry, at: &str) -> Result<bool, ProvisionError> {
        if entry.policy.is_none() || agent.policy == entry.policy {
            return Ok(false);
        }
        let set = self.platform.set_agent_policy(&self.principal, &entry.id, entry.policy.clone()).await;
        agent.policy = set.map_err(refused(&format!("{at}.policy")))?;
        Ok(true)
    }

    /// Brings number, limit and draft of an agent in line.
    async fn settle(
        &self,
        agent: Agent,
        entry: &AgentEntry,
        definition: &AgentDefinition,
        at: &str,
    ) -> Result<(Agent, bool), ProvisionError> {
        let number = match &entry.number {
            None => None,
            Some(name) => {
                let found = self.platform.get_number(&self.principal, name).await;
                Some(found.map_err(|refusal| ProvisionError::new(format!("{at}.number"), refusal.detail))?.id)
            }
        };
        let same = agent.number == number
            && agent.calls_per_second == entry.calls_per_second
            && agent.live_calls == entry.live_calls
            && *agent.draft == *definition;
        if same {
            return Ok((agent, false));
        }
        let change = AgentChange {
            number: Some(entry.number.clone()),
            calls_per_second: Some(entry.calls_per_second),
            live_calls: Some(entry.live_calls),
            draft: Some(definition.clone()),
        };
        let changed = self.platform.update_agent(&self.principal, &agent.slug, change).await.map_err(refused(at))?;
        Ok((changed, true))
    }

    /// Publishes the draft unless it is what is published already, and switches the agent on or off.
    async fn publish(&self, agent: &mut Agent, wanted: AgentStateEntry, at: &str) -> Result<bool, ProvisionError> {
        if wanted == AgentStateEntry::Draft {
            return Ok(false);
        }
        let mut changed = false;
        let published = match agent.published {
            Some(id) => self.platform.store.agent_version(id).await.map_err(stored(at))?,
            None => None,
        };
        if published.is_none_or(|version| version.definition != agent.draft) {
            *agent = self.platform.publish_agent(&self.principal, &agent.slug).await.map_err(refused(at))?.0;
            changed = true;
        }
        let switched = match (wanted, agent.state) {
            (AgentStateEntry::Disabled, AgentState::Published | AgentState::Draft) => {
                Some(self.platform.disable_agent(&self.principal, &agent.slug).await)
            }
            (AgentStateEntry::Published, AgentState::Disabled) => {
                Some(self.platform.enable_agent(&self.principal, &agent.slug).await)
            }
            _ => None,
        };
        if let Some(switched) = switched {
            *agent = switched.map_err(refused(at))?;
            changed = true;
        }
        Ok(changed)
    }

    async fn key(&mut self, entry: &KeyEntry, at: &str) -> Applied {
        let new = keys::new_key(entry, at)?;
        let found = self.platform.store.key_by_hash(&secret_hash(&entry.secret)).await.map_err(stored(at))?;
        let Some(key) = found else {
            let key = self.platform.store_key(&self.principal, new, &entry.secret).await.map_err(refused(at))?;
            caps::key(self.platform, &self.principal, entry, &key, at).await?;
            self.report.created.push(at.to_owned());
            return Ok(());
        };
        if key.organization != self.organization.id {
            let detail = "belongs to another organization already; a secret names one tenant";
            return Err(ProvisionError::new(format!("{at}.secret"), detail));
        }
        if key.dialect != new.dialect {
            let detail = format!("the key with this secret opens the {} API already", key.dialect.as_str());
            return Err(ProvisionError::new(format!("{at}.dialect"), detail));
        }
        if key.revoked_at.is_some() {
            self.report.not_applied.push(format!("{at}: was revoked by a person and stays so"));
        }
        let change = KeyChange {
            name: Some(new.name),
            category: Some(new.category),
            permissions: Some(new.permissions),
            scopes: Some(new.scopes),
            allowed_ips: Some(new.allowed_ips),
            ..KeyChange::default()
        };
        let changed = self.platform.update_key(&self.principal, key.id, change).await.map_err(refused(at))?;
        let unused = |key: &ApiKey| ApiKey { last_used_at: None, last_used_from: None, ..key.clone() };
        let bounded = caps::key(self.platform, &self.principal, entry, &changed, at).await?;
        if !bounded && unused(&changed) == unused(&key) {
            self.report.unchanged += 1;
        } else {
            self.report.updated.push(at.to_owned());
        }
        Ok(())
    }

    async fn suppression(&mut self, entry: &SuppressionEntry, at: &str) -> Applied {
        let number = self.parse(&entry.number, at)?;
        let listed = self.platform.store.suppression(self.organization.id, &number).await.map_err(stored(at))?;
        let now = self.platform.clock.now();
        let lapses = entry.expires_at.is_some_and(|until| until <= now);
        if lapses
            || listed.is_some_and(|listed| {
                listed.in_force(now) && listed.expires_at.is_none_or(|old| Some(old) == entry.expires_at)
            })
        {
            self.report.unchanged += 1;
            return Ok(());
        }
        let new = NewSuppression {
            number: entry.number.clone(),
            reason: entry.reason.clone(),
            source: SuppressionSource::Provisioning,
            note: entry.note.clone(),
            expires_at: entry.expires_at,
            call: None,
        };
        self.platform.suppress_number(&self.principal, new).await.map_err(refused(at))?;
        self.report.created.push(at.to_owned());
        Ok(())
    }

    fn parse(&self, text: &str, at: &str) -> Result<Callee, ProvisionError> {
        Callee::parse(text, self.organization.default_region.as_deref())
            .map_err(|why| ProvisionError::new(format!("{at}.number"), why.to_string()))
    }
}

fn settings(organization: &Organization) -> OrganizationSettings {
    OrganizationSettings {
        name: organization.name.clone(),
        default_region: organization.default_region.clone(),
        allowed_countries: organization.allowed_countries.clone(),
    }
}

fn new_trunk(entry: &TrunkEntry, at: &str) -> Result<NewTrunk, ProvisionError> {
    let credentials = match (&entry.username, &entry.password) {
        (Some(username), Some(password)) => {
            Some(SipCredentials { username: username.clone(), password: password.clone() })
        }
        (None, None) => None,
        (Some(_), None) => return Err(ProvisionError::new(format!("{at}.password"), "is missing for the username")),
        (None, Some(_)) => return Err(ProvisionError::new(format!("{at}.username"), "is missing for the password")),
    };
    Ok(NewTrunk {
        name: entry.name.clone(),
        address: entry.address.clone(),
        transport: match entry.transport {
            TransportEntry::Udp => SipTransport::Udp,
            TransportEntry::Tcp => SipTransport::Tcp,
        },
        credentials,
        calls_per_second: entry.calls_per_second,
        channels: entry.channels,
    })
}

fn same_trunk(found: &Trunk, wanted: &NewTrunk) -> bool {
    found.address == wanted.address
        && found.transport == wanted.transport
        && found.credentials == wanted.credentials
        && found.calls_per_second == wanted.calls_per_second
        && found.channels == wanted.channels
}
