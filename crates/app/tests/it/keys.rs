//! Keys, agents' versions and what is checked when they are made.

use app::Principal;
use app::manage_agents::{AgentChange, NewAgent};
use app::manage_keys::NewKey;
use domain::agent::AgentState;
use domain::agent_definition::AgentDefinition;
use domain::api_key::Permission;
use domain::audit::Origin;
use domain::refusal::RefusalCode;

use crate::world::{World, definition};

fn new_key(permissions: &[Permission]) -> NewKey {
    NewKey { name: "CRM".to_owned(), permissions: permissions.to_vec() }
}

#[tokio::test]
async fn a_secret_opens_until_its_key_is_revoked() {
    let world = World::new().await;
    let made = world.platform.create_key(&world.principal, new_key(&[Permission::CallsRead])).await.unwrap();
    assert!(made.secret.starts_with("od_") && made.secret.len() == 46, "three characters and 43 digits");
    assert!(made.secret.starts_with(&made.key.hint));
    let principal = world.platform.authenticate(&made.secret, Origin::default()).await.unwrap();
    assert_eq!((principal.organization, principal.key), (world.principal.organization, Some(made.key.id)));
    assert_eq!(principal.permissions, [Permission::CallsRead]);
    for wrong in ["", "od_", &made.secret[..45], &format!("{}x", made.secret)] {
        assert_eq!(
            world.platform.authenticate(wrong, Origin::default()).await.unwrap_err().code,
            RefusalCode::Unauthenticated
        );
    }
    world.platform.revoke_key(&world.principal, made.key.id).await.unwrap();
    assert_eq!(
        world.platform.authenticate(&made.secret, Origin::default()).await.unwrap_err().code,
        RefusalCode::Unauthenticated
    );
}

#[tokio::test]
async fn last_use_is_kept_to_the_minute() {
    let world = World::new().await;
    let made = world.platform.create_key(&world.principal, new_key(&[Permission::All])).await.unwrap();
    let last_used = async || world.platform.get_key(&world.principal, made.key.id).await.unwrap().last_used_at;
    assert_eq!(last_used().await, None);
    world.clock.wait(59);
    world.platform.authenticate(&made.secret, Origin::default()).await.unwrap();
    let first = last_used().await.unwrap();
    assert_eq!(first.as_second(), 1_800_000_000);
    world.clock.wait(1);
    world.platform.authenticate(&made.secret, Origin::default()).await.unwrap();
    assert_eq!(last_used().await.unwrap().as_second(), first.as_second() + 60);
}

#[tokio::test]
async fn nobody_hands_out_what_they_do_not_hold() {
    let world = World::new().await;
    let clerk =
        Principal { permissions: vec![Permission::KeysWrite, Permission::CallsRead], ..world.principal.clone() };
    world.platform.create_key(&clerk, new_key(&[Permission::CallsRead])).await.unwrap();
    for beyond in [Permission::All, Permission::CallsWrite] {
        let refusal = world.platform.create_key(&clerk, new_key(&[beyond])).await.unwrap_err();
        assert_eq!(refusal.code, RefusalCode::PermissionDenied, "{beyond:?}");
    }
    let nothing = world.platform.create_key(&world.principal, new_key(&[])).await.unwrap_err();
    assert_eq!(nothing.code, RefusalCode::InvalidRequest);
}

#[tokio::test]
async fn calls_keep_their_version_and_going_back_publishes_again() {
    let world = World::new().await;
    let first = world.placed().await;
    let draft = AgentDefinition { name: "Ben".to_owned(), ..definition() };
    let change = AgentChange { draft: Some(draft), ..AgentChange::default() };
    world.platform.update_agent(&world.principal, "ann", change).await.unwrap();
    assert_eq!(world.placed().await.agent_version, first.agent_version, "a draft changes no call");
    let (_, second) = world.platform.publish_agent(&world.principal, "ann").await.unwrap();
    assert_eq!((second.number, world.placed().await.agent_version), (2, second.id));
    let (agent, third) = world.platform.rollback_agent(&world.principal, "ann", 1).await.unwrap();
    assert_eq!((third.number, &third.definition.name, &agent.draft.name), (3, &"Ann".to_owned(), &"Ann".to_owned()));
    let unknown = world.platform.rollback_agent(&world.principal, "ann", 9).await.unwrap_err();
    assert_eq!(unknown.code, RefusalCode::NotFound);
}

#[tokio::test]
async fn a_definition_that_cannot_work_is_stored_but_not_published() {
    let world = World::new().await;
    let new = NewAgent { slug: "empty".to_owned(), ..NewAgent::default() };
    world.platform.create_agent(&world.principal, new.clone()).await.unwrap();
    let refusal = world.platform.publish_agent(&world.principal, "empty").await.unwrap_err();
    assert_eq!(refusal.code, RefusalCode::InvalidDefinition);
    assert!(refusal.fields.iter().all(|field| field.pointer.starts_with("/definition")), "{refusal:?}");
    assert_eq!(world.platform.create_agent(&world.principal, new).await.unwrap_err().code, RefusalCode::Conflict);
    for slug in ["", "Ann", "-ann", "ann-", "a b", "a_b"] {
        let new = NewAgent { slug: slug.to_owned(), ..NewAgent::default() };
        let refusal = world.platform.create_agent(&world.principal, new).await.unwrap_err();
        assert_eq!(refusal.code, RefusalCode::InvalidRequest, "{slug:?}");
    }
}

#[tokio::test]
async fn an_agent_is_switched_off_and_on() {
    let world = World::new().await;
    let off = world.platform.disable_agent(&world.principal, "ann").await.unwrap();
    assert_eq!(off.state, AgentState::Disabled);
    let on = world.platform.enable_agent(&world.principal, "ann").await.unwrap();
    assert_eq!(on.state, AgentState::Published);
    world.placed().await;
}
