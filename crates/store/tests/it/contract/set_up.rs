//! Tenants, keys, suppressions, agents, trunks and numbers.

use std::sync::Arc;

use app::ports::store::{KeyUse, Store, StoreError};
use domain::agent::{Agent, AgentVersion};
use domain::api_key::{ApiKey, Permission, PreviousSecret};
use domain::dialect::Dialect;
use domain::suppression::{Suppression, SuppressionSource};
use domain::time::Timestamp;
use domain::trunk::{SipCredentials, SipTransport, Trunk};
use domain::{AgentVersionId, ApiKeyId, NumberId, OrganizationId, SuppressionId, TrunkId};

use crate::builders::{Tenant, number, uuid};

fn second(n: i64) -> Timestamp {
    Timestamp::from_second(1_750_000_000 + n).unwrap()
}

fn key(organization: OrganizationId, byte: u8) -> ApiKey {
    ApiKey {
        name: "CRM".to_owned(),
        hint: "od_abcd".to_owned(),
        permissions: vec![Permission::CallsRead, Permission::CallsWrite],
        ..ApiKey::new(ApiKeyId(uuid()), organization, [byte; 32], second(0))
    }
}

fn suppression(organization: OrganizationId, reason: &str) -> Suppression {
    Suppression {
        id: SuppressionId(uuid()),
        organization,
        number: number("+15550009999").into(),
        reason: reason.to_owned(),
        source: SuppressionSource::Api,
        call: None,
        note: None,
        created_at: second(3),
        expires_at: None,
    }
}

pub(crate) async fn what_is_stored_reads_back(store: &dyn Store) {
    let tenant = Tenant::in_store(store, "acme").await;
    let id = tenant.organization.id;
    assert_eq!(store.organization(id).await.unwrap().unwrap(), tenant.organization);
    assert_eq!(store.organization_named("acme").await.unwrap().unwrap(), tenant.organization);
    assert_eq!(store.organization_named("nobody").await.unwrap(), None);
    assert_eq!(store.agent(id, "lead-callback").await.unwrap().unwrap(), tenant.agent);
    assert_eq!(store.agent(id, &tenant.agent.id.to_string()).await.unwrap().unwrap(), tenant.agent);
    assert_eq!(*store.agent_version(tenant.version.id).await.unwrap().unwrap(), tenant.version);
    assert_eq!(store.trunk(id, "default").await.unwrap().unwrap(), tenant.trunk);
    assert_eq!(store.number(id, tenant.number.id).await.unwrap().unwrap(), tenant.number);

    let credentials = Some(SipCredentials { username: "alice".to_owned(), password: "p\u{e4}ss".to_owned() });
    let changed = Trunk {
        name: "b".to_owned(),
        transport: SipTransport::Tcp,
        credentials,
        channels: None,
        calls_per_second: None,
        ..tenant.trunk
    };
    store.update_trunk(&changed).await.unwrap();
    assert_eq!(store.trunk(id, &changed.id.to_string()).await.unwrap().unwrap(), changed);
    assert_eq!(store.trunk(id, "default").await.unwrap(), None);

    let mut organization = tenant.organization;
    organization.default_region = None;
    organization.allowed_countries.clear();
    store.update_organization(&organization).await.unwrap();
    assert_eq!(store.organization(id).await.unwrap().unwrap(), organization);
}

pub(crate) async fn names_are_unique_within_a_tenant_only(store: &dyn Store) {
    let one = Tenant::in_store(store, "one").await;
    Tenant::in_store(store, "two").await;
    let again = Tenant::named("one").organization;
    assert!(matches!(store.insert_organization(&again).await, Err(StoreError::Duplicate("organization"))));
    let agent = Agent { id: domain::AgentId(uuid()), published: None, ..one.agent.clone() };
    assert!(matches!(store.insert_agent(&agent).await, Err(StoreError::Duplicate("agent"))));
    let trunk = Trunk { id: TrunkId(uuid()), ..one.trunk.clone() };
    assert!(matches!(store.insert_trunk(&trunk).await, Err(StoreError::Duplicate("trunk"))));
    let mut caller = one.number.clone();
    caller.id = NumberId(uuid());
    assert!(matches!(store.insert_number(&caller).await, Err(StoreError::Duplicate("number"))));
    store.insert_key(&key(one.organization.id, 7)).await.unwrap();
    assert!(matches!(store.insert_key(&key(one.organization.id, 7)).await, Err(StoreError::Duplicate("key"))));
}

pub(crate) async fn nothing_of_a_tenant_is_seen_by_another(store: &dyn Store) {
    let one = Tenant::in_store(store, "one").await;
    let two = Tenant::in_store(store, "two").await;
    let other = two.organization.id;
    let entry = suppression(one.organization.id, "opt_out");
    store.suppress(&entry).await.unwrap();
    let secret = key(one.organization.id, 1);
    store.insert_key(&secret).await.unwrap();
    assert_eq!(store.agents(other).await.unwrap(), [two.agent]);
    assert_eq!(store.agent(other, &one.agent.id.to_string()).await.unwrap(), None);
    assert_eq!(store.trunk(other, &one.trunk.id.to_string()).await.unwrap(), None);
    assert_eq!(store.number(other, one.number.id).await.unwrap(), None);
    assert_eq!(store.key(other, secret.id).await.unwrap(), None);
    assert!(store.keys(other).await.unwrap().is_empty());
    assert_eq!(store.suppression(other, &entry.number).await.unwrap(), None);
    assert!(!store.unsuppress(other, entry.id).await.unwrap());
    assert!(!store.delete_number(other, one.number.id).await.unwrap());
    assert!(!store.delete_trunk(other, one.trunk.id).await.unwrap());
}

