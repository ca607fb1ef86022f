//! Texts with `{{variables}}`.
//!
//! Law: only `{{ … }}` lives, and `$NAME` in capitals where a value of that name is there. A percent sign or a hash in a text stays what it is, a value that looks like a
//! template is never rendered again, and a missing value is an error with its name, not a gap in a sentence.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::OnceLock;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{Environment, ErrorKind, UndefinedBehavior};
use serde_json::Value;

/// Instructions one text may take; a text of a thousand placeholders takes a few thousand.
const FUEL: u64 = 50_000;

/// Why a text cannot be rendered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// It is not a template.
    #[error("{0}")]
    Syntax(String),
    /// A value it needs is not there.
    #[error("no value for {{{{{0}}}}}")]
    Missing(String),
}

/// The text with every `{{ … }}` filled in from `context`, an object.
pub fn render(text: &str, context: &Value) -> Result<String, TemplateError> {
    let text = &*dollars(text, context);
    if !text.contains("{{") {
        return Ok(text.to_owned());
    }
    check_names(text)?;
    strict().render_str(text, Serde(context)).map_err(|error| match error.kind() {
        ErrorKind::UndefinedError => TemplateError::Missing(missing_name(text, context)),
        _ => TemplateError::Syntax(friendly(&error)),
    })
}

/// As `render`, but what is missing becomes nothing. For a live call, where a gap is better than silence.
pub fn render_leniently(text: &str, context: &Value) -> String {
    let text = &*dollars(text, context);
    let rendered = lenient().render_str(text, Serde(context)).unwrap_or_else(|_| strip_placeholders(text));
    rendered.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Names that the text uses: `name`, `slots.when`, `tools.lookup.total`.
pub fn names_used(text: &str) -> Result<BTreeSet<String>, TemplateError> {
    if !text.contains("{{") {
        return Ok(BTreeSet::new());
    }
    check_names(text)?;
    let template = strict().template_from_str(text).map_err(|e| TemplateError::Syntax(friendly(&e)))?;
    // Unknown filters show only when the text is filled in.
    if let Err(error) = lenient().render_str(text, minijinja::Value::UNDEFINED)
        && matches!(error.kind(), ErrorKind::UnknownFilter | ErrorKind::UnknownTest | ErrorKind::UnknownFunction)
    {
        return Err(TemplateError::Syntax(friendly(&error)));
    }
    Ok(template.undeclared_variables(true).into_iter().collect())
}

/// `$NAME`, as Vonage AI Studio writes it, as `{{ NAME }}` where the context has it; what is not known stays, for prices
/// and tickers look like it. Rewritten before the one pass that fills in, so that no value is read as a template.
fn dollars<'a>(text: &'a str, context: &Value) -> Cow<'a, str> {
    if !text.contains('$') {
        return Cow::Borrowed(text);
    }
    let mut written = String::with_capacity(text.len() + 16);
    let mut rest = text;
    while let Some(at) = rest.find(['$', '{']) {
        let (before, here) = rest.split_at(at);
        written.push_str(before);
        let taken = if here.starts_with("{{") {
            let end = here.find("}}").map_or(here.len(), |end| end + 2);
            written.push_str(&here[..end]);
            end
        } else {
            let name = here.strip_prefix('$').map_or("", capitals);
            if !name.is_empty() && context.get(name).is_some() {
                written.push_str("{{ ");
                written.push_str(name);
                written.push_str(" }}");
            } else {
                written.push_str(&here[..=name.len()]);
            }
            1 + name.len()
        };
        rest = &here[taken..];
    }
    written.push_str(rest);
    Cow::Owned(written)
}

/// The name that `text` begins with: capitals, digits and underscores, a capital first.
fn capitals(text: &str) -> &str {
    let fits = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    let end = text.find(|c| !fits(c)).unwrap_or(text.len());
    if text.starts_with(|c: char| c.is_ascii_uppercase()) { &text[..end] } else { "" }
}

fn strict() -> &'static Environment<'static> {
    static STRICT: OnceLock<Environment<'static>> = OnceLock::new();
    STRICT.get_or_init(|| environment(UndefinedBehavior::Strict))
}

fn lenient() -> &'static Environment<'static> {
    static LENIENT: OnceLock<Environment<'static>> = OnceLock::new();
    LENIENT.get_or_init(|| environment(UndefinedBehavior::Chainable))
}

fn environment(undefined: UndefinedBehavior) -> Environment<'static> {
    let mut environment = Environment::new();
    // `{# … #}` would vanish and `{%` would be a parse error in ordinary prose: give both delimiters that nobody types.
    let syntax = SyntaxConfig::builder()
        .block_delimiters("\u{1}", "\u{2}")
        .comment_delimiters("\u{3}", "\u{4}")
        .build()
        .expect("the delimiters are distinct and not empty");
    environment.set_syntax(syntax);
    environment.set_undefined_behavior(undefined);
    environment.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
    environment.set_fuel(Some(FUEL));
    environment
}

/// `{{customer name}}` is the commonest mistake; its parse error says nothing to whoever made it.
fn check_names(text: &str) -> Result<(), TemplateError> {
    for inner in placeholders(text) {
        let words: Vec<&str> = inner.split_whitespace().collect();
        let plain = words.iter().all(|w| w.chars().all(|c| c.is_alphanumeric() || c == '_'));
        if inner.is_empty() {
            return Err(TemplateError::Syntax("{{}} names nothing".into()));
        }
        if words.len() > 1 && plain && !words.iter().any(|w| OPERATORS.contains(w)) {
            let joined = words.join("_");
            return Err(TemplateError::Syntax(format!("{{{{{inner}}}}} has a space in it; write {{{{{joined}}}}}")));
        }
    }
    Ok(())
}

const OPERATORS: [&str; 7] = ["and", "or", "not", "in", "is", "if", "else"];

fn placeholders(text: &str) -> impl Iterator<Item = &str> {
    text.split("{{").skip(1).filter_map(|rest| rest.split_once("}}").map(|(inner, _)| inner.trim()))
}

fn strip_placeholders(text: &str) -> String {
    let mut parts = text.split("{{");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        plain.push_str(part.split_once("}}").map_or("", |(_, after)| after));
    }
    plain
}

fn missing_name(text: &str, context: &Value) -> String {
    let names = names_used(text).unwrap_or_default();
    let missing = names.iter().find(|name| {
        let found = name.split('.').try_fold(context, |at, key| at.get(key));
        found.is_none()
    });
    missing.cloned().unwrap_or_else(|| "a value".to_owned())
}

fn friendly(error: &minijinja::Error) -> String {
    let detail = error.detail().unwrap_or("cannot be read").to_owned();
    match error.kind() {
        ErrorKind::UnknownFilter => format!("{detail}; for a default write {{{{ name | default('there') }}}}"),
        ErrorKind::OutOfFuel => "takes too long to fill in".to_owned(),
        _ => detail,
    }
}
