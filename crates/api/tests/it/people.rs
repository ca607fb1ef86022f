//! People sign in, are invited, and do what their role allows, over real HTTP.

use domain::api_key::Permission;
use domain::member::Role;
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};

use crate::world::{World, read};

const PASSWORD: &str = "correct horse battery";

/// A browser with a cookie of its own.
struct Browser<'w> {
    world: &'w World,
    cookie: Option<String>,
}

impl<'w> Browser<'w> {
    fn new(world: &'w World) -> Self {
        Self { world, cookie: None }
    }

    /// The browser of a world's first owner.
    async fn owner(world: &'w World) -> Self {
        let code = world.platform.draw_set_up_code(world.organization).await.unwrap();
        let mut browser = Self::new(world);
        let body = json!({"code": code, "email": "Ada@Example.com", "name": "Ada", "password": PASSWORD});
        let (status, session) = browser.opens("/v1/setup", &body).await;
        assert_eq!((status, &session["role"]), (StatusCode::CREATED, &json!("owner")), "{session}");
        browser
    }

    /// The browser of somebody whom `self` invited.
    async fn invites(&self, email: &str, role: Role) -> Self {
        let body = json!({"email": email, "name": "Grace", "role": role.as_str()});
        let (status, invited) = read(self.sends(Method::POST, "/v1/members").json(&body).send().await.unwrap()).await;
        assert_eq!(status, 201, "{invited}");
        let mut browser = Self::new(self.world);
        let body = json!({"code": invited["code"], "password": PASSWORD});
        let (status, session) = browser.opens("/v1/session/accept", &body).await;
        assert_eq!((status, &session["role"]), (StatusCode::CREATED, &json!(role.as_str())), "{session}");
        browser
    }

    fn sends(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.world.http.request(method, format!("{}{path}", self.world.url));
        let request = request.header("outdial-request", "dashboard");
        match &self.cookie {
            Some(cookie) => request.header("cookie", cookie),
            None => request,
        }
    }

    async fn gets(&self, path: &str) -> (StatusCode, Value) {
        let (status, body) = read(self.sends(Method::GET, path).send().await.unwrap()).await;
        (StatusCode::from_u16(status).unwrap(), body)
    }

    /// Sends what answers with a cookie, and keeps it.
    async fn opens(&mut self, path: &str, body: &Value) -> (StatusCode, Value) {
        let answer = self.sends(Method::POST, path).json(body).send().await.unwrap();
        if let Some(cookie) = set_cookie(&answer) {
            for part in ["Secure", "HttpOnly", "SameSite=Strict", "Path=/"] {
                assert!(cookie.contains(part), "{cookie}");
            }
            self.cookie = cookie.split(';').next().map(str::to_owned);
        }
        let (status, body) = read(answer).await;
        (StatusCode::from_u16(status).unwrap(), body)
    }
}

fn set_cookie(answer: &Response) -> Option<String> {
    Some(answer.headers().get("set-cookie")?.to_str().unwrap().to_owned())
}

#[tokio::test]
async fn the_first_owner_comes_in_by_the_code_once() {
    let world = World::empty().await;
    let browser = Browser::new(&world);
    assert_eq!(browser.gets("/v1/setup").await.1, json!({"needed": true}));
    let body = json!({"code": "setup_guess", "email": "a@example.com", "name": "A", "password": PASSWORD});
    let refused = browser.sends(Method::POST, "/v1/setup").json(&body).send().await.unwrap();
    assert_eq!(refused.status(), 401);
    let owner = Browser::owner(&world).await;
    assert_eq!(owner.gets("/v1/setup").await.1, json!({"needed": false}));
    let (status, session) = owner.gets("/v1/session").await;
    assert_eq!(status, 200);
    assert_eq!(session["user"]["email"], "ada@example.com");
    assert_eq!(session["organization"], json!({"id": world.organization.to_string(), "name": "acme"}));
    assert_eq!(session["organizations"].as_array().unwrap().len(), 1);
    let late = world.platform.draw_set_up_code(world.organization).await.unwrap();
    let body = json!({"code": late, "email": "b@example.com", "name": "B", "password": PASSWORD});
    let (status, problem) = read(browser.sends(Method::POST, "/v1/setup").json(&body).send().await.unwrap()).await;
    assert_eq!((status, problem["code"].as_str()), (409, Some("conflict")));
}

