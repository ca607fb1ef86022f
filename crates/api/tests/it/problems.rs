//! What is wrong with a request before any handler sees it, and the shape of every problem.

use api::problem::{HttpFault, status_and_title};
use domain::refusal::RefusalCode;
use reqwest::Method;

use crate::world::{World, read};

#[tokio::test]
async fn unknown_routes_and_wrong_methods_are_problems_too() {
    let world = World::empty().await;
    let table = [
        (Method::GET, "/", 404, "unknown_route"),
        (Method::GET, "/v1", 404, "unknown_route"),
        (Method::POST, "/v1/nothing", 404, "unknown_route"),
        (Method::GET, "/v1/calls/1/2/3", 404, "unknown_route"),
        (Method::DELETE, "/v1/calls", 405, "method_not_allowed"),
        (Method::PUT, "/v1/calls/1", 405, "method_not_allowed"),
        (Method::POST, "/healthz", 405, "method_not_allowed"),
    ];
    for (method, path, status, code) in table {
        let answer = world.request(method.clone(), path).send().await.unwrap();
        assert_eq!(answer.headers()["content-type"], "application/problem+json", "{method} {path}");
        if status == 405 {
            assert!(answer.headers().contains_key("allow"), "{method} {path} {:?}", answer.headers());
        }
        let (got, problem) = read(answer).await;
        assert_eq!((got, problem["code"].as_str()), (status, Some(code)), "{method} {path}");
    }
}

#[tokio::test]
async fn every_answer_carries_a_request_id() {
    let world = World::empty().await;
    for path in ["/healthz", "/nothing", "/v1/calls"] {
        let drawn = world.http.get(format!("{}{path}", world.url)).send().await.unwrap();
        assert!(drawn.headers()["x-request-id"].to_str().unwrap().starts_with("req_"), "{path}");
        let given =
            world.http.get(format!("{}{path}", world.url)).header("x-request-id", "mine-1").send().await.unwrap();
        assert_eq!(given.headers()["x-request-id"], "mine-1", "{path}");
    }
}

#[tokio::test]
async fn a_golden_problem() {
    let world = World::new().await;
    let answer = world.request(Method::GET, "/v1/calls/9").send().await.unwrap();
    insta::assert_json_snapshot!("not_found", read(answer).await.1);
    let body = serde_json::json!({"agent": "caller", "to": "+1"});
    insta::assert_json_snapshot!("invalid_number", world.send(Method::POST, "/v1/calls", &body).await.1);
}

#[test]
fn codes_have_one_status_and_one_title_each() {
    let mut lines = Vec::new();
    for code in RefusalCode::ALL {
        let (status, title) = status_and_title(*code);
        lines.push(format!("{} {}: {title}", status.as_u16(), code.as_str()));
    }
    for fault in HttpFault::ALL {
        let problem = api::Problem::http(*fault, "detail");
        lines.push(format!("{} {}: {}", problem.status, problem.code, problem.title));
    }
    lines.sort();
    insta::assert_snapshot!(lines.join("\n"));
}
