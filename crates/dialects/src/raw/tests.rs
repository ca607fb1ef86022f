//! Tables of requests as they come.

use super::*;

fn raw(headers: &[(&str, &str)], body: Body) -> Raw {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        map.append(
            axum::http::HeaderName::from_bytes(name.as_bytes()).unwrap(),
            axum::http::HeaderValue::from_bytes(value.as_bytes()).unwrap(),
        );
    }
    Raw { method: Method::POST, path: "/".into(), headers: map, query: Vec::new(), origin: Default::default(), body }
}

async fn read_request(uri: &str, body: impl Into<axum::body::Body>) -> Raw {
    let request = Request::builder().uri(uri).body(body.into()).unwrap();
    let Ok(raw) = Raw::from_request(request, &()).await;
    raw
}

#[test]
fn a_bearer_secret_is_read_whatever_the_case_of_its_scheme() {
    for (header, secret) in [
        ("Bearer klen_1", Some("klen_1")),
        ("bearer klen_1", Some("klen_1")),
        ("BEARER  klen_1 ", Some("klen_1")),
        ("Basic klen_1", None),
        ("Bearer", None),
        ("Bearer ", None),
        ("klen_1", None),
        ("Bearer \u{fffd}", None),
    ] {
        let raw = raw(&[("authorization", header)], Body::Whole(Bytes::new()));
        assert_eq!(raw.secret(), secret, "{header:?}");
    }
}

#[test]
fn only_a_json_object_is_an_object() {
    let table: &[(&[u8], bool)] = &[
        (b"{}", true),
        (b" {\"a\": 1} \n", true),
        (b"", false),
        (b"[]", false),
        (b"\"x\"", false),
        (b"null", false),
        (b"{", false),
        (b"{} {}", false),
        (b"{\"a\": \xff}", false),
        (b"{'a': 1}", false),
        (b"{\"a\": 1,}", false),
        (b"\xef\xbb\xbf{}", false),
    ];
    for (body, good) in table {
        let read = raw(&[], Body::Whole(Bytes::copy_from_slice(body))).object();
        assert_eq!(read.is_ok(), *good, "{:?}: {read:?}", String::from_utf8_lossy(body));
    }
    assert_eq!(raw(&[], Body::TooLarge).object(), Err(NotAnObject::TooLarge));
    let twice = raw(&[], Body::Whole(Bytes::from_static(br#"{"a":1,"a":2}"#))).object().unwrap();
    assert_eq!(twice["a"], 2, "the last one counts");
}

#[tokio::test]
async fn a_body_is_read_up_to_its_limit_and_no_further() {
    let fits = read_request("/", vec![b' '; MAX_BODY]).await;
    assert_eq!(fits.bytes().len(), MAX_BODY);
    assert_eq!(read_request("/", vec![b' '; MAX_BODY + 1]).await.body, Body::TooLarge);
}

#[tokio::test]
async fn a_query_is_decoded_in_order() {
    let raw = read_request("/a?page=1&q=a%20b+c&q=2&empty&bad=%zz", "").await;
    assert_eq!((raw.query("page"), raw.query("q"), raw.query("empty")), (Some("1"), Some("a b c"), Some("")));
    assert_eq!(raw.query("none"), None);
    assert_eq!(raw.path, "/a");
}

#[test]
fn a_secret_is_found_in_three_places_and_an_empty_one_is_none() {
    let with = |headers: &[(&'static str, &str)], query: &[(&str, &str)]| {
        let mut raw = crate::fixtures::raw_query(query);
        for (name, value) in headers {
            raw.headers.insert(*name, value.parse().unwrap());
        }
        raw.secret().map(str::to_owned)
    };
    let query: &[(&str, &str)] = &[("page", "1"), ("api_key", "q")];
    assert_eq!(with(&[("authorization", "Bearer b"), ("x-api-key", "k")], query).as_deref(), Some("b"));
    assert_eq!(with(&[("x-api-key", " k ")], query).as_deref(), Some("k"));
    assert_eq!(with(&[("x-api-key", "")], query).as_deref(), Some("q"));
    assert_eq!(with(&[("authorization", "Basic b")], query).as_deref(), Some("q"));
    assert_eq!(with(&[("authorization", "Bearer ")], &[("api_key", "")]), None);
}
