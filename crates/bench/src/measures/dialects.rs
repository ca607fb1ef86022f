//! What a vendor's words cost: processor time of the server for one create over each vendor's route, beside our own
//! route on the same server in the same minute.
//!
//! One client, one request at a time; the server's processor time (all its threads) is read before and after each.
//! Routes take turns in blocks, so that the growing database and the machine's other work meet all of them alike; the
//! first create of a block is not counted, since what the one before it left behind falls into it. Vendors' paths are
//! the ones without a prefix, where two vendors share one and the server has to find out who is meant.

use anyhow::Result;
use serde_json::{Value, json};

use super::{Settings, number, talks};
use crate::far_end::FarEnd;
use crate::report::{self, Sample};
use crate::server::{AGENT, Child, KEY, KLEN, Kind, VOICING, VONAGE, VOXPRIA, Wire, secret};

/// Counted creates of a route before the next takes its turn.
const BLOCK: usize = 25;

/// A way to make a call.
struct Route {
    name: &'static str,
    path: &'static str,
    credentials: String,
    body: fn(&str) -> Value,
}

pub(crate) async fn run(settings: &Settings) -> Result<()> {
    let far_end = FarEnd::start(talks([].into(), false))?;
    let blocks = if settings.quick { 8 } else { 80 };
    let mut rows = Vec::new();
    for pass in 1..=settings.passes {
        let child = Child::start(Kind::StubWithoutDialer, &far_end)?;
        let taken = measure(&child, blocks).await?;
        let Some((_, native)) = taken.first() else { continue };
        for (name, sample) in &taken {
            let mut row = vec![(*name).to_owned(), pass.to_string(), sample.len().to_string()];
            row.extend(sample.cells(0));
            row.extend([50.0, 99.0].map(|p| format!("{:+.0}", sample.percentile(p) - native.percentile(p))));
            rows.push(row);
        }
    }
    rows.sort();
    let head = ["route", "pass", "n", "p50 us", "p95 us", "p99 us", "p50 - native's", "p99 - native's"];
    report::table("server's processor time of a create, by dialect", &head, &rows);
    Ok(())
}

/// Microseconds of each create of each route; our own first.
async fn measure(child: &Child, blocks: usize) -> Result<Vec<(&'static str, Sample)>> {
    let routes = routes();
    let mut wires = Vec::new();
    for route in &routes {
        wires.push(Wire::to(&child.address(), route.path, &route.credentials).await?);
    }
    let mut taken = vec![Vec::new(); routes.len()];
    let mut callee = 0;
    // The first turn of each route warms it up.
    for turn in 0..=blocks {
        for ((route, wire), taken) in routes.iter().zip(&mut wires).zip(&mut taken) {
            for n in 0..=BLOCK {
                callee += 1;
                let body = (route.body)(&number(callee)).to_string();
                let before = child.cpu()?;
                wire.create(&body).await?;
                let cost = child.cpu()?.saturating_sub(before);
                if turn > 0 && n > 0 {
                    taken.push(cost.as_secs_f64() * 1e6);
                }
            }
        }
    }
    Ok(routes.iter().map(|route| route.name).zip(taken.into_iter().map(Sample::from_iter)).collect())
}

fn routes() -> Vec<Route> {
    vec![
        Route {
            name: "native",
            path: "/v1/calls",
            credentials: format!("Authorization: Bearer {}", KEY),
            body: |to| json!({ "agent": AGENT, "to": to, "variables": { "name": "Ann", "product": "solar panels" } }),
        },
        Route {
            name: "voiceb",
            path: "/api/click-to-call",
            credentials: format!("api-key: {}", secret("voiceb")),
            body: |to| json!({ "phone": to, "variables": { "name": "Ann", "product": "solar panels" } }),
        },
        Route {
            name: "voicing",
            path: "/api/v1/campaigns/publish-outbound-call",
            credentials: format!("x-api-key: {}", secret("voicing")),
            body: |to| {
                json!({ "assistant_id": VOICING, "phone_number": to, "telephony_provider": "default",
                    "input_variables": { "name": "Ann", "product": "solar panels" } })
            },
        },
        Route {
            name: "klen",
            path: "/api/v1/calls",
            credentials: format!("Authorization: Bearer {}", secret("klen")),
            body: |to| {
                json!({ "agent_id": KLEN, "phone_number": to,
                    "variables": { "name": "Ann", "product": "solar panels" } })
            },
        },
        Route {
            name: "vonage",
            path: "/telephony/make-call",
            credentials: format!("X-Vgai-Key: {}", secret("vonage")),
            body: |to| {
                json!({ "agent_id": VONAGE, "to": to.trim_start_matches('+'), "session_parameters": [
                    { "name": "name", "value": "Ann" }, { "name": "product", "value": "solar panels" }] })
            },
        },
        Route {
            name: "voxpria",
            path: "/api/v1/calls",
            credentials: format!("Authorization: Bearer {}", secret("voxpria")),
            body: |to| {
                json!({ "agentId": VOXPRIA, "toNumber": to,
                    "variables": { "name": "Ann", "product": "solar panels" } })
            },
        },
    ]
}
