/** The one way to the server: typed by our own OpenAPI document, by the session's cookie. */
import createClient from "openapi-fetch";
import type { components, paths } from "./schema";

export type Schemas = components["schemas"];

/** What a page of ours says of itself; without it the server changes nothing under a cookie. */
export const OURS = { "Outdial-Request": "dashboard" };

export const api = createClient<paths>({ baseUrl: "/", headers: OURS, fetch: (request) => fetch(request) });

/** A refusal, with the server's word on what to do about it. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly remedy: string,
    readonly fields: { pointer: string; detail: string }[],
  ) {
    super(remedy);
  }
}

type Answer<T> = { data?: T; error?: unknown; response: Response };

/** What was asked for, or a [Refused]. */
export async function take<T>(asked: Promise<Answer<T>>): Promise<T> {
  let answer: Answer<T>;
  try {
    answer = await asked;
  } catch {
    throw new Refused(0, "unreachable", "The server does not answer. Check that it runs and that you are online.", []);
  }
  if (answer.response.ok) return answer.data as T;
  const problem = (answer.error ?? {}) as Partial<Schemas["Problem"]>;
  const fields = (problem.errors ?? []) as { pointer: string; detail: string }[];
  const detail = problem.detail || problem.title || `The server answered ${answer.response.status}.`;
  throw new Refused(answer.response.status, problem.code ?? "", detail, fields);
}

/** A sentence for whatever went wrong. */
export function remedyOf(error: unknown): string {
  if (error instanceof Refused) {
    const fields = error.fields.map((field) => `${field.pointer}: ${field.detail}`);
    return fields.length ? fields.join(" · ") : error.remedy;
  }
  return error instanceof Error ? error.message : String(error);
}
