//! Which caps a call counts against, and how much: those of its organization and those of its key.
//!
//! Law: a window is the same for every node, since it follows from the UTC clock alone; uses come in one order (by
//! scope), in which the store locks them. Counting itself is the store's, inside the transaction of the create.
//!
//! On a call's way: between admission and the create.

use domain::callee::Callee;
use domain::caps::{AtEnd, Brakes, CapMark, CapUse, Caps};
use domain::money::Money;
use domain::phone_number::PhoneNumber;
use domain::time::Timestamp;
use domain::{ApiKeyId, OrganizationId};

#[cfg(test)]
mod tests;

const MINUTE: i64 = 60;
const HOUR: i64 = 3_600;
const DAY: i64 = 86_400;
/// A country is new that was not called within so many seconds.
const NEW_FOR: i64 = 30 * DAY;
/// The usual hour is the mean of so many hours.
pub const USUAL_HOURS: i64 = 7 * 24;
/// Digits at the end of a number that do not belong to its range: a thousand numbers are one.
const RANGE_TAIL: usize = 3;
/// Seconds after which it is worth asking again whether a call of the queue is over.
const QUEUE_RETRY: i64 = 5;

/// A call that asks to be counted.
#[derive(Clone, Copy, Debug)]
pub struct Asking<'a> {
    /// Tenant.
    pub organization: OrganizationId,
    /// Its caps.
    pub caps: &'a Caps,
    /// Key that asks, with its caps.
    pub key: Option<(ApiKeyId, &'a Caps)>,
    /// Who is called.
    pub to: &'a Callee,
    /// Who calls.
    pub from: &'a PhoneNumber,
    /// What the call may cost, where it is billed.
    pub estimate: Option<Money>,
    /// Now.
    pub now: Timestamp,
}

/// Whether any cap hangs on where the call goes; the country of a number is not for nothing.
fn looks_abroad(caps: &Caps) -> bool {
    caps.brakes.on || caps.calls_per_country_per_hour.is_some() || caps.countries_per_hour.is_some()
}

/// The country that a call leaves its own for; `None` for one that stays.
pub fn abroad(to: &PhoneNumber, from: &PhoneNumber) -> Option<String> {
    let region = to.region();
    if region.is_some() && region == from.region() { None } else { Some(region.unwrap_or_else(|| "ZZ".to_owned())) }
}

/// What the call counts against, ordered by scope. `usual` gives the calls abroad that an owner makes in a usual hour.
pub fn uses(asking: Asking<'_>, usual: impl Fn(&str) -> i64) -> Vec<CapUse> {
    let mut uses = Vec::new();
    let looks = looks_abroad(asking.caps) || asking.key.is_some_and(|(_, caps)| looks_abroad(caps));
    // A SIP address is in no country and costs no toll; policy names the hosts.
    let number = asking.to.number().filter(|_| looks);
    let country = number.map(|to| to.region().unwrap_or_else(|| "ZZ".to_owned()));
    let left = number.and_then(|to| abroad(to, asking.from));
    let owners =
        [Some((asking.organization.to_string(), asking.caps)), asking.key.map(|(key, caps)| (key.to_string(), caps))];
    for (owner, caps) in owners.into_iter().flatten() {
        let counted = Counted { owner: &owner, now: asking.now };
        counted.rates(caps, asking.estimate, &mut uses);
        if let Some(country) = &country {
            counted.countries(caps, country, &mut uses);
        }
        if let Some((to, country)) = number.zip(left.as_deref()).filter(|_| caps.brakes.on) {
            counted.brakes(&caps.brakes, country, to, usual(&owner), &mut uses);
        }
    }
    uses.sort_by(|a, b| a.scope.cmp(&b.scope));
    uses
}

/// One owner's counters at one moment.
struct Counted<'a> {
    owner: &'a str,
    now: Timestamp,
}

