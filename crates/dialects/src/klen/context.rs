//! `/api/v1/context-variables`, and the values of people and of the organization that instructions are filled with.

use app::Principal;
use app::manage_contacts::ContactDetails;
use app::manage_context::{NewVariable, check_value};
use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use domain::context_variable::{ContextScope, ContextVariable, ValueKind, VariableForm};
use domain::refusal::{Refusal, RefusalCode};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::contacts::{READ, WRITE, contact};
use super::errors::KlenError;
use super::routes::asker;
use super::wire::Failed;
use crate::door::Door;
use crate::raw::Raw;
use crate::variables;

type Answer = Result<Response, KlenError>;

pub(super) fn routes() -> OpenApiRouter<Door> {
    OpenApiRouter::new()
        .routes(routes!(list_variables))
        .routes(routes!(create_variable))
        .routes(routes!(replace_variable, update_variable))
        .routes(routes!(delete_variable))
        .routes(routes!(set_contact_context))
        .routes(routes!(set_business_context))
}

/// A variable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(super) struct Variable {
    /// Database id.
    pub id: i64,
    /// Name in the instructions.
    pub name: String,
    /// What people call it.
    pub display_name: String,
    /// What it is for.
    pub description: String,
    /// `text`, `number`, `date`, `boolean` or `select`.
    pub variable_type: &'static str,
    /// `contact` or `business`.
    pub context_type: &'static str,
    /// Whether it came with the product; none here.
    pub is_default: bool,
    /// The values of a `select`.
    pub select_options: Vec<String>,
}

impl From<ContextVariable> for Variable {
    fn from(variable: ContextVariable) -> Self {
        Self {
            id: variable.integer,
            name: variable.name,
            display_name: variable.form.display_name,
            description: variable.form.description,
            variable_type: variable.form.kind.as_str(),
            context_type: variable.scope.as_str(),
            is_default: false,
            select_options: variable.form.options,
        }
    }
}

/// Answer of the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(super) struct VariableList {
    /// How many there are.
    pub count: usize,
    /// Oldest first.
    pub variables: Vec<Variable>,
}

/// What a variable is created or changed with.
#[derive(Clone, Debug, ToSchema)]
#[expect(dead_code, reason = "documents the body, which is read field by field for the vendor's own errors")]
struct VariableBody {
    /// Required in a create.
    name: Option<String>,
    display_name: Option<String>,
    description: Option<String>,
    /// `text` where nothing is said.
    variable_type: Option<String>,
    /// `contact` where nothing is said; a variable keeps it.
    context_type: Option<String>,
    /// For a `select`.
    select_options: Option<Vec<String>>,
}

/// Values by name.
#[derive(Clone, Debug, ToSchema)]
#[expect(dead_code, reason = "documents the body")]
struct ContextBody {
    variables: Map<String, Value>,
    /// Whether names that are not known become variables; false where nothing is said.
    auto_create_variables: Option<bool>,
}

/// Answer of a change of values.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(super) struct ContextSet {
    /// What was done.
    pub message: String,
    /// The person, where it was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contact_id: Option<i64>,
}

/// List context variables
#[utoipa::path(get, path = "/api/v1/context-variables", tag = "context variables",
    params(
        ("Authorization" = Option<String>, Header, description = "`Bearer klen_…`; or X-API-Key, or ?api_key="),
        ("context_type" = Option<String>, Query, description = "contact or business"),
    ),
    responses(
        (status = 200, description = "All of them", body = VariableList),
        (status = "4XX", description = "Refused", body = Failed),
        (status = 500, description = "server_error", body = Failed),
    ))]
async fn list_variables(State(door): State<Door>, raw: Raw) -> Answer {
    let principal = asker(&door, &raw, READ).await?;
    let scope = raw.query("context_type").filter(|text| !text.is_empty()).map(scope).transpose()?;
    let all = door.platform.list_variables(&principal).await?.into_iter();
    let variables: Vec<Variable> =
        all.filter(|variable| scope.is_none_or(|scope| scope == variable.scope)).map(Variable::from).collect();
    Ok(Json(VariableList { count: variables.len(), variables }).into_response())
}

/// Create a context variable
#[utoipa::path(post, path = "/api/v1/context-variables/create", tag = "context variables",
    params(("Authorization" = Option<String>, Header, description = "`Bearer klen_…`; or X-API-Key, or ?api_key=")),
    request_body = VariableBody,
    responses(
        (status = 200, description = "The variable", body = Variable),
        (status = "4XX", description = "Refused; nothing was stored", body = Failed),
        (status = 500, description = "server_error", body = Failed),
    ))]
