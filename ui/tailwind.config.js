const token = (name) => `rgb(var(--${name}) / <alpha-value>)`;

/** Colours live in src/app.css; nothing else names one. */
export default {
  content: ["./index.html", "./src/**/*.{ts,tsx}"],
  theme: {
    colors: {
      transparent: "transparent",
      current: "currentColor",
      ...Object.fromEntries(
        ["bg", "panel", "raised", "line", "ink", "dim", "accent", "on-accent", "good", "warn", "bad", "agent", "callee"].map(
          (name) => [name, token(name)],
        ),
      ),
    },
    fontFamily: {
      sans: ["Inter", "ui-sans-serif", "system-ui", "Segoe UI", "Roboto", "DejaVu Sans", "sans-serif"],
      mono: ["ui-monospace", "SFMono-Regular", "Menlo", "DejaVu Sans Mono", "monospace"],
    },
    extend: { fontSize: { xs: ["11.5px", "16px"], sm: ["13px", "19px"], base: ["14px", "21px"] } },
  },
};
