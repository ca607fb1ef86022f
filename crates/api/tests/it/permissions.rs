//! Every route with every permission: the document says which one it needs, and the server does as it says.

use domain::api_key::Permission;
use reqwest::Method;
use serde_json::Value;

use crate::world::{World, read};

/// Method, path with names filled in, and the permission that the document asks for.
pub(crate) fn routes() -> Vec<(Method, String, Option<String>)> {
    let document: Value = serde_json::from_str(&api::document().to_json().unwrap()).unwrap();
    let mut routes = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            // What only somebody who is signed in may ask has no permission of a key.
            let secured = operation["security"].as_array().filter(|all| all[0].get("browser").is_none());
            let needed = secured.map(|security| {
                let scopes = security[0]["api_key"].as_array().unwrap();
                assert_eq!((security.len(), scopes.len()), (1, 1), "{method} {path}");
                scopes[0].as_str().unwrap().to_owned()
            });
            let filled = path.split('/').map(|part| if part.starts_with('{') { "nothing" } else { part });
            let path = filled.collect::<Vec<_>>().join("/");
            routes.push((method.to_uppercase().parse().unwrap(), path, needed));
        }
    }
    routes
}

#[tokio::test]
async fn every_route_asks_for_its_permission_and_for_no_other() {
    let world = World::empty().await;
    let mut keys = Vec::new();
    for (permission, text) in Permission::ALL {
        keys.push((*text, world.key(&[*permission]).await));
    }
    let mut tried = 0;
    for (method, path, needed) in routes() {
        let Some(needed) = needed else { continue };
        for (held, secret) in &keys {
            let answer = world.http.request(method.clone(), format!("{}{path}", world.url)).bearer_auth(secret);
            let answer = answer.send().await.unwrap();
            // The nodes are every organization's.
            let allowed = *held == needed || (*held == "*" && needed != "nodes:write");
            if path == "/v1/events" && allowed {
                // An endless stream: its head is the answer.
                assert_eq!(answer.status(), 200);
                continue;
            }
            let (status, body) = read(answer).await;
            assert_eq!(status == 403, !allowed, "{method} {path} with {held}: {status} {body}");
            if !allowed {
                assert_eq!(body["code"], "permission_denied");
                assert!(body["detail"].as_str().unwrap().contains(&needed), "{body}");
            }
            tried += 1;
        }
    }
    assert!(tried > 250, "only {tried} combinations");
}

#[tokio::test]
async fn routes_without_a_permission_are_the_listed_few() {
    let open: Vec<_> = routes().into_iter().filter(|route| route.2.is_none()).map(|route| route.1).collect();
    assert_eq!(
        open,
        [
            "/healthz",
            "/metrics",
            "/readyz",
            "/recordings/nothing",
            "/v1/schema/agent",
            "/v1/session",
            "/v1/session",
            "/v1/session",
            "/v1/session/accept",
            "/v1/session/join",
            "/v1/session/organization",
            "/v1/setup",
            "/v1/setup"
        ]
    );
}

#[tokio::test]
async fn a_request_without_a_valid_key_is_told_how_to_send_one() {
    let world = World::empty().await;
    let revoked = world.key(&[Permission::All]).await;
    let keys = world.platform.list_keys(&world.operator()).await.unwrap();
    for key in keys.into_iter().filter(|key| revoked.starts_with(&key.hint)) {
        if key.secret_sha256 == app::principal::secret_hash(&revoked) {
            world.platform.revoke_key(&world.operator(), key.id).await.unwrap();
        }
    }
    let table = [
        None,
        Some(String::new()),
        Some("Basic abc".into()),
        Some("Bearer".into()),
        Some("Bearer ".into()),
        Some("Bearer od_unknown".into()),
        Some(format!("Bearer {revoked}")),
        Some(world.secret.clone()),
        Some(format!("Bearer {}x", world.secret)),
    ];
    for (n, (method, path, needed)) in routes().into_iter().enumerate() {
        if needed.is_none() {
            continue;
        }
        for authorization in &table {
            let mut request = world.http.request(method.clone(), format!("{}{path}", world.url));
            // From an address of its own, or the pace of guesses would be what is seen.
            request = request.header("x-forwarded-for", format!("192.0.2.{n}"));
            if let Some(text) = authorization {
                request = request.header("authorization", text);
            }
            let answer = request.send().await.unwrap();
            assert_eq!(answer.headers()["www-authenticate"], "Bearer realm=\"outdial\"", "{method} {path}");
            let (status, body) = read(answer).await;
            assert_eq!((status, body["code"].as_str()), (401, Some("unauthenticated")), "{authorization:?}");
            assert!(!body.to_string().contains(&world.secret));
        }
    }
    let lower =
        world.http.get(format!("{}/v1/calls", world.url)).header("authorization", format!("bearer {}", world.secret));
    assert_eq!(lower.send().await.unwrap().status(), 200);
}
