//! A body and a query as the vendors' clients might send them: the query on the first line, the body below.
//! Law: every dialect reads them or refuses them with a message, whatever they say.
#![no_main]

use axum::body::Bytes;
use axum::http::{HeaderMap, Method, Uri};
use dialects::raw::{Body, NotAnObject, Raw};
use dialects::vonage::insights::Question;
use dialects::{klen, voiceb, voicing, vonage, voxpria};
use domain::time::Timestamp;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let cut = input.iter().position(|byte| *byte == b'\n').unwrap_or(0);
    let (first, rest) = input.split_at(cut);
    let raw = Raw {
        method: Method::POST,
        path: "/".to_owned(),
        headers: HeaderMap::new(),
        query: query(first),
        origin: Default::default(),
        body: Body::Whole(Bytes::copy_from_slice(rest)),
    };
    queries(&raw);
    let body = match raw.object() {
        Ok(body) => body,
        Err(NotAnObject::Invalid(message)) => return assert!(!message.is_empty()),
        Err(NotAnObject::TooLarge) => panic!("nobody sent so much"),
    };
    if let Err(error) = voiceb::from_wire::click(&body) {
        assert!(!error.body().message.is_empty());
    }
    has_message(voicing::from_wire::publish(&body));
    has_message(voicing::from_wire::ids(&body));
    has_message(klen::from_wire::initiate(&body));
    has_message(vonage::from_wire::make_call(&body));
    has_message(voxpria::from_wire::trigger(&body));
});

fn queries(raw: &Raw) {
    let now = Timestamp::from_second(1_790_000_000).expect("a moment");
    has_message(Question::read(raw, now));
    has_message(voicing::from_wire::page(raw));
    has_message(klen::from_wire::list_calls(raw));
    has_message(voxpria::from_wire::list_calls(raw));
}

/// The pairs of a query as the server takes them apart; none where they cannot be read.
fn query(line: &[u8]) -> Vec<(String, String)> {
    let Ok(uri) = Uri::try_from([b"/?", line].concat()) else { return Vec::new() };
    axum::extract::Query::try_from_uri(&uri).map_or_else(|_| Vec::new(), |axum::extract::Query(pairs)| pairs)
}

/// An error says what is wrong.
fn has_message<T, E: std::fmt::Debug>(read: Result<T, E>) {
    if let Err(error) = read {
        let told = format!("{error:?}");
        assert!(told.len() > 2 && !told.contains("message: \"\"") && !told.contains("detail: \"\""), "{told}");
    }
}
