//! `outdial suppressions`.

use std::io::Read;
use std::path::Path;

use anyhow::{Context, Result};
use api::wire::suppressions::{CreateSuppression, CreateSuppressions, SuppressedMany, Suppression, SuppressionPage};

use crate::cli::Suppressions;
use crate::client::{Client, segment};
use crate::output::Output;

/// Entries that go to the server at once.
const BATCH: usize = 1_000;

/// Runs the command.
pub async fn run(command: Suppressions, output: Output) -> Result<()> {
    match command {
        Suppressions::List { number, remote } => {
            let entries = all(&Client::new(&remote)?, number.as_deref()).await?;
            output.rows(&entries, ["NUMBER", "REASON", "SOURCE", "SINCE", "UNTIL", "ID"], |entry| {
                [
                    entry.number.clone(),
                    entry.reason.clone(),
                    entry.source.clone(),
                    entry.created_at.to_string(),
                    entry.expires_at.map(|at| at.to_string()).unwrap_or_default(),
                    entry.id.clone(),
                ]
            })?;
        }
        Suppressions::Add { number, reason, note, until, remote } => {
            let new = CreateSuppression { number, reason, note, expires_at: until, call_id: None };
            let entry: Suppression = Client::new(&remote)?.post("/v1/suppressions", &new).await?;
            output.either(&entry, |entry| format!("{} ({}, {})", entry.number, entry.reason, entry.id))?;
        }
        Suppressions::Import { file, reason, remote } => {
            let client = Client::new(&remote)?;
            let mut listed = 0;
            for items in entries(&read(&file)?, &reason).chunks(BATCH) {
                let batch = CreateSuppressions { items: items.to_vec() };
                let done: SuppressedMany = client.post("/v1/suppressions/import", &batch).await?;
                listed += done.listed;
            }
            output.either(&SuppressedMany { listed }, |done| format!("{} numbers are on the list", done.listed))?;
        }
        Suppressions::Remove { suppression, remote } => {
            Client::new(&remote)?.delete(&format!("/v1/suppressions/{}", segment(&suppression))).await?;
            super::removed(&suppression, output)?;
        }
    }
    Ok(())
}

/// The whole list, page by page.
async fn all(client: &Client, number: Option<&str>) -> Result<Vec<Suppression>> {
    let narrowed = number.map(|number| format!("&number={}", segment(number))).unwrap_or_default();
    let (mut entries, mut cursor) = (Vec::new(), String::new());
    loop {
        let page: SuppressionPage = client.get(&format!("/v1/suppressions?limit=200{narrowed}{cursor}")).await?;
        entries.extend(page.items);
        match page.next_cursor {
            Some(next) => cursor = format!("&cursor={}", segment(&next)),
            None => return Ok(entries),
        }
    }
}

fn read(file: &Path) -> Result<String> {
    if file == Path::new("-") {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text)?;
        return Ok(text);
    }
    std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))
}

/// One entry a line; a first line without a digit is a heading. Fields may stand in double quotes.
fn entries(text: &str, reason: &str) -> Vec<CreateSuppression> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty()).enumerate();
    let lines = lines.filter(|(at, line)| *at > 0 || line.chars().any(|c| c.is_ascii_digit()));
    let entry = |line: &str| {
        let mut fields = line.split([',', ';']).map(|field| field.trim().trim_matches('"').trim());
        let number = fields.next().unwrap_or_default().to_owned();
        let said = fields.next().filter(|said| !said.is_empty()).unwrap_or(reason).to_owned();
        CreateSuppression { number, reason: said, ..CreateSuppression::default() }
    };
    lines.map(|(_, line)| entry(line)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_read_with_or_without_heading_quotes_and_reasons() {
        let read = entries("number,reason\n\"+15550009999\",asked\n\n+34612345678\n", "import");
        let pairs: Vec<(&str, &str)> = read.iter().map(|e| (e.number.as_str(), e.reason.as_str())).collect();
        assert_eq!(pairs, [("+15550009999", "asked"), ("+34612345678", "import")]);
    }
}
