//! What only the vendors' APIs ask for.

use app::ports::store::{AgentName, CallFilter, CreateRefused, NewCall, Store, StoreError};
use app::principal::secret_hash;
use domain::AgentId;
use domain::agent::Agent;
use domain::agent_names::AgentNames;
use domain::callee::Callee;
use domain::click_to_call::ClickToCall;
use domain::outcome::{CallStatus, EndReason};

use crate::builders::{Tenant, at, ended, fact, uuid};

pub(crate) async fn every_agent_has_a_name_in_every_api(store: &dyn Store) {
    let tenant = Tenant::in_store(store, "acme").await;
    let second = Agent { id: AgentId(uuid()), slug: "second".into(), published: None, ..tenant.agent.clone() };
    store.insert_agent(&second).await.unwrap();
    let organization = tenant.organization.id;
    let names = store.names_of_agents(organization).await.unwrap();
    assert_eq!(names.iter().map(|(_, names)| names.integer).collect::<Vec<_>>(), [1, 2]);
    for (agent, names) in &names {
        let AgentNames { integer, voicing, klen, vonage, voxpria } = names.clone();
        let all = [
            AgentName::Integer(integer),
            AgentName::Voicing(voicing),
            AgentName::Klen(klen),
            AgentName::Vonage(vonage),
            AgentName::Voxpria(voxpria),
        ];
        for name in all {
            let (found, all) = store.agent_named(organization, &name).await.unwrap().expect("has the name");
            assert_eq!((found.id, &all), (*agent, names), "{name:?}");
        }
    }
    assert_eq!(store.names_of_agents(organization).await.unwrap(), names, "names stay");
    let third = Agent { id: AgentId(uuid()), slug: "third".into(), published: None, ..tenant.agent.clone() };
    store.insert_agent(&third).await.unwrap();
    assert_eq!(store.names_of_agents(organization).await.unwrap().len(), 3);
}

pub(crate) async fn a_given_name_is_found_and_is_unique_within_its_tenant(store: &dyn Store) {
    let (one, two) = (Tenant::in_store(store, "one").await, Tenant::in_store(store, "two").await);
    let given =
        |tenant: &Tenant| AgentNames { klen: "assistant_abc123".into(), ..AgentNames::of(tenant.agent.id, 123) };
    for tenant in [&one, &two] {
        store.name_agent(tenant.organization.id, tenant.agent.id, &given(tenant)).await.unwrap();
        let name = AgentName::Klen("assistant_abc123".into());
        let (found, _) = store.agent_named(tenant.organization.id, &name).await.unwrap().unwrap();
        assert_eq!(found.id, tenant.agent.id, "each tenant sees its own");
    }
    let rival = Agent { id: AgentId(uuid()), slug: "rival".into(), published: None, ..one.agent.clone() };
    store.insert_agent(&rival).await.unwrap();
    let taken = AgentNames { integer: 123, ..AgentNames::of(rival.id, 124) };
    let refused = store.name_agent(one.organization.id, rival.id, &taken).await;
    assert!(matches!(refused, Err(StoreError::Duplicate("name of an agent"))), "{refused:?}");
    let (kept, _) = store.agent_named(one.organization.id, &AgentName::Integer(123)).await.unwrap().unwrap();
    assert_eq!(kept.id, one.agent.id);
    let names = store.names_of_agents(one.organization.id).await.unwrap();
    assert_eq!(names.iter().map(|(_, names)| names.integer).collect::<Vec<_>>(), [123, 124], "counted on from there");
    assert!(store.agent_named(one.organization.id, &AgentName::Integer(7)).await.unwrap().is_none());
}

pub(crate) async fn credentials_are_found_by_their_token_and_replace_older_ones(store: &dyn Store) {
    let tenant = Tenant::in_store(store, "acme").await;
    let other = Tenant::in_store(store, "other").await;
    let credentials = ClickToCall {
        organization: tenant.organization.id,
        agent: tenant.agent.id,
        token: "tok_1".into(),
        secret: "test_secret".into(),
        verify_signature: true,
    };
    assert_eq!(store.click_to_call(tenant.agent.id).await.unwrap(), None);
    store.set_click_to_call(&credentials).await.unwrap();
    assert_eq!(store.click_to_call(tenant.agent.id).await.unwrap().as_ref(), Some(&credentials));
    let found = store.click_to_call_by_token(&secret_hash("tok_1")).await.unwrap();
    assert_eq!(found.as_ref(), Some(&credentials));
    let stolen = ClickToCall { organization: other.organization.id, agent: other.agent.id, ..credentials.clone() };
    assert!(matches!(store.set_click_to_call(&stolen).await, Err(StoreError::Duplicate("token"))));
    let newer = ClickToCall { token: "tok_2".into(), verify_signature: false, ..credentials };
    store.set_click_to_call(&newer).await.unwrap();
    assert_eq!(store.click_to_call_by_token(&secret_hash("tok_1")).await.unwrap(), None, "the old token is gone");
    assert_eq!(store.click_to_call_by_token(&secret_hash("tok_2")).await.unwrap(), Some(newer));
}

pub(crate) async fn calls_are_listed_by_page_number(store: &dyn Store) {
    let tenant = Tenant::in_store(store, "acme").await;
    let mut calls = Vec::new();
    for second in 0..7 {
        calls.push(tenant.queued(store, at(second)).await.id);
    }
    calls.reverse();
    let mut seen = Vec::new();
    for page in 0..4 {
        let filter = CallFilter { limit: 3, cursor: Some("means nothing here".into()), ..CallFilter::default() };
        let (items, total) = store.calls_from(tenant.organization.id, &filter, page * 3).await.unwrap();
        assert_eq!(total, 7);
        seen.extend(items.into_iter().map(|call| call.id));
    }
    assert_eq!(seen, calls, "newest first, none twice");
    let other = Tenant::in_store(store, "other").await;
    let filter = CallFilter { limit: 3, ..CallFilter::default() };
    assert_eq!(store.calls_from(other.organization.id, &filter, 0).await.unwrap(), (Vec::new(), 0));
}

pub(crate) async fn of_creates_at_once_that_want_to_be_alone_one_is_stored(store: &dyn Store) {
    let tenant = Tenant::in_store(store, "acme").await;
    let alone = || NewCall { one_at_a_time: true, ..tenant.new_call(at(0)) };
    let mut calls = Vec::new();
    for create in futures_util::future::join_all((0..16).map(|_| store.insert_call(alone()))).await {
        match create {
            Ok(placed) => calls.push(placed.call),
            Err(CreateRefused::InProgress) => {}
            Err(error) => panic!("{error}"),
        }
    }
    let [call] = calls.as_slice() else { panic!("{} calls", calls.len()) };
    let mut elsewhere = alone();
    elsewhere.call.to = Callee::parse("+15550100077", None).unwrap();
    store.insert_call(elsewhere).await.expect("another number is free");
    let (mut call, end) = (call.clone(), fact(ended(CallStatus::Canceled, EndReason::Canceled)));
    call.apply(end.at, &end.fact);
    store.end_queued(&call, end).await.unwrap();
    store.insert_call(alone()).await.expect("the first is over");
}
