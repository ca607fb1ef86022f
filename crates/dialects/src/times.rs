//! Times and lengths as the vendors write them. All times are UTC.

use std::time::Duration;

use domain::call::Call;
use domain::time::Timestamp;

/// Whole seconds of talk: of a call that is over from answer to end, of a live one until `now`, else none.
pub(crate) fn talked_s(call: &Call, now: Timestamp) -> u64 {
    let Some(answered) = call.answered_at else { return 0 };
    u64::try_from(call.ended_at.unwrap_or(now).duration_since(answered).as_secs()).unwrap_or(0)
}

/// `Retry-After`: whole seconds, rounded up, at least one (RFC 9110, 10.2.3).
pub(crate) fn whole_seconds(wait: Duration) -> u64 {
    (wait.as_secs() + u64::from(wait.subsec_nanos() > 0)).max(1)
}

/// `2025-04-24T10:15:30Z`: Voicing AI, Klen, Voxpria.
pub(crate) fn seconds(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// `2022-05-31T06:40:45.475Z`: the status callback of Vonage AI Studio.
pub(crate) fn milliseconds(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
}

/// `2020-10-14T09:42:07.151657`, without a zone: `session_start_time` of Vonage AI Studio.
pub(crate) fn microseconds_without_zone(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S.%6f").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_vendor_has_its_own_form() {
        let at = Timestamp::from_microsecond(1_653_979_245_475_009).unwrap();
        assert_eq!(seconds(at), "2022-05-31T06:40:45Z");
        assert_eq!(milliseconds(at), "2022-05-31T06:40:45.475Z");
        assert_eq!(microseconds_without_zone(at), "2022-05-31T06:40:45.475009");
    }
}
