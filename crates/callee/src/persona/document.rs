//! The persona document. Law: unknown keys are errors, and every pattern is compiled before a call is taken.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::words::Pattern;

/// Somebody or something at the far end. All `_ms` and `_s` are milliseconds and seconds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Persona {
    /// For reports.
    pub name: String,
    /// What becomes of the INVITE.
    pub pick_up: PickUp,
    /// Done after the answer, in order: a hello, a greeting and a beep, a menu.
    pub opening: Vec<Act>,
    /// Answer to opening.
    pub opening_after_ms: u64,
    /// Open even though the agent is talking already. People do not; machines do.
    pub opening_over_agent: bool,
    /// Open again after so much silence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repeat_opening_after_s: Option<u64>,
    /// Replies in order, each waiting for its words.
    pub script: Vec<Step>,
    /// Replies to what the script does not wait for.
    pub rules: Vec<Rule>,
    /// Reply to a turn that nothing else fits.
    pub otherwise: Vec<Act>,
    /// Talking over the agent.
    pub interruptions: Vec<Interruption>,
    /// Small noises of attention while the agent talks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backchannel: Option<Backchannel>,
    /// When to hang up.
    pub hang_up: HangUp,
    /// Silence after which the agent's turn is taken to be over.
    pub turn_end_ms: u64,
    /// Time taken to think on top of that.
    pub reply_after_ms: u64,
    /// What the line does to the sound.
    pub line: LineQuality,
}

impl Default for Persona {
    fn default() -> Self {
        Self {
            name: String::new(),
            pick_up: PickUp::default(),
            opening: Vec::new(),
            opening_after_ms: 300,
            opening_over_agent: false,
            repeat_opening_after_s: None,
            script: Vec::new(),
            rules: Vec::new(),
            otherwise: Vec::new(),
            interruptions: Vec::new(),
            backchannel: None,
            hang_up: HangUp::default(),
            turn_end_ms: 700,
            reply_after_ms: 100,
            line: LineQuality::default(),
        }
    }
}

/// What becomes of the INVITE.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PickUp {
    /// INVITE to ringing; `null` for no ringing at all.
    pub ring_after_ms: Option<u64>,
    /// Sounds before the answer. With any, ringing is 183 with a description instead of 180.
    pub early_media: Vec<Act>,
    /// INVITE to the final response.
    pub answer_after_ms: u64,
    /// Final response other than 200: 486 is busy, 603 declined, 404 unknown, 503 out of order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refuse: Option<u16>,
    /// Rings until the caller gives up.
    pub never: bool,
}

impl Default for PickUp {
    fn default() -> Self {
        Self { ring_after_ms: Some(100), early_media: Vec::new(), answer_after_ms: 900, refuse: None, never: false }
    }
}

/// One thing done on the line. A list of them is done in order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Act {
    /// Speak.
    Say(String),
    /// Wait.
    PauseMs(u64),
    /// A tone of one or two frequencies: beep, ringback, fax.
    Tone {
        /// Frequency.
        hz: f32,
        /// A second one, mixed in.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        and_hz: Option<f32>,
        /// Length.
        ms: u64,
    },
    /// Music for so long.
    MelodyMs(u64),
    /// Press keys (RFC 4733 events).
    Digits(String),
    /// Play a mono WAV file of 8000 samples a second, 16 bit.
    Recording(String),
    /// Hang up.
    HangUp,
}

/// One step of a script.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Step {
    /// Any of these patterns in the agent's turn; empty for whatever the agent says.
    pub wait_for: Vec<String>,
    /// Instead of the persona's `reply_after_ms`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after_ms: Option<u64>,
    /// Said first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub say: Option<String>,
    /// Done after that.
    pub then: Vec<Act>,
}

/// A reply to certain words or keys, at any time.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Rule {
    /// Any of these patterns in the agent's turn.
    pub when: Vec<String>,
    /// These keys, pressed one after the other.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub when_digits: Option<String>,
    /// How often it may fire; without it, always.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub times: Option<u32>,
    /// Instead of the persona's `reply_after_ms`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after_ms: Option<u64>,
    /// Said first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub say: Option<String>,
    /// Done after that.
    pub then: Vec<Act>,
}

/// Talking over the agent, once.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Interruption {
    /// Only in this turn of the agent, counted from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub in_turn: Option<u32>,
    /// After so much of the agent's turn.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after_ms: Option<u64>,
    /// As soon as any of these patterns is heard.
    pub when: Vec<String>,
    /// Said over the agent.
    pub say: String,
    /// Done after that.
    pub then: Vec<Act>,
}

/// Small noises of attention while the agent talks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Backchannel {
    /// What is said.
    pub say: String,
    /// Speech of the agent between two of them.
    pub every_ms: u64,
    /// At most so many in a call.
    pub at_most: u32,
}

/// When to hang up.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct HangUp {
    /// Answer to hanging up.
    pub after_s: u64,
    /// Silence of both sides.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after_silence_s: Option<u64>,
    /// At the end of a turn with any of these patterns.
    pub on_words: Vec<String>,
}

impl Default for HangUp {
    fn default() -> Self {
        Self { after_s: 300, after_silence_s: None, on_words: Vec::new() }
    }
}

