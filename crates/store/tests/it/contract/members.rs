//! The people of an installation.

use app::ports::store::{RoleChange, Store, StoreError};
use domain::member::{Invitation, Member, Role, SignIn, User};
use domain::time::Timestamp;
use domain::{OrganizationId, UserId};

use crate::builders::{Tenant, at as exactly, uuid};

/// As both engines keep it.
fn at(seconds: i64) -> Timestamp {
    Timestamp::from_microsecond(exactly(seconds).as_microsecond()).unwrap()
}

fn user(email: &str) -> User {
    User {
        id: UserId(uuid()),
        email: email.to_owned(),
        name: "Ada".to_owned(),
        password: Some("$argon2id$…".to_owned()),
        created_at: at(1),
    }
}

fn member(organization: OrganizationId, email: &str, role: Role) -> Member {
    Member { user: user(email), organization, role, since: at(1) }
}

fn code(n: u8, organization: OrganizationId, user: Option<UserId>, role: Option<Role>) -> Invitation {
    Invitation { code_sha256: [n; 32], organization, user, role, expires_at: at(10) }
}

pub(crate) async fn the_first_owner_comes_in_once(store: &dyn Store) {
    let tenant = Tenant::in_store(store, "acme").await.organization.id;
    assert!(!store.has_users().await.unwrap());
    for n in [1, 2] {
        store.invite(&code(n, tenant, None, Some(Role::Owner)), at(1)).await.unwrap();
    }
    let (ada, eve) = (user("ada@example.com"), user("eve@example.com"));
    assert_eq!(store.insert_first_owner([9; 32], &eve, at(2)).await.unwrap(), None, "no such code");
    let (one, two) =
        tokio::join!(store.insert_first_owner([1; 32], &ada, at(2)), store.insert_first_owner([2; 32], &eve, at(2)));
    let owners: Vec<_> = [one.unwrap(), two.unwrap()].into_iter().flatten().collect();
    assert_eq!(owners.len(), 1, "of two at once one comes in");
    assert_eq!((owners[0].role, owners[0].organization), (Role::Owner, tenant));
    assert!(store.has_users().await.unwrap());
    assert_eq!(store.members(tenant).await.unwrap(), owners);
}

pub(crate) async fn a_code_opens_once_and_not_after_its_end(store: &dyn Store) {
    let tenant = Tenant::in_store(store, "acme").await.organization.id;
    let invited = Member { user: User { password: None, ..user("a@example.com") }, ..member(tenant, "", Role::Viewer) };
    let id = invited.user.id;
    store.insert_member(&invited, Some(&code(1, tenant, Some(id), None))).await.unwrap();
    let known = store.insert_member(&member(tenant, "a@example.com", Role::Viewer), None).await;
    assert!(matches!(known, Err(StoreError::Duplicate("user"))));
    let accept = async |n: u8, seconds| store.accept([n; 32], None, "hash".to_owned(), at(seconds)).await.unwrap();
    assert_eq!(accept(1, 10).await, None, "too late");
    store.invite(&code(2, tenant, Some(id), None), at(1)).await.unwrap();
    assert_eq!(accept(1, 2).await, None, "a newer one voids it");
    assert_eq!(accept(2, 2).await.and_then(|code| code.user), Some(id));
    assert_eq!(accept(2, 2).await, None, "used");
    store.invite(&code(5, tenant, None, Some(Role::Owner)), at(1)).await.unwrap();
    store.invite(&code(6, tenant, None, Some(Role::Owner)), at(10)).await.unwrap();
    assert_eq!(store.invitation([5; 32]).await.unwrap(), None, "swept out once it ran off");
    assert!(store.invitation([6; 32]).await.unwrap().is_some());
    let found = store.user_by_email("a@example.com").await.unwrap().unwrap();
    assert_eq!(found.password.as_deref(), Some("hash"));

    let other = Tenant::in_store(store, "other").await.organization.id;
    store.invite(&code(3, other, Some(id), Some(Role::Admin)), at(1)).await.unwrap();
    assert_eq!(accept(3, 2).await, None, "a code to join by sets no password");
    store.invite(&code(4, other, Some(id), Some(Role::Admin)), at(1)).await.unwrap();
    assert_eq!(store.join([4; 32], UserId(uuid()), at(2)).await.unwrap(), None, "somebody else's");
    assert!(store.join([4; 32], id, at(2)).await.unwrap().is_some());
    let places = store.places(id).await.unwrap();
    let places: Vec<_> = places.iter().map(|(id, name, role)| (*id, name.as_str(), *role)).collect();
    assert_eq!(places, [(tenant, "acme", Role::Viewer), (other, "other", Role::Admin)]);
}

pub(crate) async fn a_tenant_keeps_one_owner_whoever_comes_first(store: &dyn Store) {
    let tenant = Tenant::in_store(store, "acme").await.organization.id;
    let (one, two) = (member(tenant, "1@example.com", Role::Owner), member(tenant, "2@example.com", Role::Owner));
    for owner in [&one, &two] {
        store.insert_member(owner, None).await.unwrap();
    }
    let (first, second) =
        tokio::join!(store.change_role(tenant, one.user.id, Role::Viewer), store.remove_member(tenant, two.user.id));
    let mut came = [first.unwrap(), second.unwrap()];
    came.sort_by_key(|change| *change != RoleChange::Done);
    assert_eq!(came, [RoleChange::Done, RoleChange::LastOwner], "of two at once one stays");
    let nobody = store.change_role(tenant, UserId(uuid()), Role::Viewer).await.unwrap();
    assert_eq!(nobody, RoleChange::NoMember);
}

pub(crate) async fn an_account_goes_with_its_last_place(store: &dyn Store) {
    let tenant = Tenant::in_store(store, "acme").await.organization.id;
    let gone = member(tenant, "a@example.com", Role::Viewer);
    store.insert_member(&gone, None).await.unwrap();
    assert_eq!(store.remove_member(tenant, gone.user.id).await.unwrap(), RoleChange::Done);
    assert_eq!(store.user_by_email("a@example.com").await.unwrap(), None);
    store.insert_member(&member(tenant, "a@example.com", Role::Viewer), None).await.unwrap();
}

pub(crate) async fn who_is_signed_in_is_read_with_role_and_place(store: &dyn Store) {
    let tenant = Tenant::in_store(store, "acme").await.organization.id;
    let ada = member(tenant, "a@example.com", Role::Viewer);
    store.insert_member(&ada, None).await.unwrap();
    let sign_in =
        SignIn { token_sha256: [7; 32], user: ada.user.id, organization: tenant, created_at: at(1), expires_at: at(5) };
    store.sign_in(&sign_in).await.unwrap();
    let found = async |seconds| store.signed_in([7; 32], at(seconds)).await.unwrap();
    assert_eq!(found(2).await, Some((sign_in.clone(), ada.clone())));
    assert_eq!(found(5).await, None, "it ran off");
    store.update_sign_in(&SignIn { expires_at: at(9), ..sign_in.clone() }).await.unwrap();
    assert!(found(5).await.is_some(), "moved on");
    store.change_role(tenant, ada.user.id, Role::Admin).await.unwrap();
    assert_eq!(found(5).await.unwrap().1.role, Role::Admin, "as it is now");
    store
        .sign_in(&SignIn { token_sha256: [8; 32], created_at: at(9), expires_at: at(20), ..sign_in.clone() })
        .await
        .unwrap();
    assert_eq!(found(2).await, None, "what ran off by then is swept out");
    store.sign_out([8; 32]).await.unwrap();
    assert_eq!(store.signed_in([8; 32], at(9)).await.unwrap(), None);
}
