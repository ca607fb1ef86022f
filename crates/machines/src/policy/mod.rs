//! Whether a number may be called, and if not, why and from when on.
//!
//! Law: the same rules at create and right before the INVITE, by one author. What is not known counts against the
//! call. A refusal names its rule and the remedy, so that a person can act on the row that is kept of it.
//!
//! On a call's way: between admission and the transaction that accepts the call, and again between pacing and session;
//! do-not-call list, own numbers and frequency in the very transaction that says "about to dial".

use domain::call::CallOrigin;
use domain::call_policy::{CallPolicy, CallingHours, ConsentRule, FrequencyCap, Outside, UnknownZone};
use domain::callee::{Callee, SipAddress};
use domain::outcome::EndReason;
use domain::phone_number::{LineKind, PhoneNumber};
use domain::refusal::{Refusal, RefusalCode, RefusalFacts};
use domain::suppression::Suppression;
use domain::time::Timestamp;
use jiff::SignedDuration;
use jiff::tz::TimeZone;

pub mod hours;
#[cfg(test)]
mod tests;
pub mod zones;

/// The call that is asked about.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// Who would be called.
    pub to: &'a Callee,
    /// Alone or one of a list.
    pub origin: CallOrigin,
    /// When.
    pub at: Timestamp,
}

/// What the store knows about it. `Rules::needs_…` tell what need not be read.
#[derive(Clone, Debug, Default)]
pub struct Facts<'a> {
    /// Countries (ISO 3166 alpha-2) that may be called; empty allows all.
    pub allowed_countries: &'a [String],
    /// The number is one that the organization calls from.
    pub own: bool,
    /// The number's entry on the do-not-call list, in force or not.
    pub suppression: Option<&'a Suppression>,
    /// A consent that is in force is on record.
    pub consented: bool,
    /// When the person was dialed, newest first; as many as the cap counts at most.
    pub dialed: Vec<Timestamp>,
    /// Where the callee may be; none when nobody knows.
    pub zones: Vec<TimeZone>,
}

/// The rules that hold for a call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rules {
    hours: Option<CallingHours>,
    frequency: Option<FrequencyCap>,
    needs_consent: bool,
    waits: bool,
    sip_hosts: Vec<String>,
}

/// What policy says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Call.
    Allow,
    /// Not now: at this time at the earliest, when it is asked again.
    Later(Timestamp, Reason),
    /// Do not call.
    Refuse(Reason),
}

/// Why a number is not called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// Stable word for programs.
    pub code: RefusalCode,
    /// Which rule it was.
    pub rule: &'static str,
    /// One sentence for a person, which names the remedy.
    pub detail: String,
    /// From when on a call would be allowed, as far as this rule goes.
    pub allowed_at: Option<Timestamp>,
}

impl Reason {
    fn new(code: RefusalCode, rule: &'static str, detail: impl Into<String>) -> Self {
        Self { code, rule, detail: detail.into(), allowed_at: None }
    }

    /// Why a call that is stopped by it has ended.
    pub fn end_reason(&self) -> EndReason {
        match self.code {
            RefusalCode::Suppressed => EndReason::Suppressed,
            RefusalCode::OutsideHours => EndReason::OutsideHours,
            _ => EndReason::PolicyBlocked,
        }
    }

    /// As the answer to a request.
    pub fn refusal(self) -> Refusal {
        let facts = self.allowed_at.map(|at| Box::new(RefusalFacts::AllowedAt(at)));
        Refusal { facts, ..Refusal::field(self.code, "/to", self.detail) }
    }
}

impl Rules {
    /// An agent's rules stand in place of the organization's, each for itself. Calls of a list keep to hours even where
    /// nobody set any.
    pub fn of(organization: &CallPolicy, agent: Option<&CallPolicy>, origin: CallOrigin) -> Self {
        let list = origin == CallOrigin::List;
        let own = |agent: &CallPolicy| agent.hours.clone();
        let hours = agent.and_then(own).or_else(|| organization.hours.clone());
        let hours = hours.or_else(|| list.then(CallingHours::of_solicitation));
        let consent = agent.and_then(|agent| agent.consent).or(organization.consent);
        Self {
            waits: list || hours.as_ref().is_some_and(|hours| hours.outside == Outside::Defer),
            hours,
            frequency: agent.and_then(|agent| agent.frequency).or(organization.frequency),
            needs_consent: match consent {
                Some(ConsentRule::All) => true,
                Some(ConsentRule::Lists) => list,
                None => false,
            },
            sip_hosts: agent
                .and_then(|agent| agent.sip_hosts.clone())
                .or_else(|| organization.sip_hosts.clone())
                .unwrap_or_default(),
        }
    }

    /// Whether it matters where the callee is.
    pub fn needs_zones(&self) -> bool {
        self.hours.is_some()
    }

    /// Whether a consent must be on record.
    pub fn needs_consent(&self) -> bool {
        self.needs_consent
    }

    /// Most calls to the person, and since when they count.
    pub fn needs_dialed(&self, now: Timestamp) -> Option<(u32, Timestamp)> {
        self.frequency.map(|cap| (cap.calls, now - span(cap)))
    }

