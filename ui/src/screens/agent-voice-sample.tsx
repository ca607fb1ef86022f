/** Choosing a voice by ear. */
import { useQuery } from "@tanstack/react-query";
import { Volume2 } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { Button, Input, Select, Trouble } from "~/components/basics";
import type { Edit } from "~/components/schema-fields";
import { api, take } from "~/data/client";
import { at } from "~/data/document";
import { voicesQuery } from "~/data/queries";
import { useMay } from "~/data/session";

export function ListenTo({ definition, edit }: { definition: unknown; edit?: Edit }) {
  const voices = useQuery(voicesQuery).data?.items ?? [];
  const may = useMay("agents:write");
  const [text, setText] = useState("Hello, this is how I sound on the telephone.");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const playing = useRef<HTMLAudioElement | null>(null);
  useEffect(() => () => playing.current?.pause(), []);
  if (!may) return null;
  const [provider, name] = [String(at(definition, ["voice", "provider"]) ?? "embedded"), String(at(definition, ["voice", "name"]) ?? "heart")];
  const chosen = voices.find((voice) => voice.provider === provider && voice.name === name);
  const listen = async () => {
    setBusy(true);
    setError(undefined);
    try {
      const sound = (await take(api.POST("/v1/voices/{voice}/sample", { params: { path: { voice: chosen?.id ?? name } }, body: { text }, parseAs: "blob" }))) as Blob;
      playing.current?.pause();
      const address = URL.createObjectURL(sound);
      playing.current = new Audio(address);
      playing.current.onended = () => URL.revokeObjectURL(address);
      await playing.current.play();
    } catch (refused) {
      setError(refused);
    } finally {
      setBusy(false);
    }
  };
  return (
    <div className="mb-3 space-y-2">
      {edit && voices.length > 0 && (
        <Select aria-label="Voices of this server" value={chosen?.id ?? ""} onChange={(event) => {
          const voice = voices.find((one) => one.id === event.target.value);
          if (voice) edit(["voice"], { ...(at(definition, ["voice"]) as object), provider: voice.provider, name: voice.name });
        }}>
          {!chosen && <option value="">{provider}: {name} (not on this server)</option>}
          {voices.map((voice) => <option key={voice.id} value={voice.id}>{voice.provider}: {voice.name}{voice.language ? `, ${voice.language}` : ""}</option>)}
        </Select>
      )}
      <div className="flex gap-2">
        <Input aria-label="What the voice says" maxLength={200} value={text} onChange={(event) => setText(event.target.value)} />
        <Button busy={busy} onClick={() => void listen()}><Volume2 />Listen</Button>
      </div>
      <Trouble error={error} />
    </div>
  );
}
