/** Who looks, and what they may do. */
import { queryOptions, useQuery } from "@tanstack/react-query";
import { api, Refused, type Schemas, take } from "./client";

export type Session = Schemas["Session"];

/** The session, or null where nobody is signed in. */
export const sessionQuery = queryOptions({
  queryKey: ["session"],
  staleTime: 60_000,
  retry: false,
  queryFn: async (): Promise<Session | null> => {
    try {
      return await take(api.GET("/v1/session"));
    } catch (error) {
      if (error instanceof Refused && error.status === 401) return null;
      throw error;
    }
  },
});

export function useSession() {
  return useQuery(sessionQuery).data ?? null;
}

/** Whether the signed-in person holds a permission; screens leave out what they may not do. */
export const useMay = (permission: Schemas["Permission"]): boolean => holds(useSession(), permission);

export function holds(session: Session | null, permission: Schemas["Permission"]): boolean {
  const held = session?.permissions ?? [];
  return held.includes("*") || held.includes(permission);
}
