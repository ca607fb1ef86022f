//! What other dialects call the events that an endpoint can ask for.

use domain::dialect::Dialect;

/// What was asked for, in our words and in theirs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Subscription {
    /// Names of our events that stand behind.
    pub events: Vec<String>,
    /// Names of the dialect.
    pub names: Vec<String>,
}

/// Why an endpoint cannot ask for that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoSuchEvents {
    /// The dialect has no webhooks.
    NotSpoken,
    /// The name at this place is not one of the dialect's.
    Unknown {
        /// Place in the list.
        at: usize,
        /// Names that are known.
        known: Vec<&'static str>,
    },
}

/// The other dialects' names of events.
pub trait WebhookWords: Send + Sync {
    /// What `names` ask for; `*` asks for all.
    fn subscription(&self, dialect: Dialect, names: &[String]) -> Result<Subscription, NoSuchEvents>;
}

/// Speaks no other dialect.
#[derive(Clone, Copy, Debug)]
pub struct OnlyNative;

impl WebhookWords for OnlyNative {
    fn subscription(&self, _: Dialect, _: &[String]) -> Result<Subscription, NoSuchEvents> {
        Err(NoSuchEvents::NotSpoken)
    }
}