impl Counted<'_> {
    fn rates(&self, caps: &Caps, estimate: Option<Money>, uses: &mut Vec<CapUse>) {
        let rates = [
            ("calls_per_minute", caps.calls_per_minute, MINUTE),
            ("calls_per_hour", caps.calls_per_hour, HOUR),
            ("calls_per_day", caps.calls_per_day, DAY),
        ];
        for (name, most, seconds) in rates {
            uses.extend(most.map(|most| self.within(name, seconds, 1, most.into())));
        }
        if let Some(estimate) = estimate {
            let day = caps.money_per_day.map(|most| (self.within("money_per_day", DAY, 0, 0), most));
            let month = caps.money_per_month.map(|most| (self.this_month("money_per_month"), most));
            for (use_, most) in [day, month].into_iter().flatten() {
                uses.push(CapUse { amount: estimate.micros(), most: most.micros(), at_end: AtEnd::Corrected, ..use_ });
            }
        }
        if let Some(most) = caps.queued_calls {
            let until = second(self.now.as_second() + QUEUE_RETRY, self.now);
            let all = self.within("queued_calls", DAY, 1, most.into());
            uses.push(CapUse { window: Timestamp::UNIX_EPOCH, until, at_end: AtEnd::Returns, ..all });
        }
    }

    fn countries(&self, caps: &Caps, country: &str, uses: &mut Vec<CapUse>) {
        if let Some(most) = caps.calls_per_country_per_hour {
            uses.push(self.within(&format!("calls_per_country_per_hour/{country}"), HOUR, 1, most.into()));
        }
        if let Some(most) = caps.countries_per_hour {
            let counter = self.within("countries_per_hour", HOUR, 1, most.into());
            let scope = format!("{}/country/{country}", self.owner);
            let mark = Some(CapMark { scope, window: counter.window, until: counter.until });
            uses.push(CapUse { mark, ..counter });
        }
    }

    fn brakes(&self, brakes: &Brakes, country: &str, to: &PhoneNumber, usual: i64, uses: &mut Vec<CapUse>) {
        let digits = to.digits();
        let range = &digits[..digits.len().saturating_sub(RANGE_TAIL)];
        let burst = i64::from(brakes.burst_floor).max(usual.saturating_mul(brakes.burst_factor.into()));
        let forgotten = second(self.now.as_second() + NEW_FOR, self.now);
        let mark = CapMark {
            scope: format!("{}/new_country/{country}", self.owner),
            window: Timestamp::UNIX_EPOCH,
            until: forgotten,
        };
        let brake = |use_: CapUse| CapUse { brake: true, ..use_ };
        let new = self.within("new_countries_per_hour", HOUR, 1, brakes.new_countries_per_hour.into());
        uses.push(brake(CapUse { mark: Some(mark), ..new }));
        let ranged = format!("range_calls_per_hour/{range}");
        uses.push(brake(self.within(&ranged, HOUR, 1, brakes.range_calls_per_hour.into())));
        uses.push(brake(self.within("calls_abroad_per_hour", HOUR, 1, burst)));
    }

    fn within(&self, name: &str, seconds: i64, amount: i64, most: i64) -> CapUse {
        let begin = self.now.as_second().div_euclid(seconds) * seconds;
        self.window(name, begin, begin + seconds, amount, most)
    }

    fn this_month(&self, name: &str) -> CapUse {
        let zoned = self.now.to_zoned(jiff::tz::TimeZone::UTC);
        let begin = zoned.first_of_month().and_then(|first| first.start_of_day());
        let next = begin.as_ref().map_or(Ok(zoned.clone()), |first| first.checked_add(jiff::Span::new().months(1)));
        let begin = begin.map_or(self.now.as_second(), |first| first.timestamp().as_second());
        let end = next.map_or(begin + 31 * DAY, |next| next.timestamp().as_second());
        self.window(name, begin, end, 0, 0)
    }

    fn window(&self, name: &str, begin: i64, end: i64, amount: i64, most: i64) -> CapUse {
        CapUse {
            scope: format!("{}/{name}", self.owner),
            window: second(begin, self.now),
            until: second(end, self.now),
            amount,
            most,
            at_end: AtEnd::Stays,
            mark: None,
            brake: false,
        }
    }
}

/// Name of the counter that the usual hour is read from.
pub fn usual_scope(owner: &str) -> String {
    format!("{owner}/calls_abroad_per_hour")
}

fn second(at: i64, or: Timestamp) -> Timestamp {
    Timestamp::from_second(at).unwrap_or(or)
}
