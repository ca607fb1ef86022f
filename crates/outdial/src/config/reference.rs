//! `docs/configuration.md`, written from the structs.

use std::fmt::Write;

use super::keys::{Key, keys};

/// The page.
pub fn reference() -> String {
    let mut page = String::from(
        "# Configuration\n\n\
         `outdial serve` reads, in this order: its defaults, the file given with `--config` (TOML), environment \
         variables, flags.\nA bad value or an unknown key stops the start with one line that names it (exit code 78).\n\
         This page is made from the source (`crates/outdial/src/config`) and kept equal to it by a test.\n",
    );
    let mut section = String::new();
    for key in keys() {
        if key.section != section {
            section.clone_from(&key.section);
            let title = if key.named { format!("[{section}.<name>]") } else { format!("[{section}]") };
            let _ = write!(page, "\n## `{title}`\n\n| key | variable | default | what |\n| --- | --- | --- | --- |\n");
        }
        let _ = writeln!(page, "{}", row(&key));
    }
    page
}

fn row(key: &Key) -> String {
    let default = key.default.as_ref().map(|value| format!("`{value}`")).unwrap_or_default();
    format!("| `{}` | `{}` | {default} | {} |", key.name, key.variable(), key.description)
}
