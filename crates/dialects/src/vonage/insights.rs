//! Questions to `/insights/sessions`: a span of time, conditions in the syntax of Elasticsearch, an order, and which
//! fields are wanted.
//!
//! Law: pure. What cannot be read is an error (401, as the vendor has it) and never a condition that is left out.

use std::cmp::Ordering;

use domain::time::Timestamp;
use jiff::SignedDuration;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use serde_json::{Map, Value};

use super::errors::StudioError;
use crate::raw::Raw;

/// Longest span of a question.
const MAX_DAYS: i64 = 60;
/// Rows a page where the request does not say, and most that it may ask for.
const PAGE_SIZE: (u32, u32) = (10, 100);
/// The field by which sessions are kept in order.
const START: &str = "session_start_time";

/// A question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// Sessions that began then or later.
    pub from: Timestamp,
    /// Sessions that began before.
    pub to: Timestamp,
    /// From 0.
    pub page: u32,
    /// 1 to 100.
    pub size: u32,
    /// Field and whether it goes upwards; none is newest first.
    pub sort: Vec<(String, bool)>,
    /// Fields that are wanted; none means all.
    pub fields: Vec<String>,
    /// What must hold.
    pub filter: Filter,
}

/// Conditions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    must: Vec<Condition>,
    must_not: Vec<Condition>,
    should: Vec<Condition>,
}

/// One condition on a field.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Condition {
    field: String,
    value: String,
    /// `term`: the whole value; else `match`: one of its words.
    exact: bool,
}

impl Question {
    /// Reads the query of a request that came at `now`.
    pub fn read(raw: &Raw, now: Timestamp) -> Result<Self, StudioError> {
        let given = |name: &str| raw.query(name).filter(|text| !text.is_empty());
        let longest = SignedDuration::from_hours(24 * MAX_DAYS);
        let to = given("to_date").map(|text| moment("to_date", text)).transpose()?;
        let from = given("from_date").map(|text| moment("from_date", text)).transpose()?;
        let to = to.or_else(|| from.map(|from| from.saturating_add(longest).unwrap_or(now)).filter(|to| *to < now));
        let to = to.unwrap_or(now);
        let from = from.or_else(|| to.checked_sub(longest).ok()).unwrap_or(to);
        if from > to || to.duration_since(from) > longest {
            return Err(StudioError::invalid_parameters("from_date and to_date must span 60 days at most"));
        }
        Ok(Self {
            from,
            to,
            page: whole(given("page_number"), "page_number", 0, 0)?,
            size: whole(given("page_size"), "page_size", PAGE_SIZE.0, 1)?.min(PAGE_SIZE.1),
            sort: given("sort_by").map_or_else(|| Ok(Vec::new()), order)?,
            fields: given("project_fields").map_or_else(|| Ok(Vec::new()), fields)?,
            filter: given("filter_by").map_or_else(|| Ok(Filter::default()), Filter::read)?,
        })
    }

    /// Whether sessions as they are kept, by their beginning, answer it page by page; `true` inside for oldest first.
    pub fn in_order(&self) -> Option<bool> {
        match self.sort.as_slice() {
            _ if self.filter != Filter::default() => None,
            [] => Some(false),
            [(field, upwards)] if field == START => Some(*upwards),
            _ => None,
        }
    }

    /// Whether conditions or order ask for what was said.
    pub fn needs_transcription(&self) -> bool {
        let filter = [&self.filter.must, &self.filter.must_not, &self.filter.should];
        let conditions = filter.into_iter().flatten().map(|condition| &condition.field);
        conditions.chain(self.sort.iter().map(|(field, _)| field)).any(|field| field.starts_with("transcription"))
    }

    /// Whether what was said is shown.
    pub fn shows_transcription(&self) -> bool {
        self.fields.is_empty() || self.fields.iter().any(|field| field.starts_with("transcription"))
    }

    /// Those of `sessions` that the question is about, in its order.
    pub fn answer(&self, mut sessions: Vec<Value>) -> Vec<Value> {
        sessions.retain(|session| self.filter.holds(session));
        sessions.sort_by(|a, b| self.compare(a, b));
        sessions
    }