#[tokio::test]
async fn of_two_first_owners_at_once_one_comes_in() {
    let world = World::empty().await;
    let codes = [
        world.platform.draw_set_up_code(world.organization).await.unwrap(),
        world.platform.draw_set_up_code(world.organization).await.unwrap(),
    ];
    let browser = Browser::new(&world);
    let [one, two] = [0, 1].map(|n| {
        let email = format!("owner{n}@example.com");
        let body = json!({"code": codes[n], "email": email, "name": "A", "password": PASSWORD});
        browser.sends(Method::POST, "/v1/setup").json(&body).send()
    });
    let (one, two) = tokio::join!(one, two);
    let mut came = [one.unwrap().status().as_u16(), two.unwrap().status().as_u16()];
    came.sort_unstable();
    assert!(came == [201, 401] || came == [201, 409], "{came:?}");
}

#[tokio::test]
async fn a_password_opens_and_a_sign_out_closes() {
    let world = World::empty().await;
    let owner = Browser::owner(&world).await;
    let mut other = Browser::new(&world);
    for (email, password) in [("ada@example.com", "wrong horse battery"), ("eve@example.com", PASSWORD)] {
        let (status, problem) = other.opens("/v1/session", &json!({"email": email, "password": password})).await;
        assert_eq!((status.as_u16(), problem["code"].as_str()), (401, Some("unauthenticated")));
        assert_eq!(problem["detail"], "e-mail and password do not belong together", "the same for both");
    }
    let (status, _) = other.opens("/v1/session", &json!({"email": "ADA@example.com", "password": PASSWORD})).await;
    assert_eq!(status, 201);
    assert_eq!(other.gets("/v1/calls").await.0, 200);
    let out = other.sends(Method::DELETE, "/v1/session").send().await.unwrap();
    assert!(set_cookie(&out).unwrap().contains("Max-Age=0"));
    assert_eq!(out.status(), 204);
    assert_eq!(other.gets("/v1/calls").await.0, 401);
    assert_eq!(owner.gets("/v1/calls").await.0, 200, "another browser stays signed in");
}

#[tokio::test]
async fn what_changes_something_must_come_from_our_page() {
    let world = World::empty().await;
    let owner = Browser::owner(&world).await;
    let cookie = owner.cookie.clone().unwrap();
    let body = json!({"name": "key", "permissions": ["calls:read"]});
    let bare = world.http.post(format!("{}/v1/keys", world.url)).header("cookie", &cookie).json(&body);
    let (status, problem) = read(bare.send().await.unwrap()).await;
    assert_eq!((status, problem["code"].as_str()), (403, Some("permission_denied")));
    let foreign = owner.sends(Method::POST, "/v1/keys").header("sec-fetch-site", "cross-site").json(&body);
    assert_eq!(foreign.send().await.unwrap().status(), 403);
    let ours = owner.sends(Method::POST, "/v1/keys").header("sec-fetch-site", "same-origin").json(&body);
    assert_eq!(ours.send().await.unwrap().status(), 201);
    // A key beside the cookie goes first: whoever sends one means it.
    let both = owner.sends(Method::GET, "/v1/calls").bearer_auth("od_unknown");
    assert_eq!(both.send().await.unwrap().status(), 401);
}

