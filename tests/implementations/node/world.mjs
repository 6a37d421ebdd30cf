// The accounts, their conversations and keys, and what was written before the start.
import { dice } from './choices.mjs';

const letters = 'abcdefghjkmnpqrstuvwxyz23456789';
const word = (roll, n) => Array.from({ length: n }, () => letters[Math.floor(roll() * letters.length)]).join('');

const KINDS = [
  ['whatsapp', 'read', true],
  ['email', 'delivered', true],
  ['web_chat', 'delivered', true],
  ['whatsapp', 'failed', true],
  ['whatsapp', 'read', true],      // its id begins with the id of the first
  ['email', 'delivered', false],   // in the account, not declared
  ['web_chat', 'read', false],
];

const GREETINGS = [
  'Hello, is my parcel on its way?', 'Where do I find the invoice?', 'Thanks 🙏', 'Ok',
  'Could you ring me back at five?', 'É possível trocar o endereço?', 'Your order is packed.',
  'مرحبا، متى يصل الطلب؟', 'We have refunded the amount.', 'One moment, please\nI am looking.',
];

function conversationId(roll, style) {
  if (style === 'thread') return `thread-${word(roll, 9)}`;
  if (style === 'digits') return String(20000 + Math.floor(roll() * 70000));
  return `conv_${word(roll, 6)}`;
}

export function makeWorld(choices, seed) {
  const roll = dice(`world|${seed}`);
  const account = (name) => {
    const conversations = new Map();
    let first;
    KINDS.forEach(([channel, outcome, declared], i) => {
      const id = i === 4 ? `${first}1` : conversationId(roll, choices.conversationIds);
      first ??= id;
      conversations.set(id, { id, channel, outcome, declared });
    });
    return { name, conversations };
  };
  const main = account('main');
  const other = account('other');
  const keys = new Map();
  const give = (kind, owner, readOnly) => {
    const key = `${kind}_test_${word(roll, 14)}`;
    keys.set(key, { key, account: owner, readOnly });
    return key;
  };
  return {
    accounts: [main, other], main, other, keys, roll,
    secret: give('sk', main, false),
    publishable: give('pk', main, true),
    otherSecret: give('sk', other, false),
  };
}

/** Messages that were there before: both directions, several of one instant. */
export function writePast(app, world, count) {
  const now = Date.now();
  for (const account of world.accounts) {
    const number = account === world.main ? count : Math.ceil(count / 6);
    const conversations = [...account.conversations.values()];
    for (let i = 0; i < number; i++) {
      const age = 3_600_000 + (number - i + (i % 4)) * 7_919;   // every four share an instant
      const conversation = conversations[Math.floor(i / 2) % conversations.length];
      const inbound = i % 5 < 2;
      app.keep({
        account, conversation,
        direction: inbound ? 'inbound' : 'outbound',
        body: `${GREETINGS[Math.floor(world.roll() * GREETINGS.length)]} (${i + 1})`,
        type: i % 11 === 3 ? 'image' : i % 13 === 5 && !inbound ? 'template' : 'text',
        media_url: i % 11 === 3 ? `https://media.example/${i}.jpg` : undefined,
        metadata: i % 3 === 0 ? { batch: 'past', Line: String(i) } : undefined,
        micros: (now - Math.max(age, 600_000)) * 1000,
        past: true,
      });
    }
  }
}

/** Customers and colleagues who write in the same account all the time. */
export function letOthersWrite(app, world, every) {
  const conversations = [...world.main.conversations.values()];
  let n = 0;
  setInterval(() => {
    n += 1;
    app.keep({
      account: world.main,
      conversation: conversations[Math.floor(world.roll() * conversations.length)],
      direction: n % 3 === 0 ? 'outbound' : 'inbound',
      body: `${GREETINGS[n % GREETINGS.length]} [${n}]`,
      type: 'text',
    });
  }, every).unref();
}

export function targetFile(baseUrl, world, choices) {
  const q = JSON.stringify;
  const lines = [`base_url = ${q(baseUrl)}`, `api_key = ${q(world.secret)}`];
  if (!/publishable|neither/.test(choices.offers)) lines.push(`publishable_key = ${q(world.publishable)}`);
  if (!/other|neither/.test(choices.offers)) lines.push(`other_account_key = ${q(world.otherSecret)}`);
  const settle = { instant: 0.5, quick: 1.0, normal: 2.0, slow: 4.5, never: 1.0 }[choices.pace];
  lines.push(`settle_seconds = ${settle.toFixed(1)}`);
  lines.push(`consistency_seconds = ${(choices.lag ? choices.lag + 0.2 : 0).toFixed(1)}`);
  for (const c of world.main.conversations.values()) {
    if (!c.declared) continue;
    lines.push('', '[[conversations]]', `id = ${q(c.id)}`);
    if (choices.declares === 'all') lines.push(`channel = ${q(c.channel)}`);
    if (choices.pace !== 'never') lines.push(`outcome = ${q(c.outcome)}`);
  }
  return lines.join('\n') + '\n';
}
