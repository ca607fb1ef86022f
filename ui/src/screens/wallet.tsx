/** What calls cost, what is left, and every movement. */
import { useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Plus } from "lucide-react";
import { useState } from "react";
import { Button, Card, cx, Empty, Field, Figure, Input, Page, Trouble } from "~/components/basics";
import { Dialog, Form } from "~/components/dialog";
import { More, Table } from "~/components/table";
import { Time } from "~/components/time";
import { api, OURS, Refused, take } from "~/data/client";
import { ledgerQuery, walletQuery } from "~/data/queries";
import { useMay } from "~/data/session";
import { plain } from "~/data/words";

export function WalletPage() {
  const wallet = useQuery(walletQuery);
  const ledger = useInfiniteQuery({ ...ledgerQuery, enabled: !!wallet.data });
  const may = useMay("wallet:write");
  const [topping, setTopping] = useState(false);
  const rows = ledger.data?.pages.flatMap((page) => page.items) ?? [];
  const none = wallet.error instanceof Refused && wallet.error.status === 404;
  const found = wallet.data;
  return (
    <Page title="Wallet" lead="Calls hold money back while they run and pay by what they took." actions={found && may && <Button kind="primary" onClick={() => setTopping(true)}><Plus />Top up</Button>}>
      {none ? <Card><Empty title="Calls are not charged here">No wallet was opened. An owner opens one with PUT /v1/wallet (API reference) and gives it a currency and a rate.</Empty></Card> : <Trouble error={wallet.error} />}
      {found && (
        <>
          <div className="grid grid-cols-2 gap-3 lg:grid-cols-4">
            <Figure label="Available" value={`${found.available} ${found.currency}`} note={found.frozen_at ? "frozen: no new calls" : found.low_balance && `warns below ${found.low_balance}`} tone={found.frozen_at ? "bad" : undefined} />
            <Figure label="Balance" value={found.balance} />
            <Figure label="Held by live calls" value={found.held} />
            <Figure label="Rate per minute" value={found.rate_per_minute} note={`by ${found.increment_s} s, at least ${found.minimum_s} s`} />
          </div>
          <Card title="Movements">
            {rows.length ? (
              <>
                <Table rows={rows} of={(row) => row.id} columns={[
                  { name: "When", cell: (row) => <Time at={row.at} /> },
                  { name: "What", cell: (row) => plain(row.kind) },
                  { name: "Amount", right: true, cell: (row) => <span className={cx(row.amount.startsWith("-") ? "text-bad" : "text-good")}>{row.amount}</span> },
                  { name: "Available after", right: true, cell: (row) => row.available_after },
                  { name: "Call", cell: (row) => row.call_id && <Link className="font-mono text-xs text-accent" to="/calls/$call" params={{ call: row.call_id }}>{row.call_id.slice(0, 13)}…</Link> },
                  { name: "Note", cell: (row) => row.note ?? "", wide: true },
                ]} />
                <More query={ledger} />
              </>
            ) : <Empty title="No movements yet" />}
          </Card>
        </>
      )}
      <TopUp open={topping} onClose={() => setTopping(false)} />
    </Page>
  );
}

function TopUp({ open, onClose }: { open: boolean; onClose: () => void }) {
  const queries = useQueryClient();
  const [amount, setAmount] = useState("");
  const [once] = useState(() => crypto.randomUUID());
  const submit = async () => {
    await take(api.POST("/v1/wallet/top-ups", { body: { amount, adjustment: false } as never, headers: { ...OURS, "Idempotency-Key": `${once}-${amount}` } }));
    await queries.invalidateQueries({ queryKey: ["wallet"] });
  };
  return (
    <Dialog title="Top up" lead="Notes that money came in; it moves none." open={open} onClose={onClose}>
      <Form submit="Top up" onSubmit={submit} onDone={onClose}>
        <Field label="Amount"><Input required autoFocus inputMode="decimal" pattern="[0-9]+([.][0-9]+)?" value={amount} onChange={(event) => setAmount(event.target.value)} /></Field>
      </Form>
    </Dialog>
  );
}
