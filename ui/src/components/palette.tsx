/** ⌘K: every screen, every agent, and any call by its id. */
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Command } from "cmdk";
import { Dialog as Radix } from "radix-ui";
import { useEffect, useState } from "react";
import { agentsQuery } from "~/data/queries";
import { toggleTheme } from "~/data/theme";
import { usePlaces } from "./places";

const ITEM = "flex cursor-pointer items-center gap-2 rounded px-2 py-1.5 text-sm data-[selected=true]:bg-raised";
const GROUP = "[&_[cmdk-group-heading]]:px-2 [&_[cmdk-group-heading]]:py-1 [&_[cmdk-group-heading]]:text-xs [&_[cmdk-group-heading]]:text-dim";

export function Palette({ open, onOpen }: { open: boolean; onOpen: (open: boolean) => void }) {
  const navigate = useNavigate();
  const places = usePlaces();
  const agents = useQuery({ ...agentsQuery, enabled: open });
  const [text, setText] = useState("");
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() === "k" && (event.metaKey || event.ctrlKey)) {
        event.preventDefault();
        onOpen(!open);
      }
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [open, onOpen]);
  const go = (act: () => unknown) => () => {
    onOpen(false);
    setText("");
    void act();
  };
  return (
    <Radix.Root open={open} onOpenChange={onOpen}>
      <Radix.Portal>
        <Radix.Overlay className="fixed inset-0 z-40 bg-bg/60" />
        <Radix.Content aria-describedby={undefined} className="card fixed left-1/2 top-[14vh] z-50 w-[92vw] max-w-lg -translate-x-1/2 overflow-hidden shadow-2xl">
          <Radix.Title className="sr-only">Go to</Radix.Title>
          <Command label="Go to">
            <Command.Input value={text} onValueChange={setText} placeholder="A screen, an agent, a call's id or number" className="h-11 w-full border-b border-line bg-panel px-3 text-sm outline-none placeholder:text-dim" />
            <Command.List className="max-h-[50vh] overflow-y-auto p-1.5">
              <Command.Empty className="p-3 text-sm text-dim">Nothing goes by that name.</Command.Empty>
              <Command.Group heading="Screens" className={GROUP}>
                {places.map(({ to, label, icon: Icon }) => (
                  <Command.Item key={to} className={ITEM} onSelect={go(() => navigate({ to }))}><Icon className="size-4 text-dim" />{label}</Command.Item>
                ))}
                <Command.Item className={ITEM} onSelect={go(toggleTheme)}>Switch light and dark</Command.Item>
              </Command.Group>
              {!!agents.data?.items.length && (
                <Command.Group heading="Agents" className={GROUP}>
                  {agents.data.items.map((agent) => (
                    <Command.Item key={agent.id} value={`agent ${agent.slug}`} className={ITEM} onSelect={go(() => navigate({ to: "/agents/$agent", params: { agent: agent.slug } }))}>
                      {agent.slug}
                    </Command.Item>
                  ))}
                </Command.Group>
              )}
              {text.trim().length > 3 && (
                <Command.Group heading="Calls" className={GROUP}>
                  <Command.Item value={`call ${text}`} className={ITEM} onSelect={go(() => navigate({ to: "/calls/$call", params: { call: text.trim() } }))}>
                    Open call {text.trim()}
                  </Command.Item>
                  <Command.Item value={`to ${text}`} className={ITEM} onSelect={go(() => navigate({ to: "/calls", search: { to: text.trim() } }))}>
                    Calls to {text.trim()}
                  </Command.Item>
                </Command.Group>
              )}
            </Command.List>
          </Command>
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
