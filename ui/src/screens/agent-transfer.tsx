/** A definition as a file: in, and out as YAML or JSON. */
import { ChevronDown, Download, Upload } from "lucide-react";
import { DropdownMenu as Menu } from "radix-ui";
import { useRef } from "react";
import { toast } from "sonner";
import { Button } from "~/components/basics";
import { download } from "~/components/copy";
import type { Schemas } from "~/data/client";
import { read } from "~/data/document";

/** Larger than any definition that the server takes. */
const MOST_BYTES = 1 << 20;
const ITEM = "flex cursor-pointer items-center gap-2 rounded px-2 py-1.5 text-sm outline-none data-[highlighted]:bg-raised [&_svg]:size-3.5";

export function ImportExport({ agent, text, value, onImport }: { agent: Schemas["Agent"]; text: string; value?: object; onImport?: (text: string) => void }) {
  const file = useRef<HTMLInputElement>(null);
  const take = async (chosen: File | undefined) => {
    if (!chosen || !onImport) return;
    if (chosen.size > MOST_BYTES) return void toast.error("This file is too large for a definition.");
    const found = await chosen.text();
    const { value: definition, error } = read(found);
    if (!definition) return void toast.error(`${chosen.name} is no definition: ${error?.message}`);
    onImport(found);
    toast.success(`${chosen.name} is in the editor. Save it or publish it to keep it.`);
  };
  return (
    <>
      <input ref={file} type="file" accept=".yaml,.yml,.json" className="hidden" aria-label="Definition as a file" tabIndex={-1} onChange={(event) => { void take(event.target.files?.[0]); event.target.value = ""; }} />
      <Menu.Root>
        <Menu.Trigger asChild><Button>File<ChevronDown /></Button></Menu.Trigger>
        <Menu.Portal>
          <Menu.Content align="end" sideOffset={4} className="card z-30 min-w-44 p-1 shadow-xl">
            {onImport && <Menu.Item className={ITEM} onSelect={() => file.current?.click()}><Upload />Import a file…</Menu.Item>}
            <Menu.Item className={ITEM} onSelect={() => download(`${agent.slug}.yaml`, text, "application/yaml")}><Download />Export as YAML</Menu.Item>
            <Menu.Item className={ITEM} disabled={!value} onSelect={() => download(`${agent.slug}.json`, `${JSON.stringify(value, null, 2)}\n`, "application/json")}><Download />Export as JSON</Menu.Item>
          </Menu.Content>
        </Menu.Portal>
      </Menu.Root>
    </>
  );
}