#[tokio::test]
async fn every_route_does_what_the_role_allows() {
    let world = World::empty().await;
    let owner = Browser::owner(&world).await;
    let mut people = vec![];
    for role in Role::ALL.iter().filter(|role| **role != Role::Owner) {
        people.push((*role, owner.invites(&format!("{}@example.com", role.as_str()), *role).await));
    }
    people.push((Role::Owner, owner));
    let mut tried = 0;
    for (method, path, needed) in crate::permissions::routes() {
        let Some(needed) = needed else { continue };
        for (role, browser) in &people {
            let held = role.permissions();
            let allowed = held.iter().any(|held| held.covers(Permission::parse(&needed).unwrap()));
            let answer = browser.sends(method.clone(), &path).send().await.unwrap();
            if path == "/v1/events" && allowed {
                assert_eq!(answer.status(), 200);
                continue;
            }
            let (status, body) = read(answer).await;
            assert_eq!(status == 403, !allowed, "{method} {path} as {role:?}: {status} {body}");
            tried += 1;
        }
    }
    assert!(tried > 200, "only {tried} combinations");
}

#[tokio::test]
async fn roles_are_given_within_ones_own_and_one_owner_stays() {
    let world = World::empty().await;
    let owner = Browser::owner(&world).await;
    let admin = owner.invites("admin@example.com", Role::Admin).await;
    let viewer = owner.invites("viewer@example.com", Role::Viewer).await;
    let id = |session: &Value| session["user"]["id"].as_str().unwrap().to_owned();
    let (owner_id, viewer_id) = (id(&owner.gets("/v1/session").await.1), id(&viewer.gets("/v1/session").await.1));
    let member = |id: &str| format!("/v1/members/{id}");

    let promote = |by: &Browser<'_>, whom: &str, role: &str| {
        by.sends(Method::PATCH, &member(whom)).json(&json!({"role": role})).send()
    };
    assert_eq!(promote(&admin, &viewer_id, "owner").await.unwrap().status(), 403, "beyond an admin's own");
    assert_eq!(promote(&admin, &owner_id, "viewer").await.unwrap().status(), 403, "nor may it take one away");
    assert_eq!(promote(&owner, &owner_id, "admin").await.unwrap().status(), 409, "the last owner stays");
    assert_eq!(owner.sends(Method::DELETE, &member(&owner_id)).send().await.unwrap().status(), 409);
    assert_eq!(promote(&admin, &viewer_id, "operator").await.unwrap().status(), 200);
    assert_eq!(viewer.gets("/v1/session").await.1["role"], "operator", "at once, in the browser that is open");

    let out = admin.sends(Method::DELETE, &member(&viewer_id)).send().await.unwrap();
    assert_eq!(out.status(), 204);
    assert_eq!(viewer.gets("/v1/calls").await.0, 401, "taken out and signed out");
    let (_, listed) = owner.gets("/v1/members").await;
    assert_eq!(listed["items"].as_array().unwrap().len(), 2);
    let (_, log) = owner.gets("/v1/audit?action=member.updated,member.removed,member.added,member.accepted").await;
    let acts: Vec<_> = log["items"].as_array().unwrap().iter().map(|entry| entry["action"].clone()).collect();
    let told =
        ["removed", "updated", "accepted", "added", "accepted", "added", "added"].map(|act| format!("member.{act}"));
    assert_eq!(acts, told);
    assert!(log["items"][0]["user_id"].as_str().unwrap().starts_with("user_"), "{log}");
}

#[tokio::test]
async fn an_invitation_opens_once_and_a_newer_one_voids_it() {
    let world = World::empty().await;
    let owner = Browser::owner(&world).await;
    let body = json!({"email": "new@example.com", "name": "New", "role": "viewer"});
    let (_, first) = read(owner.sends(Method::POST, "/v1/members").json(&body).send().await.unwrap()).await;
    assert_eq!(first["member"]["invited"], true);
    let (status, _) = read(owner.sends(Method::POST, "/v1/members").json(&body).send().await.unwrap()).await;
    assert_eq!(status, 409, "a member already");
    let again = format!("/v1/members/{}/invitation", first["member"]["id"].as_str().unwrap());
    let (_, second) = read(owner.sends(Method::POST, &again).send().await.unwrap()).await;
    let mut browser = Browser::new(&world);
    for code in [&first["code"], &json!("inv_guess")] {
        let (status, _) = browser.opens("/v1/session/accept", &json!({"code": code, "password": PASSWORD})).await;
        assert_eq!(status, 401, "{code}");
    }
    let weak = browser.opens("/v1/session/accept", &json!({"code": second["code"], "password": "short"})).await;
    assert_eq!((weak.0.as_u16(), weak.1["errors"][0]["pointer"].as_str()), (422, Some("/password")));
    let accept = json!({"code": second["code"], "password": PASSWORD, "name": "Newt"});
    let (status, session) = browser.opens("/v1/session/accept", &accept).await;
    assert_eq!((status.as_u16(), &session["user"]["name"]), (201, &json!("Newt")));
    assert_eq!(browser.opens("/v1/session/accept", &accept).await.0, 401, "used");
}

