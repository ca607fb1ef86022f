//! What a question looks for in the answer.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::text::Text;

/// One value to find in an answer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Slot {
    /// Name under which texts find it: `{{slots.name}}` as it is spoken, `{{values.name}}` as data.
    pub name: String,
    /// What kind of value.
    pub r#type: SlotType,
    /// Asked when the slot is still empty after the first answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt: Option<Text>,
    /// How the value is read back.
    #[serde(default)]
    pub confirm: Confirm,
    /// The reading back; `{{heard}}` is the value. "I have … Is that right?" when not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirm_text: Option<Text>,
    /// For `choice`: each value with other words for it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub choices: BTreeMap<String, Vec<String>>,
    /// For `number`: least value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<f64>,
    /// For `number`: greatest value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<f64>,
    /// For `code`: how many characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub length: Option<u32>,
    /// For `date`, `time` and `date_time`: whether the past is meant (a birthday) instead of the future.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub past: bool,
}

/// What kind of value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SlotType {
    /// `true` or `false`.
    YesNo,
    /// A number.
    Number,
    /// A day and a time of day, ISO 8601 without zone.
    DateTime,
    /// A day, ISO 8601.
    Date,
    /// A time of day, ISO 8601.
    Time,
    /// A person's name.
    Name,
    /// A telephone number: digits, with a leading `+` if one was said.
    Phone,
    /// An e-mail address.
    Email,
    /// One of `choices`.
    Choice,
    /// Letters and digits, spelled.
    Code,
    /// Whatever was said.
    #[default]
    FreeText,
}

/// How a value is read back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Confirm {
    /// `explicit` for what is easily misheard (`date_time`, date, time, phone, email, code, and doubtful numbers),
    /// `none` for the rest.
    #[default]
    Auto,
    /// Asks "is that right?" and goes on with a yes.
    Explicit,
    /// Says the value and goes on; "no, …" still corrects it.
    Implicit,
    /// Goes on.
    None,
}
