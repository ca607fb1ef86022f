/** How loud it is, on a scale of decibels. */
const FLOOR_DB = -60;

export function Meter({ label, level, tone = "bg-accent" }: { label: string; level: number; tone?: string }) {
  const share = level > 0 ? Math.max(0, Math.min(1, 1 - (20 * Math.log10(level)) / FLOOR_DB)) : 0;
  return (
    <span role="meter" aria-label={label} aria-valuemin={0} aria-valuemax={100} aria-valuenow={Math.round(share * 100)} className="block h-2 w-full overflow-hidden rounded-full bg-raised">
      <span className={`block h-full rounded-full transition-[width] duration-100 ${tone}`} style={{ width: `${share * 100}%` }} />
    </span>
  );
}
