import { readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

/** Most that the browser fetches before the first screen, as gzip. */
const FIRST_LOAD = 250_000;

/** Lays the gzip of each text beside it, so that the server compresses nothing while it answers. */
function packed(): Plugin {
  let dist = "dist";
  return {
    name: "packed",
    apply: "build",
    configResolved: (config) => {
      dist = join(config.root, config.build.outDir);
      if (config.build.outDir.startsWith("/")) dist = config.build.outDir;
    },
    closeBundle: () => {
      walk(dist);
      const index = readFileSync(join(dist, "index.html"), "utf8");
      const first = [...index.matchAll(/\/app\/(assets\/[\w.-]+\.js)/g)].map((match) => statSync(join(dist, `${match[1]}.gz`)).size);
      const bytes = first.reduce((sum, size) => sum + size, 0);
      if (bytes > FIRST_LOAD) throw new Error(`the first load takes ${bytes} bytes of script, more than ${FIRST_LOAD}`);
    },
  };
}

function walk(folder: string) {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) walk(path);
    else if (/\.(js|css|html|svg)$/.test(name)) writeFileSync(`${path}.gz`, gzipSync(readFileSync(path), { level: 9 }));
  }
}

const server = process.env.OUTDIAL ?? "http://localhost:8080";

export default defineConfig({
  base: "/app/",
  plugins: [react(), packed()],
  resolve: { alias: { "~": join(import.meta.dirname, "src") } },
  build: { target: "es2022", modulePreload: { polyfill: false }, chunkSizeWarningLimit: 700 },
  server: { proxy: { "/v1": server, "/openapi": server, "/openapi.json": server, "/recordings": server } },
  test: { environment: "node" },
} as import("vite").UserConfig);
