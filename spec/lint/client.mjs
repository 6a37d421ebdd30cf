// Generates a client's types from ../openapi.yaml in a temporary folder, and type-checks usage.ts against them.
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "messages-client-"));
const tool = (...path) => join(here, "node_modules", ...path);
const run = (...words) => {
  const { status } = spawnSync(process.execPath, words, { cwd: here, stdio: "inherit" });
  if (status !== 0) process.exitCode = 1;
  return status === 0;
};

const compilerOptions = {
  noEmit: true,
  strict: true,
  exactOptionalPropertyTypes: true,
  target: "es2022",
  module: "nodenext",
  lib: ["es2023", "dom"],
  types: [],
};

try {
  copyFileSync(join(here, "usage.ts"), join(folder, "usage.ts"));
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["usage.ts"] }));
  const types = ["--output", join(folder, "messages.ts"), "--default-non-nullable", "false"];
  const done =
    run(tool("openapi-typescript", "bin", "cli.js"), join(here, "..", "openapi.yaml"), ...types) &&
    run(tool("typescript", "bin", "tsc"), "--project", folder);
  if (done) console.log("usage.ts type-checks against the generated client.");
} finally {
  rmSync(folder, { recursive: true, force: true });
}
