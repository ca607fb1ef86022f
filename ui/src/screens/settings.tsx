/** Members, the audit log, nodes and what is kept for how long. */
import { useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { useState } from "react";
import { toast } from "sonner";
import { Badge, Button, Card, Empty, Field, Input, Loaded, Page, Select } from "~/components/basics";
import { Code } from "~/components/copy";
import { Confirm, Dialog, Form } from "~/components/dialog";
import { More, Table } from "~/components/table";
import { Tabs } from "~/components/tabs";
import { Time } from "~/components/time";
import { api, remedyOf, type Schemas, take } from "~/data/client";
import { auditQuery, membersQuery, nodesQuery, retentionQuery } from "~/data/queries";
import { useMay, useSession } from "~/data/session";
import { plain } from "~/data/words";
import { Providers } from "./settings-providers";

export function Settings() {
  const [members, audit, nodes, providers, policy] = [useMay("members:read"), useMay("audit:read"), useMay("nodes:read"), useMay("agents:read"), useMay("policy:read")];
  const tabs = [
    members && { id: "members", label: "Members", body: <Members /> },
    audit && { id: "audit", label: "Audit log", body: <Audit /> },
    nodes && { id: "nodes", label: "Nodes", body: <Nodes /> },
    providers && { id: "providers", label: "Providers", body: <Providers /> },
    policy && { id: "retention", label: "Retention", body: <Retention /> },
  ].filter((tab) => tab !== false);
  return (
    <Page title="Settings">
      <Card>{tabs.length ? <Tabs label="Settings" tabs={tabs} /> : <Empty title="Nothing that your role may see">Ask an admin of this organization.</Empty>}</Card>
    </Page>
  );
}

const ROLES: Schemas["Role"][] = ["viewer", "operator", "admin", "owner"];

function Members() {
  const query = useQuery(membersQuery);
  const queries = useQueryClient();
  const may = useMay("members:write");
  // Nobody hands out a role above their own, nor takes one away.
  const reach = ROLES.slice(0, ROLES.indexOf(useSession()?.role ?? "viewer") + 1);
  const mayChange = (role: Schemas["Role"]) => may && reach.includes(role);
  const [inviting, setInviting] = useState(false);
  const [code, setCode] = useState<string | null>(null);
  const [who, setWho] = useState({ name: "", email: "", role: "operator" as Schemas["Role"] });
  const again = () => queries.invalidateQueries({ queryKey: ["members"] });
  const invite = async () => {
    const invited = await take(api.POST("/v1/members", { body: who }));
    setCode(invited.code);
    await again();
  };
  const change = async (member: string, role: Schemas["Role"]) => {
    try {
      await take(api.PATCH("/v1/members/{member}", { params: { path: { member } }, body: { role } }));
      toast.success("The role holds from now on.");
    } catch (error) {
      toast.error(remedyOf(error));
    }
    await again();
  };
  const remove = async (member: string) => {
    await take(api.DELETE("/v1/members/{member}", { params: { path: { member } } }));
    await again();
  };
  return (
    <div className="space-y-2">
      {may && <div className="flex justify-end"><Button onClick={() => setInviting(true)}><Plus />Invite</Button></div>}
      <Loaded query={query} rows={3}>
        {({ items }) => (
          <Table rows={items} of={(row) => row.id} columns={[
            { name: "Name", cell: (row) => <span className="font-medium">{row.name}</span> },
            { name: "E-mail", cell: (row) => row.email },
            { name: "Role", cell: (row) => mayChange(row.role) ? <Select aria-label={`Role of ${row.name}`} className="!h-7 !w-28" value={row.role} onChange={(event) => void change(row.id, event.target.value as Schemas["Role"])}>{reach.map((role) => <option key={role}>{role}</option>)}</Select> : row.role },
            { name: "State", cell: (row) => row.invited ? <Badge tone="warn">invited</Badge> : <Badge tone="good">active</Badge> },
            { name: "Since", cell: (row) => <Time at={row.since} />, wide: true },
            { name: "", right: true, cell: (row) => mayChange(row.role) && <Confirm label="Remove" title={`Remove ${row.name}?`} lead="Their sessions here end at once." onConfirm={() => remove(row.id)} /> },
          ]} />
        )}
      </Loaded>
      <Dialog title="Invite somebody" open={inviting} onClose={() => setInviting(false)}>
        <Form submit="Invite" onSubmit={invite} onDone={() => setInviting(false)}>
          <Field label="Name"><Input required autoFocus value={who.name} onChange={(event) => setWho({ ...who, name: event.target.value })} /></Field>
          <Field label="E-mail"><Input required type="email" value={who.email} onChange={(event) => setWho({ ...who, email: event.target.value })} /></Field>
          <Field label="Role" hint="Viewers read; operators call and edit agents; admins keep keys and rules; owners hold the money."><Select value={who.role} onChange={(event) => setWho({ ...who, role: event.target.value as Schemas["Role"] })}>{reach.map((role) => <option key={role}>{role}</option>)}</Select></Field>
        </Form>
      </Dialog>
      <Dialog title="Hand this address over" lead="It works once, for a week. Outdial sends no e-mail." open={!!code} onClose={() => setCode(null)}>
        <Code wrap text={`${window.location.origin}/app/join#${code ?? ""}`} />
      </Dialog>
    </div>
  );
}

function Audit() {
  const query = useInfiniteQuery(auditQuery);
  const rows = query.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Loaded query={query}>
      {() => rows.length ? (
        <>
          <Table rows={rows} of={(row) => row.id} columns={[
            { name: "When", cell: (row) => <Time at={row.at} /> },
            { name: "Who", cell: (row) => row.actor },
            { name: "What", cell: (row) => row.action },
            { name: "Of", cell: (row) => <span className="font-mono text-xs">{row.resource}</span> },
            { name: "Changed", cell: (row) => <span className="font-mono text-xs" title={JSON.stringify(row.changes)}>{JSON.stringify(row.changes)}</span>, wide: true },
            { name: "From", cell: (row) => row.address ?? "–", wide: true },
          ]} />
          <More query={query} />
        </>
      ) : <Empty title="Nothing was changed yet" />}
    </Loaded>
  );
}

