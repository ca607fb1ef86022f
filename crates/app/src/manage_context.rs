//! Variables that are known by name before any call: the organization's values, and those of its people.
//!
//! Law: what a call brings goes before what is known of the person, and that before what holds for the organization; the
//! definition's default comes last.

use domain::ContextVariableId;
use domain::api_key::Permission;
use domain::audit::{AuditAction, Changes};
use domain::contact::Contact;
use domain::context_variable::{ContextScope, ContextVariable, VariableForm};
use domain::refusal::Refusal;
use serde_json::{Map, Value};

use crate::refusals::{invalid, label, not_found};
use crate::{Platform, Principal};

/// Most variables of an organization.
const MOST: usize = 500;
/// Longest name in bytes.
const NAME: usize = 64;
/// Largest value in bytes of JSON.
const MAX_VALUE_BYTES: usize = 8 * 1024;

/// A variable as a client describes it.
#[derive(Clone, Debug)]
pub struct NewVariable {
    /// Whose value it holds.
    pub scope: ContextScope,
    /// Its name in texts.
    pub name: String,
    /// How it is shown and read.
    pub form: VariableForm,
}

impl Platform {
    /// All of an organization, oldest first.
    pub async fn list_variables(&self, principal: &Principal) -> Result<Vec<ContextVariable>, Refusal> {
        principal.require(Permission::ContactsRead)?;
        Ok(self.store.context_variables(principal.organization).await?)
    }

    /// Makes a variable; `Conflict` when its name is taken within its scope.
    pub async fn create_variable(&self, principal: &Principal, new: NewVariable) -> Result<ContextVariable, Refusal> {
        principal.require(Permission::ContactsWrite)?;
        if self.store.context_variables(principal.organization).await?.len() >= MOST {
            return Err(invalid("/name", format!("an organization has at most {MOST} variables")));
        }
        let variable = ContextVariable {
            id: ContextVariableId(self.clock.uuid()),
            organization: principal.organization,
            integer: 0,
            scope: new.scope,
            name: new.name,
            form: new.form,
            value: None,
            created_at: self.clock.now(),
        };
        self.save_variable(principal, None, variable).await
    }

    /// Changes name and form of a variable; its scope stays.
    pub async fn update_variable(
        &self,
        principal: &Principal,
        variable: ContextVariable,
    ) -> Result<ContextVariable, Refusal> {
        principal.require(Permission::ContactsWrite)?;
        let before = self.variable_numbered(principal, variable.integer).await?;
        self.save_variable(principal, Some(before), variable).await
    }

    /// Gives variables of the organization their values; `null` takes one away. All of them or none.
    pub async fn set_business_values(&self, principal: &Principal, values: Map<String, Value>) -> Result<(), Refusal> {
        principal.require(Permission::ContactsWrite)?;
        let known = self.store.context_variables(principal.organization).await?;
        let mut changed = Vec::with_capacity(values.len());
        for (name, value) in values {
            let of_name = |v: &&ContextVariable| v.scope == ContextScope::Business && v.name == name;
            let before = known.iter().find(of_name).ok_or_else(|| not_found("variable"))?;
            check_value(&before.form, &name, &value)?;
            let after = ContextVariable { value: Some(value).filter(|value| !value.is_null()), ..before.clone() };
            changed.push((before.clone(), after));
        }
        for (before, after) in changed {
            self.save_variable(principal, Some(before), after).await?;
        }
        Ok(())
    }

    /// What fills texts where a call brings nothing: the organization's values, and over them what is known of the person.
    pub async fn known_variables(
        &self,
        principal: &Principal,
        contact: Option<&Contact>,
    ) -> Result<Map<String, Value>, Refusal> {
        principal.require(Permission::CallsWrite)?;
        let all = self.store.context_variables(principal.organization).await?;
        let of_business = all.into_iter().filter(|v| v.scope == ContextScope::Business);
        let mut known: Map<String, Value> = of_business.filter_map(|v| Some((v.name, v.value?))).collect();
        known.extend(contact.map(Contact::variables).unwrap_or_default());
        Ok(known)
    }

    /// Removes a variable, and with it the organization's value.
    pub async fn delete_variable(&self, principal: &Principal, integer: i64) -> Result<(), Refusal> {
        principal.require(Permission::ContactsWrite)?;
        let known = self.variable_numbered(principal, integer).await?;
        let changes = Changes::none().of("name", known.name, None::<&str>);
        let store = self.audited(principal, AuditAction::VariableDeleted, known.id, changes);
        match store.delete_context_variable(principal.organization, known.id).await? {
            true => Ok(()),
            false => Err(not_found("variable")),
        }
    }

    /// One variable by the integer that names it.
    pub async fn variable_numbered(&self, principal: &Principal, integer: i64) -> Result<ContextVariable, Refusal> {
        principal.require(Permission::ContactsRead)?;
        let all = self.store.context_variables(principal.organization).await?;
        all.into_iter().find(|variable| variable.integer == integer).ok_or_else(|| not_found("variable"))
    }

    async fn save_variable(
        &self,
        principal: &Principal,
        before: Option<ContextVariable>,
        after: ContextVariable,
    ) -> Result<ContextVariable, Refusal> {
        check(&after)?;
        let changes = Changes::none()
            .of("name", before.as_ref().map(|b| b.name.clone()), after.name.clone())
            .of("scope", before.as_ref().map(|b| b.scope.as_str()), after.scope.as_str())
            .of("kind", before.as_ref().map(|b| b.form.kind.as_str()), after.form.kind.as_str())
            .hidden("value", before.as_ref().and_then(|b| b.value.as_ref()), after.value.as_ref());
        let store = self.audited(principal, AuditAction::VariableSaved, after.id, changes);
        Ok(store.save_context_variable(&after).await?)
    }
}

/// Refuses a value that its variable cannot have.
pub fn check_value(form: &VariableForm, name: &str, value: &Value) -> Result<(), Refusal> {
    if value.to_string().len() > MAX_VALUE_BYTES {
        return Err(invalid(&format!("/variables/{name}"), format!("must have at most {MAX_VALUE_BYTES} bytes")));
    }
    if form.takes(value) {
        return Ok(());
    }
    Err(invalid(&format!("/variables/{name}"), format!("must be a value of the kind {}", form.kind.as_str())))
}

fn check(variable: &ContextVariable) -> Result<(), Refusal> {
    let letters = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    let begins = variable.name.bytes().next().is_some_and(|b| b.is_ascii_alphabetic() || b == b'_');
    if !begins || variable.name.len() > NAME || !variable.name.bytes().all(letters) {
        return Err(invalid("/name", "must be 1 to 64 letters, digits and `_`, and not begin with a digit"));
    }
    let form = &variable.form;
    if !form.display_name.is_empty() {
        label("/display_name", &form.display_name)?;
    }
    if form.description.chars().count() > 500 || form.options.len() > 100 {
        return Err(invalid("/description", "must have at most 500 characters, and a select at most 100 options"));
    }
    Ok(())
}
