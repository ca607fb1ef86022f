/** A definition as text: fields are read from it and written into it, and whatever they do not know stays as it was written. */
import { isCollection, isMap, parseDocument } from "yaml";

export type Path = readonly (string | number)[];
const WIDTH = { lineWidth: 110 } as const;

/** The text with one value changed, or without it; comments and unknown keys stay. Throws where the text is not YAML. */
export function withValue(text: string, path: Path, value: unknown): string {
  const document = parseDocument(text);
  if (document.errors[0]) throw document.errors[0];
  const there = document.getIn(path);
  if (isMap(there) && value && typeof value === "object" && !Array.isArray(value)) {
    // What stands there keeps its comments.
    for (const [key, part] of Object.entries(value)) there.set(key, typeof part === "object" ? document.createNode(part) : part);
  } else if (value !== undefined) document.setIn(path, typeof value === "object" && value !== null ? document.createNode(value) : value);
  else {
    document.deleteIn(path);
    // What held nothing else goes with it.
    for (let up = path.slice(0, -1); up.length; up = up.slice(0, -1)) {
      const parent = document.getIn(up);
      if (!isCollection(parent) || parent.items.length) break;
      document.deleteIn(up);
    }
  }
  return document.toString(WIDTH);
}

export interface Read {
  value?: Record<string, unknown>;
  error?: Error;
}

/** What the text says, or why it says nothing. */
export function read(text: string): Read {
  const document = parseDocument(text);
  if (document.errors[0]) return { error: document.errors[0] };
  const value: unknown = document.toJS();
  return value && typeof value === "object" && !Array.isArray(value) ? { value: value as Record<string, unknown> } : { error: new Error("A definition is a list of keys and values.") };
}

export function at(value: unknown, path: Path): unknown {
  return path.reduce((found: unknown, key) => (found && typeof found === "object" ? (found as Record<string | number, unknown>)[key] : undefined), value);
}

/** Whether two definitions say the same, in whatever order. */
export function same(one: unknown, two: unknown): boolean {
  if (one === two) return true;
  if (!one || !two || typeof one !== "object" || typeof two !== "object" || Array.isArray(one) !== Array.isArray(two)) return false;
  const [first, second] = [Object.entries(one), Object.entries(two)];
  return first.length === second.length && first.every(([key, value]) => key in two && same(value, (two as Record<string, unknown>)[key]));
}

/** The steps of a flow in the order in which a talk may come to them, then those it does not come to. */
function inOrder(start: unknown, steps: Record<string, unknown>): string[] {
  const found = new Set<string>();
  const waiting = [start, ...Object.keys(steps)];
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    if (typeof next !== "string" || !(next in steps) || found.has(next)) continue;
    found.add(next);
    waiting.unshift(...named(steps[next], steps));
  }
  return [...found];
}

/** Steps that a step names, where it says what comes next. */
function named(part: unknown, steps: Record<string, unknown>): string[] {
  if (!part || typeof part !== "object") return [];
  return Object.entries(part).flatMap(([key, value]) => (typeof value !== "string" ? named(value, steps) : key !== "text" && value in steps ? [value] : []));
}

/** Every sentence of a flow's steps, with the place where it stands. */
export function sentences(definition: unknown): { step: string; kind: string; path: Path }[] {
  const steps = at(definition, ["flow", "steps"]) as Record<string, unknown> | undefined;
  if (!steps || typeof steps !== "object") return [];
  return inOrder(at(definition, ["flow", "start"]), steps).flatMap((step) =>
    Object.entries((steps[step] ?? {}) as Record<string, unknown>)
      .filter(([, inner]) => at(inner, ["text"]) !== undefined)
      .map(([kind]) => ({ step, kind, path: ["flow", "steps", step, kind, "text"] })),
  );
}

/** What the questions of a flow find out. */
export function found(definition: unknown): { name: string; type: string }[] {
  const steps = Object.values((at(definition, ["flow", "steps"]) ?? {}) as Record<string, unknown>);
  const slots = steps.flatMap((step) => (at(step, ["ask", "slots"]) ?? []) as { name: string; type: string }[]);
  return [...new Map(slots.map((slot) => [slot.name, slot])).values()];
}
