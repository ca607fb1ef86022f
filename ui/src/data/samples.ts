/** Sample values of an agent's variables, kept in this browser: what a talk for trial is filled in with. */
import { useState } from "react";
import type { Variable } from "./definition";

const place = (agent: string) => `outdial.samples.${agent}`;

export function kept(agent: string): Record<string, string> {
  try {
    const found: unknown = JSON.parse(localStorage.getItem(place(agent)) ?? "{}");
    return found && typeof found === "object" ? (found as Record<string, string>) : {};
  } catch {
    return {};
  }
}

/** The values that a trial gives, and the names of those that it would have to give and does not. */
export function filled(variables: Variable[], own: Record<string, string>): { values: Record<string, string>; missing: string[] } {
  const all = variables.map((one) => [one.name, own[one.name] ?? one.sample ?? ""] as const);
  const missing = variables.filter((one) => one.used && !one.default && !(own[one.name] ?? one.sample));
  return { values: Object.fromEntries(all.filter(([, value]) => value)), missing: missing.map((one) => one.name) };
}

export function useSamples(agent: string) {
  const [own, setOwn] = useState(() => kept(agent));
  const set = (name: string, value: string | null) => {
    const { [name]: _, ...others } = own;
    const next = value === null ? others : { ...others, [name]: value };
    localStorage.setItem(place(agent), JSON.stringify(next));
    setOwn(next);
  };
  return { own, set };
}
