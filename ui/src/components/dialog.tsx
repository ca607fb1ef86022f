/** Dialogs: one for forms, one that asks before something cannot be taken back. */
import { X } from "lucide-react";
import { Dialog as Radix } from "radix-ui";
import { type FormEvent, type ReactNode, useState } from "react";
import { Button, cx, Trouble } from "./basics";

interface DialogProps {
  title: string;
  lead?: ReactNode;
  open: boolean;
  onClose: () => void;
  wide?: boolean;
  children: ReactNode;
}

export function Dialog({ title, lead, open, onClose, wide, children }: DialogProps) {
  return (
    <Radix.Root open={open} onOpenChange={(now) => !now && onClose()}>
      <Radix.Portal>
        <Radix.Overlay className="fixed inset-0 z-40 bg-bg/70 backdrop-blur-[2px]" />
        <Radix.Content
          aria-describedby={undefined}
          className={cx(
            "card fixed left-1/2 top-[12vh] z-50 max-h-[80vh] w-[92vw] -translate-x-1/2 overflow-auto p-4 shadow-2xl",
            wide ? "max-w-3xl" : "max-w-lg",
          )}
        >
          <div className="mb-3 flex items-start justify-between gap-3">
            <div>
              <Radix.Title className="text-base font-semibold">{title}</Radix.Title>
              {lead && <p className="text-sm text-dim">{lead}</p>}
            </div>
            <Radix.Close aria-label="Close" className="rounded p-1 text-dim hover:bg-raised"><X className="size-4" /></Radix.Close>
          </div>
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

interface FormProps {
  submit: string;
  kind?: "primary" | "danger";
  onSubmit: () => Promise<unknown>;
  onDone?: () => void;
  children?: ReactNode;
}

/** A form that is busy while it works and shows why it was refused. */
export function Form({ submit, kind = "primary", onSubmit, onDone, children }: FormProps) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const act = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setError(undefined);
    try {
      await onSubmit();
      onDone?.();
    } catch (refused) {
      setError(refused);
    } finally {
      setBusy(false);
    }
  };
  return (
    <form onSubmit={act} className="space-y-3">
      {children}
      <Trouble error={error} />
      <div className="flex justify-end gap-2 pt-1">
        {onDone && <Button kind="ghost" onClick={onDone}>Cancel</Button>}
        <Button type="submit" kind={kind} busy={busy}>{submit}</Button>
      </div>
    </form>
  );
}

/** A button that asks first. */
export function Confirm({ label, title, lead, onConfirm, icon, kind = "danger" }: { label: string; title: string; lead: ReactNode; onConfirm: () => Promise<unknown>; icon?: ReactNode; kind?: "danger" | "plain" }) {
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button kind={kind} onClick={(event) => { event.stopPropagation(); setOpen(true); }}>{icon}{label}</Button>
      <Dialog title={title} open={open} onClose={() => setOpen(false)}>
        <p className="mb-3 text-sm text-dim">{lead}</p>
        <Form submit={label} kind={kind === "danger" ? "danger" : "primary"} onSubmit={onConfirm} onDone={() => setOpen(false)} />
      </Dialog>
    </>
  );
}
