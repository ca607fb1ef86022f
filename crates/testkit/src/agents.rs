//! Agents for tests: the published examples as they are, and variants of them.

use domain::agent_definition::AgentDefinition;

use crate::root;

/// The example that most tests call with.
pub const LEAD_CALLBACK: &str = "lead-callback";

/// An agent of a test: an example under a name of its own, changed in the points that the test is about.
#[derive(Debug)]
pub struct Variant {
    /// Slug that it is published under.
    pub slug: String,
    /// The changed definition.
    pub definition: AgentDefinition,
}

impl Variant {
    /// `examples/<example>/agent.yaml` as it is.
    pub fn example(example: &str) -> Self {
        let path = root().join("examples").join(example).join("agent.yaml");
        let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let definition = AgentDefinition::parse(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        Self { slug: example.to_owned(), definition }
    }

    /// `lead-callback` under another name, changed.
    pub fn of_lead_callback(slug: &str, change: impl FnOnce(&mut AgentDefinition)) -> Self {
        let mut variant = Self { slug: slug.to_owned(), ..Self::example(LEAD_CALLBACK) };
        change(&mut variant.definition);
        variant
    }
}
