#!/usr/bin/env node
// A Messages API in memory, on node's own http module. See ../README.md.
import http from 'node:http';
import { writeFileSync, renameSync } from 'node:fs';
import { App } from './app.mjs';
import { choose, deviations } from './choices.mjs';
import { listFaults, install } from './faults/index.mjs';
import { readCall, write } from './wire.mjs';
import { letOthersWrite, makeWorld, targetFile, writePast } from './world.mjs';

function options(args) {
  const found = { port: 0, host: '127.0.0.1', choices: 'none', faults: [], set: {} };
  for (let i = 0; i < args.length; i++) {
    const value = () => {
      if (i + 1 >= args.length) throw new Error(`${args[i]} needs a value`);
      return args[++i];
    };
    switch (args[i]) {
      case '--port': found.port = Number(value()); break;
      case '--host': found.host = value(); break;
      case '--write-target': found.target = value(); break;
      case '--choices': found.choices = value(); break;
      case '--print-choices': found.print = value(); break;
      case '--fault': found.faults.push(value()); break;
      case '--list-faults': found.list = true; break;
      case '--set': {
        const [name, ...rest] = value().split('=');
        const text = rest.join('=');
        try { found.set[name] = JSON.parse(text); } catch { found.set[name] = text; }
        break;
      }
      default: throw new Error(`unknown option: ${args[i]}`);
    }
  }
  return found;
}

function start(o) {
  const choices = { ...choose(o.choices), ...o.set };
  const world = makeWorld(choices, o.choices);
  const app = new App(choices, world);
  const server = http.createServer({ keepAliveTimeout: 120_000, requestTimeout: 0, maxHeaderSize: 262_144 }, async (req, res) => {
    try {
      const call = await readCall(req);
      write(res, call, await app.answer(call), choices);
    } catch {
      res.destroy();
    }
  });
  for (const name of o.faults) install(app, name, server);
  writePast(app, world, choices.preexisting);
  if (choices.writers) letOthersWrite(app, world, choices.writers);
  server.listen(o.port, o.host, () => {
    const base = `http://${o.host}:${server.address().port}${choices.prefix}`;
    if (o.target) {
      writeFileSync(o.target + '.part', targetFile(base, world, choices));
      renameSync(o.target + '.part', o.target);
    }
    process.stdout.write(JSON.stringify({ base_url: base }) + '\n');
  });
  const end = () => process.exit(0);
  process.on('SIGTERM', end);
  process.on('SIGINT', end);
}

try {
  const o = options(process.argv.slice(2));
  if (o.list) console.log(JSON.stringify(listFaults(), null, 1));
  else if (o.print !== undefined) {
    const choices = choose(o.print);
    console.log(JSON.stringify({ choices, deviates: deviations(choices) }, null, 1));
  } else start(o);
} catch (problem) {
  console.error(`server.mjs: ${problem.message}`);
  process.exit(2);
}