    fn compare(&self, a: &Value, b: &Value) -> Ordering {
        let newest = (START.to_owned(), false);
        let by = |(field, upwards): &(String, bool)| {
            let order = compare(leaves(a, field).first(), leaves(b, field).first());
            if *upwards { order } else { order.reverse() }
        };
        self.sort.iter().chain([&newest]).map(by).find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
    }

    /// Only the fields that are wanted.
    pub fn project(&self, session: Value) -> Value {
        if self.fields.is_empty() {
            return session;
        }
        let mut wanted = Value::Object(Map::new());
        for field in &self.fields {
            take(&session, field, &mut wanted);
        }
        wanted
    }
}

impl Filter {
    fn read(text: &str) -> Result<Self, StudioError> {
        let wrong = || StudioError::invalid_parameters("filter_by must be JSON with must, must_not or should");
        let Ok(Value::Object(mut given)) = serde_json::from_str::<Value>(text) else { return Err(wrong()) };
        let mut list = |name: &str| given.remove(name).map_or_else(|| Ok(Vec::new()), conditions);
        let filter = Self { must: list("must")?, must_not: list("must_not")?, should: list("should")? };
        if given.is_empty() { Ok(filter) } else { Err(wrong()) }
    }

    fn holds(&self, session: &Value) -> bool {
        let holds = |condition: &Condition| condition.holds(session);
        self.must.iter().all(holds)
            && !self.must_not.iter().any(holds)
            && (self.should.is_empty() || self.should.iter().any(holds))
    }
}

impl Condition {
    fn holds(&self, session: &Value) -> bool {
        let found = leaves(session, &self.field);
        if self.exact {
            return found.iter().any(|leaf| plain(leaf) == self.value);
        }
        let words = |text: &str| text.split(|c: char| !c.is_alphanumeric()).map(str::to_lowercase).collect::<Vec<_>>();
        let wanted: Vec<String> = words(&self.value).into_iter().filter(|word| !word.is_empty()).collect();
        found.iter().any(|leaf| words(&plain(leaf)).iter().any(|word| wanted.contains(word)))
    }
}

/// A list of conditions, or one.
fn conditions(given: Value) -> Result<Vec<Condition>, StudioError> {
    let list = match given {
        Value::Array(list) => list,
        one => vec![one],
    };
    let wrong =
        || StudioError::invalid_parameters("a condition of filter_by must be {\"term\": {field: value}} or match");
    let read = |given: Value| {
        let (kind, inner) = only(given).ok_or_else(wrong)?;
        let exact = match kind.as_str() {
            "term" => true,
            "match" => false,
            _ => return Err(wrong()),
        };
        let (field, value) = only(inner).ok_or_else(wrong)?;
        // `{"field": {"value": …}}` and `{"field": {"query": …}}` are the long forms.
        let value = match value {
            Value::Object(_) => only(value).map(|(_, value)| value).ok_or_else(wrong)?,
            value => value,
        };
        if value.is_object() || value.is_array() {
            return Err(wrong());
        }
        Ok(Condition { field, value: plain(&value), exact })
    };
    list.into_iter().map(read).collect()
}

/// Name and value of an object that has one.
fn only(value: Value) -> Option<(String, Value)> {
    match value {
        Value::Object(object) if object.len() == 1 => object.into_iter().next(),
        _ => None,
    }
}

fn order(text: &str) -> Result<Vec<(String, bool)>, StudioError> {
    let read = |part: &str| match part.trim().split_once(':') {
        Some((field, "asc")) if !field.is_empty() => Ok((field.to_owned(), true)),
        Some((field, "desc")) if !field.is_empty() => Ok((field.to_owned(), false)),
        _ => Err(StudioError::invalid_parameters("sort_by must be a list of attribute:asc or attribute:desc")),
    };
    text.split(',').map(read).collect()
}

fn fields(text: &str) -> Result<Vec<String>, StudioError> {
    serde_json::from_str(text)
        .map_err(|_| StudioError::invalid_parameters("project_fields must be a JSON list of field names"))
}

fn whole(text: Option<&str>, name: &str, default: u32, least: u32) -> Result<u32, StudioError> {
    let Some(text) = text else { return Ok(default) };
    let read = text.parse().ok().filter(|number| *number >= least);
    read.ok_or_else(|| StudioError::invalid_parameters(format!("{name} must be a whole number from {least}")))
}

