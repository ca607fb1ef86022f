/** Tabs with the arrow keys. */
import { Tabs as Radix } from "radix-ui";
import type { ReactNode } from "react";

export interface Tab {
  id: string;
  label: ReactNode;
  body: ReactNode;
}

export function Tabs({ tabs, value, onChange, label, flush }: { tabs: Tab[]; value?: string; onChange?: (id: string) => void; label: string; flush?: boolean }) {
  return (
    <Radix.Root value={value} defaultValue={value ? undefined : tabs[0]?.id} onValueChange={onChange} className="min-w-0">
      <Radix.List aria-label={label} className="flex gap-1 overflow-x-auto border-b border-line px-2">
        {tabs.map((tab) => (
          <Radix.Trigger
            key={tab.id}
            value={tab.id}
            className="-mb-px whitespace-nowrap border-b-2 border-transparent px-2.5 py-2 text-sm text-dim hover:text-ink data-[state=active]:border-accent data-[state=active]:font-medium data-[state=active]:text-ink"
          >
            {tab.label}
          </Radix.Trigger>
        ))}
      </Radix.List>
      {tabs.map((tab) => (
        <Radix.Content key={tab.id} value={tab.id} className={flush ? "min-w-0" : "min-w-0 p-3"}>{tab.body}</Radix.Content>
      ))}
    </Radix.Root>
  );
}
