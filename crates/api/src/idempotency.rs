//! `Idempotency-Key`: a create that is repeated under the same key is answered as it was the first time.
//!
//! Law: calls and money keep their answer in their own transaction (their handlers read [`KeyedJson`]); every other POST
//! goes through `once`, which reserves the key, lets the handler work and keeps what it answered. An answer that holds
//! a secret is not kept: those routes refuse the header. Nothing is kept of a refusal.

use app::Principal;
use app::idempotency::{Claimed, KeptOrNew, Keyed};
use app::ports::store::KeptAnswer;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{FromRequest, MatchedPath, Request, State};
use axum::http::{HeaderMap, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
pub(crate) use dialects::door::respond;
use domain::refusal::{Refusal, RefusalCode};
use serde::de::DeserializeOwned;

use crate::authenticate::asker;
use crate::extract::{Json, MAX_BODY};
use crate::problem::{HttpFault, Problem};
use crate::router::ApiState;

/// Routes whose handlers keep the answer themselves.
const OWN: [&str; 2] = ["/v1/calls", "/v1/wallet/top-ups"];
/// Routes whose answers hold secrets.
const SECRET: [&str; 10] = [
    "/v1/keys",
    "/v1/keys/{key}/rotate",
    "/v1/webhooks",
    "/v1/webhooks/{webhook}/rotate-secret",
    "/v1/members",
    "/v1/members/{member}/invitation",
    "/v1/session",
    "/v1/session/accept",
    "/v1/session/join",
    "/v1/setup",
];

/// A JSON body, with the key that it came under.
#[derive(Clone, Debug)]
pub struct KeyedJson<T> {
    /// The body.
    pub body: T,
    asked: Option<Asked>,
}

#[derive(Clone, Debug)]
struct Asked {
    method: Method,
    path: String,
    key: String,
    body: Bytes,
}

impl<T> KeyedJson<T> {
    /// The request under its key, if it came with one.
    pub fn keyed(&self, principal: &Principal) -> Result<Option<Keyed>, Problem> {
        let keyed = self.asked.as_ref().map(|asked| asked.keyed(principal));
        Ok(keyed.transpose()?)
    }
}

impl Asked {
    fn keyed(&self, principal: &Principal) -> Result<Keyed, Refusal> {
        Keyed::new(principal, self.method.as_str(), &self.path, &self.key, &self.body)
    }
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for KeyedJson<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let Some(key) = key_of(request.headers())? else {
            let Json(body) = Json::from_request(request, state).await?;
            return Ok(Self { body, asked: None });
        };
        let (parts, body) = request.into_parts();
        let bytes = read(body).await?;
        let (method, path) = (parts.method.clone(), parts.uri.path().to_owned());
        let asked = Some(Asked { method, path, key, body: bytes.clone() });
        let Json(body) = Json::from_request(Request::from_parts(parts, Body::from(bytes)), state).await?;
        Ok(Self { body, asked })
    }
}

/// The header; more than one of it is no key.
fn key_of(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let mut all = headers.get_all("idempotency-key").iter();
    let Some(first) = all.next() else { return Ok(None) };
    match (first.to_str(), all.next()) {
        (Ok(text), None) => Ok(Some(text.to_owned())),
        _ => Err(Problem::field("", "send one Idempotency-Key of 1 to 255 printable ASCII characters")),
    }
}

async fn read(body: Body) -> Result<Bytes, Problem> {
    to_bytes(body, MAX_BODY).await.map_err(|_| {
        let detail = format!("the body broke off or has more than {} KiB", MAX_BODY / 1024);
        Refusal::new(RefusalCode::BodyTooLarge, detail).into()
    })
}

/// Lets a POST under a key do its work once.
pub(crate) async fn once(State(state): State<ApiState>, request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str).to_owned();
    let concerned = request.method() == Method::POST && !OWN.contains(&route.as_str());
    if !concerned || !request.headers().contains_key("idempotency-key") {
        return next.run(request).await;
    }
    if SECRET.contains(&route.as_str()) {
        let detail =
            "the answer of this route holds a secret, which is not kept for repeats; leave Idempotency-Key out";
        return Problem::from(Refusal::new(RefusalCode::InvalidRequest, detail)).into_response();
    }
    match work_once(&state, request, next).await {
        Ok(response) => response,
        Err(problem) => problem.into_response(),
    }
}

async fn work_once(state: &ApiState, request: Request, next: Next) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    let principal = asker(&parts, state).await?;
    let body = read(body).await?;
    let key = key_of(&parts.headers)?.unwrap_or_default();
    let asked = Asked { method: parts.method.clone(), path: parts.uri.path().to_owned(), key, body: body.clone() };
    let reserved = match state.platform.reserve(&asked.keyed(&principal)?).await? {
        Claimed::Before(answer) => return Ok(respond(KeptOrNew { answer, replayed: true })),
        Claimed::Ours(reserved) => reserved,
    };
    let response = next.run(Request::from_parts(parts, Body::from(body))).await;
    if !response.status().is_success() {
        state.platform.give_back(reserved).await?;
        return Ok(response);
    }
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, usize::MAX)
        .await
        .map_err(|_| Problem::http(HttpFault::Internal, "a mistake of ours; what was asked for was done"))?;
    let kept = [header::CONTENT_TYPE, header::LOCATION].into_iter().filter_map(|name| {
        let value = parts.headers.get(&name)?.to_str().ok()?;
        Some((name.as_str().to_owned(), value.to_owned()))
    });
    let answer = KeptAnswer { status: parts.status.as_u16(), headers: kept.collect(), body: body.to_vec() };
    state.platform.keep(reserved, &answer).await?;
    Ok(Response::from_parts(parts, Body::from(body)))
}

/// The answer to a create: 201, where the new thing is, and the thing.
pub(crate) fn created(location: Option<String>, body: &impl serde::Serialize) -> KeptAnswer {
    let mut headers = vec![(header::CONTENT_TYPE.as_str().to_owned(), "application/json".to_owned())];
    headers.extend(location.map(|location| (header::LOCATION.as_str().to_owned(), location)));
    KeptAnswer { status: 201, headers, body: serde_json::to_vec(body).unwrap_or_default() }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::SECRET;

    /// What the document says of answers to a POST.
    fn answers() -> Vec<(String, String)> {
        let document = serde_json::to_value(crate::document()).unwrap();
        let posts = document["paths"].as_object().unwrap().iter().filter(|(_, methods)| methods.get("post").is_some());
        let told = |(path, methods): (&String, &Value)| {
            let all = methods["post"]["responses"].as_object().unwrap();
            let good = all.iter().filter(|(status, _)| status.starts_with('2')).map(|(_, answer)| answer.to_string());
            (path.clone(), good.collect::<String>())
        };
        posts.map(told).collect()
    }

    #[test]
    fn every_answer_with_a_secret_is_known_and_every_known_route_is_there() {
        let answers = answers();
        for (path, answer) in &answers {
            if answer.contains("not to be had again") {
                assert!(SECRET.contains(&path.as_str()), "{path} would keep a secret for repeats");
            }
        }
        for secret in SECRET {
            assert!(answers.iter().any(|(path, _)| path == secret), "{secret} is no route");
        }
    }
}
