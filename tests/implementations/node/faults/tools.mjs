import { setTimeout as sleep } from 'node:timers/promises';
import { Refusal } from '../wire.mjs';

export { sleep, Refusal };

/** Replace a method by one that is given the former as its first argument. */
export function wrap(app, name, change) {
  const was = app[name].bind(app);
  app[name] = (...args) => change(was, ...args);
}

export const fault = (name, violates, sentence, change) => ({ name, sentence, violates: violates.split(' '), change });

export const keyOf = (app, secret) => app.world.keys.get(secret);
export const mainKey = (app) => keyOf(app, app.world.secret);
export const tokenOf = (call) => /^\S+ +(\S+)/.exec(call.headers.authorization ?? '')?.[1] ?? '';
export const isItem = (call) => /\/v1\/messages\/./.test(call.path);
export const itemId = (call) => decodeURIComponent(call.path.split('/v1/messages/')[1]);

/** The number of each message among those that were sent in one conversation through the API or the team. */
export function numbering() {
  const seen = new Map();
  return (record) => {
    const n = (seen.get(record.conversation_id) ?? 0) + 1;
    seen.set(record.conversation_id, n);
    return n;
  };
}
