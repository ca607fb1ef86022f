//! Keys, agents' versions and what is checked when they are made.

use std::time::Duration;

use app::Principal;
use app::gate::Gate;
use app::manage_agents::{AgentChange, NewAgent};
use app::manage_keys::{KeyChange, NewKey};
use domain::agent::AgentState;
use domain::agent_definition::AgentDefinition;
use domain::api_key::Permission;
use domain::audit::Origin;
use domain::dialect::Dialect;
use domain::refusal::{RefusalCode, RefusalFacts};

use crate::world::{World, definition};

fn new_key(permissions: &[Permission]) -> NewKey {
    NewKey { name: "CRM".to_owned(), permissions: permissions.to_vec(), ..NewKey::default() }
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

fn from(address: &str) -> Origin {
    Origin { address: Some(address.parse().unwrap()), request: None }
}

#[tokio::test]
async fn last_use_is_kept_to_the_minute_and_written_later() {
    let (world, gate) = (World::new().await, Gate::default());
    let made = world.platform.create_key(&world.principal, new_key(&[Permission::All])).await.unwrap();
    let last_used = async || {
        let key = world.platform.get_key(&world.principal, made.key.id).await.unwrap();
        (key.last_used_at.map(|at| at.as_second()), key.last_used_from.map(|address| address.to_string()))
    };
    world.clock.wait(59);
    gate.authenticate(&world.platform, &made.secret, from("192.0.2.1")).await.unwrap();
    assert_eq!(last_used().await, (None, None), "no request waits for it");
    gate.write_uses(&world.platform).await;
    assert_eq!(last_used().await, (Some(1_800_000_000), Some("192.0.2.1".to_owned())));
    world.clock.wait(1);
    gate.authenticate(&world.platform, &made.secret, from("192.0.2.2")).await.unwrap();
    gate.write_uses(&world.platform).await;
    assert_eq!(last_used().await, (Some(1_800_000_060), Some("192.0.2.2".to_owned())));
}

#[tokio::test]
async fn a_rotated_key_opens_by_both_secrets_until_the_overlap_ends() {
    let world = World::new().await;
    let made = world.platform.create_key(&world.principal, new_key(&[Permission::CallsRead])).await.unwrap();
    let rotate = async |seconds| {
        world.platform.rotate_key(&world.principal, made.key.id, Duration::from_secs(seconds)).await.unwrap()
    };
    let opens = async |secret: &str| world.platform.authenticate(secret, Origin::default()).await.is_ok();
    let second = rotate(60).await;
    assert_ne!(second.secret, made.secret);
    assert!(opens(&made.secret).await && opens(&second.secret).await);
    world.clock.wait(60);
    assert!(!opens(&made.secret).await && opens(&second.secret).await);
    let third = rotate(0).await;
    assert!(!opens(&second.secret).await && opens(&third.secret).await, "no overlap was asked for");
    let fourth = rotate(600).await;
    world.platform.revoke_key(&world.principal, made.key.id).await.unwrap();
    assert!(!opens(&third.secret).await && !opens(&fourth.secret).await, "revoking ends both");
    let revoked = world.platform.rotate_key(&world.principal, made.key.id, Duration::ZERO).await.unwrap_err();
    assert_eq!(revoked.code, RefusalCode::Conflict);
    let long = world.platform.rotate_key(&world.principal, made.key.id, Duration::from_secs(86_400 * 31)).await;
    assert_eq!(long.unwrap_err().code, RefusalCode::InvalidRequest);
}

#[tokio::test]
async fn a_key_with_networks_opens_from_them_alone() {
    let world = World::new().await;
    let allowed_ips = vec!["192.0.2.0/24".parse().unwrap(), "2001:db8::/32".parse().unwrap()];
    let new = NewKey { allowed_ips, ..new_key(&[Permission::All]) };
    let made = world.platform.create_key(&world.principal, new).await.unwrap();
    for inside in ["192.0.2.1", "192.0.2.255", "2001:db8:ffff::1"] {
        world.platform.authenticate(&made.secret, from(inside)).await.unwrap();
    }
    for outside in [from("192.0.3.1"), from("2001:db9::1"), from("127.0.0.1"), Origin::default()] {
        let refusal = world.platform.authenticate(&made.secret, outside.clone()).await.unwrap_err();
        assert_eq!(refusal.code, RefusalCode::AddressNotAllowed, "{outside:?}");
    }
}

#[tokio::test]
async fn an_expired_or_switched_off_key_is_as_good_as_unknown() {
    let world = World::new().await;
    let expires_at = Some(world.platform.clock.now() + Duration::from_secs(60));
    let new = NewKey { expires_at, ..new_key(&[Permission::All]) };
    let made = world.platform.create_key(&world.principal, new).await.unwrap();
    let code = async || world.platform.authenticate(&made.secret, Origin::default()).await.err().map(|r| r.code);
    let disabled = async |disabled| {
        let change = KeyChange { disabled: Some(disabled), ..KeyChange::default() };
        world.platform.update_key(&world.principal, made.key.id, change).await.unwrap()
    };
    assert_eq!(code().await, None);
    disabled(true).await;
    assert_eq!(code().await, Some(RefusalCode::Unauthenticated));
    disabled(false).await;
    assert_eq!(code().await, None);
    world.clock.wait(60);
    assert_eq!(code().await, Some(RefusalCode::Unauthenticated));
    let past = NewKey { expires_at, ..new_key(&[Permission::All]) };
    assert_eq!(world.platform.create_key(&world.principal, past).await.unwrap_err().code, RefusalCode::InvalidRequest);
}

#[tokio::test]
async fn guessing_is_slowed_and_locks_out_nobody() {
    let (world, gate) = (World::new().await, Gate::default());
    let used = world.platform.create_key(&world.principal, new_key(&[Permission::All])).await.unwrap();
    let fresh = world.platform.create_key(&world.principal, new_key(&[Permission::All])).await.unwrap();
    let enter = async |secret: &str, address: &str| gate.authenticate(&world.platform, secret, from(address)).await;
    enter(&used.secret, "192.0.2.1").await.unwrap();
    for n in 0..20 {
        let refusal = enter(&format!("od_guess{n}"), "192.0.2.1").await.unwrap_err();
        assert_eq!(refusal.code, RefusalCode::Unauthenticated, "guess {n}");
    }
    let refusal = enter("od_guess", "192.0.2.1").await.unwrap_err();
    assert_eq!(refusal.code, RefusalCode::RateLimited);
    assert!(refusal.detail.contains("address.unknown_keys"), "{refusal}");
    let Some(RefusalFacts::Limit { retry_after, .. }) = refusal.facts.as_deref() else { panic!("{refusal:?}") };
    assert_eq!(retry_after.as_secs(), 3);
    enter(&used.secret, "192.0.2.1").await.expect("a known secret opens beside a guesser");
    enter(&fresh.secret, "198.51.100.1").await.expect("another address is not concerned");
    world.clock.wait(3);
    let another = world.platform.create_key(&world.principal, new_key(&[Permission::All])).await.unwrap();
    enter(&another.secret, "192.0.2.1").await.expect("a new secret gets its turn");
    for n in 0..21_000_u32 {
        let address = std::net::Ipv4Addr::from_bits(0x0a00_0000 + n).to_string();
        enter("od_guess", &address).await.unwrap_err();
    }
    for n in 0..21_u64 {
        let address = std::net::Ipv6Addr::from_bits((0x2001_0db8 << 96) + u128::from(n)).to_string();
        let code = enter("od_guess", &address).await.unwrap_err().code;
        let expected = if n < 20 { RefusalCode::Unauthenticated } else { RefusalCode::RateLimited };
        assert_eq!(code, expected, "one network of IPv6 counts as one client ({n})");
    }
}

#[tokio::test]
async fn a_key_is_changed_and_rotated_only_by_whoever_covers_it() {
    let world = World::new().await;
    let admin = world.platform.create_key(&world.principal, new_key(&[Permission::All])).await.unwrap();
    let clerk =
        Principal { permissions: vec![Permission::KeysWrite, Permission::CallsRead], ..world.principal.clone() };
    let rotated = world.platform.rotate_key(&clerk, admin.key.id, Duration::ZERO).await.unwrap_err();
    let change = KeyChange { name: Some("mine".to_owned()), ..KeyChange::default() };
    let changed = world.platform.update_key(&clerk, admin.key.id, change).await.unwrap_err();
    assert_eq!((rotated.code, changed.code), (RefusalCode::PermissionDenied, RefusalCode::PermissionDenied));
    let scopes = NewKey { scopes: vec!["can_initiate_calls".to_owned()], ..new_key(&[Permission::All]) };
    let native = world.platform.create_key(&world.principal, scopes.clone()).await.unwrap_err();
    assert_eq!(native.fields[0].pointer, "/scopes");
    let klen = NewKey { dialect: Dialect::Klen, ..scopes };
    let klen = world.platform.create_key(&world.principal, klen).await.unwrap();
    let principal = world.platform.authenticate(&klen.secret, Origin::default()).await.unwrap();
    assert_eq!((principal.dialect, principal.scopes), (Dialect::Klen, vec!["can_initiate_calls".to_owned()]));
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
