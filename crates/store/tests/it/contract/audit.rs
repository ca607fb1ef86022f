//! The log of administrative acts.

use app::ports::store::{AuditFilter, Store, StoreError};
use domain::audit::{Actor, AuditAction, AuditEntry, Changes, Origin};
use domain::{ApiKeyId, AuditId, OrganizationId, TrunkId};

use crate::builders::{Tenant, at, uuid};

fn entry(organization: OrganizationId, action: AuditAction, resource: &str, seconds: i64) -> AuditEntry {
    AuditEntry {
        id: AuditId(uuid()),
        organization,
        at: at(seconds),
        actor: Actor::Operator,
        action,
        resource: resource.to_owned(),
        changes: Changes::none().of("name", "a", "b"),
        origin: Origin { address: Some("2001:db8::7".parse().unwrap()), request: Some("req_1".to_owned()) },
    }
}

async fn all(store: &dyn Store, organization: OrganizationId) -> Vec<AuditEntry> {
    let filter = AuditFilter { limit: 200, ..AuditFilter::default() };
    store.audit(organization, &filter).await.unwrap().items
}

pub(crate) async fn an_act_and_its_entry_are_stored_together_or_not_at_all(store: &dyn Store) {
    let tenant = Tenant::in_store(store, "acme").await;
    let organization = tenant.organization.id;
    assert_eq!(all(store, organization).await, []);
    let updated = entry(organization, AuditAction::TrunkUpdated, &tenant.trunk.id.to_string(), 1);
    let audited = store.audited(updated.clone());
    audited.update_trunk(&tenant.trunk).await.unwrap();
    let stored = all(store, organization).await;
    assert_eq!(stored.len(), 1);
    assert_eq!(
        (&stored[0].origin, &stored[0].changes, stored[0].actor),
        (&updated.origin, &updated.changes, Actor::Operator)
    );
    audited.update_trunk(&tenant.trunk).await.unwrap();
    assert_eq!(all(store, organization).await.len(), 1, "an entry is for one change");

    let taken = domain::trunk::Trunk { id: TrunkId(uuid()), ..tenant.trunk.clone() };
    let created = entry(organization, AuditAction::TrunkCreated, &taken.id.to_string(), 2);
    let refused = store.audited(created).insert_trunk(&taken).await;
    assert!(matches!(refused, Err(StoreError::Duplicate("trunk"))));
    let deleted = entry(organization, AuditAction::TrunkDeleted, &tenant.trunk.id.to_string(), 3);
    assert!(!store.audited(deleted).delete_trunk(organization, tenant.trunk.id).await.unwrap(), "numbers hang on it");
    assert_eq!(all(store, organization).await.len(), 1, "what did not happen is not told");
}

pub(crate) async fn the_log_is_filtered_and_paged(store: &dyn Store) {
    let tenant = Tenant::in_store(store, "acme").await;
    let other = Tenant::in_store(store, "other").await;
    let organization = tenant.organization.id;
    let key = ApiKeyId(uuid());
    for n in 0..7 {
        let mut of_key = entry(organization, AuditAction::KeyCreated, &format!("key_{n}"), n);
        if n % 2 == 0 {
            of_key.actor = Actor::Key(key);
        }
        store.append_audit(&of_key).await.unwrap();
    }
    store.append_audit(&entry(organization, AuditAction::AgentPublished, "agent_1", 7)).await.unwrap();
    store.append_audit(&entry(other.organization.id, AuditAction::KeyCreated, "key_9", 8)).await.unwrap();
    assert_eq!(all(store, other.organization.id).await.len(), 1);

    let filter = AuditFilter { limit: 3, ..AuditFilter::default() };
    let (mut seen, mut cursor) = (Vec::new(), None);
    loop {
        let page = store.audit(organization, &AuditFilter { cursor, ..filter.clone() }).await.unwrap();
        seen.extend(page.items.iter().map(|entry| entry.resource.clone()));
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(seen, ["agent_1", "key_6", "key_5", "key_4", "key_3", "key_2", "key_1", "key_0"]);
    let count = async |filter: AuditFilter| store.audit(organization, &filter).await.unwrap().items.len();
    let filter = AuditFilter { limit: 200, ..AuditFilter::default() };
    assert_eq!(count(AuditFilter { actions: vec![AuditAction::AgentPublished], ..filter.clone() }).await, 1);
    assert_eq!(count(AuditFilter { resource: Some("key_3".to_owned()), ..filter.clone() }).await, 1);
    assert_eq!(count(AuditFilter { key: Some(key), ..filter.clone() }).await, 4);
    assert_eq!(count(AuditFilter { from: Some(at(2)), to: Some(at(4)), ..filter.clone() }).await, 2);
    let foreign = AuditFilter { cursor: Some("nonsense".to_owned()), ..filter };
    assert!(matches!(store.audit(organization, &foreign).await, Err(StoreError::InvalidCursor)));
}
