//! What an organization or an agent allows of calls: hours, people, consent. Rules are judged in `machines::policy`.

use std::collections::BTreeSet;

use crate::callee::SipAddress;
use jiff::civil::{Date, Weekday};
use serde::{Deserialize, Serialize};

/// Rules beside those that always hold (do-not-call list, number kinds, countries). Absent means not set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CallPolicy {
    /// When people may be called, by the clock where they are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hours: Option<CallingHours>,
    /// How often one person may be called.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frequency: Option<FrequencyCap>,
    /// Which calls need a consent on record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub consent: Option<ConsentRule>,
    /// Hosts whose SIP addresses may be called: names and addresses without a port, `*.example.org` for every host below
    /// it. Absent or empty: no SIP address is called.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sip_hosts: Option<Vec<String>>,
}

/// When people may be called. A moment is allowed when its civil time at the callee's place lies in a window and its
/// civil date is not closed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CallingHours {
    /// Stretches of days of the week.
    pub windows: Vec<Window>,
    /// Dates without calls: holidays, blackouts.
    #[serde(default)]
    pub closed: BTreeSet<Date>,
    /// What becomes of a single call that is asked for outside of them. Calls of a list always wait.
    #[serde(default)]
    pub outside: Outside,
    /// What becomes of a call whose callee's zone nobody knows.
    #[serde(default)]
    pub unknown_zone: UnknownZone,
}

/// A stretch of time on some days of the week.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Window {
    /// Days on which it begins; none means every day.
    #[serde(default)]
    pub days: BTreeSet<Day>,
    /// First minute.
    pub from: TimeOfDay,
    /// Minute at which it is over. Before `from`, it lies on the next day.
    pub to: TimeOfDay,
}

/// A day of the week, Monday first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "days of the week")]
pub enum Day {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

impl From<Weekday> for Day {
    fn from(day: Weekday) -> Self {
        match day {
            Weekday::Monday => Self::Monday,
            Weekday::Tuesday => Self::Tuesday,
            Weekday::Wednesday => Self::Wednesday,
            Weekday::Thursday => Self::Thursday,
            Weekday::Friday => Self::Friday,
            Weekday::Saturday => Self::Saturday,
            Weekday::Sunday => Self::Sunday,
        }
    }
}

/// Minutes since midnight by the clock on the wall, 00:00 to 24:00.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TimeOfDay(u16);

impl TimeOfDay {
    /// Midnight at the end of a day.
    pub const END: Self = Self(24 * 60);

    /// `None` past 24:00.
    pub fn new(hour: u16, minute: u16) -> Option<Self> {
        let minutes = hour * 60 + minute;
        (hour <= 24 && minute < 60 && minutes <= Self::END.0).then_some(Self(minutes))
    }

    /// Minutes since midnight.
    pub fn minutes(self) -> u16 {
        self.0
    }
}

impl TryFrom<String> for TimeOfDay {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let two = |part: &str| (part.len() == 2).then(|| part.parse().ok()).flatten();
        let read = text.split_once(':').and_then(|(hour, minute)| Self::new(two(hour)?, two(minute)?));
        read.ok_or("must be a time from 00:00 to 24:00, such as 09:30")
    }
}

impl From<TimeOfDay> for String {
    fn from(time: TimeOfDay) -> Self {
        format!("{:02}:{:02}", time.0 / 60, time.0 % 60)
    }
}

/// What becomes of a single call that is asked for outside the hours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outside {
    /// Refused, with the time from which it would be allowed.
    #[default]
    Refuse,
    /// Accepted, and due at the next opening.
    Defer,
}

/// What becomes of a call whose callee's zone nobody knows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum UnknownZone {
    /// No call.
    #[default]
    Refuse,
    /// A call at any time.
    Allow,
}

/// How often one person may be called by all agents of the organization together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FrequencyCap {
    /// Most calls that were dialed, answered or not.
    pub calls: u32,
    /// In so many days of 24 hours, the last of which ends now.
    pub days: u16,
}

/// Which calls need a consent on record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ConsentRule {
    /// Those of a list.
    Lists,
    /// All.
    All,
}

/// A rule that cannot be kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyFault {
    /// JSON pointer into the policy (RFC 6901).
    pub pointer: String,
    /// What is wrong.
    pub detail: &'static str,
}

/// Most windows and most closed dates.
const MAX_ENTRIES: usize = 1_000;
/// Longest window of a frequency cap: calls are counted exactly, and not forever.
pub const MAX_FREQUENCY_DAYS: u16 = 366;

impl CallPolicy {
    /// The first rule that makes no sense.
    pub fn check(&self) -> Result<(), PolicyFault> {
        let fault = |pointer: String, detail| Err(PolicyFault { pointer, detail });
        if let Some(hours) = &self.hours {
            if hours.windows.is_empty() {
                return fault("/hours/windows".into(), "must have at least one window; leave `hours` out for none");
            }
            if hours.windows.len() + hours.closed.len() > MAX_ENTRIES {
                return fault("/hours".into(), "may have 1,000 windows and closed dates at most");
            }
            let empty = |window: &Window| window.from == window.to || window.from == TimeOfDay::END;
            if let Some(at) = hours.windows.iter().position(empty) {
                return fault(format!("/hours/windows/{at}"), "is empty; a whole day is 00:00 to 24:00");
            }
        }
        let hosts = self.sip_hosts.as_deref().unwrap_or_default();
        if hosts.len() > MAX_ENTRIES {
            return fault("/sip_hosts".into(), "may have 1,000 hosts at most");
        }
        if let Some(at) = hosts.iter().position(|host| !SipAddress::is_host(host.strip_prefix("*.").unwrap_or(host))) {
            return fault(
                format!("/sip_hosts/{at}"),
                "must be a host name or address without a port; *.example.org for all below",
            );
        }
        match self.frequency {
            Some(cap) if cap.calls == 0 => fault("/frequency/calls".into(), "must be at least 1"),
            Some(cap) if cap.days == 0 || cap.days > MAX_FREQUENCY_DAYS => {
                fault("/frequency/days".into(), "must lie between 1 and 366")
            }
            _ => Ok(()),
        }
    }
}

impl CallingHours {
    /// 08:00 to 21:00 on every day: telephone solicitation in the United States (47 CFR 64.1200(c)(1)).
    pub fn of_solicitation() -> Self {
        let window = Window { days: BTreeSet::new(), from: TimeOfDay(8 * 60), to: TimeOfDay(21 * 60) };
        Self {
            windows: vec![window],
            closed: BTreeSet::new(),
            outside: Outside::default(),
            unknown_zone: UnknownZone::default(),
        }
    }
}
