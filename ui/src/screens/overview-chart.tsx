/** Calls and answered calls, day by day. */
import { useEffect, useRef } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { useDark } from "~/data/theme";

const colour = (name: string, alpha = 1) => `rgb(${getComputedStyle(document.documentElement).getPropertyValue(`--${name}`)} / ${alpha})`;

export default function DaysChart({ days }: { days: { day: string; calls: number; answered: number }[] }) {
  const box = useRef<HTMLDivElement>(null);
  const dark = useDark();
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const axis = { stroke: colour("dim"), grid: { stroke: colour("line"), width: 1 }, ticks: { show: false } };
    const bars = uPlot.paths.bars?.({ size: [0.6, 40], radius: 0.15 });
    const plot = new uPlot(
      {
        width: element.clientWidth,
        height: 190,
        cursor: { drag: { x: false, y: false } },
        legend: { show: false },
        scales: { x: { range: (_, first, last) => [first - 43_200, last + 43_200] }, y: { range: (_, __, most) => [0, Math.max(4, most)] } },
        axes: [{ ...axis, size: 28, incrs: [1, 2, 3, 5, 7, 14, 30].map((days) => days * 86_400), values: (_, ticks) => ticks.map((tick) => new Date(tick * 1000).toLocaleDateString(undefined, { month: "short", day: "numeric", timeZone: "UTC" })) }, { ...axis, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 5000] }],
        series: [
          {},
          { label: "Calls", stroke: colour("dim", 0), fill: colour("dim", 0.35), paths: bars, points: { show: false } },
          { label: "Answered", stroke: colour("accent", 0), fill: colour("accent"), paths: bars, points: { show: false } },
        ],
      },
      [days.map((one) => Date.parse(one.day) / 1000), days.map((one) => one.calls), days.map((one) => one.answered)],
      element,
    );
    const watch = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height: 190 }));
    watch.observe(element);
    return () => {
      watch.disconnect();
      plot.destroy();
    };
  }, [days, dark]);
  return (
    <div className="p-3">
      <p className="mb-1 flex gap-4 text-xs text-dim"><span><span className="text-dim opacity-60">■</span> placed</span><span><span className="text-accent">■</span> answered</span></p>
      <div ref={box} role="img" aria-label={`Calls by day: ${days.map((one) => `${one.day} ${one.calls}, ${one.answered} answered`).join("; ")}`} />
    </div>
  );
}
