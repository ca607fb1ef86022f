//! Which values a call must bring, and what they are once defaults are filled in.

use std::collections::{BTreeMap, BTreeSet};

use super::AgentDefinition;
use super::flow::Step;
use super::template::names_used;
use super::texts::visit_templates;
use crate::call::Variables;

/// Values that every call has without being told: the callee's date and time of day, both numbers, the call's id.
pub const BUILT_IN_VARIABLES: [&str; 6] = ["today", "now", "weekday", "from_number", "to_number", "call_id"];

/// Names that hold what a conversation gathers.
pub(super) const NAMESPACES: [&str; 6] = ["slots", "values", "tools", "intent", "heard", "arguments"];

impl AgentDefinition {
    /// Variables that some text uses and that a call or the flow itself must provide.
    pub fn variables_used(&self) -> BTreeSet<String> {
        let mut used = BTreeSet::new();
        visit_templates(self, &mut |_, template| {
            for name in names_used(template).unwrap_or_default() {
                let root = name.split('.').next().unwrap_or_default();
                if !NAMESPACES.contains(&root) && !BUILT_IN_VARIABLES.contains(&root) {
                    used.insert(root.to_owned());
                }
            }
        });
        used
    }

    /// Variables without which the agent cannot talk and that neither the call nor a default gives, in order.
    /// A blank value is no value.
    pub fn missing_variables(&self, given: &Variables) -> Vec<String> {
        let set_by_flow = self.variables_set();
        let mut needed = self.variables_used();
        needed.retain(|name| !set_by_flow.contains(name.as_str()));
        needed.extend(self.variables.keys().cloned());
        needed.retain(|name| {
            let has_default = self.variables.get(name).is_some_and(|spec| spec.default.is_some());
            !has_default && given.get(name).is_none_or(|value| value.trim().is_empty())
        });
        needed.into_iter().collect()
    }

    /// The given values with defaults filled in.
    pub fn with_defaults(&self, given: &Variables) -> Variables {
        let mut all = given.clone();
        for (name, spec) in &self.variables {
            if let Some(default) = &spec.default
                && all.get(name).is_none_or(|value| value.trim().is_empty())
            {
                all.insert(name.clone(), default.clone());
            }
        }
        all
    }

    /// Sample values for previews and tests: the sample, else the default, else the name itself.
    pub fn sample_variables(&self) -> Variables {
        let sample = |name: &String, spec: &super::VariableSpec| {
            spec.sample.clone().or_else(|| spec.default.clone()).unwrap_or_else(|| name.clone())
        };
        self.variables.iter().map(|(name, spec)| (name.clone(), sample(name, spec))).collect::<BTreeMap<_, _>>()
    }

    pub(super) fn variables_set(&self) -> BTreeSet<&str> {
        let steps = self.flow.iter().flat_map(|flow| flow.steps.values());
        let sets = steps.filter_map(|step| if let Step::Set(set) = step { Some(set) } else { None });
        sets.flat_map(|set| set.variables.keys().map(String::as_str)).collect()
    }
}
