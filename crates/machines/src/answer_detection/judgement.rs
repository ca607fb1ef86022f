//! From what was heard to who it was: one pure function, so that a wrong call becomes a row in a table.
//!
//! Law: human first. Without words, timing alone never reaches the confidence at which an agent acts
//! (`ACT_ON_MACHINE`): somebody who answers with a long sentence must not be hung up on.

use domain::outcome::AnsweredBy;

use super::phrases::Speaks;

/// Confidence from which an agent may act on a machine, a screen or a menu. Below it the call goes on as with a person.
pub const ACT_ON_MACHINE: f32 = 0.8;

/// Longer than people greet at home, in milliseconds; of the values in use (1,500 of Asterisk, 2,400 of Twilio) on the
/// careful side.
pub(super) const LONG_GREETING_MS: u64 = 2_800;
/// "Hello?", "Yes?", "Smith speaking".
const SHORT_GREETING_MS: u64 = 1_800;
/// Sound without a word for this long is music or noise.
pub(super) const WORDLESS_MS: u64 = 8_000;
/// Answers by a person at a desk end by then.
const LONG_HUMAN_GREETING_MS: u64 = 6_000;

/// What was heard since the answer.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Features {
    /// First stretch of speech, pauses under a second included.
    pub(super) greeting_ms: u64,
    /// It has begun.
    pub(super) greeted: bool,
    /// It is over.
    pub(super) greeting_over: bool,
    /// It is all made of what people say when they pick up.
    pub(super) says_hello: bool,
    /// Words understood so far.
    pub(super) words: usize,
    /// Texts that came back, with or without words.
    pub(super) texts: usize,
    /// Telling phrases, in order.
    pub(super) phrases: Vec<(Speaks, &'static str)>,
    /// Turns of the callee that answered the agent.
    pub(super) exchanges: u32,
    /// Those of them since the last telling phrase; a screen hands over to a person some time.
    pub(super) exchanges_since_phrase: u32,
    /// A voicemail beep.
    pub(super) beep: bool,
    /// The long 2,100 Hz tone of a fax (ITU-T T.30, CED).
    pub(super) fax: bool,
}

/// Who it seems to be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Judgement {
    pub(super) answered_by: AnsweredBy,
    pub(super) confidence: f32,
    pub(super) why: &'static str,
}

/// The best idea so far; `None` while nothing tells.
pub(super) fn judge(f: &Features) -> Option<Judgement> {
    by_tone(f).or_else(|| by_dialog(f)).or_else(|| by_words(f)).or_else(|| by_timing(f))
}

fn verdict(answered_by: AnsweredBy, confidence: f32, why: &'static str) -> Option<Judgement> {
    Some(Judgement { answered_by, confidence, why })
}

fn count(f: &Features, speaks: Speaks) -> usize {
    f.phrases.iter().filter(|(s, _)| *s == speaks).count()
}

/// A person was at it: a short greeting, then answers to what the agent said.
fn talked_like_a_person(f: &Features) -> bool {
    f.exchanges >= 1 && f.greeting_ms < LONG_GREETING_MS
}

fn by_tone(f: &Features) -> Option<Judgement> {
    if f.fax {
        return verdict(AnsweredBy::Fax, 0.95, "fax answer tone");
    }
    if !f.beep {
        return None;
    }
    match (count(f, Speaks::Machine) + count(f, Speaks::MachinePerhaps), f.exchanges) {
        (1.., 0) => verdict(AnsweredBy::Machine, 0.98, "machine greeting, then a beep"),
        (1.., _) => verdict(AnsweredBy::Machine, 0.9, "machine greeting and a beep between other turns"),
        (0, 0) if f.greeting_ms >= SHORT_GREETING_MS => verdict(AnsweredBy::Machine, 0.95, "greeting, then a beep"),
        (0, 0) => verdict(AnsweredBy::Machine, 0.85, "a beep and no conversation"),
        // A beep amid a conversation is a microwave oven.
        (0, _) => None,
    }
}

fn by_dialog(f: &Features) -> Option<Judgement> {
    if f.exchanges_since_phrase >= 2 { verdict(AnsweredBy::Human, 0.95, "answers what the agent says") } else { None }
}

fn by_words(f: &Features) -> Option<Judgement> {
    let (sure, perhaps) = (count(f, Speaks::Machine), count(f, Speaks::MachinePerhaps));
    if talked_like_a_person(f) {
        // People speak of messages and reasons for calling too.
        let machine = || verdict(AnsweredBy::Machine, 0.8, "says what machines say, after a short greeting");
        return if sure > 1 { machine() } else { None };
    }
    if count(f, Speaks::CallScreen) > 0 {
        return verdict(AnsweredBy::CallScreen, 0.9, "asks who is calling and why");
    }
    if count(f, Speaks::Human) > 0 {
        return verdict(AnsweredBy::Human, 0.85, "speaks as somebody who takes calls");
    }
    match sure {
        0 => {}
        1 => return verdict(AnsweredBy::Machine, 0.92, "says what machines say"),
        _ => return verdict(AnsweredBy::Machine, 0.97, "says what machines say, more than once"),
    }
    match count(f, Speaks::Ivr) {
        0 => {}
        1 => return verdict(AnsweredBy::Ivr, 0.8, "speaks like a menu"),
        _ => return verdict(AnsweredBy::Ivr, 0.92, "reads a menu"),
    }
    match perhaps {
        2.. if f.words >= 8 => verdict(AnsweredBy::Machine, 0.85, "speaks of being away, at length"),
        1.. if f.greeting_ms >= LONG_GREETING_MS => verdict(AnsweredBy::Machine, 0.8, "long greeting about being away"),
        _ => None,
    }
}

fn by_timing(f: &Features) -> Option<Judgement> {
    if talked_like_a_person(f) {
        return verdict(AnsweredBy::Human, 0.9, "short greeting, then an answer to the agent");
    }
    if !f.greeted {
        return None;
    }
    let wordless = f.texts > 0 && f.words == 0;
    let ms = f.greeting_ms;
    if wordless && ms >= WORDLESS_MS {
        return verdict(AnsweredBy::Unknown, 0.0, "long sound without words");
    }
    match f.greeting_over {
        true if ms <= SHORT_GREETING_MS && f.says_hello => verdict(AnsweredBy::Human, 0.92, "says hello and waits"),
        true if ms <= SHORT_GREETING_MS => verdict(AnsweredBy::Human, 0.8, "short greeting, then silence"),
        true if ms < LONG_GREETING_MS => verdict(AnsweredBy::Human, 0.65, "greeting, then silence"),
        true if ms <= LONG_HUMAN_GREETING_MS && f.words > 0 => {
            verdict(AnsweredBy::Human, 0.55, "long greeting without a word of a machine")
        }
        _ if ms >= LONG_GREETING_MS => verdict(AnsweredBy::Machine, 0.6, "long greeting"),
        _ => None,
    }
}
