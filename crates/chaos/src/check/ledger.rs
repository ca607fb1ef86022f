//! Money: the ledger sums up to the balance, and every call was charged once.

use std::collections::BTreeMap;

use super::Finding;
use crate::evidence::{Evidence, LedgerEntry};

const SETTLEMENT: &str = "settle";

pub(super) fn the_ledger_sums(evidence: &Evidence) -> Finding {
    const LAW: &str = "the ledger sums to the balance, never below zero, and nothing is held when all is over";
    let Some(wallet) = &evidence.wallet else { return Finding::not_checked(LAW) };
    let mut finding = Finding::new(LAW);
    let mut sum = 0_i64;
    for (n, entry) in wallet.ledger.iter().enumerate() {
        sum += entry.amount;
        let LedgerEntry { kind, amount, .. } = entry;
        finding.look((sum < 0).then(|| format!("entry {n} ({kind} of {amount}) brings the balance to {sum}")));
    }
    let differs = sum != wallet.balance;
    finding.look(differs.then(|| format!("the entries sum to {sum}, the balance is {}", wallet.balance)));
    finding.look((wallet.held != 0).then(|| format!("{} is still held", wallet.held)));
    finding
}

pub(super) fn each_call_is_settled_once(evidence: &Evidence) -> Finding {
    const LAW: &str = "every call that was talked on is settled once, and no other call is";
    let Some(wallet) = &evidence.wallet else { return Finding::not_checked(LAW) };
    let mut finding = Finding::new(LAW);
    let mut settled: BTreeMap<&str, usize> = BTreeMap::new();
    for entry in wallet.ledger.iter().filter(|entry| entry.kind == SETTLEMENT) {
        *settled.entry(entry.call.as_deref().unwrap_or("no call")).or_default() += 1;
    }
    for call in evidence.calls.iter().filter(|call| !call.capped) {
        let (times, talked) = (settled.remove(call.id.as_str()).unwrap_or(0), call.when("call.answered").is_some());
        let wrong = times > 1 || (talked && times == 0);
        finding.look(wrong.then(|| format!("{} was settled {times} times (answered: {talked})", call.id)));
    }
    for (call, times) in settled {
        finding.look(Some(format!("{call} was settled {times} times and is no call of this run")));
    }
    finding
}
