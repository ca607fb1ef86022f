/** What stands around every screen: where one is, whose data it is, and the way elsewhere. */
import { useQueryClient } from "@tanstack/react-query";
import { Link, Outlet, useNavigate } from "@tanstack/react-router";
import { LogOut, Moon, Search, Sun } from "lucide-react";
import { useState } from "react";
import { toast } from "sonner";
import { api, remedyOf, take } from "~/data/client";
import { sessionQuery, useSession } from "~/data/session";
import { toggleTheme, useDark } from "~/data/theme";
import { cx } from "./basics";
import { usePlaces } from "./places";
import { Palette } from "./palette";

export function Shell() {
  const [palette, setPalette] = useState(false);
  const places = usePlaces();
  return (
    <div className="flex min-h-screen max-md:flex-col">
      <a href="#screen" className="sr-only focus:not-sr-only focus:absolute focus:left-2 focus:top-2 focus:z-50 focus:rounded focus:bg-panel focus:p-2">
        Skip to the screen
      </a>
      <aside className="sticky top-0 flex h-screen w-52 shrink-0 flex-col border-r border-line bg-panel max-md:static max-md:h-auto max-md:w-full max-md:border-b max-md:border-r-0">
        <div className="flex items-center gap-2 px-4 pb-2 pt-4">
          <img src="/app/icon.svg" alt="" className="size-6" />
          <span className="font-semibold">Outdial</span>
        </div>
        <Organizations />
        <button
          type="button"
          onClick={() => setPalette(true)}
          className="mx-3 mb-2 flex h-8 items-center gap-2 rounded-md border border-line bg-bg px-2 text-sm text-dim hover:text-ink"
        >
          <Search className="size-3.5" aria-hidden /> Go to… <kbd className="ml-auto font-mono text-xs">⌘K</kbd>
        </button>
        <nav aria-label="Screens" className="flex flex-1 flex-col gap-0.5 overflow-y-auto px-2 max-md:flex-row max-md:pb-2">
          {places.map(({ to, label, icon: Icon }) => (
            <Link
              key={to}
              to={to}
              activeOptions={{ exact: to === "/" }}
              className="flex items-center gap-2.5 rounded-md px-2 py-1.5 text-sm text-dim hover:bg-raised hover:text-ink"
              activeProps={{ className: "!bg-raised !text-ink font-medium" }}
            >
              <Icon className="size-4 shrink-0" aria-hidden /> <span className="whitespace-nowrap">{label}</span>
            </Link>
          ))}
        </nav>
        <Person />
      </aside>
      <main id="screen" className="min-w-0 flex-1">
        <Outlet />
      </main>
      <Palette open={palette} onOpen={setPalette} />
    </div>
  );
}

function Organizations() {
  const session = useSession();
  const queries = useQueryClient();
  if (!session) return null;
  const look = async (organization: string) => {
    try {
      await take(api.PUT("/v1/session/organization", { body: { organization } }));
      queries.clear();
      window.location.assign("/app/");
    } catch (error) {
      toast.error(remedyOf(error));
    }
  };
  const many = session.organizations.length > 1;
  return (
    <div className="px-3 pb-2">
      {many ? (
        <select aria-label="Organization" className="control" value={session.organization.id} onChange={(event) => void look(event.target.value)}>
          {session.organizations.map((place) => <option key={place.id} value={place.id}>{place.name}</option>)}
        </select>
      ) : (
        <p className="truncate px-1 text-xs text-dim">{session.organization.name}</p>
      )}
    </div>
  );
}

function Person() {
  const session = useSession();
  const dark = useDark();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const leave = async () => {
    await take(api.DELETE("/v1/session"));
    queries.clear();
    queries.setQueryData(sessionQuery.queryKey, null);
    await navigate({ to: "/sign-in" });
  };
  const icon = "rounded p-1.5 text-dim hover:bg-raised hover:text-ink [&_svg]:size-4";
  return (
    <div className="flex items-center gap-1 border-t border-line p-3">
      <div className="min-w-0 flex-1">
        <p className="truncate text-sm font-medium">{session?.user.name}</p>
        <p className="truncate text-xs text-dim">{session?.role}</p>
      </div>
      <button type="button" className={icon} aria-label={dark ? "Light colours" : "Dark colours"} onClick={toggleTheme}>{dark ? <Sun /> : <Moon />}</button>
      <button type="button" className={cx(icon)} aria-label="Sign out" onClick={() => void leave()}><LogOut /></button>
    </div>
  );
}