/// What the line does to the sound the far end sends.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct LineQuality {
    /// White noise under everything, in dB below full scale (such as -50).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub noise_dbfs: Option<f32>,
    /// Packets that are not sent, in percent.
    pub loss_percent: f32,
    /// Packets leave up to so much later than they should, out of order if need be.
    pub jitter_ms: u32,
    /// Send back every packet as it came, and nothing else.
    pub echo: bool,
    /// Music whenever nothing else is played.
    pub hold_music: bool,
}

/// A persona document that cannot be played.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PersonaError {
    /// Not the document's form.
    #[error("not a persona: {0}")]
    Form(String),
    /// A pattern is no regular expression.
    #[error("{place}: {why}")]
    Pattern {
        /// Where in the document.
        place: String,
        /// What is wrong.
        why: String,
    },
    /// A value that no telephone line has.
    #[error("{0}")]
    Value(String),
}

/// A persona with its patterns compiled, ready to be played any number of times.
#[derive(Clone, Debug)]
pub struct CompiledPersona {
    /// The document.
    pub persona: Persona,
    pub(super) script: Vec<Vec<Pattern>>,
    pub(super) rules: Vec<Vec<Pattern>>,
    pub(super) interruptions: Vec<Vec<Pattern>>,
    pub(super) hang_up: Vec<Pattern>,
}

impl Persona {
    /// Reads the YAML form.
    ///
    /// # Errors
    /// [`PersonaError::Form`] with the place in the text.
    pub fn parse(yaml: &str) -> Result<Self, PersonaError> {
        serde_saphyr::from_str(yaml).map_err(|error| PersonaError::Form(error.to_string()))
    }

    /// Checks it and compiles its patterns.
    ///
    /// # Errors
    /// The first pattern or value that cannot be.
    pub fn compile(self) -> Result<CompiledPersona, PersonaError> {
        self.check_values()?;
        let all = |place: &str, lists: Vec<&[String]>| -> Result<Vec<Vec<Pattern>>, PersonaError> {
            lists.into_iter().enumerate().map(|(n, list)| patterns(&format!("{place}[{n}]"), list)).collect()
        };
        Ok(CompiledPersona {
            script: all("script", self.script.iter().map(|step| step.wait_for.as_slice()).collect())?,
            rules: all("rules", self.rules.iter().map(|rule| rule.when.as_slice()).collect())?,
            interruptions: all("interruptions", self.interruptions.iter().map(|i| i.when.as_slice()).collect())?,
            hang_up: patterns("hang_up.on_words", &self.hang_up.on_words)?,
            persona: self,
        })
    }

    fn check_values(&self) -> Result<(), PersonaError> {
        let refuse = self.pick_up.refuse;
        if refuse.is_some_and(|code| !(400..700).contains(&code)) {
            return Err(PersonaError::Value("pick_up.refuse: a final SIP code from 400 to 699".into()));
        }
        if !(0.0..=100.0).contains(&self.line.loss_percent) {
            return Err(PersonaError::Value("line.loss_percent: 0 to 100".into()));
        }
        if self.line.jitter_ms > 1000 {
            return Err(PersonaError::Value("line.jitter_ms: at most 1000".into()));
        }
        for (n, interruption) in self.interruptions.iter().enumerate() {
            if interruption.after_ms.is_none() && interruption.when.is_empty() {
                return Err(PersonaError::Value(format!("interruptions[{n}]: needs after_ms or when")));
            }
        }
        for act in self.acts() {
            match act {
                Act::Digits(keys) if !keys.chars().all(|c| matches!(c, '0'..='9' | '*' | '#' | 'A'..='D')) => {
                    return Err(PersonaError::Value("digits: 0-9, *, #, A-D".into()));
                }
                Act::Tone { hz, .. } if !(20.0..4000.0).contains(hz) => {
                    return Err(PersonaError::Value("tone.hz: 20 to 4000".into()));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Every act in the document, in no particular order.
    pub fn acts(&self) -> impl Iterator<Item = &Act> {
        let then = self.script.iter().map(|step| &step.then).chain(self.rules.iter().map(|rule| &rule.then));
        let then = then.chain(self.interruptions.iter().map(|i| &i.then));
        self.opening.iter().chain(&self.otherwise).chain(&self.pick_up.early_media).chain(then.flatten())
    }

    /// Every sentence it may say, so that its voice can be made before the call is answered.
    pub fn lines(&self) -> Vec<&str> {
        let said = self.acts().filter_map(|act| match act {
            Act::Say(text) => Some(text.as_str()),
            _ => None,
        });
        let steps = self.script.iter().filter_map(|step| step.say.as_deref());
        let rules = self.rules.iter().filter_map(|rule| rule.say.as_deref());
        let interruptions = self.interruptions.iter().map(|i| i.say.as_str());
        said.chain(steps)
            .chain(rules)
            .chain(interruptions)
            .chain(self.backchannel.iter().map(|b| b.say.as_str()))
            .collect()
    }

    /// JSON schema of the document.
    pub fn schema() -> serde_json::Value {
        schemars::schema_for!(Self).into()
    }
}

fn patterns(place: &str, texts: &[String]) -> Result<Vec<Pattern>, PersonaError> {
    let compile =
        |text: &String| Pattern::new(text).map_err(|why| PersonaError::Pattern { place: place.to_owned(), why });
    texts.iter().map(compile).collect()
}