/// A time with or without a zone, or a day; in UTC where none is given.
fn moment(name: &str, text: &str) -> Result<Timestamp, StudioError> {
    let utc = |civil: DateTime| civil.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp());
    let zoned = text.parse::<Timestamp>().ok();
    let civil = || text.parse::<DateTime>().ok().and_then(utc);
    let day = || text.parse::<Date>().ok().and_then(|day| utc(day.at(0, 0, 0, 0)));
    let wrong = || StudioError::invalid_parameters(format!("{name} must be an ISO 8601 time or day"));
    zoned.or_else(civil).or_else(day).ok_or_else(wrong)
}

/// What stands at a dotted path; lists on the way count with each of their entries. What the callee said is `user` in
/// sessions and `client` in some of the vendor's documents.
fn leaves<'a>(value: &'a Value, path: &str) -> Vec<&'a Value> {
    let path = if path == "transcription.client" { "transcription.user" } else { path };
    let mut found = Vec::new();
    let steps: Vec<&str> = path.split('.').collect();
    collect(value, &steps, &mut found);
    found
}

fn collect<'a>(value: &'a Value, steps: &[&str], found: &mut Vec<&'a Value>) {
    match (value, steps) {
        (Value::Array(list), _) => list.iter().for_each(|entry| collect(entry, steps, found)),
        (Value::Object(object), [step, rest @ ..]) => {
            // A name may have dots of its own: `parameters.USER.NAME`.
            if let Some(value) = object.get(&steps.join(".")) {
                collect(value, &[], found);
            } else if let Some(value) = object.get(*step) {
                collect(value, rest, found);
            }
        }
        (Value::Object(object), []) => object.values().for_each(|value| collect(value, &[], found)),
        (Value::Null, _) => {}
        (leaf, []) => found.push(leaf),
        _ => {}
    }
}

/// Copies what stands at a dotted path to the same place; a list is copied whole.
fn take(from: &Value, path: &str, into: &mut Value) {
    let (step, rest) = path.split_once('.').unwrap_or((path, ""));
    let (Some(found), Value::Object(into)) = (from.get(step), into) else { return };
    match found {
        Value::Object(_) if !rest.is_empty() => {
            let inner = into.entry(step).or_insert_with(|| Value::Object(Map::new()));
            take(found, rest, inner);
        }
        whole => drop(into.insert(step.to_owned(), whole.clone())),
    }
}

fn plain(value: &Value) -> String {
    crate::variables::text(value)
}