function Nodes() {
  const query = useQuery(nodesQuery);
  const queries = useQueryClient();
  const may = useMay("nodes:write");
  const turn = async (node: string, drain: boolean) => {
    const params = { params: { path: { node } } };
    await take(drain ? api.POST("/v1/nodes/{node}/drain", params) : api.POST("/v1/nodes/{node}/resume", params));
    await queries.invalidateQueries({ queryKey: ["nodes"] });
  };
  return (
    <Loaded query={query} rows={3}>
      {({ items }) => (
        <Table rows={items} of={(row) => row.id} columns={[
          { name: "Node", cell: (row) => <span className="font-medium">{row.name}</span> },
          { name: "State", cell: (row) => <Badge tone={!row.alive ? "bad" : row.drain_wanted ? "warn" : "good"}>{row.alive ? plain(row.state) : "lost"}</Badge> },
          { name: "Live calls", cell: (row) => row.live_calls, right: true },
          { name: "Version", cell: (row) => row.version },
          { name: "Started", cell: (row) => <Time at={row.started_at} />, wide: true },
          { name: "", right: true, cell: (row) => may && row.alive && (row.drain_wanted
            ? <Confirm kind="plain" label="Resume" title={`Let ${row.name} take calls again?`} lead="It claims work from the queue at once." onConfirm={() => turn(row.id, false)} />
            : <Confirm kind="plain" label="Drain" title={`Drain ${row.name}?`} lead="Its live calls go on to their end; it takes no new ones, so that it can be stopped." onConfirm={() => turn(row.id, true)} />) },
        ]} />
      )}
    </Loaded>
  );
}

function Retention() {
  const query = useQuery(retentionQuery);
  return <Loaded query={query} rows={3}>{(found) => <RetentionForm found={found} />}</Loaded>;
}

function RetentionForm({ found }: { found: Schemas["Retention"] }) {
  const may = useMay("policy:write");
  const queries = useQueryClient();
  const [days, setDays] = useState({ recordings: found.recordings_days?.toString() ?? "", transcripts: found.transcripts_days?.toString() ?? "" });
  const [mask, setMask] = useState(found.mask_numbers);
  const number = (text: string) => (text ? Number(text) : null);
  const save = async () => {
    await take(api.PUT("/v1/retention", { body: { recordings_days: number(days.recordings), transcripts_days: number(days.transcripts), mask_numbers: mask } }));
    await queries.invalidateQueries({ queryKey: ["retention"] });
    toast.success("Kept from now on.");
  };
  const fields = (
    <>
      <Field label="Days that recordings are kept" hint="Empty: for ever."><Input type="number" min={1} disabled={!may} value={days.recordings} onChange={(event) => setDays({ ...days, recordings: event.target.value })} /></Field>
      <Field label="Days that transcripts are kept" hint="Empty: for ever."><Input type="number" min={1} disabled={!may} value={days.transcripts} onChange={(event) => setDays({ ...days, transcripts: event.target.value })} /></Field>
      <label className="flex items-center gap-2 text-sm"><input type="checkbox" disabled={!may} checked={mask} onChange={(event) => setMask(event.target.checked)} />Mask numbers in what was said</label>
    </>
  );
  return <div className="max-w-sm">{may ? <Form submit="Save" onSubmit={save}>{fields}</Form> : <div className="space-y-3">{fields}</div>}</div>;
}
