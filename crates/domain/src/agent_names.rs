//! The names by which the vendors' APIs know an agent. Each has a look of its own, and clients keep them in their code,
//! so every agent has one of each: given by whoever set it up, or made from its id.

use uuid::Uuid;

use crate::ids::AgentId;

/// Names of one agent; each is unique within the tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentNames {
    /// Klen's database id.
    pub integer: i64,
    /// Voicing AI: a UUID.
    pub voicing: Uuid,
    /// Klen: `assistant_…`.
    pub klen: String,
    /// Vonage AI Studio: 24 hexadecimal digits.
    pub vonage: String,
    /// Voxpria: `agent_…`.
    pub voxpria: String,
}

impl AgentNames {
    /// Names made from the id; `integer` is drawn by the store.
    pub fn of(agent: AgentId, integer: i64) -> Self {
        let digits = agent.0.simple().to_string();
        // The first half of a UUID v7 is mostly time; the end is random.
        Self {
            integer,
            voicing: agent.0,
            klen: format!("assistant_{}", &digits[16..]),
            vonage: digits[8..].to_owned(),
            voxpria: agent.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_vendor_sees_a_name_of_its_own_look() {
        let id = AgentId(Uuid::parse_str("019addcc-b878-7b10-85f1-49f21342f947").unwrap());
        let names = AgentNames::of(id, 123);
        assert_eq!(names.voicing.to_string(), "019addcc-b878-7b10-85f1-49f21342f947");
        assert_eq!(names.klen, "assistant_85f149f21342f947");
        assert_eq!(names.vonage, "b8787b1085f149f21342f947");
        assert_eq!(names.voxpria, "agent_019addccb8787b1085f149f21342f947");
    }
}
