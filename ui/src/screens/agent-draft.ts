/** The draft as it stands in the editor, and its way to the server. */
import { useQueryClient } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { toast } from "sonner";
import { stringify } from "yaml";
import type { Edit } from "~/components/schema-fields";
import { api, remedyOf, type Schemas, take } from "~/data/client";
import { read, same, withValue } from "~/data/document";

export function useDraft(agent: Schemas["Agent"], may: boolean) {
  const queries = useQueryClient();
  const stored = useMemo(() => stringify(agent.definition, { lineWidth: 110 }), [agent.definition]);
  // What was typed stays as it was typed, comments and all, as long as it says what the server holds.
  const [typed, setText] = useState<string | null>(null);
  const [error, setError] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const text = typed ?? stored;
  const now = useMemo(() => read(text), [text]);
  const dirty = typed !== null && !same(now.value, agent.definition);
  const path = { agent: agent.slug };
  const again = () => queries.invalidateQueries({ queryKey: ["agents"] });
  const save = async () => {
    if (!now.value) throw now.error;
    await take(api.PATCH("/v1/agents/{agent}", { params: { path }, body: { definition: now.value } as never }));
    await again();
  };
  const publish = async () => {
    if (dirty) await save();
    await take(api.POST("/v1/agents/{agent}/publish", { params: { path } }));
  };
  const saved = async () => {
    if (dirty && may) await save();
  };
  const forget = async () => {
    setText(null);
    await again();
  };
  const act = async (what: () => Promise<unknown>, done: string) => {
    setBusy(true);
    setError(undefined);
    try {
      await what();
      await again();
      toast.success(done);
    } catch (refused) {
      setError(refused);
    } finally {
      setBusy(false);
    }
  };
  const edit: Edit = (place, value) => {
    try {
      setText(withValue(text, place, value));
    } catch (refused) {
      toast.error(`This field cannot be changed here: ${remedyOf(refused)}. Change it in the YAML.`);
    }
  };
  return { text, setText, read: now, dirty, busy, error, edit, save, saved, publish, forget, act };
}
