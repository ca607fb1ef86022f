//! `outdial contacts`.

use anyhow::Result;
use api::wire::contacts::{Contact, ContactPage, SaveContact};

use crate::cli::Contacts;
use crate::client::{Client, segment};
use crate::output::Output;

/// Runs the command.
pub async fn run(command: Contacts, output: Output) -> Result<()> {
    match command {
        Contacts::List { number, remote } => {
            let narrowed = number.map(|number| format!("&number={}", segment(&number))).unwrap_or_default();
            let page: ContactPage = Client::new(&remote)?.get(&format!("/v1/contacts?limit=200{narrowed}")).await?;
            output.rows(&page.items, ["NAME", "NUMBERS", "TIME ZONE", "CALL", "ID"], |contact| {
                let call = if contact.do_not_contact { "never" } else { "yes" };
                [
                    contact.name.clone().unwrap_or_default(),
                    contact.numbers.join(", "),
                    contact.time_zone.clone().unwrap_or_default(),
                    call.to_owned(),
                    contact.id.clone(),
                ]
            })?;
        }
        Contacts::Add { numbers, name, time_zone, external_id, do_not_contact, remote } => {
            let new = SaveContact { name, numbers, time_zone, external_id, do_not_contact, ..SaveContact::default() };
            let contact: Contact = Client::new(&remote)?.post("/v1/contacts", &new).await?;
            output.either(&contact, |contact| format!("{} ({})", contact.numbers.join(", "), contact.id))?;
        }
        Contacts::Remove { contact, remote } => {
            Client::new(&remote)?.delete(&format!("/v1/contacts/{}", segment(&contact))).await?;
            super::removed(&contact, output)?;
        }
    }
    Ok(())
}
