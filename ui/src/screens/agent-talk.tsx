/** The lines of a trial, by writing or by voice, and what it came to. */
import { Pencil, RotateCcw } from "lucide-react";
import { type FormEvent, useEffect, useRef, useState } from "react";
import { Badge, Button, cx, Input } from "~/components/basics";
import type { Line, Talk } from "~/data/chat";
import { millis, plain } from "~/data/words";

type Again = (turn: number, text: string) => void;

export function Lines({ talk, onAgain }: { talk: Talk; onAgain?: Again }) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    box.current?.scrollTo({ top: box.current.scrollHeight });
  }, [talk.lines, talk.waiting]);
  return (
    <div ref={box} role="log" aria-label="Talk" tabIndex={0} className="h-[46vh] space-y-2 overflow-y-auto rounded-md border border-line bg-bg p-3">
      {talk.lines.map((line, index) => <One key={index} line={line} talk={talk} first={talk.lines[index - 1]?.by !== line.by} onAgain={onAgain} />)}
      {talk.waiting && <p className="text-xs text-dim"><span className="pulse">…</span></p>}
      {talk.state === "over" && <Came talk={talk} />}
    </div>
  );
}

function One({ line, talk, first, onAgain }: { line: Line; talk: Talk; first: boolean; onAgain?: Again }) {
  const [editing, setEditing] = useState(false);
  if (line.by === "deed") return <p className={cx("pl-2 text-xs", line.tone === "bad" ? "text-bad" : line.tone === "warn" ? "text-warn" : "text-dim")}>→ {line.text}</p>;
  const took = line.by === "agent" && first && line.turn > 0 ? talk.took[line.turn] : undefined;
  if (editing && onAgain) return <Edit text={line.text} onDone={(text) => { setEditing(false); if (text !== null) onAgain(line.turn, text); }} />;
  return (
    <div className={cx("group flex items-end gap-1", line.by === "you" && "flex-row-reverse")}>
      <p className={cx("max-w-[85%] rounded-lg px-3 py-1.5 text-sm", line.by === "you" ? "bg-callee/10" : "bg-panel border border-line", line.partial && "italic text-dim")}>
        <span className={cx("block text-xs font-semibold", line.by === "you" ? "text-callee" : "text-agent")}>{line.by === "you" ? "You" : "Agent"}</span>
        <span>{line.text}</span>
      </p>
      {took && <span className="whitespace-nowrap text-xs text-dim" title={`first words after ${millis(took[0])}, all after ${millis(took[1])}`}>{millis(took[0])}</span>}
      {line.by === "you" && onAgain && !talk.waiting && (
        <span className="flex opacity-0 focus-within:opacity-100 group-hover:opacity-100">
          <Small label={`Say turn ${line.turn} differently`} onClick={() => setEditing(true)}><Pencil /></Small>
          <Small label={`Answer turn ${line.turn} again`} onClick={() => onAgain(line.turn, line.text)}><RotateCcw /></Small>
        </span>
      )}
    </div>
  );
}

const Small = ({ label, onClick, children }: { label: string; onClick: () => void; children: React.ReactNode }) => (
  <button type="button" aria-label={label} title={label} onClick={onClick} className="rounded p-1 text-dim hover:bg-raised hover:text-ink [&_svg]:size-3.5">{children}</button>
);

function Edit({ text, onDone }: { text: string; onDone: (text: string | null) => void }) {
  const [now, setNow] = useState(text);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (now.trim()) onDone(now.trim());
  };
  return (
    <form onSubmit={submit} className="flex gap-2" onKeyDown={(event) => event.key === "Escape" && onDone(null)}>
      <Input aria-label="Say it differently" autoFocus value={now} maxLength={2000} onChange={(event) => setNow(event.target.value)} />
      <Button type="submit">Say this</Button>
      <Button kind="ghost" onClick={() => onDone(null)}>Cancel</Button>
    </form>
  );
}

function Came({ talk }: { talk: Talk }) {
  return (
    <div className="flex flex-wrap items-center gap-2 border-t border-line pt-2 text-sm" data-testid="outcome">
      <Badge tone={talk.outcome ? "good" : "dim"}>{talk.outcome ? plain(talk.outcome) : "no outcome"}</Badge>
      <span className="text-dim">{talk.reason ? `ended: ${plain(talk.reason)}` : "the line was closed"}</span>
    </div>
  );
}
