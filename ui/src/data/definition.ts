/** What can be read off an agent's definition without understanding all of it. */
import { variablesIn } from "./words";

export interface Variable {
  name: string;
  description?: string;
  sample?: string;
  default?: string;
  /** Whether the definition describes it. */
  declared: boolean;
  used: boolean;
}

/** The variables that a definition declares or uses. */
export function variablesOf(definition: unknown): Variable[] {
  const text = JSON.stringify(definition ?? {});
  const used = variablesIn(text).filter((name) => !OF_THE_TALK.has(name) && !slots(definition).has(name));
  const declared = ((definition as { variables?: Record<string, Partial<Variable>> })?.variables ?? {}) as Record<string, Partial<Variable>>;
  const names = [...new Set([...Object.keys(declared), ...used])];
  return names.map((name) => ({
    ...(typeof declared[name] === "object" ? declared[name] : {}),
    name,
    declared: name in declared,
    used: used.includes(name),
  }));
}

/** Names that the talk itself fills (docs/guides/write-an-agent.md). */
const OF_THE_TALK = new Set(["heard", "slots", "values", "tools", "arguments", "intent", "today", "now", "weekday", "from_number", "to_number", "call_id"]);

/** Names of what the talk asks for. */
function slots(definition: unknown, found = new Set<string>()): Set<string> {
  if (Array.isArray(definition)) for (const part of definition) slots(part, found);
  else if (definition && typeof definition === "object") {
    for (const [key, value] of Object.entries(definition)) {
      if (key === "slots" && Array.isArray(value)) for (const slot of value) if (typeof slot?.name === "string") found.add(slot.name);
      slots(value, found);
    }
  }
  return found;
}
