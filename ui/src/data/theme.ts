/** Light, dark, or as the system has it. */
import { useSyncExternalStore } from "react";

const KEY = "outdial.theme";
const system = window.matchMedia("(prefers-color-scheme: dark)");
const listeners = new Set<() => void>();

const isDark = () => {
  const chosen = localStorage.getItem(KEY);
  return chosen ? chosen === "dark" : system.matches;
};

export function applyTheme() {
  document.documentElement.classList.toggle("dark", isDark());
  for (const told of listeners) told();
}
system.addEventListener("change", applyTheme);

export function toggleTheme() {
  localStorage.setItem(KEY, isDark() ? "light" : "dark");
  applyTheme();
}

export function useDark(): boolean {
  return useSyncExternalStore((told) => {
    listeners.add(told);
    return () => listeners.delete(told);
  }, isDark);
}