pub(crate) async fn what_is_in_use_is_not_deleted(store: &dyn Store) {
    let tenant = Tenant::in_store(store, "acme").await;
    let id = tenant.organization.id;
    assert!(!store.delete_trunk(id, tenant.trunk.id).await.unwrap(), "it has a number");
    assert!(!store.delete_number(id, tenant.number.id).await.unwrap(), "an agent calls from it");
    let call = tenant.queued(store, second(1)).await;
    store.update_agent(&Agent { number: None, ..tenant.agent.clone() }).await.unwrap();
    assert!(!store.delete_number(id, tenant.number.id).await.unwrap(), "a queued call needs it");
    let canceled = crate::builders::ended(domain::outcome::CallStatus::Canceled, domain::outcome::EndReason::Canceled);
    let mut over = call;
    over.apply(second(2), &canceled);
    store.end_queued(&over, crate::builders::fact(canceled)).await.unwrap();
    assert!(store.delete_number(id, tenant.number.id).await.unwrap());
    assert!(store.numbers(id).await.unwrap().is_empty());
    assert!(store.delete_trunk(id, tenant.trunk.id).await.unwrap());
    assert!(!store.delete_trunk(id, tenant.trunk.id).await.unwrap(), "it is gone");
}

pub(crate) async fn a_key_that_is_used_stays_revoked(store: &dyn Store) {
    let tenant = Tenant::in_store(store, "acme").await;
    let mut key = key(tenant.organization.id, 9);
    store.insert_key(&key).await.unwrap();
    assert_eq!(store.key_by_hash(&[9; 32]).await.unwrap().unwrap(), key);
    key.revoked_at = Some(second(5));
    store.update_key(&key).await.unwrap();
    let from = Some("2001:db8::7".parse().unwrap());
    store.keys_used(vec![KeyUse { key: key.id, at: second(6), from }]).await.unwrap();
    store.keys_used(vec![KeyUse { key: key.id, at: second(2), from: None }]).await.unwrap();
    (key.last_used_at, key.last_used_from) = (Some(second(6)), from);
    assert_eq!(
        store.key(tenant.organization.id, key.id).await.unwrap().unwrap(),
        key,
        "an earlier use changes nothing"
    );
    assert_eq!(store.key_by_hash(&[8; 32]).await.unwrap(), None);
    let unaware = ApiKey { last_used_at: None, ..key.clone() };
    store.update_key(&unaware).await.unwrap();
    assert_eq!(store.key(tenant.organization.id, key.id).await.unwrap().unwrap(), key, "last use is not undone");
}

pub(crate) async fn a_key_opens_by_its_current_secret_and_the_one_before(store: &dyn Store) {
    let tenant = Tenant::in_store(store, "acme").await;
    let made = ApiKey {
        dialect: Dialect::Klen,
        category: Some("Rest APIs".to_owned()),
        scopes: vec!["can_initiate_calls".to_owned()],
        allowed_ips: vec!["192.0.2.0/24".parse().unwrap(), "2001:db8::/32".parse().unwrap()],
        agent: Some(tenant.agent.id),
        expires_at: Some(second(90)),
        disabled_at: Some(second(8)),
        previous: Some(PreviousSecret { sha256: [6; 32], until: second(50) }),
        ..key(tenant.organization.id, 7)
    };
    store.insert_key(&made).await.unwrap();
    assert_eq!(store.key_by_hash(&[7; 32]).await.unwrap().unwrap(), made);
    assert_eq!(store.key_by_hash(&[6; 32]).await.unwrap().unwrap(), made);
    let other = key(tenant.organization.id, 6);
    store.insert_key(&other).await.unwrap();
    assert_eq!(store.key_by_hash(&[6; 32]).await.unwrap().unwrap(), other, "a current secret goes first");
}

pub(crate) async fn a_number_is_suppressed_once(store: &dyn Store) {
    let tenant = Tenant::in_store(store, "acme").await;
    let id = tenant.organization.id;
    let first = suppression(id, "opt_out");
    store.suppress(&first).await.unwrap();
    store.suppress(&suppression(id, "complaint")).await.unwrap();
    assert_eq!(store.suppressions(id).await.unwrap(), std::slice::from_ref(&first));
    assert_eq!(store.suppression(id, &first.number).await.unwrap(), Some(first.clone()));
    assert!(store.unsuppress(id, first.id).await.unwrap());
    assert!(!store.unsuppress(id, first.id).await.unwrap());
    assert_eq!(store.suppression(id, &first.number).await.unwrap(), None);
}

pub(crate) async fn versions_come_newest_first_and_numbers_do_not_repeat(store: &dyn Store) {
    let tenant = Tenant::in_store(store, "acme").await;
    let mut definition = (*tenant.version.definition).clone();
    definition.name = "Ben".to_owned();
    let second = AgentVersion {
        id: AgentVersionId(uuid()),
        number: 2,
        definition: Arc::new(definition),
        ..tenant.version.clone()
    };
    let agent = Agent { published: Some(second.id), draft: second.definition.clone(), ..tenant.agent.clone() };
    store.publish_agent(&agent, &second).await.unwrap();
    assert_eq!(store.agent_versions(agent.id).await.unwrap(), [second.clone(), tenant.version.clone()]);
    let rival = AgentVersion { id: AgentVersionId(uuid()), ..second.clone() };
    let losing = Agent { published: Some(rival.id), ..agent.clone() };
    assert!(matches!(store.publish_agent(&losing, &rival).await, Err(StoreError::Duplicate("agent version"))));
    assert_eq!(store.agent(agent.organization, "lead-callback").await.unwrap(), Some(agent), "nothing was written");
}