async fn create_variable(State(door): State<Door>, raw: Raw) -> Answer {
    let principal = asker(&door, &raw, WRITE).await?;
    let body = raw.object()?;
    let name = text(&body, "name")?.ok_or_else(|| KlenError::validation("name is required"))?;
    let scope = text(&body, "context_type")?.as_deref().map_or(Ok(ContextScope::Contact), scope)?;
    let form = form(VariableForm { display_name: name.clone(), ..VariableForm::default() }, &body)?;
    let made = door.platform.create_variable(&principal, NewVariable { scope, name, form }).await?;
    Ok(Json(Variable::from(made)).into_response())
}

/// Update a context variable
#[utoipa::path(put, path = "/api/v1/context-variables/{id}/update", tag = "context variables",
    params(
        ("Authorization" = Option<String>, Header, description = "`Bearer klen_…`; or X-API-Key, or ?api_key="),
        ("id" = String, Path, description = "Database id"),
    ),
    request_body = VariableBody,
    responses(
        (status = 200, description = "The variable as it is now", body = Variable),
        (status = "4XX", description = "Refused; nothing was changed", body = Failed),
        (status = 500, description = "server_error", body = Failed),
    ))]
async fn replace_variable(State(door): State<Door>, Path(id): Path<String>, raw: Raw) -> Answer {
    update(&door, &id, &raw).await
}

/// Update a context variable
///
/// The same as by PUT.
#[utoipa::path(patch, path = "/api/v1/context-variables/{id}/update", tag = "context variables",
    params(
        ("Authorization" = Option<String>, Header, description = "`Bearer klen_…`; or X-API-Key, or ?api_key="),
        ("id" = String, Path, description = "Database id"),
    ),
    request_body = VariableBody,
    responses(
        (status = 200, description = "The variable as it is now", body = Variable),
        (status = "4XX", description = "Refused; nothing was changed", body = Failed),
        (status = 500, description = "server_error", body = Failed),
    ))]
async fn update_variable(State(door): State<Door>, Path(id): Path<String>, raw: Raw) -> Answer {
    update(&door, &id, &raw).await
}

async fn update(door: &Door, id: &str, raw: &Raw) -> Answer {
    let principal = asker(door, raw, WRITE).await?;
    let mut variable = variable(door, &principal, id).await?;
    let body = raw.object()?;
    variable.name = text(&body, "name")?.unwrap_or(variable.name);
    variable.form = form(variable.form, &body)?;
    let changed = door.platform.update_variable(&principal, variable).await?;
    Ok(Json(Variable::from(changed)).into_response())
}

/// Delete a context variable
#[utoipa::path(delete, path = "/api/v1/context-variables/{id}/delete", tag = "context variables",
    params(
        ("Authorization" = Option<String>, Header, description = "`Bearer klen_…`; or X-API-Key, or ?api_key="),
        ("id" = String, Path, description = "Database id"),
    ),
    responses(
        (status = 200, description = "It is gone", body = ContextSet),
        (status = "4XX", description = "Refused", body = Failed),
        (status = 500, description = "server_error", body = Failed),
    ))]
async fn delete_variable(State(door): State<Door>, Path(id): Path<String>, raw: Raw) -> Answer {
    let principal = asker(&door, &raw, WRITE).await?;
    let variable = variable(&door, &principal, &id).await?;
    door.platform.delete_variable(&principal, variable.integer).await?;
    Ok(done("Context variable deleted", None))
}

/// Set the values of a contact
#[utoipa::path(post, path = "/api/v1/contacts/{id}/context", tag = "context variables",
    params(
        ("Authorization" = Option<String>, Header, description = "`Bearer klen_…`; or X-API-Key, or ?api_key="),
        ("id" = String, Path, description = "Database id of the contact"),
    ),
    request_body = ContextBody,
    responses(
        (status = 200, description = "Set; null takes a value away", body = ContextSet),
        (status = "4XX", description = "Refused; nothing was changed", body = Failed),
        (status = 500, description = "server_error", body = Failed),
    ))]
async fn set_contact_context(State(door): State<Door>, Path(id): Path<String>, raw: Raw) -> Answer {
    let principal = asker(&door, &raw, WRITE).await?;
    let contact = contact(&door, &principal, &id).await?;
    let values = values(&door, &principal, &raw, ContextScope::Contact).await?;
    let (known, integer, mut details) = (contact.id, contact.integer, ContactDetails::from(contact));
    for (name, value) in values {
        match value.is_null() {
            true => details.profile.variables.remove(&name),
            false => details.profile.variables.insert(name, value),
        };
    }
    door.platform.save_contact(&principal, Some(known), details).await?;
    Ok(done("Context variables set", Some(integer)))
}

