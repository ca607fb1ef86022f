/** Text that is meant to be taken along. */
import { Check, Copy as CopyIcon } from "lucide-react";
import { useState } from "react";
import { toast } from "sonner";
import { cx } from "./basics";

export async function copy(text: string) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    toast.error("The browser did not let us copy. Select the text and copy it by hand.");
    return false;
  }
}

export function CopyButton({ text, label = "Copy" }: { text: string; label?: string }) {
  const [done, setDone] = useState(false);
  const act = async () => {
    if (!(await copy(text))) return;
    setDone(true);
    setTimeout(() => setDone(false), 1500);
  };
  return (
    <button type="button" onClick={act} aria-label={label} title={label} className="inline-flex rounded p-1 text-dim hover:bg-raised hover:text-ink">
      {done ? <Check className="size-3.5 text-good" /> : <CopyIcon className="size-3.5" />}
    </button>
  );
}

export function Code({ text, className, wrap }: { text: string; className?: string; wrap?: boolean }) {
  return (
    <div className={cx("relative rounded-md border border-line bg-raised", className)}>
      <div className="absolute right-1 top-1"><CopyButton text={text} /></div>
      <pre tabIndex={0} className={cx("max-h-[60vh] overflow-auto p-3 pr-9 font-mono text-xs", wrap && "whitespace-pre-wrap break-all")}>{text}</pre>
    </div>
  );
}

export const Json = ({ value }: { value: unknown }) => <Code text={JSON.stringify(value, null, 2)} />;

/** Hands a text over as a file. */
export function download(name: string, text: string, type: string) {
  const address = URL.createObjectURL(new Blob([text], { type }));
  Object.assign(document.createElement("a"), { href: address, download: name }).click();
  URL.revokeObjectURL(address);
}
