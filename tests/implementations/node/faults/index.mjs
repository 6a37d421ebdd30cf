// Every fault: a name, a sentence, the clauses that it breaks (the one that is meant stands first), and a change to the application.
import auth from './auth.mjs';
import content from './content.mjs';
import http from './http.mjs';
import list from './list.mjs';
import paging from './paging.mjs';
import send from './send.mjs';
import status from './status.mjs';

const all = [...auth, ...send, ...content, ...list, ...paging, ...status, ...http];

export const listFaults = () => all.map(({ name, sentence, violates }) => ({ name, sentence, violates }));

export function install(app, name, server) {
  const fault = all.find((f) => f.name === name);
  if (!fault) throw new Error(`no such fault: ${name}`);
  fault.change(app, server);
}