    /// Judges a call.
    pub fn judge(&self, asked: Asked<'_>, facts: &Facts<'_>) -> Verdict {
        let fault = match asked.to {
            Callee::Number(to) => number(to, facts),
            Callee::Sip(to) => self.sip(to),
        };
        let fault = fault
            .or_else(|| suppressed(facts.suppression, asked.at))
            .or_else(|| self.consent(facts))
            .or_else(|| self.frequency(facts));
        match fault {
            Some(reason) => Verdict::Refuse(reason),
            None => self.hours(asked.at, &facts.zones),
        }
    }

    fn sip(&self, to: &SipAddress) -> Option<Reason> {
        let host = to.host();
        let below =
            |domain: &str| host.strip_suffix(&domain.to_ascii_lowercase()).is_some_and(|rest| rest.ends_with('.'));
        let allowed = self.sip_hosts.iter().any(|entry| match entry.strip_prefix("*.") {
            Some(domain) => below(domain),
            None => entry.eq_ignore_ascii_case(host),
        });
        let detail = format!("SIP addresses at {host} are not called; name the host in the policy's sip_hosts");
        (!allowed).then(|| Reason::new(RefusalCode::NumberNotAllowed, "sip_host", detail))
    }

    fn consent(&self, facts: &Facts<'_>) -> Option<Reason> {
        let detail = "no consent that is in force is on record for this number; record one first";
        (self.needs_consent && !facts.consented).then(|| Reason::new(RefusalCode::ConsentMissing, "consent", detail))
    }

    fn frequency(&self, facts: &Facts<'_>) -> Option<Reason> {
        let cap = self.frequency?;
        let oldest = facts.dialed.get(usize::try_from(cap.calls).ok()?.checked_sub(1)?)?;
        Some(Reason { allowed_at: Some(*oldest + span(cap)), ..too_often(cap.calls) })
    }

    fn hours(&self, now: Timestamp, zones: &[TimeZone]) -> Verdict {
        let Some(hours) = &self.hours else { return Verdict::Allow };
        let reason = |detail: &str| Reason::new(RefusalCode::OutsideHours, "hours", detail);
        if zones.is_empty() {
            let detail = "calling hours are set and nobody knows where this number is; give the call or the contact a \
                time zone";
            return match hours.unknown_zone {
                UnknownZone::Allow => Verdict::Allow,
                UnknownZone::Refuse => Verdict::Refuse(reason(detail)),
            };
        }
        match hours::next_opening(hours, zones, now) {
            Some(at) if at <= now => Verdict::Allow,
            Some(at) => {
                let detail = "it is outside the calling hours where the callee is; ask again once it is allowed";
                let reason = Reason { allowed_at: Some(at), ..reason(detail) };
                if self.waits { Verdict::Later(at, reason) } else { Verdict::Refuse(reason) }
            }
            None => Verdict::Refuse(reason("the calling hours leave no time within 400 days; change the policy")),
        }
    }
}

/// The reason of a number that was called often enough.
pub fn too_often(calls: u32) -> Reason {
    let detail = format!("this number was called {calls} times of late, which is all that the frequency cap allows");
    Reason::new(RefusalCode::FrequencyCap, "frequency", detail)
}

/// The reason of a number on the do-not-call list, if its entry is in force.
pub fn suppressed(entry: Option<&Suppression>, now: Timestamp) -> Option<Reason> {
    let entry = entry.filter(|entry| entry.in_force(now))?;
    let detail = "the number is on the do-not-call list; remove it there if it may be called again";
    Some(Reason { allowed_at: entry.expires_at, ..Reason::new(RefusalCode::Suppressed, "suppression", detail) })
}

/// The reason of a number that the organization calls from.
pub fn own_number() -> Reason {
    Reason::new(RefusalCode::NumberNotAllowed, "number", "this is one of the organization's own numbers")
}

/// Numbers that are not called by anybody, or not by this organization.
fn number(to: &PhoneNumber, facts: &Facts<'_>) -> Option<Reason> {
    let reason = |detail: &str| Some(Reason::new(RefusalCode::NumberNotAllowed, "number", detail));
    match to.line_kind() {
        LineKind::Premium => return reason("premium-rate, shared-cost and personal numbers are not called"),
        LineKind::Satellite => return reason("satellite numbers and others without a country are not called"),
        LineKind::Emergency => return reason("numbers that reach an emergency service are not called"),
        LineKind::Short => return reason("service codes and other short numbers are not called"),
        LineKind::Ordinary | LineKind::Unknown => {}
    }
    if facts.own {
        return Some(own_number());
    }
    if facts.allowed_countries.is_empty() {
        return None;
    }
    let region = to.region();
    if region.as_ref().is_some_and(|here| facts.allowed_countries.iter().any(|a| a.eq_ignore_ascii_case(here))) {
        return None;
    }
    let country = region.as_deref().unwrap_or("of this number");
    let detail = format!("the country {country} is not among the organization's allowed countries");
    Some(Reason::new(RefusalCode::NumberNotAllowed, "country", detail))
}

fn span(cap: FrequencyCap) -> SignedDuration {
    SignedDuration::from_hours(24 * i64::from(cap.days))
}
