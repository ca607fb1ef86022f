//! How long recordings and what was said are kept. What is due when is reckoned in `machines::retention`.

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

/// Most days that may be set, ten years; who wants more wants for ever.
pub const MOST_DAYS: u16 = 3_650;

/// How long something is kept, counted from the end of its call. Written as a number of days, or `null` for ever.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(from = "Option<u16>", into = "Option<u16>")]
pub enum Keep {
    /// Until a person deletes it.
    #[default]
    ForEver,
    /// For so many days of 24 hours; with none it goes as soon as the call is over.
    Days(u16),
}

impl From<Option<u16>> for Keep {
    fn from(days: Option<u16>) -> Self {
        days.map_or(Self::ForEver, Self::Days)
    }
}

impl From<Keep> for Option<u16> {
    fn from(keep: Keep) -> Self {
        match keep {
            Keep::ForEver => None,
            Keep::Days(days) => Some(days),
        }
    }
}

/// What holds for an organization, or for a call once the agent's own settings are known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Retention {
    /// Days for which recordings are kept, 0 to 3650; `null` for ever.
    #[schemars(with = "Option<u16>", range(max = 3650))]
    pub recordings_days: Keep,
    /// Days for which what was said is kept (turns, digits, slots, variables, metadata), 0 to 3650; `null` for ever.
    #[schemars(with = "Option<u16>", range(max = 3650))]
    pub transcripts_days: Keep,
    /// Whether the number that was called loses all but its last two digits together with what was said.
    pub mask_numbers: bool,
}

/// What an agent has of its own; what is absent is the organization's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AgentRetention {
    /// Days for which recordings are kept, 0 to 3650; `null` for ever; absent as the organization says.
    #[serde(deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<u16>", range(max = 3650))]
    pub recordings_days: Option<Keep>,
    /// Days for which what was said is kept, 0 to 3650; `null` for ever; absent as the organization says.
    #[serde(deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<u16>", range(max = 3650))]
    pub transcripts_days: Option<Keep>,
    /// Whether the number that was called loses all but its last two digits; absent as the organization says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mask_numbers: Option<bool>,
}

/// `null` is a value here, and not the absence of one.
fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Keep>, D::Error> {
    Keep::deserialize(deserializer).map(Some)
}

/// A number of days that cannot be kept to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetentionFault {
    /// JSON pointer to it (RFC 6901).
    pub pointer: &'static str,
}

impl Retention {
    /// The first number of days that is too large.
    pub fn check(&self) -> Result<(), RetentionFault> {
        let fields = [("/recordings_days", self.recordings_days), ("/transcripts_days", self.transcripts_days)];
        match fields.into_iter().find(|(_, keep)| matches!(keep, Keep::Days(days) if *days > MOST_DAYS)) {
            Some((pointer, _)) => Err(RetentionFault { pointer }),
            None => Ok(()),
        }
    }
}

impl AgentRetention {
    /// The agent's own where it has any, else the organization's.
    #[must_use]
    pub fn over(self, organization: Retention) -> Retention {
        Retention {
            recordings_days: self.recordings_days.unwrap_or(organization.recordings_days),
            transcripts_days: self.transcripts_days.unwrap_or(organization.transcripts_days),
            mask_numbers: self.mask_numbers.unwrap_or(organization.mask_numbers),
        }
    }

    /// The first number of days that is too large.
    pub fn check(&self) -> Result<(), RetentionFault> {
        self.over(Retention::default()).check()
    }

    /// Whether all is left to the organization.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_agent_says_for_ever_or_says_nothing() {
        let organization: Retention =
            serde_json::from_str(r#"{"recordings_days": 30, "transcripts_days": 90, "mask_numbers": true}"#).unwrap();
        let table = [
            ("{}", organization),
            (r#"{"recordings_days": null}"#, Retention { recordings_days: Keep::ForEver, ..organization }),
            (r#"{"recordings_days": 0}"#, Retention { recordings_days: Keep::Days(0), ..organization }),
            (
                r#"{"transcripts_days":7,"mask_numbers":false}"#,
                Retention { transcripts_days: Keep::Days(7), mask_numbers: false, ..organization },
            ),
        ];
        for (text, want) in table {
            let own: AgentRetention = serde_json::from_str(text).unwrap();
            assert_eq!(own.over(organization), want, "{text}");
            let again = serde_json::to_string(&own).unwrap();
            assert_eq!(again, text.replace(": ", ":"), "it reads back as it was written");
        }
        assert!(serde_json::from_str::<AgentRetention>(r#"{"recording_days": 1}"#).is_err(), "a slip is an error");
    }

    #[test]
    fn ten_years_are_the_most() {
        let days = |days| Retention { transcripts_days: Keep::Days(days), ..Retention::default() };
        assert_eq!(days(3_650).check(), Ok(()));
        assert_eq!(days(3_651).check(), Err(RetentionFault { pointer: "/transcripts_days" }));
    }
}
