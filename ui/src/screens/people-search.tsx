/** Looks for a number when it was typed. */
import { Input } from "~/components/basics";

export function Search({ label, onSearch }: { label: string; onSearch: (text: string) => void }) {
  return <Input aria-label={label} placeholder="+15551234567, then Enter" className="!w-60" onKeyDown={(event) => event.key === "Enter" && onSearch(event.currentTarget.value.trim())} />;
}