/// Set the values of the organization
#[utoipa::path(post, path = "/api/v1/business/context", tag = "context variables",
    params(("Authorization" = Option<String>, Header, description = "`Bearer klen_…`; or X-API-Key, or ?api_key=")),
    request_body = ContextBody,
    responses(
        (status = 200, description = "Set; null takes a value away", body = ContextSet),
        (status = "4XX", description = "Refused; nothing was changed", body = Failed),
        (status = 500, description = "server_error", body = Failed),
    ))]
async fn set_business_context(State(door): State<Door>, raw: Raw) -> Answer {
    let principal = asker(&door, &raw, WRITE).await?;
    let values = values(&door, &principal, &raw, ContextScope::Business).await?;
    door.platform.set_business_values(&principal, values).await?;
    Ok(done("Business context variables set", None))
}

fn done(message: &str, contact_id: Option<i64>) -> Response {
    Json(ContextSet { message: message.to_owned(), contact_id }).into_response()
}

/// The values of a body, each one that its variable can have; variables that are not known are made where that was asked for.
async fn values(
    door: &Door,
    principal: &Principal,
    raw: &Raw,
    scope: ContextScope,
) -> Result<Map<String, Value>, KlenError> {
    let body = raw.object()?;
    let values = match body.get("variables") {
        Some(Value::Object(values)) => values.clone(),
        _ => return Err(KlenError::validation("variables must be an object")),
    };
    let create = match body.get("auto_create_variables") {
        None | Some(Value::Null) => false,
        Some(Value::Bool(create)) => *create,
        Some(_) => return Err(KlenError::validation("auto_create_variables must be true or false")),
    };
    let known = door.platform.list_variables(principal).await?;
    let of_scope = |name: &str| known.iter().find(|variable| variable.scope == scope && variable.name == name);
    let mut missing = Vec::new();
    for (name, value) in &values {
        match of_scope(name) {
            Some(variable) => check_value(&variable.form, name, value).map_err(|refusal| {
                let text = format!("Invalid value for {name}: {}", refusal.detail);
                KlenError::new(400, "invalid_value", text)
            })?,
            None if create => missing.push(name.clone()),
            None => {
                let text = format!("Variable {name} is not defined");
                return Err(KlenError::new(400, "undefined_variable", text));
            }
        }
    }
    for name in missing {
        let form = VariableForm { display_name: name.clone(), ..VariableForm::default() };
        door.platform.create_variable(principal, NewVariable { scope, name, form }).await?;
    }
    Ok(values)
}

async fn variable(door: &Door, principal: &Principal, id: &str) -> Result<ContextVariable, KlenError> {
    let Ok(integer) = id.parse() else { return Err(KlenError::not_found("Context variable")) };
    door.platform.variable_numbered(principal, integer).await.map_err(|refusal: Refusal| match refusal.code {
        RefusalCode::NotFound => KlenError::not_found("Context variable"),
        _ => KlenError::from(&refusal),
    })
}

fn scope(text: &str) -> Result<ContextScope, KlenError> {
    let wrong = || KlenError::validation("context_type must be contact or business");
    ContextScope::parse(text).ok_or_else(wrong)
}

fn form(mut form: VariableForm, body: &Map<String, Value>) -> Result<VariableForm, KlenError> {
    form.display_name = text(body, "display_name")?.unwrap_or(form.display_name);
    form.description = text(body, "description")?.unwrap_or(form.description);
    if let Some(kind) = text(body, "variable_type")? {
        let wrong = || KlenError::validation("variable_type must be text, number, date, boolean or select");
        form.kind = ValueKind::parse(&kind).ok_or_else(wrong)?;
    }
    if let Some(options) = body.get("select_options").filter(|options| !options.is_null()) {
        let wrong = || KlenError::validation("select_options must be a list of texts");
        form.options = variables::texts(options).ok_or_else(wrong)?;
    }
    if form.kind == ValueKind::Select && form.options.is_empty() {
        return Err(KlenError::validation("select_options is required for a select"));
    }
    Ok(form)
}

fn text(body: &Map<String, Value>, name: &str) -> Result<Option<String>, KlenError> {
    let value = body.get(name).unwrap_or(&Value::Null);
    variables::word(value).ok_or_else(|| KlenError::validation(format!("{name} must be a string")))
}