fn compare(a: Option<&&Value>, b: Option<&&Value>) -> Ordering {
    match (a, b) {
        (Some(Value::Number(a)), Some(Value::Number(b))) => {
            a.as_f64().unwrap_or_default().total_cmp(&b.as_f64().unwrap_or_default())
        }
        (Some(a), Some(b)) => plain(a).cmp(&plain(b)),
        (a, b) => a.is_some().cmp(&b.is_some()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::fixtures::{at, raw_query};

    const NOW: &str = "2026-03-01T12:00:00Z";

    fn read(query: &[(&str, &str)]) -> Result<Question, StudioError> {
        Question::read(&raw_query(query), at(NOW))
    }

    fn filtered(filter: Value) -> Vec<u64> {
        let sessions = [
            json!({"id": 1, "source": "4915112", "session_start_time": "2026-01-02", "channel_data": {"duration": 9},
                "transcription": [{"agent": "Hi there"}, {"user": "Yes please"}], "parameters": {"USER.NAME": "Ann"}}),
            json!({"id": 2, "source": "4915113", "session_start_time": "2026-01-01", "channel_data": {"duration": 10}}),
            json!({"id": 3, "source": "4915114", "session_start_time": "2026-01-03", "channel_data": {"duration": 0}}),
        ];
        let question = read(&[("filter_by", &filter.to_string())]).unwrap();
        question.answer(sessions.to_vec()).iter().map(|session| session["id"].as_u64().unwrap()).collect()
    }

    #[test]
    fn conditions_are_those_of_the_vendors_documents() {
        assert_eq!(filtered(json!({})), [3, 1, 2], "newest first");
        assert_eq!(filtered(json!({"must": [{"term": {"source": "4915113"}}]})), [2]);
        assert_eq!(filtered(json!({"must": {"term": {"source": {"value": 4915113}}}})), [2]);
        assert_eq!(filtered(json!({"must": [{"term": {"source": "491511"}}]})), [0; 0]);
        assert_eq!(filtered(json!({"must_not": [{"term": {"id": 1}}]})), [3, 2]);
        assert_eq!(filtered(json!({"should": [{"term": {"id": 1}}, {"term": {"id": "2"}}]})), [1, 2]);
        assert_eq!(filtered(json!({"must": [{"match": {"transcription.client": "PLEASE call"}}]})), [1]);
        assert_eq!(filtered(json!({"must": [{"match": {"transcription.client": "hi"}}]})), [0; 0]);
        assert_eq!(filtered(json!({"must": [{"match": {"transcription": "hi"}}]})), [1]);
        assert_eq!(filtered(json!({"must": [{"term": {"parameters.USER.NAME": "Ann"}}]})), [1]);
        assert_eq!(filtered(json!({"must": [{"term": {"nothing.here": "x"}}]})), [0; 0]);
    }

    #[test]
    fn an_order_goes_by_number_or_text_and_fields_are_taken_out() {
        let question = read(&[
            ("sort_by", "channel_data.duration:asc,id:desc"),
            ("project_fields", r#"["id", "channel_data.duration", "transcription.user", "x.y"]"#),
        ]);
        let question = question.unwrap();
        let session = |id: u64, duration: u64| json!({"id": id, "channel_data": {"duration": duration, "more": 1}, "transcription": [{"user": "a"}]});
        let sorted = question.answer(vec![session(1, 10), session(2, 9), session(3, 9)]);
        let shown: Vec<Value> = sorted.into_iter().map(|session| question.project(session)).collect();
        let want = |id: u64, duration: u64| json!({"id": id, "channel_data": {"duration": duration}, "transcription": [{"user": "a"}]});
        assert_eq!(shown, [want(3, 9), want(2, 9), want(1, 10)]);
        assert!(question.shows_transcription() && !question.needs_transcription());
        assert_eq!(question.in_order(), None);
    }

    #[test]
    fn spans_are_sixty_days_at_most_and_pages_begin_at_nought() {
        let none = read(&[]).unwrap();
        assert_eq!((none.from, none.to), (at("2025-12-31T12:00:00Z"), at(NOW)));
        assert_eq!((none.page, none.size, none.in_order()), (0, 10, Some(false)));
        let given = read(&[("from_date", "2026-01-01"), ("to_date", "2026-02-01T10:00:00"), ("page_size", "500")]);
        let given = given.unwrap();
        assert_eq!((given.from, given.to, given.size), (at("2026-01-01T00:00:00Z"), at("2026-02-01T10:00:00Z"), 100));
        let early = read(&[("from_date", "2025-01-01")]).unwrap();
        assert_eq!(early.to, at("2025-03-02T00:00:00Z"));
        assert_eq!(read(&[("sort_by", "session_start_time:asc")]).unwrap().in_order(), Some(true));
        for wrong in [
            [("from_date", "2026-01-01"), ("to_date", "2026-03-03")],
            [("from_date", "2026-02-01"), ("to_date", "2026-01-01")],
            [("from_date", "yesterday"), ("page_size", "")],
            [("page_number", "-1"), ("page_size", "")],
            [("page_size", "0"), ("page_number", "")],
            [("sort_by", "id"), ("page_number", "")],
            [("project_fields", "id"), ("page_number", "")],
            [("filter_by", "{"), ("page_number", "")],
            [("filter_by", "[]"), ("page_number", "")],
            [("filter_by", r#"{"range": []}"#), ("page_number", "")],
            [("filter_by", r#"{"must": [{"range": {"a": 1}}]}"#), ("page_number", "")],
            [("filter_by", r#"{"must": [{"term": {"a": [1]}}]}"#), ("page_number", "")],
            [("filter_by", r#"{"must": [{"term": {"a": 1, "b": 2}}]}"#), ("page_number", "")],
            [("filter_by", r#"{"must": ["x"]}"#), ("page_number", "")],
        ] {
            assert_eq!(read(&wrong).unwrap_err().status, 401, "{wrong:?}");
        }
    }
}