#[tokio::test]
async fn somebody_with_an_account_joins_another_organization_by_their_own_hand() {
    let world = World::empty().await;
    let owner = Browser::owner(&world).await;
    let settings = app::manage_organizations::OrganizationSettings { name: "other".into(), ..Default::default() };
    let other = world.platform.create_organization(settings).await.unwrap().id;
    let new =
        app::manage_members::NewMember { email: "ada@example.com".into(), name: "Ada".into(), role: Role::Operator };
    let operator = app::Principal::operator(other);
    let invited = world.platform.invite_member(&operator, new).await.unwrap();
    let mut stranger = Browser::new(&world);
    let takeover = json!({"code": invited.code, "password": "my own password now"});
    assert_eq!(stranger.opens("/v1/session/accept", &takeover).await.0, 401, "it sets nobody's password");
    let (_, session) = owner.gets("/v1/session").await;
    assert_eq!(session["organizations"].as_array().unwrap().len(), 1);
    let join = owner.sends(Method::POST, "/v1/session/join").json(&json!({"code": invited.code}));
    let (status, session) = read(join.send().await.unwrap()).await;
    assert_eq!(
        (status, &session["organization"]["name"], &session["role"]),
        (200, &json!("other"), &json!("operator"))
    );
    assert_eq!(owner.gets("/v1/keys").await.0, 403, "an operator there");
    let back = json!({"organization": world.organization.to_string()});
    let (status, _) =
        read(owner.sends(Method::PUT, "/v1/session/organization").json(&back).send().await.unwrap()).await;
    assert_eq!(status, 200);
    assert_eq!(owner.gets("/v1/keys").await.0, 200, "an owner here");
    let foreign = json!({"organization": domain::OrganizationId(uuid::Uuid::now_v7()).to_string()});
    let (status, _) =
        read(owner.sends(Method::PUT, "/v1/session/organization").json(&foreign).send().await.unwrap()).await;
    assert_eq!(status, 404);
    let reset = world.platform.invite_again(&operator, invited.member.user.id).await.unwrap_err();
    assert!(reset.detail.contains("other organizations"), "{}", reset.detail);
}

#[tokio::test]
async fn guesses_of_a_password_are_slowed_and_lock_nobody_out() {
    let world = World::empty().await;
    let owner = Browser::owner(&world).await;
    let signs_in = |from: &str, password: &str| {
        let request = owner.world.http.post(format!("{}/v1/session", world.url)).header("outdial-request", "dashboard");
        let body = json!({"email": "ada@example.com", "password": password});
        request.header("x-forwarded-for", from.to_owned()).json(&body).send()
    };
    assert_eq!(signs_in("192.0.2.1", PASSWORD).await.unwrap().status(), 201);
    let mut slowed = false;
    for _ in 0..30 {
        let answer = signs_in("192.0.2.66", "a guess of a password").await.unwrap();
        slowed |= answer.status() == 429 && answer.headers().contains_key("retry-after");
    }
    assert!(slowed, "thirty guesses at once");
    assert_eq!(signs_in("192.0.2.1", PASSWORD).await.unwrap().status(), 201, "from where it opened before");
}
