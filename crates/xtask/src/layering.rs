//! The shelves of ARCHITECTURE.md as a table, held against `cargo metadata`.

use std::collections::BTreeMap;
use std::process::Command;

use anyhow::Context;
use serde_json::Value;

/// Shelf of every crate; an arrow may only point to a lower shelf.
const SHELVES: &[(&str, u8)] = &[
    ("domain", 0),
    ("machines", 0),
    ("media", 0),
    ("app", 1),
    ("store", 2),
    ("bus", 2),
    ("telephony", 2),
    ("outbound", 2),
    ("providers", 2),
    ("session", 2),
    ("dialer", 2),
    ("callee", 2),
    ("dialects", 2),
    ("webhooks", 2),
    ("retention", 2),
    ("ui_assets", 2),
    ("api", 2),
    ("outdial", 3),
    ("testkit", 3),
    ("xtask", 3),
    ("bench", 3),
    ("cluster_sim", 3),
    ("chaos", 3),
];

/// The only arrows that stay on a shelf.
const SIDEWAYS: &[(&str, &str)] = &[
    ("machines", "domain"),
    ("dialer", "session"),
    ("webhooks", "dialects"),
    ("api", "dialects"),
    ("api", "ui_assets"),
    ("testkit", "outdial"),
    ("bench", "outdial"),
    ("bench", "testkit"),
];

/// What a pure crate may not touch.
const IMPURE: &[&str] =
    &["tokio", "axum", "sqlx", "sea-orm", "reqwest", "rand", "getrandom", "mio", "socket2", "hyper"];

pub(crate) fn faults() -> anyhow::Result<Vec<String>> {
    let out = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .output()
        .context("cargo metadata")?;
    anyhow::ensure!(out.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&out.stderr));
    let metadata: Value = serde_json::from_slice(&out.stdout)?;
    let shelves: BTreeMap<&str, u8> = SHELVES.iter().copied().collect();
    let mut faults = Vec::new();
    for package in metadata["packages"].as_array().context("no packages")? {
        let name = package["name"].as_str().unwrap_or_default();
        let Some(&shelf) = shelves.get(name) else {
            faults.push(format!("{name}: not on any shelf; add it to xtask/src/layering.rs and ARCHITECTURE.md"));
            continue;
        };
        for dependency in package["dependencies"].as_array().into_iter().flatten() {
            if dependency["kind"].as_str() == Some("dev") {
                continue;
            }
            let target = dependency["name"].as_str().unwrap_or_default();
            faults.extend(fault_of_edge(name, shelf, target, &shelves));
        }
    }
    Ok(faults)
}

fn fault_of_edge(name: &str, shelf: u8, target: &str, shelves: &BTreeMap<&str, u8>) -> Option<String> {
    if shelf == 0 && IMPURE.contains(&target) {
        return Some(format!("{name} -> {target}: a pure crate may not touch the outside"));
    }
    let &below = shelves.get(target)?;
    let allowed = below < shelf || SIDEWAYS.contains(&(name, target));
    (!allowed).then(|| format!("{name} -> {target}: arrows point to a lower shelf only"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrows_up_and_sideways_are_faults() {
        let shelves: BTreeMap<&str, u8> = SHELVES.iter().copied().collect();
        assert_eq!(fault_of_edge("api", 2, "app", &shelves), None);
        assert_eq!(fault_of_edge("dialer", 2, "session", &shelves), None);
        assert!(fault_of_edge("session", 2, "telephony", &shelves).is_some());
        assert!(fault_of_edge("app", 1, "store", &shelves).is_some());
        assert!(fault_of_edge("machines", 0, "tokio", &shelves).is_some());
    }

    #[test]
    fn the_tree_as_it_stands_has_no_fault() {
        assert_eq!(faults().unwrap(), Vec::<String>::new());
    }
}
